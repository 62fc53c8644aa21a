/**
 * Norms, scalar products and distances of the rows of a matrix, with gradients that are never NaN.
 *
 * @module
 */
import { type InvalidOption, invalidOption } from "../../graph/error.ts";
import { tf } from "../tfjs.ts";

/** Norms are clamped from below at this, as in torch.nn.functional.cosine_similarity. */
const EPSILON = 1e-8;

/**
 * √x with the gradient 0 at 0, where that of tf.sqrt is infinite and makes a NaN of a factor of 0.
 *
 * @param x At least 0.
 */
const safeSqrt = <T extends tf.Tensor>(x: T): T =>
  tf.customGrad((given, save) => {
    const root = tf.sqrt(given as tf.Tensor);
    (save as tf.GradSaveFunc)([root]);
    return {
      value: root,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const positive = tf.step(saved[0]);
        const divisor = tf.add(saved[0], tf.sub(1, positive));
        return tf.mul(dy, tf.div(tf.mul(positive, 0.5), divisor));
      },
    };
  })(x) as T;

/**
 * The Euclidean norm of every row, with the gradient 0 for a row of zeros.
 *
 * @param x [rows, n].
 * @returns [rows, 1].
 */
export const rowNorms = (x: tf.Tensor2D): tf.Tensor2D =>
  safeSqrt(tf.sum(tf.square(x), 1, true)) as tf.Tensor2D;

/**
 * Every row over its norm, which is clamped at 1e-8: zeros stay zeros.
 *
 * @param x [rows, n].
 */
export const unitRows = (x: tf.Tensor2D): tf.Tensor2D =>
  tf.div(x, tf.maximum(rowNorms(x), EPSILON));

/**
 * X·Xᵀ, the scalar products of all pairs of rows.
 *
 * The gradient (G + Gᵀ)·X needs no product with a transposed factor, which is slow on wasm.
 *
 * @param x [rows, n].
 * @returns [rows, rows].
 */
export const gram = (x: tf.Tensor2D): tf.Tensor2D =>
  tf.customGrad((given, save) => {
    const rows = given as tf.Tensor2D;
    (save as tf.GradSaveFunc)([rows]);
    return {
      value: tf.matMul(rows, tf.transpose(rows)),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        tf.matMul(tf.add(dy, tf.transpose(dy)) as tf.Tensor2D, saved[0] as tf.Tensor2D),
    };
  })(x) as tf.Tensor2D;

/** A distance of two codes: "cosine" is 1 − their cosine similarity. */
export type LossDistance = "euclidean" | "squared_euclidean" | "cosine";

/**
 * The distances of all pairs of rows.
 *
 * Euclidean ones come of |x|² + |y|² − 2 x·y, which is exact for binary codes; of real ones, a distance
 * below a thousandth of the norms drowns in float32's rounding.
 *
 * @param x [rows, n].
 * @param distance Distance between two rows.
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

/** Checks the name of a distance. Returns null where it is known. */
export const unknownDistance = (distance: string): InvalidOption | null =>
  ["euclidean", "squared_euclidean", "cosine"].includes(distance)
    ? null
    : invalidOption("distance", distance, "euclidean, squared_euclidean or cosine");
