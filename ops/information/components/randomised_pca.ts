/**
 * Principal components of wide samples by random projections.
 *
 * @module
 */
import { E } from "../../../graph/fp_ts.ts";
import { draw, type Rng, seed } from "../../../graph/rng.ts";
import { checkRanges, integerFrom } from "../../ranges.ts";
import { centre, type CentredSamples } from "./centred.ts";
import { centredCovariance } from "../gaussian/covariance.ts";
import { symmetricEigen } from "./ml_matrix.ts";
import { checkPca, normalise, type PcaResult, principalAxes, tooLarge } from "./pca.ts";
import { dotProducts, product, transpose, transposedProduct } from "./products.ts";
import type { Samples } from "../samples.ts";
import { normalQuantile } from "../gaussian/standard_normal.ts";

/** How {@linkcode randomisedPca} searches. */
export interface RandomisedPcaOptions {
  /** Directions more than components, an integer of at least 0; half of the components, at least 10. */
  readonly oversampling?: number;
  /** How often the directions are multiplied by the covariance, an integer of at least 0; 2 by default. */
  readonly powerIterations?: number;
  /**
   * Draws the directions to start from; that of seed 0 by default. Where the search ends depends on it
   * in the last digits alone, so that it is not handed on.
   */
  readonly rng?: Rng;
}

/**
 * Principal components up to a number, nearly: a random subspace is multiplied by the covariance a few
 * times, and the covariance is solved exactly inside of it.
 *
 * The variances are at most the exact ones. The error falls with (λ_{k+p+1} / λ_k)^(2q + 2), λ being the
 * variances, k the components, p the oversampling and q the power iterations: the first components are
 * exact to many digits, the last ones less so where the variances fall slowly. On MNIST, 5,000 × 784 to
 * 64 components, the defaults keep all but 2e-4 of the variance that the exact components have, and miss
 * no component's variance by more than 1.3 %: as scikit-learn's defaults (p = 10, q = 4) do.
 *
 * Source: N. Halko, P. Martinsson, J. Tropp, "Finding structure with randomness", SIAM Review 53 (2011)
 * 217, algorithms 4.4 and 5.3; orthonormalised in each iteration.
 *
 * @param samples At least two.
 * @param components How many at most, at least 1.
 *
 * @example
 * ```ts
 * import { randomisedPca } from "./randomised_pca.ts";
 * import { exactPca } from "./pca.ts";
 * import { E } from "../../../graph/fp_ts.ts";
 * import { assertAlmostEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const values = Float64Array.from({ length: 30 }, (_, i) => (i * i) % 7);
 * const samples = { count: 10, width: 3, values };
 * const [near, exact] = [randomisedPca(samples, 1), exactPca(samples, 1)];
 * if (E.isLeft(near) || E.isLeft(exact)) throw new Error("both have components");
 * assertAlmostEquals(near.right.explainedVariance[0], exact.right.explainedVariance[0], 1e-12);
 * ```
 */
export function randomisedPca(
  samples: Samples,
  components: number,
  {
    oversampling = Math.max(10, Math.ceil(components / 2)),
    powerIterations = 2,
    rng = seed(0),
  }: RandomisedPcaOptions = {},
): PcaResult {
  const problem = checkPca(samples, components) ?? checkRanges({
    oversampling: [oversampling, integerFrom(0)],
    powerIterations: [powerIterations, integerFrom(0)],
  });
  if (problem !== null) return E.left(problem);
  const centred = centre(samples);
  const { count, width } = centred;
  const directions = Math.min(components + oversampling, width, count - 1);
  const timesCovariance = covarianceProduct(centred, directions, powerIterations + 2);
  let [basis] = randomDirections(directions, width, rng);
  for (let q = 0; q <= powerIterations; q++) {
    basis = timesCovariance(basis);
    if (!basis.every(Number.isFinite)) return tooLarge;
    // On the way it need not be to the last digit.
    orthonormalise(basis, width, q === powerIterations ? 2 : 1);
  }
  // Rayleigh and Ritz: what the covariance is inside of the subspace.
  const inside = dotProducts(basis, timesCovariance(basis), width);
  const { values, vectors } = symmetricEigen(symmetric(inside, directions), directions);
  const most = Math.min(components, directions);
  const axes = product(vectors.subarray(0, most * directions), basis, directions, width);
  return principalAxes(centred, values.subarray(0, most), axes);
}

