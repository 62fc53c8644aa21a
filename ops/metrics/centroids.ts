/**
 * Class centroids: the mean embedding of each class, and its binary form.
 *
 * Source: AccuracyEmbedding of dizcza/pytorch-mighty, mighty/monitor/accuracy.py, and
 * AccuracyEmbeddingKWTA of dizcza/EmbedderSDR, monitor/accuracy.py.
 *
 * @module
 */
import { type Embeddings, wordsPerCode } from "../embeddings.ts";
import { edgeFinder, midway } from "../kernels/select_edges.ts";
import { winnerCount } from "../kwta.ts";
import { checkLength } from "./check.ts";
import type { Moments } from "./moments.ts";
import { eachBit, rowReader } from "./rows.ts";

/** The sum of each class's embeddings, and how many there are. */
function classSums(embeddings: Embeddings, labels: ArrayLike<number>, classes: number): {
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
 * @param labels One class index per embedding, below `classes`.
 * @returns Per class width numbers; all 0 for a class without samples.
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
 * @param labels One class index per embedding, below `classes`.
 * @returns Per class its moments, of width numbers; a count of 0 for a class without samples.
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
 * Hard kWTA of one vector, on plain data.
 *
 * Means of binary codes often tie at the boundary; then fewer than k units remain, perhaps none.
 *
 * @param x At least 2 numbers.
 * @param sparsity In (0, 1].
 */
export function binarise(x: Float32Array, sparsity: number): Float32Array {
  const edges = new Int32Array(2);
  edgeFinder(x.length, winnerCount(sparsity, x.length)).find(x, 0, edges, 0);
  const threshold = midway(x[edges[0]], x[edges[1]]);
  return x.map((value) => value > threshold ? 1 : 0);
}
