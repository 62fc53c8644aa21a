/**
 * The stage that measures how well test images are found by others of their class.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import type { SparrowError } from "../../graph/error.ts";
import type { Dataset } from "../data/dataset.ts";
import { encode } from "../encode.ts";
import type { Row } from "../history.ts";
import type { Run } from "../run.ts";
import { type Stage, stage } from "../stage.ts";
import { type RetrievalByTask, retrieveByTask, type Task, tasks } from "./retrieval.ts";

/** What is measured of each task; each in [0, 1]. */
export const quantities = ["map", "mapAtR", "precisionAt1"] as const;

/** One of {@linkcode quantities}. */
export type Quantity = typeof quantities[number];

/** The name of a row: "map:unseen". */
export const rowName = (quantity: Quantity, task: Task): string => `${quantity}:${task}`;

/** A value by task and quantity; NaN where a task has no query with something to find. */
export const valuesOf = (
  found: RetrievalByTask,
): readonly (readonly [name: string, value: number])[] =>
  tasks.flatMap((task) =>
    quantities.map((quantity) => [rowName(quantity, task), found[task]?.[quantity] ?? NaN] as const)
  );

/**
 * Encodes the test set and ranks it for each of its images, as {@linkcode retrieveByTask} does.
 *
 * Rows, for "test": "map:unseen", "mapAtR:unseen", "precisionAt1:unseen", and the same of "seen" and
 * "among". Errors: `Interrupted`; `InvalidOption` when an image has not the size of the run's input.
 */
export const retrieve = ({ test, normalisation }: Dataset, unseen: readonly number[]): Stage =>
  stage(async (run, env): Promise<E.Either<SparrowError, Run>> => {
    const embeddings = await encode(run, test, normalisation, env, run);
    if (E.isLeft(embeddings)) return embeddings;
    const labelled = { embeddings: embeddings.right, labels: test.labels };
    const found = await retrieveByTask(labelled, unseen, env);
    if (E.isLeft(found)) return E.left({ ...found.left, epoch: run.epoch, step: run.step });
    const rows = valuesOf(found.right).map(([name, value]): Row => ({
      epoch: run.epoch,
      step: run.step,
      split: "test",
      name,
      value,
    }));
    return E.right({ ...run, history: [...run.history, ...rows] });
  });
