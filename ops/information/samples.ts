/**
 * Samples of continuous variables, as the estimators of information take them.
 *
 * @module
 */
import type { E } from "../../graph/fp_ts.ts";
import { type InvalidOption, invalidOption } from "../../graph/error.ts";

/** Samples of one variable, one per row. Real-valued `Embeddings` are such samples too. */
export interface Samples {
  /** Samples, n. */
  readonly count: number;
  /** Numbers per sample: the variable's dimension, d. */
  readonly width: number;
  /** count × width numbers, row-major. */
  readonly values: Float32Array | Float64Array;
}

/** Samples that have been prepared for the search of nearest neighbours in the max-norm. */
export interface NeighbourSearch {
  /**
   * The distance of each sample to its k-th nearest other one, exactly.
   *
   * @param k From 1 to samples − 1.
   * @returns One number of at least 0 per sample, in their order; 0 where k others coincide with
   * it.
   * @throws {RangeError} Where k is out of range.
   */
  readonly distances: (k: number) => Float64Array;
  /**
   * How many samples are strictly nearer to each than a radius of its own, exactly. The sample
   * itself counts, unless its radius is 0.
   *
   * @param radii One per sample, of at least 0, none NaN.
   * @returns One count per sample.
   * @throws {RangeError} Where there are not as many radii.
   */
  readonly counts: (radii: Float64Array) => Int32Array;
}

/** What an estimator says: bits, or why it cannot. */
export type Estimate = E.Either<InvalidOption, number>;

/**
 * What keeps samples from being used, if anything.
 *
 * @param name What the error calls them: "x".
 * @param least The fewest samples that are needed; 1.
 *
 * @example
 * ```ts
 * import { checkSamples } from "./samples.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const values = Float32Array.of(1, 2, NaN);
 * const { actual } = checkSamples("x", { count: 3, width: 1, values })!;
 * assertEquals(actual, '"NaN in sample 2, unit 0"');
 * assertEquals(checkSamples("x", { count: 2, width: 1, values: values.subarray(0, 2) }), null);
 * ```
 */
export function checkSamples(
  name: string,
  { count, width, values }: Samples,
  least = 1,
): InvalidOption | null {
  if (!(Number.isInteger(width) && width >= 1)) {
    return invalidOption(name, `${width} numbers per sample`, "at least 1");
  }
  if (values.length !== count * width) {
    const actual = `${values.length} numbers for ${count} samples of ${width}`;
    return invalidOption(name, actual, `${count * width} numbers`);
  }
  if (count < least) return invalidOption(name, `${count} samples`, `at least ${least}`);
  // A callback for each of some millions of numbers would take longer than many an estimate.
  let zero = 0;
  for (let i = 0; i < values.length; i++) zero += values[i] * 0;
  if (zero === 0) return null;
  const bad = values.findIndex((value) => !Number.isFinite(value));
  const place = `in sample ${Math.floor(bad / width)}, unit ${bad % width}`;
  return invalidOption(name, `${values[bad]} ${place}`, "finite numbers");
}

/** What keeps two variables from being samples of one experiment: their numbers of samples differ. */
export function checkPairs(
  x: { readonly name: string; readonly count: number },
  y: { readonly name: string; readonly count: number },
): InvalidOption | null {
  return x.count === y.count
    ? null
    : invalidOption(y.name, `${y.count} samples`, `${x.count}, as ${x.name} has`);
}
