/**
 * Triplet losses whose triplets follow from the batch: all valid ones, the hardest, the semi-hard.
 *
 * They are functions of the distances of all pairs of rows, so that choosing takes no reading back from
 * the device, and the gradient flows through the chosen distances only.
 *
 * @module
 */
import type { Relations } from "../samplers/relations.ts";
import { selectRows } from "../select_rows.ts";
import { tf } from "../tfjs.ts";
import { largest, smallest } from "./extremes.ts";
import { nothing } from "./nothing.ts";

/**
 * The mean over all valid triplets of relu(d(a, p) − d(a, n) + margin).
 *
 * Source: "batch all" of Hermans, Beyer & Leibe, "In defense of the triplet loss for person
 * re-identification" (2017), equation 6, as a mean.
 *
 * @param distances [rows, rows].
 * @param relations Of the same rows.
 * @returns A scalar; 0 without a valid triplet.
 */
export function allTriplets(
  distances: tf.Tensor2D,
  relations: Relations,
  margin: number,
): tf.Scalar {
  if (relations.triplets === 0) return nothing(distances);
  const { toAll, toPositive, negative } = pairs(distances, relations);
  const hinges = tf.relu(tf.add(tf.sub(toPositive, toAll), margin));
  return tf.div(tf.sum(tf.mul(hinges, negative)), relations.triplets);
}

/**
 * The mean over anchors of relu(max_p d(a, p) − min_n d(a, n) + margin): the furthest positive against
 * the nearest negative. Those that tie share the gradient.
 *
 * Source: "batch hard" of Hermans, Beyer & Leibe (2017), equation 5, as a mean.
 *
 * @param distances [rows, rows].
 * @param relations Of the same rows.
 * @returns A scalar; 0 without a valid triplet.
 */
export function batchHardTriplets(
  distances: tf.Tensor2D,
  relations: Relations,
  margin: number,
): tf.Scalar {
  const { anchors } = relations;
  if (anchors.length === 0) return nothing(distances);
  const toAll = selectRows(distances, anchors);
  const [positive, negative] = [relations.positive, relations.negative]
    .map((mask) => selectRows(matrix(mask, distances), anchors));
  const gaps = tf.sub(largest(toAll, () => positive), smallest(toAll, () => negative));
  return tf.mean(tf.relu(tf.add(gaps, margin)));
}

/**
 * The mean over pairs of an anchor and a positive of relu(d(a, p) − d(a, n) + margin), where n is the
 * nearest negative that is further than the positive, or, where none is, the furthest. Those that tie
 * share the gradient.
 *
 * Source: Schroff, Kalenichenko & Philbin, "FaceNet" (CVPR 2015), section 3.2, with squared distances of
 * unit vectors; the furthest negative in place of none is that of TensorFlow Addons.
 *
 * @param distances [rows, rows].
 * @param relations Of the same rows.
 * @returns A scalar; 0 without a valid triplet.
 */
export function semiHardTriplets(
  distances: tf.Tensor2D,
  relations: Relations,
  margin: number,
): tf.Scalar {
  if (relations.triplets === 0) return nothing(distances);
  const { toAll, toPositive, negative } = pairs(distances, relations);
  const further = (values: tf.Tensor) => tf.mul(negative, tf.step(tf.sub(values, toPositive)));
  const none = (values: tf.Tensor) => tf.sub(1, tf.max(further(values), 1, true));
  const nearest = smallest(toAll, further);
  const furthest = largest(toAll, (values) => tf.mul(negative, none(values)));
  // Of the two, the one whose mask is empty is 0.
  const hinges = tf.relu(tf.add(tf.sub(toPositive, tf.add(nearest, furthest)), margin));
  return tf.mean(hinges);
}

/** Per pair of an anchor and a positive: a row of all the anchor's distances, and the positive's. */
function pairs(distances: tf.Tensor2D, { anchorOf, positiveOf, negative }: Relations): {
  readonly toAll: tf.Tensor2D;
  readonly toPositive: tf.Tensor2D;
  readonly negative: tf.Tensor2D;
} {
  const rows = distances.shape[0];
  const cells = anchorOf.map((anchor, i) => anchor * rows + positiveOf[i]);
  return {
    toAll: selectRows(distances, anchorOf),
    toPositive: selectRows(tf.reshape(distances, [rows * rows, 1]), cells),
    negative: selectRows(matrix(negative, distances), anchorOf),
  };
}

const matrix = (mask: Float32Array, { shape }: tf.Tensor2D): tf.Tensor2D =>
  tf.tensor2d(mask, shape);
