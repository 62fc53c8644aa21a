/**
 * Embeddings of many samples: packed bits where they are binary, numbers where not.
 *
 * @module
 */

/**
 * Binary codes, 32 units per word: unit u of code i is bit u mod 32 of word i·w + ⌊u / 32⌋, where w is
 * {@linkcode wordsPerCode} of the width.
 */
export interface BinaryEmbeddings {
  /** Tells the two apart. */
  readonly kind: "binary";
  /** Codes. */
  readonly count: number;
  /** Units per code. */
  readonly width: number;
  /** count × ceil(width / 32) words; the bits past the width are 0. */
  readonly words: Uint32Array;
}

/** Real-valued embeddings, row-major. */
export interface DenseEmbeddings {
  /** Tells the two apart. */
  readonly kind: "dense";
  /** Embeddings. */
  readonly count: number;
  /** Numbers per embedding. */
  readonly width: number;
  /** count × width numbers. */
  readonly values: Float32Array;
}

/** Embeddings of many samples: binary codes, or vectors of numbers. */
export type Embeddings = BinaryEmbeddings | DenseEmbeddings;

/**
 * Words per code, of {@linkcode BinaryEmbeddings}: ceil(width / 32).
 *
 * @param width Units per code.
 *
 * @example
 * ```ts
 * import { wordsPerCode } from "./embeddings.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals([32, 33, 512].map(wordsPerCode), [1, 2, 16]);
 * ```
 */
export const wordsPerCode = (width: number): number => Math.ceil(width / 32);

/**
 * Packs rows of zeros and ones into words.
 *
 * @param rows rows × width numbers; whatever is above 0 is a 1.
 * @param width Units per row.
 * @param words Array that takes the words; must be 0 there.
 * @param at Index of the first word.
 */
export function packRows(
  rows: ArrayLike<number>,
  width: number,
  words: Uint32Array,
  at: number,
): void {
  const perRow = wordsPerCode(width);
  for (let row = 0, i = 0; i < rows.length; row++) {
    const base = at + row * perRow;
    for (let unit = 0; unit < width; unit++, i++) {
      if (rows[i] > 0) words[base + (unit >>> 5)] |= 1 << (unit & 31);
    }
  }
}

/** The number of bits that are set in a 32-bit word. */
export function popcount(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  bits = (bits + (bits >>> 4)) & 0x0f0f0f0f;
  return Math.imul(bits, 0x01010101) >>> 24;
}

/**
 * Returns the number of active units per code: least, mean and most. Zeros for no codes.
 *
 * @param codes Packed codes.
 */
export function activity(
  { count, width, words }: BinaryEmbeddings,
): { readonly least: number; readonly mean: number; readonly most: number } {
  if (count === 0) return { least: 0, mean: 0, most: 0 };
  const perRow = wordsPerCode(width);
  let [least, sum, most] = [width, 0, 0];
  for (let i = 0; i < count; i++) {
    let set = 0;
    for (let w = i * perRow; w < (i + 1) * perRow; w++) set += popcount(words[w]);
    least = Math.min(least, set);
    most = Math.max(most, set);
    sum += set;
  }
  return { least, mean: sum / count, most };
}

/**
 * Computes the sparsity of embeddings: the mean of |x| over all units, which for binary codes is the fraction of active
 * units.
 *
 * Source: compute_sparsity of dizcza/pytorch-mighty, mighty/utils/signal.py.
 *
 * @param embeddings Binary codes, or vectors.
 */
export function sparsity(embeddings: Embeddings): number {
  if (embeddings.count === 0) return 0;
  if (embeddings.kind === "binary") return activity(embeddings).mean / embeddings.width;
  let sum = 0;
  for (const value of embeddings.values) sum += Math.abs(value);
  return sum / embeddings.values.length;
}
