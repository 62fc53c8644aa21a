/**
 * How k-means moves its centroids.
 *
 * @module
 */
import type { Seeds } from "./kmeans_seeds.ts";
import { type ComparableSamples, leastOf } from "./squared_distances.ts";

/** What samples were given to each centroid. */
interface Members {
  readonly counts: Float64Array;
  /** Their sums, clusters × width. */
  readonly sums: Float64Array;
  /** The sum of their squared distances to it. */
  readonly inertia: number;
}

function membersOf(
  { width, values, distancesFrom }: ComparableSamples,
  centroids: Float64Array,
  batch: Uint32Array,
): Members {
  const counts = new Float64Array(centroids.length / width);
  const sums = new Float64Array(centroids.length);
  const distances = distancesFrom(centroids);
  const row = new Float64Array(counts.length);
  let inertia = 0;
  for (let b = 0; b < batch.length; b++) {
    distances(batch[b], row);
    const cluster = leastOf(row);
    counts[cluster]++;
    inertia += row[cluster];
    const [from, to] = [batch[b] * width, cluster * width];
    for (let u = 0; u < width; u++) sums[to + u] += values[from + u];
  }
  return { counts, sums, inertia };
}

/** The centroids moved to the means; those without members stay. */
const means = (
  centroids: Float64Array,
  { counts, sums }: Pick<Members, "counts" | "sums">,
): Float64Array => {
  const width = centroids.length / counts.length;
  return centroids.map((x, at) => {
    const count = counts[Math.floor(at / width)];
    return count === 0 ? x : sums[at] / count;
  });
};

/**
 * Steps on all samples, until nothing changes: none raises the inertia.
 *
 * Source: S. Lloyd, "Least squares quantization in PCM", 1982.
 *
 * @param steps At least 0.
 * @returns The centroids, and the inertia before the last step.
 */
export function lloyd(samples: ComparableSamples, seeds: Seeds, steps: number): Seeds {
  const all = Uint32Array.from({ length: samples.count }, (_, i) => i);
  let now = seeds;
  for (let step = 0; step < steps; step++) {
    const members = membersOf(samples, now.centroids, all);
    const moved = means(now.centroids, members);
    const still = moved.every((x, at) => x === now.centroids[at]);
    now = { centroids: moved, inertia: members.inertia };
    if (still) break;
  }
  return now;
}

/**
 * Steps on a part of the samples each: the centroids are the means of all that they were ever given.
 *
 * Source: Sculley's algorithm 1, of which this is what a batch's steps of 1 / count add up to.
 *
 * @param order The samples in a random order; batches are cut from it, and from its start again.
 */
export function miniBatches(
  samples: ComparableSamples,
  seeds: Float64Array,
  steps: number,
  batchSize: number,
  order: Uint32Array,
): Float64Array {
  const ever = { counts: new Float64Array(seeds.length / samples.width), sums: seeds.map(() => 0) };
  const batch = new Uint32Array(batchSize);
  let centroids = seeds;
  for (let step = 0; step < steps; step++) {
    for (let b = 0; b < batchSize; b++) batch[b] = order[(step * batchSize + b) % order.length];
    const { counts, sums } = membersOf(samples, centroids, batch);
    for (let c = 0; c < counts.length; c++) ever.counts[c] += counts[c];
    for (let at = 0; at < sums.length; at++) ever.sums[at] += sums[at];
    centroids = means(centroids, ever);
  }
  return centroids;
}
