/**
 * Thumbnails of pictures, 16 × 16 grey pixels, and the near-duplicates that they find: copies of a picture that was
 * saved again, reduced, or cropped a little. A code says what a picture shows; near-duplicates of one picture and
 * other pictures of the same thing have the same code.
 *
 * @module
 */
import { areaOf, channelsOf, type InputLayout } from "./pictures.ts";

/** Rows and columns of a thumbnail. */
const THUMBNAIL = 16;

/** Bytes of a thumbnail. */
export const THUMBNAIL_BYTES: number = THUMBNAIL ** 2;

/** Rows and columns at which two thumbnails are compared: a shift by a few per cent changes little there. */
const SIDE = 8;
const PIXELS = SIDE ** 2;

/**
 * The largest difference of near-duplicates, in levels of grey, and as a part of the pictures' contrast. Chosen on
 * pictures that were cropped to 94 %, reduced to 70 % and saved as JPEG of quality 40: .994 of them differ by less. Of
 * other pictures of five small sets one in five has such a neighbour, which shows the same thing in .95 of cases.
 */
const MOST = 8;
const OF_CONTRAST = 0.4;

/** Whole pictures that differ by more are not compared part by part. */
const FARTHEST = 24;

/** The pictures, those whose whole differs least, that are compared part by part. */
const CLOSEST = 32;

/** Sides of the parts that a picture is compared by, as parts of its own. */
const ZOOMS: readonly number[] = [0.95, 0.9, 0.85, 0.8];

// ---- Making thumbnails

/**
 * Makes thumbnails of images in a model's layout. Grey is 0.299 red + 0.587 green + 0.114 blue; every pixel counts,
 * by a triangle as wide as two pixels of the thumbnail.
 *
 * @param images count × height × width × channels bytes.
 * @returns count × 256 bytes.
 *
 * @example
 * ```ts
 * import { thumbnailsOf } from "./near_duplicates.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const white = new Uint8Array(32 * 32 * 3).fill(255);
 * const [first, ...others] = thumbnailsOf(white, 1, { size: [32, 32], colour: "rgb" });
 * assertEquals([first, others.length], [255, 255]);
 * ```
 */
export function thumbnailsOf(images: Uint8Array, count: number, layout: InputLayout): Uint8Array {
  const [height, width] = layout.size;
  const channels = channelsOf(layout);
  const [down, across] = [
    weightsOf(THUMBNAIL, height, 0, 1),
    weightsOf(THUMBNAIL, width, 0, 1),
  ];
  const grey = new Float32Array(height * width);
  const narrow = new Float32Array(height * THUMBNAIL);
  const reduced = new Float32Array(THUMBNAIL_BYTES);
  const thumbnails = new Uint8Array(count * THUMBNAIL_BYTES);
  for (let i = 0, at = 0; i < count; i++, at += areaOf(layout)) {
    for (let p = 0, b = at; p < grey.length; p++, b += channels) {
      grey[p] = channels === 1
        ? images[b]
        : 0.299 * images[b] + 0.587 * images[b + 1] + 0.114 * images[b + 2];
    }
    resample(grey, width, across, narrow);
    resampleColumns(narrow, THUMBNAIL, down, reduced);
    for (let p = 0; p < THUMBNAIL_BYTES; p++) {
      thumbnails[i * THUMBNAIL_BYTES + p] = Math.min(255, reduced[p] + 0.5);
    }
  }
  return thumbnails;
}

/** The weights of the pixels of a part of an axis in each new pixel, which add up to 1. */
interface Taps {
  readonly first: number;
  readonly weights: Float32Array;
}

function weightsOf(wanted: number, length: number, from: number, to: number): readonly Taps[] {
  const scale = (to - from) * length / wanted;
  const support = Math.max(1, scale);
  return Array.from({ length: wanted }, (_, i) => {
    const centre = from * length + (i + 0.5) * scale;
    const first = Math.max(0, Math.floor(centre - support));
    const end = Math.min(length, Math.ceil(centre + support));
    const raw = Array.from(
      { length: end - first },
      (_, tap) => Math.max(0, 1 - Math.abs(first + tap + 0.5 - centre) / support),
    );
    const total = raw.reduce((sum, weight) => sum + weight, 0);
    return { first, weights: Float32Array.from(raw, (weight) => weight / total) };
  });
}

/** Resamples every row. */
function resample(
  from: Float32Array,
  width: number,
  taps: readonly Taps[],
  into: Float32Array,
): void {
  for (let row = 0, to = 0; row < from.length; row += width) {
    for (const { first, weights } of taps) {
      let sum = 0;
      for (let tap = 0; tap < weights.length; tap++) sum += weights[tap] * from[row + first + tap];
      into[to++] = sum;
    }
  }
}

