/**
 * The nearest embeddings by all distances of each query, in plain TypeScript: the reference.
 *
 * @module
 */
import type { Embeddings } from "../embeddings.ts";
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

/**
 * Compares each query with the whole gallery: O(queries · gallery · width), in words for packed codes.
 *
 * @param k From 1 to as many as there are to find.
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
