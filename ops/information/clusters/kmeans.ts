/**
 * k-means: samples of any width become one symbol each, the number of their cluster.
 *
 * Own, because the k-means on npm (ml-kmeans and others) take arrays of arrays and know no mini-batches.
 *
 * @module
 */
import { E } from "../../../graph/fp_ts.ts";
import { type InvalidOption, invalidOption } from "../../../graph/error.ts";
import { draw, permutation, type Rng } from "../../../graph/rng.ts";
import { checkRanges, integerFrom } from "../../ranges.ts";
import { lloyd, miniBatches } from "./kmeans_steps.ts";
import { seedCentroids } from "./kmeans_seeds.ts";
import { checkSamples, type Samples } from "../samples.ts";
import { type ComparableSamples, comparableSamples, leastOf } from "./squared_distances.ts";

/** After so many steps seedings are compared: they tell a good start from a bad one, the seeds do not. */
const TRIAL_STEPS = 3;

/** How {@linkcode quantise} clusters. */
export interface QuantiseOptions {
  /** Clusters, at least 1; 20 by default. There may be more than samples. */
  readonly clusters?: number;
  /** Samples per step, at least 1; 1024 by default. */
  readonly batchSize?: number;
  /** The most steps from the best start, at least 0; 10 by default. With 0 the seeds are the centroids. */
  readonly steps?: number;
  /** How many starts are tried, at least 1; 3 by default. */
  readonly restarts?: number;
}

/** Samples by cluster. */
export interface Quantised {
  /** The cluster of each sample, from 0 to clusters − 1: the nearest centroid's number. */
  readonly clusters: Int32Array;
  /** clusters × width numbers, row-major. A cluster that has no sample has a centroid all the same. */
  readonly centroids: Float64Array;
  /** The sum over the samples of the squared distance to their centroid. */
  readonly inertia: number;
}

/**
 * Mini-batch k-means. A batch's worth of samples is seeded by greedy k-means++ and refined by three
 * steps, several times over; the start of the least inertia goes on. In each step one batch of samples
 * goes to the nearest centroids, and these move to the mean of all that they have ever been given.
 * Where all samples fit into one batch, they move to the means of that step alone, until nothing
 * changes (Lloyd's algorithm). At last every sample is given to the nearest centroid, the first of
 * equally near ones.
 *
 * Which number a cluster has means nothing. Where there are more clusters than distinct samples, some
 * stay empty: their centroids are samples too.
 *
 * Takes O((restarts·batchSize·ln clusters + steps·batchSize + samples)·width·clusters); where most
 * numbers are 0, they are left out.
 *
 * Sources: D. Sculley, "Web-scale k-means clustering", 2010; D. Arthur, S. Vassilvitskii, "k-means++",
 * 2007; the 20 clusters are those of MutualInfoKMeans of dizcza/pytorch-mighty.
 *
 * @returns The clusters and the generator to draw from next; an error for samples that are none, that
 * are so far apart that squares overflow, and for options out of their ranges.
 *
 * @example
 * ```ts
 * import { quantise } from "./kmeans.ts";
 * import { layerInformation } from "../discrete/mutual_information.ts";
 * import { seed } from "../../../graph/rng.ts";
 * import { E, pipe } from "../../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const layer = { count: 4, width: 2, values: Float32Array.of(0, 0, 0, 1, 9, 9, 9, 8) };
 * const plane = pipe(
 *   quantise(layer, { clusters: 2 }, seed(26)),
 *   E.chain(([{ clusters }]) => layerInformation(clusters, [5, 5, 6, 6])),
 * );
 * assertEquals(plane, E.right({ input: 1, label: 1 }));
 * ```
 */
export function quantise(
  samples: Samples,
  { clusters = 20, batchSize = 1024, steps = 10, restarts = 3 }: QuantiseOptions,
  rng: Rng,
): E.Either<InvalidOption, readonly [Quantised, Rng]> {
  const problem = checkSamples("samples", samples) ?? checkRanges({
    clusters: [clusters, integerFrom(1)],
    batchSize: [batchSize, integerFrom(1)],
    steps: [steps, integerFrom(0)],
    restarts: [restarts, integerFrom(1)],
  });
  if (problem !== null) return E.left(problem);
  const comparable = comparableSamples(samples);
  if (!comparable.finite) {
    return E.left(
      invalidOption("samples", "numbers too large", "numbers whose squares have a finite sum"),
    );
  }
  const [order, next] = permutation(samples.count, rng);
  // Fewer than three samples per cluster would be too few to begin with.
  const pooled = Math.max(batchSize, 3 * clusters);
  const pool = samples.count <= pooled
    ? comparable
    : comparableSamples(pick(samples, order.subarray(0, pooled)));
  return E.right(draw(next, (dice) => {
    const tried = Array.from(
      { length: restarts },
      () => lloyd(pool, seedCentroids(pool, clusters, dice), Math.min(steps, TRIAL_STEPS)),
    );
    const best = tried.reduce((a, b) => b.inertia < a.inertia ? b : a);
    return assign(
      comparable,
      samples.count <= batchSize
        ? lloyd(comparable, best, steps).centroids
        : miniBatches(comparable, best.centroids, steps, batchSize, order),
    );
  }));
}

const pick = ({ width, values }: Samples, order: Uint32Array): Samples => {
  const picked = new Float64Array(order.length * width);
  order.forEach((i, to) => picked.set(values.subarray(i * width, (i + 1) * width), to * width));
  return { count: order.length, width, values: picked };
};

function assign(samples: ComparableSamples, centroids: Float64Array): Quantised {
  const clusters = new Int32Array(samples.count);
  const distances = samples.distancesFrom(centroids);
  const row = new Float64Array(centroids.length / samples.width);
  let inertia = 0;
  for (let i = 0; i < samples.count; i++) {
    distances(i, row);
    clusters[i] = leastOf(row);
    inertia += row[clusters[i]];
  }
  return { clusters, centroids, inertia };
}
