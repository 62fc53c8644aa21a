/**
 * What the estimators that look at nearest neighbours have in common.
 *
 * @module
 */
import { type InvalidOption, invalidOption } from "../../../graph/error.ts";

/** How an estimator that looks at nearest neighbours looks. */
export interface KnnOptions {
  /**
   * The neighbour whose distance counts: the k-th. A small k has little bias and much variance, a
   * large one the other way round; 4 by default, as the reference's monitor has it.
   */
  readonly k?: number;
}

/** The k of {@linkcode KnnOptions} where none is given. */
export const defaultK = 4;

/** What keeps k from being a number of neighbours, of which there are at most `most`. */
export const checkK = (k: number, most: number): InvalidOption | null =>
  Number.isSafeInteger(k) && k >= 1 && k <= most ? null : invalidOption(
    "k",
    k,
    most === Infinity ? "an integer of at least 1" : `an integer from 1 to ${most}, samples less 1`,
  );

/** What keeps distances from being used: one so large that float64 does not hold it. */
export const checkDistances = (name: string, distances: Float64Array): InvalidOption | null =>
  distances.includes(Infinity)
    ? invalidOption(name, "a distance above 1.8e308", "samples that float64 can subtract")
    : null;

/**
 * The distances with 0 replaced by the least number above it, so that what is strictly nearer are
 * the samples that coincide.
 */
export const reachingCoincident = (distances: Float64Array): Float64Array =>
  distances.map((distance) => distance === 0 ? Number.MIN_VALUE : distance);
