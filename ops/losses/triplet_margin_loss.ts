/**
 * The Euclidean triplet margin loss with random triplets.
 *
 * @module
 */
import { drawsOf } from "../samplers/pairs.ts";
import { drawTriplets } from "../samplers/triplets.ts";
import { selectRows } from "../select_rows.ts";
import { tf } from "../tfjs.ts";
import type { Loss } from "./loss.ts";
import { nothing } from "./nothing.ts";
import { firstProblem, notCount, outside } from "./options.ts";
import { tripletMargin, type TripletMarginOptions } from "./triplet_margin.ts";

/** Options of {@linkcode tripletMarginLoss}. */
export interface TripletMarginLossOptions extends TripletMarginOptions {
  /** Triplets drawn per sample and class of the batch, of which the valid ones are kept; 1. */
  readonly pairsMultiplier?: number;
}

/** {@linkcode tripletMargin} over random valid triplets of the outputs, flattened per sample. */
export function tripletMarginLoss(options: TripletMarginLossOptions = {}): Loss {
  const { margin = 1, swap = false, pairsMultiplier = 1 } = options;
  return {
    name: "triplet_margin",
    options: { margin, swap: swap ? 1 : 0, pairsMultiplier },
    problem: firstProblem(
      outside("margin", margin, 0),
      notCount("pairsMultiplier", pairsMultiplier),
    ),
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
