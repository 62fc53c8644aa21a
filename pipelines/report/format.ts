/**
 * Numbers as a person reads them.
 *
 * @module
 */

const exponential = (value: number): string => value.toExponential(2).replace(/\.?0+e/, "e");

const short = (text: string): string => text.replace(/\.?0+$/, "");

/** A fraction in 0..1 to four places, as accuracies are quoted: "0.9730". */
export const fraction = (value: number): string =>
  Number.isFinite(value) ? value.toFixed(4) : String(value);

/**
 * Any number to three significant digits: "0.0103", "26", "12,340", "5e-5".
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

/** Ticks that lie a step apart, all with the decimals that the step needs. */
export function tickFormat(step: number): (value: number) => string {
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  if (decimals > 4 || step >= 1e6) return (value) => value === 0 ? "0" : exponential(value);
  return (value) =>
    value.toLocaleString("en-GB", {
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals,
    });
}

/** "1 unit", "2 units"; "1 class", "2 classes" when the plural is given. */
export const count = (n: number, noun: string, plural = `${noun}s`): string =>
  `${n.toLocaleString("en-GB")} ${n === 1 ? noun : plural}`;
