/**
 * Images as plain data: an image is blurred and shifted, and the weights by which a mask is enlarged to an
 * image's size. Datasets and reports have the type of an image without TensorFlow.js.
 *
 * @module
 */
import { type InvalidOption, invalidOption } from "../../graph/error.ts";

// ---- Images

/** An image as plain data. */
export interface ImageArray {
  /** The sides and the numbers per pixel, each at least 1. */
  readonly shape: readonly [height: number, width: number, channels: number];
  /** height · width · channels numbers, row-major, of any scale. */
  readonly data: Float32Array;
}

/** Checks an image; null where it is valid. */
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

/** Returns a new image of the same shape, with the pixels at (row(y), column(x)). */
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

/** Moves the image down and to the right; its edge fills the pixels that enter. */
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
 * @param sigma Standard deviation in pixels, above 0.
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
