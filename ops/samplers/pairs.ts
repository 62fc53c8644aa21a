/**
 * Pairs of a batch, drawn at random.
 *
 * @module
 */
import { draw, type Rng } from "../../graph/rng.ts";

/**
 * How many pairs or triplets the reference draws before it drops the invalid ones:
 * multiplier × (number of classes in the batch) × (number of rows).
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
 * @param draws How many pairs to draw before the invalid ones are dropped.
 * @returns [one row, another, one row, …], perhaps none, and the next generator.
 *
 * @example
 * ```ts
 * import { drawPairs } from "./pairs.ts";
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
