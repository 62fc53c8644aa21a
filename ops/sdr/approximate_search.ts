/**
 * The search for nearest codes that looks at a part of a query's units only.
 *
 * What it is for: finding a code again from a damaged one. With 40 % of a query's 26 units moved, 10 units
 * of 26 and 20 candidates find the nearest of 60,000 with a probability of 0.93, 13 units with 0.996. All
 * of the ten nearest it finds far less often (0.37 and 0.55), and where nothing is near, of random codes,
 * it should not be used. It is not quicker than `search` at that size: what it saves of the counting it
 * spends on choosing units and on comparing candidates, in TypeScript.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import { type InvalidOption, invalidOption } from "../../graph/error.ts";
import { type BinaryEmbeddings, popcount, wordsPerCode } from "../embeddings.ts";
import { type UnitLists, unitsOf } from "../kernels/code_columns.ts";
import { codeSearchOf } from "../kernels/code_search_simd.ts";
import type { Neighbours } from "../metrics/neighbours.ts";
import { selectNearest } from "../metrics/select_nearest.ts";
import { checkSearch, type CodeDistance, type CodeIndex, search } from "./code_index.ts";

/** Options of {@linkcode searchApproximately}: how much is looked at. */
export interface ApproximateOptions {
  /** Results per query: from 1 to the number of codes. */
  readonly k: number;
  /** "hamming" by default. */
  readonly distance?: CodeDistance;
  /** Units of a query that are looked at, the rarest first: at least 1. */
  readonly probes: number;
  /** Codes that share most of those units, and are compared exactly: at least k; 4 k by default. */
  readonly candidates?: number;
}

/**
 * Finds codes that are near each query: it takes the codes that have most of its rarest units, and
 * orders these by their distance. Distances are exact, and what is missing can be measured with
 * {@linkcode recallOf}. With as many probes as a query has units only codes that tie or differ in size
 * can be missed.
 *
 * @param queries As wide as the codes.
 * @returns As `search` has it, also for ties; `InvalidOption` where a number is out of its range.
 * @throws {RangeError} Where the widths differ.
 *
 * @example
 * ```ts
 * import { recallOf, searchApproximately } from "./approximate_search.ts";
 * import { codeIndex, search } from "./code_index.ts";
 * import { moveUnits, randomCodes } from "./noise.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { seed } from "../../graph/rng.ts";
 * import { assert } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const drawn = randomCodes(1000, 512, 26, seed(26));
 * if (E.isLeft(drawn)) throw new Error("no codes");
 * const [codes, rng] = drawn.right;
 * const index = codeIndex(codes);
 * const damaged = moveUnits(codes, 0.25, rng);
 * if (E.isLeft(damaged)) throw new Error("no noise");
 * const found = searchApproximately(index, damaged.right[0], { k: 1, probes: 10 });
 * const exact = search(index, damaged.right[0], { k: 1 });
 * if (E.isLeft(found) || E.isLeft(exact)) throw new Error("out of range");
 * assert(recallOf(found.right, exact.right) > 0.95);
 * ```
 */
export function searchApproximately(
  index: CodeIndex,
  queries: BinaryEmbeddings,
  { k, distance = "hamming", probes, candidates = 4 * k }: ApproximateOptions,
): E.Either<InvalidOption, Neighbours> {
  const checked = checkSearch(index, queries, k);
  if (E.isLeft(checked)) return checked;
  if (!Number.isInteger(probes) || probes < 1) {
    return E.left(invalidOption("probes", probes, "an integer of at least 1"));
  }
  if (!Number.isInteger(candidates) || candidates < k) {
    return E.left(invalidOption("candidates", candidates, `an integer of at least k, ${k}`));
  }
  const { codes, frequencies } = index;
  const engine = codeSearchOf(codes);
  if (engine === null) return search(index, queries, { k, distance });
  const few = Math.min(candidates, codes.count);
  const { indices } = engine.sharing(rarest(queries, frequencies, probes), few);
  const found = new Int32Array(queries.count * k);
  const distances = new Float64Array(queries.count * k);
  const row = new Float64Array(few);
  const places = new Int32Array(k);
  for (let i = 0; i < queries.count; i++) {
    // In the order of their index, so that the lower comes first where distances are equal.
    const own = indices.slice(i * few, (i + 1) * few).sort();
    compare(queries, i, codes, own, distance, row);
    selectNearest(row, -1, k, places, distances.subarray(i * k, (i + 1) * k));
    for (let n = 0; n < k; n++) found[i * k + n] = own[places[n]];
  }
  return E.right({ k, indices: found, distances });
}

/** Writes the distances from query i to the codes at some indices. */
function compare(
  queries: BinaryEmbeddings,
  i: number,
  codes: BinaryEmbeddings,
  indices: Int32Array,
  distance: CodeDistance,
  into: Float64Array,
): void {
  const perCode = wordsPerCode(codes.width);
  const [from, isOverlap] = [i * perCode, distance === "overlap"];
  for (let n = 0; n < indices.length; n++) {
    const at = indices[n] * perCode;
    let units = 0;
    for (let w = 0; w < perCode; w++) {
      const [a, b] = [queries.words[from + w], codes.words[at + w]];
      units += popcount(isOverlap ? a & b : a ^ b);
    }
    into[n] = isOverlap ? 0 - units : units;
  }
}

/** The units of each query that the fewest codes have. */
function rarest(queries: BinaryEmbeddings, frequencies: Uint32Array, probes: number): UnitLists {
  const all = unitsOf(queries);
  const units: number[] = [];
  const starts = new Uint32Array(queries.count + 1);
  for (let i = 0; i < queries.count; i++) {
    const own = all.units.subarray(all.starts[i], all.starts[i + 1]);
    const sorted = Array.from(own).sort((a, b) => frequencies[a] - frequencies[b] || a - b);
    units.push(...sorted.slice(0, probes));
    starts[i + 1] = units.length;
  }
  return { units: Uint32Array.from(units), starts };
}

/**
 * The part of the exact results that was found: those that are no farther than the k-th of the exact ones,
 * for which of several at the same distance is found does not matter.
 *
 * @param found Of the same queries and the same k…
 * @param exact …as these.
 * @returns In [0, 1]; 1 for no queries.
 */
export function recallOf(found: Neighbours, exact: Neighbours): number {
  const { k } = exact;
  const queries = exact.distances.length / k;
  let near = 0;
  for (let i = 0; i < queries; i++) {
    const farthest = exact.distances[(i + 1) * k - 1];
    for (let n = i * k; n < (i + 1) * k; n++) if (found.distances[n] <= farthest) near++;
  }
  return queries === 0 ? 1 : near / (queries * k);
}
