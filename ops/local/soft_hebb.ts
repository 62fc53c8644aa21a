/**
 * SoftHebb: a soft winner-take-all in which all losers unlearn.
 *
 * @module
 */
import { checkRanges, notNegative, positive } from "../ranges.ts";
import { softmax } from "../activations.ts";
import { linear } from "../linear.ts";
import { tf } from "../tfjs.ts";
import { atMostOne, hebbian } from "./hebbian.ts";
import type { LocalRule } from "./local_rule.ts";
import { driven, topUnits } from "./winners.ts";

/** Options of {@linkcode softHebb}. */
export interface SoftHebbOptions {
  /** The inverse temperature of the competition, above 0; 12. */
  readonly sharpness?: number;
  /** How the rate falls as a unit's weights come near length 1: q, at least 0; 0.5. */
  readonly power?: number;
}

/**
 * The SoftHebb rule: Δw = η_j s y (x − u w), u = x·w, y = softmax(sharpness · u), s = 1 for the unit of
 * the largest u and −1 for all others; summed over the batch, divided by the largest absolute change.
 * The rate is adaptive: η_j = η |‖w_j‖ − 1|^q, for a converged unit has length 1.
 *
 * Sources: T. Moraitis et al., "SoftHebb: Bayesian inference in unsupervised Hebbian soft winner-take-all
 * networks", Neuromorphic Computing and Engineering 2, 2022; A. Journé et al., "Hebbian deep learning
 * without feedback", ICLR 2023 (arXiv 2209.11883), for the losers and the rate. The division, and 12 for
 * the sharpness, are those of the code that they published, where weights begin long and at random; here
 * they begin as samples of twice their final length, for at that length nothing is learnt.
 *
 * @example
 * ```ts
 * import { softHebb } from "./soft_hebb.ts";
 * import { startBackend } from "../backend.ts";
 * import { tf } from "../tfjs.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await startBackend("cpu")();
 * const { compete } = softHebb({ sharpness: Math.LN2 });
 * const [activity] = await compete(tf.tensor2d([[2, 1]]), tf.tensor2d([[1]])).array();
 * assertEquals(activity.map((y) => y.toFixed(4)), ["0.6667", "-0.3333"]);
 * ```
 */
export function softHebb({ sharpness = 12, power = 0.5 }: SoftHebbOptions = {}): LocalRule {
  return {
    name: "soft_hebb",
    options: { sharpness, power },
    problem: checkRanges({ sharpness: [sharpness, positive], power: [power, notNegative] }),
    least: 2,
    rate: 0.08,
    begin: 2,
    compete: (weights, batch, excitability) =>
      tf.tidy(() => {
        const drive = driven(linear(batch, weights), excitability);
        const soft = softmax(tf.mul(drive, sharpness));
        // 1 for the winner, −1 for all others.
        const sign = tf.sub(tf.mul(topUnits(drive, 1), 2), 1);
        return tf.mul(soft, sign) as tf.Tensor2D;
      }),
    update: (weights, batch, activity, rate) =>
      tf.tidy(() => {
        const change = atMostOne(hebbian(weights, batch, activity));
        const length = tf.sqrt(tf.sum(tf.square(weights), 0, true));
        // Not 0, so that the power has a value.
        const distance = tf.add(tf.abs(tf.sub(length, 1)), 1e-10);
        return tf.add(weights, tf.mul(change, tf.mul(tf.pow(distance, power), rate)));
      }),
  };
}
