/**
 * Codes as sets of units, pair by pair: union, difference, and how much of one is in the other.
 *
 * @module
 */
import { type BinaryEmbeddings, popcount, stride } from "../../../ops/embeddings.ts";
import { checkLength } from "../../../ops/metrics/check.ts";

/**
 * The codes at some indices, in their order.
 *
 * @param picks Each from 0 to codes.count − 1.
 */
export function pickCodes(
  { width, words }: BinaryEmbeddings,
  picks: ArrayLike<number>,
): BinaryEmbeddings {
  const perCode = stride(width);
  const picked = new Uint32Array(picks.length * perCode);
  for (let i = 0; i < picks.length; i++) {
    picked.set(words.subarray(picks[i] * perCode, (picks[i] + 1) * perCode), i * perCode);
  }
  return { kind: "binary", count: picks.length, width, words: picked };
}

/**
 * The units that are in one of the two codes of a pair or in both.
 *
 * @throws {RangeError} Where the counts or the widths differ.
 *
 * @example
 * ```ts
 * import { difference, union } from "./code_sets.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const code = (bits: number) =>
 *   ({ kind: "binary", count: 1, width: 4, words: Uint32Array.of(bits) }) as const;
 * assertEquals(union(code(0b0011), code(0b0110)), code(0b0111));
 * assertEquals(difference(code(0b0011), code(0b0110)), code(0b0001));
 * ```
 */
export const union = (a: BinaryEmbeddings, b: BinaryEmbeddings): BinaryEmbeddings =>
  combine(a, b, (x, y) => x | y);

/**
 * The units that are in the first code of a pair and not in the second.
 *
 * @throws {RangeError} Where the counts or the widths differ.
 */
export const difference = (a: BinaryEmbeddings, b: BinaryEmbeddings): BinaryEmbeddings =>
  combine(a, b, (x, y) => x & ~y);

function combine(
  a: BinaryEmbeddings,
  b: BinaryEmbeddings,
  of: (x: number, y: number) => number,
): BinaryEmbeddings {
  checkPairs(a, b);
  return { ...a, words: a.words.map((word, w) => of(word, b.words[w])) };
}

/** How many units each code has. */
export function codeSizes({ count, width, words }: BinaryEmbeddings): Uint32Array {
  const perCode = stride(width);
  const sizes = new Uint32Array(count);
  for (let w = 0; w < words.length; w++) sizes[Math.floor(w / perCode)] += popcount(words[w]);
  return sizes;
}

/**
 * The part of each code's units that are in a set: |code ∩ set| / |code|.
 *
 * @returns Per pair a number in [0, 1]; 0 for an empty code, which has nothing of any set.
 * @throws {RangeError} Where the counts or the widths differ.
 */
export function containment(codes: BinaryEmbeddings, sets: BinaryEmbeddings): Float64Array {
  const common = codeSizes(combine(codes, sets, (x, y) => x & y));
  return Float64Array.from(codeSizes(codes), (size, i) => size === 0 ? 0 : common[i] / size);
}

/**
 * What {@linkcode containment} is expected to be where a code is any other of its size: of m units
 * that are drawn from n without replacement, each is in a set of u with probability u / n, so that
 * E|code ∩ set| / |code| = u / n, whatever m.
 *
 * @returns Per pair a number in [0, 1]; 0 for an empty code.
 * @throws {RangeError} Where the counts or the widths differ.
 */
export function chanceContainment(codes: BinaryEmbeddings, sets: BinaryEmbeddings): Float64Array {
  checkPairs(codes, sets);
  const units = codeSizes(sets);
  return Float64Array.from(codeSizes(codes), (size, i) => size === 0 ? 0 : units[i] / sets.width);
}

function checkPairs(a: BinaryEmbeddings, b: BinaryEmbeddings): void {
  checkLength("pair codes", b.count, a.count);
  checkLength("compare codes", b.width, a.width);
}
