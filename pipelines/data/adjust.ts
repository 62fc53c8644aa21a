/**
 * Adjustments of one image: a crop that is resized, colours, grey, blur. Each is given its strength; `augment` draws
 * it. Images are float32 numbers, row-major, channels last; colours take 0 as black and 1 as white.
 *
 * @module
 */

/** The shape of an image: [height, width], or [height, width, channels]. */
type ImageShape = readonly number[];

/** A rectangle of an image, in whole pixels. */
export interface Box {
  /** First row. */
  readonly top: number;
  /** First column. */
  readonly left: number;
  /** Rows, at least 1. */
  readonly height: number;
  /** Columns, at least 1. */
  readonly width: number;
}

// ---- Crops

/**
 * Replaces an image by a part of it, resized to the whole with bilinear interpolation. What lies outside of the part
 * has no influence on it.
 *
 * The same as torch.nn.functional.interpolate(mode="bilinear", align_corners=False) of the part.
 *
 * @param pixels The image, changed in place.
 * @param box The part, inside the image.
 * @param copy Memory for a copy of the image, of as many numbers.
 *
 * @example The left half of a row of four pixels.
 * ```ts
 * import { resizedCrop } from "./adjust.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const pixels = Float32Array.of(0, 4, 8, 9);
 * const box = { top: 0, left: 0, height: 1, width: 2 };
 * resizedCrop(pixels, [1, 4], box, new Float32Array(4));
 * assertEquals(pixels, Float32Array.of(0, 1, 3, 4));
 * ```
 */
export function resizedCrop(
  pixels: Float32Array,
  [height, width, channels = 1]: ImageShape,
  box: Box,
  copy: Float32Array,
): void {
  copy.set(pixels);
  const rows = taps(height, box.top, box.height, width * channels);
  const columns = taps(width, box.left, box.width, channels);
  const { from, to, weight } = spreadOver(columns, channels);
  const size = from.length;
  let at = 0;
  for (let y = 0; y < height; y++) {
    const upper = rows.from[y];
    const lower = rows.to[y];
    const down = rows.weight[y];
    for (let i = 0; i < size; i++) {
      const left = from[i];
      const right = to[i];
      const along = weight[i];
      const first = copy[upper + left];
      const third = copy[lower + left];
      const above = first + along * (copy[upper + right] - first);
      const below = third + along * (copy[lower + right] - third);
      pixels[at++] = above + down * (below - above);
    }
  }
}

/** The two neighbours that each place reads from, and the weight of the second. */
interface Taps {
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly weight: Float64Array;
}

/** Returns the neighbours and weights by which `size` places along an axis interpolate a part of it. */
function taps(size: number, first: number, length: number, stride: number): Taps {
  const from = new Int32Array(size);
  const to = new Int32Array(size);
  const weight = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    const place = Math.max(0, ((i + 0.5) * length) / size - 0.5);
    const below = Math.min(Math.floor(place), length - 1);
    from[i] = (first + below) * stride;
    to[i] = (first + Math.min(below + 1, length - 1)) * stride;
    weight[i] = place - below;
  }
  return { from, to, weight };
}

/** Repeats the places of a row for every channel. */
const spreadOver = ({ from, to, weight }: Taps, channels: number): Taps => ({
  from: Int32Array.from(
    { length: channels * from.length },
    (_, i) => from[i / channels | 0] + i % channels,
  ),
  to: Int32Array.from(
    { length: channels * to.length },
    (_, i) => to[i / channels | 0] + i % channels,
  ),
  weight: Float64Array.from({ length: channels * to.length }, (_, i) => weight[i / channels | 0]),
});

// ---- Colours

/** The parts of red, green and blue in the brightness of a pixel: ITU-R BT.601. */
const [RED, GREEN, BLUE] = [0.299, 0.587, 0.114];

const clamped = (value: number): number => Math.max(0, Math.min(1, value));

/**
 * Multiplies all values by a factor, within [0, 1].
 *
 * Source: adjust_brightness of torchvision.
 *
 * @param pixels Changed in place.
 * @param factor At least 0; 1 changes nothing.
 */
export function adjustBrightness(pixels: Float32Array, factor: number): void {
  for (let i = 0; i < pixels.length; i++) pixels[i] = clamped(pixels[i] * factor);
}

/**
 * Multiplies the distance of all values from the image's mean grey by a factor, within [0, 1].
 *
 * Source: adjust_contrast of torchvision.
 *
 * @param pixels Changed in place.
 * @param channels 3, or 1 of an image in grey.
 * @param factor At least 0; 0 makes the image its mean grey, 1 changes nothing.
 */
export function adjustContrast(pixels: Float32Array, channels: number, factor: number): void {
  let sum = 0;
  if (channels === 3) {
    for (let i = 0; i < pixels.length; i += 3) {
      sum += RED * pixels[i] + GREEN * pixels[i + 1] + BLUE * pixels[i + 2];
    }
  } else for (let i = 0; i < pixels.length; i++) sum += pixels[i];
  const rest = (1 - factor) * sum / (pixels.length / channels);
  for (let i = 0; i < pixels.length; i++) pixels[i] = clamped(factor * pixels[i] + rest);
}

