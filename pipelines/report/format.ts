/**
 * Numbers as a person reads them, and the mean and spread of a few.
 *
 * @module
 */

const exponential = (value: number): string => value.toExponential(2).replace(/\.?0+e/, "e");

const short = (text: string): string => text.replace(/\.?0+$/, "");

/** Writes a fraction in 0..1 to four places, as accuracies are quoted: "0.9730". */
export const fraction = (value: number): string =>
  Number.isFinite(value) ? value.toFixed(4) : String(value);

/**
 * Writes any number to three significant digits: "0.0103", "26", "12,340", "5e-5".
 *
 * @example
 * ```ts
 * import { compact } from "./format.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals([0.01032, 26, 12340.4, 0.00005].map(compact), ["0.0103", "26", "12,340", "5e-5"]);
 * ```
 */
export function compact(value: number): string {
  if (!Number.isFinite(value) || value === 0) return String(value);
  const size = Math.abs(value);
  if (size < 1e-4 || size >= 1e9) return exponential(value);
  if (size >= 1000) return Math.round(value).toLocaleString("en-GB");
  const text = value.toPrecision(3);
  return text.includes(".") ? short(text) : text;
}

/** Returns a format for ticks that lie a step apart, all with the decimals that the step needs. */
export function tickFormat(step: number): (value: number) => string {
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  if (decimals > 4 || step >= 1e6) return (value) => value === 0 ? "0" : exponential(value);
  return (value) =>
    value.toLocaleString("en-GB", {
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals,
    });
}

/** Writes a number with its noun: "1 unit", "2 units"; "2 classes" where the plural is given. */
export const count = (n: number, noun: string, plural = `${noun}s`): string =>
  `${n.toLocaleString("en-GB")} ${n === 1 ? noun : plural}`;

// ---- Mean and spread

/** Computes the arithmetic mean; NaN of no values. Of equal values it is that value, to the bit. */
export const mean = (values: readonly number[]): number =>
  values[0] + values.reduce((sum, value) => sum + (value - values[0]), 0) / values.length;

/**
 * Computes the sample standard deviation, √(Σ(x − mean)² / (n − 1)).
 *
 * @returns null for fewer than two values, of which there is none.
 *
 * @example
 * ```ts
 * import { mean, standardDeviation } from "./format.ts";
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
 * Writes mean ± standard deviation: fractions to four places, all else to three digits.
 *
 * @example
 * ```ts
 * import { plusMinus } from "./format.ts";
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
