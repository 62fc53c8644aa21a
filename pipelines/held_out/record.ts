/**
 * What came out of the held-out classes, as a JSON value and as a table for a person.
 *
 * @module
 */
import type { Backend } from "../../ops/backend.ts";
import { mean, plusMinus, standardDeviation } from "../report/statistics.ts";
import { table } from "../cli/table.ts";
import { VERSION } from "../version.ts";
import type { Judged } from "./compare.ts";
import { type Task, tasks } from "./retrieval.ts";
import { quantities, type Quantity } from "./retrieve.ts";
import type { Comparison, TrainedOn } from "./ways.ts";

/** The name of the record in the output folder. */
export const RECORD_FILE = "held_out.json";

/** What all ways have in common. */
export interface Circumstances extends Comparison {
  /** Of the repetitions. */
  readonly seeds: readonly number[];
  /** Where it was computed. */
  readonly backend: Pick<Backend, "name" | "adapter">;
}

/** Whatever it takes to run it again, as a JSON value. */
export const configOf = (
  { dataset, unseen, epochs, seeds, backend }: Circumstances,
): Readonly<Record<string, unknown>> => ({
  held_out: unseen.map((label) => dataset.classes[label]),
  epochs,
  seeds,
  dataset: {
    name: dataset.name,
    source: dataset.source,
    train: dataset.train.count,
    test: dataset.test.count,
    sha256: dataset.sha256,
    notice: dataset.notice,
  },
  backend: { name: backend.name, adapter: backend.adapter },
  versions: { sparrow: VERSION, deno: Deno.version.deno },
});

/** The record as a JSON value: numbers that are not finite are null. */
export const recordOf = (
  judged: readonly Judged[],
  circumstances: Circumstances,
): Readonly<Record<string, unknown>> => ({
  config: configOf(circumstances),
  ways: judged.map(({ name, trainedOn, found }) => ({
    name,
    trained_on: trainedOn,
    measured: tasks.flatMap((task) =>
      quantities.map((quantity) => {
        const values = found[task][quantity];
        return { task, quantity, values, mean: mean(values), sd: standardDeviation(values) };
      })
    ),
  })),
});

/** What a way was trained on, in words. */
export const trainedOnText: Readonly<Record<TrainedOn, string>> = {
  nothing: "nothing",
  seen: "seen classes",
  all: "all classes",
};

/** The columns of the table: a task's quantity with its heading. */
export const columns: readonly (readonly [heading: string, task: Task, quantity: Quantity])[] = [
  ["mAP unseen", "unseen", "map"],
  ["MAP@R unseen", "unseen", "mapAtR"],
  ["precision@1 unseen", "unseen", "precisionAt1"],
  ["mAP seen", "seen", "map"],
  ["mAP among unseen", "among", "map"],
];

/** A line per way: mean ± standard deviation over the seeds. */
export const resultTable = (judged: readonly Judged[]): string =>
  table([
    ["embedding", "trained on", ...columns.map(([heading]) => heading)],
    ...judged.map(({ name, trainedOn, found }) => [
      name,
      trainedOnText[trainedOn],
      ...columns.map(([, task, quantity]) => plusMinus(found[task][quantity])),
    ]),
  ]);
