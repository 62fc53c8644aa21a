/**
 * Contrastive losses of pairs, on tensors.
 *
 * @module
 */
import { tf } from "../tfjs.ts";
import { rowNorms } from "./rows.ts";
import { nothing } from "./nothing.ts";

/** Added to the squared norms, as in torch.nn.CosineEmbeddingLoss. */
const EPSILON = 1e-12;

/**
 * The mean over pairs of 1 − cos(x, y) where the target is 1, and of max(0, cos(x, y) − margin) where
 * it is −1, with cos(x, y) = x·y / √((x·x + 1e-12)(y·y + 1e-12)).
 *
 * On the edge of the margin the gradient is that of cos(x, y), as in the source.
 *
 * Source: torch.nn.CosineEmbeddingLoss.
 *
 * @param x [pairs, n], float32.
 * @param y The same shape.
 * @param targets Per pair 1 (alike) or −1.
 * @param margin In [−1, 1]; 0.
 * @returns A scalar; 0 for no pairs.
 */
export function cosineEmbedding(
  x: tf.Tensor2D,
  y: tf.Tensor2D,
  targets: ArrayLike<number>,
  margin = 0,
): tf.Scalar {
  if (targets.length === 0) return nothing(x, y);
  const square = (rows: tf.Tensor2D) => tf.add(tf.sum(tf.square(rows), 1), EPSILON);
  const cosine = tf.div(
    tf.sum(tf.mul(x, y), 1),
    tf.mul(tf.sqrt(square(x)), tf.sqrt(square(y))),
  ) as tf.Tensor1D;
  return split(tf.sub(1, cosine), tf.maximum(tf.sub(cosine, margin), 0), targets);
}

/**
 * The mean over pairs of ½ d² where the target is 1, and of ½ max(0, margin − d)² where it is −1, with
 * d = ‖x − y‖₂. Of equal rows the gradient is 0, whatever the target.
 *
 * Source: Hadsell, Chopra & LeCun, "Dimensionality reduction by learning an invariant mapping" (CVPR
 * 2006), equation 4.
 *
 * @param x [pairs, n], float32.
 * @param y The same shape.
 * @param targets Per pair 1 (alike) or −1.
 * @param margin Above 0; 1.
 * @returns A scalar; 0 for no pairs.
 */
export function contrastiveEuclidean(
  x: tf.Tensor2D,
  y: tf.Tensor2D,
  targets: ArrayLike<number>,
  margin = 1,
): tf.Scalar {
  if (targets.length === 0) return nothing(x, y);
  const difference = tf.sub(x, y) as tf.Tensor2D;
  const apart = tf.relu(tf.sub(margin, tf.reshape(rowNorms(difference), [targets.length])));
  return split(
    tf.mul(0.5, tf.sum(tf.square(difference), 1)),
    tf.mul(0.5, tf.square(apart)),
    targets,
  );
}

/** The mean of `alike` where the target is 1 and of `other` elsewhere. */
function split(
  alike: tf.Tensor1D,
  other: tf.Tensor1D,
  targets: ArrayLike<number>,
): tf.Scalar {
  const isAlike = tf.tensor1d(Float32Array.from(targets, (target) => target === 1 ? 1 : 0));
  const isOther = tf.tensor1d(Float32Array.from(targets, (target) => target === 1 ? 0 : 1));
  return tf.mean(tf.add(tf.mul(alike, isAlike), tf.mul(other, isOther)));
}
