/**
 * Samples with their means taken out, without filling in their zeros.
 *
 * @module
 */
import type { Samples } from "../samples.ts";

/**
 * Samples minus a shift per unit. Images and rectified layers are mostly zeros, which products can
 * skip; taking the mean out of such a unit would fill them all. So a unit that is 0 in more than a
 * tenth of the samples keeps its values (shift 0), and others lose their mean.
 *
 * What is left of a mean, `rest`, is taken out of the products instead. That cancels a digit at most:
 * of a unit with a fraction p of values that are not 0, of mean m, the mean squared is p²m² and the
 * variance at least pm² − p²m², so their quotient is at most p / (1 − p), which is 9 for p = 0.9.
 */
export interface CentredSamples {
  /** Samples, n. */
  readonly count: number;
  /** Units, d. */
  readonly width: number;
  /** The samples' own means, d. */
  readonly mean: Float64Array;
  /** count × width numbers, row-major: the samples minus the shifts. */
  readonly values: Float64Array;
  /** The means of `values`, d: 0 but for rounding where the shift is the mean. */
  readonly rest: Float64Array;
  /** How many of `values` are not 0. */
  readonly filled: number;
}

/** Takes the means out of at least one sample. */
export function centre({ count, width, values }: Samples): CentredSamples {
  const mean = new Float64Array(width);
  const zeros = new Float64Array(width);
  const changes = new Uint8Array(width);
  for (let i = 0, at = 0; i < count; i++) {
    for (let u = 0; u < width; u++, at++) {
      mean[u] += values[at];
      if (values[at] === 0) zeros[u]++;
      if (values[at] !== values[u]) changes[u] = 1;
    }
  }
  // The sum of a constant is rounded, and so would be its mean.
  for (let u = 0; u < width; u++) mean[u] = changes[u] ? mean[u] / count : values[u];
  const shift = mean.map((value, u) => 10 * zeros[u] > count ? 0 : value);
  const shifted = new Float64Array(count * width);
  const rest = new Float64Array(width);
  let filled = 0;
  for (let i = 0, at = 0; i < count; i++) {
    for (let u = 0; u < width; u++, at++) {
      const value = values[at] - shift[u];
      if (value === 0) continue;
      shifted[at] = value;
      rest[u] += value;
      filled++;
    }
  }
  for (let u = 0; u < width; u++) rest[u] /= count;
  return { count, width, mean, values: shifted, rest, filled };
}
