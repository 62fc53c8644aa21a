/**
 * Mutual information between continuous units and a class, by a mixture of Gaussians.
 *
 * @module
 */
import { E } from "../../../graph/fp_ts.ts";
import { type GaussianClass, gaussianClasses, withVarying } from "./gaussian_classes.ts";
import type { Estimate, Samples } from "../samples.ts";

/** How {@linkcode mixtureClassInformation} averages. */
export interface MixtureOptions {
  /**
   * - `samples`, the default: over the samples themselves;
   * - `sigma points`: over 2d points per class, at μ ± √d times the columns of its Cholesky factor, as
   *   `mi_mixture_gd` of Ince et al. does. It missed the information of the very mixture by up to
   *   0.11 bits in the tests' cases; it is for comparison.
   */
  readonly average?: "samples" | "sigma points";
}

/**
 * The mean of log₂ (N(x; μ_c, Σ_c) / Σ_k p_k N(x; μ_k, Σ_k)) in bits, c being the sample's class: the
 * information of a mixture of one Gaussian per class, with the classes' own means and covariances.
 *
 * **At most H(Y)** of the labels, as I(X;Y) must be, for the quotient is at most 1 / p_c. 3.320 bits where
 * the truth is 3.322, 2.16 of 2.17, 1.26 of 1.30 (the cases of {@linkcode gaussianClassInformation}, and
 * one of 3 classes, 1 unit and 500 samples). With few samples per class and unit it is too high, for they
 * are judged by Gaussians that were fitted to them: +0.17 bits at 100 samples per class of 10 units, +0.04
 * at 400, +0.03 at 2,000. With d + 1 samples per class it means nothing. No bias correction is known.
 *
 * Units that are constant are left out; a constant layer, or one class, has 0 bits.
 *
 * @param x Any width, d.
 * @param labels One per sample; only their being equal matters.
 * @returns Bits; or the error of {@linkcode gaussianClassInformation}.
 *
 * @example
 * ```ts
 * import { mixtureClassInformation } from "./mixture_information.ts";
 * import { gaussianClassInformation } from "./class_information.ts";
 * import { E } from "../../../graph/fp_ts.ts";
 * import { assertAlmostEquals, assertGreater } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * // Two classes that lie far apart: the label has 1 bit.
 * const x = { count: 6, width: 1, values: Float32Array.of(0, 1, 2, 90, 91, 92) };
 * const labels = [0, 0, 0, 1, 1, 1];
 * const bits = E.getOrElse(() => NaN);
 * assertAlmostEquals(bits(mixtureClassInformation(x, labels)), 1, 1e-12);
 * assertGreater(bits(gaussianClassInformation(x, labels)), 4);
 * ```
 */
export const mixtureClassInformation = (
  x: Samples,
  labels: ArrayLike<number>,
  { average = "samples" }: MixtureOptions = {},
): Estimate =>
  withVarying(x, labels, (varying) => {
    const points = average === "samples"
      ? ({ samples }: GaussianClass) => samples
      : (one: GaussianClass) => sigmaPoints(one);
    return E.map((classes: readonly GaussianClass[]) => {
      let sum = 0;
      for (const one of classes) {
        const logs = classes.map((other) => logDensities(other, points(one)));
        const own = logs[classes.indexOf(one)];
        let nats = 0;
        for (let i = 0; i < own.length; i++) nats += own[i] - logMixture(classes, logs, i);
        sum += one.weight * nats / own.length;
      }
      return sum / Math.LN2;
    })(gaussianClasses(varying, labels));
  });

/** ln N(x; μ, Σ) of each sample, but for d/2 · ln 2π: |L⁻¹(x − μ)|² by forward substitution. */
function logDensities({ mean, factor }: GaussianClass, points: Samples): Float64Array {
  const { count, width, values } = points;
  let logScale = 0;
  for (let u = 0; u < width; u++) logScale += Math.log(factor[u * width + u]);
  const white = new Float64Array(width);
  return Float64Array.from({ length: count }, (_, i) => {
    let square = 0;
    for (let u = 0; u < width; u++) {
      let sum = values[i * width + u] - mean[u];
      for (let k = 0; k < u; k++) sum -= factor[u * width + k] * white[k];
      white[u] = sum / factor[u * width + u];
      square += white[u] * white[u];
    }
    return -square / 2 - logScale;
  });
}

/** ln Σ p_k exp(log_k) at point i, without overflow. */
function logMixture(
  classes: readonly GaussianClass[],
  logs: readonly Float64Array[],
  i: number,
): number {
  let most = -Infinity;
  for (const log of logs) most = Math.max(most, log[i]);
  let sum = 0;
  for (let c = 0; c < logs.length; c++) sum += classes[c].weight * Math.exp(logs[c][i] - most);
  return most + Math.log(sum);
}

function sigmaPoints({ mean, factor }: GaussianClass): Samples {
  const width = mean.length;
  const values = new Float64Array(2 * width * width);
  for (let c = 0; c < width; c++) {
    for (let u = 0; u < width; u++) {
      const step = Math.sqrt(width) * factor[u * width + c];
      values[2 * c * width + u] = mean[u] + step;
      values[(2 * c + 1) * width + u] = mean[u] - step;
    }
  }
  return { count: 2 * width, width, values };
}
