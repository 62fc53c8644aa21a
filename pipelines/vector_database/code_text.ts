/**
 * Codes as PostgreSQL reads bits: hexadecimal digits after an x, the first unit first.
 *
 * @module
 */
import { type BinaryEmbeddings, wordsPerCode } from "../../ops/embeddings.ts";

/** Of each byte, whose lowest bit is the first unit, the two digits in which it is the highest. */
const digits: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  let reversed = 0;
  for (let bit = 0; bit < 8; bit++) reversed |= ((byte >> bit) & 1) << (7 - bit);
  return reversed.toString(16).padStart(2, "0");
});

/**
 * Code i of a set, for `$1::varbit::bit(width)`: units up to the next multiple of 8 follow as zeros, and
 * the cast takes them away.
 *
 * @example
 * ```ts
 * import { codeText } from "./code_text.ts";
 * import { fromIndices } from "../../ops/sdr/codes.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const codes = fromIndices([[0, 3, 9]], 10);
 * assertEquals(E.isRight(codes) && codeText(codes.right, 0), "x9040");
 * ```
 */
export function codeText({ width, words }: BinaryEmbeddings, i: number): string {
  const from = i * wordsPerCode(width);
  let text = "x";
  for (let byte = 0; byte < Math.ceil(width / 8); byte++) {
    text += digits[(words[from + (byte >>> 2)] >>> (8 * (byte & 3))) & 255];
  }
  return text;
}

/** Codes from one index up to another, without it. */
export const codeTexts = (codes: BinaryEmbeddings, from: number, to: number): readonly string[] =>
  Array.from({ length: to - from }, (_, i) => codeText(codes, from + i));

/** Codes of such a width that a statement with them has about two million digits, at least one. */
export const codesPerStatement = (width: number): number =>
  Math.max(1, Math.floor(2 ** 21 / Math.ceil(width / 4)));
