/**
 * Activations that tfjs lacks, or computes otherwise than is wanted.
 *
 * @module
 */
import { tf } from "./tfjs.ts";

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
