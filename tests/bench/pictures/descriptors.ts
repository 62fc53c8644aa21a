/**
 * Simple descriptors of a picture, beside which codes are measured: its pixels, a histogram of its colours, and two
 * perceptual hashes.
 *
 * @module
 */
import { type Bitmap, fit } from "../../../pipelines/data/bitmap.ts";

/** A descriptor: what is kept of a picture, and how far two are apart. */
export interface Descriptor {
  /** Name of the descriptor in tables. */
  readonly name: string;
  /** Bytes that it takes per picture. */
  readonly bytes: number;
  /** Computes the numbers that are kept of a picture. */
  readonly of: (bitmap: Bitmap) => Float64Array;
  /** Distance of two pictures by their numbers. */
  readonly distance: (a: Float64Array, b: Float64Array) => number;
}

/** The distance of unit vectors: 1 − their cosine. */
const cosine = (a: Float64Array, b: Float64Array): number =>
  1 - a.reduce((sum, value, i) => sum + value * b[i], 0);

/** The number of bits in which two hashes differ. */
const differing = (a: Float64Array, b: Float64Array): number =>
  a.reduce((sum, value, i) => sum + (value === b[i] ? 0 : 1), 0);

/** Computes the distance of two histograms: 1 − the part that they share. */
const apart = (a: Float64Array, b: Float64Array): number =>
  1 - a.reduce((sum, value, i) => sum + Math.min(value, b[i]), 0);

/** The side of the pictures that pixels and histograms are taken of. */
const SIDE = 32;

/** The descriptors, the one that others are compared with first. */
export const descriptors: readonly Descriptor[] = [
  { name: "pixels 32 × 32, centred", bytes: 3 * SIDE ** 2, of: centredPixels, distance: cosine },
  { name: "colour histogram, 64 bins", bytes: 128, of: colourHistogram, distance: apart },
  { name: "dHash, 64 bits", bytes: 8, of: dHash, distance: differing },
  { name: "pHash, 64 bits", bytes: 8, of: pHash, distance: differing },
];

/** The pixels of a picture, less their mean, as a unit vector. */
function centredPixels(bitmap: Bitmap): Float64Array {
  const pixels = Float64Array.from(fit(bitmap, [SIDE, SIDE], "rgb"));
  const mean = pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
  const norm = Math.hypot(...pixels.map((value) => value - mean));
  return pixels.map((value) => norm === 0 ? 0 : (value - mean) / norm);
}

/** Fractions of a picture's pixels in each of 4 × 4 × 4 boxes of colours. */
function colourHistogram(bitmap: Bitmap): Float64Array {
  const pixels = fit(bitmap, [SIDE, SIDE], "rgb");
  const histogram = new Float64Array(64);
  for (let i = 0; i < pixels.length; i += 3) {
    const bin = (pixels[i] >> 6) * 16 + (pixels[i + 1] >> 6) * 4 + (pixels[i + 2] >> 6);
    histogram[bin] += 3 / pixels.length;
  }
  return histogram;
}

/** The difference hash: whether the grey of 9 × 8 means grows from each to its right neighbour. */
export function dHash(bitmap: Bitmap): Float64Array {
  const grey = greyMeans(bitmap, 8, 9);
  return Float64Array.from(
    { length: 64 },
    (_, i) => grey[9 * (i >> 3) + (i & 7)] < grey[9 * (i >> 3) + (i & 7) + 1] ? 1 : 0,
  );
}

/**
 * The perceptual hash as sharp-phash has it: whether each of the 8 × 8 lowest frequencies of the cosine transform of
 * 32 × 32 means, the constant rows and columns left out, is above their mean.
 */
export function pHash(bitmap: Bitmap): Float64Array {
  const grey = greyMeans(bitmap, SIDE, SIDE);
  const wave = (frequency: number, place: number) =>
    Math.cos((2 * place + 1) * frequency * Math.PI / (2 * SIDE));
  // Of the rows first, then of the columns.
  const rows = Array.from({ length: 8 }, (_, u) =>
    Array.from({ length: SIDE }, (_, y) => {
      let sum = 0;
      for (let x = 0; x < SIDE; x++) sum += grey[SIDE * y + x] * wave(u + 1, x);
      return sum;
    }));
  const low = Float64Array.from({ length: 64 }, (_, i) => {
    const [u, v] = [i >> 3, i & 7];
    return rows[u].reduce((sum, value, y) => sum + value * wave(v + 1, y), 0);
  });
  const mean = low.reduce((sum, value) => sum + value, 0) / low.length;
  return low.map((value) => value > mean ? 1 : 0);
}

/** Computes the grey of a picture on white, as means over `rows` rows and `columns` columns of equal size. */
export function greyMeans({ width, height, pixels }: Bitmap, rows: number, columns: number) {
  const grey = new Float64Array(width * height);
  for (let i = 0; i < grey.length; i++) {
    const [red, green, blue, alpha] = pixels.subarray(4 * i, 4 * i + 4);
    grey[i] = 255 + alpha / 255 * (0.299 * red + 0.587 * green + 0.114 * blue - 255);
  }
  const across = means(grey, height, width, columns);
  const turned = means(transposed(across, height, columns), columns, height, rows);
  return transposed(turned, columns, rows);
}

/** Means along the rows of a matrix; a value on an edge counts for both sides, in parts. */
function means(values: Float64Array, rows: number, columns: number, parts: number): Float64Array {
  const result = new Float64Array(rows * parts);
  const size = columns / parts;
  for (let part = 0; part < parts; part++) {
    const [from, to] = [part * size, (part + 1) * size];
    for (let x = Math.floor(from); x < Math.min(columns, Math.ceil(to)); x++) {
      const weight = (Math.min(to, x + 1) - Math.max(from, x)) / size;
      for (let y = 0; y < rows; y++) result[y * parts + part] += weight * values[y * columns + x];
    }
  }
  return result;
}

const transposed = (values: Float64Array, rows: number, columns: number): Float64Array =>
  Float64Array.from(values, (_, i) => values[(i % rows) * columns + Math.floor(i / rows)]);
