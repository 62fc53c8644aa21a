/**
 * The largest and the smallest of some entries of every row.
 *
 * @module
 */
import { tf } from "../tfjs.ts";
import { constantOf } from "./constant.ts";

/** Beyond any distance, and finite: 0 times it is no NaN. */
const BEYOND = 1e30;

/**
 * Per row the largest of the entries under the mask. Those that tie share its gradient, as tfjs's own
 * maximum would not: each would get all of it.
 *
 * @param x [rows, n], below 1e30.
 * @param mask The same shape, 1 or 0. It may depend on x: it is a constant to the gradient.
 * @returns [rows, 1]; 0 for a row without a 1 in its mask.
 */
export const largest = (x: tf.Tensor2D, mask: (x: tf.Tensor2D) => tf.Tensor): tf.Tensor2D => {
  const chosen = constantOf(x, (values) => {
    const allowed = mask(values as tf.Tensor2D);
    // Not where(): a difference of ±1e30 rounds x away, a product with the mask does not.
    const masked = tf.sub(tf.mul(values, allowed), tf.mul(tf.sub(1, allowed), BEYOND));
    const best = tf.max(masked, 1, true);
    // A step of a difference: on wasm a comparison that broadcasts is 40 times as slow.
    const tied = tf.mul(allowed, tf.sub(1, tf.step(tf.sub(best, masked))));
    return tf.div(tied, tf.maximum(tf.sum(tied, 1, true), 1));
  });
  return tf.sum(tf.mul(x, chosen), 1, true);
};

/** As {@linkcode largest}, the smallest. */
export const smallest = (x: tf.Tensor2D, mask: (x: tf.Tensor2D) => tf.Tensor): tf.Tensor2D =>
  tf.neg(largest(tf.neg(x), (negated) => mask(tf.neg(negated))));
