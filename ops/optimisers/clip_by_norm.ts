/**
 * Clipping by the global norm.
 *
 * @module
 */
import { checkRanges, positive } from "../ranges.ts";
import { type Params, tf } from "../tfjs.ts";
import { mapUpdates, stateless, type Transform } from "./transform.ts";

/** Keeps the quotient finite where all updates are zero; torch's constant. */
const GUARD = 1e-6;

/**
 * The Euclidean norm of all updates taken as one vector, √(Σ u²), a scalar. It is Infinity where the
 * sum of squares exceeds float32 (norms above 1.8e19).
 */
const globalNorm = (updates: Params): tf.Scalar =>
  tf.tidy(() => {
    const squares = Object.values(updates).map((update) => tf.sum(tf.square(update)));
    return tf.sqrt(squares.reduce((sum, square) => tf.add(sum, square), tf.scalar(0))) as tf.Scalar;
  });

/**
 * Scales all updates by one factor, so that their global norm is at most `maxNorm`:
 * u · min(1, maxNorm / (√(Σ u²) + 1e-6)). Smaller ones pass unchanged. The norm is over the
 * updates that arrive: after `freeze`, those of the weights that are trained.
 *
 * Source: Pascanu et al. 2013 (arXiv 1211.5063), as torch.nn.utils.clip_grad_norm_ computes it.
 *
 * @param maxNorm Above 0.
 *
 * @example
 * ```ts
 * import { chain } from "./chain.ts";
 * import { clipByNorm } from "./clip_by_norm.ts";
 * import { sgd } from "./sgd.ts";
 * import { tf } from "../tfjs.ts";
 * import { assertAlmostEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await tf.setBackend("cpu");
 * const { init, update } = chain(clipByNorm(1), sgd({ learningRate: 1 }));
 * const params = { a: tf.tensor1d([0]), b: tf.tensor1d([0]) };
 * const gradients = { a: tf.tensor1d([3]), b: tf.tensor1d([-4]) };
 * const [{ a, b }] = update(gradients, init(params), params);
 * assertAlmostEquals(a.dataSync()[0], -0.6, 1e-6);
 * assertAlmostEquals(b.dataSync()[0], 0.8, 1e-6);
 * ```
 */
export const clipByNorm = (maxNorm: number): Transform =>
  stateless(
    "clipByNorm",
    { maxNorm },
    (updates) => {
      // The factor stays on the device: reading it back would stall a GPU in every step.
      const factor = tf.minimum(tf.div(maxNorm, tf.add(globalNorm(updates), GUARD)), 1);
      return mapUpdates(updates, (update) => tf.mul(update, factor));
    },
    () => checkRanges({ maxNorm: [maxNorm, positive] }),
  );
