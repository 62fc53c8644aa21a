/**
 * The search for the nearest codes in WebAssembly, on a memory of its own that holds the codes.
 *
 * The codes are held as columns: of 512 codes at a time, for each unit a bit per code. The units that a
 * query shares with 256 codes are counted at once, by adders of single bits, so that a query costs its
 * units and not the codes' width, and however often each unit is used. Three queries that are half of all
 * units each have 7/8 of the units among them, in seven sets that are counted once: 149 columns per query of
 * 512 units where one alone has 256.
 *
 * @module
 */
import { type BinaryEmbeddings, popcount, wordsPerCode } from "../embeddings.ts";
import { codeSizes, complement } from "../codes/algebra.ts";
import { type Simd, simdOn } from "./simd/module.ts";

/** Distance between codes. "hamming": the number of units that differ; "overlap": minus the number of shared units. */
export type CodeDistance = "hamming" | "overlap";

/** The nearest codes of each query. */
export interface FoundCodes {
  /** queries × k distances, those of a query rising. */
  readonly distances: Float64Array;
  /** queries × k indices of the codes; of equal distances the lower index is first. */
  readonly indices: Int32Array;
}

/** A set of codes in memory; k is from 1 to their number. */
export interface CodeSearch {
  /** Finds the nearest; queries are as wide as the codes. */
  readonly nearest: (queries: BinaryEmbeddings, k: number, distance: CodeDistance) => FoundCodes;
}

/** Codes of a block. */
const BLOCK = 512;

/** Bytes of a column, a bit per code of a block: a cache line. */
const COLUMN: number = BLOCK / 8;

/** Bytes that the kernel works in. */
const WORK = 13_312;

/** Queries of a group. */
const GROUP = 3;

/**
 * The sets of queries of a group, as bits, whose common units have a list each: all three, the pairs, and
 * each alone.
 */
const SHARERS: readonly number[] = [0b111, 0b011, 0b101, 0b110, 0b001, 0b010, 0b100];

/** Columns that a group must save to be searched sooner together than one by one; measured. */
const WORTH_SHARING = 200;

/** The most units, or results, of the queries that the kernel gets at a time: 64 MB. */
const MOST = 2 ** 24;

/** Largest memory of WebAssembly, less the memory of a search besides the codes. */
const LIMIT = 2 ** 32 - 2 ** 28;

/** Kept free at the beginning, so that no address is 0. */
const BEGINNING = 1024;

/** Number larger than any distance. */
const FARTHEST = 2 ** 31 - 1;

const known = new WeakMap<BinaryEmbeddings, CodeSearch | null>();

/** The search among a set of codes; null where the engine has no SIMD, or no memory of that size. */
export function codeSearchOf(codes: BinaryEmbeddings): CodeSearch | null {
  const found = known.get(codes);
  if (found !== undefined) return found;
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65_536 });
  const simd = simdOn(memory);
  const made = simd === null ? null : unlessFull(() => codeSearch(codes, simd, growing(memory)));
  known.set(codes, made);
  return made;
}

/** A memory that cannot grow throws a RangeError. */
function unlessFull<A>(use: () => A): A | null {
  try {
    return use();
  } catch (thrown) {
    if (thrown instanceof RangeError) return null;
    throw thrown;
  }
}

/** A memory from which pieces are taken. */
interface Pieces {
  /** Reserves bytes, a multiple of 64, and returns their address. */
  readonly reserve: (bytes: number) => number;
  /** Reserves bytes for some numbers, and writes them. */
  readonly put: (numbers: Uint32Array) => number;
  /** Frees the memory that was reserved meanwhile. */
  readonly scratch: <A>(use: () => A) => A;
  /** All bytes; good until the next piece is taken. */
  readonly buffer: () => ArrayBufferLike;
}

function growing(memory: WebAssembly.Memory): Pieces {
  let end = BEGINNING;
  const reserve = (bytes: number): number => {
    const at = end;
    end += Math.ceil(bytes / COLUMN) * COLUMN;
    const missing = end - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / 65_536));
    return at;
  };
  const scratch = <A>(use: () => A): A => {
    const kept = end;
    try {
      return use();
    } finally {
      end = kept;
    }
  };
  const put = (numbers: Uint32Array): number => {
    const at = reserve(numbers.byteLength);
    new Uint32Array(memory.buffer, at, numbers.length).set(numbers);
    return at;
  };
  return { reserve, put, scratch, buffer: () => memory.buffer };
}

