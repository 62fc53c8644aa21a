/**
 * Products of samples with a few vectors: what k-means spends its time on.
 *
 * @module
 */
import type { Samples } from "../samples.ts";

/** Writes the products of sample i with each of the vectors into `out`. */
export type RowProducts = (i: number, out: Float64Array) => void;

/**
 * Prepares the products of samples with vectors.
 *
 * @param vectors Row-major, each as wide as a sample; they must stay as they are.
 */
export type SampleProducts = (vectors: Float64Array) => RowProducts;

/**
 * Chooses the loop: where at most half of the numbers are not 0, as in codes and in layers of relu,
 * the others are found once and left out from then on.
 *
 * @example
 * ```ts
 * import { sampleProducts } from "./sample_products.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const samples = { count: 2, width: 2, values: Float32Array.of(1, 2, 0, 3) };
 * const out = new Float64Array(1);
 * sampleProducts(samples)(Float64Array.of(10, 1))(0, out);
 * assertEquals([...out], [12]);
 * ```
 */
export function sampleProducts(samples: Samples): SampleProducts {
  let filled = 0;
  for (let i = 0; i < samples.values.length; i++) filled += Number(samples.values[i] !== 0);
  return filled > samples.values.length / 2
    ? denseProducts(samples)
    : sparseProducts(samples, filled);
}

function denseProducts({ width, values }: Samples): SampleProducts {
  const row = new Float64Array(width);
  return (vectors) => {
    const many = vectors.length / width;
    return (i, out) => {
      for (let u = 0; u < width; u++) row[u] = values[i * width + u];
      let v = 0;
      // Four sums at a time keep the processor busy, and read the row once for the four.
      for (; v + 4 <= many; v += 4) {
        let [a, b, c, d] = [0, 0, 0, 0];
        const at = v * width;
        for (let u = 0; u < width; u++) {
          const x = row[u];
          a += x * vectors[at + u];
          b += x * vectors[at + width + u];
          c += x * vectors[at + 2 * width + u];
          d += x * vectors[at + 3 * width + u];
        }
        out[v] = a;
        out[v + 1] = b;
        out[v + 2] = c;
        out[v + 3] = d;
      }
      for (; v < many; v++) {
        let sum = 0;
        for (let u = 0; u < width; u++) sum += row[u] * vectors[v * width + u];
        out[v] = sum;
      }
    };
  };
}

function sparseProducts({ count, width, values }: Samples, filled: number): SampleProducts {
  const starts = new Int32Array(count + 1);
  // One more, because zeros are written too and then written over: a branch would be guessed wrong.
  const units = new Int32Array(filled + 1);
  const entries = new Float64Array(filled + 1);
  for (let i = 0, next = 0; i < count; i++) {
    for (let u = 0; u < width; u++) {
      const value = values[i * width + u];
      units[next] = u;
      entries[next] = value;
      next += Number(value !== 0);
    }
    starts[i + 1] = next;
  }
  return (vectors) => {
    const many = vectors.length / width;
    // Unit by unit, for the next entry may be far from this one: of each only one cache line is read.
    const byUnit = vectors.map((_, at) => vectors[at % many * width + Math.floor(at / many)]);
    return (i, out) => {
      const [from, to] = [starts[i], starts[i + 1]];
      let v = 0;
      for (; v + 4 <= many; v += 4) {
        let [a, b, c, d] = [0, 0, 0, 0];
        for (let e = from; e < to; e++) {
          const x = entries[e];
          const u = units[e] * many + v;
          a += x * byUnit[u];
          b += x * byUnit[u + 1];
          c += x * byUnit[u + 2];
          d += x * byUnit[u + 3];
        }
        out[v] = a;
        out[v + 1] = b;
        out[v + 2] = c;
        out[v + 3] = d;
      }
      for (; v < many; v++) {
        let sum = 0;
        for (let e = from; e < to; e++) sum += entries[e] * byUnit[units[e] * many + v];
        out[v] = sum;
      }
    };
  };
}
