/**
 * Classes in the space of embeddings: the mean and the variance of each, classification by the nearest mean, and the
 * distances between classes.
 *
 * Source: AccuracyEmbedding of dizcza/pytorch-mighty, mighty/monitor/accuracy.py, and AccuracyEmbeddingKWTA of
 * dizcza/EmbedderSDR, monitor/accuracy.py.
 *
 * @module
 */
import { type BinaryEmbeddings, type Embeddings, packRows, wordsPerCode } from "../embeddings.ts";
import { edgeFinder, midway, winnerCount } from "../kernels/select_edges.ts";
import { checkLength, eachBit, rowReader } from "./rows.ts";
import { type Moments, standardDeviation } from "./moments.ts";
import { type DistanceRow, distanceRows, type EmbeddingDistance } from "./distances.ts";

// ---- Mean and variance

/**
 * Sums each class's embeddings, and counts them: of codes the sum is the number of activations of each unit.
 *
 * @throws {RangeError} Where there are not as many labels as embeddings.
 */
export function classSums(embeddings: Embeddings, labels: ArrayLike<number>, classes: number): {
  readonly sums: readonly Float64Array[];
  readonly sizes: Float64Array;
} {
  const { count, width } = embeddings;
  checkLength("average classes", labels.length, count);
  const sums = Array.from({ length: classes }, () => new Float64Array(width));
  const sizes = new Float64Array(classes);
  for (let i = 0; i < count; i++) {
    const sum = sums[labels[i]];
    sizes[labels[i]]++;
    if (embeddings.kind === "dense") {
      for (let u = 0; u < width; u++) sum[u] += embeddings.values[i * width + u];
    } else {
      eachBit(embeddings.words, i * wordsPerCode(width), wordsPerCode(width), (u) => sum[u]++);
    }
  }
  return { sums, sizes };
}

/**
 * The mean embedding of each class.
 *
 * @param embeddings Binary codes, or vectors.
 * @param labels One class index per embedding, below `classes`.
 * @param classes Number of classes.
 * @returns The mean of each class, one number for each unit; all 0 for a class without samples.
 * @throws {RangeError} Where there are not as many labels as embeddings.
 */
export function classMeans(
  embeddings: Embeddings,
  labels: ArrayLike<number>,
  classes: number,
): readonly Float32Array[] {
  const { sums, sizes } = classSums(embeddings, labels, classes);
  return sums.map((sum, c) => Float32Array.from(sum, (x) => sizes[c] === 0 ? 0 : x / sizes[c]));
}

/**
 * Mean and variance of each class, per unit.
 *
 * @param embeddings Binary codes, or vectors.
 * @param labels One class index per embedding, below `classes`.
 * @param classes Number of classes.
 * @returns The moments of each class, of width numbers; a count of 0 for a class without samples.
 * @throws {RangeError} Where there are not as many labels as embeddings.
 */
export function classMoments(
  embeddings: Embeddings,
  labels: ArrayLike<number>,
  classes: number,
): readonly Moments[] {
  const { count, width } = embeddings;
  const { sums, sizes } = classSums(embeddings, labels, classes);
  const means = sums.map((sum, c) => sum.map((x) => sizes[c] === 0 ? 0 : x / sizes[c]));
  const squares = means.map(() => new Float64Array(width));
  const read = rowReader(embeddings);
  for (let i = 0; i < count; i++) {
    const [row, mean, square] = [read(i), means[labels[i]], squares[labels[i]]];
    for (let u = 0; u < width; u++) square[u] += (row[u] - mean[u]) ** 2;
  }
  return means.map((mean, c) => ({ count: sizes[c], mean, squares: squares[c] }));
}

/**
 * Mean and variance of each class of binary codes, per unit, as `classMoments` gives them. A bit is its
 * own square, so counting those that are set is enough:
 *
 *     Σ (x − p)² = f · (n − f) / n        f of n codes set the unit, p = f / n
 *
 * Time goes with the bits that are set, not with the width.
 *
 * @param codes Packed codes.
 * @param labels One class index per code, below `classes`.
 * @param classes Number of classes.
 * @returns The moments of each class, of width numbers; a count of 0 for a class without samples.
 * @throws {RangeError} Where there are not as many labels as codes.
 *
 * @example
 * ```ts
 * import { codeMoments } from "./centroids.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const codes = { kind: "binary", count: 2, width: 3, words: Uint32Array.of(0b011, 0b010) } as const;
 * const [{ count, mean, squares }] = codeMoments(codes, [0, 0], 1);
 * assertEquals([count, [...mean], [...squares]], [2, [0.5, 1, 0], [0.5, 0, 0]]);
 * ```
 */