/** Resamples every column. */
function resampleColumns(
  from: Float32Array,
  width: number,
  taps: readonly Taps[],
  into: Float32Array,
): void {
  for (let y = 0, to = 0; y < taps.length; y++) {
    const { first, weights } = taps[y];
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let tap = 0; tap < weights.length; tap++) {
        sum += weights[tap] * from[(first + tap) * width + x];
      }
      into[to++] = sum;
    }
  }
}

// ---- Comparing them

/** The most pixels of a thumbnail's axis that one of a view's is the mean of. */
const TAPS = 5;

/** The weights of a part of an axis, as many for each pixel of a view. */
interface Part {
  readonly first: Uint8Array;
  readonly weights: Float32Array;
}

function partOf(from: number, to: number): Part {
  const part = { first: new Uint8Array(SIDE), weights: new Float32Array(SIDE * TAPS) };
  weightsOf(SIDE, THUMBNAIL, from, to).forEach(({ first, weights }, i) => {
    part.first[i] = Math.min(first, THUMBNAIL - TAPS);
    part.weights.set(weights, i * TAPS + first - part.first[i]);
  });
  return part;
}

/** The parts of an axis at each zoom, the whole first: three places for each. */
const axes: readonly (readonly Part[])[] = [
  [partOf(0, 1)],
  ...ZOOMS.map((zoom) =>
    [0, 0.5, 1].map((place) => partOf((1 - zoom) * place, (1 - zoom) * place + zoom))
  ),
];

/** Number of the parts that a thumbnail is compared by, the whole among them. */
const VIEWS = 1 + 9 * ZOOMS.length;

const narrow = new Float32Array(THUMBNAIL * SIDE);

/** Writes the views of a thumbnail at 8 × 8 pixels: the whole, then its parts. */
function viewsOf(thumbnails: Uint8Array, at: number, into: Float32Array, to: number): void {
  for (let zoom = 0; zoom < axes.length && to < into.length; zoom++) {
    for (const across of axes[zoom]) {
      for (let y = 0; y < THUMBNAIL; y++) {
        for (let x = 0; x < SIDE; x++) {
          const first = at + y * THUMBNAIL + across.first[x];
          let sum = 0;
          for (let tap = 0, w = x * TAPS; tap < TAPS; tap++, w++) {
            sum += across.weights[w] * thumbnails[first + tap];
          }
          narrow[y * SIDE + x] = sum;
        }
      }
      for (const down of axes[zoom]) {
        for (let y = 0; y < SIDE; y++) {
          for (let x = 0; x < SIDE; x++, to++) {
            let sum = 0;
            for (let tap = 0, w = y * TAPS; tap < TAPS; tap++, w++) {
              sum += down.weights[w] * narrow[(down.first[y] + tap) * SIDE + x];
            }
            into[to] = sum;
          }
        }
      }
    }
  }
}

/** Computes the mean absolute difference of two views; where it exceeds `most`, some number above `most`. */
function difference(
  a: Float32Array,
  i: number,
  b: Float32Array,
  j: number,
  most: number,
): number {
  const limit = most * PIXELS;
  let sum = 0;
  for (let p = 0; p < PIXELS; p += SIDE) {
    for (let q = p; q < p + SIDE; q++) sum += Math.abs(a[i + q] - b[j + q]);
    if (sum > limit) return sum / PIXELS;
  }
  return sum / PIXELS;
}

/** The mean absolute deviation of a view from its mean. */
function contrastOf(view: Float32Array): number {
  const mean = view.reduce((sum, x) => sum + x, 0) / view.length;
  return view.reduce((sum, x) => sum + Math.abs(x - mean), 0) / view.length;
}

/** A picture that is a near-duplicate of another. */
export interface NearDuplicate {
  /** Index of the picture in its set. */
  readonly index: number;
  /** Mean difference in levels of grey, 0 to 8, in hundredths. */
  readonly difference: number;
}

/** The thumbnails of a set, ready to be searched. */
export interface ThumbnailIndex {
  /** Lists the near-duplicates of a picture: the least difference first, of equal ones the lowest index. */
  readonly nearTo: (thumbnail: Uint8Array) => readonly NearDuplicate[];
}

const known = new WeakMap<Uint8Array, ThumbnailIndex>();

