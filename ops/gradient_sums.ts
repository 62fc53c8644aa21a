/**
 * What is known of the gradients of many steps, kept on the backend and read from it once.
 *
 * @module
 */
import {
  type GradientMoments,
  type GradientSignal,
  gradientSignals,
} from "./metrics/gradient_signal.ts";
import { type Params, tf } from "./tfjs.ts";

/** Sums over the gradients of one weight, as tensors. */
export interface GradientSum {
  /** Gradients added. */
  readonly count: number;
  /** g₁, the first of them. */
  readonly first: tf.Tensor;
  /** Σg. */
  readonly sum: tf.Tensor;
  /** Σ(g − g₁)². Not Σg², of which a small variance would be the difference of large numbers. */
  readonly squares: tf.Tensor;
  /** Σ‖g‖₂, a scalar. */
  readonly norms: tf.Tensor;
}

/** Sums by path, to begin with {}. Whoever holds them calls `tf.dispose`. */
export type GradientSums = Readonly<Record<string, GradientSum>>;

/** The gradients of one weight over several steps. */
export interface GradientStatistics extends GradientSignal {
  /** The mean of the gradients' L2 norms. */
  readonly norm: number;
}

/**
 * The sums with the gradients of one more step: a fold that reads nothing back. It consumes the sums
 * that it is given; the new ones outlive every tidy.
 *
 * It holds 12 bytes per weight. A path that has no gradient in this step stays as it was.
 *
 * @example
 * ```ts
 * import { gradientStatistics, type GradientSums, sumGradients } from "./gradient_sums.ts";
 * import { tf } from "./tfjs.ts";
 * import { assertAlmostEquals, assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await tf.setBackend("cpu");
 * const weights = { "0.weight": tf.tensor1d([0, 3]) };
 * const steps = [[4, 0], [4, 6]].map((gradient) => ({ "0.weight": tf.tensor1d(gradient) }));
 * const sums = steps.reduce<GradientSums>(sumGradients, {});
 * const statistics = (await gradientStatistics(sums, weights))["0.weight"];
 * assertAlmostEquals(statistics.norm, (4 + Math.sqrt(52)) / 2, 1e-6);
 * assertAlmostEquals(statistics.mean ?? 0, 5 / 3, 1e-6);
 * tf.dispose([weights, steps, sums] as unknown as tf.TensorContainer);
 * assertEquals(tf.memory().numTensors, 0);
 * ```
 */
export function sumGradients(past: GradientSums, gradients: Params): GradientSums {
  const added = tf.tidy(() =>
    Object.fromEntries(
      Object.entries(gradients).map(([path, gradient]) => [path, add(past[path], gradient)]),
    ) as unknown as tf.TensorContainer
  ) as unknown as GradientSums;
  // Only now, so that an error on the way leaves the past as it was, and nothing beside it.
  for (const [path, { count: _, ...tensors }] of Object.entries(added)) {
    for (const tensor of Object.values(tensors)) tf.keep(tensor);
    if (path in past) {
      const { sum, squares, norms } = past[path];
      tf.dispose([sum, squares, norms]);
    }
  }
  return { ...past, ...added };
}

function add(past: GradientSum | undefined, gradient: tf.Tensor): GradientSum {
  const norm = tf.sqrt(tf.sum(tf.square(gradient)));
  if (past === undefined) {
    return {
      count: 1,
      first: tf.clone(gradient),
      sum: tf.clone(gradient),
      squares: tf.zerosLike(gradient),
      norms: norm,
    };
  }
  const { count, first, sum, squares, norms } = past;
  return {
    count: count + 1,
    first,
    sum: tf.add(sum, gradient),
    squares: tf.add(squares, tf.squaredDifference(gradient, first)),
    norms: tf.add(norms, norm),
  };
}

/**
 * Norm, mean, deviation and signal-to-noise ratio of each weight's gradient over the steps that were
 * added: the one time that anything is read back.
 *
 * @param weights The weights by now, by the same paths.
 */
export async function gradientStatistics(
  sums: GradientSums,
  weights: Params,
): Promise<Readonly<Record<string, GradientStatistics>>> {
  const read = await Promise.all(
    Object.entries(sums).map(async ([path, { count, first, sum, squares, norms }]) => {
      const tensors = [first, sum, squares, norms, ...path in weights ? [weights[path]] : []];
      const numbers = await Promise.all(tensors.map((tensor) => tensor.data<"float32">()));
      return { path, count, numbers };
    }),
  );
  const moments: GradientMoments = Object.fromEntries(
    read.map(({ path, count, numbers: [first, sum, squares] }) => {
      const mean = Float64Array.from(sum, (x) => x / count);
      return [path, {
        count,
        mean,
        // Below 0 by rounding only.
        squares: mean.map((m, i) => Math.max(0, squares[i] - count * (m - first[i]) ** 2)),
      }];
    }),
  );
  const arrays = Object.fromEntries(read.map(({ path, numbers }) => [path, numbers[4] ?? []]));
  const signals = gradientSignals(moments, arrays);
  return Object.fromEntries(
    read.map(({ path, count, numbers }) => [
      path,
      { norm: numbers[3][0] / count, ...signals[path] },
    ]),
  );
}
