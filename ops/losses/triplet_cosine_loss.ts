/**
 * The triplet cosine loss with random triplets.
 *
 * @module
 */
import type { Loss } from "./loss.ts";
import { tripletCosine } from "./triplet_cosine.ts";
import { firstProblem, notCount, outside } from "./options.ts";
import { drawTriplets } from "../samplers/triplets.ts";
import { tf } from "../tfjs.ts";

/** Options of {@linkcode tripletCosineLoss}. */
export interface TripletCosineLossOptions {
  /** How much more alike a positive has to be than a negative, in cosine similarity, at least
   * 0; 0.5. */
  readonly margin?: number;
  /** Triplets drawn per sample, of which the valid ones are kept: 10, the reference's for 10 classes. */
  readonly drawsPerSample?: number;
}

/**
 * The mean of relu(cos(a, n) − cos(a, p) + margin) over random valid triplets of the batch.
 *
 * A batch in which no valid triplet is drawn has the loss 0, and no terms.
 */
export function tripletCosineLoss(options: TripletCosineLossOptions = {}): Loss {
  const { margin = 0.5, drawsPerSample = 10 } = options;
  return {
    name: "triplet_cosine",
    options: { margin, drawsPerSample },
    problem: firstProblem(outside("margin", margin, 0), notCount("drawsPerSample", drawsPerSample)),
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
