/**
 * A penalty on the size of the latent, and a loss with it added.
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
  /** 1 (the sum of absolute values) or 2 (the Euclidean norm). @default 1 */
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
