/**
 * What came out of a setting by one estimator.
 *
 * @module
 */
import { mean, standardDeviation } from "../report/statistics.ts";
import { type EstimatorName, estimatorsOf } from "./estimators.ts";
import type { Setting } from "./setting.ts";

/** Estimates of one truth by one estimator, a repetition each. */
export interface Result extends Setting {
  /** What estimated. */
  readonly estimator: EstimatorName;
  /** In bits; null where the estimator refused the samples. */
  readonly estimates: readonly (number | null)[];
  /** Of each estimate. */
  readonly seconds: readonly number[];
  /** What it said where it first refused; null where it never did. */
  readonly refused: string | null;
}

/** Figures of a result, of the repetitions that gave an estimate; null where too few did. */
export interface Summary {
  /** Of the estimates, in bits. */
  readonly mean: number | null;
  /** The mean less the truth. */
  readonly bias: number | null;
  /** The sample standard deviation of the estimates. */
  readonly sd: number | null;
  /** √ of the mean of the squared errors. */
  readonly rmse: number | null;
  /** The median of the seconds. */
  readonly seconds: number | null;
}

/**
 * Summarises the repetitions.
 *
 * @example
 * ```ts
 * import { summarise } from "./result.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const setting = { kind: "pairs", dimension: 1, bits: 2, samples: 500 } as const;
 * const seconds = [1, 9, 2];
 * assertEquals(
 *   summarise({ ...setting, estimator: "ksg", estimates: [1, 2, 3], seconds, refused: null }),
 *   { mean: 2, bias: 0, sd: 1, rmse: Math.sqrt(2 / 3), seconds: 2 },
 * );
 * ```
 */
export function summarise({ bits, estimates, seconds }: Result): Summary {
  const found = estimates.filter((estimate) => estimate !== null);
  const time = seconds.length === 0 ? null : median(seconds);
  if (found.length === 0) return { mean: null, bias: null, sd: null, rmse: null, seconds: time };
  const centre = mean(found);
  const squares = found.map((estimate) => (estimate - bits) ** 2);
  return {
    mean: centre,
    bias: centre - bits,
    sd: standardDeviation(found),
    rmse: Math.sqrt(mean(squares)),
    seconds: time,
  };
}

/** The middle of some numbers, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Results in the order of tables: by kind, samples, dimension, truth, estimator. */
export const inOrder = (results: readonly Result[]): readonly Result[] =>
  results.toSorted((a, b) =>
    kinds.indexOf(a.kind) - kinds.indexOf(b.kind) || a.samples - b.samples ||
    a.dimension - b.dimension || a.bits - b.bits || placeOf(a) - placeOf(b)
  );

const kinds = ["pairs", "classes"];

const placeOf = ({ kind, estimator }: Result): number =>
  Object.keys(estimatorsOf(kind)).indexOf(estimator);
