/**
 * The codes with the largest sums of table entries, one for each half byte of a code: in WebAssembly, sixteen codes at a
 * time, the entries rounded to seven bits.
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
   * @param tables Tables of each query: sixteen numbers for the lower half of a code's first byte, sixteen for its
   * higher half, and so on.
   * @param k Number of neighbours, from 1 to the number of codes.
   * @returns queries × k indices, those of a query in no order.
   */
  readonly largest: (tables: Float32Array, k: number) => Int32Array;
}

/** Codes of a block. */
const BLOCK = 16;

/** Queries whose tables are made at a time. */
const QUERIES = 256;

/** The largest entry of a table but one: a sum of two is a byte. */
const MOST_ENTRY = 126;

/** Number larger than any sum. */
const MOST_SUM = 2 ** 16 - 1;

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
  const heaps = spare + 16;
  const pages = Math.ceil(heaps / PAGE);
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
    largest: (tables, k) => {
      const queries = tables.length / tableBytes;
      const indices = new Int32Array(queries * k);
      const needed = Math.ceil((heaps + 8 * QUERIES * k) / PAGE);
      const missing = needed - memory.buffer.byteLength / PAGE;
      if (missing > 0) memory.grow(missing);
      for (let first = 0; first < queries; first += QUERIES) {
        const many = Math.min(QUERIES, queries - first);
        for (let q = 0; q < many; q++) {
          const own = tables.subarray((first + q) * tableBytes, (first + q + 1) * tableBytes);
          const at = tablesAt + q * tableBytes;
          roundTables(own, new Uint8Array(memory.buffer, at, tableBytes));
        }
        new Uint32Array(memory.buffer, heaps, 2 * many * k).fill(0);
        simd.scanTables(many, tablesAt, begin, count, bytes, heaps, k, spare);
        const words = new Uint32Array(memory.buffer, heaps, 2 * many * k);
        for (let i = 0; i < many * k; i++) indices[first * k + i] = ~words[2 * i];
      }
      return indices;
    },
  };
}

/** Rounds a query's tables, each less its least entry, and all scaled alike. */
function roundTables(tables: Float32Array, rounded: Uint8Array): void {
  const count = tables.length / 16;
  const leasts = new Float64Array(count);
  let widest = 0;
  for (let table = 0, at = 0; table < count; table++) {
    let [least, most] = [Infinity, -Infinity];
    for (const end = at + 16; at < end; at++) {
      const value = tables[at];
      if (value < least) least = value;
      if (value > most) most = value;
    }
    leasts[table] = least;
    if (most - least > widest) widest = most - least;
  }
  const largest = Math.min(MOST_ENTRY, Math.floor((MOST_SUM - 1) / count));
  const scale = widest > 0 ? largest / widest : 0;
  for (let table = 0, at = 0; table < count; table++) {
    // The kernel finds no code whose sum is 0.
    const more = table === 0 ? 1.5 : 0.5;
    const least = leasts[table];
    for (const end = at + 16; at < end; at++) rounded[at] = (tables[at] - least) * scale + more;
  }
}
