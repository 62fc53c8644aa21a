/**
 * Pairs of samples, (x, y), and where a critic's batches of them come from.
 *
 * @module
 */
import type { Rng } from "../../../graph/rng.ts";

/** Samples of two variables, observed together. */
export interface Pairs {
  /** How many. */
  readonly count: number;
  /** count × (numbers per sample of x), row-major. */
  readonly x: Float32Array;
  /** count × (numbers per sample of y), row-major. */
  readonly y: Float32Array;
}

/** A law of pairs, which can be drawn from. */
export interface PairSource {
  /** Numbers per sample of x and of y, each at least 1. Values should have scales near 1. */
  readonly widths: readonly [x: number, y: number];
  /** Independent pairs, as many as asked for, and the generator to draw from next. */
  readonly draw: (count: number, rng: Rng) => readonly [Pairs, Rng];
}

/**
 * Some of the pairs.
 *
 * @param picks Which, each from 0 to count − 1.
 */
export function selectPairs(pairs: Pairs, picks: ArrayLike<number>): Pairs {
  return {
    count: picks.length,
    x: selectRows(pairs.x, pairs.count, picks),
    y: selectRows(pairs.y, pairs.count, picks),
  };
}

function selectRows(rows: Float32Array, count: number, picks: ArrayLike<number>): Float32Array {
  const width = rows.length / count;
  const selected = new Float32Array(picks.length * width);
  for (let i = 0; i < picks.length; i++) {
    selected.set(rows.subarray(picks[i] * width, (picks[i] + 1) * width), i * width);
  }
  return selected;
}

/**
 * Rows (x_i, y_j) side by side, for i from `from` to `to` − 1.
 *
 * @param partner j of each row i, from 0 to count − 1.
 * @param rows Where they go…
 * @param at …from this row on.
 */
export function writeRows(
  { count, x, y }: Pairs,
  [from, to]: readonly [from: number, to: number],
  partner: (i: number) => number,
  rows: Float32Array,
  at = 0,
): void {
  const [xWidth, yWidth] = [x.length / count, y.length / count];
  let place = at * (xWidth + yWidth);
  for (let i = from; i < to; i++) {
    const j = partner(i);
    for (let u = 0; u < xWidth; u++) rows[place++] = x[i * xWidth + u];
    for (let u = 0; u < yWidth; u++) rows[place++] = y[j * yWidth + u];
  }
}
