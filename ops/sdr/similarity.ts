/**
 * How much the codes of two sets agree, pair by pair. All against all is `embeddingDistances`; sparsity,
 * duty cycles and their entropy, which are of one set, are `sparsity`, `dutyCycles` and `dutyEntropy`.
 *
 * @module
 */
import { type BinaryEmbeddings, popcount, wordsPerCode } from "../embeddings.ts";
import { checkPairs, intersection, symmetricDifference } from "./set_algebra.ts";

/** How many units each code has. */
export function codeSizes({ count, width, words }: BinaryEmbeddings): Uint32Array {
  const perCode = wordsPerCode(width);
  const sizes = new Uint32Array(count);
  for (let i = 0, w = 0; i < count; i++) {
    for (const end = w + perCode; w < end; w++) sizes[i] += popcount(words[w]);
  }
  return sizes;
}

/**
 * The units that both codes of a pair have: |a ∩ b|.
 *
 * @throws {RangeError} Where the counts or the widths differ.
 *
 * @example
 * ```ts
 * import { hamming, jaccard, overlap } from "./similarity.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const code = (bits: number) =>
 *   ({ kind: "binary", count: 1, width: 4, words: Uint32Array.of(bits) }) as const;
 * const [a, b] = [code(0b0011), code(0b0110)];
 * assertEquals([overlap(a, b)[0], hamming(a, b)[0], jaccard(a, b)[0]], [1, 2, 1 / 3]);
 * ```
 */
export const overlap = (a: BinaryEmbeddings, b: BinaryEmbeddings): Uint32Array =>
  codeSizes(intersection(a, b));

/**
 * The units in which the codes of a pair differ: |a △ b|, a metric.
 *
 * @throws {RangeError} Where the counts or the widths differ.
 */
export const hamming = (a: BinaryEmbeddings, b: BinaryEmbeddings): Uint32Array =>
  codeSizes(symmetricDifference(a, b));

/**
 * The units that both have over those that either has: |a ∩ b| / |a ∪ b|. One minus it is a metric.
 *
 * Source: P. Jaccard, "The distribution of the flora in the alpine zone", 1912.
 *
 * @returns Per pair a number in [0, 1]; 1 for two empty codes, which are equal.
 * @throws {RangeError} Where the counts or the widths differ.
 */
export function jaccard(a: BinaryEmbeddings, b: BinaryEmbeddings): Float64Array {
  const [common, apart] = [overlap(a, b), hamming(a, b)];
  return Float64Array.from(common, (both, i) => {
    const either = both + apart[i];
    return either === 0 ? 1 : both / either;
  });
}

/**
 * The part of each code's units that are in a set: |code ∩ set| / |code|.
 *
 * @returns Per pair a number in [0, 1]; 0 for an empty code, which has nothing of any set.
 * @throws {RangeError} Where the counts or the widths differ.
 */
export function containment(codes: BinaryEmbeddings, sets: BinaryEmbeddings): Float64Array {
  const common = overlap(codes, sets);
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
