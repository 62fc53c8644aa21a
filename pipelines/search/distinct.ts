/**
 * How many codes of a set differ from all others.
 *
 * @module
 */
import { type BinaryEmbeddings, wordsPerCode } from "../../ops/embeddings.ts";

/**
 * The number of different codes of a set: where it is far below the count, images of a class share
 * codes, and a search cannot tell them apart.
 *
 * @example
 * ```ts
 * import { distinctCodes } from "./distinct.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const words = Uint32Array.of(5, 3, 5);
 * assertEquals(distinctCodes({ kind: "binary", count: 3, width: 4, words }), 2);
 * ```
 */
export function distinctCodes({ count, width, words }: BinaryEmbeddings): number {
  const perCode = wordsPerCode(width);
  const seen = new Set<string>();
  for (let i = 0; i < count; i++) {
    seen.add(String.fromCharCode(
      ...new Uint16Array(words.slice(i * perCode, (i + 1) * perCode).buffer),
    ));
  }
  return seen.size;
}
