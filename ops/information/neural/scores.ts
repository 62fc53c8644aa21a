/**
 * What a critic says of pairs: scores, of which the bounds of information are made.
 *
 * A batch of a joint critic holds the pairs as they were drawn, the joint rows, and after them as many
 * marginal rows: the same x, each with another pair's y.
 *
 * @module
 */
import { type InvalidOption, invalidOption } from "../../../graph/error.ts";
import { constantOf } from "../../losses/constant.ts";
import { tf } from "../../tfjs.ts";

/** What keeps scores from being used: there are none, or one is not finite. */
export function checkScores(name: string, scores: ArrayLike<number>): InvalidOption | null {
  if (scores.length === 0) return invalidOption(name, "no scores", "at least 1");
  for (let i = 0; i < scores.length; i++) {
    if (!Number.isFinite(scores[i])) {
      return invalidOption(name, `${scores[i]} at ${i}`, "finite numbers");
    }
  }
  return null;
}

/** The mean of at least one number. */
export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}

/**
 * log(mean(eˣ)) of at least one finite number, without overflow.
 *
 * @param clip Each x is brought into ±clip first; Infinity, the default, leaves all as it is.
 */
export function logMeanExp(values: ArrayLike<number>, clip = Infinity): number {
  const at = (i: number) => Math.min(Math.max(values[i], -clip), clip);
  let largest = -Infinity;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, at(i));
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.exp(at(i) - largest);
  return largest + Math.log(sum / values.length);
}

/** {@linkcode logMeanExp} of a tensor's elements, at least one, with its gradient. */
export function logMeanExpOf(x: tf.Tensor): tf.Scalar {
  const largest = constantOf(x, (values) => tf.max(values));
  return tf.add(largest, tf.log(tf.mean(tf.exp(tf.sub(x, largest)))));
}

/** The scores of a batch's joint rows, the first half, and of its marginal rows, the second. */
export function halves(scores: tf.Tensor): readonly [joint: tf.Tensor1D, marginal: tf.Tensor1D] {
  const flat = tf.reshape(scores, [scores.size]) as tf.Tensor1D;
  const count = scores.size / 2;
  return [tf.slice1d(flat, 0, count), tf.slice1d(flat, count, count)];
}

/**
 * One function's value with another's gradient: what is reported of a step, and what trains.
 *
 * @param scores What both are functions of.
 */
export function reportedAs(
  scores: tf.Tensor,
  trains: (scores: tf.Tensor) => tf.Scalar,
  reported: (scores: tf.Tensor) => tf.Scalar,
): tf.Scalar {
  const value = constantOf(scores, reported);
  const surrogate = trains(scores);
  const same = tf.customGrad((_, other) => ({
    value: tf.clone(other as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => [dy, tf.zerosLike(dy)],
  }));
  return same(surrogate, value) as tf.Scalar;
}
