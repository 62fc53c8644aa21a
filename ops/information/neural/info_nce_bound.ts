/**
 * InfoNCE: information as the power to tell a pair's own y from those of the others.
 *
 * @module
 */
import { E } from "../../../graph/fp_ts.ts";
import { invalidOption } from "../../../graph/error.ts";
import { crossEntropy } from "../../losses/cross_entropy.ts";
import type { Loss } from "../../losses/loss.ts";
import { linear } from "../../linear.ts";
import { tf } from "../../tfjs.ts";
import type { Estimate } from "../samples.ts";
import { checkScores, logMeanExp } from "./scores.ts";

/**
 * The InfoNCE bound from scores T of n pairs:
 * the mean over i of (T(x_i, y_i) − log mean_j exp T(x_i, y_j)) / ln 2, in bits.
 *
 * A lower bound of I(X;Y) on average over samples that the critic has not been trained on, with little
 * variance, and never above log2 n: information beyond that is not seen.
 *
 * Source: van den Oord, Li & Vinyals 2018, "Representation learning with contrastive predictive
 * coding", equations 4 and 5; as Poole et al. 2019, "On variational bounds of mutual information",
 * equation 10, write it.
 *
 * @param scores n × n, in nats: row i holds T(x_i, y_j) of all j.
 * @returns Bits, of either sign; `InvalidOption` where the scores are none, or not n × n, or not
 * finite.
 *
 * @example
 * ```ts
 * import { infoNceBound } from "./info_nce_bound.ts";
 * import { E } from "../../../graph/fp_ts.ts";
 * import { assertAlmostEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * // Whose y it is is certain, among 2: 1 bit.
 * const bits = E.getOrElse(() => NaN)(infoNceBound([1000, 0, 0, 1000]));
 * assertAlmostEquals(bits, 1, 1e-12);
 * ```
 */
export function infoNceBound(scores: ArrayLike<number>): Estimate {
  const bad = checkScores("scores", scores);
  if (bad !== null) return E.left(bad);
  const count = Math.sqrt(scores.length);
  if (!Number.isInteger(count)) {
    return E.left(invalidOption("scores", `${scores.length} scores`, "as many as a square has"));
  }
  const row = new Float64Array(count);
  let sum = 0;
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < count; j++) row[j] = scores[i * count + j];
    sum += row[i] - logMeanExp(row);
  }
  return E.right(sum / count / Math.LN2);
}

/**
 * The negative bound, in nats, of a model of two towers: the score of (x_i, y_j) is f(x_i)·g(y_j). Its
 * batches are n pairs, with the labels 0 to n − 1.
 */
export const infoNceLoss = (): Loss => ({
  name: "info_nce",
  options: {},
  draw: (labels, rng) => [{
    evaluate: (g, _, f) => {
      const scores = linear(f as tf.Tensor2D, tf.transpose(g as tf.Tensor2D));
      return tf.sub(crossEntropy(scores, labels), Math.log(labels.length));
    },
    terms: labels.length,
  }, rng],
});
