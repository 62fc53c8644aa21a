/**
 * The built-in digits ("strokes"): drawn as a pen writes them and generated from a seed, they stand in for
 * MNIST where there is no network.
 *
 * Only +, −, ×, / and the square root are used, which IEEE 754 rounds the same way everywhere, so that a
 * drawing is the same to the bit on every machine.
 *
 * @module
 */
import { type InvalidOption, invalidOption } from "../../graph/error.ts";
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import { type Dice, draw, type Rng, seed as seeded, splitRng } from "../../graph/rng.ts";
import { type Dataset, hashOf, type ImageSplit } from "./dataset.ts";

/** Options of {@linkcode strokes}. */
export interface StrokesOptions {
  /** Seed of the drawings: an integer from 0 to 2^32 − 1. @default {0} */
  readonly seed?: number;
  /** Number of training images, an integer of at least 1. @default {10_000} */
  readonly train?: number;
  /** Number of test images, an integer of at least 1. @default {2_000} */
  readonly test?: number;
}

/** Side of an image, in pixels. */
const side = 28;
const area = side * side;
const digits = 10;

const defaultTrain = 10_000;
const defaultTest = 2_000;
const largestSeed = 2 ** 32 - 1;
const mostImages = 1_000_000;

/** Normalisation: mean and deviation of byte / 255 over the 10,000 training images of seed 1. */
const normalisation = { mean: [0.123], std: [0.2853] };

/**
 * Draws digits as anti-aliased strokes, 28 × 28 bytes like MNIST: one of a few styles per digit,
 * jittered control points, a random affine map (size, slant, rotation, place), a pen of random
 * thickness and pressure, and grain in the ink. The background is 0.
 *
 * The same seed gives the same bytes on every machine. Every ten images hold each digit once, in
 * random order, so that any number is balanced; a larger number begins with the smaller one's
 * images. The two splits share no random number.
 *
 * @param options Taken as they are; {@linkcode loadStrokes} checks them.
 * @returns The dataset without its hashes, which {@linkcode loadStrokes} adds.
 */
export function strokes(
  { seed = 0, train = defaultTrain, test = defaultTest }: StrokesOptions,
): Omit<Dataset<ImageSplit>, "sha256"> {
  const [forTrain, forTest] = splitRng(seeded(seed));
  return {
    name: "strokes",
    shape: [side, side],
    classes: glyphs.map((_, digit) => String(digit)),
    train: splitOf(train, forTrain),
    validation: null,
    test: splitOf(test, forTest),
    source: `generated from seed ${seed}`,
    notice: null,
  };
}

/**
 * Draws the built-in digits, with the SHA-256 of each split's content (its pixels, then its labels) under
 * "strokes-train" and "strokes-test".
 *
 * @param options Options, as {@linkcode StrokesOptions} describes them.
 * @returns The dataset; `InvalidOption` when the seed is not an integer from 0 to 2^32 − 1, or a
 * number of images not one from 1 to 1,000,000.
 *
 * @example
 * ```ts
 * import { loadStrokes } from "./strokes.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const { train } = await orThrow(loadStrokes({ seed: 1, train: 20, test: 10 }));
 * assertEquals(train.values.length, 20 * 28 * 28);
 * ```
 */
export function loadStrokes(
  options: StrokesOptions = {},
): TE.TaskEither<InvalidOption, Dataset<ImageSplit>> {
  const { seed = 0, train = defaultTrain, test = defaultTest } = options;
  const checked = pipe(
    integerWithin("seed", seed, 0, largestSeed),
    E.flatMap(() => integerWithin("train", train, 1, mostImages)),
    E.flatMap(() => integerWithin("test", test, 1, mostImages)),
  );
  return pipe(
    TE.fromEither(checked),
    TE.flatMapTask(() => () => withHashes(strokes(options))),
  );
}

const integerWithin = (
  option: string,
  value: number,
  from: number,
  to: number,
): E.Either<InvalidOption, number> =>
  Number.isInteger(value) && value >= from && value <= to
    ? E.right(value)
    : E.left(invalidOption(option, value, `an integer from ${from} to ${to}`));

async function withHashes(
  drawn: Omit<Dataset<ImageSplit>, "sha256">,
): Promise<Dataset<ImageSplit>> {
  return {
    ...drawn,
    sha256: {
      "strokes-train": await hashOf(drawn.train),
      "strokes-test": await hashOf(drawn.test),
    },
  };
}

function splitOf(count: number, rng: Rng): ImageSplit {
  const pixels = new Uint8Array(count * area);
  const labels = new Uint8Array(count);
  draw(rng, (dice) => {
    for (let i = 0; i < count; i++) {
      if (i % digits === 0) labels.set(shuffled(dice).subarray(0, count - i), i);
      pixels.set(handwritten(labels[i], dice), i * area);
    }
  });
  return { count, values: pixels, labels, normalisation };
}

