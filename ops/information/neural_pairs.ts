/**
 * Pairs of samples, (x, y): their type, the source of a critic's batches, pairs whose information is known, and samples
 * in the form that a critic takes.
 *
 * @module
 */
import { draw, permutation, type Rng } from "../../graph/rng.ts";
import type { Samples } from "./samples.ts";
import { symbolCounts, symbolsOfLabels } from "./symbols.ts";

/** Samples of two variables, observed together. */
export interface Pairs {
  /** The number of pairs. */
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
  /** Draws `count` independent pairs, and returns the next generator. */
  readonly draw: (count: number, rng: Rng) => readonly [Pairs, Rng];
}

/**
 * Selects some of the pairs.
 *
 * @param picks The indices of the pairs, each from 0 to count − 1.
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
 * @param rows Array that takes the rows.
 * @param at Index of the first row.
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

// ---- Pairs of a sample that is at hand

/**
 * Parts the pairs at random.
 *
 * @param heldOut Number of pairs in the second part, from 0 to all.
 * @returns The rest, those that are held out, and the generator to draw from next.
 */
export function partPairs(
  pairs: Pairs,
  heldOut: number,
  rng: Rng,
): readonly [rest: Pairs, heldOut: Pairs, rng: Rng] {
  const [order, next] = permutation(pairs.count, rng);
  const cut = pairs.count - heldOut;
  return [
    selectPairs(pairs, order.subarray(0, cut)),
    selectPairs(pairs, order.subarray(cut)),
    next,
  ];
}

/**
 * Draws from given pairs, without replacement within a batch; each batch is drawn from all pairs. A batch has at most
 * as many pairs as there are.
 *
 * @param pairs At least one.
 *
 * @example
 * ```ts
 * import { fixedPairs } from "./neural_pairs.ts";
 * import { seed } from "../../graph/rng.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const x = Float32Array.of(1, 2, 3);
 * const [batch] = fixedPairs({ count: 3, x, y: x }).draw(4, seed(26));
 * assertEquals(batch.count, 3);
 * assertEquals(batch.x.toSorted(), x);
 * assertEquals(batch.x, batch.y);
 * ```
 */
export const fixedPairs = (pairs: Pairs): PairSource => ({
  widths: [pairs.x.length / pairs.count, pairs.y.length / pairs.count],
  draw: (count, rng) => {
    const [picks, next] = distinct(Math.min(count, pairs.count), pairs.count, rng);
    return [selectPairs(pairs, picks), next];
  },
});

/**
 * Different numbers below n, in random order: the beginning of a Fisher & Yates shuffle that
 * remembers only the places it has touched, so that a batch costs no more for more samples.
 */
const distinct = (count: number, n: number, rng: Rng): readonly [Uint32Array, Rng] =>
  draw(rng, ({ integer }) => {
    const moved = new Map<number, number>();
    return Uint32Array.from({ length: count }, (_, i) => {
      const j = integer(i, n - 1);
      const picked = moved.get(j) ?? j;
      moved.set(j, moved.get(i) ?? i);
      return picked;
    });
  });

// ---- Correlated Gaussians, to calibrate estimators with

/**
 * Pairs of Gaussians with a known information: x ~ N(0, I), y = ρ·x + √(1 − ρ²)·e with e ~ N(0, I).
 * Every component of y is standard normal, and I(X;Y) is that of {@linkcode correlationInformation}.
 *
 * @param width Numbers per sample, d, of both.
 * @param correlation ρ of a component of x with the same of y, in (−1, 1).
 *
 * @example
 * ```ts
 * import { gaussianPairs } from "./neural_pairs.ts";
 * import { seed } from "../../graph/rng.ts";
 * import { assertAlmostEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const [{ x, y }] = gaussianPairs(1, 0.8).draw(20_000, seed(26));
 * const product = x.reduce((sum, value, i) => sum + value * y[i], 0) / 20_000;
 * assertAlmostEquals(product, 0.8, 0.03);
 * ```
 */
