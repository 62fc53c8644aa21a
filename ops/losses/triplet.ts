/**
 * Triplet losses: an anchor is to be nearer to a positive, which is of its class, than to a negative,
 * which is not. The triplets are drawn at random (by the cosine, or by the Euclidean distance), or they
 * follow from the batch: all valid ones, the hardest, or the semi-hard.
 *
 * @module
 */
import { tf } from "../tfjs.ts";
import { incidence, TRIPLET_COSINE } from "../kernels/triplet.ts";
import { constantOf, type Loss, nothing } from "./loss.ts";
import { checkRanges, integerFrom, notNegative } from "../ranges.ts";
import { drawsOf, drawTriplets, type Relations, relationsOf } from "./samplers.ts";
import { type LossDistance, pairwiseDistances, rowNorms, unknownDistance } from "./distances.ts";
import { selectRows } from "../select_rows.ts";

// ---- Random triplets by the cosine

/**
 * The mean over triplets (a, p, q) of relu(cos(x_a, x_q) − cos(x_a, x_p) + margin).
 *
 * Each norm is clamped at 1e-8 from below, as in torch.nn.functional.cosine_similarity: a zero
 * vector has the similarity 0 to all.
 *
 * No triplet at all gives 0 with a gradient of 0, where the reference gives NaN.
 *
 * Source: TripletCosineLoss of dizcza/pytorch-mighty, mighty/loss/triplet.py.
 *
 * @param codes [rows, units], float32.
 * @param triplets Row numbers [anchor, positive, negative, anchor, …], each below `rows`.
 * @param margin Margin: the least excess of a positive's similarity over a negative's at which the loss is 0.
 * @returns A scalar.
 */
export function tripletCosine(
  codes: tf.Tensor2D,
  triplets: Int32Array,
  margin: number,
): tf.Scalar {
  if (triplets.length === 0) return nothing(codes);
  const outputs = tf.engine().runKernel(TRIPLET_COSINE, {
    codes,
    triplets: tf.tensor2d(triplets, [triplets.length / 3, 3], "int32"),
    incidence: tf.tensor1d(incidence(triplets, codes.shape[0]), "int32"),
  }, { margin });
  return (outputs as unknown as tf.Tensor[])[0] as tf.Scalar;
}

/** Options of {@linkcode tripletCosineLoss}. */
export interface TripletCosineLossOptions {
  /**
   * Margin: the least excess of a positive's cosine similarity over a negative's at which the loss is 0. At least 0.
   *
   * @default 0.5
   */
  readonly margin?: number;
  /**
   * Triplets drawn per sample, of which the valid ones are kept; the reference's 10 are for 10 classes.
   *
   * @default 10
   */
  readonly drawsPerSample?: number;
}

/**
 * The mean of relu(cos(a, n) − cos(a, p) + margin) over random valid triplets of the batch.
 *
 * A batch in which no valid triplet is drawn has the loss 0, and no terms.
 *
 * @param options Options, as {@linkcode TripletCosineLossOptions} describes them.
 */
export function tripletCosineLoss(options: TripletCosineLossOptions = {}): Loss {
  const { margin = 0.5, drawsPerSample = 10 } = options;
  return {
    name: "triplet_cosine",
    options: { margin, drawsPerSample },
    problem: checkRanges({
      margin: [margin, notNegative],
      drawsPerSample: [drawsPerSample, integerFrom(1)],
    }),
    draw: (labels, rng) => {
      const [triplets, next] = drawTriplets(labels, drawsPerSample * labels.length, rng);
      const evaluate = (outputs: tf.Tensor) =>
        tripletCosine(
          tf.reshape(outputs, [outputs.shape[0], -1]) as tf.Tensor2D,
          triplets,
          margin,
        );
      return [{ evaluate, terms: triplets.length / 3 }, next];
    },
  };
}

// ---- Random triplets by the Euclidean distance

/** Options of {@linkcode tripletMargin}. */
export interface TripletMarginOptions {
  /** Margin: the least difference between a negative's distance and a positive's at which the loss is 0. @default 1 */
  readonly margin?: number;
  /** Whether the negative's distance is that to the nearer of anchor and positive. @default false */
  readonly swap?: boolean;
}

/** Number added to every component of a difference, as in torch.nn.functional.pairwise_distance. */
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
 * @param options Options, as {@linkcode TripletMarginOptions} describes them.
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

/** Options of {@linkcode tripletMarginLoss}. */
export interface TripletMarginLossOptions extends TripletMarginOptions {
  /** Triplets drawn per sample and class of the batch, of which the valid ones are kept. @default 1 */
  readonly pairsMultiplier?: number;
}

/**
 * {@linkcode tripletMargin} over random valid triplets of the outputs, flattened per sample.
 *
 * @param options Options, as {@linkcode TripletMarginLossOptions} describes them.
 */
