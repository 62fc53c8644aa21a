/**
 * Synaptic scaling: units that fire too often are damped before the winners are chosen, silent ones
 * boosted.
 *
 * @module
 */
import { scalingPaths } from "../graph/scaling.ts";
import type { Lowered } from "./lowered.ts";
import { tf } from "./tfjs.ts";

/**
 * What each unit's activation is multiplied by: exp(strength · (target − duty)), and 1 as long as
 * nothing has been seen.
 *
 * @param duty [...units], each in [0, 1].
 * @param samples A scalar: how many samples it is the mean of.
 * @param strength A scalar, at least 0.
 * @param target A scalar in [0, 1].
 * @returns The shape of the duty.
 */
export const scalingFactors = (
  duty: tf.Tensor,
  samples: tf.Tensor,
  strength: tf.Tensor,
  target: tf.Tensor,
): tf.Tensor => tf.exp(tf.mul(tf.mul(strength, tf.step(samples)), tf.sub(target, duty)));

/**
 * The mean of each unit's output over all samples so far, from the mean so far and a batch.
 *
 * @param outputs [batch, ...units].
 */
export const nextDuty = (duty: tf.Tensor, samples: tf.Tensor, outputs: tf.Tensor): tf.Tensor =>
  tf.div(
    tf.add(tf.mul(duty, samples), tf.sum(outputs, 0)),
    tf.add(samples, outputs.shape[0]),
  );

/**
 * A kWTA that is scaled in training where its run has a duty cycle for it, as the stage
 * `synapticScaling` sees to. The gradient is multiplied by the same factors; the duty cycle is a
 * constant to it. Evaluated, nothing is scaled and nothing changes.
 *
 * Source: SynapticScaling of dizcza/EmbedderSDR, models/kwta.py.
 */
export function scaled(kwta: Lowered, path: string): Lowered {
  const paths = scalingPaths(path);
  return {
    evaluate: kwta.evaluate,
    train: (params, signal) => {
      const { plasticity } = signal;
      const duty = plasticity[paths.duty];
      if (duty === undefined) return kwta.train(params, signal);
      const { [paths.samples]: samples, [paths.strength]: strength, [paths.target]: target } =
        plasticity;
      const factors = scalingFactors(duty, samples, strength, target);
      const value = tf.mul(signal.value as tf.Tensor, factors);
      const after = kwta.train(params, { ...signal, value });
      const outputs = after.value as tf.Tensor;
      return {
        ...after,
        plasticity: {
          ...after.plasticity,
          [paths.duty]: nextDuty(duty, samples, outputs),
          [paths.samples]: tf.add(samples, outputs.shape[0]),
        },
      };
    },
  };
}