/** Standard normal numbers, `many` × width. */
function randomDirections(many: number, width: number, rng: Rng): readonly [Float64Array, Rng] {
  // A unit of exactly 0 has no quantile.
  return draw(
    rng,
    ({ unit }) => Float64Array.from({ length: many * width }, () => normalQuantile(unit() || 0.5)),
  );
}

/** Vectors, one per row, times the covariance. */
type CovarianceProduct = (vectors: Float64Array) => Float64Array;

/** A multiplication in a loop that skips zeros takes as long as three in tiles. */
const SKIPPING = 3;

/**
 * By way of the covariance, or of the samples alone: whichever takes less time.
 *
 * @param many Vectors at a time.
 * @param times How often it will be used.
 */
function covarianceProduct(
  centred: CentredSamples,
  many: number,
  times: number,
): CovarianceProduct {
  const { count, width, filled, values, rest } = centred;
  const gram = filled * filled / count / 2;
  if (SKIPPING * gram + times * width * width * many <= SKIPPING * times * 2 * filled * many) {
    const matrix = centredCovariance(centred);
    return (vectors) => dotProducts(vectors, matrix, width);
  }
  return (vectors) => {
    const columns = transpose(vectors, many, width);
    const along = product(values, columns, width, many);
    const offset = product(rest, columns, width, many);
    for (let at = 0; at < along.length; at++) along[at] -= offset[at % many];
    // The sums of `along` are 0, so that the means need not be taken out on this side.
    const back = transposedProduct(values, along, width, many);
    return transpose(back, width, many).map((value) => value / (count - 1));
  };
}

/**
 * Makes the rows orthonormal by Gram & Schmidt. A row that depends on those before it becomes 0.
 *
 * @param rounds 2 for orthogonal to the last digit: once leaves what rounding put there.
 */
function orthonormalise(rows: Float64Array, width: number, rounds: 1 | 2): void {
  for (let at = 0; at < rows.length; at += width) {
    const row = rows.subarray(at, at + width);
    normalise(row);
    for (let round = 0; round < rounds; round++) {
      for (let other = 0; other < at; other += width) {
        const along = dot(rows, other, row);
        for (let u = 0; u < width; u++) row[u] -= along * rows[other + u];
      }
      if (round === 0 && squareOf(row) < INDEPENDENT) row.fill(0);
      normalise(row);
    }
  }
}

/** Of `row` and the one that starts at `from`: four sums at a time keep the processor busy. */
function dot(rows: Float64Array, from: number, row: Float64Array): number {
  let [a, b, c, d, u] = [0, 0, 0, 0, 0];
  for (; u + 3 < row.length; u += 4) {
    a += rows[from + u] * row[u];
    b += rows[from + u + 1] * row[u + 1];
    c += rows[from + u + 2] * row[u + 2];
    d += rows[from + u + 3] * row[u + 3];
  }
  for (; u < row.length; u++) a += rows[from + u] * row[u];
  return a + b + c + d;
}

/** The square of what must be left of a row of length 1: less than that is rounding. */
const INDEPENDENT = 1e-26;

const squareOf = (row: Float64Array): number => row.reduce((sum, value) => sum + value * value, 0);

/** The mean of a matrix and its transpose, which rounding made different. */
const symmetric = (matrix: Float64Array, size: number): Float64Array =>
  matrix.map((value, at) => (value + matrix[(at % size) * size + Math.floor(at / size)]) / 2);
