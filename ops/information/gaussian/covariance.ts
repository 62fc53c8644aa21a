/**
 * The covariance of samples.
 *
 * @module
 */
import { centre, type CentredSamples } from "../components/centred.ts";
import { choleskyFactor } from "../components/ml_matrix.ts";
import { dotProducts, sparseGram, transpose } from "../components/products.ts";
import type { Samples } from "../samples.ts";

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
 * import { covariance } from "./covariance.ts";
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

/** Up to so large a part of values that are not 0 the sparse loop is the faster one. */
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
export function factorCovariance(matrix: Float64Array, size: number): CovarianceFactor {
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
export function logDeterminant(factor: Float64Array, size: number, units: number = size): number {
  let sum = 0;
  for (let u = 0; u < units; u++) sum += 2 * Math.log(factor[u * size + u]);
  return sum;
}
