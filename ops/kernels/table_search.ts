/**
 * The codes with the largest sums over their set bits, each bit having a weight that depends on the query: in
 * WebAssembly, sixteen codes at a time, by tables of half bytes whose entries are rounded to seven bits.
 *
 * @module
 */
import { type BinaryEmbeddings, wordsPerCode } from "../embeddings.ts";
import { type Simd, simdOn } from "./simd/module.ts";

/** Codes in the memory of the kernel. */
export interface TableSearch {
  /**
   * Finds, for each query, codes whose sums are among the largest but for rounding.
   *
   * @param weights Of each query one per bit of a code.
   * @param k From 1 to the number of codes.
   * @returns queries × k indices; the first is that of the largest rounded sum.
   */
  readonly largest: (weights: Float32Array, k: number) => Int32Array;
}

/** Codes of a block. */
const BLOCK = 16;

/** Queries whose tables are made at a time. */
const QUERIES = 256;

/** The largest entry of a table but one: a sum of two is a byte. */
const MOST_ENTRY = 126;

/** Larger than any sum. */
const MOST_SUM = 2 ** 16 - 1;

/** Larger than any distance. */
const FARTHEST = 2 ** 31 - 1;

const PAGE = 65_536;

const known = new WeakMap<BinaryEmbeddings, TableSearch | null>();

/** The search among a set of codes; null where the engine has no SIMD, or the codes do not fit into its memory. */
export function tableSearchOf(codes: BinaryEmbeddings): TableSearch | null {
  const found = known.get(codes);
  if (found !== undefined) return found;
  const made = tableSearch(codes);
  known.set(codes, made);
  return made;
}

function tableSearch({ count, width, words }: BinaryEmbeddings): TableSearch | null {
  const bytes = Math.ceil(width / 8);
  const blocks = Math.ceil(count / BLOCK);
  const size = blocks * BLOCK * bytes;
  const begin = 64;
  const tablesAt = begin + size;
  const tableBytes = 32 * bytes;
  const spare = tablesAt + QUERIES * tableBytes;
  const results = spare + 16;
  const pages = Math.ceil(results / PAGE);
  // Tables of longer codes would have entries of few values.
  if (pages > PAGE / 2 || 2 * bytes * 8 > MOST_SUM) return null;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: PAGE });
  const simd: Simd | null = simdOn(memory);
  if (simd === null) return null;
  const perCode = 4 * wordsPerCode(width);
  const rows = new Uint8Array(words.buffer, words.byteOffset, count * perCode);
  const placed = new Uint8Array(memory.buffer, begin, size);
  for (let i = 0; i < count; i++) {
    const to = Math.floor(i / BLOCK) * BLOCK * bytes + i % BLOCK;
    for (let b = 0; b < bytes; b++) placed[to + BLOCK * b] = rows[i * perCode + b];
  }
  return {
    largest: (weights, k) => {
      const queries = weights.length / width;
      const indices = new Int32Array(queries * k).fill(-1);
      const needed = Math.ceil((results + 8 * QUERIES * k) / PAGE);
      const missing = needed - memory.buffer.byteLength / PAGE;
      if (missing > 0) memory.grow(missing);
      for (let first = 0; first < queries; first += QUERIES) {
        const many = Math.min(QUERIES, queries - first);
        for (let q = 0; q < many; q++) {
          const own = weights.subarray((first + q) * width, (first + q + 1) * width);
          const at = tablesAt + q * tableBytes;
          fillTables(own, new Uint8Array(memory.buffer, at, tableBytes));
        }
        const [distances, places] = [results, results + 4 * many * k];
        new Int32Array(memory.buffer, distances, many * k).fill(FARTHEST);
        new Int32Array(memory.buffer, places, many * k).fill(-1);
        simd.scanTables(many, tablesAt, begin, count, bytes, distances, places, k, spare);
        indices.set(new Int32Array(memory.buffer, places, many * k), first * k);
      }
      return indices;
    },
  };
}

/**
 * Fills a query's tables: for each half byte the sums of the weights of its set bits, less the least such sum,
 * scaled for all tables alike and rounded.
 */
function fillTables(weights: Float32Array, tables: Uint8Array): void {
  const halves = tables.length / 16;
  const [sums, leasts] = [new Float64Array(tables.length), new Float64Array(halves)];
  let widest = 0;
  for (let half = 0; half < halves; half++) {
    const at = 16 * half;
    let [least, most] = [0, 0];
    for (let bit = 0; bit < 4 && 4 * half + bit < weights.length; bit++) {
      const weight = weights[4 * half + bit];
      if (weight < 0) least += weight;
      else most += weight;
      for (let set = 0; set < 1 << bit; set++) {
        sums[at + (1 << bit) + set] = sums[at + set] + weight;
      }
    }
    leasts[half] = least;
    widest = Math.max(widest, most - least);
  }
  const largest = Math.min(MOST_ENTRY, Math.floor((MOST_SUM - 1) / halves));
  const scale = widest > 0 ? largest / widest : 0;
  for (let at = 0; at < tables.length; at++) {
    tables[at] = Math.round((sums[at] - leasts[at >> 4]) * scale);
    // The kernel finds no code whose sum is 0.
    if (at < 16) tables[at]++;
  }
}
