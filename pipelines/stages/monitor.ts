/**
 * Stage that monitors the codes: the use of units, the distances of classes, and the neighbours.
 *
 * @module
 */
import { invalidOption, type SparrowError } from "../../graph/error.ts";
import { sizeOf } from "../../graph/shape.ts";
import { E } from "../../graph/fp_ts.ts";
import { permutation, seed as seeded } from "../../graph/rng.ts";
import { type Embeddings, sparsity } from "../../ops/embeddings.ts";
import {
  deadUnits,
  dutyCycles,
  dutyEntropy,
  maximumDutyEntropy,
  overactiveUnits,
  unitNorms,
} from "../../ops/metrics/activity.ts";
import { classMoments, classSpread } from "../../ops/metrics/centroids.ts";
import {
  accuracy,
  classScores,
  confusionMatrix,
  macroScores,
} from "../../ops/metrics/classification.ts";
import type { EmbeddingDistance } from "../../ops/metrics/distances.ts";
import { majorityVote, nearestNeighbours } from "../../ops/metrics/neighbours.ts";
import { type LabelledEmbeddings, retrievalScores } from "../../ops/metrics/retrieval.ts";
import type { Env } from "../core/env.ts";
import type { Row } from "../core/history.ts";
import type { Run } from "../core/run.ts";
import { type Stage, stage } from "../core/stage.ts";
import {
  checkSplit,
  type Dataset,
  type DataSplit,
  type LabelledSplit,
  labelledSplit,
} from "../data/dataset.ts";
import { subset } from "../data/splits.ts";
import { encode } from "../encode/encode.ts";

/** Options of {@linkcode monitor}. */
export interface MonitorOptions {
  /** Split to encode. @default {"test"} */
  readonly split?: "train" | "validation" | "test";
  /**
   * Number of samples, at least 1. Of a smaller split all are taken. The time grows with their square: each sample is
   * compared with each and with every reference. Of 512 units a million pairs take 0.1 seconds where they are sparse
   * codes and a second where they are real-valued.
   *
   * @default 1000
   */
  readonly samples?: number;
  /** Number of training samples among which neighbours are sought, at least 1. @default {1_000} */
  readonly references?: number;
  /** Neighbours that vote on a sample's class, at least 1 and at most the references. @default 5 */
  readonly neighbours?: number;
  /** Distance of codes. @default {"cosine"} */
  readonly distance?: EmbeddingDistance;
  /** Seed that the samples are drawn by, an integer from 0 to 2^32 − 1. @default {0} */
  readonly seed?: number;
}

/**
 * Encodes samples of a split and measures their codes, or real-valued embeddings.
 *
 * The samples are drawn by a seed of their own: the same after every epoch, and nothing that the run
 * draws is changed. References are other samples than those that are measured: of the training set,
 * where that is the split, one half at most is measured.
 *
 * Rows, for the split:
 *
 * - "l1_sparsity" (mean of |x|, and so the mean of the units' L1 norms per sample, of which
 *   "unit_norm_min" and "unit_norm_max" are the range);
 * - "duty_entropy" (bits per unit) and "duty_entropy_max", what it were if all units fired as often as
 *   they do on average; "dead_units" (that fire for less than 0.1 % of the samples) and
 *   "overactive_units" (five times as often as the average), counts. A unit fires where it is above 0;
 * - "inter_class_distance", "intra_class_deviation" and "class_separation", their ratio, as `classSpread`
 *   defines them;
 * - "knn_accuracy", and the macro averages "knn_precision", "knn_recall" and "knn_f1", of the majority
 *   vote of each sample's nearest references;
 * - "map_at_r" (mean average precision at R, each sample a query among the others): it depends on the
 *   number of samples, so compare only where that is the same.
 *
 * And "monitor_seconds", for "run". What is undefined is left out: distances of a single class, say, and of
 * samples without labels all that is about classes.
 *
 * Source: MonitorEmbedding of dizcza/pytorch-mighty, mighty/monitor/monitor.py, which measures what
 * passes through training; here the epoch's last weights encode all samples.
 *
 * Errors: `Interrupted`; `InvalidOption` when a number is out of its range or the split is not there.
 *
 * @param dataset Dataset whose samples are measured.
 * @param options Options, as {@linkcode MonitorOptions} describes them.
 *
 * @example
 * ```ts
 * import { monitor } from "./monitor.ts";
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
 * const run = orThrow(createRun({ graph: graph`linear(784, 32) ▷ kwta(0.25)` }));
 *
 * const done = await orThrow(monitor(digits)(run)(quietEnv(backend)));
 * assertEquals(orThrow(latest(done.history, "l1_sparsity", "test")), 0.25);
 * dispose(done);
 * ```
 */
