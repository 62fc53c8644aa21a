/**
 * Whether a long training grows.
 *
 * @module
 */
import type { Held } from "./measure.ts";

/** Largest growth of resident memory after the warm-up: 5 %. */
export const MOST_GROWTH = 0.05;

/** The part of the steps in which code is compiled, pools are filled and the heap finds its size. */
const WARM_UP = 0.2;

/** Growth from the first measurements after the warm-up to the last ones. */
export interface Growth {
  /** Measurement at the end of the warm-up. */
  readonly warm: Held;
  /** Measurement at the end. */
  readonly end: Held;
  /** Relative growth of resident memory. It compares medians, since garbage collection makes single values vary. */
  readonly resident: number;
  /** Growth of the number of tensors. */
  readonly tensors: number;
  /** Whether both are within what is allowed. */
  readonly passed: boolean;
}

/**
 * Compares the median of the first fifth of the measurements after the warm-up with that of the last
 * fifth.
 *
 * @param measured At least one, in order.
 */
export function growthOf(measured: readonly Held[]): Growth {
  const after = measured.slice(
    Math.min(Math.floor(measured.length * WARM_UP), measured.length - 1),
  );
  const few = Math.max(1, Math.floor(after.length / 5));
  const [warm, end] = [medianOf(after.slice(0, few)), medianOf(after.slice(-few))];
  const resident = end.resident / warm.resident - 1;
  const tensors = Math.max(...after.map((held) => held.tensors)) - after[0].tensors;
  return { warm, end, resident, tensors, passed: resident < MOST_GROWTH && tensors <= 0 };
}

const medianOf = (held: readonly Held[]): Held =>
  held.toSorted((a, b) => a.resident - b.resident)[Math.floor(held.length / 2)];
