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

/** Pixels of an image in the memory of its decoder, read a few rows at a time. */
export interface PixelRows extends Pick<Bitmap, "width" | "height" | "covered"> {
  /** Number of bytes of a pixel. */
  readonly step: number;
  /** Indices of the channels among the bytes of a pixel; no alpha where the image is opaque. */
  readonly places: {
    readonly red: number;
    readonly green: number;
    readonly blue: number;
    readonly alpha?: number;
  };
  /** Returns a row of pixels and some of those below it. They are valid until the next call. */
  readonly from: (y: number) => Strip;
}

/** Consecutive rows of an image. */
export interface Strip {
  /** Bytes of the pixels, row-major. */
  readonly pixels: Uint8Array;
  /** Index of the first row. */
  readonly top: number;
  /** Number of rows, at least 1. */
  readonly rows: number;
}

/** Largest number of pixels of an image that is decoded; decoding takes up to 2 GiB. */
export const mostPixels = 64_000_000;

/** The channels of an image's pixels: red, green and blue, or one grey. */
export type Colour = "rgb" | "grey";

/** Consecutive source pixels along an axis of which each target pixel is the weighted mean. */
interface Taps {
  /** Index of the first source pixel. */
  readonly first: Int32Array;
  /** Index of the first weight, for each target pixel and for one after the last. */
  readonly begin: Int32Array;
  /** Weights of the source pixels. Those of one target pixel sum to 1. */
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
export const fit = (
  bitmap: Bitmap,
  size: readonly [height: number, width: number],
  colour: Colour,
): Uint8Array => fitRows(rowsOf(bitmap), size, colour);

const rowsOf = ({ pixels, height, ...bitmap }: Bitmap): PixelRows => ({
  ...bitmap,
  height,
  step: 4,
  places: { red: 0, green: 1, blue: 2, alpha: 3 },
  from: () => ({ pixels, top: 0, rows: height }),
});

/** Brings an image to a size as {@linkcode fit} does. Beside the result it holds one row of the image. */
export function fitRows(
  image: PixelRows,
  [height, width]: readonly [height: number, width: number],
  colour: Colour,
): Uint8Array {
  const covered = image.covered ?? { left: 0, top: 0, width: image.width, height: image.height };
  const scale = Math.min(covered.width / width, covered.height / height);
  const across = taps(image.width, covered.left, covered.width, width, scale);
  const down = taps(image.height, covered.top, covered.height, height, scale);
  const channels = colour === "rgb" ? 3 : 1;

  // Rows are taken one after another into the sums of the new rows that they count for, so that no other row is held.
  const row = new Float64Array(image.width * channels);
  const narrow = new Float64Array(width * channels);
  const sums = new Float64Array(height * narrow.length);
  const lengthOf = (y: number): number => down.begin[y + 1] - down.begin[y];
  const below = down.first[height - 1] + lengthOf(height - 1);
  let strip = image.from(down.first[0]);
  for (let [from, y] = [0, down.first[0]]; y < below; y++) {
    if (y >= strip.top + strip.rows) strip = image.from(y);
    opaqueRow(image, strip.pixels, (y - strip.top) * image.width * image.step, colour, row);
    narrowRow(row, across, channels, narrow);
    while (down.first[from] + lengthOf(from) <= y) from++;
    for (let to = from; to < height && down.first[to] <= y; to++) {
      const tap = y - down.first[to];
      if (tap >= lengthOf(to)) continue;
      const weight = down.weights[down.begin[to] + tap];
      const at = to * narrow.length;
      for (let i = 0; i < narrow.length; i++) sums[at + i] += weight * narrow[i];
    }
  }
  const bytes = new Uint8Array(sums.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Math.min(255, sums[i] + 0.5);
  return bytes;
}

function taps(
  length: number,
  start: number,
  covered: number,
  wanted: number,
  scale: number,
): Taps {
  const exact = start + (covered - wanted * scale) / 2;
  // An image that is only cropped keeps its bytes.
  const offset = scale === 1 ? Math.floor(exact) : exact;
  const support = Math.max(1, scale);
  const [first, begin] = [new Int32Array(wanted), new Int32Array(wanted + 1)];
  const weights = new Float64Array(wanted * (Math.ceil(2 * support) + 1));
  for (let i = 0, at = 0; i < wanted; i++) {
    const centre = offset + (i + 0.5) * scale;
    first[i] = Math.max(0, Math.floor(centre - support));
    const end = Math.min(length, Math.ceil(centre + support));
    let total = 0;
    for (let pixel = first[i]; pixel < end; pixel++) {
      const weight = Math.max(0, 1 - Math.abs(pixel + 0.5 - centre) / support);
      weights[at++] = weight;
      total += weight;
    }
    for (let tap = begin[i]; tap < at; tap++) weights[tap] /= total;
    begin[i + 1] = at;
  }
  return { first, begin, weights };
}

/** Writes a row of pixels on white, in the wanted channels, 0 to 255. */
function opaqueRow(
  { width, step, places }: PixelRows,
  pixels: Uint8Array,
  begin: number,
  colour: Colour,
  row: Float64Array,
): void {
  const opacity = places.alpha ?? -1;
  for (let x = 0, at = begin; x < width; x++, at += step) {
    let red = pixels[at + places.red];
    let green = pixels[at + places.green];
    let blue = pixels[at + places.blue];
    if (opacity >= 0 && pixels[at + opacity] < 255) {
      const alpha = pixels[at + opacity] / 255;
      const white = 255 * (1 - alpha);
      red = red * alpha + white;
      green = green * alpha + white;
      blue = blue * alpha + white;
    }
    if (colour === "grey") {
      row[x] = 0.299 * red + 0.587 * green + 0.114 * blue;
    } else {
      row[3 * x] = red;
      row[3 * x + 1] = green;
      row[3 * x + 2] = blue;
    }
  }
}

/** Writes the weighted means of a row's pixels. */
function narrowRow(
  row: Float64Array,
  { first, begin, weights }: Taps,
  channels: number,
  narrow: Float64Array,
): void {
  for (let x = 0; x < first.length; x++) {
    let red = 0;
    let green = 0;
    let blue = 0;
    let at = first[x] * channels;
    if (channels === 1) {
      for (let tap = begin[x]; tap < begin[x + 1]; tap++) red += weights[tap] * row[at++];
      narrow[x] = red;
    } else {
      for (let tap = begin[x]; tap < begin[x + 1]; tap++, at += 3) {
        red += weights[tap] * row[at];
        green += weights[tap] * row[at + 1];
        blue += weights[tap] * row[at + 2];
      }
      narrow[3 * x] = red;
      narrow[3 * x + 1] = green;
      narrow[3 * x + 2] = blue;
    }
  }
}
