/**
 * Change of weights over training.
 *
 * Source: ParamRecord.count_sign_flips and Monitor.update_initial_difference of dizcza/pytorch-mighty,
 * mighty/monitor/monitor.py.
 *
 * @module
 */
import { checkLength } from "./rows.ts";

/**
 * Counts the weights that have changed their sign between two snapshots, such as the ends of two epochs.
 *
 * A weight that was or is 0 has no sign to change. The reference compares after every batch and
 * divides by the number of batches; fold over the batches for that.
 *
 * @param before Weights of the first snapshot.
 * @param after Weights of the second snapshot, as many.
 * @throws {RangeError} Where the lengths differ.
 *
 * @example
 * ```ts
 * import { signFlips } from "./weight_change.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(signFlips([1, -2, 0, 3], [-1, -1, 5, 0.1]), 1);
 * ```
 */
export function signFlips(before: ArrayLike<number>, after: ArrayLike<number>): number {
  checkLength("compare weights", after.length, before.length);
  let flips = 0;
  for (let i = 0; i < before.length; i++) {
    // Not the product's sign: the product of two tiny weights is 0.
    if ((before[i] < 0 && after[i] > 0) || (before[i] > 0 && after[i] < 0)) flips++;
  }
  return flips;
}

/**
 * The relative distance of weights from where they started: ‖W − W₀‖₂ / ‖W₀‖₂.
 *
 * @param initial Weights before training, W₀.
 * @param now Weights now, W, as many.
 * @returns At least 0; null where W₀ is all zero, as biases are (Infinity or NaN in the reference).
 * @throws {RangeError} Where the lengths differ.
 */
export function distanceFromInitial(
  initial: ArrayLike<number>,
  now: ArrayLike<number>,
): number | null {
  checkLength("compare weights", now.length, initial.length);
  const size = euclideanNorm(initial);
  if (size === 0) return null;
  return euclideanNorm(Float64Array.from(now, (x, i) => x - initial[i])) / size;
}

/** The L2 norm of all numbers; the Frobenius norm of a matrix. In float64, 0 for none. */
export function euclideanNorm(x: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * x[i];
  return Math.sqrt(sum);
}
