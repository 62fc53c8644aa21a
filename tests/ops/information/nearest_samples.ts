/**
 * Samples for the tests of the estimators by nearest neighbours.
 *
 * @module
 */
import fc from "npm:fast-check@4.3.0";
import { E } from "../../../graph/fp_ts.ts";
import { describe } from "../../../graph/error.ts";
import { draw, seed } from "../../../graph/rng.ts";
import type { Estimate, Samples } from "../../../ops/information/samples.ts";
import { fail } from "../../assert.ts";
import { float64, type GoldenArray } from "../../shared.ts";

/** Rows of equal length as samples. */
export const rows = (...all: readonly (readonly number[])[]): Samples => ({
  count: all.length,
  width: all[0].length,
  values: Float64Array.from(all.flat()),
});

/** The samples of a golden file. */
export function golden(array: GoldenArray): Samples {
  const { shape: [count, width], data } = float64(array);
  return { count, width, values: data };
}

/** Rounds samples to float32. */
export const single = (x: Samples): Samples => ({ ...x, values: Float32Array.from(x.values) });

/** The samples with each number changed. */
export const map = (x: Samples, change: (value: number) => number): Samples => ({
  ...x,
  values: x.values.map(change),
});

/** The samples in another order: sample i is sample order[i] of x. */
export const reordered = (
  { count, width, values }: Samples,
  order: ArrayLike<number>,
): Samples => ({
  count,
  width,
  values: Float64Array.from(
    { length: count * width },
    (_, at) => values[order[Math.floor(at / width)] * width + at % width],
  ),
});

/** Independent standard normal samples, by Box and Muller. */
export function gaussians(count: number, width: number, from: number): Samples {
  const normal = (unit: () => number) =>
    Math.sqrt(-2 * Math.log(1 - unit())) * Math.cos(2 * Math.PI * unit());
  const [values] = draw(
    seed(from),
    ({ unit }) => Float64Array.from({ length: count * width }, () => normal(unit)),
  );
  return { count, width, values };
}

/** x and as many independent numbers mixed, each pair with a correlation of rho. */
export function correlated(x: Samples, rho: number, from: number): Samples {
  const noise = gaussians(x.count, x.width, from).values;
  const values = Float64Array.from(
    noise,
    (value, at) => rho * x.values[at] + Math.sqrt(1 - rho * rho) * value,
  );
  return { ...x, values };
}

/** The bits, or the test fails with the error. */
export function bitsOf(estimate: Estimate): number {
  if (E.isLeft(estimate)) fail(describe(estimate.left));
  return estimate.right;
}

/** The sentence of the error, or the test fails. */
export function errorOf(estimate: Estimate): string {
  if (E.isRight(estimate)) fail(`${estimate.right} bits instead of an error`);
  return describe(estimate.left);
}

/** Samples of few different numbers, so that many distances are equal and many samples coincide. */
export const tiedSamples = (width: fc.Arbitrary<number>, count: fc.Arbitrary<number>) =>
  fc.tuple(width, count, fc.integer({ min: 1, max: 6 })).chain(([width, count, most]) =>
    fc.array(fc.integer({ min: -most, max: most }), {
      minLength: count * width,
      maxLength: count * width,
    }).map((values): Samples => ({ count, width, values: Float64Array.from(values, (v) => v / 4) }))
  );

/** Samples of any numbers, of very different sizes. */
export const anySamples = (width: fc.Arbitrary<number>, count: fc.Arbitrary<number>) =>
  fc.tuple(width, count).chain(([width, count]) =>
    fc.float64Array({
      minLength: count * width,
      maxLength: count * width,
      noNaN: true,
      noDefaultInfinity: true,
      min: -1e300,
      max: 1e300,
    }).map((values): Samples => ({ count, width, values }))
  );

/** The max-norm distances of all pairs, by the definition. */
export function allDistances({ count, width, values }: Samples): readonly Float64Array[] {
  return Array.from({ length: count }, (_, i) =>
    Float64Array.from({ length: count }, (_, j) => {
      let distance = 0;
      for (let u = 0; u < width; u++) {
        distance = Math.max(distance, Math.abs(values[i * width + u] - values[j * width + u]));
      }
      return distance;
    }));
}
