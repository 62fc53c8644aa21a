/**
 * The contrastive loss without what keeps classes apart: pairs of one class only.
 *
 * @module
 */
import { cosineEmbedding } from "../../ops/losses/contrastive.ts";
import type { Loss } from "../../ops/losses/loss.ts";
import { nothing } from "../../ops/losses/nothing.ts";
import { drawPairs, drawsOf } from "../../ops/samplers/pairs.ts";
import { selectRows } from "../../ops/select_rows.ts";
import { tf } from "../../ops/tfjs.ts";

/**
 * The mean of 1 − cos(x, y) over random pairs of one class: what is left of the contrastive loss when
 * its pairs of different classes are dropped. A constant output makes it 0.
 *
 * Source: Hadsell, Chopra & LeCun, "Dimensionality reduction by learning an invariant mapping" (CVPR
 * 2006), section 2: without dissimilar pairs the mapping collapses.
 *
 * @example
 * ```ts
 * import { sameClassLoss } from "./same_class_loss.ts";
 * import { seed } from "../../graph/rng.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(sameClassLoss().draw([0, 0, 1], seed(1))[0].terms, 1);
 * ```
 */
export const sameClassLoss = (): Loss => ({
  name: "contrastive_cosine_same_class",
  options: {},
  draw: (labels, rng) => {
    const [drawn, next] = drawPairs(labels, drawsOf(labels, 1), rng);
    const isAlike = (at: number) => labels[drawn[at]] === labels[drawn[at + 1]];
    const [left, right] = [0, 1].map((side) =>
      drawn.filter((_, i) => i % 2 === side && isAlike(i - side))
    );
    const evaluate = (outputs: tf.Tensor) => {
      if (left.length === 0) return nothing(outputs);
      const codes = tf.reshape(outputs, [labels.length, -1]) as tf.Tensor2D;
      const targets = new Int32Array(left.length).fill(1);
      return cosineEmbedding(selectRows(codes, left), selectRows(codes, right), targets);
    };
    return [{ evaluate, terms: left.length }, next];
  },
});
