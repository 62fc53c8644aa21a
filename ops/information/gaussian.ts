/**
 * The entropy of samples that are taken as Gaussian, and its parts: units that vary, covariances, and their factors.
 *
 * @module
 */
import { checkSamples, type Estimate, type Samples } from "./samples.ts";
import {
  centre,
  type CentredSamples,
  choleskyFactor,
  dotProducts,
  sparseGram,
  transpose,
} from "./matrices.ts";
import { E } from "../../graph/fp_ts.ts";
import { type InvalidOption, invalidOption } from "../../graph/error.ts";
import { digamma } from "./digamma.ts";

/** Options of the Gaussian estimators of entropy and information. */
export interface GaussianOptions {
  /** Whether {@linkcode gaussianEntropyBias} is taken out. @default true */
  readonly biasCorrection?: boolean;
}

/**
 * Computes the bias of the entropy of a Gaussian with the sample covariance, in nats, on average over samples: d (ln 2
 * − ln(n − 1)) / 2 + ½ Σ_{i=1..d} ψ((n − i) / 2), which is at most 0. It is exact: the mean of ln det of a Wishart
 * matrix.
 *
 * Source: N. Misra, H. Singh, E. Demchuk, "Estimation of the entropy of a multivariate normal
 * distribution", Journal of Multivariate Analysis 92 (2005) 324; Ince et al. 2017.
 *
 * @param count Samples, n > d.
 * @param width Units, d, at least 0.
 *
 * @example
 * ```ts
 * import { gaussianEntropyBias } from "./gaussian.ts";
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
 * @param options Options, as {@linkcode GaussianOptions} describes them.
 * @returns Bits, or which unit stands in the way.
 *
 * @example
 * ```ts
 * import { gaussianEntropy } from "./gaussian.ts";
 * import { E } from "../../graph/fp_ts.ts";
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

/** Names of samples and units in errors. */
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

/**
 * {@linkcode halfLogDeterminant} of the first `units` units of a factor of the covariance of `count`
 * samples.
 */
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

// ---- Covariance

/**
 * The part of a unit's variance that the units before it must leave unexplained: with less, rounding
 * decides. A copy of a unit that was computed in another order in float32 leaves about 1e-13.
 */
const LEAST_OWN_VARIANCE = 1e-10;

/**
 * The covariance matrix, over n − 1.
 *
 * @param samples At least two.
 * @returns width × width, symmetric; infinities where squares of the values overflow float64.
 *
 * @example
 * ```ts
 * import { covariance } from "./gaussian.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const values = Float32Array.of(1, 4, 2, 2, 3, 0);
 * assertEquals([...covariance({ count: 3, width: 2, values })], [1, -2, -2, 4]);
 * ```
 */
export const covariance = (samples: Samples): Float64Array => centredCovariance(centre(samples));

/** {@linkcode covariance} of samples that are centred already. */
export function centredCovariance(centred: CentredSamples): Float64Array {
  const { count, width, rest } = centred;
  const matrix = gram(centred);
  for (let i = 0; i < width; i++) {
    const row = i * width;
    for (let j = 0; j < width; j++) {
      // In this order the matrix stays symmetric to the last bit.
      matrix[row + j] = (matrix[row + j] - count * (rest[i] * rest[j])) / (count - 1);
    }
  }
  return matrix;
}

/** Largest fraction of values other than 0 at which the sparse loop is the faster one. */
const SPARSE = 0.45;

function gram({ count, width, values, filled }: CentredSamples): Float64Array {
  if (filled <= SPARSE * count * width) return sparseGram(values, width);
  const units = transpose(values, count, width);
  return dotProducts(units, units, count);
}

/** L·Lᵀ of a covariance, and which unit stands in the way. */
export interface CovarianceFactor {
  /** L, size × size, lower triangular, row-major. */
  readonly factor: Float64Array;
  /** The first unit that is constant or a linear combination of those before it, or −1. */
  readonly dependent: number;
}

/** Factors a covariance, size × size. */
function factorCovariance(matrix: Float64Array, size: number): CovarianceFactor {
  const factor = choleskyFactor(matrix, size);
  let dependent = -1;
  for (let u = 0; u < size && dependent === -1; u++) {
    const own = factor[u * size + u] ** 2;
    if (!(own > LEAST_OWN_VARIANCE * matrix[u * size + u])) dependent = u;
  }
  return { factor, dependent };
}

/**
 * ln det of the first `units` rows and columns of L·Lᵀ.
 *
 * @param factor L, size × size, lower triangular.
 */
function logDeterminant(factor: Float64Array, size: number, units: number = size): number {
  let sum = 0;
  for (let u = 0; u < units; u++) sum += 2 * Math.log(factor[u * size + u]);
  return sum;
}

// ---- Units that vary

/** The units of samples that are not constant. */
export interface VaryingUnits {
  /** The samples with these units alone; of width 0 where all are constant. */
  readonly samples: Samples;
  /** Indices of the units in the given samples, in ascending order. */
  readonly units: readonly number[];
}

/**
 * Leaves out the units that have the same value in all samples. A constant carries no information, so
 * that mutual information stays what it is; dead units of relu are such.
 *
 * @param samples At least one.
 *
 * @example
 * ```ts
 * import { varyingUnits } from "./gaussian.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const values = Float32Array.of(0, 1, 0, 2);
 * const { samples, units } = varyingUnits({ count: 2, width: 2, values });
 * assertEquals([[...samples.values], units], [[1, 2], [1]]);
 * ```
 */
export function varyingUnits(samples: Samples): VaryingUnits {
  const { count, width, values } = samples;
  const units: number[] = [];
  for (let u = 0; u < width; u++) {
    let i = 1;
    while (i < count && values[i * width + u] === values[u]) i++;
    if (i < count) units.push(u);
  }
  return units.length === width
    ? { samples, units }
    : { samples: selectUnits(samples, units), units };
}

function selectUnits({ count, width, values }: Samples, units: readonly number[]): Samples {
  const kept = new Float64Array(count * units.length);
  for (let i = 0, at = 0; i < count; i++) {
    for (const unit of units) kept[at++] = values[i * width + unit];
  }
  return { count, width: units.length, values: kept };
}
