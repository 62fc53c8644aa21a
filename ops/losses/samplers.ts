/**
 * Samples of a batch that a loss compares: the relations of all rows by their classes, triplets and pairs drawn at
 * random, and batches in which samples stand beside their neighbours.
 *
 * @module
 */
import { draw, permutation, type Rng } from "../../graph/rng.ts";

/** The relations of a batch's rows, for mining. */
export interface Relations {
  /** [rows × rows]: 1 where two different rows are of one class, else 0. */
  readonly positive: Float32Array;
  /** [rows × rows]: 1 where two rows are of different classes, else 0. */
  readonly negative: Float32Array;
  /** Rows that have both a positive and a negative. */
  readonly anchors: readonly number[];
  /** Index of the anchor, for each pair of an anchor and one of its positives. */
  readonly anchorOf: readonly number[];
  /** Index of the positive, for each pair of an anchor and one of its positives. */
  readonly positiveOf: readonly number[];
  /** Number of triplets of an anchor, a positive and a negative. */
  readonly triplets: number;
}

/**
 * The relations of a batch's rows.
 *
 * @param labels One class per row.
 *
 * @example
 * ```ts
 * import { relationsOf } from "./samplers.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const { anchors, triplets } = relationsOf([0, 0, 1]);
 * assertEquals([anchors, triplets], [[0, 1], 2]);
 * ```
 */
export function relationsOf(labels: ArrayLike<number>): Relations {
  const rows = labels.length;
  const positive = new Float32Array(rows * rows);
  const negative = new Float32Array(rows * rows);
  const anchors: number[] = [];
  const anchorOf: number[] = [];
  const positiveOf: number[] = [];
  let triplets = 0;
  for (let a = 0; a < rows; a++) {
    const alike: number[] = [];
    for (let b = 0; b < rows; b++) {
      if (labels[a] !== labels[b]) negative[a * rows + b] = 1;
      else if (a !== b) {
        positive[a * rows + b] = 1;
        alike.push(b);
      }
    }
    const others = rows - 1 - alike.length;
    if (alike.length === 0 || others === 0) continue;
    anchors.push(a);
    for (const b of alike) {
      anchorOf.push(a);
      positiveOf.push(b);
    }
    triplets += alike.length * others;
  }
  return { positive, negative, anchors, anchorOf, positiveOf, triplets };
}

/**
 * Draws row numbers uniformly and keeps the valid triplets: anchor and positive are two rows of one
 * class, the negative is of another.
 *
 * Source: the sampler of TripletLoss in dizcza/pytorch-mighty, mighty/loss/triplet.py, which draws
 * (number of classes) × (number of rows) triplets; of 2,560 in ten classes about 230 are valid.
 *
 * @param labels One class per row.
 * @param draws Number of triplets to draw before the invalid ones are dropped.
 * @param rng Generator to draw from.
 * @returns [anchor, positive, negative, anchor, …], perhaps none, and the next generator.
 *
 * @example
 * ```ts
 * import { drawTriplets } from "./samplers.ts";
 * import { seed } from "../../graph/rng.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const [triplets] = drawTriplets([0, 0, 1], 100, seed(26));
 * for (let t = 0; t < triplets.length; t += 3) {
 *   const [a, p, q] = triplets.slice(t, t + 3);
 *   assertEquals([a !== p, a < 2, p < 2, q], [true, true, true, 2]);
 * }
 * ```
 */
export function drawTriplets(
  labels: ArrayLike<number>,
  draws: number,
  rng: Rng,
): readonly [Int32Array, Rng] {
  const last = labels.length - 1;
  return draw(rng, ({ integer }) => {
    const kept = new Int32Array(3 * draws);
    let size = 0;
    if (last < 0) return kept.subarray(0, 0);
    for (let i = 0; i < draws; i++) {
      const [a, p, q] = [integer(0, last), integer(0, last), integer(0, last)];
      if (a === p || labels[a] !== labels[p] || labels[a] === labels[q]) continue;
      kept[size++] = a;
      kept[size++] = p;
      kept[size++] = q;
    }
    return kept.slice(0, size);
  });
}

