/**
 * Oja's rule under k-winners-take-all.
 *
 * @module
 */
import { checkRanges, integerFrom } from "../ranges.ts";
import { linear } from "../linear.ts";
import { tf } from "../tfjs.ts";
import { hebbian } from "./hebbian.ts";
import type { LocalRule } from "./local_rule.ts";
import { driven, topUnits } from "./winners.ts";

/** Options of {@linkcode oja}. */
export interface OjaOptions {
  /** Units that learn from a sample, at least 1 and fewer than there are; 1. */
  readonly k?: number;
}

/**
 * Hebb's rule with Oja's normalisation, for the k units that a sample drives most: Δw = η y (x − y w),
 * y = u = x·w for the winners and 0 for all others, the mean over the batch. For one unit on centred
 * samples w tends to the first principal component at length 1; competition divides the samples among
 * the units.
 *
 * Source: E. Oja, "A simplified neuron model as a principal component analyzer", Journal of Mathematical
 * Biology 15, 1982.
 *
 * @example
 * ```ts
 * import { oja } from "./oja.ts";
 * import { startBackend } from "../backend.ts";
 * import { tf } from "../tfjs.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await startBackend("cpu")();
 * const { compete, update } = oja();
 * const [weights, batch] = [tf.tensor2d([[0.5, 0], [0, 0.5]]), tf.tensor2d([[1, 0]])];
 * const next = update(weights, batch, compete(weights, batch), 1);
 * // y = 0.5: 0.5 + 0.5 · (1 − 0.5 · 0.5). The loser stays.
 * assertEquals(await next.array(), [[0.875, 0], [0, 0.5]]);
 * ```
 */
export function oja({ k = 1 }: OjaOptions = {}): LocalRule {
  return {
    name: "oja",
    options: { k },
    problem: checkRanges({ k: [k, integerFrom(1)] }),
    least: k + 1,
    rate: 0.05,
    begin: 1,
    compete: (weights, batch, excitability) =>
      tf.tidy(() => {
        const drive = linear(batch, weights);
        return tf.mul(drive, topUnits(driven(drive, excitability), k));
      }),
    update: (weights, batch, activity, rate) =>
      tf.tidy(() => {
        const change = hebbian(weights, batch, activity);
        return tf.add(weights, tf.mul(change, rate / Math.max(1, batch.shape[0])));
      }),
  };
}