/** The order in which the kernel ranks codes. */
interface Order {
  /** Whether codes are farther by the units that they miss to the largest code. */
  readonly sized: boolean;
  /** Factor on the number of shared units in the rank of a code. */
  readonly scale: 1 | 2;
  /** Whether the units are those that the queries have not, and codes are farther for them. */
  readonly turned: boolean;
}

function codeSearch(codes: BinaryEmbeddings, simd: Simd, pieces: Pieces): CodeSearch | null {
  const { reserve, put, scratch, buffer } = pieces;
  const { size, largest, bits, before, bytes, write } = sizedRows(codes);
  // The last column is empty.
  const perBlock = (8 * bytes + 1) * COLUMN;
  const length = Math.ceil(codes.count / BLOCK) * perBlock;
  if (length > LIMIT) return null;
  const blocks = reserve(length);
  scratch(() => {
    const rows = reserve(BLOCK * bytes);
    for (let first = 0, columns = blocks; first < codes.count; first += BLOCK) {
      write(first, new Uint8Array(buffer(), rows, BLOCK * bytes));
      simd.sliceCodes(rows, bytes, columns);
      columns += perBlock;
    }
  });
  /** The nearest in an order, and the numbers that put them in it. */
  const find = (
    queries: BinaryEmbeddings,
    sizes: Uint32Array,
    k: number,
    { sized, scale, turned }: Order,
  ): { readonly values: Int32Array; readonly indices: Int32Array } => {
    const sizeBits = sized ? bits : 0;
    const shift = scale - 1;
    const longest = sizes.reduce((most, size) => Math.max(most, size), 0);
    const highest = (sized ? largest : 0) + (longest << shift);
    // At least five planes are counted.
    const top = Math.max(4 + shift, 32 - Math.clz32(highest));
    const values = new Int32Array(queries.count * k), indices = new Int32Array(queries.count * k);
    const step = GROUP * Math.max(1, Math.floor(MOST / Math.max(k, longest) / GROUP));
    for (let first = 0; first < queries.count; first += step) {
      const some = rowsOf(queries, first, Math.min(first + step, queries.count));
      const results = some.count * k;
      scratch(() => {
        const { columns, starts } = groupLists(some, 8 * bytes);
        const [lists, from, work] = [put(columns), put(starts), reserve(WORK)];
        const [near, places] = [reserve(4 * results), reserve(4 * results)];
        new Int32Array(buffer(), near, results).fill(FARTHEST);
        simd.searchCodes(
          ...[some.count, lists, from, blocks, perBlock, codes.count] as const,
          ...[8 * before * COLUMN, sizeBits, top, shift, Number(turned)] as const,
          ...[near, places, k, work] as const,
        );
        values.set(new Int32Array(buffer(), near, results), first * k);
        indices.set(new Int32Array(buffer(), places, results), first * k);
      });
    }
    return { values, indices };
  };
  return {
    nearest: (queries, k, distance) => {
      const sizes = codeSizes(queries);
      const total = sizes.reduce((sum, size) => sum + size, 0);
      // Of queries that have most units, those that they have not are fewer: |a ∩ b| = |b| − |b \ a|.
      const turned = 2 * total > queries.count * queries.width;
      const [asked, lengths] = turned
        ? [complement(queries), sizes.map((size) => queries.width - size)]
        : [queries, sizes];
      const hamming = distance === "hamming";
      // |a △ b| = |a| + |b| − 2 |a ∩ b|, where |b| is the largest size less what is missing to it. Codes of
      // one size are in the order of |a ∩ b| alone.
      const sized = bits > 0 && (hamming || turned);
      const { values, indices } = find(asked, lengths, k, {
        sized,
        scale: hamming && sized ? 2 : 1,
        turned,
      });
      const factor = hamming && !sized ? 2 : 1;
      const from = turned ? -size : hamming ? size : 0;
      const distances = new Float64Array(values.length);
      for (let query = 0, at = 0; query < queries.count; query++) {
        const own = hamming ? from + sizes[query] : from;
        for (let i = 0; i < k; i++, at++) distances[at] = factor * values[at] + own;
      }
      return { distances, indices };
    },
  };
}

/** The codes from one index up to another, in the same memory. */
const rowsOf = (codes: BinaryEmbeddings, from: number, to: number): BinaryEmbeddings => {
  const perCode = wordsPerCode(codes.width);
  const words = codes.words.subarray(from * perCode, to * perCode);
  return { ...codes, count: to - from, words };
};

