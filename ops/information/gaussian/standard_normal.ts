/**
 * The quantile function of the standard normal distribution in float64.
 *
 * `ops/normal_quantile.ts` is the one for tensors: float32, with a gradient, within 2e-6. No package:
 * @stdlib/stats-base-dists-normal-quantile brings 136 others, and cephes does not load in Deno.
 *
 * @module
 */

/** Highest powers first, a numerator and its denominator, for |p − ½| ≤ 0.425. */
const CENTRE = [
  [
    2.50908092873012267270e+3,
    3.34305755835881281050e+4,
    6.72657709270087008530e+4,
    4.59219539315498714570e+4,
    1.37316937655094611250e+4,
    1.97159095030655144270e+3,
    1.33141667891784377450e+2,
    3.38713287279636660800e+0,
  ],
  [
    5.22649527885285456100e+3,
    2.87290857357219426740e+4,
    3.93078958000927106100e+4,
    2.12137943015865958670e+4,
    5.39419602142475110770e+3,
    6.87187007492057908300e+2,
    4.23133307016009112520e+1,
    1,
  ],
] as const;

/** For √(−ln p) ≤ 5: probabilities down to e⁻²⁵. */
const TAIL = [
  [
    7.74545014278341407640e-4,
    2.27238449892691845833e-2,
    2.41780725177450611770e-1,
    1.27045825245236838258e+0,
    3.64784832476320460504e+0,
    5.76949722146069140550e+0,
    4.63033784615654529590e+0,
    1.42343711074968357734e+0,
  ],
  [
    1.05075007164441684324e-9,
    5.47593808499534494600e-4,
    1.51986665636164571966e-2,
    1.48103976427480074590e-1,
    6.89767334985100004550e-1,
    1.67638483018380384940e+0,
    2.05319162663775882187e+0,
    1,
  ],
] as const;

/** For what is farther out. */
const FAR_TAIL = [
  [
    2.01033439929228813265e-7,
    2.71155556874348757815e-5,
    1.24266094738807843860e-3,
    2.65321895265761230930e-2,
    2.96560571828504891230e-1,
    1.78482653991729133580e+0,
    5.46378491116411436990e+0,
    6.65790464350110377720e+0,
  ],
  [
    2.04426310338993978564e-15,
    1.42151175831644588870e-7,
    1.84631831751005468180e-5,
    7.86869131145613259100e-4,
    1.48753612908506148525e-2,
    1.36929880922735805310e-1,
    5.99832206555887937690e-1,
    1,
  ],
] as const;

type Rational = readonly [readonly number[], readonly number[]];

const horner = (coefficients: readonly number[], x: number): number =>
  coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);

const evaluate = ([above, below]: Rational, x: number): number =>
  horner(above, x) / horner(below, x);

/**
 * z with P(Z < z) = p for a standard normal Z: Φ⁻¹(p). It is odd about ½ to the rounding of 1 − p.
 *
 * Source: M. Wichura, "Algorithm AS241: The Percentage Points of the Normal Distribution", Applied
 * Statistics 37 (1988) 477, PPND16: 16 digits.
 *
 * @param p In (0, 1).
 * @throws {RangeError} Where p is outside.
 *
 * @example
 * ```ts
 * import { normalQuantile } from "./standard_normal.ts";
 * import { assertAlmostEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertAlmostEquals(normalQuantile(0.975), 1.959963984540054, 1e-15);
 * ```
 */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) {
    throw new RangeError(
      `Cannot find a quantile: expected a number above 0 and below 1, current value is ${p}`,
    );
  }
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) return q * evaluate(CENTRE, 0.180625 - q * q);
  const r = Math.sqrt(-Math.log(q < 0 ? p : 1 - p));
  const z = r <= 5 ? evaluate(TAIL, r - 1.6) : evaluate(FAR_TAIL, r - 5);
  return q < 0 ? -z : z;
}
