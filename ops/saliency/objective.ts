/**
 * What a saliency mask makes small.
 *
 * @module
 */
import { tf } from "../tfjs.ts";
import type { Score } from "./scores.ts";
import { totalVariation } from "./total_variation.ts";
import { type Enlargement, upsample } from "./upsample.ts";

/** The image of one step, as what shows where it is hidden and what is added where it is not. */
export interface Scene {
  /** The occluder, and the step's noise: [1, height, width, channels]. */
  readonly hidden: tf.Tensor;
  /** The image less the occluder: [1, height, width, channels]. */
  readonly contrast: tf.Tensor;
}

/** The prices of the terms. */
export interface Prices {
  /** λ1. */
  readonly areaWeight: number;
  /** λ2. */
  readonly variationWeight: number;
  /** β. */
  readonly variationPower: number;
}

/**
 * The image under a mask: m·image + (1 − m)·occluder, in every channel.
 *
 * @param mask [height, width].
 * @returns [1, height, width, channels].
 */
export const perturb = (mask: tf.Tensor2D, { hidden, contrast }: Scene): tf.Tensor =>
  tf.add(hidden, tf.mul(contrast, tf.reshape(mask, [1, ...mask.shape, 1])));

/**
 * λ1 · mean(1 − m) + λ2 · (total variation of m) + (score of the image under m), for the mask m at
 * the image's size. Within [0, 1], 1 − m is the |1 − m| of the formula and has one gradient.
 *
 * Source: Fong & Vedaldi 2017, section 4.3, with means in place of sums as in dizcza/pytorch-mighty.
 *
 * @param mask [rows, columns], within [0, 1].
 */
export function objective(
  mask: tf.Tensor2D,
  enlarge: Enlargement,
  scene: Scene,
  score: Score,
  { areaWeight, variationWeight, variationPower }: Prices,
): tf.Scalar {
  const full = upsample(mask, enlarge);
  const area = tf.mul(areaWeight, tf.mean(tf.sub(1, full)));
  const variation = tf.mul(variationWeight, totalVariation(full, variationPower));
  return tf.add(tf.add(area, variation), tf.sum(score(perturb(full, scene))));
}
