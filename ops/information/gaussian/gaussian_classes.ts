/**
 * A Gaussian for each class.
 *
 * @module
 */
import { E } from "../../../graph/fp_ts.ts";
import { type InvalidOption, invalidOption } from "../../../graph/error.ts";
import { type ClassSamples, classSamples } from "../nearest/class_samples.ts";
import type { CovarianceFactor } from "./covariance.ts";
import { regularFactor } from "./gaussian_entropy.ts";
import { checkPairs, checkSamples, type Estimate, type Samples } from "../samples.ts";
import { type VaryingUnits, varyingUnits } from "./varying_units.ts";

/** A class with its Gaussian. */
export interface GaussianClass extends ClassSamples {
  /** The fraction of the samples that are of the class, p_c. */
  readonly weight: number;
  /** μ_c. */
  readonly mean: Float64Array;
  /** L with L·Lᵀ = Σ_c, d × d. */
  readonly factor: Float64Array;
}

/**
 * Fits a Gaussian to each class.
 *
 * @param varying Of which no unit is constant.
 * @param labels One per sample.
 * @returns The classes; or which has too few samples, or in which a unit is constant or dependent.
 */
export const gaussianClasses = (
  { samples: x, units }: VaryingUnits,
  labels: ArrayLike<number>,
): E.Either<InvalidOption, readonly GaussianClass[]> =>
  E.traverseArray((one: ClassSamples) => gaussianClass(one, x.count, units))(
    classSamples(x, labels),
  );

function gaussianClass(
  { label, samples }: ClassSamples,
  all: number,
  units: readonly number[],
): E.Either<InvalidOption, GaussianClass> {
  const { count, width, values } = samples;
  if (count <= width) {
    const actual = `${count} samples of class ${label} for ${width} units that vary`;
    const expected = `more samples of each class than units; PCA takes units away`;
    return E.left(invalidOption("labels", actual, expected));
  }
  const mean = new Float64Array(width);
  for (let i = 0; i < values.length; i++) mean[i % width] += values[i] / count;
  const of = (u: number) => `unit ${units[u]} in class ${label}`;
  return E.map(({ factor }: CovarianceFactor) => ({
    label,
    samples,
    weight: count / all,
    mean,
    factor,
  }))(regularFactor(samples, { name: "x", of }));
}

/**
 * Estimates from the units that vary; of one class, or where no unit varies, there are 0 bits.
 *
 * @param labels One per sample.
 */
export function withVarying(
  x: Samples,
  labels: ArrayLike<number>,
  estimate: (varying: VaryingUnits) => Estimate,
): Estimate {
  const problem = checkSamples("x", x, 2) ??
    checkPairs({ name: "x", count: x.count }, { name: "labels", count: labels.length });
  if (problem !== null) return E.left(problem);
  const varying = varyingUnits(x);
  const oneClass = Array.from(labels).every((label) => Object.is(label, labels[0]));
  return oneClass || varying.units.length === 0 ? E.right(0) : estimate(varying);
}
