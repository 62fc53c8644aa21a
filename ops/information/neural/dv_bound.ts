/**
 * The bound of Donsker and Varadhan, and the loss of MINE that raises it.
 *
 * @module
 */
import { E } from "../../../graph/fp_ts.ts";
import type { Loss } from "../../losses/loss.ts";
import { type InvalidOption, invalidOption } from "../../../graph/error.ts";
import { tf } from "../../tfjs.ts";
import type { Estimate } from "../samples.ts";
import { checkScores, halves, logMeanExp, logMeanExpOf, mean, reportedAs } from "./scores.ts";

/**
 * The bound of Donsker and Varadhan, which MINE maximises, from scores T:
 * (mean T(joint) − log mean exp T(marginal)) / ln 2, in bits.
 *
 * With the means over all pairs there are, it is at most I(X;Y) whatever the critic T, and equal to it
 * for T = log p(x,y) / p(x)p(y) + any constant. Of a sample of scores that the critic has not been
 * trained on it is so on average, but for the logarithm of a mean being too small on average: where
 * the information is near log2 of the number of marginal scores, it may pass the truth. On the
 * samples that trained the critic it is no bound.
 *
 * Source: Donsker & Varadhan 1983, as theorem 1 of Belghazi et al. 2018, "Mutual information neural
 * estimation", states it.
 *
 * @param joint Scores of pairs that belong together, in nats.
 * @param marginal Scores of pairs that do not; any number of them.
 * @returns Bits, of either sign; `InvalidOption` for no scores, or one that is not finite.
 *
 * @example
 * ```ts
 * import { dvBound } from "./dv_bound.ts";
 * import { E } from "../../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * // y = x, a fair coin: the density ratio is 2 where they agree, and 0 where not.
 * assertEquals(dvBound([Math.log(2), Math.log(2)], [Math.log(2), -1000]), E.right(1));
 * ```
 */
export function dvBound(joint: ArrayLike<number>, marginal: ArrayLike<number>): Estimate {
  const bad = checkScores("joint", joint) ?? checkScores("marginal", marginal);
  return bad !== null ? E.left(bad) : E.right((mean(joint) - logMeanExp(marginal)) / Math.LN2);
}

/**
 * {@linkcode dvBound} of a batch's scores as a tensor, in nats.
 *
 * @param scores 2 n of them: n joint, then n marginal.
 */
export function dvBoundOf(scores: tf.Tensor): tf.Scalar {
  const [joint, marginal] = halves(scores);
  return tf.sub(tf.mean(joint), logMeanExpOf(marginal));
}

/** Options of {@linkcode mineLoss}. */
export interface MineOptions {
  /**
   * How much of the gradient's denominator each batch renews, in (0, 1]. At 1, the default, the
   * gradient is that of the bound itself.
   */
  readonly averageRate?: number;
}

/** What keeps the rate from being used, if anything. */
export const checkAverageRate = (rate: number): InvalidOption | null =>
  rate > 0 && rate <= 1
    ? null
    : invalidOption("averageRate", rate, "a number above 0 and at most 1");

/**
 * The negative bound of Donsker and Varadhan, in nats. Its batches are n joint rows, then n marginal
 * ones; the labels are not read.
 *
 * The gradient of the logarithm, E[∇T·e^T] / E[e^T], is biased when both means are over one small
 * batch. With `averageRate` below 1 the denominator is an exponential moving average over batches,
 * which the model passes as its latent ({@linkcode withMovingPartition} makes it); the value stays the
 * batch's own bound.
 *
 * Source: Belghazi et al. 2018, algorithm 1, and equation 12 with the text below it.
 */
export function mineLoss({ averageRate = 1 }: MineOptions = {}): Loss {
  const loss = (scores: tf.Tensor): tf.Scalar => tf.neg(dvBoundOf(scores));
  return {
    name: "mine",
    options: { averageRate },
    problem: checkAverageRate(averageRate),
    draw: (labels, rng) => [{
      evaluate: (scores, _, logPartition) =>
        averageRate === 1
          ? loss(scores)
          : reportedAs(scores, (at) => corrected(at, logPartition), loss),
      terms: labels.length / 2,
    }, rng],
  };
}

/** −mean T(joint) + mean exp T(marginal) / average, of which only the gradient is of use. */
function corrected(scores: tf.Tensor, logPartition: tf.Tensor): tf.Scalar {
  const [joint, marginal] = halves(scores);
  const ratio = tf.exp(tf.sub(logMeanExpOf(marginal), logPartition));
  return tf.sub(ratio, tf.mean(joint));
}
