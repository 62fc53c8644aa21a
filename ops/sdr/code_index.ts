/**
 * The search for the nearest codes: exact on the host, in WebAssembly or plain TypeScript, and on webgpu
 * (`code_index_gpu.ts`); approximate in `approximate_search.ts`.
 *
 * Two methods find the same. The scan compares words: of 60,000 codes of 512 units it reads 3.84 MB per
 * query, 32 kB at a time for all queries, so that they come from a core's first cache. The lists know for
 * each unit the codes that have it, and count: k²/n additions per code where all of n units are set
 * equally often, 1.3 for 26 of 512, and more where they are not (4.2 after three epochs on MNIST, as most
 * units are silent there). The scan has 8 words of 64 units, whatever is set. Both are exact for both
 * distances, for the lists know the codes' sizes: |a △ b| = |a| + |b| − 2 |a ∩ b|.
 *
 * An index is saved as its codes (`pipelines/codes_file.ts`).
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import { type InvalidOption, invalidOption } from "../../graph/error.ts";
import { activity, type BinaryEmbeddings, stride } from "../embeddings.ts";
import { type CodeDistance, codeSearchOf, unitsOf } from "../kernels/code_search_simd.ts";
import { checkLength } from "../metrics/check.ts";
import { nearestNeighbours, type Neighbours } from "../metrics/neighbours.ts";
import { eachBit } from "../metrics/rows.ts";
import { codeSizes } from "./similarity.ts";

export type { CodeDistance } from "../kernels/code_search_simd.ts";

/** Codes to search among. The codes must not be changed while it is used. */
export interface CodeIndex {
  /** The codes; results are their indices. */
  readonly codes: BinaryEmbeddings;
  /** Units that a code has at the most. */
  readonly largestSize: number;
  /** Per unit how many codes have it. */
  readonly frequencies: Uint32Array;
}

/** What is searched, and how. */
export interface SearchOptions {
  /** Results per query: from 1 to the number of codes; tens, for each that is kept is sorted in. */
  readonly k: number;
  /** "hamming" by default; "overlap" is minus the units that both have, so that the nearest is first. */
  readonly distance?: CodeDistance;
  /**
   * "scan" or "lists"; by default what is expected to be quicker. Lists are for codes of up to 16,383
   * units set; larger ones are scanned.
   */
  readonly method?: "auto" | "scan" | "lists";
  /** "wasm" by default, where the engine has SIMD; "cpu" is plain TypeScript and the reference. */
  readonly on?: "wasm" | "cpu";
}

/** The largest size whose scores, twice that, fit 15 bits. */
const LARGEST_LISTED = 16_383;

/** Nanoseconds, of which only ratios count: a word of the scan, an addition, a look at a score. */
const COSTS = { word: 0.7, addition: 0.9, score: 0.5 };

/**
 * An index of codes. It looks at each once; the lists are made by the first search that uses them.
 *
 * @example
 * ```ts
 * import { codeIndex, search } from "./code_index.ts";
 * import { fromIndices } from "./codes.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const codes = fromIndices([[0, 1, 2], [1, 2, 3], [2, 3, 4]], 64);
 * const query = fromIndices([[2, 3]], 64);
 * if (E.isLeft(codes) || E.isLeft(query)) throw new Error("units out of range");
 * const found = search(codeIndex(codes.right), query.right, { k: 2 });
 * if (E.isLeft(found)) throw new Error("k is out of range");
 * assertEquals([...found.right.indices], [1, 2]);
 * assertEquals([...found.right.distances], [1, 1]);
 * ```
 */
export function codeIndex(codes: BinaryEmbeddings): CodeIndex {
  const frequencies = new Uint32Array(codes.width);
  eachBitOf(codes, (unit) => frequencies[unit]++);
  return { codes, largestSize: activity(codes).most, frequencies };
}

function eachBitOf({ count, width, words }: BinaryEmbeddings, visit: (unit: number) => void) {
  const perCode = stride(width);
  for (let i = 0; i < count; i++) eachBit(words, i * perCode, perCode, visit);
}

/**
 * Finds the k nearest codes of each query, exactly.
 *
 * @param queries As wide as the codes.
 * @returns Per query the indices of the nearest and their distances, rising; of equal distances the lower
 * index is first, by every method and on every backend. `InvalidOption` where k is out of its range.
 * @throws {RangeError} Where the widths differ.
 */
export function search(
  index: CodeIndex,
  queries: BinaryEmbeddings,
  options: SearchOptions,
): E.Either<InvalidOption, Neighbours> {
  const { k, distance = "hamming", on = "wasm" } = options;
  const checked = checkSearch(index, queries, k);
  if (E.isLeft(checked)) return checked;
  const engine = on === "wasm" ? codeSearchOf(index.codes) : null;
  if (engine === null) return E.right(nearestNeighbours(queries, index.codes, { k, distance }));
  const lists = unitsOf(queries);
  if (!usesLists(index, lists.units, queries.count, options)) {
    const { distances, indices } = engine.scan(queries, k, distance);
    return E.right({ k, indices, distances: Float64Array.from(distances, zeroless) });
  }
  const { distances, indices } = engine.count(lists.units, lists.unitStarts, k, distance);
  const sizes = codeSizes(queries);
  const exact = Float64Array.from(distances, (score, at) =>
    distance === "overlap"
      ? zeroless(score)
      // The score lacks the query's size, and has the largest size in it.
      : score + sizes[Math.floor(at / k)] + index.largestSize);
  return E.right({ k, indices, distances: exact });
}

/** An overlap of 0 is 0 and not −0. */
const zeroless = (value: number): number => value + 0;

/**
 * Whether k fits an index.
 *
 * @throws {RangeError} Where the widths differ.
 */
export function checkSearch(
  { codes }: CodeIndex,
  queries: BinaryEmbeddings,
  k: number,
): E.Either<InvalidOption, number> {
  checkLength("search for codes", queries.width, codes.width);
  return Number.isInteger(k) && k >= 1 && k <= codes.count
    ? E.right(k)
    : E.left(invalidOption("k", k, `an integer from 1 to the number of codes, ${codes.count}`));
}

/** Units that are often set have long lists: k²/n additions per code are the least there can be. */
function usesLists(
  { codes: { count, width }, frequencies, largestSize }: CodeIndex,
  units: Uint32Array,
  queries: number,
  { method = "auto" }: SearchOptions,
): boolean {
  if (method === "scan" || largestSize > LARGEST_LISTED) return false;
  if (method === "lists") return true;
  const additions = units.reduce((sum, unit) => sum + frequencies[unit], 0);
  const scores = queries * count;
  return COSTS.addition * additions + COSTS.score * scores < COSTS.word * scores * width / 64;
}