export const monitor = (dataset: Dataset, options: MonitorOptions = {}): Stage =>
  stage(async (run, env): Promise<E.Either<SparrowError, Run>> => {
    const begun = env.now();
    const settings = withDefaults(options);
    const drawn = drawSamples(dataset, settings, sizeOf(run.input));
    if (E.isLeft(drawn)) return drawn;
    const { samples, references } = drawn.right;
    const encoded = await encode(run, samples, { env })();
    if (E.isLeft(encoded)) return encoded;
    const [queries, known] = [
      labelledSplit(samples, "monitor"),
      labelledSplit(references, "monitor"),
    ];
    const byClass = E.isLeft(queries) || E.isLeft(known)
      ? E.right([])
      : await classRows(run, encoded.right, queries.right, known.right, dataset, settings, env);
    if (E.isLeft(byClass)) return byClass;
    const measured = [...unitRows(encoded.right), ...byClass.right];
    const row = (split: Row["split"], name: string, value: number): Row => ({
      epoch: run.epoch,
      step: run.step,
      split,
      name,
      value,
    });
    const rows = measured.flatMap(([name, value]) =>
      value === null || !Number.isFinite(value) ? [] : [row(settings.split, name, value)]
    );
    const seconds = (env.now() - begun) / 1000;
    return E.right({
      ...run,
      history: [...run.history, ...rows, row("run", "monitor_seconds", seconds)],
    });
  });

type Settings = Required<MonitorOptions>;

const withDefaults = (
  {
    split = "test",
    samples = 1000,
    references = 1000,
    neighbours = 5,
    distance = "cosine",
    seed = 0,
  }: MonitorOptions,
): Settings => ({ split, samples, references, neighbours, distance, seed });

/** The samples to measure, and those among which their neighbours are sought; no sample is both. */
interface Drawn {
  readonly samples: DataSplit;
  readonly references: DataSplit;
}

function drawSamples(
  dataset: Dataset,
  { split, samples, references, neighbours, seed }: Settings,
  size: number,
): E.Either<SparrowError, Drawn> {
  for (const [name, value] of Object.entries({ samples, references, neighbours })) {
    if (!Number.isInteger(value) || value < 1) {
      return E.left(invalidOption(name, value, "an integer of at least 1"));
    }
  }
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffff_ffff) {
    return E.left(invalidOption("seed", seed, "an integer from 0 to 4294967295"));
  }
  const { train } = dataset;
  const measured = dataset[split];
  if (measured === null || measured.count === 0) {
    return E.left(invalidOption("split", split, "one that the dataset has"));
  }
  const form = { size, classes: dataset.classes.length };
  const bad = checkSplit(measured, form) ?? checkSplit(train, form);
  if (bad !== null) return E.left(bad);
  const [order, rng] = permutation(measured.count, seeded(seed));
  const most = split === "train" ? Math.ceil(measured.count / 2) : measured.count;
  const picks = order.subarray(0, Math.min(samples, most));
  const others = split === "train"
    ? order.subarray(picks.length)
    : permutation(train.count, rng)[0];
  if (neighbours > Math.min(references, others.length)) {
    const there = Math.min(references, others.length);
    return E.left(invalidOption("neighbours", neighbours, `at most the ${there} references`));
  }
  return E.right({
    samples: subset(measured, picks),
    references: subset(train, others.subarray(0, references)),
  });
}

/** A name with its value, null where that is undefined. */
type Measure = readonly [name: string, value: number | null];

function unitRows(embeddings: Embeddings): readonly Measure[] {
  const norms = unitNorms(embeddings);
  const duty = dutyCycles(embeddings);
  const rate = duty.reduce((sum, p) => sum + p, 0) / duty.length;
  return [
    ["l1_sparsity", sparsity(embeddings)],
    ["unit_norm_min", norms.reduce((least, norm) => Math.min(least, norm))],
    ["unit_norm_max", norms.reduce((most, norm) => Math.max(most, norm))],
    ["duty_entropy", dutyEntropy(duty)],
    ["duty_entropy_max", maximumDutyEntropy(rate)],
    ["dead_units", deadUnits(duty).length],
    ["overactive_units", overactiveUnits(duty, rate).length],
  ];
}

/** The measures of the samples' embeddings that need classes. */
async function classRows(
  run: Run,
  embeddings: Embeddings,
  samples: LabelledSplit,
  references: LabelledSplit,
  { classes }: Dataset,
  settings: Settings,
  env: Env,
): Promise<E.Either<SparrowError, readonly Measure[]>> {
  const queries = { embeddings, labels: samples.labels };
  return E.map((embeddings: Embeddings) => [
    ...spreadRows(queries, classes.length),
    ...neighbourRows(
      queries,
      { embeddings, labels: references.labels },
      classes.length,
      settings,
    ),
  ])(await encode(run, references, { env })());
}

function spreadRows(
  { embeddings, labels }: LabelledEmbeddings,
  classes: number,
): readonly Measure[] {
  const { interClass, intraClass, ratio } = classSpread(classMoments(embeddings, labels, classes));
  return [
    ["inter_class_distance", interClass],
    ["intra_class_deviation", intraClass],
    ["class_separation", ratio],
  ];
}

function neighbourRows(
  queries: LabelledEmbeddings,
  gallery: LabelledEmbeddings,
  classes: number,
  { neighbours: k, distance }: Settings,
): readonly Measure[] {
  const nearest = nearestNeighbours(queries.embeddings, gallery.embeddings, { k, distance });
  const voted = majorityVote(nearest, gallery.labels);
  const { precision, recall, f1 } = macroScores(
    classScores(confusionMatrix(voted, queries.labels, classes)),
  );
  return [
    ["knn_accuracy", accuracy(voted, queries.labels)],
    ["knn_precision", precision],
    ["knn_recall", recall],
    ["knn_f1", f1],
    ["map_at_r", retrievalScores(queries, distance)?.meanAveragePrecision ?? null],
  ];
}
