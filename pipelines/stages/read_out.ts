/**
 * The stage that judges codes by read-outs that are learnt without a gradient.
 *
 * @module
 */
import { invalidOption, type SparrowError } from "../../graph/error.ts";
import { sizeOf } from "../../graph/shape.ts";
import { E } from "../../graph/fp_ts.ts";
import { permutation, type Rng } from "../../graph/rng.ts";
import { emptyCodes, pickCodes } from "../../ops/codes/codes.ts";
import { moveUnits } from "../../ops/codes/noise.ts";
import { type BinaryEmbeddings, sparsity } from "../../ops/embeddings.ts";
import { dutyCycles } from "../../ops/metrics/activity.ts";
import { binarise, classMeans } from "../../ops/metrics/centroids.ts";
import { accuracy } from "../../ops/metrics/classification.ts";
import {
  bcpnn,
  classCentroid,
  type LabelledCodes,
  naiveBayes,
  nearestCodes,
  type ReadOut,
  willshawClasses,
} from "../../ops/readouts/read_outs.ts";
import type { Env } from "../core/env.ts";
import { type ClassCodes, evaluationOf } from "../core/findings.ts";
import type { Row } from "../core/history.ts";
import type { Run } from "../core/run.ts";
import { type Stage, stage } from "../core/stage.ts";
import { checkDataset, type Dataset, type DataSplit, labelledDataset } from "../data/dataset.ts";
import { samplesFrom } from "../data/splits.ts";
import { encodeStream } from "../encode/encode.ts";

/** Options of {@linkcode readOut}. */
export interface ReadOutOptions {
  /** Dataset, from whose training set read-outs learn, and whose test set judges them. */
  readonly dataset: Dataset;
  /** Number of nearest codes that vote, from 1 to 30. @default 3 */
  readonly k?: number;
  /** Numbers of labelled images per class that read-outs learn from, besides all; each at least 1. @default [] */
  readonly perClass?: readonly number[];
  /** Fractions of each test code's units that are moved elsewhere, in [0, 1]. @default [] */
  readonly noise?: readonly number[];
  /** Units per class of the Willshaw memory, at least 1. @default 1000, or as many as a class has codes */
  readonly willshawUnits?: number;
}

/** Images per pass: the outputs of a convolution must fit into memory. */
const SLICE = 200;

/**
 * Encodes the training and the test set, teaches every read-out the training codes with their labels, and
 * has it classify the test codes.
 *
 * Rows: "accuracy_<read-out>" for "test"; "accuracy_<read-out>_<n>" learnt from n images per class;
 * "accuracy_<read-out>_noise_<part>" of codes with that part of their units moved; "sparsity" for both sets;
 * "encoding_seconds" and "read_out_seconds". Read-outs are nearest, naive_bayes, bcpnn, willshaw and
 * centroid. The run's findings and class codes are those of the test set, as the nearest codes classify it.
 *
 * Errors: `Interrupted`; `InvalidOption` for an option out of its range, samples without labels, and a graph whose
 * output is not binary.
 *
 * @param options Options, as {@linkcode ReadOutOptions} describes them.
 */
