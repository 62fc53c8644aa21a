/**
 * The moving average that corrects the gradient of MINE.
 *
 * @module
 */
import { constantOf } from "../../losses/constant.ts";
import type { Lowered } from "../../lowered.ts";
import { type Params, tf } from "../../tfjs.ts";
import { halves, logMeanExpOf } from "./scores.ts";

/** Where the plasticity keeps it. */
const PATH = "log_partition";

/**
 * The average before the first batch, as plasticity: log 1, of a critic that scores every pair 0. The
 * caller disposes of it.
 */
export const initialPartition = (): Params => ({ [PATH]: tf.scalar(0) });

/**
 * A joint critic that in training passes log A as its latent beside the scores, with
 * A ← (1 − rate)·A + rate·mean exp T(marginal), and no gradient through it. Logarithms throughout:
 * exp T overflows.
 *
 * @param critic What makes scores, of n joint rows and n marginal ones.
 * @param rate In (0, 1).
 */
export const withMovingPartition = (critic: Lowered, rate: number): Lowered => ({
  evaluate: critic.evaluate,
  train: (params, signal) => {
    const after = critic.train(params, signal);
    const scores = after.value as tf.Tensor;
    const before = signal.plasticity[PATH];
    const log = constantOf(scores, (values) => {
      const batch = logMeanExpOf(halves(values)[1]);
      return averaged(before, batch, rate);
    });
    return {
      ...after,
      value: { first: log, second: scores },
      plasticity: { ...after.plasticity, [PATH]: log },
    };
  },
});

/** log((1 − rate)·e^a + rate·e^b). */
function averaged(a: tf.Tensor, b: tf.Tensor, rate: number): tf.Tensor {
  const largest = tf.maximum(a, b);
  const part = (x: tf.Tensor, share: number) => tf.mul(tf.exp(tf.sub(x, largest)), share);
  return tf.add(largest, tf.log(tf.add(part(a, 1 - rate), part(b, rate))));
}
