/**
 * Sets of codes: made from lists of units, from numbers and from words, taken apart and put together.
 *
 * A set of codes is a `BinaryEmbeddings`: what an encoder leaves, and what every function of `ops/codes/`
 * takes and returns. Functions that combine two sets do so pair by pair; a mistake of the program,
 * counts or widths that differ, is thrown as a `RangeError`, and what comes from outside, such as a unit
 * that there is not, is returned as `InvalidOption`.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import { type InvalidOption, invalidOption } from "../../graph/error.ts";
import { type BinaryEmbeddings, packRows, wordsPerCode } from "../embeddings.ts";
import { checkLength, denseValues, eachBit } from "../metrics/rows.ts";

/** The most units that a code may have. */
export const MOST_UNITS: number = 2 ** 24;

/** Checks the number of units of a code. */
export const checkWidth = (width: number): E.Either<InvalidOption, number> =>
  Number.isInteger(width) && width >= 1 && width <= MOST_UNITS
    ? E.right(width)
    : E.left(invalidOption("width", width, `an integer from 1 to ${MOST_UNITS}`));

/**
 * Codes without any unit.
 *
 * @param count At least 0.
 * @param width Units per code, at least 1.
 */
export const emptyCodes = (count: number, width: number): BinaryEmbeddings => ({
  kind: "binary",
  count,
  width,
  words: new Uint32Array(count * wordsPerCode(width)),
});

/**
 * Codes from the units that each has.
 *
 * @param lists Units of each code, in any order; repetitions are ignored.
 * @param width Units per code, from 1 to 2²⁴.
 * @returns The codes; `InvalidOption` where a unit is not an integer from 0 to width − 1.
 *
 * @example
 * ```ts
 * import { fromIndices, toIndices } from "./codes.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const codes = orThrow(fromIndices([[0, 40], []], 64));
 * assertEquals(toIndices(codes), [[0, 40], []]);
 * assertEquals(E.isLeft(fromIndices([[64]], 64)), true);
 * ```
 */
export function fromIndices(
  lists: readonly ArrayLike<number>[],
  width: number,
): E.Either<InvalidOption, BinaryEmbeddings> {
  const checked = checkWidth(width);
  if (E.isLeft(checked)) return checked;
  const codes = emptyCodes(lists.length, width);
  const perCode = wordsPerCode(width);
  for (const [i, units] of lists.entries()) {
    for (let at = 0; at < units.length; at++) {
      const unit = units[at];
      if (!Number.isInteger(unit) || unit < 0 || unit >= width) {
        return E.left(
          invalidOption(`unit ${at} of code ${i}`, unit, `an integer from 0 to ${width - 1}`),
        );
      }
      codes.words[i * perCode + (unit >>> 5)] |= 1 << (unit & 31);
    }
  }
  return E.right(codes);
}

/**
 * The units of each code, rising.
 *
 * @param codes Packed codes.
 */
export function toIndices({ count, width, words }: BinaryEmbeddings): readonly number[][] {
  const perCode = wordsPerCode(width);
  return Array.from({ length: count }, (_, i) => {
    const units: number[] = [];
    eachBit(words, i * perCode, perCode, (unit) => units.push(unit));
    return units;
  });
}

/**
 * Codes from numbers, each above 0 a unit that is set.
 *
 * @param values Row-major, count × width.
 * @param width Units per code, from 1 to 2²⁴.
 * @returns The codes; `InvalidOption` where the numbers are not whole rows, or one is NaN.
 *
 * @example
 * ```ts
 * import { fromDense, toDense } from "./codes.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const codes = orThrow(fromDense([0, 1, 1, 0, 0, 1], 3));
 * assertEquals([...toDense(codes)], [0, 1, 1, 0, 0, 1]);
 * ```
 */
export function fromDense(
  values: ArrayLike<number>,
  width: number,
): E.Either<InvalidOption, BinaryEmbeddings> {
  const checked = checkWidth(width);
  if (E.isLeft(checked)) return checked;
  if (values.length % width !== 0) {
    return E.left(
      invalidOption("values", `${values.length} numbers`, `a multiple of the width, ${width}`),
    );
  }
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i])) return E.left(invalidOption(`values[${i}]`, NaN, "a number"));
  }
  const codes = emptyCodes(values.length / width, width);
  packRows(values, width, codes.words, 0);
  return E.right(codes);
}

