/**
 * Synaptic scaling's state while a layer is learnt from samples: those of an image come from all places.
 *
 * @module
 */
import type { scalingPaths } from "../../graph/scaling.ts";
import { nextDuty, scalingFactors } from "../../ops/synaptic_scaling.ts";
import { tf } from "../../ops/tfjs.ts";
import type { Run } from "../run.ts";

/** Where a run keeps the state of a layer. */
export type Scaling = ReturnType<typeof scalingPaths>;

/** Synaptic scaling's factors per unit: of an image those of the mean duty cycle over its locations. */
export function factorsOf(plasticity: Run["plasticity"], paths: Scaling, units: number): tf.Tensor {
  const duty = tf.mean(tf.reshape(plasticity[paths.duty], [-1, units]), 0);
  return scalingFactors(
    duty,
    plasticity[paths.samples],
    plasticity[paths.strength],
    plasticity[paths.target],
  );
}

/** The duty cycle and the number of samples after a batch, [samples, units]. */
export function counted(
  plasticity: Run["plasticity"],
  paths: Scaling,
  active: tf.Tensor,
): { readonly duty: tf.Tensor; readonly samples: tf.Tensor } {
  const { [paths.duty]: duty, [paths.samples]: samples } = plasticity;
  const units = active.shape[1] as number;
  const mean = tf.mean(tf.reshape(duty, [-1, units]), 0);
  const next = nextDuty(mean, samples, active);
  return {
    // A location has none of its own: patches come from all.
    duty: tf.add(tf.zerosLike(duty), next),
    samples: tf.add(samples, active.shape[0]),
  };
}
