/**
 * Tensors that the gradient takes for constants.
 *
 * @module
 */
import { tf } from "../tfjs.ts";

/**
 * f(x), through which no gradient flows back to x. f may use ops that have no gradient.
 *
 * @param x Any tensor.
 * @param f Its result; the identity makes x itself a constant.
 */
export function constantOf<T extends tf.Tensor>(x: tf.Tensor, f: (x: tf.Tensor) => T): T {
  const { shape } = x;
  return tf.customGrad((given: tf.Tensor | tf.GradSaveFunc) => ({
    value: f(given as tf.Tensor),
    gradFunc: () => tf.zeros(shape),
  }))(x) as T;
}
