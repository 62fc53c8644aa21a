/**
 * Mean and variance of vectors that arrive in batches: a fold.
 *
 * Source: T. F. Chan, G. H. Golub, R. J. LeVeque, "Updating formulae and a pairwise algorithm for
 * computing sample variances", 1979; for single rows it is Welford's, 1962. The reference is
 * VarianceOnlineBatch of dizcza/pytorch-mighty, mighty/utils/var_online.py, in float32; here the
 * sums are float64, so that a small variance on a large mean is not lost.
 *
 * @module
 */
import { checkLength } from "./rows.ts";

/** Moments of a set of vectors: enough to add more vectors to it. */
export interface Moments {
  /** Vectors seen. */
  readonly count: number;
  /** Mean of the vectors, per unit; zeros for none. */
  readonly mean: Float64Array;
  /** The sum of their squared deviations from the mean, per unit; zeros for none. */
  readonly squares: Float64Array;
}

/**
 * The moments of no vectors of that width: the neutral element of {@linkcode mergeMoments}.
 *
 * @param width Units of a vector.
 */
export const noMoments = (width: number): Moments => ({
  count: 0,
  mean: new Float64Array(width),
  squares: new Float64Array(width),
});

/** The moments of a batch, in two passes, which is the exact way. */
function momentsOf(rows: ArrayLike<number>, width: number): Moments {
  const count = width === 0 ? 0 : rows.length / width;
  const { mean, squares } = noMoments(width);
  for (let i = 0, u = 0; i < rows.length; i++, u = u + 1 === width ? 0 : u + 1) {
    mean[u] += rows[i];
  }
  for (let u = 0; u < width; u++) mean[u] = count === 0 ? 0 : mean[u] / count;
  for (let i = 0, u = 0; i < rows.length; i++, u = u + 1 === width ? 0 : u + 1) {
    squares[u] += (rows[i] - mean[u]) ** 2;
  }
  return { count, mean, squares };
}

/**
 * The moments of two sets of vectors together. Associative and commutative up to rounding.
 *
 * @param a Moments of the first set.
 * @param b Moments of the second set, of the same width.
 * @throws {RangeError} Where the widths differ.
 */
export function mergeMoments(a: Moments, b: Moments): Moments {
  checkLength("merge moments", b.mean.length, a.mean.length);
  if (a.count === 0) return b;
  if (b.count === 0) return a;
  const count = a.count + b.count;
  const share = b.count / count;
  return {
    count,
    mean: a.mean.map((mean, u) => mean + (b.mean[u] - mean) * share),
    squares: a.squares.map((square, u) =>
      square + b.squares[u] + (b.mean[u] - a.mean[u]) ** 2 * a.count * share
    ),
  };
}

/**
 * The moments with a batch added.
 *
 * @param moments Moments so far, which stay as they are.
 * @param rows Whole rows of the moments' width, row-major; none are allowed.
 * @throws {RangeError} Where a row is not whole.
 *
 * @example
 * ```ts
 * import { addToMoments, standardDeviation, noMoments } from "./moments.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const batches = [[1, 10, 3, 10], [5, 10]];
 * const moments = batches.reduce(addToMoments, noMoments(2));
 * assertEquals([...moments.mean], [3, 10]);
 * assertEquals([...standardDeviation(moments)], [2, 0]);
 * ```
 */
export function addToMoments(moments: Moments, rows: ArrayLike<number>): Moments {
  const width = moments.mean.length;
  const whole = width === 0 ? 0 : Math.floor(rows.length / width) * width;
  checkLength("add rows", rows.length, whole);
  return mergeMoments(moments, momentsOf(rows, width));
}

/**
 * The standard deviation per unit.
 *
 * @param moments Moments of the vectors.
 * @param unbiased Whether to divide by count − 1, the default, or by count.
 * @returns Zeros for fewer than two vectors, as in the reference.
 */
export const standardDeviation = ({ count, squares }: Moments, unbiased = true): Float64Array =>
  squares.map((square) => count < 2 ? 0 : Math.sqrt(square / (unbiased ? count - 1 : count)));