export const readOut = (options: ReadOutOptions): Stage =>
  stage(async (run, env): Promise<E.Either<SparrowError, Run>> => {
    const { perClass = [], noise = [] } = options;
    const bad = perClass.find((n) => !Number.isInteger(n) || n < 1);
    if (bad !== undefined) {
      return E.left(invalidOption("perClass", bad, "integers of at least 1"));
    }
    const wrong = checkDataset(options.dataset, sizeOf(run.input));
    if (wrong !== null) return E.left(wrong);
    const labelled = labelledDataset(options.dataset, "readOut");
    if (E.isLeft(labelled)) return labelled;
    const dataset = labelled.right;
    const begun = env.now();
    const train = await codesOf(run, dataset.train, env);
    if (E.isLeft(train)) return train;
    const test = await codesOf(run, dataset.test, env);
    if (E.isLeft(test)) return test;
    const encoded = env.now();
    const rows: Row[] = [];
    const row = (name: string, value: number, split: Row["split"] = "test") =>
      rows.push({ epoch: run.epoch, step: run.step, split, name, value });
    row("sparsity", sparsity(train.right), "train");
    row("sparsity", sparsity(test.right));
    const { labels } = dataset.train;
    const all: LabelledCodes = { codes: train.right, labels, classes: dataset.classes.length };
    const judge = ({ name, predict }: ReadOut, ending: string, codes = test.right) =>
      row(`accuracy_${name}${ending}`, accuracy(predict(codes), dataset.test.labels));

    const whole = learnt(all, options, run.rng);
    if (E.isLeft(whole)) return whole;
    let [readOuts, rng] = whole.right;
    for (const one of readOuts) judge(one, "");
    for (const part of noise) {
      const noisy = moveUnits(test.right, part, rng);
      if (E.isLeft(noisy)) return noisy;
      rng = noisy.right[1];
      for (const one of readOuts) judge(one, `_noise_${part}`, noisy.right[0]);
    }
    for (const n of perClass) {
      const [picks, next] = firstOfEach(all, n, rng);
      const few = {
        ...all,
        codes: pickCodes(all.codes, picks),
        labels: picks.map((i) => labels[i]),
      };
      const taught = learnt(few, options, next);
      if (E.isLeft(taught)) return taught;
      [readOuts, rng] = taught.right;
      for (const one of readOuts) judge(one, `_${n}`);
    }
    row("encoding_seconds", (encoded - begun) / 1000, "run");
    row("read_out_seconds", (env.now() - encoded) / 1000, "run");
    return E.right({
      ...run,
      rng,
      findings: {
        ...run.findings,
        classCodes: classCodesOf(all, dataset),
        evaluation: evaluationOf(
          dataset,
          test.right,
          whole.right[0][0].predict(test.right),
          dutyCycles(test.right),
        ),
      },
      history: [...run.history, ...rows],
    });
  });

/** Mean codes of the classes, and as many of their units as a code has. */
function classCodesOf({ codes, labels, classes }: LabelledCodes, dataset: Dataset): ClassCodes {
  const means = classMeans(codes, labels, classes);
  const part = sparsity(codes);
  return {
    classes: dataset.classes,
    means,
    codes: means.map((mean) => binarise(mean, part)),
  };
}

/** Trains all read-outs. */
function learnt(
  labelled: LabelledCodes,
  { k = 3, willshawUnits = 1000 }: ReadOutOptions,
  rng: Rng,
): E.Either<SparrowError, readonly [readonly ReadOut[], Rng]> {
  const nearest = nearestCodes(labelled, k);
  if (E.isLeft(nearest)) return nearest;
  const most = Math.max(1, Math.ceil(labelled.codes.count / labelled.classes));
  const willshaw = willshawClasses(labelled, Math.min(willshawUnits, most), rng);
  if (E.isLeft(willshaw)) return willshaw;
  const [memory, next] = willshaw.right;
  return E.right([
    [
      nearest.right,
      naiveBayes(labelled),
      bcpnn(labelled),
      memory,
      classCentroid(labelled),
    ],
    next,
  ]);
}

/** Draws n codes of each class at random, or all where there are fewer. */
function firstOfEach(
  { codes, labels, classes }: LabelledCodes,
  n: number,
  rng: Rng,
): readonly [Uint32Array, Rng] {
  const [order, next] = permutation(codes.count, rng);
  const taken = new Uint32Array(classes);
  return [order.filter((i) => taken[labels[i]]++ < n), next];
}

/** The codes of samples, a slice at a time. */
async function codesOf(
  run: Run,
  split: DataSplit,
  env: Env,
): Promise<E.Either<SparrowError, BinaryEmbeddings>> {
  function* slices(): Generator<DataSplit> {
    for (let from = 0; from < split.count; from += SLICE) yield samplesFrom(split, from, SLICE);
  }
  const parts: BinaryEmbeddings[] = [];
  for await (const part of encodeStream(run, slices(), { env })) {
    if (E.isLeft(part)) return part;
    if (part.right.kind !== "binary") {
      return E.left(invalidOption("graph", "real-valued outputs", "an output of zeros and ones"));
    }
    parts.push(part.right);
  }
  const width = parts[0]?.width ?? 1;
  const whole = emptyCodes(split.count, width);
  let at = 0;
  for (const { words } of parts) {
    whole.words.set(words, at);
    at += words.length;
  }
  return E.right(whole);
}
