/**
 * Activity of each unit over many samples: how strongly and how often it fires, how evenly all units fire, and which
 * are dead.
 *
 * @module
 */
import type { Embeddings } from "../embeddings.ts";
import { rowReader } from "./rows.ts";

/**
 * The L1 norm of each unit, divided by the number of samples: the mean of |x|.
 *
 * Source: update_l1_neuron_norm of dizcza/pytorch-mighty, mighty/monitor/monitor.py.
 *
 * @param embeddings Binary codes, or vectors.
 * @returns One number of at least 0 per unit; zeros for no samples.
 */
export const unitNorms = (embeddings: Embeddings): Float64Array => unitMeans(embeddings, Math.abs);

/**
 * The duty cycle of each unit: the fraction of samples in which it is above 0.
 *
 * @param embeddings Binary codes, or vectors.
 * @returns One number in [0, 1] per unit; zeros for no samples.
 */
export const dutyCycles = (embeddings: Embeddings): Float64Array =>
  unitMeans(embeddings, (x) => x > 0 ? 1 : 0);

function unitMeans(embeddings: Embeddings, of: (x: number) => number): Float64Array {
  const sums = new Float64Array(embeddings.width);
  const read = rowReader(embeddings);
  for (let i = 0; i < embeddings.count; i++) {
    const row = read(i);
    for (let u = 0; u < sums.length; u++) sums[u] += of(row[u]);
  }
  return sums.map((sum) => sum / Math.max(1, embeddings.count));
}

/** The entropy in bits of an event of probability p; 0 · log 0 is 0. */
const entropy = (p: number): number =>
  p <= 0 || p >= 1 ? 0 : -p * Math.log2(p) - (1 - p) * Math.log2(1 - p);

/**
 * The entropy of the units' duty cycles, in bits per unit: the mean of
 * H(p) = −p log₂ p − (1 − p) log₂(1 − p).
 *
 * @param duty Duty cycles from {@linkcode dutyCycles}, in [0, 1].
 * @returns The entropy, in [0, 1]; 0 for no units.
 *
 * @example
 * ```ts
 * import { dutyEntropy, maximumDutyEntropy } from "./activity.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(dutyEntropy([0.25, 0.25]), maximumDutyEntropy(0.25));
 * assertEquals(dutyEntropy([0.5, 0]), 0.5);
 * ```
 */
export function dutyEntropy(duty: ArrayLike<number>): number {
  let sum = 0;
  for (let u = 0; u < duty.length; u++) sum += entropy(duty[u]);
  return sum / Math.max(1, duty.length);
}

/**
 * Computes the upper bound of {@linkcode dutyEntropy} at a mean rate: H(rate), reached when all units fire alike, for H
 * is concave.
 *
 * Source: S. Ahmad, L. Scheinkman, "How Can We Be So Dense?", 2019.
 *
 * @param target The rate, in [0, 1]: the sparsity of the kWTA.
 * @returns Bits per unit.
 */
export const maximumDutyEntropy = (target: number): number => entropy(target);

/**
 * Lists the dead units: those whose duty cycle is below a bound.
 *
 * @param duty Duty cycle of each unit, in [0, 1].
 * @param below The duty cycle under which a unit counts as dead: 0.1 % by default. With fewer than
 * 1,000 samples those are the units that never fired.
 * @returns The indices of the units, rising.
 */
export const deadUnits = (duty: ArrayLike<number>, below = 0.001): readonly number[] =>
  unitsWhere(duty, (p) => p < below);

/**
 * Lists the overactive units: those whose duty cycle exceeds a multiple of the target.
 *
 * @param duty Duty cycle of each unit, in [0, 1].
 * @param target The rate that all should have, in [0, 1].
 * @param times Factor on the target above which a rate is too high. Where times · target is 1 or more no unit can be.
 * @default 5
 * @returns The indices of the units, rising.
 */
export const overactiveUnits = (
  duty: ArrayLike<number>,
  target: number,
  times = 5,
): readonly number[] => unitsWhere(duty, (p) => p > times * target);

const unitsWhere = (
  duty: ArrayLike<number>,
  holds: (p: number) => boolean,
): readonly number[] => Array.from(duty).flatMap((p, u) => holds(p) ? [u] : []);