export function codeMoments(
  codes: BinaryEmbeddings,
  labels: ArrayLike<number>,
  classes: number,
): readonly Moments[] {
  const { sums, sizes } = classSums(codes, labels, classes);
  return sums.map((fired, c) => ({
    count: sizes[c],
    mean: fired.map((f) => f / Math.max(1, sizes[c])),
    squares: fired.map((f) => f * (sizes[c] - f) / Math.max(1, sizes[c])),
  }));
}

/**
 * Hard kWTA of one vector, on plain data.
 *
 * Means of binary codes often tie at the boundary; then fewer than k units remain, perhaps none.
 *
 * @param x At least 2 numbers.
 * @param sparsity Sparsity, in (0, 1].
 */
export function binarise(x: Float32Array, sparsity: number): Float32Array {
  const edges = new Int32Array(2);
  edgeFinder(x.length, winnerCount(sparsity, x.length)).find(x, 0, edges, 0);
  const threshold = midway(x[edges[0]], x[edges[1]]);
  return x.map((value) => value > threshold ? 1 : 0);
}

// ---- Classification by the nearest centroid

/** Centroid of each class, `width` numbers, or null for a class that cannot be predicted. */
export type ClassCentroids = readonly (Float32Array | null)[];

/**
 * The class whose centroid is nearest to each embedding.
 *
 * Of equal distances the lowest class wins.
 *
 * @param embeddings Binary codes, or vectors.
 * @param centroids At least one that is not null. A class without samples should be null unless the
 * distance is the cosine: its mean of zeros is near to sparse codes by "l1" and "l2".
 * @param distance Distance between an embedding and a centroid. @default "cosine"
 * @returns One class index per embedding.
 * @throws {RangeError} Where no centroid is given or a width differs.
 *
 * @example
 * ```ts
 * import { nearestCentroids } from "./centroids.ts";
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
 * @param embeddings Binary codes, or vectors.
 * @param centroids Centroid of each class, or null for a class without one.
 * @param distance Distance between an embedding and a centroid. @default "cosine"
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
 * Computes the closeness of each class, as the reference's predict_proba does: 1 − d / Σd per row. The nearest class
 * has the highest value, but the values sum to classes − 1: they are no probabilities.
 *
 * @param distances Distances from {@linkcode centroidDistances}, rows × classes, at least 0: not by "overlap".
 * @param classes Number of classes.
 * @returns The closeness of each, in [0, 1]; 0 for a class at Infinity, and 1 for the others of a row in which all
 * distances are 0, where the reference has NaN.
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

// ---- Spread

/**
 * Distances in units of the mean L1 norm of the class means. Codes tell classes apart where the first
 * is larger than the second.
 */
export interface ClassSpread {
  /** The mean L1 distance between two class means; null for fewer than two classes. */
  readonly interClass: number | null;
  /** The mean L1 norm of a class's standard deviations; null for no class. */
  readonly intraClass: number | null;
  /** interClass over intraClass; null where that is undefined or infinite. */
  readonly ratio: number | null;
}

/**
 * Inter-class distance and intra-class deviation of embeddings.
 *
 *     interClass = mean_{i<j} ‖μ_i − μ_j‖₁ / m    intraClass = mean_c ‖σ_c‖₁ / m    m = mean_c ‖μ_c‖₁
 *
 * σ is the unbiased deviation, 0 for a class of one sample; classes of none are left out.
 *
 * The reference gives NaN for a single class and Infinity where no class deviates; here these are null,
 * which a file of JSON can hold. All are null where all means are zero.
 *
 * Source: MonitorEmbedding.update_pairwise_dist of dizcza/pytorch-mighty, mighty/monitor/monitor.py.
 *
 * @param classes Moments from {@linkcode classMoments} or {@linkcode codeMoments}.
 */
export function classSpread(classes: readonly Moments[]): ClassSpread {
  const present = classes.filter(({ count }) => count > 0);
  const unit = mean(present.map(({ mean }) => l1(mean)));
  if (unit === null || unit === 0) return { interClass: null, intraClass: null, ratio: null };
  const apart = mean(
    present.flatMap((a, i) => present.slice(i + 1).map((b) => distance(a.mean, b.mean))),
  );
  const wide = mean(present.map((one) => l1(standardDeviation(one))));
  return {
    interClass: apart === null ? null : apart / unit,
    intraClass: wide === null ? null : wide / unit,
    ratio: apart === null || wide === null || wide === 0 ? null : apart / wide,
  };
}

const mean = (xs: readonly number[]): number | null =>
  xs.length === 0 ? null : xs.reduce((sum, x) => sum + x, 0) / xs.length;

const l1 = (xs: Float64Array): number => xs.reduce((sum, x) => sum + Math.abs(x), 0);

const distance = (xs: Float64Array, ys: Float64Array): number =>
  xs.reduce((sum, x, u) => sum + Math.abs(x - ys[u]), 0);
