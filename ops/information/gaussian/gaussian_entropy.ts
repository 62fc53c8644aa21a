/**
 * The entropy of samples that are taken as Gaussian.
 *
 * @module
 */
import { E } from "../../../graph/fp_ts.ts";
import { type InvalidOption, invalidOption } from "../../../graph/error.ts";
import {
  covariance,
  type CovarianceFactor,
  factorCovariance,
  logDeterminant,
} from "./covariance.ts";
import { digamma } from "../digamma.ts";
import { checkSamples, type Estimate, type Samples } from "../samples.ts";

/** How Gaussian entropies and informations are estimated. */
export interface GaussianOptions {
  /** Whether {@linkcode gaussianEntropyBias} is taken out; true by default. */
  readonly biasCorrection?: boolean;
}

/**
 * What the entropy of a Gaussian with the sample covariance has too much, in nats, on average over
 * samples: d (ln 2 − ln(n − 1)) / 2 + ½ Σ_{i=1..d} ψ((n − i) / 2), which is at most 0. It is exact: the
 * mean of ln det of a Wishart matrix.
 *
 * Source: N. Misra, H. Singh, E. Demchuk, "Estimation of the entropy of a multivariate normal
 * distribution", Journal of Multivariate Analysis 92 (2005) 324; Ince et al. 2017.
 *
 * @param count Samples, n > d.
 * @param width Units, d, at least 0.
 *
 * @example
 * ```ts
 * import { gaussianEntropyBias } from "./gaussian_entropy.ts";
 * import { assert } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assert(gaussianEntropyBias(10, 2) < gaussianEntropyBias(1000, 2));
 * assert(Math.abs(gaussianEntropyBias(1e6, 2)) < 1e-5);
 * ```
 */
export function gaussianEntropyBias(count: number, width: number): number {
  let sum = width * (Math.LN2 - Math.log(count - 1));
  for (let i = 1; i <= width; i++) sum += digamma((count - i) / 2);
  return sum / 2;
}

/**
 * The differential entropy in bits of a Gaussian that has the samples' covariance (over n − 1):
 * ½ log₂ det(2πe Σ), less its bias. No distribution of this covariance has more.
 *
 * It is relative to the units' own units: samples times a have log₂ a bits more per unit, and a negative
 * entropy is nothing wrong.
 *
 * @param samples More than units, of which none is constant or a linear combination of others.
 * @returns Bits, or which unit stands in the way.
 *
 * @example
 * ```ts
 * import { gaussianEntropy } from "./gaussian_entropy.ts";
 * import { E } from "../../../graph/fp_ts.ts";
 * import { assertAlmostEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const samples = { count: 2, width: 1, values: Float64Array.of(-Math.SQRT1_2, Math.SQRT1_2) };
 * const bits = E.getOrElse(() => NaN)(gaussianEntropy(samples, { biasCorrection: false }));
 * assertAlmostEquals(bits, Math.log2(2 * Math.PI * Math.E) / 2, 1e-12);
 * ```
 */
export function gaussianEntropy(
  samples: Samples,
  { biasCorrection = true }: GaussianOptions = {},
): Estimate {
  const problem = checkSamples("samples", samples, 2);
  if (problem !== null) return E.left(problem);
  const { width } = samples;
  return E.map((nats: number) => (nats + width * (Math.log(2 * Math.PI) + 1) / 2) / Math.LN2)(
    halfLogDeterminant(samples, { biasCorrection }, {
      name: "samples",
      of: (unit) => `unit ${unit}`,
    }),
  );
}

/** How errors speak of samples and units. */
export interface UnitNames {
  /** The option: "x". */
  readonly name: string;
  /** The unit: "unit 3 of x". */
  readonly of: (unit: number) => string;
}

/**
 * ½ ln det of the samples' covariance, less its bias: the entropy in nats but for a constant.
 *
 * @param samples At least two.
 */
export const halfLogDeterminant = (
  samples: Samples,
  options: Required<GaussianOptions>,
  names: UnitNames,
): Estimate =>
  E.map(({ factor }: CovarianceFactor) =>
    halfLogDeterminantOf(factor, samples.count, samples.width, options)
  )(regularFactor(samples, names));

/** The same of the first `units` units of a factor, size × size, of the covariance of n samples. */
export const halfLogDeterminantOf = (
  factor: Float64Array,
  count: number,
  units: number,
  { biasCorrection }: Required<GaussianOptions>,
): number =>
  logDeterminant(factor, Math.sqrt(factor.length), units) / 2 -
  (biasCorrection ? gaussianEntropyBias(count, units) : 0);

/** The factor of the samples' covariance, or why there is none. */
export function regularFactor(
  samples: Samples,
  { name, of }: UnitNames,
): E.Either<InvalidOption, CovarianceFactor> {
  const { count, width } = samples;
  if (count <= width) {
    const actual = `${count} samples of ${width} units`;
    return E.left(invalidOption(name, actual, "more samples than units; PCA takes units away"));
  }
  const matrix = covariance(samples);
  if (!matrix.every(Number.isFinite)) {
    return E.left(invalidOption(name, "values above 1e150", "values that can be squared"));
  }
  const found = factorCovariance(matrix, width);
  if (found.dependent === -1) return E.right(found);
  const actual = matrix[found.dependent * (width + 1)] > 0
    ? `${of(found.dependent)} is a linear combination of those before it`
    : `${of(found.dependent)} is constant`;
  const expected = "units of which none follows from the others; PCA makes such";
  return E.left(invalidOption(name, actual, expected));
}