/**
 * Returns the number of pairs or triplets that the reference draws before it drops the invalid ones: multiplier ×
 * (number of classes in the batch) × (number of rows).
 *
 * Source: PairLossSampler of dizcza/pytorch-mighty, mighty/loss/contrastive.py.
 *
 * @param labels One class per row.
 * @param multiplier At least 1; the reference's typical range is 1 to 10.
 */
export const drawsOf = (labels: ArrayLike<number>, multiplier: number): number =>
  multiplier * new Set(Array.from(labels)).size * labels.length;

/**
 * Draws pairs of rows uniformly and drops those of a row with itself, and those drawn before in either
 * order. What remains is of one class as often as chance has it.
 *
 * Source: ContrastiveLossSampler of dizcza/pytorch-mighty, mighty/loss/contrastive.py; it sorts the two
 * columns of its pairs independently, which makes other pairs of them, and this does not.
 *
 * @param labels One class per row.
 * @param draws Number of pairs to draw before the invalid ones are dropped.
 * @param rng Generator to draw from.
 * @returns [one row, another, one row, …], perhaps none, and the next generator.
 *
 * @example
 * ```ts
 * import { drawPairs } from "./samplers.ts";
 * import { seed } from "../../graph/rng.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const [pairs] = drawPairs([0, 0, 1], 100, seed(26));
 * assertEquals(pairs.length, 6); // all three pairs there are, once each
 * ```
 */
export function drawPairs(
  labels: ArrayLike<number>,
  draws: number,
  rng: Rng,
): readonly [Int32Array, Rng] {
  const rows = labels.length;
  return draw(rng, ({ integer }) => {
    const kept = new Int32Array(2 * draws);
    if (rows === 0) return kept.subarray(0, 0);
    const seen = new Set<number>();
    let size = 0;
    for (let i = 0; i < draws; i++) {
      const [a, b] = [integer(0, rows - 1), integer(0, rows - 1)];
      const key = Math.min(a, b) * rows + Math.max(a, b);
      if (a === b || seen.has(key)) continue;
      seen.add(key);
      kept[size++] = a;
      kept[size++] = b;
    }
    return kept.slice(0, size);
  });
}

// ---- Partners

/** An order of the samples of an epoch: a draw of as many indices as there are samples. */
export type SampleOrder = (count: number, rng: Rng) => readonly [Uint32Array, Rng];

/**
 * Orders an epoch in pairs: half of the samples, drawn without replacement, each followed by one of its
 * neighbours, drawn at random, as `pairContrastLoss` wants it. With a batch size that is even no pair is
 * torn apart. Of an odd number of samples the last has no partner.
 *
 * Source: positives by neighbourhood in the space of the inputs, as in Hadsell, Chopra & LeCun 2006,
 * section 4.1.
 *
 * @param neighbours Indices of each sample's k nearest, as `nearestNeighbours` finds them; the sample itself is
 * skipped.
 * @throws {RangeError} Where there is not a list for every sample, as a mistake in the program.
 *
 * @example
 * ```ts
 * import { pairedOrder } from "./samplers.ts";
 * import { seed } from "../../graph/rng.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * // Samples 0 and 1 are neighbours of each other, and so are 2 and 3.
 * const order = pairedOrder({ k: 1, indices: Int32Array.of(1, 0, 3, 2) });
 * const [[first, second, third, fourth]] = order(4, seed(26));
 * assertEquals([first ^ 1, third ^ 1], [second, fourth]);
 * ```
 */
export const pairedOrder = (
  { k, indices }: { readonly k: number; readonly indices: ArrayLike<number> },
): SampleOrder =>
(count, rng) => {
  if (k < 1 || indices.length !== count * k) {
    throw new RangeError(
      `Cannot pair ${count} samples with their neighbours: expected ${count} lists of ${k}, ` +
        `current value is ${indices.length} indices`,
    );
  }
  const [anchors, next] = permutation(count, rng);
  return draw(next, ({ integer }) => {
    const order = anchors.slice();
    for (let at = 0; at + 1 < count; at += 2) {
      const anchor = anchors[at >> 1];
      const drawn = integer(0, k - 1);
      const own = indices[anchor * k + drawn];
      order[at] = anchor;
      order[at + 1] = own === anchor ? indices[anchor * k + (drawn + 1) % k] : own;
    }
    return order;
  });
};
