/**
 * The ranges of the losses' options.
 *
 * @module
 */
import { type InvalidOption, invalidOption } from "../../graph/error.ts";

/** The first that is not null. */
export const firstProblem = (
  ...problems: readonly (InvalidOption | null)[]
): InvalidOption | null => problems.find((problem) => problem !== null) ?? null;

/** Unless it is finite and from `low` to `high`, both included. */
export const outside = (
  option: string,
  value: number,
  low: number,
  high = Infinity,
): InvalidOption | null =>
  Number.isFinite(value) && value >= low && value <= high ? null : invalidOption(
    option,
    value,
    high === Infinity ? `a finite number of at least ${low}` : `a number from ${low} to ${high}`,
  );

/** Unless it is finite and above 0. */
export const notPositive = (option: string, value: number): InvalidOption | null =>
  Number.isFinite(value) && value > 0
    ? null
    : invalidOption(option, value, "a finite number above 0");

/** Unless it is an integer of at least 1. */
export const notCount = (option: string, value: number): InvalidOption | null =>
  Number.isInteger(value) && value >= 1
    ? null
    : invalidOption(option, value, "an integer of at least 1");

/** Unless it is the name of a distance. */
export const unknownDistance = (distance: string): InvalidOption | null =>
  ["euclidean", "squared_euclidean", "cosine"].includes(distance)
    ? null
    : invalidOption("distance", distance, "euclidean, squared_euclidean or cosine");
