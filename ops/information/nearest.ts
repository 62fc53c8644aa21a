/**
 * Information from the distances to nearest neighbours: the differential entropy of Kozachenko and
 * Leonenko, the mutual information of two variables by Kraskov, Stögbauer and Grassberger, and of a
 * variable and a class by Ross, or as a difference of entropies.
 *
 * @module
 */
import { type InvalidOption, invalidOption } from "../../graph/error.ts";
import { draw, type Rng } from "../../graph/rng.ts";
import {
  besides,
  checkPairs,
  checkSamples,
  type ClassSamples,
  classSamples,
  type Estimate,
  membersOfClasses,
  type Samples,
  selectSamples,
} from "./samples.ts";
import { E } from "../../graph/fp_ts.ts";
import { digamma, meanDigamma } from "./digamma.ts";
import { type NeighbourSearch, neighbourSearch } from "./neighbour_search.ts";

/** Options of estimators by nearest neighbours. */
export interface KnnOptions {
  /**
   * The neighbour whose distance counts: the k-th. A small k has little bias and much variance, a
   * large one the other way round. The default is that of the reference's monitor. @default 4
   */
  readonly k?: number;
}

/** Default k of {@linkcode KnnOptions}. */
const defaultK = 4;

// ---- Entropy

/**
 * The differential entropy of a continuous variable in bits, by Kozachenko and Leonenko in the
 * max-norm: [ψ(n) − ψ(k) + d ln 2 + d ⟨ln ε⟩] / ln 2, ε being the distance to the k-th nearest
 * other sample.
 *
 * It is relative to the units' own units: samples times a have log₂ a bits more per unit, and a
 * negative entropy is nothing wrong.
 *
 * It assumes a density. Where a value has a probability of its own the true entropy is −∞: as soon
 * as a sample coincides with k others this is an error, and {@linkcode jitter} breaks the ties.
 * Binary codes are no such variable; count them instead.
 *
 * Bias: in 1 to 3 units 0, −.02 and −.05 bits at n = 2,000, with a standard deviation of .03 to .04
 * (standard normal, k = 4). It grows with the dimension: +.4 in 10 units at n = 400, +.08 at n =
 * 10,000; in 64 units and n = 10,000 it says 152 where the truth is 131.
 *
 * Source: Kozachenko & Leonenko 1987; Kraskov, Stögbauer & Grassberger, Phys. Rev. E 69 (2004)
 * 066138, eq. 20, whose ε is twice this one. Equal to `entropy` of NPEET, which pytorch-mighty
 * uses.
 *
 * @param x At least k + 1 samples.
 * @param options Options, as {@linkcode KnnOptions} describes them.
 * @returns Bits; or an error where samples or k do not fit, or k + 1 samples coincide.
 *
 * @example
 * ```ts
 * import { knnEntropy } from "./nearest.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { draw, seed } from "../../graph/rng.ts";
 * import { assert } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * // Uniform in a square of side 4: 2 · log₂ 4 bits.
 * const side = 4;
 * const numbers = { length: 2 * 2000 };
 * const [values] = draw(seed(26), ({ unit }) => Float64Array.from(numbers, () => side * unit()));
 * const bits = knnEntropy({ count: 2000, width: 2, values });
 * assert(E.isRight(bits) && Math.abs(bits.right - 4) < 0.1);
 * ```
 */
export const knnEntropy = (x: Samples, { k = defaultK }: KnnOptions = {}): Estimate =>
  entropyOf("x", x, k);

/** {@linkcode knnEntropy} with the name by which an error calls the samples. */
function entropyOf(name: string, x: Samples, k: number): Estimate {
  const problem = checkSamples(name, x, 2) ?? checkK(k, x.count - 1);
  if (problem !== null) return E.left(problem);
  const distances = neighbourSearch(x).distances(k);
  const coincident = distances.indexOf(0);
  if (coincident !== -1) {
    const actual = `sample ${coincident}, which coincides with ${k} others or more`;
    return E.left(invalidOption(name, actual, "a continuous variable; jitter tells repeats apart"));
  }
  const tooFar = checkDistances(name, distances);
  if (tooFar !== null) return E.left(tooFar);
  let sum = 0;
  for (let i = 0; i < distances.length; i++) sum += Math.log2(distances[i]);
  const bits = (digamma(x.count) - digamma(k)) / Math.LN2;
  return E.right(bits + x.width * (1 + sum / x.count));
}

