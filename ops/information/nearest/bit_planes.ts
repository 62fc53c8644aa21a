/**
 * Sets of samples as bits, by which many samples are ruled out at once.
 *
 * @module
 */
import type { OrderedRows } from "./ordered_rows.ts";

/** For each of the first units, the samples below each of some thresholds, one bit per sample. */
export interface BitPlanes {
  /** Units that have planes, from the first on; the first itself is never asked for. */
  readonly units: number;
  /** Words per set, ceil(n / 32). */
  readonly words: number;
  /** The thresholds of unit u from u · (BINS − 1) on, rising. */
  readonly thresholds: Float64Array;
  /** Set b of unit u, the samples of bins 0 to b − 1, from (u · (BINS + 1) + b) · words on. */
  readonly below: Int32Array;
}

/** Twice as many rule out a little more and cost as much more: no faster at any size measured. */
const BINS = 64;

/** Where the samples of a unit are looked at for its quantiles. */
const SAMPLED = 1024;

/**
 * The planes of the first units of rows.
 *
 * The thresholds are quantiles of a part of the samples. Any would do: what they are decides how
 * much is ruled out, never whether rightly.
 *
 * @param most Words that the planes may have, of 4 bytes.
 */
export function bitPlanes(ordered: OrderedRows, most: number): BitPlanes {
  const { count, width, rows } = ordered;
  const words = Math.ceil(count / 32);
  const perUnit = (BINS + 1) * words;
  const units = Math.min(width, Math.max(1, Math.floor(most / perUnit)));
  const thresholds = new Float64Array(units * (BINS - 1));
  const below = new Int32Array(units * perUnit);
  for (let u = 1; u < units; u++) {
    thresholds.set(quantiles(ordered, u), u * (BINS - 1));
    for (let i = 0; i < count; i++) {
      const bin = binOf(thresholds, u, rows[i * width + u]);
      below[u * perUnit + (bin + 1) * words + (i >>> 5)] |= 1 << (i & 31);
    }
    const first = u * perUnit + words;
    for (let at = first; at < first + BINS * words; at++) below[at] |= below[at - words];
  }
  return { units, words, thresholds, below };
}

function quantiles({ count, width, rows }: OrderedRows, unit: number): Float64Array {
  const some = Float64Array.from({ length: Math.min(count, SAMPLED) }, (_, s) => {
    const row = count <= SAMPLED ? s : Math.floor(s * count / SAMPLED);
    return rows[row * width + unit];
  }).sort();
  return Float64Array.from(
    { length: BINS - 1 },
    (_, b) => some[Math.floor((b + 1) * some.length / BINS)],
  );
}

/** How many of the unit's thresholds are at or below the value: never fewer for a larger value. */
function binOf(thresholds: Float64Array, unit: number, value: number): number {
  const from = unit * (BINS - 1);
  let [low, high] = [from, from + BINS - 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (thresholds[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low - from;
}

/**
 * Takes samples out of a set that are outside [low, high] in a unit. Some outside may stay; none
 * inside goes.
 *
 * @param unit From 1 to units − 1.
 * @param set One bit per sample, changed in words `from` to `to` − 1.
 */
export function keepBetween(
  { words, thresholds, below }: BitPlanes,
  unit: number,
  low: number,
  high: number,
  set: Int32Array,
  from: number,
  to: number,
): void {
  const [first, last] = [binOf(thresholds, unit, low), binOf(thresholds, unit, high)];
  if (first === 0 && last === BINS - 1) return;
  const before = (unit * (BINS + 1) + first) * words;
  const through = (unit * (BINS + 1) + last + 1) * words;
  for (let w = from; w < to; w++) set[w] &= below[before + w] ^ below[through + w];
}
