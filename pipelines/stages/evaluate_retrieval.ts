/**
 * The stage that measures how well codes find images of their class.
 *
 * @module
 */
import { invalidOption, type SparrowError } from "../../graph/error.ts";
import { E } from "../../graph/fp_ts.ts";
import { sizeOf } from "../../graph/shape.ts";
import type { Embeddings } from "../../ops/embeddings.ts";
import { distanceRows } from "../../ops/metrics/distances.ts";
import { averagePrecision } from "../../ops/metrics/retrieval.ts";
import { breathe, type Env } from "../core/env.ts";
import type { Row } from "../core/history.ts";
import type { Run } from "../core/run.ts";
import { type Stage, stage } from "../core/stage.ts";
import { checkDataset, type Dataset, labelledDataset, type Labels } from "../data/dataset.ts";
import { firstSamples } from "../data/splits.ts";
import { encode } from "../encode/encode.ts";

/** Options of {@linkcode evaluateRetrieval}. */
export interface EvaluateRetrievalOptions {
  /** Number of images of a split that are searched with, the first ones, at least 1. @default {1_000} */
  readonly queries?: number;
}

/**
 * Searches the training set with the images of a split, and measures how early those of their class come.
 *
 * Rows, for "validation" where there is one, and "test": "mean_average_precision", the mean over queries of their
 * average precision over the whole ranking, as {@linkcode averagePrecision} defines it, by the cosine distance. Of
 * codes with equally many bits set the order is that of the Hamming distance. Left out where no query has a training
 * sample of its class.
 *
 * Errors: `Interrupted`; `InvalidOption` when there are no labels, and when `queries` is out of its range.
 *
 * @param dataset Dataset with labels.
 * @param options Options, as {@linkcode EvaluateRetrievalOptions} describes them.
 *
 * @example
 * ```ts
 * import { evaluateRetrieval } from "./evaluate_retrieval.ts";
 * import { strokes } from "../data/strokes.ts";
 * import { quietEnv } from "../core/env.ts";
 * import { latest } from "../core/history.ts";
 * import { createRun, dispose } from "../core/run.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { graph } from "../../graph/parse.ts";
 * import { startBackend } from "../../ops/backend.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const digits = { ...strokes({ seed: 1, train: 100, test: 50 }), sha256: {} };
 * const backend = await orThrow(startBackend("cpu"));
 * const run = orThrow(createRun({ graph: graph`flatten ▷ linear(784, 256) ▷ kwta(0.1)`, input: [28, 28] }));
 *
 * const done = await orThrow(evaluateRetrieval(digits)(run)(quietEnv(backend)));
 * const found = orThrow(latest(done.history, "mean_average_precision", "test"));
 * // Ten classes in random order have about 0.15 by chance.
 * assertEquals(found > 0.2 && found < 1, true);
 * dispose(done);
 * ```
 */
export const evaluateRetrieval = (
  dataset: Dataset,
  { queries = 1000 }: EvaluateRetrievalOptions = {},
): Stage =>
  stage(async (run, env): Promise<E.Either<SparrowError, Run>> => {
    if (!Number.isInteger(queries) || queries < 1) {
      return E.left(invalidOption("queries", queries, "an integer of at least 1"));
    }
    const bad = checkDataset(dataset, sizeOf(run.input));
    if (bad !== null) return E.left(bad);
    const labelled = labelledDataset(dataset, "measure retrieval");
    if (E.isLeft(labelled)) return labelled;
    const { train } = labelled.right;
    const gallery = await encode(run, train, { env })();
    if (E.isLeft(gallery)) return gallery;
    const rows: Row[] = [];
    for (const split of ["validation", "test"] as const) {
      const all = labelled.right[split];
      if (all === null) continue;
      const some = firstSamples(all, queries);
      const encoded = await encode(run, some, { env })();
      if (E.isLeft(encoded)) return encoded;
      const searched = { embeddings: gallery.right, labels: train.labels };
      const value = await meanPrecision(
        { embeddings: encoded.right, labels: some.labels },
        searched,
        env,
      );
      if (E.isLeft(value)) return value;
      if (value.right === null) continue;
      const name = "mean_average_precision";
      rows.push({ epoch: run.epoch, step: run.step, split, name, value: value.right });
    }
    return E.right({ ...run, history: [...run.history, ...rows] });
  });

interface Coded {
  readonly embeddings: Embeddings;
  readonly labels: Labels;
}

async function meanPrecision(
  queries: Coded,
  items: Coded,
  env: Env,
): Promise<E.Either<SparrowError, number | null>> {
  const { count } = items.embeddings;
  const fill = distanceRows(queries.embeddings, items.embeddings, "cosine");
  const [row, alike] = [new Float64Array(count), new Float64Array(count)];
  let [sum, counted] = [0, 0];
  for (let i = 0; i < queries.embeddings.count; i++) {
    await breathe(env);
    if (env.signal.aborted) return E.left({ _tag: "Interrupted", epoch: 0, step: i });
    fill(i, row);
    let relevant = 0;
    for (let j = 0; j < count; j++) {
      if (items.labels[j] === queries.labels[i]) alike[relevant++] = row[j];
    }
    if (relevant === 0) continue;
    sum += averagePrecision(row.sort(), alike.subarray(0, relevant).sort());
    counted++;
  }
  return E.right(counted === 0 ? null : sum / counted);
}
