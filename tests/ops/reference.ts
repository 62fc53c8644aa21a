/**
 * The kernels as their formulas read, in float64 and with no thought of speed: what every backend is
 * compared with.
 *
 * @module
 */
import type { Gate } from "../../graph/node.ts";

/** Positions in the order "larger value first, lower index first among equals". */
const ranked = (row: ArrayLike<number>): number[] =>
  Array.from(row, (_, i) => i).sort((i, j) => row[j] - row[i] || i - j);

/** The positions of the k-th and the (k+1)-th largest. */
export const edges = (row: ArrayLike<number>, k: number): readonly [number, number] => {
  const order = ranked(row);
  return [order[k - 1], order[k]];
};

/** Midway between the two, in float32 as the tensors have it. */
export function threshold(row: ArrayLike<number>, k: number): number {
  const [last, next] = edges(row, k);
  return Math.fround(Math.fround(row[last] + row[next]) / 2);
}

/** Computes hard kWTA: 1 above the threshold, else 0. */
export const hardKwta = (row: ArrayLike<number>, k: number): number[] =>
  Array.from(row, (x) => x > threshold(row, k) ? 1 : 0);

const gates: Readonly<Record<Gate, (z: number) => number>> = {
  sigmoid: (z) => 1 / (1 + Math.exp(-z)),
  hard_sigmoid: (z) => Math.min(Math.max(z + 3, 0), 6) / 6,
};

const slopes: Readonly<Record<Gate, (z: number) => number>> = {
  sigmoid: (z) => gates.sigmoid(z) * (1 - gates.sigmoid(z)),
  hard_sigmoid: (z) => z > -3 && z < 3 ? 1 / 6 : 0,
};

/** gate(h · (x − threshold)), the threshold in float64 so that differences can be taken. */
export function softKwta(row: ArrayLike<number>, k: number, h: number, gate: Gate): number[] {
  const [last, next] = edges(row, k);
  const middle = (row[last] + row[next]) / 2;
  return Array.from(row, (x) => gates[gate](h * (x - middle)));
}

/** Gradient of soft kWTA: a_i − ½ Σ a for the two edges, a_i elsewhere. */
export function softKwtaGradient(
  row: ArrayLike<number>,
  dy: ArrayLike<number>,
  k: number,
  h: number,
  gate: Gate,
): number[] {
  const [last, next] = edges(row, k);
  const middle = (row[last] + row[next]) / 2;
  const a = Array.from(row, (x, i) => h * slopes[gate](h * (x - middle)) * dy[i]);
  const sum = a.reduce((total, x) => total + x, 0);
  return a.map((x, i) => i === last || i === next ? x - sum / 2 : x);
}

/** The mean over triplets of relu(cos(a, q) − cos(a, p) + margin), norms clamped at 1e-8. */
export function tripletCosine(
  rows: readonly ArrayLike<number>[],
  triplets: ArrayLike<number>,
  margin: number,
): number {
  const norm = (x: ArrayLike<number>) => Math.max(Math.hypot(...Array.from(x)), 1e-8);
  const cos = (x: ArrayLike<number>, y: ArrayLike<number>) =>
    Array.from(x).reduce((sum, v, i) => sum + v * y[i], 0) / norm(x) / norm(y);
  let sum = 0;
  for (let t = 0; t < triplets.length; t += 3) {
    const [a, p, q] = [rows[triplets[t]], rows[triplets[t + 1]], rows[triplets[t + 2]]];
    sum += Math.max(cos(a, q) - cos(a, p) + margin, 0);
  }
  return triplets.length === 0 ? 0 : sum / (triplets.length / 3);
}

/** The rows of a matrix. */
export const rowsOf = (data: Float32Array, width: number): Float32Array[] =>
  Array.from(
    { length: data.length / width },
    (_, i) => data.subarray(i * width, (i + 1) * width),
  );

/** Computes central differences, (f(x + ε e_i) − f(x − ε e_i)) / 2ε for every i, in float64. */
export function finiteDifferences(
  f: (x: Float64Array) => number,
  x: ArrayLike<number>,
  epsilon = 1e-5,
): Float64Array {
  return Float64Array.from(x, (_, i) => {
    const at = (offset: number) => f(Float64Array.from(x, (v, j) => i === j ? v + offset : v));
    return (at(epsilon) - at(-epsilon)) / (2 * epsilon);
  });
}
