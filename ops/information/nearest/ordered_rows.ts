/**
 * Samples in the order in which a search goes through them.
 *
 * @module
 */
import type { Samples } from "../samples.ts";

/** Samples and units rearranged: the unit of the largest variance first, the samples along it. */
export interface OrderedRows {
  /** Samples. */
  readonly count: number;
  /** Units per sample. */
  readonly width: number;
  /** count × width numbers, row-major; the first of each row never falls. */
  readonly rows: Float64Array;
  /** Row r is sample order[r]. */
  readonly order: Uint32Array;
}

/**
 * Rearranges samples. The max-norm does not ask in which order the units are, and those that vary
 * most rule out most.
 *
 * @param samples Of at least one unit; finite.
 */
export function orderedRows({ count, width, values }: Samples): OrderedRows {
  const spread = variances({ count, width, values });
  const units = Uint32Array.from(spread, (_, u) => u).sort((a, b) => spread[b] - spread[a]);
  const widest = Float64Array.from({ length: count }, (_, i) => values[i * width + units[0]]);
  const order = Uint32Array.from(widest, (_, i) => i).sort((a, b) => widest[a] - widest[b]);
  const rows = new Float64Array(count * width);
  for (let r = 0, at = 0; r < count; r++) {
    for (let u = 0; u < width; u++) rows[at++] = values[order[r] * width + units[u]];
  }
  return { count, width, rows, order };
}

function variances({ count, width, values }: Samples): Float64Array {
  const means = new Float64Array(width);
  for (let at = 0; at < values.length; at++) means[at % width] += values[at] / count;
  const squares = new Float64Array(width);
  for (let at = 0; at < values.length; at++) {
    squares[at % width] += (values[at] - means[at % width]) ** 2;
  }
  return squares;
}
