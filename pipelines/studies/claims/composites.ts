/**
 * Composites: two images of different classes on top of each other, and the stage that measures how their
 * codes are made of the codes of their parts.
 *
 * @module
 */
import type { SparrowError } from "../../../graph/error.ts";
import { E } from "../../../graph/fp_ts.ts";
import { type Dice, draw, permutation, type Rng, seed as seeded } from "../../../graph/rng.ts";
import type { BinaryEmbeddings, Embeddings } from "../../../ops/embeddings.ts";
import { checkLength } from "../../../ops/metrics/rows.ts";
import { centroidDistances } from "../../../ops/metrics/centroids.ts";
import { pickCodes } from "../../../ops/codes/codes.ts";
import {
  chanceContainment,
  codeSizes,
  containment,
  difference,
  union,
} from "../../../ops/codes/algebra.ts";
import type { Dataset, ImageSplit } from "../../data/dataset.ts";
import { encode } from "../../encode/encode.ts";
import type { Run } from "../../core/run.ts";
import { type Stage, stage } from "../../core/stage.ts";
import { withTestRows } from "./recipes.ts";

/** Pairs of images of a split, by index. */
export interface Pairs {
  /** The one image of each pair. */
  readonly firsts: Uint32Array;
  /** Indices of the second images, each of another class than the first. */
  readonly seconds: Uint32Array;
}

/** Composites, and the pairs that they are made of. */
export interface Composites extends ImageSplit, Pairs {}

/**
 * Two images on top of each other: of each two bytes the larger, as light adds up on a film that is
 * saturated.
 *
 * @param into Takes the composite; may be one of the two.
 */
export function superpose(first: Uint8Array, second: Uint8Array, into: Uint8Array): void {
  for (let i = 0; i < into.length; i++) into[i] = first[i] > second[i] ? first[i] : second[i];
}

/**
 * Composites of a split. First parts come in a random order, each image once before any comes again;
 * the second part is any image of another class, all alike.
 *
 * @param split Images of at least two classes.
 * @param count Number of pairs.
 * @returns The composites, their labels the first parts' classes, and the generator to draw from next.
 * @throws {RangeError} Where all images are of one class.
 *
 * @example
 * ```ts
 * import { composites } from "./composites.ts";
 * import { seed } from "../../../graph/rng.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const split = {
 *   count: 2,
 *   values: Uint8Array.of(9, 0, 4, 4),
 *   labels: Uint8Array.of(0, 1),
 *   normalisation: { mean: [0], std: [1] },
 * };
 * const [{ values, firsts, seconds }] = composites(split, 2, seed(1));
 * assertEquals(values, Uint8Array.of(9, 4, 9, 4));
 * assertEquals(seconds, firsts.map((first) => 1 - first));
 * ```
 */
export function composites(split: ImageSplit, count: number, rng: Rng): readonly [Composites, Rng] {
  checkClasses(split, 2);
  const size = split.values.length / split.count;
  const [firsts, forPartners] = orders(split.count, count, rng);
  const values = new Uint8Array(count * size);
  const seconds = new Uint32Array(count);
  const [, next] = draw(forPartners, (dice) => {
    firsts.forEach((first, i) => {
      seconds[i] = another(split, [split.labels[first]], dice);
      const into = values.subarray(i * size, (i + 1) * size);
      superpose(imageAt(split, first, size), imageAt(split, seconds[i], size), into);
    });
  });
  const labels = Uint8Array.from(firsts, (first) => split.labels[first]);
  return [{ ...split, count, values, labels, firsts, seconds }, next];
}

/**
 * Draws, for each pair, an unrelated one, which shares no class with it: two new images.
 *
 * @param split Where the pairs are from: images of at least four classes.
 * @returns The pairs, as many, and the next generator.
 * @throws {RangeError} Where there are fewer classes.
 */