/**
 * Makes thumbnails ready for the search of near-duplicates; those of one array once. The difference of two pictures is
 * the mean absolute difference of their grey values at 8 × 8 pixels, the least of all comparisons of one whole picture
 * with a part of the other: 95 to 80 % of its sides, in the middle, at an edge or in a corner. Near-duplicates differ
 * by at most 8 levels of 255, and by at most 0.4 of their mean contrast.
 *
 * A search compares whole pictures, and parts of the 32 that differ least.
 *
 * @param thumbnails count × 256 bytes, which must not be changed.
 *
 * @example
 * ```ts
 * import { thumbnailIndex, thumbnailsOf } from "./near_duplicates.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const layout = { size: [16, 16], colour: "grey" } as const;
 * const slope = Uint8Array.from({ length: 256 }, (_, i) => i);
 * const two = thumbnailsOf(Uint8Array.of(...slope, ...slope.toReversed()), 2, layout);
 * const [copy, ...others] = thumbnailIndex(two).nearTo(slope.map((grey) => Math.max(0, grey - 3)));
 * assertEquals([copy.index, Math.round(copy.difference), others.length], [0, 3, 0]);
 * ```
 */
export function thumbnailIndex(thumbnails: Uint8Array): ThumbnailIndex {
  const made = known.get(thumbnails) ?? indexOf(thumbnails);
  known.set(thumbnails, made);
  return made;
}

function indexOf(thumbnails: Uint8Array): ThumbnailIndex {
  const count = thumbnails.length / THUMBNAIL_BYTES;
  const wholes = new Float32Array(count * PIXELS);
  const quarters = new Float32Array(count * 4);
  for (let i = 0; i < count; i++) {
    const whole = wholes.subarray(i * PIXELS, (i + 1) * PIXELS);
    viewsOf(thumbnails, i * THUMBNAIL_BYTES, whole, 0);
    quarters.set(quartersOf(whole), i * 4);
  }
  const parts = new Float32Array(VIEWS * PIXELS);

  const nearTo = (asked: Uint8Array): readonly NearDuplicate[] => {
    const views = new Float32Array(VIEWS * PIXELS);
    viewsOf(asked, 0, views, 0);
    const whole = views.subarray(0, PIXELS);
    const contrast = contrastOf(whole);
    return closest(whole).map(({ index, difference: least }, rank): NearDuplicate => {
      if (rank >= CLOSEST) return { index, difference: hundredths(least) };
      viewsOf(thumbnails, index * THUMBNAIL_BYTES, parts, 0);
      for (let view = PIXELS; view < views.length; view += PIXELS) {
        least = Math.min(least, difference(views, view, parts, 0, least));
        least = Math.min(least, difference(views, 0, parts, view, least));
      }
      return { index, difference: hundredths(least) };
    }).filter(({ index, difference }) => {
      if (difference > MOST) return false;
      const other = contrastOf(wholes.subarray(index * PIXELS, (index + 1) * PIXELS));
      return difference <= OF_CONTRAST * (contrast + other) / 2;
    }).sort(nearer);
  };

  /** The pictures whose whole differs least, in order; and all that need no part to be near-duplicates. */
  const closest = (whole: Float32Array): readonly NearDuplicate[] => {
    const [a, b, c, d] = quartersOf(whole);
    const best: NearDuplicate[] = [];
    const more: NearDuplicate[] = [];
    let most = FARTHEST;
    for (let i = 0, q = 0; i < count; i++, q += 4) {
      // Quarters differ by no more, on average, than their pixels do; they are rounded.
      const bound = Math.abs(a - quarters[q]) + Math.abs(b - quarters[q + 1]) +
        Math.abs(c - quarters[q + 2]) + Math.abs(d - quarters[q + 3]);
      if (bound > 4 * most + 0.01) continue;
      const apart = difference(whole, 0, wholes, i * PIXELS, most);
      if (apart > most) continue;
      const one = { index: i, difference: apart };
      best.splice(best.findLastIndex((other) => other.difference <= apart) + 1, 0, one);
      if (best.length <= CLOSEST) continue;
      const last = best.pop()!;
      if (last.difference <= MOST) more.push(last);
      most = Math.max(MOST, best[CLOSEST - 1].difference);
    }
    return [...best, ...more];
  };

  return { nearTo };
}

/** The means of a view's quarters. */
function quartersOf(view: Float32Array): readonly number[] {
  const half = SIDE / 2;
  return [0, half, half * SIDE, half * SIDE + half].map((corner) => {
    let sum = 0;
    for (let y = 0; y < half; y++) {
      for (let x = 0; x < half; x++) sum += view[corner + y * SIDE + x];
    }
    return sum / half ** 2;
  });
}

/** Rounds a difference to hundredths of a level, since sums of equal differences are rounded differently. */
const hundredths = (x: number): number => Math.round(100 * x) / 100;

/** Compares by the difference, then by the index. */
const nearer = (a: NearDuplicate, b: NearDuplicate): number =>
  a.difference - b.difference || a.index - b.index;
