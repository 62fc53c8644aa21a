/**
 * Correlated Gaussians: pairs whose information is known, to calibrate estimators with.
 *
 * @module
 */
import { draw, type Rng } from "../../../graph/rng.ts";
import type { PairSource } from "./pairs.ts";

/**
 * Pairs of Gaussians with a known information: x ~ N(0, I), y = ρ·x + √(1 − ρ²)·e with e ~ N(0, I).
 * Every component of y is standard normal, and I(X;Y) is that of {@linkcode correlationInformation}.
 *
 * @param width Numbers per sample, d, of both.
 * @param correlation ρ of a component of x with the same of y, in (−1, 1).
 *
 * @example
 * ```ts
 * import { gaussianPairs } from "./gaussian_pairs.ts";
 * import { seed } from "../../../graph/rng.ts";
 * import { assertAlmostEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const [{ x, y }] = gaussianPairs(1, 0.8).draw(20_000, seed(26));
 * const product = x.reduce((sum, value, i) => sum + value * y[i], 0) / 20_000;
 * assertAlmostEquals(product, 0.8, 0.03);
 * ```
 */
export const gaussianPairs = (width: number, correlation: number): PairSource => ({
  widths: [width, width],
  draw: (count, rng) => {
    const [numbers, next] = normals(2 * count * width, rng);
    const x = numbers.subarray(0, count * width);
    const rest = Math.sqrt(1 - correlation * correlation);
    const y = x.map((value, i) => correlation * value + rest * numbers[count * width + i]);
    return [{ count, x, y }, next];
  },
});

/** I(X;Y) of {@linkcode gaussianPairs}: −d/2 · log2(1 − ρ²), in bits. */
export const correlationInformation = (width: number, correlation: number): number =>
  -width / 2 * Math.log2(1 - correlation * correlation);

/**
 * Independent standard normal numbers, in float32.
 *
 * Source: Box & Muller 1958, "A note on the generation of random normal deviates".
 */
export function normals(count: number, rng: Rng): readonly [Float32Array, Rng] {
  return draw(rng, ({ unit }) => {
    const values = new Float32Array(count);
    for (let i = 0; i < count; i += 2) {
      // 1 − unit is never 0, whose logarithm would be infinite.
      const radius = Math.sqrt(-2 * Math.log(1 - unit()));
      const angle = 2 * Math.PI * unit();
      values[i] = radius * Math.cos(angle);
      if (i + 1 < count) values[i + 1] = radius * Math.sin(angle);
    }
    return values;
  });
}
