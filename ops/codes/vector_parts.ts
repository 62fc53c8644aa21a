/**
 * Search in several indexes as if they were one: of more vectors than one memory holds.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import {
  type CorruptFile,
  type FileUnavailable,
  type InvalidOption,
  invalidOption,
} from "../../graph/error.ts";
import type { DenseEmbeddings } from "../embeddings.ts";
import {
  type FoundVectors,
  searchVectors,
  type SearchVectorsOptions,
  type VectorIndex,
} from "./vector_index.ts";

/**
 * Finds the nearest vectors of each query in several indexes together.
 *
 * @param indexes At least one, all of one width. Each reads as many lists as the options say.
 * @param queries Vectors as wide as those of the indexes.
 * @param options Options of `searchVectors`; `k` is at most the number of vectors of all.
 * @returns The results as of one index; `InvalidOption`, `FileUnavailable` and `CorruptFile` as by `searchVectors`.
 *
 * @example
 * ```ts
 * import { buildVectorIndex } from "./vector_index.ts";
 * import { searchParts } from "./vector_parts.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const vectors = (...values: number[]) =>
 *   ({ kind: "dense", count: values.length / 2, width: 2, values: Float32Array.from(values) }) as const;
 * const parts = [
 *   orThrow(buildVectorIndex(vectors(1, 0, 1, 1))),
 *   orThrow(buildVectorIndex(vectors(0, 1), { ids: [2] })),
 * ];
 * assertEquals([...orThrow(searchParts(parts, vectors(1, 3), { k: 3 })).ids], [2, 1, 0]);
 * ```
 */
export function searchParts(
  indexes: readonly VectorIndex[],
  queries: DenseEmbeddings,
  options: SearchVectorsOptions,
): E.Either<InvalidOption | FileUnavailable | CorruptFile, FoundVectors> {
  if (indexes.length === 1) return searchVectors(indexes[0], queries, options);
  const { k } = options;
  const count = indexes.reduce((sum, index) => sum + index.count, 0);
  if (!Number.isInteger(k) || k < 1 || k > count) {
    return E.left(invalidOption("k", k, `an integer from 1 to ${count}`));
  }
  const parts: FoundVectors[] = [];
  for (const index of indexes) {
    if (index.count === 0) continue;
    const part = searchVectors(index, queries, { ...options, k: Math.min(k, index.count) });
    if (E.isLeft(part)) return part;
    parts.push(part.right);
  }
  const ids = new Float64Array(queries.count * k).fill(-1);
  const similarities = new Float64Array(queries.count * k).fill(-Infinity);
  for (let q = 0; q < queries.count; q++) {
    const all = parts.flatMap((part) =>
      Array.from({ length: part.k }, (_, i) => ({
        id: part.ids[q * part.k + i],
        similarity: part.similarities[q * part.k + i],
      }))
    ).filter(({ id }) => id >= 0);
    all.sort((a, b) => b.similarity - a.similarity || a.id - b.id);
    all.slice(0, k).forEach(({ id, similarity }, i) => {
      ids[q * k + i] = id;
      similarities[q * k + i] = similarity;
    });
  }
  return E.right({ k, ids, similarities });
}
