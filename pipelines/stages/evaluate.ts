/**
 * The stage that measures what the codes are worth.
 *
 * @module
 */
import { invalidOption, type SparrowError } from "../../graph/error.ts";
import { E } from "../../graph/fp_ts.ts";
import { sizeOf } from "../../graph/shape.ts";
import { encoderOf, findKwta } from "../../graph/rewrite.ts";
import { activity, type Embeddings, sparsity } from "../../ops/embeddings.ts";
import {
  binarise,
  classMeans,
  classMoments,
  classSpread,
  codeMoments,
  nearestCentroids,
} from "../../ops/metrics/centroids.ts";
import { accuracy, argmax } from "../../ops/metrics/classification.ts";
import { dutyCycles } from "../../ops/metrics/activity.ts";
import type { Moments } from "../../ops/metrics/moments.ts";
import { type ClassCodes, evaluationOf, unlabelledEvaluation } from "../core/findings.ts";
import type { Row } from "../core/history.ts";
import type { Run } from "../core/run.ts";
import { type Stage, stage } from "../core/stage.ts";
import {
  checkDataset,
  type Dataset,
  labelledDataset,
  type LabelledSplit,
  type Labels,
} from "../data/dataset.ts";
import { encode } from "../encode/encode.ts";

/** Options of {@linkcode evaluate}. */
export interface EvaluateOptions {
  /**
   * Classification of a sample: by the class "centroid" that is nearest to its code, or by the largest ("argmax") of as
   * many outputs as there are classes.
   *
   * @default "centroid"
   */
  readonly by?: "centroid" | "argmax";
}

/**
 * Encodes the training and the test set, and the validation set where there is one, and classifies
 * them.
 *
 * By centroid: the centroids are the mean codes of the training set by class, binarised by kWTA with
 * the graph's own sparsity where it has one; the distance is the cosine's.
 *
 * Rows, for "train", "validation" and "test": "accuracy", "sparsity" (mean activity), and for binary
 * codes "active_min", "active_mean", "active_max" (bits set per code); "evaluation_seconds". By
 * centroid, for "validation" and "test", besides: "inter_class_distance" and "intra_class_deviation", as
 * `classSpread` defines them, of all samples (`monitor` has them of some); left out where undefined.
 *
 * Of a dataset with a split that has no labels, by centroid, the rows are those that need none: "sparsity", the
 * bits set per code, and the seconds.
 *
 * What it finds in the test set is in the run's `findings`.
 *
 * Errors: `Interrupted`; `InvalidOption` when a split has no sample, when a sample has not the size of the
 * run's input or no label among the classes, and for "argmax" when there are fewer outputs than classes, or no labels.
 *
 * @param dataset Dataset whose splits are encoded and classified.
 * @param options Options, as {@linkcode EvaluateOptions} describes them.
 */
