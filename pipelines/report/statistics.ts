/**
 * Mean and spread of a few numbers, and how they are written.
 *
 * @module
 */
import { compact, fraction } from "./format.ts";

/** The arithmetic mean; NaN of no values. Of equal values it is that value, to the bit. */
export const mean = (values: readonly number[]): number =>
  values[0] + values.reduce((sum, value) => sum + (value - values[0]), 0) / values.length;

/**
 * The sample standard deviation, √(Σ(x − mean)² / (n − 1)).
 *
 * @returns null for fewer than two values, of which there is none.
 *
 * @example
 * ```ts
 * import { mean, standardDeviation } from "./statistics.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals([mean([1, 2, 3]), standardDeviation([1, 2, 3])], [2, 1]);
 * assertEquals(standardDeviation([1]), null);
 * ```
 */
export function standardDeviation(values: readonly number[]): number | null {
  if (values.length < 2) return null;
  const centre = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}

/**
 * Mean ± standard deviation as a person reads it: fractions to four places, all else to three digits.
 *
 * @example
 * ```ts
 * import { plusMinus } from "./statistics.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(plusMinus([0.971, 0.973]), "0.9720 ± 0.0014");
 * assertEquals(plusMinus([25, 26]), "25.5 ± 0.707");
 * assertEquals(plusMinus([0.9]), "0.9000");
 * ```
 */
export function plusMinus(values: readonly number[]): string {
  const [centre, spread] = [mean(values), standardDeviation(values)];
  const isFraction = Math.abs(centre) >= 0.01 && values.every((value) => Math.abs(value) <= 1);
  const show = isFraction ? fraction : compact;
  return spread === null ? show(centre) : `${show(centre)} ± ${show(spread)}`;
}
