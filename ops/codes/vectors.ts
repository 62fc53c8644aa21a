/**
 * Float vectors beside their codes: their normalisation, their exact neighbours by cosine, the reranking of candidates
 * by the vectors themselves, and the recall.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import { type InvalidOption, invalidOption } from "../../graph/error.ts";
import type { DenseEmbeddings } from "../embeddings.ts";
import { directionsOf } from "../kernels/products.ts";
import { checkLength } from "../metrics/rows.ts";
import { type Neighbours, selectNearest } from "../metrics/neighbours.ts";

/** Queries that are compared with all vectors at a time. */
const QUERIES = 512;

/** Candidates beyond k, so that rounding to float32 drops none that is among the k nearest. */
const SPARE = 8;

/**
 * Scales vectors to length 1. A vector of zeros stays as it is, and has a cosine of 0 with every other.
 *
 * @param vectors Vectors of finite numbers.
 * @returns New vectors; `InvalidOption` where a number is not finite, which names its place, or where the numbers
 * are not whole vectors.
 *
 * @example
 * ```ts
 * import { unitVectors } from "./vectors.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const vectors = { kind: "dense", count: 2, width: 2, values: Float32Array.of(3, 4, 0, 0) } as const;
 * assertEquals([...orThrow(unitVectors(vectors)).values], [Math.fround(0.6), Math.fround(0.8), 0, 0]);
 * ```
 */
export function unitVectors(
  { kind, count, width, values }: DenseEmbeddings,
): E.Either<InvalidOption, DenseEmbeddings> {
  if (!(Number.isInteger(width) && width >= 1) || values.length !== count * width) {
    const actual = `${values.length} numbers for ${count} vectors of ${width}`;
    return E.left(invalidOption("vectors", actual, "count times width numbers, width at least 1"));
  }
  const scaled = new Float32Array(values.length);
  for (let i = 0, at = 0; i < count; i++, at += width) {
    let [square, largest] = [0, 0];
    for (let u = at; u < at + width; u++) {
      square += values[u] * values[u];
      largest = Math.max(largest, Math.abs(values[u]));
    }
    // Squares of numbers in float64 that are finite in float32 cannot overflow.
    if (!Number.isFinite(square)) {
      const bad = values.subarray(at, at + width).findIndex((value) => !Number.isFinite(value));
      const actual = `${values[at + bad]} in vector ${i}, number ${bad}`;
      return E.left(invalidOption("vectors", actual, "finite numbers"));
    }
    if (largest === 0) continue;
    const length = Math.sqrt(square);
    for (let u = at; u < at + width; u++) scaled[u] = values[u] / length;
  }
  return E.right({ kind, count, width, values: scaled });
}

/**
 * Finds the k nearest vectors of each query by cosine, exactly: all are compared in float32, by SIMD where the engine
 * has it, and the nearest few once more in float64. 1,000 queries among 100,000 vectors of 100 numbers take about
 * two seconds.
 *
 * @param vectors Vectors of length 1, as {@linkcode unitVectors} makes them.
 * @param queries Vectors as wide, of length 1.
 * @param k Number of neighbours, from 1 to the number of vectors.
 * @returns The indices of each query's neighbours and 1 − cosine, rising; of equal distances the lower index is first.
 * `InvalidOption` where k is not from 1 to the number of vectors.
 * @throws {RangeError} Where the widths differ.
 *
 * @example
 * ```ts
 * import { nearestVectors } from "./vectors.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const unit = (...values: number[]) =>
 *   ({ kind: "dense", count: values.length / 2, width: 2, values: Float32Array.from(values) }) as const;
 * const found = orThrow(nearestVectors(unit(1, 0, 0, 1, -1, 0), unit(0.6, 0.8), 2));
 * assertEquals([...found.indices], [1, 0]);
 * ```
 */
export function nearestVectors(
  vectors: DenseEmbeddings,
  queries: DenseEmbeddings,
  k: number,
): E.Either<InvalidOption, Neighbours> {
  checkLength("compare vectors", queries.width, vectors.width);
  const problem = checkK(k, vectors.count);
  if (problem !== null) return E.left(problem);
  const { width } = vectors;
  const kept = Math.min(k + SPARE, vectors.count);
  const candidates = new Int32Array(queries.count * kept);
  for (let from = 0; from < queries.count; from += QUERIES) {
    const many = Math.min(QUERIES, queries.count - from);
    const asked = queries.values.subarray(from * width, (from + many) * width);
    const best = largestOf(many, kept);
    directionsOf(asked, width).times(vectors.values, (products, first, rows) => {
      for (let i = 0, at = 0; i < rows; i++, at += many) {
        for (let q = 0; q < many; q++) {
          if (products[at + q] > best.least[q]) best.take(q, products[at + q], first + i);
        }
      }
    });
    candidates.set(best.indices, from * kept);
  }
  return rerank(vectors, queries, { k: kept, indices: candidates }, k);
}

/** Keeps the largest numbers of several rows. */
export interface Largest {
  /** Smallest number that each row keeps; −∞ until the row is full. */
  readonly least: Float64Array;
  /** rows × kept indices, the largest number's first; −1 where nothing was taken. */
  readonly indices: Int32Array;
  /** The numbers at these places. */
  readonly values: Float64Array;
  /** Takes a number that is above the least of its row. Of equal numbers the first that came stays first. */
  readonly take: (row: number, value: number, index: number) => void;
}

