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
import { preparedDirections, type ProductCoder, type VectorCoder } from "./coders.ts";
import { checkK, largestOf } from "./vectors.ts";

/** Options of {@linkcode searchByVectors}. */
export interface SearchByVectorsOptions {
  /** Results per query: from 1 to the number of codes; some hundreds, for each that is kept is sorted in. */
  readonly k: number;
  /**
   * Implementation of the search. "wasm": where the engine has SIMD, by tables of half bytes whose entries are rounded,
   * except for product coders of 8 bits per part. It finds more than k candidates and ranks them without rounding.
   * "cpu": by tables of bytes without rounding; the reference.
   *
   * @default "wasm"
   */
  readonly on?: "wasm" | "cpu";
}

/** Values of a byte. */
const VALUES = 256;

/** Queries whose tables are made at a time. */
const QUERIES = 128;

/** Codes whose similarities are computed before they are compared. */
const BLOCK = 4096;

/** Extra codes that rounded tables find beyond k: a fraction of k, and at least `least`. */
const SPARE = { part: 0.25, least: 16 };

/**
 * Finds the codes most similar to each query, which is not encoded.
 *
 * The similarity of a query with the code of a linear coder is the sum of the query's projections (with the coder's
 * offsets) over the code's set bits; it orders as the sum of projections times signs does. With the code of a product
 * coder it is the product of the query with the code's centroids, so that vectors of length 1 are ordered by cosine.
 *
 * @param coder The coder that made the codes.
 * @param codes Codes to search.
 * @param queries Vectors as wide as the coder's inputs.
 * @param options Options, as {@linkcode SearchByVectorsOptions} describes them.
 * @returns The indices of the nearest codes of each query and minus their similarities, rising; of equal ones the lower
 * index is first. `InvalidOption` where k is not from 1 to the number of codes.
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
  const bytes = Math.ceil(coder.width / 8);
  const tables = new Float32Array(VALUES * bytes);
  const quick = on === "wasm" && hasHalves(coder) ? tableSearchOf(codes) : null;
  if (quick !== null) {
    const wide = Math.min(codes.count, k + Math.max(SPARE.least, Math.ceil(SPARE.part * k)));
    const one = new Float32Array(1);
    eachHalves(coder, queries, (halves, first) => {
      const found = quick.largest(halves, wide);
      for (let q = 0; q < found.length / wide; q++) {
        joinHalves(halves.subarray(32 * bytes * q, 32 * bytes * (q + 1)), tables);
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

/** Whether the similarity is a sum over half bytes. */
const hasHalves = (coder: VectorCoder): boolean => coder.kind === "linear" || coder.partBits === 4;

/** Table [bytes, 256] of the summand that each value of each byte of a code adds to the similarity. */
type Tables = Float32Array;

/** Table [2 · bytes, 16] of the summand that each value of each half byte adds, the lower half of a byte first. */
type Halves = Float32Array;

/** Makes the tables of half bytes for some queries at a time. */
function eachHalves(
  coder: VectorCoder,
  { count, values }: DenseEmbeddings,
  visit: (halves: Halves, first: number) => void,
): void {
  const size = 32 * Math.ceil(coder.width / 8);
  if (coder.kind === "linear") {
    return preparedDirections(coder).times(values, (weights, first, many) => {
      const halves = new Float32Array(many * size);
      for (let q = 0; q < many; q++) {
        const own = weights.subarray(q * coder.width, (q + 1) * coder.width);
        fillSums(halves.subarray(q * size, (q + 1) * size), own);
      }
      visit(halves, first);
    });
  }
  for (let first = 0; first < count; first += QUERIES) {
    const many = Math.min(QUERIES, count - first);
    const halves = new Float32Array(many * size);
    for (let q = 0; q < many; q++) {
      const own = values.subarray((first + q) * coder.inputs, (first + q + 1) * coder.inputs);
      fillProducts(halves.subarray(q * size, (q + 1) * size), coder, own);
    }
    visit(halves, first);
  }
}

/** Fills the tables of bytes for one query after the other. */
function eachTables(
  coder: VectorCoder,
  queries: DenseEmbeddings,
  tables: Tables,
  visit: (query: number) => void,
): void {
  if (hasHalves(coder)) {
    return eachHalves(coder, queries, (halves, first) => {
      const size = tables.length / 8;
      for (let q = 0; q < halves.length / size; q++) {
        joinHalves(halves.subarray(q * size, (q + 1) * size), tables);
        visit(first + q);
      }
    });
  }
  const { count, width, values } = queries;
  for (let q = 0; q < count; q++) {
    fillProducts(tables, coder as ProductCoder, values.subarray(q * width, (q + 1) * width));
    visit(q);
  }
}

/** The products of a query with all centroids. */
function fillProducts(
  tables: Float32Array,
  { bounds, centroids, partBits }: ProductCoder,
  query: Float32Array,
): void {
  for (let part = 0, at = 0, own = 0; part + 1 < bounds.length; part++) {
    const [from, to] = [bounds[part], bounds[part + 1]];
    for (const end = at + (1 << partBits); at < end; at++) {
      let product = 0;
      for (let u = from; u < to; u++) product += query[u] * centroids[own++];
      tables[at] = product;
    }
  }
}

/** The sums of the weights of the bits of each half byte, each from one with a bit less. */
function fillSums(halves: Halves, weights: Float32Array): void {
  for (let at = 0, bit = 0; at < halves.length; at += 16) {
    for (let half = 1; half < 16; half *= 2, bit++) {
      const weight = bit < weights.length ? weights[bit] : 0;
      for (let set = 0; set < half; set++) halves[at + half + set] = halves[at + set] + weight;
    }
  }
}

/** The tables of bytes from those of their halves. */
function joinHalves(halves: Halves, tables: Tables): void {
  for (let at = 0, half = 0; at < tables.length; half += 32) {
    for (let high = 0; high < 16; high++) {
      const more = halves[half + 16 + high];
      for (let low = 0; low < 16; low++) tables[at++] = halves[half + low] + more;
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
