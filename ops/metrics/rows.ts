/**
 * Embeddings as rows of numbers, whatever they are stored as, and the one check that every metric makes of its
 * arguments.
 *
 * @module
 */
import { type Embeddings, wordsPerCode } from "../embeddings.ts";

/**
 * Refuses a length that does not fit.
 *
 * A mistake of the program, not of its user: hence thrown, not returned.
 *
 * @param doing Action that fails: "compare labels".
 * @throws {RangeError} Where the two differ.
 */
export function checkLength(doing: string, actual: number, expected: number): void {
  if (actual !== expected) {
    throw new RangeError(
      `Cannot ${doing}: expected length ${expected}, current value is ${actual}`,
    );
  }
}

/** Calls `visit` with each set bit's number, in rising order, of `length` words. */
export function eachBit(
  words: Uint32Array,
  from: number,
  length: number,
  visit: (unit: number) => void,
): void {
  for (let w = 0; w < length; w++) {
    for (let left = words[from + w]; left !== 0; left &= left - 1) {
      visit(32 * w + 31 - Math.clz32(left & -left));
    }
  }
}

/**
 * Reads one embedding at a time.
 *
 * @returns A function from an index to width numbers, good until its next call: packed codes are
 * unpacked into one and the same buffer.
 */
export function rowReader(embeddings: Embeddings): (i: number) => Float32Array {
  const { width } = embeddings;
  if (embeddings.kind === "dense") {
    return (i) => embeddings.values.subarray(i * width, (i + 1) * width);
  }
  const row = new Float32Array(width);
  return (i) => {
    row.fill(0);
    eachBit(embeddings.words, i * wordsPerCode(width), wordsPerCode(width), (u) => row[u] = 1);
    return row;
  };
}

/** All of the embeddings' numbers, row-major: count × width. */
export function denseValues(embeddings: Embeddings): Float32Array {
  if (embeddings.kind === "dense") return embeddings.values;
  const { count, width } = embeddings;
  const values = new Float32Array(count * width);
  const read = rowReader(embeddings);
  for (let i = 0; i < count; i++) values.set(read(i), i * width);
  return values;
}
