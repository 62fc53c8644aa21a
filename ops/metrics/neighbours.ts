/**
 * The k nearest neighbours of embeddings, found exactly, and classification by their vote.
 *
 * @module
 */
import type { Embeddings } from "../embeddings.ts";
import { distanceRows, type EmbeddingDistance } from "./distances.ts";
import { type CodeDistance, codeSearchOf } from "../kernels/code_search.ts";
import { checkLength } from "./rows.ts";

/** The nearest embeddings of each query. */
export interface Neighbours {
  /** Neighbours per query. */
  readonly k: number;
  /** queries × k indices into the gallery; the nearest first, of equal distances the lowest. */
  readonly indices: Int32Array;
  /** The distances of these, in the same places. */
  readonly distances: Float64Array;
}

/** Options of {@linkcode nearestNeighbours}. */
export interface NeighbourOptions {
  /** Neighbours per query, at least 1 and at most those there are. */
  readonly k: number;
  /** Distance that defines the neighbours. @default "overlap" */
  readonly distance?: EmbeddingDistance;
  /** Whether query i is the gallery's embedding i, and not its own neighbour. @default false */
  readonly leaveOneOut?: boolean;
}

/** Number of codes below which comparing is faster than placing them in WebAssembly's memory. */
const MANY = 512;

/**
 * Largest k for which the search of codes is used: it inserts each neighbour in order. For more, the reference, which
 * finds the place by bisection, is faster.
 */
const FEW = 1024;

/**
 * Finds the nearest embeddings of each query, exactly, among the whole gallery: packed codes by the search
 * of `codeIndex` where it knows the distance, which is all but "cosine", else by all distances,
 * O(queries · gallery · width). The results are the same. A gallery of codes must not be changed while it
 * is used.
 *
 * @param queries Embeddings whose neighbours are searched for.
 * @param gallery Embeddings that are searched, as wide as the queries.
 * @param options Options, as {@linkcode NeighbourOptions} describes them.
 * @throws {RangeError} Where the widths differ or k is out of range.
 */
export function nearestNeighbours(
  queries: Embeddings,
  gallery: Embeddings,
  { k, distance = "overlap", leaveOneOut = false }: NeighbourOptions,
): Neighbours {
  if (leaveOneOut) checkLength("leave each query out", queries.count, gallery.count);
  const most = gallery.count - (leaveOneOut ? 1 : 0);
  if (!(Number.isInteger(k) && k >= 1 && k <= most)) {
    throw new RangeError(
      `Cannot find k neighbours: expected an integer from 1 to ${most}, current value is ${k}`,
    );
  }
  const one = Number(leaveOneOut);
  if (queries.kind === "dense" || gallery.kind === "dense" || distance === "cosine") {
    return nearestByRows(queries, gallery, k, distance, leaveOneOut);
  }
  checkLength("compare embeddings", gallery.width, queries.width);
  const quick = gallery.count >= MANY && k + one <= FEW ? codeSearchOf(gallery) : null;
  if (quick === null) return nearestByRows(queries, gallery, k, distance, leaveOneOut);
  const { indices, distances } = quick.nearest(queries, k + one, ofCodes(distance));
  const found = { k: k + one, indices, distances };
  return leaveOneOut ? withoutSelf(found) : found;
}

/** Returns the equivalent distance of codes: "l1", "l2" and "hamming" are the same for binary codes. */
const ofCodes = (distance: EmbeddingDistance): CodeDistance =>
  distance === "overlap" ? "overlap" : "hamming";

/** One neighbour less per query: itself, or the farthest where it is not among them. */
function withoutSelf({ k, indices, distances }: Neighbours): Neighbours {
  const kept = indices.map((_, at) => at).filter((at) => {
    const query = Math.floor(at / k);
    const self = indices.subarray(query * k, (query + 1) * k).indexOf(query);
    return at % k !== (self < 0 ? k - 1 : self);
  });
  return {
    k: k - 1,
    indices: kept.map((at) => indices[at]),
    distances: Float64Array.from(kept, (at) => distances[at]),
  };
}

/**
 * The class that most of each query's neighbours have. Of equally frequent classes the one with the
 * nearest member wins.
 *
 * @param neighbours Neighbours of each query, as `nearestNeighbours` finds them.
 * @param labels The gallery's classes, one per embedding; any numbers.
 * @returns One class per query.
 *
 * @example
 * ```ts
 * import { nearestNeighbours, majorityVote } from "./neighbours.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const dense = (...values: number[]) =>
 *   ({ kind: "dense", count: values.length, width: 1, values: Float32Array.from(values) }) as const;
 * const near = nearestNeighbours(dense(0.9), dense(0, 1, 1.5), { k: 3, distance: "l1" });
 * assertEquals([...near.indices], [1, 2, 0]);
 * assertEquals([...majorityVote(near, [7, 8, 7])], [7]);
 * ```
 */
export function majorityVote({ k, indices }: Neighbours, labels: ArrayLike<number>): Int32Array {
  return Int32Array.from({ length: indices.length / k }, (_, i) => {
    const votes = new Map<number, number>();
    for (let n = i * k; n < (i + 1) * k; n++) {
      const label = labels[indices[n]];
      votes.set(label, (votes.get(label) ?? 0) + 1);
    }
    // A Map keeps the order of arrival, which is that of the distances.
    let [best, most] = [-1, 0];
    for (const [label, count] of votes) if (count > most) [best, most] = [label, count];
    return best;
  });
}

/**
 * Compares each query with the whole gallery, in plain TypeScript: the reference. It takes O(queries ·
 * gallery · width), in words for packed codes.
 *
 * @param k Number of neighbours, from 1 to as many as there are to find.
 * @param leaveOneOut Whether query i is the gallery's embedding i, and not its own neighbour.
 * @throws {RangeError} Where the widths differ.
 */
export function nearestByRows(
  queries: Embeddings,
  gallery: Embeddings,
  k: number,
  distance: EmbeddingDistance,
  leaveOneOut: boolean,
): Neighbours {
  const fill = distanceRows(queries, gallery, distance);
  const row = new Float64Array(gallery.count);
  const indices = new Int32Array(queries.count * k);
  const distances = new Float64Array(queries.count * k);
  for (let i = 0; i < queries.count; i++) {
    fill(i, row);
    selectNearest(
      row,
      leaveOneOut ? i : -1,
      k,
      indices.subarray(i * k, (i + 1) * k),
      distances.subarray(i * k, (i + 1) * k),
    );
  }
  return { k, indices, distances };
}

/**
 * Finds the k smallest distances, in rising order; equal ones in the order of their index.
 *
 * @param distances At least k numbers, the skipped one not counted.
 * @param skip An index to leave out, or −1.
 * @param k At least 1.
 * @param indices Array that takes the indices of the k smallest.
 * @param nearest Array that takes their distances.
 */
export function selectNearest(
  distances: Float64Array,
  skip: number,
  k: number,
  indices: Int32Array,
  nearest: Float64Array,
): void {
  let found = 0;
  for (let j = 0; j < distances.length; j++) {
    const distance = distances[j];
    if (j === skip || (found === k && !(distance < nearest[k - 1]))) continue;
    // After the last that is not farther: so the lower index stays first.
    let [low, high] = [0, found];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (nearest[middle] <= distance) low = middle + 1;
      else high = middle;
    }
    const end = found === k ? k - 1 : found++;
    nearest.copyWithin(low + 1, low, end);
    indices.copyWithin(low + 1, low, end);
    nearest[low] = distance;
    indices[low] = j;
  }
}
