/**
 * Classification by the k nearest neighbours, found exactly.
 *
 * @module
 */
import type { Embeddings } from "../embeddings.ts";
import { checkLength } from "./check.ts";
import { distanceRows, type EmbeddingDistance } from "./distances.ts";
import { selectNearest } from "./select_nearest.ts";

/** The nearest embeddings of each query. */
export interface Neighbours {
  /** Neighbours per query. */
  readonly k: number;
  /** queries × k indices into the gallery; the nearest first, of equal distances the lowest. */
  readonly indices: Int32Array;
  /** Their distances. */
  readonly distances: Float64Array;
}

/** How {@linkcode nearestNeighbours} searches. */
export interface NeighbourOptions {
  /** Neighbours per query, at least 1 and at most those there are. */
  readonly k: number;
  /** What is near; "overlap" by default. */
  readonly distance?: EmbeddingDistance;
  /** Whether query i is the gallery's embedding i, and not its own neighbour; false by default. */
  readonly leaveOneOut?: boolean;
}

/**
 * Compares each query with the whole gallery: O(queries · gallery · width), in words for packed codes.
 *
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
 * The class that most of each query's neighbours have. Of equally frequent classes the one with the
 * nearest member wins.
 *
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
