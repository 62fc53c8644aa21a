/**
 * The size of gradients, and the signal in it: of gradients on the host by {@linkcode addGradients}, of those
 * on the backend by {@linkcode sumGradients}, which keeps sums there and reads them back once.
 *
 * Source: R. Shwartz-Ziv, N. Tishby, "Opening the Black Box of Deep Neural Networks via Information", 2017;
 * Monitor.update_gradient_signal_to_noise_ratio and Monitor.update_grad_norm of dizcza/pytorch-mighty,
 * mighty/monitor/monitor.py.
 *
 * @module
 */
import { checkLength } from "./metrics/rows.ts";
import { addToMoments, type Moments, noMoments, standardDeviation } from "./metrics/moments.ts";
import { euclideanNorm } from "./metrics/weight_change.ts";
import { type Params, tf } from "./tfjs.ts";

// ---- On the host

/** Numbers by path: weights or gradients of a graph, read from the backend. */
export type ArraysByPath = Readonly<Record<string, ArrayLike<number>>>;

/** Moments of the gradients of past steps, by path. */
export type GradientMoments = Readonly<Record<string, Moments>>;

/** The gradient of one layer over several steps. */
export interface GradientSignal {
  /** ‖mean of the gradients‖₂ / ‖W‖₂; null where the weights are all zero or missing. */
  readonly mean: number | null;
  /** ‖standard deviations of the gradients‖₂ / ‖W‖₂; null where the weights are all zero or missing. */
  readonly deviation: number | null;
  /** ‖mean‖₂ / ‖deviation‖₂; null where the gradients do not differ, as after a single step. */
  readonly signalToNoise: number | null;
}

/** The L2 norm of each gradient. */
export const gradientNorms = (gradients: ArraysByPath): Readonly<Record<string, number>> =>
  mapValues(gradients, euclideanNorm);

/**
 * The moments with the gradients of one more step: a fold, to begin with {}.
 *
 * It costs 16 bytes per weight. A path that has no gradient in this step stays as it was.
 *
 * @throws {RangeError} Where a gradient changes its length.
 *
 * @example
 * ```ts
 * import { addGradients, gradientSignals } from "./gradient_signal.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const steps = [{ "0.weight": [3, 1] }, { "0.weight": [3, -1] }];
 * const signals = gradientSignals(steps.reduce(addGradients, {}), { "0.weight": [0, 3] });
 * assertEquals(signals["0.weight"].mean, 1);
 * assertEquals(signals["0.weight"].signalToNoise, 3 / Math.SQRT2);
 * ```
 */
export const addGradients = (
  moments: GradientMoments,
  gradients: ArraysByPath,
): GradientMoments => ({
  ...moments,
  ...mapValues(gradients, (gradient, path) => {
    const past = moments[path] ?? noMoments(gradient.length);
    checkLength(`add the gradient of ${path}`, gradient.length, past.mean.length);
    return addToMoments(past, gradient);
  }),
});

/**
 * Mean, deviation and signal-to-noise ratio of each layer's gradient over the steps that were added.
 *
 * Above 1 training drifts down the loss, below 1 it diffuses. The deviation is the unbiased one. The
 * ratio does not depend on the weights; the reference divides both by their norm first and so loses the
 * ratio of a bias that is still zero (NaN); here it is kept.
 *
 * @param weights The weights by now, by the same paths.
 */
export const gradientSignals = (
  moments: GradientMoments,
  weights: ArraysByPath,
): Readonly<Record<string, GradientSignal>> =>
  mapValues(moments, (one, path) => {
    const [signal, noise] = [euclideanNorm(one.mean), euclideanNorm(standardDeviation(one))];
    const size = euclideanNorm(weights[path] ?? []);
    return {
      mean: size === 0 ? null : signal / size,
      deviation: size === 0 ? null : noise / size,
      signalToNoise: noise === 0 ? null : signal / noise,
    };
  });

const mapValues = <A, B>(
  record: Readonly<Record<string, A>>,
  f: (value: A, path: string) => B,
): Readonly<Record<string, B>> =>
  Object.fromEntries(Object.entries(record).map(([path, value]) => [path, f(value, path)]));

// ---- On the backend

/** Sums over the gradients of one weight, as tensors. */
export interface GradientSum {
  /** Number of gradients in the sum. */
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

/** Sums by path, initially {}. The caller frees them with `tf.dispose`. */
export type GradientSums = Readonly<Record<string, GradientSum>>;

/** The gradients of one weight over several steps. */
export interface GradientStatistics extends GradientSignal {
  /** The mean of the gradients' L2 norms. */
  readonly norm: number;
}

/**
 * Adds the gradients of one more step to sums: a fold that reads nothing back. It consumes the given sums; the new ones
 * outlive every tidy.
 *
 * It holds 12 bytes per weight. A path that has no gradient in this step stays as it was.
 *
 * @param past Sums so far, which are consumed.
 * @param gradients Gradients of one step, by path.
 *
 * @example
 * ```ts
 * import { gradientStatistics, type GradientSums, sumGradients } from "./gradient_signal.ts";
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
 * @param sums Sums over some steps, which stay as they are.
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
