/**
 * Distances of all pairs of rows.
 *
 * @module
 */
import { tf } from "../tfjs.ts";
import { gram, safeSqrt, unitRows } from "./rows.ts";

/** A distance of two codes: "cosine" is 1 − their cosine similarity. */
export type LossDistance = "euclidean" | "squared_euclidean" | "cosine";

/**
 * The distances of all pairs of rows.
 *
 * Euclidean ones come of |x|² + |y|² − 2 x·y, which is exact for binary codes; of real ones, a distance
 * below a thousandth of the norms drowns in float32's rounding.
 *
 * @param x [rows, n].
 * @returns [rows, rows], at least 0 but for rounding. At a distance of 0 the gradient is 0.
 */
export function pairwiseDistances(x: tf.Tensor2D, distance: LossDistance): tf.Tensor2D {
  if (distance === "cosine") return tf.sub(1, gram(unitRows(x)));
  const squares = tf.sum(tf.square(x), 1, true);
  const squared = tf.relu(
    tf.sub(tf.add(squares, tf.transpose(squares)), tf.mul(2, gram(x))),
  ) as tf.Tensor2D;
  return distance === "squared_euclidean" ? squared : safeSqrt(squared);
}