/**
 * Zeros and ones, row-major: count × width.
 *
 * @param codes Packed codes.
 */
export const toDense = (codes: BinaryEmbeddings): Float32Array => denseValues(codes);

/**
 * Codes from words that are packed as `BinaryEmbeddings` has it; the words are not copied.
 *
 * @param words count × ceil(width / 32).
 * @param width Units per code, from 1 to 2²⁴.
 * @returns The codes; `InvalidOption` where the words are not whole codes, or a bit past the width is
 * set: the counts of all functions rely on those being 0.
 */
export function fromWords(
  words: Uint32Array,
  width: number,
): E.Either<InvalidOption, BinaryEmbeddings> {
  const checked = checkWidth(width);
  if (E.isLeft(checked)) return checked;
  const perCode = wordsPerCode(width);
  if (words.length % perCode !== 0) {
    return E.left(
      invalidOption("words", `${words.length} words`, `a multiple of ${perCode}, those of a code`),
    );
  }
  const past = ~lastMask(width);
  for (let w = perCode - 1; w < words.length; w += perCode) {
    if ((words[w] & past) !== 0) {
      const code = (w - perCode + 1) / perCode;
      return E.left(
        invalidOption(`code ${code}`, "a bit set beyond them", `${width} units and zeros after`),
      );
    }
  }
  return E.right({ kind: "binary", count: words.length / perCode, width, words });
}

/** The bits of a code's last word that stand for units. */
export const lastMask = (width: number): number =>
  (width & 31) === 0 ? -1 : (1 << (width & 31)) - 1;

/**
 * The codes at some indices, in their order.
 *
 * @param codes Packed codes.
 * @param picks Each from 0 to codes.count − 1; one may be picked more than once.
 */
export function pickCodes(
  { width, words }: BinaryEmbeddings,
  picks: ArrayLike<number>,
): BinaryEmbeddings {
  const perCode = wordsPerCode(width);
  const picked = new Uint32Array(picks.length * perCode);
  for (let i = 0; i < picks.length; i++) {
    picked.set(words.subarray(picks[i] * perCode, (picks[i] + 1) * perCode), i * perCode);
  }
  return { kind: "binary", count: picks.length, width, words: picked };
}

/**
 * The codes of one set after those of another.
 *
 * @param a First set of codes.
 * @param b Second set of codes, as wide.
 * @throws {RangeError} Where the widths differ.
 */
export function appendCodes(a: BinaryEmbeddings, b: BinaryEmbeddings): BinaryEmbeddings {
  checkLength("append codes", b.width, a.width);
  const words = new Uint32Array(a.words.length + b.words.length);
  words.set(a.words);
  words.set(b.words, a.words.length);
  return { ...a, count: a.count + b.count, words };
}

/**
 * Joins the codes of a pair side by side: unit u of the second becomes unit a.width + u.
 *
 * @param a First codes of the pairs.
 * @param b Second codes of the pairs, as many.
 * @throws {RangeError} Where the counts differ.
 *
 * @example
 * ```ts
 * import { concatenate, fromIndices, toIndices } from "./codes.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const first = orThrow(fromIndices([[0, 39]], 40));
 * const second = orThrow(fromIndices([[1, 30]], 31));
 * assertEquals(toIndices(concatenate(first, second)), [[0, 39, 41, 70]]);
 * ```
 */
export function concatenate(a: BinaryEmbeddings, b: BinaryEmbeddings): BinaryEmbeddings {
  checkLength("pair codes", b.count, a.count);
  const joined = emptyCodes(a.count, a.width + b.width);
  const [perA, perB, perCode] = [
    wordsPerCode(a.width),
    wordsPerCode(b.width),
    wordsPerCode(joined.width),
  ];
  const [from, shift] = [a.width >>> 5, a.width & 31];
  for (let i = 0; i < a.count; i++) {
    joined.words.set(a.words.subarray(i * perA, (i + 1) * perA), i * perCode);
    for (let w = 0; w < perB; w++) {
      const word = b.words[i * perB + w];
      const at = i * perCode + from + w;
      joined.words[at] |= word << shift;
      // The bits that this would move past the code are past b's width, and so 0.
      if (shift > 0 && from + w + 1 < perCode) joined.words[at + 1] |= word >>> (32 - shift);
    }
  }
  return joined;
}
