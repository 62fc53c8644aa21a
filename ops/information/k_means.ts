/**
 * k-means: samples of any width become one symbol each, the number of their cluster. It takes
 * mini-batches, starts from greedy k-means++, and spends its time on products of samples with a few
 * vectors, in which zeros are left out.
 *
 * The code is Sparrow's own, because the k-means on npm (ml-kmeans and others) take arrays of arrays and know no
 * mini-batches.
 *
 * @module
 */
import { checkSamples, type Samples, selectSamples } from "./samples.ts";
import { type Dice, draw, permutation, type Rng } from "../../graph/rng.ts";
import { E } from "../../graph/fp_ts.ts";
import { type InvalidOption, invalidOption } from "../../graph/error.ts";
import { checkRanges, integerFrom } from "../ranges.ts";

/**
 * Steps after which seedings are compared: the result after a few steps tells a good start from a bad one, the seeds
 * alone do not.
 */
const TRIAL_STEPS = 3;

/** Options of {@linkcode quantise}. */
export interface QuantiseOptions {
  /** Clusters, at least 1. There may be more than samples. @default 20 */
  readonly clusters?: number;
  /** Samples per step, at least 1. @default 1024 */
  readonly batchSize?: number;
  /** The most steps from the best start, at least 0. With 0 the seeds are the centroids. @default 10 */
  readonly steps?: number;
  /** Number of starts, at least 1. @default 3 */
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
 * @param samples Samples to cluster.
 * @param options Options, as {@linkcode QuantiseOptions} describes them.
 * @param rng Generator to draw from.
 * @returns The clusters and the generator to draw from next; an error for samples that are none, that
 * are so far apart that squares overflow, and for options out of their ranges.
 *
 * @example
 * ```ts
 * import { quantise } from "./k_means.ts";
 * import { layerInformation } from "./discrete.ts";
 * import { seed } from "../../graph/rng.ts";
 * import { E, pipe } from "../../graph/fp_ts.ts";
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
    : comparableSamples(selectSamples(samples, order.subarray(0, pooled)));
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

// ---- Where k-means begins

/** Centroids to begin with. */
interface Seeds {
  /** clusters × width numbers, row-major: each row is a sample. */
  readonly centroids: Float64Array;
  /** The sum over the samples of the squared distance to the nearest of them. */
  readonly inertia: number;
}

/**
 * Greedy k-means++: the first centroid is any sample. Each further one is the best of
 * 2 + ⌊ln clusters⌋ samples, drawn with probabilities in proportion to their squared distance from
 * the nearest centroid so far, the best being that which lowers the sum of these most.
 *
 * Where there are fewer distinct samples than clusters, some are chosen repeatedly.
 *
 * Source: D. Arthur, S. Vassilvitskii, "k-means++: the advantages of careful seeding", 2007, which
 * speaks of several candidates at its end; their number is that of scikit-learn.
 *
 * @param samples At least one.
 * @param clusters At least 1.
 */
function seedCentroids(samples: ComparableSamples, clusters: number, dice: Dice): Seeds {
  const { count, width, values } = samples;
  const centroids = new Float64Array(clusters * width);
  const trials = 2 + Math.floor(Math.log(clusters));
  let nearest: Float64Array = new Float64Array(count).fill(Infinity);
  let inertia = 0;
  for (let c = 0; c < clusters; c++) {
    const tried = c === 0
      ? [dice.integer(0, count - 1)]
      : Array.from({ length: trials }, () => drawInProportion(nearest, inertia, dice));
    const candidates = new Float64Array(tried.length * width);
    tried.forEach((i, t) => candidates.set(values.subarray(i * width, (i + 1) * width), t * width));
    const best = bestCandidate(samples, candidates, nearest);
    const at = best.candidate * width;
    centroids.set(candidates.subarray(at, at + width), c * width);
    [nearest, inertia] = [best.nearest, best.inertia];
  }
  return { centroids, inertia };
}

/**
 * Finds the candidate that, added as a centroid, leaves the smallest inertia, and the distances to the nearest centroid
 * then.
 */
function bestCandidate(
  { count, width, distancesFrom }: ComparableSamples,
  candidates: Float64Array,
  nearest: Float64Array,
): { readonly candidate: number; readonly nearest: Float64Array; readonly inertia: number } {
  const many = candidates.length / width;
  const distances = distancesFrom(candidates);
  const row = new Float64Array(many);
  const lowered = new Float64Array(many * count);
  const sums = new Float64Array(many);
  for (let i = 0; i < count; i++) {
    distances(i, row);
    for (let t = 0; t < many; t++) {
      const distance = row[t] < nearest[i] ? row[t] : nearest[i];
      lowered[t * count + i] = distance;
      sums[t] += distance;
    }
  }
  const candidate = leastOf(sums);
  return {
    candidate,
    nearest: lowered.subarray(candidate * count, (candidate + 1) * count),
    inertia: sums[candidate],
  };
}

/** An index, with a probability in proportion to its weight; any where all weights are 0. */
function drawInProportion(weights: Float64Array, sum: number, dice: Dice): number {
  if (sum <= 0) return dice.integer(0, weights.length - 1);
  let left = dice.unit() * sum;
  for (let i = 0; i < weights.length; i++) {
    left -= weights[i];
    if (left < 0) return i;
  }
  return weights.length - 1;
}

// ---- How its centroids move

/** The samples that were given to each centroid. */
interface Members {
  /** Number of samples in each cluster. */
  readonly counts: Float64Array;
  /** Sum of each cluster's samples, clusters × width. */
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
function lloyd(samples: ComparableSamples, seeds: Seeds, steps: number): Seeds {
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
 * Makes steps on a part of the samples each: the centroids are the means of all samples that they were ever given.
 *
 * Source: Sculley's algorithm 1, of which this is what a batch's steps of 1 / count add up to.
 *
 * @param order The samples in a random order; batches are cut from it, and from its start again.
 */
function miniBatches(
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

// ---- Squared distances from a few centroids

/** Samples, ready to be compared with centroids. */
export interface ComparableSamples extends Samples {
  /** Whether their squares can be summed; if not, distances are not numbers. */
  readonly finite: boolean;
  /**
   * Prepares a comparison.
   *
   * @param centroids Row-major; they are read at once and not kept.
   * @returns Writes ‖x − c‖² of a sample and each centroid into `out`.
   */
  readonly distancesFrom: (centroids: Float64Array) => (i: number, out: Float64Array) => void;
}

/**
 * Prepares samples.
 *
 * With m the mean and d = c − m, ‖x − c‖² = ‖x − m‖² + ‖d‖² + 2m·d − 2x·d: one product per
 * centroid, of the samples as they are, so that zeros can be left out. Taking m from c keeps the
 * digits that x·c would lose where the samples are far from 0 and near to each other. Rounding makes
 * no distance negative.
 *
 * @example
 * ```ts
 * import { comparableSamples } from "./k_means.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const samples = { count: 2, width: 2, values: Float32Array.of(0, 0, 3, 4) };
 * const out = new Float64Array(1);
 * comparableSamples(samples).distancesFrom(Float64Array.of(0, 0))(1, out);
 * assertEquals([...out], [25]);
 * ```
 */
export function comparableSamples(samples: Samples): ComparableSamples {
  const { count, width, values } = samples;
  const mean = meanOf(samples);
  const spread = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    let sum = 0;
    for (let u = 0; u < width; u++) sum += (values[i * width + u] - mean[u]) ** 2;
    spread[i] = sum;
  }
  const products = sampleProducts(samples);
  const distancesFrom = (centroids: Float64Array) => {
    const many = centroids.length / width;
    const shifted = new Float64Array(centroids.length);
    const constant = new Float64Array(many);
    for (let c = 0; c < many; c++) {
      for (let u = 0; u < width; u++) {
        const d = centroids[c * width + u] - mean[u];
        shifted[c * width + u] = d;
        constant[c] += d * (d + 2 * mean[u]);
      }
    }
    const multiply = products(shifted);
    return (i: number, out: Float64Array) => {
      multiply(i, out);
      for (let c = 0; c < many; c++) out[c] = Math.max(0, spread[i] + constant[c] - 2 * out[c]);
    };
  };
  // ‖x‖ ≤ ‖x − m‖ + ‖m‖, and no product of two samples is above ‖x‖².
  const squares = spread.reduce((a, b) => a + b, 0) + mean.reduce((a, m) => a + m * m, 0);
  return { ...samples, finite: Number.isFinite(8 * squares), distancesFrom };
}

function meanOf({ count, width, values }: Samples): Float64Array {
  const mean = new Float64Array(width);
  for (let i = 0; i < count; i++) {
    for (let u = 0; u < width; u++) mean[u] += values[i * width + u];
  }
  return mean.map((sum) => sum / count);
}

/** The number of the least entry; of equal ones the first. */
function leastOf(values: Float64Array): number {
  let least = 0;
  for (let c = 1; c < values.length; c++) if (values[c] < values[least]) least = c;
  return least;
}

// ---- Products with a few vectors

/** Writes the products of sample i with each of the vectors into `out`. */
export type RowProducts = (i: number, out: Float64Array) => void;

/**
 * Prepares the products of samples with vectors.
 *
 * @param vectors Row-major, each as wide as a sample; they must stay as they are.
 */
export type SampleProducts = (vectors: Float64Array) => RowProducts;

/**
 * Chooses the loop: where at most half of the numbers are not 0, as in codes and in layers of relu,
 * the others are found once and left out from then on.
 *
 * @example
 * ```ts
 * import { sampleProducts } from "./k_means.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const samples = { count: 2, width: 2, values: Float32Array.of(1, 2, 0, 3) };
 * const out = new Float64Array(1);
 * sampleProducts(samples)(Float64Array.of(10, 1))(0, out);
 * assertEquals([...out], [12]);
 * ```
 */
export function sampleProducts(samples: Samples): SampleProducts {
  let filled = 0;
  for (let i = 0; i < samples.values.length; i++) filled += Number(samples.values[i] !== 0);
  return filled > samples.values.length / 2
    ? denseProducts(samples)
    : sparseProducts(samples, filled);
}

function denseProducts({ width, values }: Samples): SampleProducts {
  const row = new Float64Array(width);
  return (vectors) => {
    const many = vectors.length / width;
    return (i, out) => {
      for (let u = 0; u < width; u++) row[u] = values[i * width + u];
      let v = 0;
      // Four sums at a time keep the processor busy, and read the row once for the four.
      for (; v + 4 <= many; v += 4) {
        let [a, b, c, d] = [0, 0, 0, 0];
        const at = v * width;
        for (let u = 0; u < width; u++) {
          const x = row[u];
          a += x * vectors[at + u];
          b += x * vectors[at + width + u];
          c += x * vectors[at + 2 * width + u];
          d += x * vectors[at + 3 * width + u];
        }
        out[v] = a;
        out[v + 1] = b;
        out[v + 2] = c;
        out[v + 3] = d;
      }
      for (; v < many; v++) {
        let sum = 0;
        for (let u = 0; u < width; u++) sum += row[u] * vectors[v * width + u];
        out[v] = sum;
      }
    };
  };
}

function sparseProducts({ count, width, values }: Samples, filled: number): SampleProducts {
  const starts = new Int32Array(count + 1);
  // One more, because zeros are written too and then written over: a branch would be guessed wrong.
  const units = new Int32Array(filled + 1);
  const entries = new Float64Array(filled + 1);
  for (let i = 0, next = 0; i < count; i++) {
    for (let u = 0; u < width; u++) {
      const value = values[i * width + u];
      units[next] = u;
      entries[next] = value;
      next += Number(value !== 0);
    }
    starts[i + 1] = next;
  }
  return (vectors) => {
    const many = vectors.length / width;
    // Unit by unit, for the next entry may be far from this one: of each only one cache line is read.
    const byUnit = vectors.map((_, at) => vectors[at % many * width + Math.floor(at / many)]);
    return (i, out) => {
      const [from, to] = [starts[i], starts[i + 1]];
      let v = 0;
      for (; v + 4 <= many; v += 4) {
        let [a, b, c, d] = [0, 0, 0, 0];
        for (let e = from; e < to; e++) {
          const x = entries[e];
          const u = units[e] * many + v;
          a += x * byUnit[u];
          b += x * byUnit[u + 1];
          c += x * byUnit[u + 2];
          d += x * byUnit[u + 3];
        }
        out[v] = a;
        out[v + 1] = b;
        out[v + 2] = c;
        out[v + 3] = d;
      }
      for (; v < many; v++) {
        let sum = 0;
        for (let e = from; e < to; e++) sum += entries[e] * byUnit[units[e] * many + v];
        out[v] = sum;
      }
    };
  };
}
