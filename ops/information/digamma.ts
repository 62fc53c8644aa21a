/**
 * The digamma function, ψ = (ln Γ)′.
 *
 * Own code, because the one library that has it with types, `@stdlib/math-base-special-digamma`,
 * brings 156 packages, as many as all the rest of Sparrow's; and because the estimators of
 * information only ask for ψ above 0, where it is a recurrence and a short series.
 *
 * @module
 */

/**
 * ψ(x) for x > 0, to 1e-14 of max(1, |ψ(x)|).
 *
 * x is raised to 10 or more by ψ(x) = ψ(x + 1) − 1/x; then comes the asymptotic series, whose first
 * term left out, 1 / (12 x¹⁴), is below 1e-15 there.
 *
 * Source: Abramowitz & Stegun 6.3.5 and 6.3.18.
 *
 * @throws {RangeError} Where x is not above 0.
 *
 * @example
 * ```ts
 * import { digamma } from "./digamma.ts";
 * import { assertAlmostEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertAlmostEquals(digamma(4) - digamma(1), 1 + 1 / 2 + 1 / 3, 1e-14);
 * ```
 */
export function digamma(x: number): number {
  if (!(x > 0)) {
    throw new RangeError(`Cannot take ψ(x): expected a number above 0, current value is ${x}`);
  }
  let [shift, at] = [0, x];
  for (; at < 10; at++) shift -= 1 / at;
  const z = 1 / (at * at);
  const series = z *
    (1 / 12 - z * (1 / 120 - z * (1 / 252 - z * (1 / 240 - z * (1 / 132 - z * 691 / 32760)))));
  return shift + Math.log(at) - 1 / (2 * at) - series;
}

/**
 * The mean of ψ over counts; 0 for none.
 *
 * @param counts At least 1 each.
 * @throws {RangeError} Where a count is not above 0.
 */
export function meanDigamma(counts: Int32Array): number {
  let sum = 0;
  for (let i = 0; i < counts.length; i++) sum += digamma(counts[i]);
  return sum / Math.max(1, counts.length);
}
