/**
 * Losses with the triplets that follow from the batch.
 *
 * @module
 */
import { relationsOf } from "../samplers/relations.ts";
import { tf } from "../tfjs.ts";
import { type LossDistance, pairwiseDistances } from "./pairwise_distances.ts";
import type { Loss } from "./loss.ts";
import { allTriplets, batchHardTriplets, semiHardTriplets } from "./mined_triplets.ts";
import { firstProblem, outside, unknownDistance } from "./options.ts";

/** Options of the losses with mined triplets. */
export interface MinedTripletOptions {
  /** How much nearer a positive has to be than a negative, at least 0; 0.5. */
  readonly margin?: number;
  /** Between the outputs, flattened per sample; "cosine". */
  readonly distance?: LossDistance;
}

/** {@linkcode allTriplets} of the outputs. Its terms are the valid triplets. */
export const allTripletLoss = (options: MinedTripletOptions = {}): Loss =>
  mined("all", allTriplets, ({ triplets }) => triplets, options);

/** {@linkcode batchHardTriplets} of the outputs. Its terms are the anchors. */
export const batchHardTripletLoss = (options: MinedTripletOptions = {}): Loss =>
  mined("batch_hard", batchHardTriplets, ({ anchors }) => anchors.length, options);

/** {@linkcode semiHardTriplets} of the outputs. Its terms are the pairs of anchor and positive. */
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
    problem: firstProblem(outside("margin", margin, 0), unknownDistance(distance)),
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