function shuffled({ integer }: Dice): Uint8Array {
  const order = Uint8Array.from({ length: digits }, (_, digit) => digit);
  for (let i = digits - 1; i > 0; i--) {
    const j = integer(0, i);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

// ---- The shapes of the digits

/** A point: x to the right, y down. In a glyph, 0 to 1 from corner to corner of its box. */
export type Point = readonly [x: number, y: number];

/** The points that the pen passes: two make a straight line, more a smooth curve. */
export type Stroke = readonly Point[];

/** One way to write a digit, as strokes through control points. */
export type Glyph = readonly Stroke[];

/** Reads a glyph: in "x y, x y / x y, x y" slashes part strokes, and points are in hundredths of the box. */
const glyph = (text: string): Glyph =>
  text.split("/").map((stroke) =>
    stroke.split(",").map((point) => {
      const [x, y] = point.trim().split(" ");
      return [Number(x) / 100, Number(y) / 100];
    })
  );

/** The styles of each digit, at index 0 to 9. */
const glyphs: readonly (readonly Glyph[])[] = [
  [
    "54 0, 24 10, 8 46, 20 86, 50 100, 80 86, 92 48, 78 12, 50 0",
    "68 4, 34 6, 12 40, 18 84, 46 100, 78 80, 88 40, 70 8, 46 4, 30 16",
    "50 0, 30 14, 22 50, 32 88, 52 100, 72 86, 80 48, 70 12, 50 0",
  ],
  [
    "50 0, 50 100",
    "24 26, 42 14, 56 0 / 56 0, 54 100",
    "28 24, 54 0 / 54 0, 54 98 / 22 100, 84 98",
  ],
  [
    "12 26, 24 6, 52 0, 78 14, 76 40, 48 70, 8 98 / 8 98, 92 96",
    "14 22, 40 0, 74 8, 82 32, 60 62, 26 92, 8 90, 16 76, 40 80, 92 98",
    "10 14, 46 0, 80 18, 68 52, 14 96 / 14 96, 50 90, 88 98",
  ],
  [
    "14 14, 42 0, 76 10, 76 34, 40 46 / 40 46, 78 54, 86 78, 58 100, 12 90",
    "14 4, 82 2 / 82 2, 44 40 / 44 40, 82 50, 88 78, 56 100, 12 92",
    "16 10, 50 0, 78 18, 62 42, 36 48, 70 54, 84 76, 60 98, 30 98, 12 86",
  ],
  [
    "20 2, 12 54 / 12 54, 50 56, 94 52 / 72 8, 68 100",
    "64 0, 6 66 / 6 66, 94 64 / 64 0, 62 100",
    "22 0, 12 34, 22 54, 48 52, 76 40 / 82 4, 74 50, 70 100",
  ],
  [
    "22 2, 88 0 / 22 2, 16 44 / 16 44, 50 34, 84 54, 80 86, 46 100, 10 92",
    "86 2, 30 4, 22 40, 56 42, 86 66, 66 96, 14 96",
    "30 4, 18 46, 52 38, 84 58, 72 92, 38 100, 10 88 / 30 4, 88 4",
  ],
  [
    "74 2, 40 20, 14 58, 18 90, 50 100, 82 84, 78 60, 50 52, 20 68",
    "44 0, 22 36, 12 70, 28 96, 64 98, 82 76, 64 56, 32 60, 16 76",
    "60 0, 26 30, 12 66, 22 94, 54 100, 76 84, 70 64, 48 60, 24 82",
  ],
  [
    "10 6, 88 2 / 88 2, 40 100",
    "12 4, 90 4 / 90 4, 64 40, 46 100 / 30 52, 82 48",
    "10 20, 12 4 / 12 4, 88 4 / 88 4, 60 42, 48 100",
    "8 12, 40 4, 84 2 / 84 2, 66 48, 36 98",
  ],
  [
    "78 14, 46 0, 20 18, 36 42, 68 58, 80 82, 50 100, 20 84, 32 58, 66 38, 80 16",
    "50 0, 26 10, 26 34, 50 46, 74 34, 74 10, 50 0 / 50 46, 20 60, 18 88, 50 100, 82 88, 80 60, 50 46",
    "74 8, 40 2, 24 22, 52 46, 76 72, 58 98, 26 92, 24 68, 54 44, 82 8",
  ],
  [
    "82 22, 56 2, 22 12, 16 40, 46 52, 74 36, 82 18 / 82 18, 78 58, 70 100",
    "80 20, 54 0, 20 14, 20 42, 50 50, 78 32, 82 18, 82 56, 62 92, 22 98",
    "74 10, 40 2, 18 24, 32 46, 60 40, 76 14, 64 60, 48 100",
  ],
].map((styles) => styles.map(glyph));

// ---- The pen

/** Straight pieces of a curve between two of its points. */
const pieces = 5;

/**
 * Draws a smooth curve through points, as short straight pieces (a uniform Catmull–Rom spline: Catmull &
 * Rom, "A class of local interpolating splines", 1974).
 *
 * @param through At least 2 points; two stay a straight line.
 * @returns The first point of a stroke, then 5 points for each further one.
 */
export function curve(through: readonly Point[]): readonly Point[] {
  if (through.length < 3) return through;
  const last = through.length - 1;
  const at = (i: number) => through[Math.min(Math.max(i, 0), last)];
  const line: Point[] = [through[0]];
  for (let i = 0; i < last; i++) {
    const [a, b, c, d] = [at(i - 1), at(i), at(i + 1), at(i + 2)];
    for (let piece = 1; piece <= pieces; piece++) {
      const t = piece / pieces;
      line.push([spline(a[0], b[0], c[0], d[0], t), spline(a[1], b[1], c[1], d[1], t)]);
    }
  }
  return line;
}

const spline = (a: number, b: number, c: number, d: number, t: number): number =>
  b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));

