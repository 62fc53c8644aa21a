/**
 * Classification by the nearest class centroid.
 *
 * Source: AccuracyEmbedding of dizcza/pytorch-mighty, mighty/monitor/accuracy.py.
 *
 * @module
 */
import { type Embeddings, packRows, wordsPerCode } from "../embeddings.ts";
import { checkLength } from "./check.ts";
import { type DistanceRow, distanceRows, type EmbeddingDistance } from "./distances.ts";

/** Per class width numbers, or null for a class that cannot be predicted. */
export type ClassCentroids = readonly (Float32Array | null)[];

/**
 * The class whose centroid is nearest to each embedding.
 *
 * Of equal distances the lowest class wins.
 *
 * @param centroids At least one that is not null. A class without samples should be null unless the
 * distance is the cosine: its mean of zeros is near to sparse codes by "l1" and "l2".
 * @returns One class index per embedding.
 * @throws {RangeError} Where no centroid is given or a width differs.
 *
 * @example
 * ```ts
 * import { nearestCentroids } from "./nearest_centroid.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const values = Float32Array.of(1, 0, 0.2, 0.9);
 * const centroids = [Float32Array.of(1, 0), Float32Array.of(0, 1)];
 * const embeddings = { kind: "dense", count: 2, width: 2, values } as const;
 * assertEquals([...nearestCentroids(embeddings, centroids, "l2")], [0, 1]);
 * ```
 */
export function nearestCentroids(
  embeddings: Embeddings,
  centroids: ClassCentroids,
  distance: EmbeddingDistance = "cosine",
): Int32Array {
  const { fill, present } = rowsTo(embeddings, centroids, distance);
  const row = new Float64Array(present.length);
  return Int32Array.from({ length: embeddings.count }, (_, i) => {
    fill(i, row);
    let best = 0;
    for (let c = 1; c < row.length; c++) if (row[c] < row[best]) best = c;
    return present[best];
  });
}

/**
 * The distance from each embedding to each class centroid.
 *
 * @returns count × classes numbers, row-major; Infinity to a class that is null.
 * @throws {RangeError} Where no centroid is given or a width differs.
 */
export function centroidDistances(
  embeddings: Embeddings,
  centroids: ClassCentroids,
  distance: EmbeddingDistance = "cosine",
): Float64Array {
  const { fill, present } = rowsTo(embeddings, centroids, distance);
  const row = new Float64Array(present.length);
  const all = new Float64Array(embeddings.count * centroids.length).fill(Infinity);
  for (let i = 0; i < embeddings.count; i++) {
    fill(i, row);
    present.forEach((label, c) => all[i * centroids.length + label] = row[c]);
  }
  return all;
}

/**
 * How near each class is, as the reference's predict_proba has it: 1 − d / Σd per row. The nearest class
 * has the highest, but they sum to classes − 1: no probabilities.
 *
 * @param distances From {@linkcode centroidDistances}, rows × classes, at least 0: not by "overlap".
 * @returns As many numbers in [0, 1]; 0 for a class at Infinity, and 1 for the others of a row in which
 * all distances are 0, where the reference has NaN.
 * @throws {RangeError} Where a row is not whole.
 */
export function centroidCloseness(distances: ArrayLike<number>, classes: number): Float64Array {
  checkLength("read rows", distances.length, Math.floor(distances.length / classes) * classes);
  const closeness = new Float64Array(distances.length);
  for (let at = 0; at < distances.length; at += classes) {
    let sum = 0;
    for (let i = at; i < at + classes; i++) if (distances[i] < Infinity) sum += distances[i];
    for (let i = at; i < at + classes; i++) {
      closeness[i] = distances[i] === Infinity ? 0 : sum === 0 ? 1 : 1 - distances[i] / sum;
    }
  }
  return closeness;
}

function rowsTo(
  embeddings: Embeddings,
  centroids: ClassCentroids,
  distance: EmbeddingDistance,
): { readonly fill: DistanceRow; readonly present: readonly number[] } {
  const { width } = embeddings;
  const rows: Float32Array[] = [];
  const present: number[] = [];
  centroids.forEach((centroid, c) => {
    if (centroid === null) return;
    if (centroid.length !== width) {
      throw new RangeError(
        `Cannot compare with the centroid of class ${c}: expected ${width} numbers, ` +
          `current value is ${centroid.length}`,
      );
    }
    rows.push(centroid);
    present.push(c);
  });
  if (rows.length === 0) {
    throw new RangeError(
      "Cannot find the nearest centroid: expected at least 1, current value is 0",
    );
  }
  return {
    fill: distanceRows(embeddings, asEmbeddings(rows, width, embeddings.kind), distance),
    present,
  };
}

/** A binarised centroid is a code itself; among codes it is packed, so that words can be counted. */
function asEmbeddings(
  rows: readonly Float32Array[],
  width: number,
  kind: Embeddings["kind"],
): Embeddings {
  const count = rows.length;
  const isBinary = kind === "binary" && rows.every((row) => row.every((x) => x === 0 || x === 1));
  if (!isBinary) {
    const values = new Float32Array(count * width);
    rows.forEach((row, c) => values.set(row, c * width));
    return { kind: "dense", count, width, values };
  }
  const words = new Uint32Array(count * wordsPerCode(width));
  rows.forEach((row, c) => packRows(row, width, words, c * wordsPerCode(width)));
  return { kind, count, width, words };
}
