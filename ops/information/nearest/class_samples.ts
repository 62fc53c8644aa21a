/**
 * The samples of each class.
 *
 * @module
 */
import type { Samples } from "../samples.ts";
import { symbolCounts, symbolsOfLabels } from "../discrete/symbols.ts";

/** One class. */
export interface ClassSamples {
  /** Its label, as it was given. */
  readonly label: number;
  /** Its samples in the order given; at least one. */
  readonly samples: Samples;
}

/**
 * Parts samples by their labels.
 *
 * @param labels One per sample; only their being equal matters.
 * @returns The classes in the order in which they first appear.
 *
 * @example
 * ```ts
 * import { classSamples } from "./class_samples.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const samples = { count: 3, width: 1, values: Float64Array.of(1, 2, 3) };
 * const classes = classSamples(samples, [7, 0, 7]);
 * assertEquals(classes.map(({ label, samples }) => [label, ...samples.values]), [[7, 1, 3], [0, 2]]);
 * ```
 */
export function classSamples(
  { width, values }: Samples,
  labels: ArrayLike<number>,
): readonly ClassSamples[] {
  const symbols = symbolsOfLabels(labels);
  const counts = symbolCounts(symbols);
  const classes = Array.from(counts, (count) => ({ label: NaN, at: 0, rows: fresh(count, width) }));
  symbols.forEach((symbol, i) => {
    const one = classes[symbol];
    one.label = labels[i];
    one.rows.set(values.subarray(i * width, (i + 1) * width), one.at);
    one.at += width;
  });
  return classes.map(({ label, rows }, c) => ({
    label,
    samples: { count: counts[c], width, values: rows },
  }));
}

const fresh = (count: number, width: number): Float64Array => new Float64Array(count * width);
