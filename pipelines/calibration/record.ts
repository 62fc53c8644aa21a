/**
 * What came out of a calibration, as `calibration.json` and `calibration.csv`.
 *
 * @module
 */
import type { Backend } from "../../ops/backend.ts";
import { type Table, toCsv } from "../report/csv.ts";
import { VERSION } from "../version.ts";
import { CLASSES } from "./class_law.ts";
import { BINS, CLUSTERS, NEIGHBOURS } from "./direct.ts";
import { inOrder, type Result, summarise } from "./result.ts";

/** The name of the record in the output folder. */
export const RECORD_FILE = "calibration.json";

/** The name of the table of single estimates in the output folder. */
export const TABLE_FILE = "calibration.csv";

/** What all results of a calibration have in common. */
export interface Circumstances {
  /** Whether it was the reduced form. */
  readonly quick: boolean;
  /** Repetitions of every estimate. */
  readonly seeds: number;
  /** Of a training, at most. */
  readonly steps: number;
  /** Where the trainings were computed. */
  readonly backend: Pick<Backend, "name" | "adapter">;
  /** What repeats it. */
  readonly command: string;
}

/** How far a calibration is. */
export interface Progress {
  /** Jobs that are finished. */
  readonly done: number;
  /** Jobs of the plan. */
  readonly total: number;
}

/** The record as a JSON value: one object for each setting and estimator. */
export const recordOf = (
  results: readonly Result[],
  { quick, seeds, steps, backend, command }: Circumstances,
  { done, total }: Progress,
): Readonly<Record<string, unknown>> => ({
  complete: done === total,
  quick,
  seeds,
  neural: { steps },
  settings: { neighbours: NEIGHBOURS, bins: BINS, clusters: CLUSTERS, classes: CLASSES },
  backend: { name: backend.name, adapter: backend.adapter },
  versions: { sparrow: VERSION, deno: Deno.version.deno },
  command,
  results: inOrder(results).map((result) => {
    const { kind, dimension, bits, samples, estimator, estimates, seconds, refused } = result;
    const { mean, bias, sd, rmse, seconds: medianSeconds } = summarise(result);
    const setting = { kind, dimension, bits, samples, estimator };
    return { ...setting, mean, bias, sd, rmse, medianSeconds, estimates, seconds, refused };
  }),
});

/** Every estimate in a row of its own; one that was refused is empty. */
export const tableOf = (results: readonly Result[]): Table => ({
  header: [
    "kind",
    "dimension",
    "bits",
    "samples",
    "estimator",
    "repetition",
    "estimate",
    "seconds",
  ],
  rows: inOrder(results).flatMap((
    { kind, dimension, bits, samples, estimator, estimates, seconds },
  ) =>
    estimates.map((estimate, i) => [
      kind,
      dimension,
      bits,
      samples,
      estimator,
      i + 1,
      estimate,
      seconds[i],
    ])
  ),
});

/** The table as text. */
export const csvOf = (results: readonly Result[]): string => toCsv(tableOf(results));
