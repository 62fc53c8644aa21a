/**
 * Codes and queries as the search in WebAssembly has them: columns, and lists of columns.
 *
 * @module
 */
import { type BinaryEmbeddings, wordsPerCode } from "../embeddings.ts";
import { eachBit } from "../metrics/rows.ts";
import { codeSizes } from "../sdr/similarity.ts";

/** Codes of a block. */
export const BLOCK = 512;

/** Bytes of a column, a bit per code of a block: a cache line. */
export const COLUMN: number = BLOCK / 8;

/** Lists of units, one per query. */
export interface UnitLists {
  /** The units, one list after the other… */
  readonly units: Uint32Array;
  /** …and where each begins, and the last ends. */
  readonly starts: Uint32Array;
}

/** The units that each code has. */
export function unitsOf({ count, width, words }: BinaryEmbeddings): UnitLists {
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
export function otherUnits({ count, width, words }: BinaryEmbeddings): UnitLists {
  const last = width % 32 === 0 ? -1 : 2 ** (width % 32) - 1;
  const perCode = wordsPerCode(width);
  const others = words.map((word, w) => ~word & ((w + 1) % perCode === 0 ? last : -1));
  return unitsOf({ kind: "binary", count, width, words: others });
}

/** Codes as rows of bytes with a number after each: by how many units it is smaller than the largest. */
export interface SizedRows {
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
export function sizedRows(codes: BinaryEmbeddings): SizedRows {
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
