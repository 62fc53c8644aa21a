/**
 * Activations that tfjs lacks, or computes otherwise than is wanted.
 *
 * @module
 */
import { tf } from "./tfjs.ts";
import { HARD_KWTA } from "./kernels/kwta.ts";

/**
 * x · Φ(x) = x/2 · (1 + erf(x / √2)), elementwise.
 *
 * Source: Hendrycks & Gimpel 2016, equation 1.
 */
export const gelu = <T extends tf.Tensor>(x: T): T =>
  tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)) as T;

/** x_i − max − log Σ exp(x_j − max) along the last axis: no exponential overflows. */
export function logSoftmax<T extends tf.Tensor>(x: T): T {
  const shifted = tf.sub(x, tf.max(x, -1, true));
  return tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), -1, true))) as T;
}

/** exp(x_i) / Σ exp(x_j) along the last axis. */
export const softmax = <T extends tf.Tensor>(x: T): T => tf.softmax(x, -1);

/** 1 for the largest unit of a sample, 0 for all others; equals at the top all lose. */
export function winnerTakeAll<T extends tf.Tensor>(x: T): T {
  const samples = x.shape[0];
  const rows = tf.reshape(x, [samples, x.size / Math.max(samples, 1)]);
  return tf.reshape(tf.engine().runKernel(HARD_KWTA, { x: rows }, { k: 1 }), x.shape) as T;
}
