/**
 * Recall against speed: curves, and how one compares with others at a given recall.
 *
 * @module
 */

/** Result of a setting of a searcher. */
export interface Point {
  /** The part of the true neighbours that are found. */
  readonly recall: number;
  /** Queries per second. */
  readonly rate: number;
}

/**
 * The points that no other beats in both recall and rate, by rising recall.
 *
 * @example
 * ```ts
 * import { frontier } from "./curve.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const points = [{ recall: 0.9, rate: 10 }, { recall: 0.8, rate: 9 }, { recall: 1, rate: 1 }];
 * assertEquals(frontier(points), [points[0], points[2]]);
 * ```
 */
export const frontier = (points: readonly Point[]): readonly Point[] =>
  points
    .toSorted((a, b) => a.recall - b.recall || a.rate - b.rate)
    .filter((point, i, all) => all.slice(i + 1).every(({ rate }) => rate < point.rate));

/**
 * The queries per second at a recall: between two points of the frontier the logarithm is interpolated over
 * recall. Below the least recall it is the rate there, which is known to be reached.
 *
 * @returns null where no setting reaches the recall.
 */
export function rateAt(points: readonly Point[], recall: number): number | null {
  const best = frontier(points);
  const after = best.findIndex((point) => point.recall >= recall);
  if (after < 0) return null;
  const to = best[after];
  if (after === 0) return to.rate;
  const from = best[after - 1];
  const part = (recall - from.recall) / (to.recall - from.recall);
  return Math.exp((1 - part) * Math.log(from.rate) + part * Math.log(to.rate));
}

/**
 * Computes the speed of a searcher relative to the fastest of some others, at a recall.
 *
 * @returns null where it, or every other, does not reach the recall.
 */
export function ratioAt(
  one: readonly Point[],
  others: readonly (readonly Point[])[],
  recall: number,
): number | null {
  const own = rateAt(one, recall);
  const theirs = others.map((points) => rateAt(points, recall)).filter((rate) => rate !== null);
  return own === null || theirs.length === 0 ? null : own / Math.max(...theirs);
}
