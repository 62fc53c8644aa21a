/**
 * Contrastive losses with random pairs.
 *
 * @module
 */
import { invalidOption } from "../../graph/error.ts";
import { drawPairs, drawsOf } from "../samplers/pairs.ts";
import { selectRows } from "../select_rows.ts";
import { tf } from "../tfjs.ts";
import { contrastiveEuclidean, cosineEmbedding } from "./contrastive.ts";
import type { Loss } from "./loss.ts";
import { nothing } from "./nothing.ts";
import { firstProblem, notCount, notPositive, outside } from "./options.ts";

/** Options of {@linkcode contrastiveLoss}. */
export interface ContrastiveLossOptions {
  /** {@linkcode cosineEmbedding} or {@linkcode contrastiveEuclidean}; "cosine". */
  readonly distance?: "cosine" | "euclidean";
  /** How alike two of different classes may be (cosine, in [−1, 1]; 0), or how far they should be
   * (Euclidean, above 0; 1). */
  readonly margin?: number;
  /** Pairs drawn per sample and class of the batch, of which the valid ones are kept; 1. */
  readonly pairsMultiplier?: number;
}

/** A contrastive loss over random pairs of the outputs, flattened per sample. */
export function contrastiveLoss(options: ContrastiveLossOptions = {}): Loss {
  const { distance = "cosine", pairsMultiplier = 1 } = options;
  const cosine = distance === "cosine";
  const { margin = cosine ? 0 : 1 } = options;
  const between = cosine ? cosineEmbedding : contrastiveEuclidean;
  return {
    name: `contrastive_${distance}`,
    options: { margin, pairsMultiplier },
    problem: firstProblem(
      cosine || distance === "euclidean"
        ? null
        : invalidOption("distance", distance, "cosine or euclidean"),
      cosine ? outside("margin", margin, -1, 1) : notPositive("margin", margin),
      notCount("pairsMultiplier", pairsMultiplier),
    ),
    draw: (labels, rng) => {
      const [pairs, next] = drawPairs(labels, drawsOf(labels, pairsMultiplier), rng);
      const [left, right] = [0, 1].map((side) => pairs.filter((_, i) => i % 2 === side));
      const targets = left.map((row, i) => labels[row] === labels[right[i]] ? 1 : -1);
      const evaluate = (outputs: tf.Tensor) => {
        if (targets.length === 0) return nothing(outputs);
        const codes = tf.reshape(outputs, [labels.length, -1]) as tf.Tensor2D;
        return between(selectRows(codes, left), selectRows(codes, right), targets, margin);
      };
      return [{ evaluate, terms: targets.length }, next];
    },
  };
}