/**
 * Multiplies the distance of every pixel from its own grey by a factor, within [0, 1].
 *
 * Source: adjust_saturation of torchvision.
 *
 * @param pixels Pixels of three channels, changed in place.
 * @param factor At least 0; 0 leaves grey, 1 changes nothing.
 */
export function adjustSaturation(pixels: Float32Array, factor: number): void {
  for (let i = 0; i < pixels.length; i += 3) {
    const red = pixels[i];
    const green = pixels[i + 1];
    const blue = pixels[i + 2];
    const rest = (1 - factor) * (RED * red + GREEN * green + BLUE * blue);
    pixels[i] = clamped(factor * red + rest);
    pixels[i + 1] = clamped(factor * green + rest);
    pixels[i + 2] = clamped(factor * blue + rest);
  }
}

/** Makes every pixel its grey, in three channels; in place. */
export const toGrey = (pixels: Float32Array): void => adjustSaturation(pixels, 0);

/**
 * Turns the hue of every pixel; its value, the largest of its channels, and its chroma, the distance to the smallest,
 * stay as they are.
 *
 * Source: the hexcone model of Smith, "Color gamut transform pairs" (SIGGRAPH 1978); adjust_hue of torchvision.
 *
 * @param pixels Pixels of three channels, changed in place.
 * @param turn Part of a full turn, in [−0.5, 0.5]; a third makes red green.
 */
export function adjustHue(pixels: Float32Array, turn: number): void {
  const by = turn < 0 ? 6 * turn + 6 : 6 * turn;
  for (let i = 0; i < pixels.length; i += 3) {
    const red = pixels[i];
    const green = pixels[i + 1];
    const blue = pixels[i + 2];
    const value = Math.max(red, Math.max(green, blue));
    const least = Math.min(red, Math.min(green, blue));
    const chroma = value - least;
    if (chroma === 0) continue;
    // In sixths of a turn from red, at least 1.
    const old = value === red
      ? (green - blue) / chroma + 6
      : value === green
      ? (blue - red) / chroma + 2
      : (red - green) / chroma + 4;
    const turned = old + by;
    const hue = turned >= 12 ? turned - 12 : turned >= 6 ? turned - 6 : turned;
    pixels[i] = least + chroma * clamped(Math.abs(hue - 3) - 1);
    pixels[i + 1] = least + chroma * clamped(2 - Math.abs(hue - 2));
    pixels[i + 2] = least + chroma * clamped(2 - Math.abs(hue - 4));
  }
}

// ---- Blur

/** Standard deviations to each side after which a Gaussian ends. */
const REACH = 3;

/**
 * Blurs an image with a Gaussian that ends after three standard deviations, rounded up to whole pixels. What lies
 * outside of the image is as its nearest pixel.
 *
 * @param pixels Changed in place.
 * @param shape The image's.
 * @param sigma Standard deviation in pixels, above 0.
 * @param copy Memory for a copy of the image, of as many numbers.
 */
export function gaussianBlur(
  pixels: Float32Array,
  [height, width, channels = 1]: ImageShape,
  sigma: number,
  copy: Float32Array,
): void {
  const weights = gaussian(sigma);
  const row = width * channels;
  for (let y = 0; y < height; y++) {
    for (let channel = 0; channel < channels; channel++) {
      blurLine(pixels, copy, { at: y * row + channel, stride: channels, length: width }, weights);
    }
  }
  for (let x = 0; x < row; x++) {
    blurLine(copy, pixels, { at: x, stride: row, length: height }, weights);
  }
}

/** The weights of a Gaussian from its middle to one side, which with those of the other side sum to 1. */
function gaussian(sigma: number): Float64Array {
  const weights = new Float64Array(Math.ceil(REACH * sigma) + 1);
  let sum = 0;
  for (let i = 0; i < weights.length; i++) {
    weights[i] = Math.exp(-((i / sigma) ** 2) / 2);
    sum += i === 0 ? 1 : 2 * weights[i];
  }
  return weights.map((weight) => weight / sum);
}

interface Line {
  readonly at: number;
  readonly stride: number;
  readonly length: number;
}

function blurLine(
  from: Float32Array,
  to: Float32Array,
  { at, stride, length }: Line,
  weights: Float64Array,
): void {
  const last = length - 1;
  for (let i = 0; i <= last; i++) {
    let sum = weights[0] * from[at + i * stride];
    for (let by = 1; by < weights.length; by++) {
      const before = i < by ? 0 : i - by;
      const after = i + by > last ? last : i + by;
      sum += weights[by] * (from[at + before * stride] + from[at + after * stride]);
    }
    to[at + i * stride] = sum;
  }
}
