/**
 * What Oja's rule and its kin have in common: Hebb's product, less what keeps the weights in bounds.
 *
 * @module
 */
import { linear } from "../linear.ts";
import { tf } from "../tfjs.ts";

/**
 * Σ_b y_bj (x_bi − u_bj w_ij), with u_bj = Σ_i x_bi v_ij what drives unit j.
 *
 * Σ_b y_bj u_bj is Σ_i (Xᵀ·Y)_ij v_ij, so that the product of inputs and activities is all that is
 * computed.
 *
 * @param weights w, [inputs, units].
 * @param batch x, [samples, inputs].
 * @param activity y, [samples, units].
 * @param driving v, [inputs, units]; the weights themselves.
 * @returns [inputs, units].
 */
export function hebbian(
  weights: tf.Tensor2D,
  batch: tf.Tensor2D,
  activity: tf.Tensor2D,
  driving: tf.Tensor2D = weights,
): tf.Tensor2D {
  const product = linear(tf.transpose(batch), activity);
  const drive = tf.sum(tf.mul(product, driving), 0, true);
  return tf.sub(product, tf.mul(weights, drive));
}

/** A change divided by its largest absolute value, so that no weight moves by more than the rate. */
export const atMostOne = (change: tf.Tensor2D): tf.Tensor2D =>
  tf.div(change, tf.maximum(tf.max(tf.abs(change)), 1e-30));
