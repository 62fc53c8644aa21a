/**
 * Principal components of samples.
 *
 * @module
 */
import { E } from "../../../graph/fp_ts.ts";
import { type InvalidOption, invalidOption } from "../../../graph/error.ts";
import { checkRanges, integerFrom } from "../../ranges.ts";
import { centre, type CentredSamples } from "./centred.ts";
import { centredCovariance } from "../gaussian/covariance.ts";
import { symmetricEigen } from "./ml_matrix.ts";
import { dotProducts, product, transpose, transposedProduct } from "./products.ts";
import { checkSamples, type Samples } from "../samples.ts";

/** The directions in which samples vary most. */
export interface Pca {
  /** Units of a sample, d. */
  readonly width: number;
  /**
   * Components, at least 1 and at most as many as were asked for. A direction whose variance is below
   * 1e-12 of the largest is rounding and is left out, so that the projected units are never constant or
   * dependent; but samples that do not vary at all keep one component, of variance 0.
   */
  readonly kept: number;
  /** The mean of the samples, d. */
  readonly mean: Float64Array;
  /**
   * kept × d, row-major: one direction of length 1 per row, orthogonal, the one of the largest variance
   * first. The sign is such that the entry of the largest absolute value is positive.
   */
  readonly components: Float64Array;
  /** The variance along each, over n − 1, falling. */
  readonly explainedVariance: Float64Array;
  /** Each of these divided by the variance of the samples, in [0, 1]; 0 where they do not vary. */
  readonly explainedVarianceRatio: Float64Array;
  /** What {@linkcode projectOnto} makes of the samples: count × kept. */
  readonly projected: Samples;
}

/** Principal components, or why there are none. */
export type PcaResult = E.Either<InvalidOption, Pca>;

/**
 * All principal components up to a number, exactly: the eigenvectors of the covariance, or where there
 * are fewer samples than units those of the samples' Gram matrix.
 *
 * Compared with a singular value decomposition of the samples this halves the digits of components with
 * little variance: one of 1e-12 of the largest variance is at the limit.
 *
 * @param samples At least two.
 * @param components How many at most, at least 1. More than there are gives those there are.
 *
 * @example
 * ```ts
 * import { exactPca } from "./pca.ts";
 * import { E } from "../../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const values = Float32Array.of(0, 5, 1, 5, 2, 5);
 * const pca = exactPca({ count: 3, width: 2, values }, 2);
 * if (E.isLeft(pca)) throw new Error(pca.left.actual);
 * // The second unit does not vary.
 * assertEquals([pca.right.kept, ...pca.right.components], [1, 1, 0]);
 * assertEquals([...pca.right.projected.values], [-1, 0, 1]);
 * ```
 */
export function exactPca(samples: Samples, components: number): PcaResult {
  const problem = checkPca(samples, components);
  if (problem !== null) return E.left(problem);
  const centred = centre(samples);
  return centred.count < centred.width
    ? fewSamples(centred, components)
    : fewUnits(centred, components);
}

/** What keeps samples from having so many components. */
export const checkPca = (samples: Samples, components: number): InvalidOption | null =>
  checkRanges({ components: [components, integerFrom(1)] }) ??
    checkSamples("samples", samples, 2);

function fewUnits(centred: CentredSamples, components: number): PcaResult {
  const { width } = centred;
  const matrix = centredCovariance(centred);
  if (!matrix.every(Number.isFinite)) return tooLarge;
  const { values, vectors } = symmetricEigen(matrix, width);
  const most = Math.min(components, width);
  return principalAxes(centred, values.subarray(0, most), vectors.subarray(0, most * width));
}

/** The eigenvectors u of the Gram matrix X·Xᵀ give the components as Xᵀ·u, up to their lengths. */
function fewSamples(centred: CentredSamples, components: number): PcaResult {
  const { count, width, values: shifted, rest } = centred;
  const rows = shifted.map((value, at) => value - rest[at % width]);
  const matrix = dotProducts(rows, rows, width).map((value) => value / (count - 1));
  if (!matrix.every(Number.isFinite)) return tooLarge;
  const { values, vectors } = symmetricEigen(matrix, count);
  const most = Math.min(components, count - 1);
  const turned = transpose(vectors.subarray(0, most * count), most, count);
  const directions = transpose(transposedProduct(rows, turned, width, most), width, most);
  for (let c = 0; c < most; c++) normalise(directions.subarray(c * width, (c + 1) * width));
  return principalAxes(centred, values.subarray(0, most), directions);
}