export const gaussianPairs = (width: number, correlation: number): PairSource => ({
  widths: [width, width],
  draw: (count, rng) => {
    const [numbers, next] = normals(2 * count * width, rng);
    const x = numbers.subarray(0, count * width);
    const rest = Math.sqrt(1 - correlation * correlation);
    const y = x.map((value, i) => correlation * value + rest * numbers[count * width + i]);
    return [{ count, x, y }, next];
  },
});

/**
 * I(X;Y) of {@linkcode gaussianPairs}: −d/2 · log2(1 − ρ²), in bits.
 *
 * @param width Dimensions of X and of Y: d.
 * @param correlation Correlation of each dimension: ρ, between −1 and 1.
 */
export const correlationInformation = (width: number, correlation: number): number =>
  -width / 2 * Math.log2(1 - correlation * correlation);

/**
 * Independent standard normal numbers, in float32.
 *
 * Source: Box & Muller 1958, "A note on the generation of random normal deviates".
 */
export function normals(count: number, rng: Rng): readonly [Float32Array, Rng] {
  return draw(rng, ({ unit }) => {
    const values = new Float32Array(count);
    for (let i = 0; i < count; i += 2) {
      // 1 − unit is never 0, whose logarithm would be infinite.
      const radius = Math.sqrt(-2 * Math.log(1 - unit()));
      const angle = 2 * Math.PI * unit();
      values[i] = radius * Math.cos(angle);
      if (i + 1 < count) values[i + 1] = radius * Math.sin(angle);
    }
    return values;
  });
}

// ---- Samples as a critic takes them

/**
 * Every column less its mean, over its standard deviation: information does not depend on either, a
 * critic's training does. A column that is constant becomes zeros.
 *
 * @param samples Finite.
 * @returns count × width numbers, row-major.
 *
 * @example
 * ```ts
 * import { standardColumns } from "./neural_pairs.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const values = Float64Array.of(1e300, 7, -1e300, 7);
 * assertEquals(standardColumns({ count: 2, width: 2, values }), Float32Array.of(1, 0, -1, 0));
 * ```
 */
export function standardColumns({ count, width, values }: Samples): Float32Array {
  const standard = new Float32Array(count * width);
  const column = new Float64Array(count);
  for (let u = 0; u < width; u++) {
    let largest = 0;
    for (let i = 0; i < count; i++) largest = Math.max(largest, Math.abs(values[i * width + u]));
    if (largest === 0) continue;
    // Scaled first: squares of numbers beyond 1e154 would be infinite, those below 1e-154 zero.
    let sum = 0;
    for (let i = 0; i < count; i++) sum += column[i] = values[i * width + u] / largest;
    const centre = sum / count;
    let squares = 0;
    for (let i = 0; i < count; i++) squares += (column[i] - centre) ** 2;
    const deviation = Math.sqrt(squares / count);
    // What rounding leaves of a constant column is no signal.
    if (deviation < 1e-12) continue;
    for (let i = 0; i < count; i++) standard[i * width + u] = (column[i] - centre) / deviation;
  }
  return standard;
}

/**
 * Classes as columns: 1 in that of the sample's class, else 0.
 *
 * The reference adds noise of N(0, 1e-3) to these. It is left out: it makes a continuous variable of
 * the class, with the same information, and a critic needs no density.
 *
 * Source: dizcza/pytorch-mighty, mighty/monitor/mutual_info/neural_estimation.py.
 *
 * @param labels Any numbers, at least one.
 * @returns labels.length × (different labels) numbers, row-major.
 *
 * @example
 * ```ts
 * import { oneHotRows } from "./neural_pairs.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(oneHotRows([7, -1, 7]), Float32Array.of(1, 0, 0, 1, 1, 0));
 * ```
 */
export function oneHotRows(labels: ArrayLike<number>): Float32Array {
  const symbols = symbolsOfLabels(labels);
  const classes = symbolCounts(symbols).length;
  const rows = new Float32Array(symbols.length * classes);
  symbols.forEach((symbol, i) => rows[i * classes + symbol] = 1);
  return rows;
}
