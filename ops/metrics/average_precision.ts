/**
 * Average precision of a ranking in which items may be equally far.
 *
 * @module
 */

/**
 * The average precision of one query, as expected where equally far items come in random order.
 *
 * With R relevant items, rel(i) 1 where the i-th of a ranking is one of them, else 0, and P(i) the
 * fraction of relevant ones among its first i:
 *
 *     AP = (1/R) Σ_{i=1..most} P(i) · rel(i)
 *
 * All items are ranked by default; with most = R it is the AP@R that `retrievalScores` averages, and
 * R · AP with most = 1 is the precision at 1. Codes have few distances, each of many items: an order of
 * theirs says nothing, so that the mean over all orders is taken, in closed form. Of t items at one
 * distance r are relevant, and n items with h relevant ones are nearer: the j-th of the t is relevant
 * with probability r/t, and then (j − 1)(r − 1)/(t − 1) of the tied before it are on average.
 *
 * Source: F. McSherry, M. Najork, "Computing Information Retrieval Performance Measures Efficiently in
 * the Presence of Tied Scores", ECIR 2008.
 *
 * @param all The distances of all items, rising.
 * @param relevant Those of the relevant ones, rising: a part of `all`, at least one.
 * @param most Ranks that count, at least 1; all.
 * @returns In [0, 1].
 *
 * @example
 * ```ts
 * import { averagePrecision } from "./average_precision.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const distances = Float64Array.of(1, 2, 3, 4);
 * assertEquals(averagePrecision(distances, Float64Array.of(1, 4)), (1 / 1 + 2 / 4) / 2);
 * // Half of the orders of two equally far items have the relevant one first.
 * assertEquals(averagePrecision(Float64Array.of(5, 5), Float64Array.of(5)), (1 / 1 + 1 / 2) / 2);
 * ```
 */
export function averagePrecision(
  all: Float64Array,
  relevant: Float64Array,
  most: number = all.length,
): number {
  let [sum, ranked, hits] = [0, 0, 0];
  while (hits < relevant.length && ranked < most) {
    const distance = all[ranked];
    const tied = tiedFrom(all, ranked, distance);
    const found = tiedFrom(relevant, hits, distance);
    const before = tied > 1 ? (found - 1) / (tied - 1) : 0;
    const last = found === 0 ? 0 : Math.min(tied, most - ranked);
    for (let j = 1; j <= last; j++) {
      sum += (found / tied) * (hits + 1 + (j - 1) * before) / (ranked + j);
    }
    ranked += tied;
    hits += found;
  }
  return sum / relevant.length;
}

function tiedFrom(rising: Float64Array, from: number, value: number): number {
  let end = from;
  while (end < rising.length && rising[end] === value) end++;
  return end - from;
}
