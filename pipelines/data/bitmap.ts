/**
 * Decoded images, whatever their file was, and {@linkcode fit}, which resizes and crops them.
 *
 * @module
 */

/** A decoded image of 8 bits per channel. */
export interface Bitmap {
  /** Columns, at least 1. */
  readonly width: number;
  /** Rows, at least 1. */
  readonly height: number;
  /** height × width × (red, green, blue, alpha), row-major; alpha is not multiplied in. */
  readonly pixels: Uint8Array;
  /**
   * Part of the pixels that the image covers: decoded at an eighth, an image of 819 columns covers 102.375 of 103.
   *
   * @default all of them
   */
  readonly covered?: Covered;
}

/** A rectangle within a bitmap, in pixels. */
export interface Covered {
  /** Columns to the left of it. */
  readonly left: number;
  /** Rows above it. */
  readonly top: number;
  /** Columns, not always a whole number. */
  readonly width: number;
  /** Rows, not always a whole number. */
  readonly height: number;
}

/** Largest number of pixels of an image that is decoded; decoding takes up to 2 GiB. */
export const mostPixels = 64_000_000;

/** The channels of an image's pixels: red, green and blue, or one grey. */
export type Colour = "rgb" | "grey";

/** The consecutive pixels along one axis that a new pixel is the weighted mean of. */
interface Taps {
  readonly first: number;
  /** Weights of the source pixels. Their sum is 1. */
  readonly weights: Float64Array;
}

/**
 * Brings an image to a size: it is resized by its shorter side and cropped around its centre. Enlarged it is interpolated linearly; reduced, every pixel counts, by a triangle as wide as
 * two of the new pixels. Transparent parts show white. Grey is 0.299 red + 0.587 green + 0.114 blue.
 *
 * Only +, −, ×, / are used, so that the bytes are the same on every machine.
 *
 * Source: the triangle filter with a support that grows with the reduction is that of Pillow's
 * `Image.resize(…, BILINEAR)`; the weights of grey are ITU-R BT.601's.
 *
 * @param size The wanted height and width, each at least 1.
 * @returns height × width bytes, × 3 for "rgb", row-major.
 *
 * @example
 * ```ts
 * import { fit } from "./bitmap.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const red = [255, 0, 0, 255];
 * const clear = [255, 0, 0, 0];
 * const image = { width: 2, height: 1, pixels: Uint8Array.of(...red, ...clear) };
 * assertEquals([...fit(image, [1, 2], "rgb")], [255, 0, 0, 255, 255, 255]);
 * assertEquals([...fit(image, [1, 2], "grey")], [76, 255]);
 * ```
 */
export function fit(
  bitmap: Bitmap,
  [height, width]: readonly [height: number, width: number],
  colour: Colour,
): Uint8Array {
  const covered = bitmap.covered ??
    { left: 0, top: 0, width: bitmap.width, height: bitmap.height };
  const scale = Math.min(covered.width / width, covered.height / height);
  const across = taps(bitmap.width, covered.left, covered.width, width, scale);
  const down = taps(bitmap.height, covered.top, covered.height, height, scale);
  const channels = colour === "rgb" ? 3 : 1;

  const top = down[0].first;
  const below = down.reduce((end, { first, weights }) => Math.max(end, first + weights.length), 0);
  const rows = Array.from(
    { length: below - top },
    (_, i) => narrowed(opaqueRow(bitmap, top + i, colour), across, channels),
  );

  const bytes = new Uint8Array(height * width * channels);
  down.forEach(({ first, weights }, y) => {
    for (let i = 0; i < width * channels; i++) {
      let sum = 0;
      for (let tap = 0; tap < weights.length; tap++) {
        sum += weights[tap] * rows[first - top + tap][i];
      }
      bytes[y * width * channels + i] = Math.min(255, sum + 0.5);
    }
  });
  return bytes;
}

function taps(
  length: number,
  begin: number,
  covered: number,
  wanted: number,
  scale: number,
): readonly Taps[] {
  const exact = begin + (covered - wanted * scale) / 2;
  // An image that is only cropped keeps its bytes.
  const offset = scale === 1 ? Math.floor(exact) : exact;
  const support = Math.max(1, scale);
  return Array.from({ length: wanted }, (_, i) => {
    const centre = offset + (i + 0.5) * scale;
    const first = Math.max(0, Math.floor(centre - support));
    const end = Math.min(length, Math.ceil(centre + support));
    const raw = Float64Array.from(
      { length: end - first },
      (_, tap) => Math.max(0, 1 - Math.abs(first + tap + 0.5 - centre) / support),
    );
    const total = raw.reduce((sum, weight) => sum + weight, 0);
    return { first, weights: raw.map((weight) => weight / total) };
  });
}

/** A row of pixels on white, in the wanted channels, 0 to 255. */
function opaqueRow({ width, pixels }: Bitmap, y: number, colour: Colour): Float64Array {
  const row = new Float64Array(colour === "rgb" ? width * 3 : width);
  for (let x = 0, at = y * width * 4; x < width; x++, at += 4) {
    const alpha = pixels[at + 3] / 255;
    const white = 255 * (1 - alpha);
    const red = pixels[at] * alpha + white;
    const green = pixels[at + 1] * alpha + white;
    const blue = pixels[at + 2] * alpha + white;
    if (colour === "grey") {
      row[x] = 0.299 * red + 0.587 * green + 0.114 * blue;
    } else {
      row[3 * x] = red;
      row[3 * x + 1] = green;
      row[3 * x + 2] = blue;
    }
  }
  return row;
}

function narrowed(row: Float64Array, across: readonly Taps[], channels: number): Float64Array {
  const narrow = new Float64Array(across.length * channels);
  across.forEach(({ first, weights }, x) => {
    for (let channel = 0; channel < channels; channel++) {
      let sum = 0;
      for (let tap = 0; tap < weights.length; tap++) {
        sum += weights[tap] * row[(first + tap) * channels + channel];
      }
      narrow[x * channels + channel] = sum;
    }
  });
  return narrow;
}
