/**
 * Composites: two images of different classes on top of each other.
 *
 * @module
 */
import { type Dice, draw, permutation, type Rng } from "../../../graph/rng.ts";
import type { DataSplit } from "../../data/dataset.ts";

/** Pairs of images of a split, by index. */
export interface Pairs {
  /** The one image of each pair. */
  readonly firsts: Uint32Array;
  /** The other, of another class. */
  readonly seconds: Uint32Array;
}

/** Composites, and the pairs that they are made of. */
export interface Composites extends DataSplit, Pairs {}

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
 * @param count How many.
 * @returns The composites, their labels the first parts' classes, and the generator to draw from next.
 * @throws {RangeError} Where all images are of one class.
 *
 * @example
 * ```ts
 * import { composites } from "./superpose.ts";
 * import { seed } from "../../../graph/rng.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const split = { count: 2, pixels: Uint8Array.of(9, 0, 4, 4), labels: Uint8Array.of(0, 1) };
 * const [{ pixels, firsts, seconds }] = composites(split, 2, seed(1));
 * assertEquals(pixels, Uint8Array.of(9, 4, 9, 4));
 * assertEquals(seconds, firsts.map((first) => 1 - first));
 * ```
 */
export function composites(split: DataSplit, count: number, rng: Rng): readonly [Composites, Rng] {
  checkClasses(split, 2);
  const size = split.pixels.length / split.count;
  const [firsts, forPartners] = orders(split.count, count, rng);
  const pixels = new Uint8Array(count * size);
  const seconds = new Uint32Array(count);
  const [, next] = draw(forPartners, (dice) => {
    firsts.forEach((first, i) => {
      seconds[i] = another(split, [split.labels[first]], dice);
      const into = pixels.subarray(i * size, (i + 1) * size);
      superpose(imageAt(split, first, size), imageAt(split, seconds[i], size), into);
    });
  });
  const labels = Uint8Array.from(firsts, (first) => split.labels[first]);
  return [{ count, pixels, labels, firsts, seconds }, next];
}

/**
 * For each pair another one, none of whose classes is one of its own: two images drawn anew.
 *
 * @param split Where the pairs are from: images of at least four classes.
 * @returns As many pairs, and the generator to draw from next.
 * @throws {RangeError} Where there are fewer classes.
 */
export function unrelatedPairs(
  split: DataSplit,
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
 * A split in which some of the images, drawn anew, have another one of another class superposed. All
 * keep their place and their label.
 *
 * @param split Images of at least two classes.
 * @param share The probability of an image to become a composite, in [0, 1].
 * @returns A split of its own memory, and the generator to draw from next.
 * @throws {RangeError} Where all images are of one class.
 */
export function superposeSome(
  split: DataSplit,
  share: number,
  rng: Rng,
): readonly [DataSplit, Rng] {
  checkClasses(split, 2);
  const size = split.pixels.length / split.count;
  const pixels = split.pixels.slice();
  const [, next] = draw(rng, (dice) => {
    for (let i = 0; i < split.count; i++) {
      if (dice.unit() >= share) continue;
      const into = pixels.subarray(i * size, (i + 1) * size);
      superpose(into, imageAt(split, another(split, [split.labels[i]], dice), size), into);
    }
  });
  return [{ ...split, pixels }, next];
}

const imageAt = ({ pixels }: DataSplit, i: number, size: number): Uint8Array =>
  pixels.subarray(i * size, (i + 1) * size);

/** Any image of none of these classes, all alike. */
function another(
  { count, labels }: DataSplit,
  classes: readonly number[],
  { integer }: Dice,
): number {
  for (;;) {
    const image = integer(0, count - 1);
    if (!classes.includes(labels[image])) return image;
  }
}

/** So many indices below n: random orders of all, one after the other. */
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
function checkClasses({ labels }: DataSplit, least: number): void {
  const classes = new Set(labels).size;
  if (classes < least) {
    throw new RangeError(
      `Cannot pair images: expected at least ${least} classes, current value is ${classes}`,
    );
  }
}
