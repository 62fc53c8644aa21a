/**
 * The algebra of codes as sets of units. Pair by pair they form a Boolean lattice of all sets of
 * `width` units, with the empty code at its bottom and the full one at its top; similarities count what
 * two codes of a pair share; bundling makes one code of many, and a permutation binds a code to a role.
 *
 * Distances of all codes against all are `embeddingDistances`; the sparsity, the duty cycles and the
 * entropy of one set are `sparsity`, `dutyCycles` and `dutyEntropy`.
 *
 * @module
 */
import { type BinaryEmbeddings, popcount, wordsPerCode } from "../embeddings.ts";
import { checkLength, eachBit } from "../metrics/rows.ts";
import { emptyCodes, lastMask } from "./codes.ts";
import { E } from "../../graph/fp_ts.ts";
import { type InvalidOption, invalidOption } from "../../graph/error.ts";

// ---- Sets

/**
 * The units that are in one of the two codes of a pair or in both.
 *
 * @param a First codes of the pairs.
 * @param b Second codes of the pairs, as many and as wide.
 * @throws {RangeError} Where the counts or the widths differ.
 *
 * @example
 * ```ts
 * import { difference, intersection, symmetricDifference, union } from "./algebra.ts";
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
 * @param a First codes of the pairs.
 * @param b Second codes of the pairs, as many and as wide.
 * @throws {RangeError} Where the counts or the widths differ.
 */
export const intersection = (a: BinaryEmbeddings, b: BinaryEmbeddings): BinaryEmbeddings =>
  combine(a, b, (x, y) => x & y);

/**
 * The units that are in the first code of a pair and not in the second.
 *
 * @param a First codes of the pairs.
 * @param b Second codes of the pairs, as many and as wide.
 * @throws {RangeError} Where the counts or the widths differ.
 */
export const difference = (a: BinaryEmbeddings, b: BinaryEmbeddings): BinaryEmbeddings =>
  combine(a, b, (x, y) => x & ~y);

/**
 * The units that one code of a pair has and the other has not.
 *
 * @param a First codes of the pairs.
 * @param b Second codes of the pairs, as many and as wide.
 * @throws {RangeError} Where the counts or the widths differ.
 */
export const symmetricDifference = (a: BinaryEmbeddings, b: BinaryEmbeddings): BinaryEmbeddings =>
  combine(a, b, (x, y) => x ^ y);

/**
 * Returns the units that each code has not set.
 *
 * @param codes Packed codes.
 */
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
function checkPairs(a: BinaryEmbeddings, b: BinaryEmbeddings): void {
  checkLength("pair codes", b.count, a.count);
  checkLength("compare codes", b.width, a.width);
}

// ---- Similarities

