/**
 * AdamW.
 *
 * @module
 */
import { rateValue } from "../schedules.ts";
import type { AdamOptions } from "./adam.ts";
import { addDecayedWeights } from "./add_decayed_weights.ts";
import { type Chain, chain } from "./chain.ts";
import { scaleByAdam } from "./scale_by_adam.ts";
import { scaleByLearningRate } from "./scale_by_learning_rate.ts";

/**
 * Adam whose weight decay does not pass through the moments: Adam's step and − lr · weightDecay · w.
 *
 * One pass of one kernel per weight, unless with AMSGrad.
 *
 * Source: Loshchilov & Hutter 2019 (arXiv 1711.05101), as torch.optim.AdamW computes it.
 *
 * @param options Those of {@linkcode adam}, but that the weight decay is decoupled, and 1e-2 where
 * it is left out.
 *
 * @example
 * ```ts
 * import { adamW } from "./adamw.ts";
 * import { tf } from "../tfjs.ts";
 * import { assertAlmostEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await tf.setBackend("cpu");
 * const { init, update } = adamW({ learningRate: 0.1, weightDecay: 0.5 });
 * const params = { w: tf.tensor1d([2]) };
 * const [{ w }] = update({ w: tf.tensor1d([0]) }, init(params), params);
 * assertAlmostEquals(w.dataSync()[0], 2 * (1 - 0.1 * 0.5), 1e-6);
 * ```
 */
export function adamW(options: AdamOptions = {}): Chain {
  const {
    learningRate = 1e-3,
    beta1 = 0.9,
    beta2 = 0.999,
    epsilon = 1e-8,
    weightDecay = 1e-2,
    amsgrad = false,
  } = options;
  return {
    ...chain(
      scaleByAdam({ beta1, beta2, epsilon, amsgrad }),
      ...(weightDecay === 0 ? [] : [addDecayedWeights(weightDecay)]),
      scaleByLearningRate(learningRate),
    ),
    name: "adamW",
    options: { learningRate: rateValue(learningRate), beta1, beta2, epsilon, weightDecay, amsgrad },
  };
}
