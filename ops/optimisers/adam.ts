/**
 * Adam, AdamW, and Adam's rescaling as a transform for custom chains.
 *
 * @module
 */
import { belowOne, checkRanges, notNegative } from "../ranges.ts";
import { type Params, tf } from "../tfjs.ts";
import { mapUpdates, type Transform, zerosLike } from "./transform.ts";
import { rateValue, type Schedule } from "./schedules.ts";
import { addDecayedWeights, scaleByLearningRate } from "./transforms.ts";
import { type Chain, chain } from "./chain.ts";

/** Options of {@linkcode adam}. */
export interface AdamOptions extends ScaleByAdamOptions {
  /** The learning rate, above 0, or a schedule of it, which `train` follows. @default 1e-3 */
  readonly learningRate?: number | Schedule;
  /** L2 coupled to the gradient, as in torch.optim.Adam: g + weightDecay · w; at least 0. @default 0 */
  readonly weightDecay?: number;
}

/**
 * Adam: w − lr / (1 − β1^t) · m / (√v / √(1 − β2^t) + ε), with the moments
 * m = β1·m + (1 − β1)·g and v = β2·v + (1 − β2)·g².
 *
 * One pass of one kernel per weight, unless with AMSGrad.
 *
 * Source: Kingma & Ba 2015, algorithm 1, as torch.optim.Adam computes it.
 *
 * @param options Options, as {@linkcode AdamOptions} describes them.
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

/**
 * Adam whose weight decay does not pass through the moments: Adam's step and − lr · weightDecay · w.
 *
 * One pass of one kernel per weight, unless with AMSGrad.
 *
 * Source: Loshchilov & Hutter 2019 (arXiv 1711.05101), as torch.optim.AdamW computes it.
 *
 * @param options Options of {@linkcode adam}, but that the weight decay is decoupled, by default 1e-2.
 *
 * @example
 * ```ts
 * import { adamW } from "./adam.ts";
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

/** Options of {@linkcode scaleByAdam}. */
export interface ScaleByAdamOptions {
  /** Decay of the first moment, β1, in [0, 1). @default 0.9 */
  readonly beta1?: number;
  /** Decay of the second moment, β2, in [0, 1). @default 0.999 */
  readonly beta2?: number;
  /** Number added to the root of the second moment, at least 0. @default 1e-8 */
  readonly epsilon?: number;
  /** Whether to divide by the largest second moment so far, as AMSGrad does. @default false */
  readonly amsgrad?: boolean;
}

/**
 * Divides the updates' moving mean by the root of their moving mean square:
 * m / (1 − β1^t) / (√v / √(1 − β2^t) + ε), with m = β1·m + (1 − β1)·u and
 * v = β2·v + (1 − β2)·u². AMSGrad takes the largest v so far in place of v.
 *
 * Source: Kingma & Ba 2015 (arXiv 1412.6980), algorithm 1; Reddi et al. 2018 (arXiv 1904.09237) for
 * AMSGrad; both as torch.optim.Adam computes them.
 *
 * @param options Options, as {@linkcode ScaleByAdamOptions} describes them.
 */
export function scaleByAdam(options: ScaleByAdamOptions = {}): Transform {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, amsgrad = false } = options;
  return {
    name: "scaleByAdam",
    options: { beta1, beta2, epsilon, amsgrad },
    init: (params) => ({
      first: zerosLike(params),
      second: zerosLike(params),
      ...(amsgrad ? { largest: zerosLike(params) } : {}),
    }),
    update: (updates, { step, slots }) => {
      const first = movingMean(slots.first, updates, beta1);
      const squares = mapUpdates(updates, (update) => tf.square(update));
      const second = movingMean(slots.second, squares, beta2);
      const largest = amsgrad
        ? mapUpdates(second, (moment, path) => tf.maximum(slots.largest[path], moment))
        : second;
      const scale = 1 / (1 - beta1 ** step);
      const root = 1 / Math.sqrt(1 - beta2 ** step);
      const next = mapUpdates(
        first,
        (moment, path) =>
          tf.div(tf.mul(moment, scale), tf.add(tf.mul(tf.sqrt(largest[path]), root), epsilon)),
      );
      return [next, { first, second, ...(amsgrad ? { largest } : {}) }];
    },
    check: () =>
      checkRanges({
        beta1: [beta1, belowOne],
        beta2: [beta2, belowOne],
        epsilon: [epsilon, notNegative],
      }),
    // The kernel has no room for a third moment.
    ...(amsgrad ? {} : { fusible: { _tag: "ScaleByAdam", beta1, beta2, epsilon } }),
  };
}

const movingMean = (means: Params, updates: Params, beta: number): Params =>
  mapUpdates(
    updates,
    (update, path) => tf.add(tf.mul(means[path], beta), tf.mul(update, 1 - beta)),
  );
