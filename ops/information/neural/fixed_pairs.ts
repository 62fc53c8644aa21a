/**
 * Pairs of a sample that is at hand: which train, which are held out, and batches of them.
 *
 * @module
 */
import { draw, permutation, type Rng } from "../../../graph/rng.ts";
import { type Pairs, type PairSource, selectPairs } from "./pairs.ts";

/**
 * Parts the pairs at random.
 *
 * @param heldOut How many of them go into the second part, from 0 to all.
 * @returns The rest, those that are held out, and the generator to draw from next.
 */
export function partPairs(
  pairs: Pairs,
  heldOut: number,
  rng: Rng,
): readonly [rest: Pairs, heldOut: Pairs, rng: Rng] {
  const [order, next] = permutation(pairs.count, rng);
  const cut = pairs.count - heldOut;
  return [
    selectPairs(pairs, order.subarray(0, cut)),
    selectPairs(pairs, order.subarray(cut)),
    next,
  ];
}

/**
 * Draws from given pairs, without replacement within a batch, each batch anew from all. No more than
 * there are come at once.
 *
 * @param pairs At least one.
 *
 * @example
 * ```ts
 * import { fixedPairs } from "./fixed_pairs.ts";
 * import { seed } from "../../../graph/rng.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const x = Float32Array.of(1, 2, 3);
 * const [batch] = fixedPairs({ count: 3, x, y: x }).draw(4, seed(26));
 * assertEquals(batch.count, 3);
 * assertEquals(batch.x.toSorted(), x);
 * assertEquals(batch.x, batch.y);
 * ```
 */
export const fixedPairs = (pairs: Pairs): PairSource => ({
  widths: [pairs.x.length / pairs.count, pairs.y.length / pairs.count],
  draw: (count, rng) => {
    const [picks, next] = distinct(Math.min(count, pairs.count), pairs.count, rng);
    return [selectPairs(pairs, picks), next];
  },
});

/**
 * Different numbers below n, in random order: the beginning of a Fisher & Yates shuffle that
 * remembers only the places it has touched, so that a batch costs no more for more samples.
 */
const distinct = (count: number, n: number, rng: Rng): readonly [Uint32Array, Rng] =>
  draw(rng, ({ integer }) => {
    const moved = new Map<number, number>();
    return Uint32Array.from({ length: count }, (_, i) => {
      const j = integer(i, n - 1);
      const picked = moved.get(j) ?? j;
      moved.set(j, moved.get(i) ?? i);
      return picked;
    });
  });
