/**
 * The competitive rule of Krotov and Hopfield: the winner learns, a runner-up unlearns.
 *
 * @module
 */
import { checkRanges, integerFrom, notNegative, type Range } from "../ranges.ts";
import { linear } from "../linear.ts";
import { tf } from "../tfjs.ts";
import { atMostOne, hebbian } from "./hebbian.ts";
import type { LocalRule } from "./local_rule.ts";
import { driven, runnerUp, topUnits } from "./winners.ts";

/** Options of {@linkcode competitive}. */
export interface CompetitiveOptions {
  /** The rank of the unit that unlearns, at least 2 and below the number of units; 2. */
  readonly k?: number;
  /** How much it unlearns beside what the winner learns: Δ, at least 0; 0.4. */
  readonly delta?: number;
  /** The Lebesgue norm in which weights tend to length 1: p, at least 2; 2. */
  readonly p?: number;
}

const norm: Range = {
  holds: (value) => value >= 2 && value < Infinity,
  words: "a finite number of at least 2",
};

/** sign(w) |w|^(p − 1). */
const driving = (weights: tf.Tensor2D, p: number): tf.Tensor2D =>
  p === 2 ? weights : tf.mul(tf.sign(weights), tf.pow(tf.abs(weights), p - 1));

/**
 * The rule of Krotov and Hopfield: Δw = η g (x − I w), I = Σ_i sign(w_i) |w_i|^(p−1) x_i, with g = 1 for
 * the unit of the largest I, −Δ for that of the k-th largest, and 0 for all others; summed over the batch
 * and divided by the largest absolute change.
 *
 * Source: D. Krotov, J. J. Hopfield, "Unsupervised learning by competing hidden units", PNAS 116, 2019
 * (arXiv 1806.10181), equation 3 with R = 1; the defaults and the division are those of the code that
 * they published, where weights begin at random; here they begin as samples.
 *
 * @example
 * ```ts
 * import { competitive } from "./competitive.ts";
 * import { startBackend } from "../backend.ts";
 * import { tf } from "../tfjs.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await startBackend("cpu")();
 * const { compete } = competitive({ delta: 0.5 });
 * const [weights, batch] = [tf.tensor2d([[1, 3, 2]]), tf.tensor2d([[1]])];
 * assertEquals(await compete(weights, batch).array(), [[0, 1, -0.5]]);
 * ```
 */
export function competitive({ k = 2, delta = 0.4, p = 2 }: CompetitiveOptions = {}): LocalRule {
  return {
    name: "competitive",
    options: { k, delta, p },
    problem: checkRanges({ k: [k, integerFrom(2)], delta: [delta, notNegative], p: [p, norm] }),
    least: k + 1,
    rate: 0.02,
    begin: 1,
    compete: (weights, batch, excitability) =>
      tf.tidy(() => {
        const drive = driven(linear(batch, driving(weights, p)), excitability);
        return tf.sub(topUnits(drive, 1), tf.mul(runnerUp(drive, k), delta));
      }),
    update: (weights, batch, activity, rate) =>
      tf.tidy(() => {
        const change = hebbian(weights, batch, activity, driving(weights, p));
        return tf.add(weights, tf.mul(atMostOne(change), rate));
      }),
  };
}
