/**
 * Adam's rescaling as a transform.
 *
 * @module
 */
import { belowOne, checkRanges, notNegative } from "../ranges.ts";
import { type Params, tf } from "../tfjs.ts";
import { mapUpdates, type Transform, zerosLike } from "./transform.ts";

/** Options of {@linkcode scaleByAdam}. */
export interface ScaleByAdamOptions {
  /** Of the first moment, in [0, 1); 0.9. */
  readonly beta1?: number;
  /** Of the second moment, in [0, 1); 0.999. */
  readonly beta2?: number;
  /** Added to the root of the second moment, at least 0; 1e-8. */
  readonly epsilon?: number;
  /** Divides by the largest second moment so far, which AMSGrad does; false. */
  readonly amsgrad?: boolean;
}

/**
 * Divides the updates' moving mean by the root of their moving mean square:
 * m / (1 − β1^t) / (√v / √(1 − β2^t) + ε), with m = β1·m + (1 − β1)·u and
 * v = β2·v + (1 − β2)·u². AMSGrad takes the largest v so far in place of v.
 *
 * Source: Kingma & Ba 2015 (arXiv 1412.6980), algorithm 1; Reddi et al. 2018 (arXiv 1904.09237) for
 * AMSGrad; both as torch.optim.Adam computes them.
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
