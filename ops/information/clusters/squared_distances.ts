/**
 * Squared distances of samples from a few centroids.
 *
 * @module
 */
import { sampleProducts } from "./sample_products.ts";
import type { Samples } from "../samples.ts";

/** Samples, ready to be compared with centroids. */
export interface ComparableSamples extends Samples {
  /** Whether their squares can be summed; if not, distances are not numbers. */
  readonly finite: boolean;
  /**
   * Prepares a comparison.
   *
   * @param centroids Row-major; read now.
   * @returns Writes ‖x − c‖² of a sample and each centroid into `out`.
   */
  readonly distancesFrom: (centroids: Float64Array) => (i: number, out: Float64Array) => void;
}

/**
 * Prepares samples.
 *
 * With m the mean and d = c − m, ‖x − c‖² = ‖x − m‖² + ‖d‖² + 2m·d − 2x·d: one product per
 * centroid, of the samples as they are, so that zeros can be left out. Taking m from c keeps the
 * digits that x·c would lose where the samples are far from 0 and near to each other. Rounding makes
 * no distance negative.
 *
 * @example
 * ```ts
 * import { comparableSamples } from "./squared_distances.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const samples = { count: 2, width: 2, values: Float32Array.of(0, 0, 3, 4) };
 * const out = new Float64Array(1);
 * comparableSamples(samples).distancesFrom(Float64Array.of(0, 0))(1, out);
 * assertEquals([...out], [25]);
 * ```
 */
export function comparableSamples(samples: Samples): ComparableSamples {
  const { count, width, values } = samples;
  const mean = meanOf(samples);
  const spread = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    let sum = 0;
    for (let u = 0; u < width; u++) sum += (values[i * width + u] - mean[u]) ** 2;
    spread[i] = sum;
  }
  const products = sampleProducts(samples);
  const distancesFrom = (centroids: Float64Array) => {
    const many = centroids.length / width;
    const shifted = new Float64Array(centroids.length);
    const constant = new Float64Array(many);
    for (let c = 0; c < many; c++) {
      for (let u = 0; u < width; u++) {
        const d = centroids[c * width + u] - mean[u];
        shifted[c * width + u] = d;
        constant[c] += d * (d + 2 * mean[u]);
      }
    }
    const multiply = products(shifted);
    return (i: number, out: Float64Array) => {
      multiply(i, out);
      for (let c = 0; c < many; c++) out[c] = Math.max(0, spread[i] + constant[c] - 2 * out[c]);
    };
  };
  // ‖x‖ ≤ ‖x − m‖ + ‖m‖, and no product of two samples is above ‖x‖².
  const squares = spread.reduce((a, b) => a + b, 0) + mean.reduce((a, m) => a + m * m, 0);
  return { ...samples, finite: Number.isFinite(8 * squares), distancesFrom };
}

function meanOf({ count, width, values }: Samples): Float64Array {
  const mean = new Float64Array(width);
  for (let i = 0; i < count; i++) {
    for (let u = 0; u < width; u++) mean[u] += values[i * width + u];
  }
  return mean.map((sum) => sum / count);
}

/** The number of the least entry; of equal ones the first. */
export function leastOf(values: Float64Array): number {
  let least = 0;
  for (let c = 1; c < values.length; c++) if (values[c] < values[least]) least = c;
  return least;
}
