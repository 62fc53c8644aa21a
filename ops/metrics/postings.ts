/**
 * Codes by their units, as a search engine has pages by their words.
 *
 * @module
 */
import { type BinaryEmbeddings, wordsPerCode } from "../embeddings.ts";
import { eachBit } from "./rows.ts";

/**
 * Counts overlaps with sparse codes: of the units of a query alone, each adds 1 to the codes that have
 * it. With a fraction s of units set that is s² · width · count additions a query; counting words takes
 * width / 32 · count steps, each several times as long.
 *
 * @returns A function that writes the overlaps of the code at a word of `words` with all codes.
 */
export function postings(
  codes: BinaryEmbeddings,
): (words: Uint32Array, at: number, into: Float64Array) => void {
  const { count, width, words } = codes;
  const perRow = wordsPerCode(width);
  // Those that have unit u are members[ends[u − 1]] to members[ends[u] − 1].
  const ends = new Uint32Array(width);
  for (let j = 0; j < count; j++) eachBit(words, j * perRow, perRow, (u) => ends[u]++);
  for (let u = 1; u < width; u++) ends[u] += ends[u - 1];
  const members = new Uint32Array(width === 0 ? 0 : ends[width - 1]);
  const next = new Uint32Array(width);
  for (let u = 1; u < width; u++) next[u] = ends[u - 1];
  for (let j = 0; j < count; j++) {
    eachBit(words, j * perRow, perRow, (u) => members[next[u]++] = j);
  }
  const overlaps = new Uint32Array(count);
  return (query, at, into) => {
    overlaps.fill(0);
    eachBit(query, at, perRow, (u) => {
      const end = ends[u];
      for (let m = u === 0 ? 0 : ends[u - 1]; m < end; m++) overlaps[members[m]]++;
    });
    into.set(overlaps);
  };
}
