/**
 * Mutual information of two continuous variables from nearest neighbours.
 *
 * @module
 */
import { E } from "../../../graph/fp_ts.ts";
import { digamma } from "../digamma.ts";
import {
  checkDistances,
  checkK,
  defaultK,
  type KnnOptions,
  reachingCoincident,
} from "./knn_options.ts";
import { neighbourSearch } from "./neighbour_search.ts";
import {
  checkPairs,
  checkSamples,
  type Estimate,
  type NeighbourSearch,
  type Samples,
} from "../samples.ts";

/**
 * I(X;Y) in bits, by Kraskov, Stögbauer and Grassberger's first estimator:
 * [ψ(n) + ⟨ψ(k) − ψ(n_x) − ψ(n_y)⟩] / ln 2.
 *
 * ε is a sample's distance to its k-th nearest other one in the max-norm of x and y together; n_x
 * counts the samples whose x is strictly nearer than ε, itself included; n_y likewise.
 *
 * Not clamped: around 0 bits it may be negative. For independent variables the mean is 0.006 bits
 * (n = 2,000, 1 and 1 unit, standard deviation 0.02). **In many dimensions it is far too low**, and
 * slowly better with more samples: with a true 11.98 bits between 10 and 10 units, 3.5 at n = 500
 * and 5.7 at n = 10,000; in 1 and 1 it is within 0.02 (k = 3). The units' scales count: give x and
 * y like ones.
 *
 * It assumes densities. What samples that coincide make of it:
 * - where x or y repeats alone, as the zeros of relu do, the counts include the repeats, but none
 *   of those at ε: 0.04 bits of 2.76 more than with {@linkcode jitter}, which has half of them
 *   (golden values);
 * - where k others coincide with a sample in x and y together, ε = 0; then k, n_x and n_y become
 *   the numbers of samples that coincide with it, itself included, in both, in x and in y. That is
 *   the mean of what noise would give if all three were the same samples, and the ψ form of log
 *   (p_xy / (p_x p_y)): a constant x or y that has repeats with the other has 0 bits there, and
 *   repeated codes have about the information that counting gives;
 * - values on a lattice, where many distances are equal and none 0, give far too much: n_x can be
 *   below k. Jitter or counting is better there.
 *
 * Identical variables have ψ(n) − ψ(k): the true information is ∞, and no estimate says more than
 * its samples can.
 *
 * Better than the reference: NPEET, and pytorch-mighty with it, counts what is within ε − 1e-15
 * instead of strictly nearer than ε. Above ε = 16 float64 cannot tell the two apart and the k-th
 * neighbour itself is counted: 3 and 3 units with 0.788 bits have 0.741 there when multiplied by
 * 100, and 0.788 here.
 *
 * Source: Kraskov, Stögbauer & Grassberger, Phys. Rev. E 69 (2004) 066138, eq. 8, whose n_x is
 * without the sample itself. For ε = 0: the idea of Gao, Kannan, Oh & Viswanath, NIPS 2017, alg. 1.
 *
 * @param x Any width; standardise it.
 * @param y As many samples, any width.
 * @returns Bits; or an error where samples or k do not fit: k is at most n − 1.
 *
 * @example
 * ```ts
 * import { ksgInformation } from "./ksg.ts";
 * import { E } from "../../../graph/fp_ts.ts";
 * import { draw, seed } from "../../../graph/rng.ts";
 * import { assert } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * // y = x + noise, both uniform in [0, 1): log₂ √e bits.
 * const count = 4000;
 * const [noise] = draw(seed(26), ({ unit }) => Float64Array.from({ length: 2 * count }, unit));
 * const x = { count, width: 1, values: noise.subarray(count) };
 * const y = { count, width: 1, values: x.values.map((value, i) => value + noise[i]) };
 * const bits = ksgInformation(x, y);
 * assert(E.isRight(bits) && Math.abs(bits.right - Math.LOG2E / 2) < 0.05);
 * ```
 */
export function ksgInformation(
  x: Samples,
  y: Samples,
  { k = defaultK }: KnnOptions = {},
): Estimate {
  const problem = checkSamples("x", x, 2) ?? checkSamples("y", y, 2) ??
    checkPairs({ name: "x", count: x.count }, { name: "y", count: y.count }) ??
    checkK(k, x.count - 1);
  if (problem !== null) return E.left(problem);
  const joint = neighbourSearch(besides(x, y));
  const distances = joint.distances(k);
  const tooFar = checkDistances("x and y", distances);
  if (tooFar !== null) return E.left(tooFar);
  const radii = reachingCoincident(distances);
  const inJoint = neighbours(joint, distances, k);
  const inX = neighbourSearch(x).counts(radii);
  const inY = neighbourSearch(y).counts(radii);
  let sum = 0;
  for (let i = 0; i < x.count; i++) {
    sum += digamma(inJoint[i]) - (digamma(inX[i]) + digamma(inY[i]));
  }
  return E.right((digamma(x.count) + sum / x.count) / Math.LN2);
}

/** k, or where the k-th neighbour coincides with a sample, how many do, itself included. */
function neighbours(
  search: NeighbourSearch,
  distances: Float64Array,
  k: number,
): Int32Array {
  const counts = new Int32Array(distances.length).fill(k);
  if (!distances.includes(0)) return counts;
  const coincident = search.counts(
    distances.map((distance) => distance === 0 ? Number.MIN_VALUE : 0),
  );
  return counts.map((count, i) => Math.max(count, coincident[i]));
}

/** The joint samples: those of x with those of y behind them. */
function besides(x: Samples, y: Samples): Samples {
  const width = x.width + y.width;
  const values = new Float64Array(x.count * width);
  for (let i = 0; i < x.count; i++) {
    values.set(x.values.subarray(i * x.width, (i + 1) * x.width), i * width);
    values.set(y.values.subarray(i * y.width, (i + 1) * y.width), i * width + x.width);
  }
  return { count: x.count, width, values };
}
