/**
 * Number of winners of a kWTA, and the two units between which its threshold lies, found without sorting.
 *
 * It is plain TypeScript: modules that compare or count codes import it without loading TensorFlow.js.
 *
 * It is plain TypeScript: what compares or counts codes imports it without loading TensorFlow.js.
 *
 * @module
 */

/** The elements of a tensor in the memory of a backend. */
export type View = Float32Array | Int32Array;

/**
 * Returns the number of winners among n units: ceil(sparsity · n) in float64, at most n − 1.
 *
 * The product is rounded before the ceiling, as in the reference: 0.14 · 50 → 8.
 *
 * @param sparsity Sparsity, in (0, 1].
 * @param n At least 2.
 *
 * @example
 * ```ts
 * import { winnerCount } from "./select_edges.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(winnerCount(0.05, 512), 26);
 * assertEquals(winnerCount(1, 7), 6);
 * ```
 */
export const winnerCount = (sparsity: number, n: number): number =>
  Math.min(Math.ceil(sparsity * n), n - 1);

/** Finds edges row after row, and keeps state from one row that speeds up the next. */
export interface EdgeFinder {
  /**
   * Writes the positions of the k-th and of the (k+1)-th largest value of a row, in the order
   * "larger value first, lower index first among equals", counted from the row's beginning.
   *
   * @param x The values.
   * @param offset Where the row begins.
   * @param edges Array that takes the two positions.
   * @param at Index of the first position.
   */
  readonly find: (x: View, offset: number, edges: View, at: number) => void;
}

/**
 * A finder for rows of one length.
 *
 * The rows of a batch are alike, so most values of a row fall below a guess from the row before and
 * are turned away by one comparison; a heap orders the few that remain. Where the guess leaves too
 * few, the heap takes the whole row: the result never depends on the guess.
 *
 * @param n The length of a row, at least k + 1.
 * @param k At least 1.
 */
export function edgeFinder(n: number, k: number): EdgeFinder {
  const size = k + 1;
  const heap = new Int32Array(size);
  const candidates = new Int32Array(n);
  let guess = -Infinity;
  return {
    find: (x, offset, edges, at) => {
      let count = 0;
      for (let i = 0; i < n; i++) {
        candidates[count] = i;
        if (x[offset + i] > guess) count++;
      }
      if (count < size) {
        for (let i = 0; i < n; i++) candidates[i] = i;
        count = n;
      }
      best(x, offset, candidates, count, heap, size);
      // The second worst is a child of the root.
      const right = size > 2 && isWorse(x, offset, heap[2], heap[1]);
      edges[at] = heap[right ? 2 : 1];
      edges[at + 1] = heap[0];
      // A little below, so that the next row's edge is likely to lie above it.
      const edge = x[offset + heap[0]];
      const spread = x[offset + edges[at]] - edge;
      guess = edge - Math.max(8 * spread, Math.abs(edge) / 4);
      if (Number.isNaN(guess)) guess = -Infinity;
    },
  };
}

/** Fills a binary heap, worst at the root, with the best of the candidates (in rising order). */
function best(
  x: View,
  offset: number,
  candidates: Int32Array,
  count: number,
  heap: Int32Array,
  size: number,
): void {
  for (let i = 0; i < size; i++) heap[i] = candidates[i];
  for (let i = (size >> 1) - 1; i >= 0; i--) sink(x, offset, heap, i, size);
  let worst = x[offset + heap[0]];
  for (let i = size; i < count; i++) {
    // A later equal is worse, so it is turned away too.
    if (x[offset + candidates[i]] > worst) {
      heap[0] = candidates[i];
      sink(x, offset, heap, 0, size);
      worst = x[offset + heap[0]];
    }
  }
}

function isWorse(x: View, offset: number, i: number, j: number): boolean {
  const a = x[offset + i];
  const b = x[offset + j];
  return a < b || (a === b && i > j);
}

function sink(x: View, offset: number, heap: Int32Array, from: number, size: number): void {
  const moved = heap[from];
  let at = from;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= size) break;
    if (child + 1 < size && isWorse(x, offset, heap[child + 1], heap[child])) child++;
    if (!isWorse(x, offset, heap[child], moved)) break;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = moved;
}

/** Midway between two values, rounded as float32 arithmetic rounds it. */
export const midway = (a: number, b: number): number => Math.fround(Math.fround(a + b) / 2);