export const evaluate = (dataset: Dataset, { by = "centroid" }: EvaluateOptions = {}): Stage =>
  stage(async (run, env): Promise<E.Either<SparrowError, Run>> => {
    const bad = checkDataset(dataset, sizeOf(run.input));
    if (bad !== null) return E.left(bad);
    const labelled = labelledDataset(dataset, "evaluate by argmax");
    if (E.isLeft(labelled) && by === "argmax") return labelled;
    const known = E.isRight(labelled) ? labelled.right : null;
    const begun = env.now();
    const row = (split: Row["split"], name: string, value: number): Row => ({
      epoch: run.epoch,
      step: run.step,
      split,
      name,
      value,
    });
    const rows: Row[] = [];
    let classify: ((embeddings: Embeddings) => ArrayLike<number>) | undefined;
    let { findings } = run;
    for (const name of ["train", "validation", "test"] as const) {
      const split = dataset[name];
      if (split === null) continue;
      const encoded = await encode(run, split, { env })();
      if (E.isLeft(encoded)) return encoded;
      const embeddings = encoded.right;
      const described = describeCodes(embeddings).map(([what, value]) => row(name, what, value));
      const labels = known?.[name]?.labels;
      if (known === null || labels === undefined) {
        rows.push(...described);
        if (name !== "test") continue;
        const duty = embeddings.kind === "binary" ? dutyCycles(embeddings) : null;
        findings = { ...findings, evaluation: unlabelledEvaluation(duty) };
        continue;
      }
      // The training set comes first: the others are classified by its centroids.
      if (classify === undefined) {
        if (by === "argmax") {
          const few = tooFew(embeddings, dataset);
          if (few !== null) return E.left(few);
          classify = largest;
        } else {
          const classCodes = centroidsOf(run, embeddings, known);
          findings = { ...findings, classCodes };
          classify = (others) => nearestCentroids(others, classCodes.codes);
        }
      }
      const predicted = classify(embeddings);
      rows.push(row(name, "accuracy", accuracy(predicted, labels)), ...described);
      if (name === "train") continue;
      const moments = by === "argmax" ? null : momentsOf(embeddings, labels, dataset);
      if (moments !== null) {
        rows.push(...describeClasses(moments).map(([what, value]) => row(name, what, value)));
      }
      if (name === "test") {
        const duty = embeddings.kind === "binary" && moments !== null ? dutyOf(moments) : null;
        findings = { ...findings, evaluation: evaluationOf(known, embeddings, predicted, duty) };
      }
    }
    const seconds = (env.now() - begun) / 1000;
    const history = [...run.history, ...rows, row("run", "evaluation_seconds", seconds)];
    return E.right({ ...run, findings, history });
  });

function centroidsOf(
  run: Run,
  embeddings: Embeddings,
  { train, classes }: Dataset<LabelledSplit>,
): ClassCodes {
  const means = classMeans(embeddings, train.labels, classes.length);
  const kwta = findKwta(encoderOf(run.graph)).at(-1);
  const codes = kwta === undefined ? means : means.map((mean) => binarise(mean, kwta.sparsity));
  return { classes, means, codes };
}

const tooFew = ({ kind, width }: Embeddings, { classes }: Dataset): SparrowError | null =>
  kind === "dense" && width >= classes.length ? null : invalidOption(
    "evaluate by argmax",
    `${width} ${kind === "dense" ? "" : "binary "}outputs`,
    `an output for each of the ${classes.length} classes`,
  );

const largest = (embeddings: Embeddings): ArrayLike<number> =>
  embeddings.kind === "dense" ? argmax(embeddings.values, embeddings.width) : [];

const momentsOf = (
  embeddings: Embeddings,
  labels: Labels,
  { classes }: Dataset,
): readonly Moments[] =>
  // Of codes it takes the time of counting their bits: a hundredth of what real numbers take.
  embeddings.kind === "binary"
    ? codeMoments(embeddings, labels, classes.length)
    : classMoments(embeddings, labels, classes.length);

/** The duty cycle of each unit over all classes, of the moments of binary codes. */
function dutyOf(classes: readonly Moments[]): Float64Array {
  const samples = classes.reduce((sum, { count }) => sum + count, 0);
  const fired = new Float64Array(classes[0]?.mean.length ?? 0);
  for (const { count, mean } of classes) mean.forEach((p, unit) => fired[unit] += count * p);
  return fired.map((times) => times / Math.max(1, samples));
}

function describeClasses(moments: readonly Moments[]): readonly (readonly [string, number])[] {
  const { interClass, intraClass } = classSpread(moments);
  return [
    ...interClass === null ? [] : [["inter_class_distance", interClass] as const],
    ...intraClass === null ? [] : [["intra_class_deviation", intraClass] as const],
  ];
}

function describeCodes(embeddings: Embeddings): readonly (readonly [string, number])[] {
  const mean = ["sparsity", sparsity(embeddings)] as const;
  if (embeddings.kind === "dense") return [mean];
  const { least, mean: bits, most } = activity(embeddings);
  return [mean, ["active_min", least], ["active_mean", bits], ["active_max", most]];
}
