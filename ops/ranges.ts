/**
 * The ranges of numeric options.
 *
 * A constructor does not throw and does not return an `Either`, so that optimisers and schedules can
 * be written inline. What it makes carries the `problem`, or a `check` where that depends on the weights, and
 * the functions that use it (`createRun`, the stages) return what is found.
 *
 * @module
 */
import { type InvalidOption, invalidOption } from "../graph/error.ts";

/** Options as configurations keep them: plain JSON; a schedule is an object of its own. */
export interface OptionValues {
  /** The value of an option, by the option's name. */
  readonly [option: string]: number | string | boolean | OptionValues;
}

/** A set of numbers with its description. */
export interface Range {
  /** False for a NaN. */
  readonly holds: (value: number) => boolean;
  /** Expected value, in the words of the error: "a finite number above 0". */
  readonly words: string;
}

/** Range (0, ∞). */
export const positive: Range = {
  holds: (value) => value > 0 && value < Infinity,
  words: "a finite number above 0",
};

/** [0, ∞). */
export const notNegative: Range = {
  holds: (value) => value >= 0 && value < Infinity,
  words: "a finite number of at least 0",
};

/** [0, 1). */
export const belowOne: Range = {
  holds: (value) => value >= 0 && value < 1,
  words: "a number of at least 0 and below 1",
};

/** Integers from `least` on. */
export const integerFrom = (least: number): Range => ({
  holds: (value) => Number.isSafeInteger(value) && value >= least,
  words: `an integer of at least ${least}`,
});

/**
 * The first option that is out of its range, or null.
 *
 * @example
 * ```ts
 * import { checkRanges, positive } from "./ranges.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(checkRanges({ maxNorm: [1, positive] }), null);
 * assertEquals(checkRanges({ maxNorm: [NaN, positive] })?.option, "maxNorm");
 * ```
 */
export function checkRanges(
  options: Readonly<Record<string, readonly [value: number, range: Range]>>,
): InvalidOption | null {
  for (const [name, [value, { holds, words }]] of Object.entries(options)) {
    if (!holds(value)) return invalidOption(name, value, words);
  }
  return null;
}