export function unrelatedPairs(
  split: ImageSplit,
  { firsts, seconds }: Pairs,
  rng: Rng,
): readonly [Pairs, Rng] {
  checkClasses(split, 4);
  const { labels } = split;
  const others = { firsts: firsts.slice(), seconds: seconds.slice() };
  const [, next] = draw(rng, (dice) => {
    firsts.forEach((first, i) => {
      const classes = [labels[first], labels[seconds[i]]];
      others.firsts[i] = another(split, classes, dice);
      others.seconds[i] = another(split, [...classes, labels[others.firsts[i]]], dice);
    });
  });
  return [others, next];
}

/**
 * Returns a split in which some of the images, drawn at random, are superposed with one of another class. All keep
 * their place and their label.
 *
 * @param split Images of at least two classes.
 * @param share The probability of an image to become a composite, in [0, 1].
 * @returns A split of its own memory, and the generator to draw from next.
 * @throws {RangeError} Where all images are of one class.
 */
export function superposeSome(
  split: ImageSplit,
  share: number,
  rng: Rng,
): readonly [ImageSplit, Rng] {
  checkClasses(split, 2);
  const size = split.values.length / split.count;
  const values = split.values.slice();
  const [, next] = draw(rng, (dice) => {
    for (let i = 0; i < split.count; i++) {
      if (dice.unit() >= share) continue;
      const into = values.subarray(i * size, (i + 1) * size);
      superpose(into, imageAt(split, another(split, [split.labels[i]], dice), size), into);
    }
  });
  return [{ ...split, values }, next];
}

const imageAt = ({ values }: ImageSplit, i: number, size: number): Uint8Array =>
  values.subarray(i * size, (i + 1) * size);

/** Any image of none of these classes, all alike. */
function another(
  { count, labels }: ImageSplit,
  classes: readonly number[],
  { integer }: Dice,
): number {
  for (;;) {
    const image = integer(0, count - 1);
    if (!classes.includes(labels[image])) return image;
  }
}

/** Draws `count` indices below n: random orders of all, one after the other. */
function orders(n: number, count: number, rng: Rng): readonly [Uint32Array, Rng] {
  const all = new Uint32Array(count);
  let next = rng;
  for (let done = 0; done < count; done += n) {
    const [order, rest] = permutation(n, next);
    all.set(order.subarray(0, Math.min(n, count - done)), done);
    next = rest;
  }
  return [all, next];
}

/** A mistake of the program, not of its user: hence thrown, not returned. */
function checkClasses({ labels }: ImageSplit, least: number): void {
  const classes = new Set(labels).size;
  if (classes < least) {
    throw new RangeError(
      `Cannot pair images: expected at least ${least} classes, current value is ${classes}`,
    );
  }
}

/**
 * Finds the class of each code whose centroid is nearest by the cosine, the known class left out; of equal distances
 * the lowest.
 *
 * @param known Class that each code is not, or −1 for none.
 * @param centroids Centroid of each class, of width numbers; at least two classes.
 * @returns One class per code; −1 for an empty code, which is equally far from all.
 * @throws {RangeError} Where there are not as many known classes as codes, or a width differs.
 */
export function otherClasses(
  codes: BinaryEmbeddings,
  known: ArrayLike<number>,
  centroids: readonly Float32Array[],
): Int32Array {
  checkLength("leave a class out", known.length, codes.count);
  const distances = centroidDistances(codes, centroids);
  const classes = centroids.length;
  return Int32Array.from(codeSizes(codes), (size, i) => {
    let best = -1;
    for (let c = 0; c < classes && size > 0; c++) {
      if (c === known[i]) continue;
      if (best < 0 || distances[i * classes + c] < distances[i * classes + best]) best = c;
    }
    return best;
  });
}

