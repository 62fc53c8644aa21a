/**
 * Stochastic gradient descent.
 *
 * @module
 */
import { rateValue, type Schedule } from "../schedules.ts";
import { addDecayedWeights } from "./add_decayed_weights.ts";
import { type Chain, chain } from "./chain.ts";
import { accumulateMomentum } from "./momentum.ts";
import { scaleByLearningRate } from "./scale_by_learning_rate.ts";

/** Options of {@linkcode sgd}. */
export interface SgdOptions {
  /** The learning rate, above 0, or a schedule of it, which `train` follows. @default 1e-2 */
  readonly learningRate?: number | Schedule;
  /** What remains of the accumulated gradients after a step, in [0, 1); 0. */
  readonly momentum?: number;
  /** What is kept back of the fresh gradient under momentum, in [0, 1); 0. */
  readonly dampening?: number;
  /** Needs a momentum above 0 and no dampening; false. */
  readonly nesterov?: boolean;
  /** L2 coupled to the gradient: g + weightDecay · w; at least 0; 0. */
  readonly weightDecay?: number;
}

/**
 * Stochastic gradient descent: w − lr · b, where b is the gradient, or with momentum
 * b = momentum · b + (1 − dampening) · g, or with Nesterov's g + momentum · b.
 *
 * Source: torch.optim.SGD.
 *
 * @example
 * ```ts
 * import { sgd } from "./sgd.ts";
 * import { tf } from "../tfjs.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await tf.setBackend("cpu");
 * const { init, update } = sgd({ learningRate: 0.5, momentum: 0.5 });
 * let params: Readonly<Record<string, tf.Tensor>> = { w: tf.tensor1d([1]) };
 * let state = init(params);
 * [params, state] = update({ w: tf.tensor1d([1]) }, state, params);
 * [params, state] = update({ w: tf.tensor1d([1]) }, state, params);
 * assertEquals(params.w.dataSync()[0], 1 - 0.5 * 1 - 0.5 * 1.5);
 * ```
 */
export function sgd(options: SgdOptions = {}): Chain {
  const { learningRate = 1e-2, momentum = 0, dampening = 0, nesterov = false, weightDecay = 0 } =
    options;
  const plain = momentum === 0 && dampening === 0 && !nesterov;
  return {
    ...chain(
      ...(weightDecay === 0 ? [] : [addDecayedWeights(weightDecay)]),
      ...(plain ? [] : [accumulateMomentum({ momentum, dampening, nesterov })]),
      scaleByLearningRate(learningRate),
    ),
    name: "sgd",
    options: { learningRate: rateValue(learningRate), momentum, dampening, nesterov, weightDecay },
  };
}
