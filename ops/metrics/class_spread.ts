/**
 * How far classes are apart, and how wide each of them is.
 *
 * Source: MonitorEmbedding.update_pairwise_dist of dizcza/pytorch-mighty, mighty/monitor/monitor.py.
 *
 * @module
 */
import { type Moments, standardDeviation } from "./moments.ts";

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
 * @param classes From classMoments.
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
