/**
 * How rough an image is.
 *
 * @module
 */
import { tf } from "../tfjs.ts";

/** |x|, with the gradient 0 at 0, where that of tf.abs is −1. */
const magnitude = (x: tf.Tensor): tf.Tensor => tf.add(tf.relu(x), tf.relu(tf.neg(x)));

/** The mean of |x_{i+1} − x_i|^β along an axis; null where there are no neighbours. */
function variation(x: tf.Tensor2D, axis: 0 | 1, beta: number): tf.Scalar | null {
  const [height, width] = x.shape;
  const size: [number, number] = axis === 0 ? [height - 1, width] : [height, width - 1];
  if (size[axis] === 0) return null;
  const next = tf.slice(x, axis === 0 ? [1, 0] : [0, 1], size);
  const sizes = magnitude(tf.sub(next, tf.slice(x, [0, 0], size)));
  // tf.pow at 1 is a needless detour.
  return tf.mean(beta === 1 ? sizes : tf.pow(sizes, beta));
}

/**
 * The mean of |x_{i+1,j} − x_{i,j}|^β plus that of |x_{i,j+1} − x_{i,j}|^β. An axis of length 1
 * counts as 0.
 *
 * Source: Fong & Vedaldi 2017, section 4.3, with means in place of sums as in dizcza/pytorch-mighty.
 *
 * @param x [height, width].
 * @param beta β, at least 1.
 */
export function totalVariation(x: tf.Tensor2D, beta: number): tf.Scalar {
  const parts = ([0, 1] as const).map((axis) => variation(x, axis, beta));
  return parts.reduce<tf.Scalar>(
    (sum, part) => part === null ? sum : tf.add(sum, part),
    tf.scalar(0),
  );
}
