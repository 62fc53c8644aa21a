/**
 * Many times as three numbers: the median and the quartiles.
 *
 * Medians, because other work of the machine makes a sample longer, never shorter. The quantiles
 * are d3-array's, interpolated (R's type 7); it ships no types.
 *
 * @module
 */
import * as d3 from "npm:d3-array@3.2.5";

const quantile: (values: Iterable<number>, p: number) => number | undefined = d3.quantile;

/** Median of some numbers, and the range of their middle half. */
export interface Summary {
  /** A quarter is below it. */
  readonly lower: number;
  /** Half is below it. */
  readonly median: number;
  /** A quarter is above it. */
  readonly upper: number;
}

/**
 * The median and the quartiles.
 *
 * @param values At least one.
 * @throws {RangeError} Where there is none.
 *
 * @example
 * ```ts
 * import { summarise } from "./summary.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(summarise([5, 1, 3, 9]), { lower: 2.5, median: 4, upper: 6 });
 * ```
 */
export function summarise(values: readonly number[]): Summary {
  const at = (p: number): number => {
    const value = quantile(values, p);
    if (value === undefined) {
      throw new RangeError("Cannot summarise: expected at least one value, current value is none");
    }
    return value;
  };
  return { lower: at(0.25), median: at(0.5), upper: at(0.75) };
}
