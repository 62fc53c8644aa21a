/**
 * The built-in digits: MNIST's stand-in where there is no network, generated from a seed.
 *
 * @module
 */
import type { InvalidOption } from "../../graph/error.ts";
import { invalidOption } from "../../graph/error.ts";
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import { type Dice, draw, type Rng, seed as seeded, splitRng } from "../../graph/rng.ts";
import { joined } from "./bytes.ts";
import type { Dataset, DataSplit } from "./dataset.ts";
import { glyphs } from "./glyphs.ts";
import { area, handwritten, side } from "./handwriting.ts";
import { sha256 } from "./sha256.ts";

/** Options of {@linkcode strokes}: what to draw. */
export interface StrokesOptions {
  /** An integer from 0 to 2^32 − 1. */
  readonly seed: number;
  /** Training images, an integer of at least 1. @default {10_000} */
  readonly train?: number;
  /** Test images, an integer of at least 1. @default {2_000} */
  readonly test?: number;
}

const digits = glyphs.length;
const defaultTrain = 10_000;
const defaultTest = 2_000;
const largestSeed = 2 ** 32 - 1;
const mostImages = 1_000_000;

/** Of byte / 255 over the 10,000 training images of seed 1. */
const normalisation = { mean: [0.123], std: [0.2853] };

/**
 * Digits drawn as anti-aliased strokes, 28 × 28 bytes like MNIST: one of a few styles per digit,
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
  { seed, train = defaultTrain, test = defaultTest }: StrokesOptions,
): Omit<Dataset, "sha256"> {
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
 * The built-in digits with the SHA-256 of each split's content (its pixels, then its labels) under
 * "strokes-train" and "strokes-test".
 *
 * @returns The dataset; `InvalidOption` when the seed is not an integer from 0 to 2^32 − 1, or a
 * number of images not one from 1 to 1,000,000.
 *
 * @example
 * ```ts
 * import { loadStrokes } from "./strokes.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const dataset = await loadStrokes({ seed: 1, train: 20, test: 10 })();
 * assertEquals(E.isRight(dataset) && dataset.right.train.pixels.length, 20 * 28 * 28);
 * ```
 */
export function loadStrokes(options: StrokesOptions): TE.TaskEither<InvalidOption, Dataset> {
  const { seed, train = defaultTrain, test = defaultTest } = options;
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

async function withHashes(drawn: Omit<Dataset, "sha256">): Promise<Dataset> {
  return {
    ...drawn,
    sha256: {
      "strokes-train": await hashOf(drawn.train),
      "strokes-test": await hashOf(drawn.test),
    },
  };
}

const hashOf = ({ pixels, labels }: DataSplit): Promise<string> => sha256(joined([pixels, labels]));

function splitOf(count: number, rng: Rng): DataSplit {
  const pixels = new Uint8Array(count * area);
  const labels = new Uint8Array(count);
  draw(rng, (dice) => {
    for (let i = 0; i < count; i++) {
      if (i % digits === 0) labels.set(shuffled(dice).subarray(0, count - i), i);
      pixels.set(handwritten(labels[i], dice), i * area);
    }
  });
  return { count, pixels, labels, normalisation };
}

function shuffled({ integer }: Dice): Uint8Array {
  const order = Uint8Array.from({ length: digits }, (_, digit) => digit);
  for (let i = digits - 1; i > 0; i--) {
    const j = integer(0, i);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
