/**
 * Noise that tells repeated samples apart.
 *
 * @module
 */
import { draw, type Rng } from "../../../graph/rng.ts";
import type { Samples } from "../samples.ts";

/**
 * Adds uniform noise from [0, amplitude) to each number, so that no two samples coincide.
 *
 * For variables that are continuous in principle, but repeat because they were rounded or cut off
 * (the zeros of relu). It does not make a discrete variable continuous: differential entropy then
 * measures the noise, and falls by a bit per unit with each halving of the amplitude.
 *
 * Where numbers are so large that float64 does not hold the sum, ties remain: above 1e6 for the
 * default.
 *
 * Source: the reference adds as much (NPEET, `add_noise`), but in float32, where it vanishes above
 * 1e-3.
 *
 * @param amplitude Above 0; 1e-10 by default. Much less than the distances of neighbours that
 * differ.
 * @returns The samples in float64, and the generator to draw from next.
 * @throws {RangeError} Where the amplitude is not a finite number above 0.
 *
 * @example
 * ```ts
 * import { jitter } from "./jitter.ts";
 * import { knnEntropy } from "./knn_entropy.ts";
 * import { E } from "../../../graph/fp_ts.ts";
 * import { seed } from "../../../graph/rng.ts";
 * import { assert } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const x = { count: 9, width: 1, values: Float32Array.of(0, 0, 0, 0, 0, 0, 1, 2, 3) };
 * const [jittered] = jitter(x, seed(26));
 * assert(E.isLeft(knnEntropy(x)));
 * assert(E.isRight(knnEntropy(jittered)));
 * ```
 */
export function jitter(
  { count, width, values }: Samples,
  rng: Rng,
  amplitude = 1e-10,
): readonly [Samples, Rng] {
  if (!(amplitude > 0 && amplitude < Infinity)) {
    const range = "an amplitude above 0";
    throw new RangeError(`Cannot add noise: expected ${range}, current value is ${amplitude}`);
  }
  return draw(rng, ({ unit }) => ({
    count,
    width,
    values: Float64Array.from(values, (value) => value + unit() * amplitude),
  }));
}