/**
 * Marks a line with a round pen: each pixel keeps the larger of its value and its coverage, which
 * falls from 1 to 0 within one pixel around the edge, by the distance to the line.
 *
 * @param canvas side × side numbers from 0 to 1, row-major, which are changed.
 * @param line Points in pixels, (0, 0) being the upper left corner; what lies outside is cut off.
 * @param start The pen's radius where the line begins, in pixels.
 * @param end The pen's radius where the line ends; it changes evenly in between.
 */
export function mark(
  canvas: Float32Array,
  side: number,
  line: readonly Point[],
  start: number,
  end: number,
): void {
  const steps = line.length - 1;
  for (let step = 0; step < steps; step++) {
    const [x, y] = line[step];
    const [dx, dy] = [line[step + 1][0] - x, line[step + 1][1] - y];
    const reach = 0.5 + start + (end - start) * (step + 0.5) / steps;
    const left = Math.max(0, Math.floor(Math.min(x, x + dx) - reach));
    const right = Math.min(side - 1, Math.floor(Math.max(x, x + dx) + reach));
    const top = Math.max(0, Math.floor(Math.min(y, y + dy) - reach));
    const bottom = Math.min(side - 1, Math.floor(Math.max(y, y + dy) + reach));
    const squared = dx * dx + dy * dy;
    for (let row = top; row <= bottom; row++) {
      for (let column = left; column <= right; column++) {
        const [px, py] = [column + 0.5 - x, row + 0.5 - y];
        const along = squared === 0 ? 0 : (px * dx + py * dy) / squared;
        const nearest = along < 0 ? 0 : along > 1 ? 1 : along;
        const [ex, ey] = [px - nearest * dx, py - nearest * dy];
        const coverage = Math.min(1, reach - Math.sqrt(ex * ex + ey * ey));
        const at = row * side + column;
        if (coverage > canvas[at]) canvas[at] = coverage;
      }
    }
  }
}

// ---- Handwriting

/**
 * Draws a digit as if by hand: one of its styles, with jittered control points, under a random affine map, by a pen of
 * random thickness and pressure, with grain in the ink. The amounts are chosen so that a person reads every digit and
 * simple classifiers do about as well as on MNIST.
 *
 * @param digit 0 to 9.
 * @returns 28 × 28 bytes, row-major; the background is 0.
 */
function handwritten(digit: number, dice: Dice): Uint8Array {
  const styles = glyphs[digit];
  const glyph = styles[dice.integer(0, styles.length - 1)];
  const place = placement(dice);
  const radius = 1.25 + about(dice, 0.6);
  const pressed = () => radius * (1 + about(dice, 0.2));

  const canvas = new Float32Array(area);
  for (const stroke of glyph) {
    mark(canvas, side, curve(stroke.map(place)), pressed(), pressed());
  }
  const image = new Uint8Array(area);
  for (let i = 0; i < area; i++) {
    if (canvas[i] > 0) image[i] = Math.round(255 * canvas[i] * (1 - 0.2 * dice.unit()));
  }
  return image;
}

/** A random map from a glyph's box to pixels, which also shakes each point that it maps. */
function placement(dice: Dice): (point: Point) => Point {
  const width = 14 * (1 + about(dice, 0.4));
  const height = 18 * (1 + about(dice, 0.25));
  const slant = 0.15 + about(dice, 0.5);
  const [right, down] = [side / 2 + about(dice, 1.8), side / 2 + about(dice, 1.8)];
  // Half the angle's tangent gives its sine and cosine by exact operations only.
  const half = about(dice, 0.16);
  const cosine = (1 - half * half) / (1 + half * half);
  const sine = (2 * half) / (1 + half * half);

  return ([x, y]) => {
    const v = (y - 0.5 + about(dice, 0.1)) * height;
    const u = (x - 0.5 + about(dice, 0.1)) * width - slant * v;
    return [right + cosine * u - sine * v, down + sine * u + cosine * v];
  };
}

/** A number from −amount to amount, small ones more often than large ones (triangular). */
const about = ({ unit }: Dice, amount: number): number => (unit() + unit() - 1) * amount;
