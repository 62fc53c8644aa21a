/**
 * Mean and variance of binary codes: their bits are counted once.
 *
 * @module
 */
import { type BinaryEmbeddings, wordsPerCode } from "../embeddings.ts";
import { checkLength } from "./check.ts";
import type { Moments } from "./moments.ts";
import { eachBit } from "./rows.ts";

/**
 * Mean and variance of each class of binary codes, per unit, as `classMoments` gives them. A bit is its
 * own square, so counting those that are set is enough:
 *
 *     Σ (x − p)² = f · (n − f) / n        f of n codes set the unit, p = f / n
 *
 * Time goes with the bits that are set, not with the width.
 *
 * @param labels One class index per code, below `classes`.
 * @returns Per class its moments, of width numbers; a count of 0 for a class without samples.
 * @throws {RangeError} Where there are not as many labels as codes.
 *
 * @example
 * ```ts
 * import { codeMoments } from "./code_moments.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const codes = { kind: "binary", count: 2, width: 3, words: Uint32Array.of(0b011, 0b010) } as const;
 * const [{ count, mean, squares }] = codeMoments(codes, [0, 0], 1);
 * assertEquals([count, [...mean], [...squares]], [2, [0.5, 1, 0], [0.5, 0, 0]]);
 * ```
 */
export function codeMoments(
  { count, width, words }: BinaryEmbeddings,
  labels: ArrayLike<number>,
  classes: number,
): readonly Moments[] {
  checkLength("average classes", labels.length, count);
  const perCode = wordsPerCode(width);
  const fired = Array.from({ length: classes }, () => new Float64Array(width));
  const sizes = new Float64Array(classes);
  for (let i = 0; i < count; i++) {
    const own = fired[labels[i]];
    sizes[labels[i]]++;
    eachBit(words, i * perCode, perCode, (unit) => own[unit]++);
  }
  return fired.map((own, c) => ({
    count: sizes[c],
    mean: own.map((f) => f / Math.max(1, sizes[c])),
    squares: own.map((f) => f * (sizes[c] - f) / Math.max(1, sizes[c])),
  }));
}