// ---- Information of two variables

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
 * @param x Samples of any width; standardise them.
 * @param y Samples of any width, as many.
 * @param options Options, as {@linkcode KnnOptions} describes them.
 * @returns Bits; or an error where samples or k do not fit: k is at most n − 1.
 *
 * @example
 * ```ts
 * import { ksgInformation } from "./nearest.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { draw, seed } from "../../graph/rng.ts";
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

/**
 * Returns k for each sample; where the k-th neighbour coincides with a sample, the number of those that do, itself
 * included.
 */
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

// ---- Information of a variable and a class

/**
 * I(X;Y) of a continuous X and a discrete Y in bits, by Ross: [ψ(n) + ⟨ψ(k)⟩ − ⟨ψ(n_c)⟩ − ⟨ψ(m)⟩] /
 * ln 2.
 *
 * n_c is the number of samples of a sample's class, ε its distance in the max-norm to the k-th
 * nearest other one *of its class*, and m the number of samples of all classes strictly nearer than
 * ε, itself included. In a class of k samples or fewer, k is n_c − 1. Samples that are alone in
 * their class are left out, of n and of m too: they have no such distance.
 *
 * Not clamped: around 0 bits it may be negative, with a standard deviation of 0.02 bits for 4
 * classes, 2 units and n = 1,200. It is at most ψ(n) − ⟨ψ(n_c)⟩, about H(Y).
 *
 * Bias: 2.10 bits where the truth is 2.17 (5 classes, 10 units, n = 300), 1.81 of 1.78 (4 classes,
 * 3 units, n = 500), 1.26 of 1.30 (3 classes, 1 unit, n = 500), with k = 3: one sample of each.
 *
 * It assumes that X is continuous. Where several others of its class are at the distance ε, or ε = 0, as
 * on a lattice or among repeated codes, k becomes the number of the class's samples at ε or nearer and m that
 * of all, itself included in both. So a constant X has 0 bits, repeated binary codes have about the
 * information that counting gives, and no layer knows more than H(Y); scikit-learn keeps k there and
 * counts none of those at ε, which gives too much: 3.45 bits of 3.32 for a trained kWTA layer of MNIST
 * in ten principal components.
 *
 * Source: Ross, PLoS ONE 9 (2014) e87357. Equal to scikit-learn's
 * `mutual_info_classif` for one unit, but for the clamping, ties, and its unit, the nat.
 *
 * @param x Samples of any width; standardise them.
 * @param labels One per sample; only their being equal matters.
 * @param options Options, as {@linkcode KnnOptions} describes them.
 * @returns Bits; or an error where the samples or k do not fit, or no class has two samples.
 *
 * @example
 * ```ts
 * import { rossInformation } from "./nearest.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { draw, seed } from "../../graph/rng.ts";
 * import { assert } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * // Two classes that lie far apart: the label has 1 bit.
 * const labels = Uint8Array.from({ length: 2000 }, (_, i) => i % 2);
 * const [values] = draw(seed(26), ({ unit }) => Float64Array.from(labels, (c) => 9 * c + unit()));
 * const bits = rossInformation({ count: 2000, width: 1, values }, labels);
 * assert(E.isRight(bits) && Math.abs(bits.right - 1) < 0.01);
 * ```
 */
export function rossInformation(
  x: Samples,
  labels: ArrayLike<number>,
  { k = defaultK }: KnnOptions = {},
): Estimate {
  const problem = checkSamples("x", x, 2) ??
    checkPairs({ name: "x", count: x.count }, { name: "labels", count: labels.length }) ??
    checkK(k, Infinity);
  if (problem !== null) return E.left(problem);
  const classes = membersOfClasses(labels).filter((members) => members.length > 1);
  if (classes.length === 0) {
    return E.left(invalidOption("labels", "one sample per class", "a class of 2 samples or more"));
  }
  const near = nearestInClass(x, classes, k);
  const tooFar = checkDistances("x", near.distances);
  if (tooFar !== null) return E.left(tooFar);
  const inAll = neighbourSearch(selectSamples(x, near.kept)).counts(near.radii);
  const nats = digamma(near.kept.length) + meanDigamma(near.inClass) - meanDigamma(near.sizes) -
    meanDigamma(inAll);
  return E.right(nats / Math.LN2);
}

/** Neighbourhood of each kept sample within its class. */
interface InClass {
  /** The indices of the samples, class by class. */
  readonly kept: Uint32Array;
  /** The number of samples of its class. */
  readonly sizes: Int32Array;
  /** Neighbours that were looked for: k, or fewer in a small class, or more where some are tied. */
  readonly inClass: Int32Array;
  /** The distance of the last of these. */
  readonly distances: Float64Array;
  /**
   * Radius of each sample: the distance to its k-th neighbour, or the next number above it for a tie. Only strictly
   * nearer samples count.
   */
  readonly radii: Float64Array;
}

function nearestInClass(x: Samples, classes: readonly Uint32Array[], k: number): InClass {
  const total = classes.reduce((sum, { length }) => sum + length, 0);
  const found = {
    kept: new Uint32Array(total),
    sizes: new Int32Array(total),
    inClass: new Int32Array(total),
    distances: new Float64Array(total),
    radii: new Float64Array(total),
  };
  let at = 0;
  for (const members of classes) {
    const search = neighbourSearch(selectSamples(x, members));
    const nearest = Math.min(k, members.length - 1);
    const distances = search.distances(nearest);
    found.kept.set(members, at);
    found.sizes.fill(members.length, at, at + members.length);
    const above = distances.map(nextUp);
    // Itself is among both, so that without a tie there are k nearer, and k + 1 within.
    const [nearer, within] = [search.counts(distances), search.counts(above)];
    const isTied = (i: number): boolean => nearer[i] !== nearest || within[i] !== nearest + 1;
    found.inClass.set(within.map((count, i) => isTied(i) ? count : nearest), at);
    found.radii.set(distances.map((distance, i) => isTied(i) ? above[i] : distance), at);
    found.distances.set(distances, at);
    at += members.length;
  }
  return found;
}

/** The least number above one that is finite and not negative. */
function nextUp(value: number): number {
  bits[0] = value;
  words[0]++;
  return bits[0];
}

const bits = new Float64Array(1);
const words = new BigInt64Array(bits.buffer);

/**
 * |H(X) − Σ p_c H(X|c)| in bits, each H by {@linkcode knnEntropy}: the reference's `micd`.
 *
 * A class of fewer than k + 1 samples has no entropy of its own and is taken to have that of X: it
 * adds nothing. The difference is at most ψ(n) − ⟨ψ(n_c)⟩ over the samples' classes, about H(Y),
 * but can be below 0, which the absolute value hides: independent variables have 0.04 bits on
 * average (4 classes, 2 units, n = 1,200), where {@linkcode rossInformation} has −0.003. That one
 * is signed, keeps small classes, and takes samples that repeat; this one is for comparison with
 * the reference.
 *
 * Bias: +.012 / −.000 / +.001 bits at n = 500 / 2,000 / 10,000 (3 classes, 1 unit, truth 1.303),
 * −.106 / −.051 / −.019 (5 classes, 10 units, truth 2.172), with k = 3.
 *
 * Source: `micd` of NPEET, which pytorch-mighty's monitor uses with k = 4.
 *
 * @param x Any width, n samples.
 * @param labels One per sample; only their being equal matters.
 * @param options Options, as {@linkcode KnnOptions} describes them.
 * @returns Bits, at least 0; or an error where the samples or k do not fit, or where k + 1 samples,
 * of all or of a class, coincide: {@linkcode jitter} tells them apart.
 *
 * @example
 * ```ts
 * import { classConditionalInformation } from "./nearest.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { draw, seed } from "../../graph/rng.ts";
 * import { assert } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * // Two classes that lie far apart: the label has 1 bit.
 * const labels = Uint8Array.from({ length: 2000 }, (_, i) => i % 2);
 * const [values] = draw(seed(26), ({ unit }) => Float64Array.from(labels, (c) => 9 * c + unit()));
 * const bits = classConditionalInformation({ count: 2000, width: 1, values }, labels);
 * assert(E.isRight(bits) && Math.abs(bits.right - 1) < 0.05);
 * ```
 */
export function classConditionalInformation(
  x: Samples,
  labels: ArrayLike<number>,
  { k = defaultK }: KnnOptions = {},
): Estimate {
  const problem = checkSamples("x", x, 2) ??
    checkPairs({ name: "x", count: x.count }, { name: "labels", count: labels.length });
  if (problem !== null) return E.left(problem);
  return E.chain((all: number) =>
    E.map((parts: readonly number[]) => Math.abs(parts.reduce((sum, part) => sum - part, all)))(
      E.traverseArray(({ label, samples }: ClassSamples): Estimate => {
        const weighted = E.map((bits: number) => bits * samples.count / x.count);
        const name = `x of class ${label}`;
        return weighted(samples.count > k ? entropyOf(name, samples, k) : E.right(all));
      })(classSamples(x, labels)),
    )
  )(entropyOf("x", x, k));
}

// ---- Repeated samples

/**
 * Adds uniform noise from [0, amplitude) to each number, so that no two samples coincide.
 *
 * For variables that are continuous in principle, but repeat because they were rounded or cut off
 * (the zeros of relu). It does not make a discrete variable continuous: differential entropy then
 * measures the noise, and falls by a bit per unit with each halving of the amplitude.
 *
 * Where numbers are so large that float64 does not hold the sum, ties remain: above 1e6 for the
 * default.
 *
 * Source: the reference adds as much (NPEET, `add_noise`), but in float32, where it vanishes above
 * 1e-3.
 *
 * @param samples Samples of any width.
 * @param rng Generator to draw from.
 * @param amplitude Above 0, 1e-10 where it is left out: much less than the distances of neighbours that
 * differ.
 * @returns The samples in float64, and the generator to draw from next.
 * @throws {RangeError} Where the amplitude is not a finite number above 0.
 *
 * @example
 * ```ts
 * import { jitter } from "./nearest.ts";
 * import { knnEntropy } from "./nearest.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { seed } from "../../graph/rng.ts";
 * import { assert } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const x = { count: 9, width: 1, values: Float32Array.of(0, 0, 0, 0, 0, 0, 1, 2, 3) };
 * const [jittered] = jitter(x, seed(26));
 * assert(E.isLeft(knnEntropy(x)));
 * assert(E.isRight(knnEntropy(jittered)));
 * ```
 */
export function jitter(
  { count, width, values }: Samples,
  rng: Rng,
  amplitude = 1e-10,
): readonly [Samples, Rng] {
  if (!(amplitude > 0 && amplitude < Infinity)) {
    const range = "an amplitude above 0";
    throw new RangeError(`Cannot add noise: expected ${range}, current value is ${amplitude}`);
  }
  return draw(rng, ({ unit }) => ({
    count,
    width,
    values: Float64Array.from(values, (value) => value + unit() * amplitude),
  }));
}

/**
 * The distances with 0 replaced by the least number above it, so that what is strictly nearer are
 * the samples that coincide.
 */
const reachingCoincident = (distances: Float64Array): Float64Array =>
  distances.map((distance) => distance === 0 ? Number.MIN_VALUE : distance);

// ---- Checks

/** Checks that k is a possible number of neighbours, of which there are at most `most`. */
const checkK = (k: number, most: number): InvalidOption | null =>
  Number.isSafeInteger(k) && k >= 1 && k <= most ? null : invalidOption(
    "k",
    k,
    most === Infinity ? "an integer of at least 1" : `an integer from 1 to ${most}, samples less 1`,
  );

/** Checks that every distance is finite in float64. */
const checkDistances = (name: string, distances: Float64Array): InvalidOption | null =>
  distances.includes(Infinity)
    ? invalidOption(name, "a distance above 1.8e308", "samples that float64 can subtract")
    : null;
