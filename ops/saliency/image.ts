/**
 * Images as plain data, and what is done to an image and to a mask on the way: images are blurred and
 * shifted, masks are enlarged, and how rough a mask is, its total variation tells.
 *
 * @module
 */
import { type InvalidOption, invalidOption } from "../../graph/error.ts";
import { tf } from "../tfjs.ts";

// ---- Images

/** An image as plain data. */
export interface ImageArray {
  /** The sides and the numbers per pixel, each at least 1. */
  readonly shape: readonly [height: number, width: number, channels: number];
  /** height · width · channels numbers, row-major, of any scale. */
  readonly data: Float32Array;
}

/** What is wrong with an image; null where nothing is. */
export function checkImage(option: string, { shape, data }: ImageArray): InvalidOption | null {
  if (shape.length !== 3 || !shape.every((side) => Number.isSafeInteger(side) && side >= 1)) {
    return invalidOption(
      option,
      `shape [${shape}]`,
      "a height, a width and channels of at least 1",
    );
  }
  const size = shape.reduce((product, side) => product * side, 1);
  if (data.length !== size) {
    return invalidOption(option, `${data.length} numbers`, `${size} numbers for [${shape}]`);
  }
  const odd = data.find((value) => !Number.isFinite(value));
  return odd === undefined ? null : invalidOption(option, odd, "finite numbers");
}

/** A new image of the same shape, made of the pixels that lie at (row(y), column(x)). */
function rearrange(
  { shape, data }: ImageArray,
  row: (y: number) => number,
  column: (x: number) => number,
): ImageArray {
  const [height, width, channels] = shape;
  const moved = new Float32Array(data.length);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to += channels) {
      const from = (row(y) * width + column(x)) * channels;
      moved.set(data.subarray(from, from + channels), to);
    }
  }
  return { shape, data: moved };
}

const clamp = (i: number, side: number): number => Math.min(side - 1, Math.max(0, i));

/** The image moved down and to the right; what enters at an edge repeats the edge. */
export const shift = (image: ImageArray, down: number, right: number): ImageArray =>
  down === 0 && right === 0 ? image : rearrange(
    image,
    (y) => clamp(y - down, image.shape[0]),
    (x) => clamp(x - right, image.shape[1]),
  );

/** Mirrored at the first and the last pixel, which are not repeated: …2 1 0 1 2 … n−2 n−1 n−2… */
function reflect(i: number, side: number): number {
  if (side === 1) return 0;
  const period = 2 * (side - 1);
  const within = ((i % period) + period) % period;
  return Math.min(within, period - within);
}

/**
 * The image under a Gaussian window that is cut off and normalised to a sum of 1, reflected at its
 * edges. A window as narrow against sigma as the usual one is nearly a box.
 *
 * Source: the occluder of dizcza/pytorch-mighty, mighty/trainer/mask.py.
 *
 * @param size The side of the window in pixels, odd.
 * @param sigma In pixels, above 0.
 *
 * @example
 * ```ts
 * import { blur } from "./image.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const dot = { shape: [1, 5, 1], data: Float32Array.of(0, 0, 3, 0, 0) } as const;
 * assertEquals([...blur(dot, 3, 1e6).data], [0, 1, 1, 1, 0]);
 * ```
 */
export function blur(image: ImageArray, size: number, sigma: number): ImageArray {
  const radius = (size - 1) / 2;
  const window = Float64Array.from(
    { length: size },
    (_, i) => Math.exp(-((i - radius) ** 2) / (2 * sigma ** 2)),
  );
  const total = window.reduce((sum, weight) => sum + weight, 0);
  const [height, width] = image.shape;
  // The window is a product of two, so each axis is blurred by itself.
  const along = (read: (offset: number) => ImageArray): Float64Array =>
    window.reduce((sum, weight, i) => {
      const { data } = read(i - radius);
      return sum.map((value, j) => value + weight / total * data[j]);
    }, new Float64Array(image.data.length));
  const down = along((offset) => rearrange(image, (y) => reflect(y + offset, height), (x) => x));
  const half = { shape: image.shape, data: Float32Array.from(down) };
  const data = along((offset) => rearrange(half, (y) => y, (x) => reflect(x + offset, width)));
  return { shape: image.shape, data: Float32Array.from(data) };
}

