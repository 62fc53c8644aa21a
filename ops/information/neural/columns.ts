/**
 * Samples as a critic takes them: columns of one scale, and classes as one column each.
 *
 * @module
 */
import type { Samples } from "../samples.ts";
import { symbolCounts, symbolsOfLabels } from "../discrete/symbols.ts";

/**
 * Every column less its mean, over its standard deviation: information does not depend on either, a
 * critic's training does. A column that is constant becomes zeros.
 *
 * @param samples Finite.
 * @returns count × width numbers, row-major.
 *
 * @example
 * ```ts
 * import { standardColumns } from "./columns.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const values = Float64Array.of(1e300, 7, -1e300, 7);
 * assertEquals(standardColumns({ count: 2, width: 2, values }), Float32Array.of(1, 0, -1, 0));
 * ```
 */
export function standardColumns({ count, width, values }: Samples): Float32Array {
  const standard = new Float32Array(count * width);
  const column = new Float64Array(count);
  for (let u = 0; u < width; u++) {
    let largest = 0;
    for (let i = 0; i < count; i++) largest = Math.max(largest, Math.abs(values[i * width + u]));
    if (largest === 0) continue;
    // Scaled first: squares of numbers beyond 1e154 would be infinite, those below 1e-154 zero.
    let sum = 0;
    for (let i = 0; i < count; i++) sum += column[i] = values[i * width + u] / largest;
    const centre = sum / count;
    let squares = 0;
    for (let i = 0; i < count; i++) squares += (column[i] - centre) ** 2;
    const deviation = Math.sqrt(squares / count);
    // What rounding leaves of a constant column is no signal.
    if (deviation < 1e-12) continue;
    for (let i = 0; i < count; i++) standard[i * width + u] = (column[i] - centre) / deviation;
  }
  return standard;
}

/**
 * Classes as columns: 1 in that of the sample's class, else 0.
 *
 * The reference adds noise of N(0, 1e-3) to these. It is left out: it makes a continuous variable of
 * the class, with the same information, and a critic needs no density.
 *
 * Source: dizcza/pytorch-mighty, mighty/monitor/mutual_info/neural_estimation.py.
 *
 * @param labels Any numbers, at least one.
 * @returns labels.length × (different labels) numbers, row-major.
 *
 * @example
 * ```ts
 * import { oneHotRows } from "./columns.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(oneHotRows([7, -1, 7]), Float32Array.of(1, 0, 0, 1, 1, 0));
 * ```
 */
export function oneHotRows(labels: ArrayLike<number>): Float32Array {
  const symbols = symbolsOfLabels(labels);
  const classes = symbolCounts(symbols).length;
  const rows = new Float32Array(symbols.length * classes);
  symbols.forEach((symbol, i) => rows[i * classes + symbol] = 1);
  return rows;
}