/** Creates an empty table of the `kept` largest numbers of each row. */
export function largestOf(rows: number, kept: number): Largest {
  const least = new Float64Array(rows).fill(-Infinity);
  const indices = new Int32Array(rows * kept).fill(-1);
  const values = new Float64Array(rows * kept).fill(-Infinity);
  const counts = new Int32Array(rows);
  return {
    least,
    indices,
    values,
    take: (row, value, index) => {
      const from = row * kept;
      let [low, high] = [0, counts[row]];
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (values[from + middle] >= value) low = middle + 1;
        else high = middle;
      }
      const end = counts[row] === kept ? kept - 1 : counts[row]++;
      values.copyWithin(from + low + 1, from + low, from + end);
      indices.copyWithin(from + low + 1, from + low, from + end);
      values[from + low] = value;
      indices[from + low] = index;
      if (counts[row] === kept) least[row] = values[from + kept - 1];
    },
  };
}

/**
 * Reranks candidates by the cosine of their vectors, in float64, and keeps the nearest k.
 *
 * @param vectors Vectors of length 1, as {@linkcode unitVectors} makes them.
 * @param queries Vectors as wide, of length 1.
 * @param candidates Indices of some vectors for each query, as a search among their codes finds them; an index below 0
 * stands for none.
 * @param k Number of neighbours, from 1 to the number of candidates per query.
 * @returns Neighbours as {@linkcode nearestVectors} returns them; index −1 and distance ∞ where there are fewer
 * candidates than k.
 * @throws {RangeError} Where the widths differ, or there are not as many rows of candidates as queries.
 *
 * @example
 * ```ts
 * import { rerank } from "./vectors.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const unit = (...values: number[]) =>
 *   ({ kind: "dense", count: values.length / 2, width: 2, values: Float32Array.from(values) }) as const;
 * const candidates = { k: 2, indices: Int32Array.of(2, 0) };
 * const found = orThrow(rerank(unit(1, 0, 0, 1, -1, 0), unit(0.6, 0.8), candidates, 1));
 * assertEquals([...found.indices], [0]);
 * ```
 */
export function rerank(
  vectors: DenseEmbeddings,
  queries: DenseEmbeddings,
  candidates: Pick<Neighbours, "k" | "indices">,
  k: number,
): E.Either<InvalidOption, Neighbours> {
  checkLength("compare vectors", queries.width, vectors.width);
  checkLength("rank candidates", candidates.indices.length, queries.count * candidates.k);
  const problem = checkK(k, candidates.k);
  if (problem !== null) return E.left(problem);
  const { width, values } = vectors;
  const indices = new Int32Array(queries.count * k).fill(-1);
  const distances = new Float64Array(queries.count * k).fill(Infinity);
  const row = new Float64Array(candidates.k);
  const places = new Int32Array(k);
  const nearest = new Float64Array(k);
  for (let q = 0; q < queries.count; q++) {
    // In the order of their indices, so that of equal distances the lower index is first.
    const own = candidates.indices.slice(q * candidates.k, (q + 1) * candidates.k).sort();
    const query = q * width;
    for (let c = 0; c < own.length; c++) {
      const vector = own[c] * width;
      let product = own[c] < 0 ? -Infinity : 0;
      for (let u = 0; u < width; u++) product += queries.values[query + u] * values[vector + u];
      row[c] = own[c] < 0 ? Infinity : 1 - product;
    }
    selectNearest(row, -1, k, places, nearest);
    for (let at = 0; at < k; at++) {
      if (nearest[at] === Infinity) continue;
      indices[q * k + at] = own[places[at]];
      distances[q * k + at] = nearest[at];
    }
  }
  return E.right({ k, indices, distances });
}

/**
 * Measures the recall at k: the part of the k nearest that was found, as a mean over the queries.
 *
 * @param k Number of neighbours, from 1 to that of the truth.
 * @param found Any number per query.
 * @param truth At least k per query, the nearest first.
 * @returns The recall, in [0, 1].
 * @throws {RangeError} Where the queries are not as many, or the truth has fewer than k.
 *
 * @example
 * ```ts
 * import { recallAt } from "./vectors.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const found = { k: 3, indices: Int32Array.of(4, 7, 1) };
 * assertEquals(recallAt(2, found, { k: 2, indices: Int32Array.of(7, 9) }), 0.5);
 * ```
 */
export function recallAt(
  k: number,
  found: Pick<Neighbours, "k" | "indices">,
  truth: Pick<Neighbours, "k" | "indices">,
): number {
  if (!(Number.isInteger(k) && k >= 1 && k <= truth.k)) {
    throw new RangeError(
      `Cannot measure recall: expected k from 1 to ${truth.k}, current value is ${k}`,
    );
  }
  const queries = truth.indices.length / truth.k;
  checkLength("compare neighbours", found.indices.length / found.k, queries);
  let hits = 0;
  for (let q = 0; q < queries; q++) {
    const right = new Set(truth.indices.subarray(q * truth.k, q * truth.k + k));
    for (let at = q * found.k; at < (q + 1) * found.k; at++) {
      if (right.has(found.indices[at])) hits++;
    }
  }
  return hits / (queries * k);
}

/** Checks that k neighbours can be found among `most`; null if so. */
export const checkK = (k: number, most: number): InvalidOption | null =>
  Number.isInteger(k) && k >= 1 && k <= most
    ? null
    : invalidOption("k", k, `an integer from 1 to the number of vectors, ${most}`);