/** Measured quantities in words, by the names of their rows. */
export const quantities = {
  own_union: "bits in the union of its parts",
  unrelated_union: "bits in the union of an unrelated pair",
  random_union: "bits in the union of its parts, random codes",
  weaker_part: "bits of the part that has fewer",
  by_difference: "second part found by set difference",
  by_itself: "second part found without the difference",
  by_difference_of_all: "second part found by set difference, of all classes",
  by_itself_of_all: "second part found without the difference, of all classes",
} as const;

/** The name of a row of {@linkcode evaluateComposites}. */
export type Quantity = keyof typeof quantities;

/** Options of {@linkcode evaluateComposites}. */
export interface CompositeOptions {
  /** Number of composites of the test set. */
  readonly count: number;
  /** Seed of the composites; the same seed gives the same composites in every run. */
  readonly seed: number;
}

/**
 * Encodes the test set and composites of it, and compares. It comes after `evaluate`, whose class
 * centroids it uses.
 *
 * Rows, for "test", each a mean over composites in [0, 1]: "own_union" (the part of a composite's bits
 * that are in the union of its parts' codes), "unrelated_union" (in that of two images of other
 * classes), "random_union" (in that of its parts, if its code were any other of its size: computed),
 * "weaker_part" (the part of its bits that it shares with the one of its parts that has fewer of
 * them), "by_difference" (how often its bits less those of the first part are nearest to the second's
 * class, of all classes but the first's), "by_itself" (the same of all of its bits, which is what
 * leaving out the first's class does alone), "by_difference_of_all" and "by_itself_of_all" (the same
 * of all classes, where nothing but the difference tells the first part's class from the second's).
 *
 * Errors: `Interrupted`.
 *
 * @param dataset Whose test set has at least four classes.
 */
export const evaluateComposites = (
  dataset: Dataset<ImageSplit>,
  { count, seed }: CompositeOptions,
): Stage => {
  const { test } = dataset;
  const [scenes, rng] = composites(test, count, seeded(seed));
  const [unrelated] = unrelatedPairs(test, scenes, rng);
  return stage(async (run, env): Promise<E.Either<SparrowError, Run>> => {
    const parts = await encode(run, test, { env })();
    if (E.isLeft(parts)) return parts;
    const wholes = await encode(run, scenes, { env })();
    if (E.isLeft(wholes)) return wholes;
    const [singles, codes] = [codesOf(parts.right), codesOf(wholes.right)];
    const pick = (picks: Uint32Array) => pickCodes(singles, picks);
    const unionOf = ({ firsts, seconds }: Pairs) => union(pick(firsts), pick(seconds));
    const [first, second] = [pick(scenes.firsts), pick(scenes.seconds)];
    const [ofFirst, ofSecond] = [containment(codes, first), containment(codes, second)];
    const found = (rest: typeof codes, known: ArrayLike<number>): number =>
      mean(
        otherClasses(rest, known, run.findings.classCodes?.codes ?? []).map((label, i) =>
          label === test.labels[scenes.seconds[i]] ? 1 : 0
        ),
      );
    const rest = difference(codes, first);
    const none = new Int32Array(count).fill(-1);
    const measured: Readonly<Record<Quantity, number>> = {
      own_union: mean(containment(codes, unionOf(scenes))),
      unrelated_union: mean(containment(codes, unionOf(unrelated))),
      random_union: mean(chanceContainment(codes, unionOf(scenes))),
      weaker_part: mean(ofFirst.map((part, i) => Math.min(part, ofSecond[i]))),
      by_difference: found(rest, scenes.labels),
      by_itself: found(codes, scenes.labels),
      by_difference_of_all: found(rest, none),
      by_itself_of_all: found(codes, none),
    };
    return E.right(withTestRows(run, measured));
  });
};

/** A mistake of the program, not of its user: hence thrown, not returned. */
function codesOf(embeddings: Embeddings) {
  if (embeddings.kind === "binary") return embeddings;
  throw new TypeError("Cannot compose codes: expected binary embeddings, current value is dense");
}

function mean(values: Float64Array | Int32Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}
