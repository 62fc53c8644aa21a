/**
 * The Euclidean triplet margin loss on tensors.
 *
 * @module
 */
import { tf } from "../tfjs.ts";
import { rowNorms } from "./rows.ts";
import { nothing } from "./nothing.ts";

/** Options of {@linkcode tripletMargin}. */
export interface TripletMarginOptions {
  /** How much nearer a positive has to be than a negative; 1. */
  readonly margin?: number;
  /** Whether the negative's distance is that to the nearer of anchor and positive; false. */
  readonly swap?: boolean;
}

/** Added to every component of a difference, as torch.nn.functional.pairwise_distance does. */
const EPSILON = 1e-6;

/**
 * The mean over triplets of relu(d(a, p) − d(a, n) + margin), with d(x, y) = ‖x − y + 1e-6‖₂.
 *
 * Source: torch.nn.TripletMarginLoss; the swap is of Balntas et al. (BMVC 2016), "Learning local feature
 * descriptors with triplets and shallow convolutional neural networks".
 *
 * @param anchor [triplets, n], float32.
 * @param positive The same shape.
 * @param negative The same shape.
 * @returns A scalar; 0 for no triplets.
 */
export function tripletMargin(
  anchor: tf.Tensor2D,
  positive: tf.Tensor2D,
  negative: tf.Tensor2D,
  { margin = 1, swap = false }: TripletMarginOptions = {},
): tf.Scalar {
  if (anchor.shape[0] === 0) return nothing(anchor, positive, negative);
  const toNegative = distances(anchor, negative);
  const nearest = swap ? tf.minimum(toNegative, distances(positive, negative)) : toNegative;
  return tf.mean(tf.relu(tf.add(tf.sub(distances(anchor, positive), nearest), margin)));
}

const distances = (x: tf.Tensor2D, y: tf.Tensor2D): tf.Tensor2D =>
  rowNorms(tf.add(tf.sub(x, y), EPSILON));