/**
 * Counts the active units of each code.
 *
 * @param codes Packed codes.
 */
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
 * @param a First codes of the pairs.
 * @param b Second codes of the pairs, as many and as wide.
 * @throws {RangeError} Where the counts or the widths differ.
 *
 * @example
 * ```ts
 * import { hamming, jaccard, overlap } from "./algebra.ts";
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
 * @param a First codes of the pairs.
 * @param b Second codes of the pairs, as many and as wide.
 * @throws {RangeError} Where the counts or the widths differ.
 */
export const hamming = (a: BinaryEmbeddings, b: BinaryEmbeddings): Uint32Array =>
  codeSizes(symmetricDifference(a, b));

/**
 * The units that both have over those that either has: |a ∩ b| / |a ∪ b|. One minus it is a metric.
 *
 * Source: P. Jaccard, "The distribution of the flora in the alpine zone", 1912.
 *
 * @param a First codes of the pairs.
 * @param b Second codes of the pairs, as many and as wide.
 * @returns A number in [0, 1] for each pair; 1 for two empty codes, which are equal.
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
 * @param codes Codes of the pairs.
 * @param sets Sets of the pairs, as many and as wide.
 * @returns A number in [0, 1] for each pair; 0 for an empty code.
 * @throws {RangeError} Where the counts or the widths differ.
 */
export function containment(codes: BinaryEmbeddings, sets: BinaryEmbeddings): Float64Array {
  const common = overlap(codes, sets);
  return Float64Array.from(codeSizes(codes), (size, i) => size === 0 ? 0 : common[i] / size);
}

/**
 * Computes the expected {@linkcode containment} of a random code of the same size. Of m units that are drawn from n
 * without replacement, each is in a set of u with probability u / n, so that E|code ∩ set| / |code| = u / n, whatever
 * m.
 *
 * @param codes Codes of the pairs.
 * @param sets Sets of the pairs, as many and as wide.
 * @returns A number in [0, 1] for each pair; 0 for an empty code.
 * @throws {RangeError} Where the counts or the widths differ.
 */
export function chanceContainment(codes: BinaryEmbeddings, sets: BinaryEmbeddings): Float64Array {
  checkPairs(codes, sets);
  const units = codeSizes(sets);
  return Float64Array.from(codeSizes(codes), (size, i) => size === 0 ? 0 : units[i] / sets.width);
}

// ---- Bundles and bindings

/**
 * Bundles a set of codes: keeps the units that at least `threshold` of them have. A threshold of 1 is the union of all,
 * one of `count` their intersection. The default is the majority, more than half.
 *
 * Source: P. Kanerva, "Hyperdimensional Computing", Cognitive Computation 1, 2009.
 *
 * @param codes Packed codes of the set.
 * @param threshold An integer of at least 1.
 * @returns One code; an empty one for a set without codes. `InvalidOption` for another threshold.
 *
 * @example
 * ```ts
 * import { bundle } from "./algebra.ts";
 * import { fromIndices, toIndices } from "./codes.ts";
 * import { E, pipe } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const majority = pipe(
 *   fromIndices([[0, 1], [1, 2], [1, 2, 3]], 8),
 *   E.chain((codes) => bundle(codes)),
 *   E.map(toIndices),
 * );
 * assertEquals(majority, E.right([[1, 2]]));
 * ```
 */
export function bundle(
  { count, width, words }: BinaryEmbeddings,
  threshold: number = Math.floor(count / 2) + 1,
): E.Either<InvalidOption, BinaryEmbeddings> {
  if (!Number.isInteger(threshold) || threshold < 1) {
    return E.left(invalidOption("threshold", threshold, "an integer of at least 1"));
  }
  const sums = new Uint32Array(width);
  const perCode = wordsPerCode(width);
  for (let i = 0; i < count; i++) eachBit(words, i * perCode, perCode, (unit) => sums[unit]++);
  const bundled = emptyCodes(1, width);
  for (let unit = 0; unit < width; unit++) {
    if (sums[unit] >= threshold) bundled.words[unit >>> 5] |= 1 << (unit & 31);
  }
  return E.right(bundled);
}

/**
 * Binds codes by a permutation of their units: unit u of a code becomes unit order[u]. All overlaps and
 * distances between codes that are bound alike stay; a code and its bound form are unrelated.
 *
 * Source: P. Kanerva, "Hyperdimensional Computing", Cognitive Computation 1, 2009.
 *
 * @param codes Packed codes.
 * @param order Permutation from `permutation` of `graph/rng.ts`: each of 0 to width − 1 once.
 * @returns The bound codes; `InvalidOption` where the order is no permutation of the units.
 *
 * @example
 * ```ts
 * import { bind, inverseOrder } from "./algebra.ts";
 * import { fromIndices, toIndices } from "./codes.ts";
 * import { E, pipe } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const order = Uint32Array.of(2, 0, 1);
 * const bound = pipe(fromIndices([[0, 1]], 3), E.chain((codes) => bind(codes, order)));
 * assertEquals(pipe(bound, E.map(toIndices)), E.right([[0, 2]]));
 * const back = pipe(bound, E.chain((codes) => bind(codes, inverseOrder(order))), E.map(toIndices));
 * assertEquals(back, E.right([[0, 1]]));
 * ```
 */
export function bind(
  { count, width, words }: BinaryEmbeddings,
  order: ArrayLike<number>,
): E.Either<InvalidOption, BinaryEmbeddings> {
  const taken = new Uint8Array(width);
  for (let u = 0; u < order.length; u++) {
    if (Number.isInteger(order[u]) && order[u] >= 0 && order[u] < width) taken[order[u]] = 1;
  }
  if (order.length !== width || taken.includes(0)) {
    const found = taken.reduce((sum, one) => sum + one, 0);
    return E.left(
      invalidOption(
        "order",
        `${order.length} numbers, of which ${found} are different units`,
        `each of 0 to ${width - 1} once`,
      ),
    );
  }
  const bound = emptyCodes(count, width);
  const perCode = wordsPerCode(width);
  for (let i = 0; i < count; i++) {
    eachBit(words, i * perCode, perCode, (unit) => {
      const to = order[unit];
      bound.words[i * perCode + (to >>> 5)] |= 1 << (to & 31);
    });
  }
  return E.right(bound);
}

/**
 * The order that undoes another.
 *
 * @param order A permutation of 0 to order.length − 1.
 */
export function inverseOrder(order: ArrayLike<number>): Uint32Array {
  const inverse = new Uint32Array(order.length);
  for (let u = 0; u < order.length; u++) inverse[order[u]] = u;
  return inverse;
}
