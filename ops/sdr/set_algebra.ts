/**
 * Codes as sets of units, pair by pair: a Boolean lattice of all sets of `width` units, the empty code
 * at its bottom and the full one at its top.
 *
 * @module
 */
import { type BinaryEmbeddings, wordsPerCode } from "../embeddings.ts";
import { checkLength } from "../metrics/check.ts";
import { lastMask } from "./codes.ts";

/**
 * The units that are in one of the two codes of a pair or in both.
 *
 * @throws {RangeError} Where the counts or the widths differ.
 *
 * @example
 * ```ts
 * import { difference, intersection, symmetricDifference, union } from "./set_algebra.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const code = (bits: number) =>
 *   ({ kind: "binary", count: 1, width: 4, words: Uint32Array.of(bits) }) as const;
 * assertEquals(union(code(0b0011), code(0b0110)), code(0b0111));
 * assertEquals(intersection(code(0b0011), code(0b0110)), code(0b0010));
 * assertEquals(difference(code(0b0011), code(0b0110)), code(0b0001));
 * assertEquals(symmetricDifference(code(0b0011), code(0b0110)), code(0b0101));
 * ```
 */
export const union = (a: BinaryEmbeddings, b: BinaryEmbeddings): BinaryEmbeddings =>
  combine(a, b, (x, y) => x | y);

/**
 * The units that both codes of a pair have.
 *
 * @throws {RangeError} Where the counts or the widths differ.
 */
export const intersection = (a: BinaryEmbeddings, b: BinaryEmbeddings): BinaryEmbeddings =>
  combine(a, b, (x, y) => x & y);

/**
 * The units that are in the first code of a pair and not in the second.
 *
 * @throws {RangeError} Where the counts or the widths differ.
 */
export const difference = (a: BinaryEmbeddings, b: BinaryEmbeddings): BinaryEmbeddings =>
  combine(a, b, (x, y) => x & ~y);

/**
 * The units that one code of a pair has and the other has not.
 *
 * @throws {RangeError} Where the counts or the widths differ.
 */
export const symmetricDifference = (a: BinaryEmbeddings, b: BinaryEmbeddings): BinaryEmbeddings =>
  combine(a, b, (x, y) => x ^ y);

/** The units that each code has not. */
export function complement(codes: BinaryEmbeddings): BinaryEmbeddings {
  const perCode = wordsPerCode(codes.width);
  const mask = lastMask(codes.width);
  const words = codes.words.map((word, w) => ~word & ((w + 1) % perCode === 0 ? mask : -1));
  return { ...codes, words };
}

function combine(
  a: BinaryEmbeddings,
  b: BinaryEmbeddings,
  of: (x: number, y: number) => number,
): BinaryEmbeddings {
  checkPairs(a, b);
  return { ...a, words: a.words.map((word, w) => of(word, b.words[w])) };
}

/**
 * Refuses sets that cannot be taken pair by pair.
 *
 * @throws {RangeError} Where the counts or the widths differ.
 */
export function checkPairs(a: BinaryEmbeddings, b: BinaryEmbeddings): void {
  checkLength("pair codes", b.count, a.count);
  checkLength("compare codes", b.width, a.width);
}
