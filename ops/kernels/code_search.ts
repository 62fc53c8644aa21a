/**
 * The search for the nearest codes in WebAssembly, on a memory of its own that holds the codes.
 *
 * The codes are held as columns: of 512 codes at a time, for each unit a bit per code. The units that a
 * query shares with 128 codes are counted at once, by adders of single bits, so that a query costs its
 * units and not the codes' width, and however often each unit is used.
 *
 * @module
 */
import { type BinaryEmbeddings, wordsPerCode } from "../embeddings.ts";
import { eachBit } from "../metrics/rows.ts";
import { codeSizes, complement } from "../codes/algebra.ts";
import { type Simd, simdOn } from "./simd/module.ts";

/** "hamming": units that differ; "overlap": minus the units that both have. */
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
const WORK = 1536;

/** Kept free at the beginning, so that no address is 0. */
const BEGINNING = 1024;

/** Larger than any distance. */
const FARTHEST = 2 ** 31 - 1;

const known = new WeakMap<BinaryEmbeddings, CodeSearch | null>();

/** The search among a set of codes; null where the engine has no SIMD. */
export function codeSearchOf(codes: BinaryEmbeddings): CodeSearch | null {
  const found = known.get(codes);
  if (found !== undefined) return found;
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65_536 });
  const simd = simdOn(memory);
  const made = simd === null ? null : codeSearch(codes, simd, growing(memory));
  known.set(codes, made);
  return made;
}

/** A memory from which pieces are taken. */
interface Pieces {
  /** The address of so many bytes, a multiple of 64. */
  readonly reserve: (bytes: number) => number;
  /** Reserves bytes for some numbers, and writes them. */
  readonly put: (numbers: Uint32Array) => number;
  /** Gives back what is reserved meanwhile. */
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

function codeSearch(codes: BinaryEmbeddings, simd: Simd, pieces: Pieces): CodeSearch {
  const { reserve, put, scratch, buffer } = pieces;
  const { size, largest, bits, before, bytes, write } = sizedRows(codes);
  const perBlock = 8 * bytes * COLUMN;
  const blocks = reserve(Math.ceil(codes.count / BLOCK) * perBlock);
  scratch(() => {
    const rows = reserve(BLOCK * bytes);
    for (let first = 0, columns = blocks; first < codes.count; first += BLOCK) {
      write(first, new Uint8Array(buffer(), rows, BLOCK * bytes));
      simd.sliceCodes(rows, bytes, columns);
      columns += perBlock;
    }
  });
  /** The least of ± (a code's size missing to the largest, where wanted, + scale · units shared). */
  const find = (
    { units, starts }: UnitLists,
    k: number,
    { sized, scale, turned }: {
      readonly sized: boolean;
      readonly scale: 1 | 2;
      readonly turned: boolean;
    },
    offset: (query: number) => number,
  ): FoundCodes =>
    scratch(() => {
      const many = starts.length - 1;
      const [distances, indices] = [reserve(4 * many * k), reserve(4 * many * k)];
      const lists = put(units.map((unit) => unit * COLUMN));
      const [from, work] = [put(starts), reserve(WORK)];
      const values = new Int32Array(buffer(), distances, many * k).fill(FARTHEST);
      const [sizeBits, most] = sized ? [bits, largest] : [0, 0];
      simd.searchCodes(
        ...[many, lists, from, blocks, perBlock, codes.count] as const,
        ...[8 * before * COLUMN, sizeBits, most, scale - 1, Number(turned)] as const,
        ...[distances, indices, k, work] as const,
      );
      return {
        distances: Float64Array.from(values, (value, i) => value + offset(Math.floor(i / k))),
        indices: new Int32Array(buffer(), indices, many * k).slice(),
      };
    });
  return {
    nearest: (queries, k, distance) => {
      const sizes = codeSizes(queries);
      const total = sizes.reduce((sum, size) => sum + size, 0);
      // Of queries that have most units, those that they have not are fewer: |a ∩ b| = |b| − |b \ a|.
      const turned = 2 * total > queries.count * queries.width;
      const lists = turned ? otherUnits(queries) : unitsOf(queries);
      const from = turned ? -size : size;
      // |a △ b| = |a| + |b| − 2 |a ∩ b|, where |b| is the largest size less what is missing to it.
      return distance === "hamming"
        ? find(lists, k, { sized: true, scale: 2, turned }, (query) => from + sizes[query])
        : find(lists, k, { sized: turned, scale: 1, turned }, () => turned ? from : 0);
    },
  };
}

// ---- Codes and queries as the kernel has them

/** Lists of units, one per query. */
interface UnitLists {
  /** The units, one list after the other… */
  readonly units: Uint32Array;
  /** …and where each begins, and the last ends. */
  readonly starts: Uint32Array;
}

/** The units that each code has. */
function unitsOf({ count, width, words }: BinaryEmbeddings): UnitLists {
  const sizes = codeSizes({ kind: "binary", count, width, words });
  const starts = new Uint32Array(count + 1);
  sizes.forEach((size, i) => starts[i + 1] = starts[i] + size);
  const units = new Uint32Array(starts[count]);
  const perCode = wordsPerCode(width);
  let at = 0;
  for (let i = 0; i < count; i++) {
    eachBit(words, i * perCode, perCode, (unit) => units[at++] = unit);
  }
  return { units, starts };
}

/** The units that each code has not. */
const otherUnits = (codes: BinaryEmbeddings): UnitLists => unitsOf(complement(codes));

/** Codes as rows of bytes with a number after each: by how many units it is smaller than the largest. */
interface SizedRows {
  /** The largest code's units. */
  readonly size: number;
  /** The largest of those numbers. */
  readonly largest: number;
  /** Their bits; 0 where all codes have one size. */
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
