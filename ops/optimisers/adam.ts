/**
 * Adam.
 *
 * @module
 */
import { rateValue, type Schedule } from "../schedules.ts";
import { addDecayedWeights } from "./add_decayed_weights.ts";
import { type Chain, chain } from "./chain.ts";
import { scaleByAdam } from "./scale_by_adam.ts";
import { scaleByLearningRate } from "./scale_by_learning_rate.ts";

/** Options of {@linkcode adam}. */
export interface AdamOptions {
  /** The learning rate, above 0, or a schedule of it, which `train` follows. @default 1e-3 */
  readonly learningRate?: number | Schedule;
  /** Of the first moment, in [0, 1); 0.9. */
  readonly beta1?: number;
  /** Of the second moment, in [0, 1); 0.999. */
  readonly beta2?: number;
  /** Added to the root of the second moment, at least 0; 1e-8. */
  readonly epsilon?: number;
  /** L2 coupled to the gradient, as in torch.optim.Adam: g + weightDecay · w; at least 0; 0. */
  readonly weightDecay?: number;
  /** Divides by the largest second moment so far, which AMSGrad does; false. */
  readonly amsgrad?: boolean;
}

/**
 * Adam: w − lr / (1 − β1^t) · m / (√v / √(1 − β2^t) + ε), with the moments
 * m = β1·m + (1 − β1)·g and v = β2·v + (1 − β2)·g².
 *
 * One pass of one kernel per weight, unless with AMSGrad.
 *
 * Source: Kingma & Ba 2015, algorithm 1, as torch.optim.Adam computes it.
 *
 * @example
 * ```ts
 * import { adam } from "./adam.ts";
 * import { tf } from "../tfjs.ts";
 * import { assertAlmostEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await tf.setBackend("cpu");
 * const { init, update } = adam({ learningRate: 0.1 });
 * const params = { w: tf.tensor1d([1, 2]) };
 * const [{ w }] = update({ w: tf.tensor1d([5, -0.01]) }, init(params), params);
 * // The first step is as long as the rate, whatever the gradient.
 * assertAlmostEquals(w.dataSync()[0], 0.9, 1e-6);
 * assertAlmostEquals(w.dataSync()[1], 2.1, 1e-6);
 * ```
 */
export function adam(options: AdamOptions = {}): Chain {
  const {
    learningRate = 1e-3,
    beta1 = 0.9,
    beta2 = 0.999,
    epsilon = 1e-8,
    weightDecay = 0,
    amsgrad = false,
  } = options;
  return {
    ...chain(
      ...(weightDecay === 0 ? [] : [addDecayedWeights(weightDecay)]),
      scaleByAdam({ beta1, beta2, epsilon, amsgrad }),
      scaleByLearningRate(learningRate),
    ),
    name: "adam",
    options: { learningRate: rateValue(learningRate), beta1, beta2, epsilon, weightDecay, amsgrad },
  };
}