export function tripletMarginLoss(options: TripletMarginLossOptions = {}): Loss {
  const { margin = 1, swap = false, pairsMultiplier = 1 } = options;
  return {
    name: "triplet_margin",
    options: { margin, swap: swap ? 1 : 0, pairsMultiplier },
    problem: checkRanges({
      margin: [margin, notNegative],
      pairsMultiplier: [pairsMultiplier, integerFrom(1)],
    }),
    draw: (labels, rng) => {
      const [triplets, next] = drawTriplets(labels, drawsOf(labels, pairsMultiplier), rng);
      const terms = triplets.length / 3;
      const evaluate = (outputs: tf.Tensor) => {
        if (terms === 0) return nothing(outputs);
        const codes = tf.reshape(outputs, [labels.length, -1]) as tf.Tensor2D;
        const [a, p, q] = [0, 1, 2].map((member) =>
          selectRows(codes, triplets.filter((_, i) => i % 3 === member))
        );
        return tripletMargin(a, p, q, { margin, swap });
      };
      return [{ evaluate, terms }, next];
    },
  };
}

// ---- Triplets that follow from the batch

// They are functions of the distances of all pairs of rows, so that choosing takes no reading back from
// the device, and the gradient flows through the chosen distances only.

/**
 * The mean over all valid triplets of relu(d(a, p) − d(a, n) + margin).
 *
 * Source: "batch all" of Hermans, Beyer & Leibe, "In defense of the triplet loss for person
 * re-identification" (2017), equation 6, as a mean.
 *
 * @param distances [rows, rows].
 * @param relations The relations of the same rows.
 * @param margin Margin: the least difference of the two distances at which the loss is 0.
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
 * @param relations The relations of the same rows.
 * @param margin Margin: the least difference of the two distances at which the loss is 0.
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
 * @param relations The relations of the same rows.
 * @param margin Margin: the least difference of the two distances at which the loss is 0.
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

/** Selects, for each pair of an anchor and a positive, the row of all the anchor's distances, and the positive's. */
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

/** Number beyond any distance. It is finite, since 0 · ∞ would be NaN. */
const BEYOND = 1e30;

/**
 * Returns the largest entry of each row under the mask. Entries that tie share its gradient; tfjs's own maximum would
 * give all of it to each.
 *
 * @param x [rows, n], below 1e30.
 * @param mask The same shape, 1 or 0. It may depend on x: it is a constant to the gradient.
 * @returns [rows, 1]; 0 for a row without a 1 in its mask.
 */
const largest = (x: tf.Tensor2D, mask: (x: tf.Tensor2D) => tf.Tensor): tf.Tensor2D => {
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

/** Returns the smallest entry of each row under the mask, as {@linkcode largest} finds the largest. */
const smallest = (x: tf.Tensor2D, mask: (x: tf.Tensor2D) => tf.Tensor): tf.Tensor2D =>
  tf.neg(largest(tf.neg(x), (negated) => mask(tf.neg(negated))));

/** Options of the losses with mined triplets. */
export interface MinedTripletOptions {
  /**
   * Margin: the least difference between a negative's distance and a positive's at which the loss is 0. At least 0.
   *
   * @default 0.5
   */
  readonly margin?: number;
  /** The distance between the outputs, flattened per sample. @default "cosine" */
  readonly distance?: LossDistance;
}

/**
 * {@linkcode allTriplets} of the outputs. Its terms are the valid triplets.
 *
 * @param options Options, as {@linkcode MinedTripletOptions} describes them.
 */
export const allTripletLoss = (options: MinedTripletOptions = {}): Loss =>
  mined("all", allTriplets, ({ triplets }) => triplets, options);

/**
 * {@linkcode batchHardTriplets} of the outputs. Its terms are the anchors.
 *
 * @param options Options, as {@linkcode MinedTripletOptions} describes them.
 */
export const batchHardTripletLoss = (options: MinedTripletOptions = {}): Loss =>
  mined("batch_hard", batchHardTriplets, ({ anchors }) => anchors.length, options);

/**
 * {@linkcode semiHardTriplets} of the outputs. Its terms are the pairs of anchor and positive.
 *
 * @param options Options, as {@linkcode MinedTripletOptions} describes them.
 */
export const semiHardTripletLoss = (options: MinedTripletOptions = {}): Loss =>
  mined("semi_hard", semiHardTriplets, ({ anchorOf }) => anchorOf.length, options);

function mined(
  mining: string,
  triplets: typeof allTriplets,
  terms: (relations: ReturnType<typeof relationsOf>) => number,
  { margin = 0.5, distance = "cosine" }: MinedTripletOptions,
): Loss {
  return {
    name: `triplet_${distance}_${mining}`,
    options: { margin },
    problem: checkRanges({ margin: [margin, notNegative] }) ?? unknownDistance(distance),
    draw: (labels, rng) => {
      const relations = relationsOf(labels);
      const evaluate = (outputs: tf.Tensor) =>
        relations.triplets === 0 ? triplets(outputs as tf.Tensor2D, relations, margin) : triplets(
          pairwiseDistances(
            tf.reshape(outputs, [labels.length, -1]) as tf.Tensor2D,
            distance,
          ),
          relations,
          margin,
        );
      return [{ evaluate, terms: terms(relations) }, rng];
    },
  };
}
