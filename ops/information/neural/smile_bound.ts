/**
 * SMILE: the bound of Donsker and Varadhan with clipped marginal scores.
 *
 * @module
 */
import { E } from "../../../graph/fp_ts.ts";
import { type InvalidOption, invalidOption } from "../../../graph/error.ts";
import { bceWithLogits } from "../../losses/binary_cross_entropy.ts";
import type { Loss } from "../../losses/loss.ts";
import { tf } from "../../tfjs.ts";
import type { Estimate } from "../samples.ts";
import { checkScores, halves, logMeanExp, logMeanExpOf, mean, reportedAs } from "./scores.ts";

/** What keeps the clip from being used, if anything. */
export const checkClip = (clip: number): InvalidOption | null =>
  clip > 0 ? null : invalidOption("clip", clip, "a number above 0, or Infinity");

/**
 * The SMILE estimate from scores T:
 * (mean T(joint) − log mean clip(exp T(marginal), e^−τ, e^τ)) / ln 2, in bits.
 *
 * Clipping trades variance for bias: a pair that is rare among the marginal ones and has a huge score
 * no longer decides the mean. With a finite τ it is no bound, of either side; with τ = ∞ it is that of
 * Donsker and Varadhan. A constant added to all scores moves it, hence the critic has to be one that
 * estimates the log density ratio itself, as {@linkcode smileLoss} trains it.
 *
 * Source: Song & Ermon 2020, "Understanding the limitations of variational mutual information
 * estimators", section 4.
 *
 * @param joint Scores of pairs that belong together, in nats.
 * @param marginal Scores of pairs that do not; any number of them.
 * @param clip τ, above 0, in nats; 5.
 * @returns Bits, of either sign; `InvalidOption` for no scores, or one that is not finite.
 *
 * @example
 * ```ts
 * import { smileBound } from "./smile_bound.ts";
 * import { E } from "../../../graph/fp_ts.ts";
 * import { assertAlmostEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * // The pair that scores 50 counts as one that scores 1.
 * const bits = E.getOrElse(() => NaN)(smileBound([1, 1], [50, 1], 1));
 * assertAlmostEquals(bits, 0, 1e-12);
 * ```
 */
export function smileBound(
  joint: ArrayLike<number>,
  marginal: ArrayLike<number>,
  clip = 5,
): Estimate {
  const bad = checkScores("joint", joint) ?? checkScores("marginal", marginal) ?? checkClip(clip);
  return bad !== null
    ? E.left(bad)
    : E.right((mean(joint) - logMeanExp(marginal, clip)) / Math.LN2);
}

/**
 * {@linkcode smileBound} of a batch's scores as a tensor, in nats.
 *
 * @param scores 2 n of them: n joint, then n marginal.
 * @param clip τ, above 0; may be Infinity.
 */
function smileBoundOf(scores: tf.Tensor, clip: number): tf.Scalar {
  const [joint, marginal] = halves(scores);
  const clipped = clip === Infinity ? marginal : tf.clipByValue(marginal, -clip, clip);
  return tf.sub(tf.mean(joint), logMeanExpOf(clipped));
}

/** Options of {@linkcode smileLoss}. */
export interface SmileOptions {
  /** τ, in nats: above 0, may be Infinity; 5. */
  readonly clip?: number;
}

/**
 * The negative of {@linkcode smileBoundOf}, with the gradient of another function: twice the binary
 * cross entropy of telling joint rows from marginal ones, the negative bound of Jensen and Shannon's
 * divergence. Its optimum is the log density ratio, and it is bounded, which the clipped bound is not:
 * that one grows without end with a constant added to all scores.
 *
 * Source: Song & Ermon 2020; smile_lower_bound of their code, ermongroup/smile-mi-estimator,
 * estimators.py, which does so.
 *
 * Its batches are n joint rows, then n marginal ones; the labels are not read.
 */
export function smileLoss({ clip = 5 }: SmileOptions = {}): Loss {
  return {
    name: "smile",
    options: { clip },
    problem: checkClip(clip),
    draw: (labels, rng) => [{
      evaluate: (scores) =>
        reportedAs(scores, jensenShannon, (at) => tf.neg(smileBoundOf(at, clip))),
      terms: labels.length / 2,
    }, rng],
  };
}

/** mean log(1 + exp −T(joint)) + mean log(1 + exp T(marginal)). */
function jensenShannon(scores: tf.Tensor): tf.Scalar {
  const targets = Float32Array.from({ length: scores.size }, (_, i) => i < scores.size / 2 ? 1 : 0);
  return tf.mul(bceWithLogits(scores, tf.tensor(targets, scores.shape)), 2);
}
