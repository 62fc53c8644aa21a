/**
 * Units put in the order of the class that they prefer, so that what classes share can be seen.
 *
 * @module
 */

/** An order of units, and what it follows. */
export interface UnitOrder {
  /** The unit at each place: a permutation of 0..units-1. */
  readonly units: readonly number[];
  /** For each unit, by its own number, the class in which it is most active; null for a silent one. */
  readonly preferred: readonly (number | null)[];
}

/**
 * Orders units by preferred class, within a class by falling activity, silent units last. Units
 * that are equal in both keep their order.
 *
 * @param means Mean activity, classes × units.
 *
 * @example
 * ```ts
 * import { byPreferredClass } from "./unit_order.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const order = byPreferredClass([[0.1, 0, 0.9, 0.2], [0.8, 0, 0.1, 0.3]]);
 * assertEquals(order, { units: [2, 0, 3, 1], preferred: [1, null, 0, 1] });
 * ```
 */
export function byPreferredClass(means: readonly ArrayLike<number>[]): UnitOrder {
  const count = means[0]?.length ?? 0;
  const activity = (unit: number, k: number | null): number =>
    k === null ? 0 : means[k]?.[unit] ?? 0;
  const preferred = Array.from({ length: count }, (_, unit) =>
    means.reduce<number | null>(
      (best, mean, k) => (mean[unit] ?? 0) > activity(unit, best) ? k : best,
      null,
    ));
  const rank = (unit: number): number => preferred[unit] ?? means.length;
  const units = Array.from({ length: count }, (_, unit) => unit).sort((a, b) =>
    rank(a) - rank(b) ||
    activity(b, preferred[b] ?? null) - activity(a, preferred[a] ?? null)
  );
  return { units, preferred };
}
