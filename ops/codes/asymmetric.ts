/**
 * The asymmetric search: vectors are codes, a query stays floats, so that it loses nothing by being encoded.
 *
 * A code stands for its directions, or for its centroids, and its similarity with a query is that of the query and
 * what it stands for: a sum over the code's bits, or over its bytes, of numbers that are computed once per query.
 *
 * Sources: W. Dong, M. Charikar, K. Li, "Asymmetric distance estimation with sketches for similarity search in
 * high-dimensional spaces", SIGIR 2008; H. Jégou, M. Douze, C. Schmid, "Product quantization for nearest neighbor
 * search", IEEE TPAMI 33 (2011) 117, of which this is the asymmetric distance.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import type { InvalidOption } from "../../graph/error.ts";
import { type BinaryEmbeddings, type DenseEmbeddings, wordsPerCode } from "../embeddings.ts";
import { tableSearchOf } from "../kernels/table_search.ts";
import { checkLength } from "../metrics/rows.ts";
import type { Neighbours } from "../metrics/neighbours.ts";
import {
  CENTROIDS as VALUES,
  preparedDirections,
  type ProductCoder,
  type VectorCoder,
} from "./coders.ts";
import { checkK, largestOf } from "./vectors.ts";

/** Options of {@linkcode searchByVectors}. */
export interface SearchByVectorsOptions {
  /** Results per query: from 1 to the number of codes; some hundreds, for each that is kept is sorted in. */
  readonly k: number;
  /**
   * "wasm": codes of a linear coder by tables of half bytes whose entries are rounded, where the engine has SIMD. More
   * than k are found so, and ranked by what is not rounded. "cpu": all by tables of bytes, not rounded; the
   * reference.
   *
   * @default "wasm"
   */
  readonly on?: "wasm" | "cpu";
}

/** Codes whose similarities are computed before they are compared. */
const BLOCK = 4096;

/** Codes that rounded tables find beyond k, as a part of k, and at least so many. */
const SPARE = { part: 0.25, least: 16 };

/**
 * Finds the codes most similar to each query, which is not encoded.
 *
 * The similarity of a query with the code of a linear coder is the sum of the query's projections (with the coder's
 * offsets) over the code's set bits; it orders as the sum of projections times signs does. With the code of a product
 * coder it is the product of the query with the code's centroids, so that vectors of length 1 are ordered by cosine.
 *
 * @param coder The coder that made the codes.
 * @param queries As wide as its inputs.
 * @returns Per query the indices of the codes and minus their similarities, rising; of equal ones the lower index is
 * first. `InvalidOption` where k is not from 1 to the number of codes.
 * @throws {RangeError} Where a width differs.
 *
 * @example
 * ```ts
 * import { searchByVectors } from "./asymmetric.ts";
 * import { encodeVectors } from "./coders.ts";
 * import { projectionCoder } from "./projections.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { seed } from "../../graph/rng.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const values = Float32Array.of(1, 0, 0, 1, -1, 0);
 * const vectors = { kind: "dense", count: 3, width: 2, values } as const;
 * const [coder] = orThrow(projectionCoder(vectors, { bits: 256 }, seed(26)));
 * const codes = encodeVectors(coder, vectors);
 * const query = { kind: "dense", count: 1, width: 2, values: Float32Array.of(0.2, 0.9) } as const;
 * const found = orThrow(searchByVectors(coder, codes, query, { k: 2 }));
 * assertEquals([...found.indices], [1, 0]);
 * ```
 */
