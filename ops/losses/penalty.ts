/**
 * A penalty on the size of the latent, and a loss with it added; and the cost of unequal use of units.
 *
 * @module
 */
import { invalidOption } from "../../graph/error.ts";
import { tf } from "../tfjs.ts";
import { constantOf, type Loss, nothing } from "./loss.ts";
import { checkRanges, notNegative } from "../ranges.ts";
import { rowNorms } from "./distances.ts";

/** Options of {@linkcode penalty}. */
export interface PenaltyOptions {
  /**
   * λ, at least 0. A tensor is a weight to learn, and counts as the mean of relu(λ): what is below 0 neither
   * counts nor learns. @default 1
   */
  readonly weight?: number | tf.Tensor;
  /** Norm of the penalty: 1 (the sum of absolute values) or 2 (the Euclidean norm). @default 1 */
  readonly norm?: 1 | 2;
  /** Whether the gradient flows into the latent; else the penalty only shows in the loss. @default true */
  readonly gradient?: boolean;
}

/**
 * A penalty on large activations: λ · (the mean over samples of ‖latent‖_p) / (units per sample).
 *
 * At a component of 0 the gradient of the sum is 0, at a row of zeros that of the Euclidean norm.
 *
 * Source: LossPenalty of dizcza/pytorch-mighty, mighty/loss/penalty.py.
 *
 * @param latent [samples, …units], float32.
 * @param options Options, as {@linkcode PenaltyOptions} describes them.
 * @returns A scalar; 0 for no samples.
 */
export function penalty(
  latent: tf.Tensor,
  { weight = 1, norm = 1, gradient = true }: PenaltyOptions = {},
): tf.Scalar {
  const learned = typeof weight === "number" ? [] : [weight];
  if (latent.size === 0) return nothing(latent, ...learned);
  const units = latent.size / latent.shape[0];
  const free = gradient ? latent : constantOf(latent, (x) => tf.clone(x));
  const rows = tf.reshape(free, [-1, units]) as tf.Tensor2D;
  // Not tf.abs, whose gradient at 0 is −1.
  const norms = norm === 1 ? tf.add(tf.relu(rows), tf.relu(tf.neg(rows))) : rowNorms(rows);
  const mean = tf.div(tf.sum(norms), latent.size);
  return tf.mul(typeof weight === "number" ? weight : tf.mean(tf.relu(weight)), mean);
}

/** Options of {@linkcode penalised}. */
export interface PenalisedOptions extends PenaltyOptions {
  /** λ, at least 0. @default 1 */
  readonly weight?: number;
}

/**
 * A loss plus the {@linkcode penalty} of the latent: of a graph that ends in a pair the first, as in
 * `encoder ▷ fanout(identity, decoder)`, else the outputs.
 *
 * @param loss Loss without the penalty.
 * @param options Options, as {@linkcode PenalisedOptions} describes them.
 *
 * @example
 * ```ts
 * import { penalised } from "./penalty.ts";
 * import { meanSquaredErrorLoss } from "./reconstruction.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const sparse = penalised(meanSquaredErrorLoss(), { weight: 0.1 });
 * assertEquals([sparse.name, sparse.options.weight], ["mean_squared_error_l1", 0.1]);
 * ```
 */
export function penalised(loss: Loss, options: PenalisedOptions = {}): Loss {
  const { weight = 1, norm = 1, gradient = true } = options;
  return {
    ...loss,
    name: `${loss.name}_l${norm}`,
    options: { ...loss.options, weight, norm, gradient: gradient ? 1 : 0 },
    problem: loss.problem ?? checkRanges({ weight: [weight, notNegative] }) ??
      (norm === 1 || norm === 2 ? null : invalidOption("norm", norm, "1 or 2")),
    draw: (labels, rng) => {
      const [objective, next] = loss.draw(labels, rng);
      const evaluate: typeof objective.evaluate = (outputs, inputs, latent, internals) =>
        tf.add(
          objective.evaluate(outputs, inputs, latent, internals),
          penalty(latent, { weight, norm, gradient }),
        );
      return [{ ...objective, evaluate }, next];
    },
  };
}

/**
 * Computes how unequally units are used: n · Σ p_u² / (Σ p_u)², where p_u is the mean of |a_u| over the samples and n
 * the number of units. It is 1 where all are used alike, and n where only one is used. Where codes are searched by
 * lists of the samples that have a unit set, it is the number of entries that a query reads, relative to lists of equal
 * lengths.
 *
 * Source: Paria, Yeh, Yen, Xu, Ravikumar & Póczos 2020, "Minimizing FLOPs to learn efficient sparse
 * representations" (arXiv 2004.05665), whose regulariser Σ p_u² is this without the scale.
 *
 * @param latent [samples, …units], float32.
 * @returns A scalar; 1 where nothing is active, and for no samples.
 */
export function imbalance(latent: tf.Tensor): tf.Scalar {
  if (latent.size === 0) return tf.add(nothing(latent), 1);
  const units = latent.size / latent.shape[0];
  const rows = tf.reshape(latent, [-1, units]) as tf.Tensor2D;
  const use = tf.mean(tf.add(tf.relu(rows), tf.relu(tf.neg(rows))), 0);
  const total = tf.sum(use);
  // Of units that are silent all shares are equal.
  const shares = tf.div(tf.add(use, 1e-12), tf.add(total, units * 1e-12));
  return tf.mul(tf.sum(tf.square(shares)), units);
}

/**
 * {@linkcode imbalance} of the latent of a batch, to be added to another loss by `plus`. Batches must be large
 * enough to tell units apart: of a code of k of n units, several times n / k samples.
 */
export const imbalanceLoss = (): Loss => ({
  name: "imbalance",
  options: {},
  unsupervised: true,
  draw: (labels, rng) => [{
    evaluate: (_outputs, _inputs, latent) => imbalance(latent),
    terms: labels.length,
  }, rng],
});
