/**
 * Classification by the nearest class centroid.
 *
 * Source: AccuracyEmbedding of dizcza/pytorch-mighty, mighty/monitor/accuracy.py, and
 * AccuracyEmbeddingKWTA of dizcza/EmbedderSDR, monitor/accuracy.py.
 *
 * @module
 */
import { type Embeddings, popcount, stride } from "./embeddings.ts";
import { edgeFinder, midway } from "./kernels/select_edges.ts";
import { winners } from "./kwta.ts";

/**
 * The mean embedding of each class.
 *
 * @param labels One class index per embedding, below `classes`.
 * @returns Per class width numbers; all 0 for a class without samples.
 */
export function classMeans(
  embeddings: Embeddings,
  labels: ArrayLike<number>,
  classes: number,
): readonly Float32Array[] {
  const { count, width } = embeddings;
  const sums = Array.from({ length: classes }, () => new Float64Array(width));
  const sizes = new Float64Array(classes);
  for (let i = 0; i < count; i++) {
    const sum = sums[labels[i]];
    sizes[labels[i]]++;
    if (embeddings.kind === "dense") {
      for (let u = 0; u < width; u++) sum[u] += embeddings.values[i * width + u];
    } else {
      eachBit(embeddings.words, i * stride(width), stride(width), (u) => sum[u]++);
    }
  }
  return sums.map((sum, c) => Float32Array.from(sum, (x) => sizes[c] === 0 ? 0 : x / sizes[c]));
}

function eachBit(
  words: Uint32Array,
  from: number,
  length: number,
  visit: (unit: number) => void,
): void {
  for (let w = 0; w < length; w++) {
    for (let left = words[from + w]; left !== 0; left &= left - 1) {
      visit(32 * w + 31 - Math.clz32(left & -left));
    }
  }
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
  edgeFinder(x.length, winners(sparsity, x.length)).find(x, 0, edges, 0);
  const threshold = midway(x[edges[0]], x[edges[1]]);
  return x.map((value) => value > threshold ? 1 : 0);
}

/**
 * The class whose centroid is nearest to each embedding, by cosine distance.
 *
 * Of equal distances the lowest class wins. A zero vector has the similarity 0 to all.
 *
 * @param centroids Per class width numbers.
 * @returns One class index per embedding.
 */
export function nearestCentroids(
  embeddings: Embeddings,
  centroids: readonly Float32Array[],
): Uint8Array {
  // The embedding's own norm scales all of its similarities alike, so it can be left out.
  const units = centroids.map(normalised);
  const nearest = new Uint8Array(embeddings.count);
  const similarities = embeddings.kind === "dense"
    ? denseSimilarities(embeddings.values, embeddings.width, units)
    : binarySimilarities(embeddings.words, embeddings.width, units);
  const row = new Float64Array(units.length);
  for (let i = 0; i < embeddings.count; i++) {
    similarities(i, row);
    let best = 0;
    for (let c = 1; c < row.length; c++) if (row[c] > row[best]) best = c;
    nearest[i] = best;
  }
  return nearest;
}

type Similarities = (i: number, into: Float64Array) => void;

function normalised(centroid: Float32Array): Float64Array {
  let square = 0;
  for (const x of centroid) square += x * x;
  // The reference clamps norms at 1e-8: cosine_similarity of torch.nn.functional.
  const norm = Math.max(Math.sqrt(square), 1e-8);
  return Float64Array.from(centroid, (x) => x / norm);
}

const denseSimilarities =
  (values: Float32Array, width: number, units: readonly Float64Array[]): Similarities =>
  (i, into) => {
    units.forEach((unit, c) => {
      let dot = 0;
      for (let u = 0; u < width; u++) dot += unit[u] * values[i * width + u];
      into[c] = dot;
    });
  };

/** A binarised centroid is a code itself: its similarity is an overlap, counted in words. */
function binarySimilarities(
  words: Uint32Array,
  width: number,
  units: readonly Float64Array[],
): Similarities {
  const perRow = stride(width);
  const levels = units.map((unit) => Math.max(...unit));
  const isBinary = units.every((unit, c) => unit.every((x) => x === 0 || x === levels[c]));
  if (!isBinary) {
    return (i, into) => {
      into.fill(0);
      eachBit(words, i * perRow, perRow, (u) => {
        for (let c = 0; c < units.length; c++) into[c] += units[c][u];
      });
    };
  }
  const masks = units.map((unit) => {
    const mask = new Uint32Array(perRow);
    unit.forEach((x, u) => {
      if (x > 0) mask[u >>> 5] |= 1 << (u & 31);
    });
    return mask;
  });
  return (i, into) => {
    for (let c = 0; c < masks.length; c++) {
      let overlap = 0;
      for (let w = 0; w < perRow; w++) overlap += popcount(words[i * perRow + w] & masks[c][w]);
      into[c] = overlap * levels[c];
    }
  };
}

/** The fraction of predictions that are right; 0 for none. */
export function accuracy(predicted: ArrayLike<number>, labels: ArrayLike<number>): number {
  let right = 0;
  for (let i = 0; i < predicted.length; i++) if (predicted[i] === labels[i]) right++;
  return predicted.length === 0 ? 0 : right / predicted.length;
}
