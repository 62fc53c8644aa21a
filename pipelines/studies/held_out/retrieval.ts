/**
 * Retrieval of images of the same class, measured apart for classes that an encoder has seen in training and for those
 * that it has not: the measure, and the stage that measures.
 *
 * @module
 */
import type { Interrupted, SparrowError } from "../../../graph/error.ts";
import { E } from "../../../graph/fp_ts.ts";
import { averagePrecision, type LabelledEmbeddings } from "../../../ops/metrics/retrieval.ts";
import { distanceRows } from "../../../ops/metrics/distances.ts";
import { withTestRows } from "../claims/recipes.ts";
import { breathe, type Env } from "../../core/env.ts";
import type { Dataset, ImageSplit } from "../../data/dataset.ts";
import { encode } from "../../encode/encode.ts";
import type { Run } from "../../core/run.ts";
import { type Stage, stage } from "../../core/stage.ts";

/** Means over the queries of a task; each in [0, 1]. */
export interface RetrievalMeans {
  /** Mean average precision over the whole ranking (mAP). */
  readonly map: number;
  /** Mean average precision over the first R, for R items of the query's class (MAP@R). */
  readonly mapAtR: number;
  /** The fraction of queries whose nearest item is of their class. */
  readonly precisionAt1: number;
  /** Queries that have something to find. */
  readonly queries: number;
}

/**
 * Retrieval tasks:
 *
 * - "unseen": images of the unseen classes are queries, all images are searched;
 * - "seen": images of the other classes are queries, all images are searched;
 * - "among": images of the unseen classes are queries, and they alone are searched; of one such class
 *   everything is found.
 */
export const tasks = ["unseen", "seen", "among"] as const;

/** One of {@linkcode tasks}. */
export type Task = typeof tasks[number];

/** The answers to all tasks; null where no query has something to find. */
export type RetrievalByTask = Readonly<Record<Task, RetrievalMeans | null>>;

/**
 * Ranks all images for each image, itself left out, by the cosine distance; where all codes have as many
 * active units that is the order of the Hamming distance. Items at equal distances are taken in random
 * order, in expectation.
 *
 * @param unseen Class indices.
 * @returns The means by task; `Interrupted` when the environment's signal is aborted.
 */
export async function retrieveByTask(
  { embeddings, labels }: LabelledEmbeddings,
  unseen: readonly number[],
  env: Env,
): Promise<E.Either<Interrupted, RetrievalByTask>> {
  const { count } = embeddings;
  const held = Uint8Array.from(labels, (label) => unseen.includes(label) ? 1 : 0);
  const fill = distanceRows(embeddings, embeddings, "cosine");
  const row = new Float64Array(count);
  const [all, among, relevant] = [0, 1, 2].map(() => new Float64Array(count));

  const sums = { unseen: emptySum(), seen: emptySum(), among: emptySum() };
  for (let i = 0; i < count; i++) {
    await breathe(env);
    if (env.signal.aborted) return E.left({ _tag: "Interrupted", epoch: 0, step: i });
    fill(i, row);
    let [ranked, alike, unseenRanked] = [0, 0, 0];
    for (let j = 0; j < count; j++) {
      if (j === i) continue;
      all[ranked++] = row[j];
      if (labels[j] === labels[i]) relevant[alike++] = row[j];
      if (held[j] === 1) among[unseenRanked++] = row[j];
    }
    if (alike === 0) continue;
    const found = relevant.subarray(0, alike).sort();
    add(sums[held[i] === 1 ? "unseen" : "seen"], all.subarray(0, ranked).sort(), found);
    if (held[i] === 1) add(sums.among, among.subarray(0, unseenRanked).sort(), found);
  }
  return E.right({
    unseen: meansOf(sums.unseen),
    seen: meansOf(sums.seen),
    among: meansOf(sums.among),
  });
}

interface Sum {
  map: number;
  mapAtR: number;
  precisionAt1: number;
  queries: number;
}

const emptySum = (): Sum => ({ map: 0, mapAtR: 0, precisionAt1: 0, queries: 0 });

function add(sum: Sum, all: Float64Array, relevant: Float64Array): void {
  sum.map += averagePrecision(all, relevant);
  sum.mapAtR += averagePrecision(all, relevant, relevant.length);
  sum.precisionAt1 += averagePrecision(all, relevant, 1) * relevant.length;
  sum.queries++;
}

const meansOf = ({ map, mapAtR, precisionAt1, queries }: Sum): RetrievalMeans | null =>
  queries === 0 ? null : {
    map: map / queries,
    mapAtR: mapAtR / queries,
    precisionAt1: precisionAt1 / queries,
    queries,
  };

/** Measures of each task; each in [0, 1]. */
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
export const retrieve = ({ test }: Dataset<ImageSplit>, unseen: readonly number[]): Stage =>
  stage(async (run, env): Promise<E.Either<SparrowError, Run>> => {
    const embeddings = await encode(run, test, { env })();
    if (E.isLeft(embeddings)) return embeddings;
    const labelled = { embeddings: embeddings.right, labels: test.labels };
    const found = await retrieveByTask(labelled, unseen, env);
    if (E.isLeft(found)) return E.left({ ...found.left, epoch: run.epoch, step: run.step });
    return E.right(withTestRows(run, Object.fromEntries(valuesOf(found.right))));
  });