// ---- Enlarging a mask

/**
 * The matrix that takes `from` samples to `to` linearly, the first to the first and the last to the
 * last.
 *
 * The weights are multiples of 2⁻²⁴, so that float32 holds both of a pair and their sum is 1 to the
 * bit: where a mask is flat, what it is enlarged to is flat too, and its total variation has the
 * gradient 0 instead of the signs of rounding errors.
 *
 * Source: torch.nn.functional.interpolate, mode "bilinear", align_corners.
 *
 * @returns to × from, row-major.
 *
 * @example
 * ```ts
 * import { interpolation } from "./image.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals([...interpolation(2, 3)], [1, 0, 0.5, 0.5, 0, 1]);
 * ```
 */
export function interpolation(from: number, to: number): Float32Array {
  const weights = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const position = to === 1 ? 0 : i * (from - 1) / (to - 1);
    const left = Math.min(Math.floor(position), Math.max(0, from - 2));
    const right = Math.round((position - left) * 2 ** 24) / 2 ** 24;
    weights[i * from + left] = 1 - right;
    if (from > 1) weights[i * from + left + 1] = right;
  }
  return weights;
}

/**
 * The matrices of an enlargement, both constant: bilinear interpolation is R·mask·C. tfjs's own lacks a
 * gradient on wasm.
 */
export interface Enlargement {
  /** [height, rows of the mask]. */
  readonly rows: tf.Tensor2D;
  /** [columns of the mask, width]. */
  readonly columns: tf.Tensor2D;
}

/** The matrices that enlarge a mask; the caller disposes of them. */
export const enlargement = (
  [rows, columns]: readonly [rows: number, columns: number],
  [height, width]: readonly [height: number, width: number, ...rest: number[]],
): Enlargement => ({
  rows: tf.tensor2d(interpolation(rows, height), [height, rows]),
  columns: tf.tidy(() =>
    tf.transpose(tf.tensor2d(interpolation(columns, width), [width, columns]))
  ),
});

/**
 * The mask at the image's size.
 *
 * @param mask [rows, columns].
 * @returns [height, width].
 */
export const upsample = (mask: tf.Tensor2D, { rows, columns }: Enlargement): tf.Tensor2D =>
  tf.matMul(tf.matMul(rows, mask), columns);

// ---- Total variation

/** |x|, with the gradient 0 at 0, where that of tf.abs is −1. */
const magnitude = (x: tf.Tensor): tf.Tensor => tf.add(tf.relu(x), tf.relu(tf.neg(x)));

/** The mean of |x_{i+1} − x_i|^β along an axis; null where there are no neighbours. */
function variation(x: tf.Tensor2D, axis: 0 | 1, beta: number): tf.Scalar | null {
  const [height, width] = x.shape;
  const size: [number, number] = axis === 0 ? [height - 1, width] : [height, width - 1];
  if (size[axis] === 0) return null;
  const next = tf.slice(x, axis === 0 ? [1, 0] : [0, 1], size);
  const sizes = magnitude(tf.sub(next, tf.slice(x, [0, 0], size)));
  // tf.pow at 1 is a needless detour.
  return tf.mean(beta === 1 ? sizes : tf.pow(sizes, beta));
}

/**
 * The mean of |x_{i+1,j} − x_{i,j}|^β plus that of |x_{i,j+1} − x_{i,j}|^β. An axis of length 1
 * counts as 0.
 *
 * Source: Fong & Vedaldi 2017, section 4.3, with means in place of sums as in dizcza/pytorch-mighty.
 *
 * @param x [height, width].
 * @param beta β, at least 1.
 */
export function totalVariation(x: tf.Tensor2D, beta: number): tf.Scalar {
  const parts = ([0, 1] as const).map((axis) => variation(x, axis, beta));
  return parts.reduce<tf.Scalar>(
    (sum, part) => part === null ? sum : tf.add(sum, part),
    tf.scalar(0),
  );
}