// ---- Codes and queries as the kernel has them

/** Lists of columns. */
interface Lists {
  /** Offset in bytes of each column from the beginning of a block, one list after the other. */
  readonly columns: Uint32Array;
  /** Index in `columns` at which each list begins, and at last the end of all. */
  readonly starts: Uint32Array;
}

/**
 * The columns of queries, three at a time: seven lists per group, of the units that the queries of one of
 * `SHARERS` have in common and the others have not. Where that would save little, each query has all its
 * units to itself. Each list is even in length.
 *
 * @param nothing A unit that no code has.
 */
function groupLists(
  { count, width, words }: BinaryEmbeddings,
  nothing: number,
): Lists {
  const perCode = wordsPerCode(width);
  const groups = Math.ceil(count / GROUP);
  const starts = new Uint32Array(groups * SHARERS.length + 1);
  let total = 0;
  for (let i = 0; i < count * perCode; i++) total += popcount(words[i]);
  const columns = new Uint32Array(total + groups * SHARERS.length);
  let [at, list] = [0, 0];
  const put = (word: number, i: number) => {
    for (let rest = word; rest !== 0; rest &= rest - 1) {
      columns[at++] = (32 * i + 31 - Math.clz32(rest & -rest)) * COLUMN;
    }
  };
  const close = () => {
    if ((at - starts[list]) % 2 === 1) columns[at++] = nothing * COLUMN;
    starts[++list] = at;
  };
  const none = new Uint32Array(perCode);
  const row = (query: number) =>
    query < count ? words.subarray(query * perCode, (query + 1) * perCode) : none;
  for (let first = 0; first < count; first += GROUP) {
    const rows = [row(first), row(first + 1), row(first + 2)];
    const [a, b, c] = rows;
    let saved = 0;
    for (let i = 0; i < perCode; i++) {
      saved += popcount(a[i] & b[i]) + popcount((a[i] | b[i]) & c[i]);
    }
    if (saved >= WORTH_SHARING) {
      for (const sharers of SHARERS) {
        const [notA, notB, notC] = [0, 1, 2].map((query) => ((sharers >> query) & 1) - 1);
        for (let i = 0; i < perCode; i++) put((a[i] ^ notA) & (b[i] ^ notB) & (c[i] ^ notC), i);
        close();
      }
    } else {
      starts.fill(at, list, list += SHARERS.length - GROUP);
      starts[list] = at;
      for (const own of rows) {
        own.forEach(put);
        close();
      }
    }
  }
  return { columns: columns.subarray(0, at), starts };
}

/** Codes as rows of bytes with a number after each: the difference of the code's size from the largest. */
interface SizedRows {
  /** The largest code's units. */
  readonly size: number;
  /** The largest of those numbers. */
  readonly largest: number;
  /** Number of bits of `largest`; 0 where all codes have one size. */
  readonly bits: number;
  /** Bytes of a row before its number. */
  readonly before: number;
  /** Bytes of a row. */
  readonly bytes: number;
  /** Writes a block's rows, zeros after the last code; `first` is the block's first code. */
  readonly write: (first: number, rows: Uint8Array) => void;
}

/** The rows of codes. */
function sizedRows(codes: BinaryEmbeddings): SizedRows {
  const sizes = codeSizes(codes);
  const size = sizes.reduce((most, size) => Math.max(most, size), 0);
  const largest = size - sizes.reduce((least, size) => Math.min(least, size), size);
  const bits = 32 - Math.clz32(largest);
  const before = 4 * wordsPerCode(codes.width);
  const after = Math.ceil(bits / 8);
  const bytes = before + after;
  const { buffer, byteOffset } = codes.words;
  const packed = new Uint8Array(buffer, byteOffset, codes.count * before);
  const write = (first: number, rows: Uint8Array) => {
    const end = Math.min(first + BLOCK, codes.count);
    rows.fill(0, (end - first) * bytes);
    if (after === 0) return rows.set(packed.subarray(first * before, end * before));
    for (let i = first, at = 0; i < end; i++, at += bytes) {
      rows.set(packed.subarray(i * before, (i + 1) * before), at);
      for (let b = 0; b < after; b++) rows[at + before + b] = (size - sizes[i]) >>> (8 * b);
    }
  };
  return { size, largest, bits, before, bytes, write };
}
