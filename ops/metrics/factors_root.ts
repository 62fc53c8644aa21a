/**
 * The most square grid that a number of units fills.
 *
 * Source: factors_root of dizcza/EmbedderSDR, utils/algebra.py.
 *
 * @module
 */

/**
 * The two factors of a number that are nearest to its square root: rows and columns of a picture of it.
 *
 * @param count An integer of at least 1.
 * @returns The smaller factor first; [1, count] for a prime.
 * @throws {RangeError} Where the count is not such an integer.
 *
 * @example
 * ```ts
 * import { factorsRoot } from "./factors_root.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(factorsRoot(512), [16, 32]);
 * ```
 */
export function factorsRoot(count: number): readonly [rows: number, columns: number] {
  if (!(Number.isInteger(count) && count >= 1)) {
    throw new RangeError(
      `Cannot factor: expected an integer of at least 1, current value is ${count}`,
    );
  }
  let rows = Math.floor(Math.sqrt(count));
  while (count % rows !== 0) rows--;
  return [rows, count / rows];
}
