/**
 * Lower bounds of information from the scores that a critic gives to pairs, and the losses that raise
 * them: the bound of Donsker and Varadhan (MINE), SMILE, and InfoNCE.
 *
 * A batch of a joint critic holds the pairs as they were drawn, the joint rows, and after them as many
 * marginal rows: the same x, each with another pair's y.
 *
 * @module
 */
import { type InvalidOption, invalidOption } from "../../graph/error.ts";
import { constantOf, type Loss } from "../losses/loss.ts";
import { tf } from "../tfjs.ts";
import { E } from "../../graph/fp_ts.ts";
import type { Estimate } from "./samples.ts";
import { bceWithLogits } from "../losses/reconstruction.ts";
import { crossEntropy } from "../losses/cross_entropy.ts";
import { linear } from "../layers.ts";

// ---- Donsker and Varadhan: MINE

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
 * import { dvBound } from "./neural_bounds.ts";
 * import { E } from "../../graph/fp_ts.ts";
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
   * Fraction of the gradient's denominator that each batch renews, in (0, 1]. At 1 the gradient is that of the bound
   * itself.
   *
   * @default 1
   */
  readonly averageRate?: number;
}

/** Checks the rate of the average. */
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

// ---- SMILE: clipped marginal scores

/** Checks the clip. */
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
 * @param clip τ, above 0, in nats; 5 where it is left out.
 * @returns Bits, of either sign; `InvalidOption` for no scores, or one that is not finite.
 *
 * @example
 * ```ts
 * import { smileBound } from "./neural_bounds.ts";
 * import { E } from "../../graph/fp_ts.ts";
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
  /** τ, in nats: above 0, may be Infinity. @default 5 */
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

// ---- InfoNCE: the power to tell a pair's own y from those of the others

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
 * import { infoNceBound } from "./neural_bounds.ts";
 * import { E } from "../../graph/fp_ts.ts";
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

// ---- Scores

/** Checks that there are scores, and that all are finite. */
function checkScores(name: string, scores: ArrayLike<number>): InvalidOption | null {
  if (scores.length === 0) return invalidOption(name, "no scores", "at least 1");
  for (let i = 0; i < scores.length; i++) {
    if (!Number.isFinite(scores[i])) {
      return invalidOption(name, `${scores[i]} at ${i}`, "finite numbers");
    }
  }
  return null;
}

/** The mean of at least one number. */
function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}

/**
 * log(mean(eˣ)) of at least one finite number, without overflow.
 *
 * @param clip Each x is brought into ±clip first; Infinity, the default, leaves all as it is.
 */
function logMeanExp(values: ArrayLike<number>, clip = Infinity): number {
  const at = (i: number) => Math.min(Math.max(values[i], -clip), clip);
  let largest = -Infinity;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, at(i));
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.exp(at(i) - largest);
  return largest + Math.log(sum / values.length);
}

/** {@linkcode logMeanExp} of a tensor's elements, at least one, with its gradient. */
export function logMeanExpOf(x: tf.Tensor): tf.Scalar {
  const largest = constantOf(x, (values) => tf.max(values));
  return tf.add(largest, tf.log(tf.mean(tf.exp(tf.sub(x, largest)))));
}

/** The scores of a batch's joint rows, the first half, and of its marginal rows, the second. */
export function halves(scores: tf.Tensor): readonly [joint: tf.Tensor1D, marginal: tf.Tensor1D] {
  const flat = tf.reshape(scores, [scores.size]) as tf.Tensor1D;
  const count = scores.size / 2;
  return [tf.slice1d(flat, 0, count), tf.slice1d(flat, count, count)];
}

/**
 * Returns one function's value with another's gradient: the first is reported, the second trains.
 *
 * @param scores Variable of both functions.
 */
function reportedAs(
  scores: tf.Tensor,
  trains: (scores: tf.Tensor) => tf.Scalar,
  reported: (scores: tf.Tensor) => tf.Scalar,
): tf.Scalar {
  const value = constantOf(scores, reported);
  const surrogate = trains(scores);
  const same = tf.customGrad((_, other) => ({
    value: tf.clone(other as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => [dy, tf.zerosLike(dy)],
  }));
  return same(surrogate, value) as tf.Scalar;
}