export function searchByVectors(
  coder: VectorCoder,
  codes: BinaryEmbeddings,
  queries: DenseEmbeddings,
  { k, on = "wasm" }: SearchByVectorsOptions,
): E.Either<InvalidOption, Neighbours> {
  checkLength("search by vectors", queries.width, coder.inputs);
  checkLength("search among codes", codes.width, coder.width);
  const problem = checkK(k, codes.count);
  if (problem !== null) return E.left(problem);
  const best = largestOf(queries.count, k);
  const offer = (query: number, similarity: number, index: number) => {
    if (similarity > best.least[query]) best.take(query, similarity, index);
  };
  const tables = new Float32Array(VALUES * Math.ceil(coder.width / 8));
  const one = new Float32Array(1);
  const quick = on === "wasm" && coder.kind === "linear" ? tableSearchOf(codes) : null;
  if (quick !== null && coder.kind === "linear") {
    const wide = Math.min(codes.count, k + Math.max(SPARE.least, Math.ceil(SPARE.part * k)));
    preparedDirections(coder).times(queries.values, (weights, first, many) => {
      const found = quick.largest(weights, wide);
      for (let q = 0; q < many; q++) {
        fillSums(tables, weights.subarray(q * coder.width, (q + 1) * coder.width));
        // In the order of their indices, so that of equal ones the lower is first.
        for (const index of found.subarray(q * wide, (q + 1) * wide).sort()) {
          similarities(tables, codes, index, one);
          offer(first + q, one[0], index);
        }
      }
    });
  } else {
    const block = new Float32Array(BLOCK);
    eachTables(coder, queries, tables, (q) => {
      for (let first = 0; first < codes.count; first += BLOCK) {
        const many = Math.min(BLOCK, codes.count - first);
        similarities(tables, codes, first, block.subarray(0, many));
        for (let i = 0; i < many; i++) offer(q, block[i], first + i);
      }
    });
  }
  return E.right({ k, indices: best.indices, distances: best.values.map((value) => -value) });
}

/** Of each byte of a code 256 numbers, which are what its values add to the similarity. */
type Tables = Float32Array;

/** Fills the tables for one query after the other. */
function eachTables(
  coder: VectorCoder,
  { count, values }: DenseEmbeddings,
  tables: Tables,
  visit: (query: number) => void,
): void {
  if (coder.kind === "product") {
    for (let q = 0; q < count; q++) {
      fillProducts(tables, coder, values.subarray(q * coder.inputs, (q + 1) * coder.inputs));
      visit(q);
    }
    return;
  }
  preparedDirections(coder).times(values, (weights, first, many) => {
    for (let q = 0; q < many; q++) {
      fillSums(tables, weights.subarray(q * coder.width, (q + 1) * coder.width));
      visit(first + q);
    }
  });
}

/** The products of a query with all centroids. */
function fillProducts(tables: Tables, { bounds, centroids }: ProductCoder, query: Float32Array) {
  for (let part = 0, at = 0; part + 1 < bounds.length; part++) {
    const [from, to] = [bounds[part], bounds[part + 1]];
    for (let c = 0, own = VALUES * from; c < VALUES; c++, at++) {
      let product = 0;
      for (let u = from; u < to; u++) product += query[u] * centroids[own++];
      tables[at] = product;
    }
  }
}

/** The sums of the weights of the bits of each byte, each from one with a bit less. */
function fillSums(tables: Tables, weights: Float32Array) {
  for (let byte = 0; VALUES * byte < tables.length; byte++) {
    const at = VALUES * byte;
    tables[at] = 0;
    for (let bit = 0; bit < 8; bit++) {
      const weight = 8 * byte + bit < weights.length ? weights[8 * byte + bit] : 0;
      const half = 1 << bit;
      for (let set = 0; set < half; set++) tables[at + half + set] = tables[at + set] + weight;
    }
  }
}

/** Computes the similarities of some codes, from the code `first` on. */
function similarities(
  tables: Tables,
  { width, words }: BinaryEmbeddings,
  first: number,
  into: Float32Array,
): void {
  const perCode = 4 * wordsPerCode(width);
  const bytes = tables.length / VALUES;
  const rows = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  for (let i = 0, row = first * perCode; i < into.length; i++, row += perCode) {
    let [even, odd, byte, table] = [0, 0, 0, 0];
    for (; byte + 1 < bytes; byte += 2, table += 2 * VALUES) {
      even += tables[table + rows[row + byte]];
      odd += tables[table + VALUES + rows[row + byte + 1]];
    }
    into[i] = byte < bytes ? even + odd + tables[table + rows[row + byte]] : even + odd;
  }
}
