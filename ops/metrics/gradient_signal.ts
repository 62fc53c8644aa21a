/**
 * The size of gradients, and how much of it is signal.
 *
 * Source: R. Shwartz-Ziv, N. Tishby, "Opening the Black Box of Deep Neural Networks via Information",
 * 2017; Monitor.update_gradient_signal_to_noise_ratio and
 * Monitor.update_grad_norm of dizcza/pytorch-mighty, mighty/monitor/monitor.py.
 *
 * @module
 */
import { checkLength } from "./check.ts";
import { addToMoments, type Moments, noMoments, standardDeviation } from "./moments.ts";
import { euclideanNorm } from "./norm.ts";

/** Numbers by path: weights or gradients of a graph, read from the backend. */
export type ArraysByPath = Readonly<Record<string, ArrayLike<number>>>;

/** What is known of the gradients of past steps, by path. */
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
