/**
 * Results of a calibration: its figures, its record and its table of single estimates.
 *
 * @module
 */
import type { Table } from "../../report/csv.ts";
import { mean, standardDeviation } from "../../report/format.ts";
import { asCsv } from "../../report/table.ts";
import { type Circumstances, circumstancesOf, type JsonObject } from "../record.ts";
import { BINS, CLUSTERS, NEIGHBOURS } from "./direct.ts";
import { CLASSES, type Setting } from "./laws.ts";
import { type EstimatorName, estimatorsOf } from "./plan.ts";

/** Estimates of one truth by one estimator, a repetition each. */
export interface Result extends Setting {
  /** Name of the estimator. */
  readonly estimator: EstimatorName;
  /** Estimates in bits; null where the estimator refused the samples. */
  readonly estimates: readonly (number | null)[];
  /** Duration of each estimate, in seconds. */
  readonly seconds: readonly number[];
  /** Message of the estimator's first refusal; null where it never refused. */
  readonly refused: string | null;
}

/** Figures of a result, of the repetitions that gave an estimate; null where too few did. */
export interface Summary {
  /** Mean of the estimates, in bits. */
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
 * import { summarise } from "./results.ts";
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

/** The name of the record in the output folder. */
export const RECORD_FILE = "calibration.json";

/** The name of the table of single estimates in the output folder. */
export const TABLE_FILE = "calibration.csv";

/** Circumstances that all results of a calibration share. */
export interface Conditions extends Circumstances {
  /** Whether the reduced form was run. */
  readonly quick: boolean;
  /** Repetitions of every estimate. */
  readonly seeds: number;
  /** Largest number of steps of a training. */
  readonly steps: number;
  /** Backend of the trainings. */
  readonly backend: Required<Circumstances>["backend"];
  /** Command line that repeats the calibration. */
  readonly command: string;
}

/** Progress of a calibration. */
export interface Progress {
  /** Jobs that are finished. */
  readonly done: number;
  /** Jobs of the plan. */
  readonly total: number;
}

/** Returns the record's settings and circumstances, without results. */
export const configOf = (
  { steps, command, ...circumstances }: Conditions,
  { done, total }: Progress,
): JsonObject => ({
  complete: done === total,
  ...circumstancesOf(circumstances),
  neural: { steps },
  settings: { neighbours: NEIGHBOURS, bins: BINS, clusters: CLUSTERS, classes: CLASSES },
  command,
});

/** The record as a JSON value: one object for each setting and estimator. */
export const recordOf = (
  results: readonly Result[],
  conditions: Conditions,
  progress: Progress,
): JsonObject => ({
  ...configOf(conditions, progress),
  results: inOrder(results).map((result) => {
    const { kind, dimension, bits, samples, estimator, estimates, seconds, refused } = result;
    const { mean, bias, sd, rmse, seconds: medianSeconds } = summarise(result);
    const setting = { kind, dimension, bits, samples, estimator };
    return { ...setting, mean, bias, sd, rmse, medianSeconds, estimates, seconds, refused };
  }),
});

/** An estimate of a result, counted from 0. */
interface Estimate {
  readonly of: Result;
  readonly repetition: number;
}

/** Every estimate in a row of its own; one that was refused is empty. */
export const tableOf = (results: readonly Result[]): Table =>
  asCsv<Estimate>({
    columns: [
      { heading: "kind", value: ({ of }) => of.kind },
      { heading: "dimension", value: ({ of }) => of.dimension },
      { heading: "bits", value: ({ of }) => of.bits },
      { heading: "samples", value: ({ of }) => of.samples },
      { heading: "estimator", value: ({ of }) => of.estimator },
      { heading: "repetition", value: ({ repetition }) => repetition + 1 },
      { heading: "estimate", value: ({ of, repetition }) => of.estimates[repetition] },
      { heading: "seconds", value: ({ of, repetition }) => of.seconds[repetition] },
    ],
    rows: inOrder(results).flatMap((of) =>
      of.estimates.map((_, repetition): Estimate => ({ of, repetition }))
    ),
  });
