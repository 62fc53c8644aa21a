/**
 * Nearest neighbours of samples of one unit: sorted, the neighbours lie side by side.
 *
 * @module
 */
import type { NeighbourSearch, Samples } from "../samples.ts";

/**
 * Searches samples of one unit in O(n · (log n + k)).
 *
 * @param samples Of width 1, finite.
 */
export function lineSearch({ count, values }: Samples): NeighbourSearch {
  const order = Uint32Array.from({ length: count }, (_, i) => i)
    .sort((a, b) => values[a] - values[b]);
  const line = Float64Array.from(order, (i) => values[i]);
  return {
    distances: (k) => {
      const found = new Float64Array(count);
      for (let at = 0; at < count; at++) found[order[at]] = kthDistance(line, at, k);
      return found;
    },
    counts: (radii) => {
      const found = new Int32Array(count);
      for (let at = 0; at < count; at++) found[order[at]] = nearer(line, at, radii[order[at]]);
      return found;
    },
  };
}

function kthDistance(line: Float64Array, at: number, k: number): number {
  let [left, right, distance] = [at - 1, at + 1, 0];
  for (let taken = 0; taken < k; taken++) {
    const below = left < 0 ? Infinity : line[at] - line[left];
    const above = right === line.length ? Infinity : line[right] - line[at];
    if (below <= above) left--;
    else right++;
    distance = Math.min(below, above);
  }
  return distance;
}

/** Bisects on the rounded differences themselves: they rise with the distance in line. */
function nearer(line: Float64Array, at: number, radius: number): number {
  if (radius === 0) return 0;
  let [outside, first] = [-1, at];
  while (first - outside > 1) {
    const middle = (outside + first) >> 1;
    if (line[at] - line[middle] < radius) first = middle;
    else outside = middle;
  }
  let [last, beyond] = [at, line.length];
  while (beyond - last > 1) {
    const middle = (last + beyond) >> 1;
    if (line[middle] - line[at] < radius) last = middle;
    else beyond = middle;
  }
  return last - first + 1;
}
