/**
 * Rows as symbols: equal rows have the same number, so that a layer of any width is one discrete
 * variable.
 *
 * @module
 */
import { type BinaryEmbeddings, wordsPerCode } from "../embeddings.ts";
import { checkLength } from "../metrics/rows.ts";

/**
 * The symbols of labels.
 *
 * @param labels Any numbers. A NaN is equal to itself, and −0 to 0.
 * @returns One number per label, from 0 on in order of first appearance.
 *
 * @example
 * ```ts
 * import { symbolsOfLabels } from "./symbols.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals([...symbolsOfLabels([7, -1, 7, 0.5])], [0, 1, 0, 2]);
 * ```
 */
export function symbolsOfLabels(labels: ArrayLike<number>): Int32Array {
  const seen = new Map<number, number>();
  const symbols = new Int32Array(labels.length);
  for (let i = 0; i < symbols.length; i++) {
    let symbol = seen.get(labels[i]);
    if (symbol === undefined) seen.set(labels[i], symbol = seen.size);
    symbols[i] = symbol;
  }
  return symbols;
}

/**
 * The symbols of binary codes: two codes have the same one if, and only if, all of their bits agree.
 *
 * @param codes Packed codes.
 * @returns One number per code, from 0 on in order of first appearance.
 * @throws {RangeError} Where the codes have not as many words as they say.
 *
 * @example
 * ```ts
 * import { symbolsOfCodes } from "./symbols.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const words = Uint32Array.of(5, 1, 4, 1, 5, 1);
 * assertEquals([...symbolsOfCodes({ kind: "binary", count: 3, width: 33, words })], [0, 1, 0]);
 * ```
 */
export function symbolsOfCodes({ count, width, words }: BinaryEmbeddings): Int32Array {
  checkLength("name codes", words.length, count * wordsPerCode(width));
  const signed = new Int32Array(words.buffer, words.byteOffset, words.length);
  return nameRows(signed, count, wordsPerCode(width));
}

/**
 * The symbols of rows of integers, such as the bins of a layer's units.
 *
 * @param rows count × width integers, row-major.
 * @param width Integers per row, at least 1.
 * @returns One number per row, from 0 on in order of first appearance.
 * @throws {RangeError} Where the last row is not whole.
 *
 * @example
 * ```ts
 * import { symbolsOfRows } from "./symbols.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals([...symbolsOfRows(Int32Array.of(0, 3, 3, 0, 0, 3), 2)], [0, 1, 0]);
 * ```
 */
export function symbolsOfRows(rows: Int32Array | Uint8Array, width: number): Int32Array {
  const count = Math.floor(rows.length / width);
  checkLength("name rows", rows.length, count * width);
  return nameRows(rows instanceof Int32Array ? rows : new Int32Array(rows), count, width);
}

/**
 * The symbols of pairs: the joint variable (X, Y).
 *
 * @param x Any numbers, as of {@linkcode symbolsOfLabels}.
 * @param y Symbols of Y, as many.
 * @returns One number per pair, from 0 on in order of first appearance.
 * @throws {RangeError} Where x and y differ in length.
 *
 * @example
 * ```ts
 * import { jointSymbols } from "./symbols.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals([...jointSymbols([0, 0, 1, 0], [5, 6, 5, 5])], [0, 1, 2, 0]);
 * ```
 */
export function jointSymbols(x: ArrayLike<number>, y: ArrayLike<number>): Int32Array {
  checkLength("pair symbols", y.length, x.length);
  const [first, second] = [symbolsOfLabels(x), symbolsOfLabels(y)];
  const pairs = new Int32Array(2 * first.length);
  for (let i = 0; i < first.length; i++) {
    pairs[2 * i] = first[i];
    pairs[2 * i + 1] = second[i];
  }
  return nameRows(pairs, first.length, 2);
}

/**
 * Counts the occurrences of each symbol.
 *
 * @param symbols Symbols from this module: 0 to distinct − 1, none left out.
 * @returns One count per symbol, at least 1 each; none for no symbols.
 *
 * @example
 * ```ts
 * import { symbolCounts, symbolsOfLabels } from "./symbols.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals([...symbolCounts(symbolsOfLabels([7, -1, 7]))], [2, 1]);
 * ```
 */
export function symbolCounts(symbols: Int32Array): Int32Array {
  let distinct = 0;
  for (let i = 0; i < symbols.length; i++) distinct = Math.max(distinct, symbols[i] + 1);
  const counts = new Int32Array(distinct);
  for (let i = 0; i < symbols.length; i++) counts[symbols[i]]++;
  return counts;
}

/**
 * A hash table with open addressing. Own, because a Map would need a string per row: 20 times slower
 * for 10,000 codes of 512 bits. A hash only says where to look; rows are the same if all of their
 * words are.
 */
function nameRows(words: Int32Array, count: number, perRow: number): Int32Array {
  const symbols = new Int32Array(count);
  const size = 2 ** Math.ceil(Math.log2(2 * count + 1));
  const table = new Int32Array(size).fill(-1);
  const firstRow = new Int32Array(count);
  let distinct = 0;
  for (let row = 0; row < count; row++) {
    let slot = hashOf(words, row * perRow, perRow) & (size - 1);
    while (table[slot] !== -1 && !sameRow(words, row, firstRow[table[slot]], perRow)) {
      slot = (slot + 1) & (size - 1);
    }
    if (table[slot] === -1) {
      firstRow[distinct] = row;
      table[slot] = distinct++;
    }
    symbols[row] = table[slot];
  }
  return symbols;
}

/** MurmurHash3 of 32 bits, by Appleby. */
function hashOf(words: Int32Array, at: number, length: number): number {
  let hash = length;
  for (let w = at; w < at + length; w++) {
    let word = Math.imul(words[w], 0xcc9e2d51);
    word = Math.imul((word << 15) | (word >>> 17), 0x1b873593);
    hash ^= word;
    hash = Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64 | 0;
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function sameRow(words: Int32Array, a: number, b: number, perRow: number): boolean {
  for (let w = 0; w < perRow; w++) {
    if (words[a * perRow + w] !== words[b * perRow + w]) return false;
  }
  return true;
}
