/**
 * Triplets of a batch, drawn at random.
 *
 * @module
 */
import { draw, type Rng } from "../../graph/rng.ts";

/**
 * Draws row numbers uniformly and keeps the valid triplets: anchor and positive are two rows of one
 * class, the negative is of another.
 *
 * Source: the sampler of TripletLoss in dizcza/pytorch-mighty, mighty/loss/triplet.py, which draws
 * (number of classes) × (number of rows) triplets; of 2,560 in ten classes about 230 are valid.
 *
 * @param labels One class per row.
 * @param draws How many triplets to draw before the invalid ones are dropped.
 * @returns [anchor, positive, negative, anchor, …], perhaps none, and the next generator.
 *
 * @example
 * ```ts
 * import { drawTriplets } from "./triplets.ts";
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
