/**
 * Samples of continuous variables, as the estimators of information take them: their type, and functions that check,
 * select, join and divide them by class.
 *
 * @module
 */
import type { E } from "../../graph/fp_ts.ts";
import { type InvalidOption, invalidOption } from "../../graph/error.ts";
import { symbolCounts, symbolsOfLabels } from "./symbols.ts";

/** Samples of one variable, one per row. Real-valued `Embeddings` are such samples too. */
export interface Samples {
  /** The number of samples, n. */
  readonly count: number;
  /** Numbers per sample: the variable's dimension, d. */
  readonly width: number;
  /** count × width numbers, row-major. */
  readonly values: Float32Array | Float64Array;
}

/** The answer of an estimator: bits, or why there are none. */
export type Estimate = E.Either<InvalidOption, number>;

/**
 * Checks samples: enough of them, of the declared size, all finite.
 *
 * @param name Name of the samples in errors: "x".
 * @param least The fewest samples that are needed; 1 where it is left out.
 *
 * @example
 * ```ts
 * import { checkSamples } from "./samples.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const values = Float32Array.of(1, 2, NaN);
 * const { actual } = checkSamples("x", { count: 3, width: 1, values })!;
 * assertEquals(actual, '"NaN in sample 2, unit 0"');
 * assertEquals(checkSamples("x", { count: 2, width: 1, values: values.subarray(0, 2) }), null);
 * ```
 */
export function checkSamples(
  name: string,
  { count, width, values }: Samples,
  least = 1,
): InvalidOption | null {
  if (!(Number.isInteger(width) && width >= 1)) {
    return invalidOption(name, `${width} numbers per sample`, "at least 1");
  }
  if (values.length !== count * width) {
    const actual = `${values.length} numbers for ${count} samples of ${width}`;
    return invalidOption(name, actual, `${count * width} numbers`);
  }
  if (count < least) return invalidOption(name, `${count} samples`, `at least ${least}`);
  // A callback for each of some millions of numbers would take longer than many an estimate.
  let zero = 0;
  for (let i = 0; i < values.length; i++) zero += values[i] * 0;
  if (zero === 0) return null;
  const bad = values.findIndex((value) => !Number.isFinite(value));
  const place = `in sample ${Math.floor(bad / width)}, unit ${bad % width}`;
  return invalidOption(name, `${values[bad]} ${place}`, "finite numbers");
}

/** Checks that two variables have the same number of samples. */
export function checkPairs(
  x: { readonly name: string; readonly count: number },
  y: { readonly name: string; readonly count: number },
): InvalidOption | null {
  return x.count === y.count
    ? null
    : invalidOption(y.name, `${y.count} samples`, `${x.count}, as ${x.name} has`);
}

/** The samples at some indices, in that order. */
export function selectSamples({ width, values }: Samples, rows: Uint32Array): Samples {
  const kept = new Float64Array(rows.length * width);
  rows.forEach((row, i) => kept.set(values.subarray(row * width, (row + 1) * width), i * width));
  return { count: rows.length, width, values: kept };
}

/** The joint samples of two variables, as many of each: the units of x, and those of y behind them. */
export function besides(x: Samples, y: Samples): Samples {
  const width = x.width + y.width;
  const values = new Float64Array(x.count * width);
  for (let i = 0; i < x.count; i++) {
    values.set(x.values.subarray(i * x.width, (i + 1) * x.width), i * width);
    values.set(y.values.subarray(i * y.width, (i + 1) * y.width), i * width + x.width);
  }
  return { count: x.count, width, values };
}

/** The samples of one class. */
export interface ClassSamples {
  /** Label of the class, as it was given. */
  readonly label: number;
  /** Samples of the class in the order given; at least one. */
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
 * import { classSamples } from "./samples.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const samples = { count: 3, width: 1, values: Float64Array.of(1, 2, 3) };
 * const classes = classSamples(samples, [7, 0, 7]);
 * assertEquals(classes.map(({ label, samples }) => [label, ...samples.values]), [[7, 1, 3], [0, 2]]);
 * ```
 */
export function classSamples(
  samples: Samples,
  labels: ArrayLike<number>,
): readonly ClassSamples[] {
  return membersOfClasses(labels).map((members) => ({
    label: labels[members[0]],
    samples: selectSamples(samples, members),
  }));
}

/** The indices of the samples of each class, rising; the classes in the order in which they first appear. */
export function membersOfClasses(labels: ArrayLike<number>): readonly Uint32Array[] {
  const symbols = symbolsOfLabels(labels);
  const counts = symbolCounts(symbols);
  const members = Array.from(counts, (count) => new Uint32Array(count));
  const filled = new Int32Array(counts.length);
  symbols.forEach((symbol, i) => members[symbol][filled[symbol]++] = i);
  return members;
}

/** Counts the numbers of a sorted list below a value: the index of the first that is not. */
export function numberBelow(value: number, sorted: Float64Array): number {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (sorted[middle] < value) from = middle + 1;
    else to = middle;
  }
  return from;
}
