/**
 * Where k-means begins.
 *
 * @module
 */
import type { Dice } from "../../../graph/rng.ts";
import { type ComparableSamples, leastOf } from "./squared_distances.ts";

/** Centroids to begin with. */
export interface Seeds {
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
export function seedCentroids(samples: ComparableSamples, clusters: number, dice: Dice): Seeds {
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

/** What the distances to the nearest centroid would be with each candidate added; the best one. */
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