/** The answer to values whose squares overflow. */
export const tooLarge: PcaResult = E.left(
  invalidOption("samples", "values above 1e150", "values that can be squared"),
);

/** Divides a vector by its length, unless that is 0. */
export function normalise(vector: Float64Array): void {
  let square = 0;
  for (let u = 0; u < vector.length; u++) square += vector[u] * vector[u];
  const length = Math.sqrt(square);
  if (length > 0) { for (let u = 0; u < vector.length; u++) vector[u] /= length; }
}

/** Below this part of the largest variance a component is rounding. */
const LEAST_VARIANCE = 1e-12;

/**
 * The components that variances and directions are, largest first.
 *
 * @param directions One of length 1 per variance and row.
 */
export function principalAxes(
  centred: CentredSamples,
  variances: Float64Array,
  directions: Float64Array,
): PcaResult {
  const { width, count, mean } = centred;
  const total = totalVariance(centred);
  const least = LEAST_VARIANCE * variances[0];
  const real = variances.findIndex((variance) => !(variance > least));
  const kept = Math.max(1, real === -1 ? variances.length : real);
  const components = directions.slice(0, kept * width);
  const explainedVariance = Float64Array.from(
    variances.subarray(0, kept),
    (variance) => Math.max(0, variance),
  );
  // Samples that do not vary have no direction: the first unit's does as well as any.
  if (!(variances[0] > 0)) components.fill(0).fill(1, 0, 1);
  for (let c = 0; c < kept; c++) fixSign(components.subarray(c * width, (c + 1) * width));
  const values = projectCentred(centred, components, kept);
  const explainedVarianceRatio = explainedVariance.map((variance) =>
    total > 0 ? Math.min(1, variance / total) : 0
  );
  const projected = { count, width: kept, values };
  return E.right({
    width,
    kept,
    mean,
    components,
    explainedVariance,
    explainedVarianceRatio,
    projected,
  });
}

function totalVariance({ count, width, values, rest }: CentredSamples): number {
  let sum = 0;
  for (let i = 0, at = 0; i < count; i++) {
    for (let u = 0; u < width; u++, at++) sum += (values[at] - rest[u]) ** 2;
  }
  return sum / (count - 1);
}

function fixSign(component: Float64Array): void {
  let largest = 0;
  for (const value of component) if (Math.abs(value) > Math.abs(largest)) largest = value;
  if (largest < 0) { for (let u = 0; u < component.length; u++) component[u] *= -1; }
}

/** (X − mean)·Cᵀ, in which zeros of the samples are skipped. */
function projectCentred(
  { width, values, rest }: CentredSamples,
  components: Float64Array,
  kept: number,
): Float64Array {
  const columns = transpose(components, kept, width);
  const projected = product(values, columns, width, kept);
  const offset = product(rest, columns, width, kept);
  for (let at = 0; at < projected.length; at++) projected[at] -= offset[at % kept];
  return projected;
}

/**
 * Other samples along the components: (x − mean)·Cᵀ.
 *
 * @param samples As wide as those that the components were found in.
 * @returns count × kept numbers.
 *
 * @example
 * ```ts
 * import { exactPca, projectOnto } from "./pca.ts";
 * import { E, pipe } from "../../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const train = { count: 3, width: 2, values: Float32Array.of(0, 5, 1, 5, 2, 5) };
 * const test = { count: 1, width: 2, values: Float32Array.of(11, 5) };
 * const projected = pipe(exactPca(train, 1), E.chain((pca) => projectOnto(pca, test)));
 * if (E.isLeft(projected)) throw new Error(projected.left.actual);
 * assertEquals([...projected.right.values], [10]);
 * ```
 */
export function projectOnto(
  { width, kept, mean, components }: Pca,
  samples: Samples,
): E.Either<InvalidOption, Samples> {
  const problem = checkSamples("samples", samples);
  if (problem !== null) return E.left(problem);
  const { count, values } = samples;
  if (samples.width !== width) {
    return E.left(invalidOption("samples", `${samples.width} units`, `${width}, as PCA had`));
  }
  const rows = Float64Array.from(values, (value, at) => value - mean[at % width]);
  return E.right({ count, width: kept, values: dotProducts(rows, components, width) });
}
