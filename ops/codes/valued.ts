/**
 * Codes whose winners carry values: packed bits, and one number for each bit that is set.
 *
 * @module
 */
import { type InvalidOption, invalidOption } from "../../graph/error.ts";
import { E } from "../../graph/fp_ts.ts";
import { type BinaryEmbeddings, packRows, popcount, wordsPerCode } from "../embeddings.ts";
import { checkWidth, emptyCodes } from "./codes.ts";

/** A set of codes with a value for each unit that is active. */
export interface ValuedCodes {
  /** Active units of each code. */
  readonly codes: BinaryEmbeddings;
  /** The value of each bit that is set: by codes, within a code by units, rising. */
  readonly values: Float32Array;
}

/**
 * Counts the active units of all codes together, each of which has a value.
 *
 * @param codes Packed codes.
 */
export function activeUnits({ words }: BinaryEmbeddings): number {
  let sum = 0;
  for (let i = 0; i < words.length; i++) sum += popcount(words[i]);
  return sum;
}

/**
 * Codes from numbers: units that are not 0 are active, and keep their value.
 *
 * @param rows Row-major, count × width, finite.
 * @param width Units per code, from 1 to 2²⁴.
 * @returns The codes; `InvalidOption` where the numbers are not whole rows, or one is not finite.
 *
 * @example
 * ```ts
 * import { fromValues, toValues } from "./valued.ts";
 * import { toIndices } from "./codes.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const valued = orThrow(fromValues([0, 0.5, 0, 2, 0, -1], 3));
 * assertEquals(toIndices(valued.codes), [[1], [0, 2]]);
 * assertEquals([...valued.values], [0.5, 2, -1]);
 * assertEquals([...toValues(valued)], [0, 0.5, 0, 2, 0, -1]);
 * ```
 */
export function fromValues(
  rows: ArrayLike<number>,
  width: number,
): E.Either<InvalidOption, ValuedCodes> {
  const checked = checkWidth(width);
  if (E.isLeft(checked)) return checked;
  if (rows.length % width !== 0) {
    return E.left(
      invalidOption("values", `${rows.length} numbers`, `a multiple of the width, ${width}`),
    );
  }
  let active = 0;
  for (let i = 0; i < rows.length; i++) {
    if (!Number.isFinite(rows[i])) {
      return E.left(invalidOption(`values[${i}]`, rows[i], "a finite number"));
    }
    if (rows[i] !== 0) active++;
  }
  const codes = emptyCodes(rows.length / width, width);
  const values = new Float32Array(active);
  packRows(Uint8Array.from(rows, (value) => value === 0 ? 0 : 1), width, codes.words, 0);
  for (let i = 0, at = 0; i < rows.length; i++) {
    if (rows[i] !== 0) values[at++] = rows[i];
  }
  return E.right({ codes, values });
}

/**
 * The numbers of codes with values, row-major, count × width: 0 where a unit is not active.
 *
 * @param codes Codes with a value for each active unit.
 */
export function toValues(
  { codes: { count, width, words }, values }: ValuedCodes,
): Float32Array {
  const rows = new Float32Array(count * width);
  const perRow = wordsPerCode(width);
  let at = 0;
  for (let row = 0; row < count; row++) {
    for (let w = 0; w < perRow; w++) {
      // From the lowest bit up.
      for (let rest = words[row * perRow + w]; rest !== 0; rest &= rest - 1) {
        const unit = 32 * w + 31 - Math.clz32(rest & -rest);
        rows[row * width + unit] = values[at++];
      }
    }
  }
  return rows;
}
