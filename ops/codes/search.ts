/**
 * The exact search for the nearest codes on the host, in WebAssembly or in plain TypeScript. That on webgpu is in
 * `search_gpu.ts`, so that this file loads no tfjs.
 *
 * In WebAssembly codes are held by their units, and a query is counted against 256 codes at a time
 * (`../kernels/code_search.ts`). It costs as many steps as it has units, or has not if these are fewer,
 * whichever units the codes use how often, for both distances: |a △ b| = |a| + |b| − 2 |a ∩ b|. Of three
 * queries the units that they have in common are counted once, which saves a third of the steps where
 * queries have half of all units. Codes that do not fit the 4 GB of WebAssembly are compared one by one.
 *
 * An index is saved as its codes (`pipelines/files/codes.ts`).
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import { type InvalidOption, invalidOption } from "../../graph/error.ts";
import type { BinaryEmbeddings } from "../embeddings.ts";
import { type CodeDistance, codeSearchOf } from "../kernels/code_search.ts";
import { checkLength } from "../metrics/rows.ts";
import { nearestByRows, type Neighbours } from "../metrics/neighbours.ts";

export type { CodeDistance } from "../kernels/code_search.ts";

/** A set of codes that is prepared for searches. The codes must not be changed while it is used. */
export interface CodeIndex {
  /** The codes; results are their indices. */
  readonly codes: BinaryEmbeddings;
}

/** Options of {@linkcode search}: number of results, distance, and implementation. */
export interface SearchOptions {
  /** Results per query: from 1 to the number of codes. Each that is kept is sorted in, so hundreds halve the speed. */
  readonly k: number;
  /**
   * Distance between codes; "overlap" is minus the number of shared units, so that the nearest is first.
   *
   * @default "hamming"
   */
  readonly distance?: CodeDistance;
  /**
   * Implementation of the search: "cpu" is plain TypeScript and the reference.
   *
   * @default "wasm", where the engine has SIMD
   */
  readonly on?: "wasm" | "cpu";
}

/**
 * Makes an index of codes. The first search prepares what it needs, and later ones find it.
 *
 * @param codes Codes to search.
 *
 * @example
 * ```ts
 * import { codeIndex, search } from "./search.ts";
 * import { fromIndices } from "./codes.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const codes = orThrow(fromIndices([[0, 1, 2], [1, 2, 3], [2, 3, 4]], 64));
 * const query = orThrow(fromIndices([[2, 3]], 64));
 * const found = orThrow(search(codeIndex(codes), query, { k: 2 }));
 * assertEquals([...found.indices], [1, 2]);
 * assertEquals([...found.distances], [1, 1]);
 * ```
 */
export const codeIndex = (codes: BinaryEmbeddings): CodeIndex => ({ codes });

/**
 * Finds the k nearest codes of each query, exactly.
 *
 * @param index Index of the codes to search.
 * @param queries Codes as wide as those of the index.
 * @param options Options, as {@linkcode SearchOptions} describes them.
 * @returns The indices of the nearest codes of each query and their distances, rising; of equal distances the lower
 * index is first, on every backend. `InvalidOption` where k is out of its range.
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
  return E.right(
    engine === null
      ? nearestByRows(queries, index.codes, k, distance, false)
      : { k, ...engine.nearest(queries, k, distance) },
  );
}

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
