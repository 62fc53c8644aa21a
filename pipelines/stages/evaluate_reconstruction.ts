/**
 * The stage that measures how much of an image its code keeps.
 *
 * @module
 */
import { invalidOption, type SparrowError } from "../../graph/error.ts";
import { E } from "../../graph/fp_ts.ts";
import { inferShapes, isPair, showSpace, sizeOf } from "../../graph/shape.ts";
import type { Shape } from "../../graph/types.ts";
import type { Value } from "../../ops/interpreter.ts";
import { peakSignalToNoise, reconstructionError } from "../../ops/metrics/reconstruction.ts";
import { tf } from "../../ops/tfjs.ts";
import { forEachBatch } from "../core/batches.ts";
import type { Env } from "../core/env.ts";
import type { Reconstruction } from "../core/findings.ts";
import type { Row } from "../core/history.ts";
import type { Run } from "../core/run.ts";
import { type Stage, stage } from "../core/stage.ts";
import {
  checkDataset,
  type Dataset,
  type DataSplit,
  imageOf,
  isImageShape,
  type Normalisation,
} from "../data/dataset.ts";
import { firstOfEach } from "../data/splits.ts";

/** Options of {@linkcode evaluateReconstruction}. */
export interface ReconstructionOptions {
  /**
   * Function from outputs to pixels: "sigmoid" for a graph that ends in logits, "identity" for one that ends in pixels.
   *
   * @default "sigmoid"
   */
  readonly activation?: "sigmoid" | "identity";
  /** Candidate thresholds at which a reconstructed pixel is set, ascending. @default 0.1 to 0.95 in ten steps */
  readonly thresholds?: readonly number[];
}

/** The reference's candidates. */
const TEN_STEPS = Array.from({ length: 10 }, (_, i) => 0.1 + i * (0.95 - 0.1) / 9);

/** The quality of a split's reconstructions. */
interface Fidelity {
  readonly error: number;
  readonly psnr: number | null;
  /** Number of wrong pixels, for each threshold. */
  readonly missed: Float64Array;
  /** Number of images without a wrong pixel, for each threshold. */
  readonly exact: Float64Array;
  /** Reconstructions of the images to show. */
  readonly seen: readonly Seen[];
}

/** The reconstruction of one image. */
interface Seen {
  /** Index of the image in the split. */
  readonly index: number;
  /** Pixels of the reconstruction, as the model gives them. */
  readonly made: Float32Array;
  /** Number of wrong pixels, for each threshold. */
  readonly missed: Int32Array;
}

/** Number of test images to show: the first of each class, then the second. */
const MOST_SEEN = 10;

/**
 * Sends the training, the validation and the test set through an autoencoder, a graph that ends in `fanout(identity,
 * decoder)`, and compares the outputs with the inputs.
 *
 * A pixel of an image is set above the mean of the training set's pixels, one of a reconstruction from
 * a threshold on: of the candidates the one with the fewest wrong pixels on the training set.
 *
 * Rows, for each split: "reconstruction_error" (mean squared), "psnr" (dB, where it is finite),
 * "missed_pixels" (per image), "exact" (images whose every pixel is right) and "exact_fraction"; and
 * "reconstruction_threshold". The first test images of each class, ten in all, or the first ten where they have
 * no labels, are in the run's `reconstructions`, where a dataset has images.
 *
 * Source: TrainerAutoencoderBinary of dizcza/EmbedderSDR, trainer/autoencoder.py. There the exact
 * images are counted with the threshold of the epoch before; here with the one just chosen.
 *
 * Errors: `Interrupted`; `InvalidOption` when the graph does not end in a pair whose second is as
 * large as its input, when a sample has not the size of the run's input, or the thresholds are none or
 * not ascending.
 *
 * @param dataset Dataset whose samples are reconstructed.
 * @param options Options, as {@linkcode ReconstructionOptions} describes them.
 */
export const evaluateReconstruction = (
  dataset: Dataset,
  { activation = "sigmoid", thresholds = TEN_STEPS }: ReconstructionOptions = {},
): Stage =>
  stage(async (run, env): Promise<E.Either<SparrowError, Run>> => {
    const bad = misfit(run) ?? disorder(thresholds) ?? checkDataset(dataset, sizeOf(run.input));
    if (bad !== null) return E.left(bad);
    const rows: Row[] = [];
    const row = (split: Row["split"], name: string, value: number) =>
      rows.push({ epoch: run.epoch, step: run.step, split, name, value });
    const { labels, count } = dataset.test;
    const picks = !isImageShape(dataset.shape)
      ? []
      : labels === null
      ? Array.from({ length: Math.min(count, MOST_SEEN) }, (_, i) => i)
      : firstOfEach(labels, dataset.classes.length, MOST_SEEN);
    let chosen: number | undefined;
    let { reconstructions } = run.findings;
    for (const name of ["train", "validation", "test"] as const) {
      const split = dataset[name];
      if (split === null) continue;
      const wanted = name === "test" ? picks : [];
      const measured = await fidelity(run, split, dataset, env, activation, thresholds, wanted);
      if (E.isLeft(measured)) return measured;
      const { error, psnr, missed, exact, seen } = measured.right;
      // The training set comes first and chooses.
      if (chosen === undefined) {
        chosen = missed.indexOf(Math.min(...missed));
        row("run", "reconstruction_threshold", thresholds[chosen]);
      }
      row(name, "reconstruction_error", error);
      if (psnr !== null && Number.isFinite(psnr)) row(name, "psnr", psnr);
      row(name, "missed_pixels", missed[chosen] / split.count);
      row(name, "exact", exact[chosen]);
      row(name, "exact_fraction", exact[chosen] / split.count);
      if (name === "test") reconstructions = shown(seen, dataset, chosen);
    }
    return E.right({
      ...run,
      findings: { ...run.findings, reconstructions },
      history: [...run.history, ...rows],
    });
  });

/** Makes the images to show, in the order of their classes. */
const shown = (
  seen: readonly Seen[],
  { test, shape, classes }: Dataset,
  threshold: number,
): readonly Reconstruction[] =>
  seen.toSorted((a, b) => (test.labels?.[a.index] ?? 0) - (test.labels?.[b.index] ?? 0))
    .map(({ index, made, missed }) => {
      const original = imageOf(test, shape, index);
      return {
        index,
        label: test.labels === null ? `sample ${index}` : classes[test.labels[index]],
        original,
        made: { shape: original.shape, data: asInFile(made, test.normalisation) },
        missed: missed[threshold],
      };
    });

/** Back from what a model is given to the scale of the file, where 1 is full. */
const asInFile = (values: Float32Array, { mean, std }: Normalisation): Float32Array =>
  values.map((value, i) => value * std[i % std.length] + mean[i % mean.length]);

async function fidelity(
  run: Run,
  split: DataSplit,
  dataset: Dataset,
  env: Env,
  activation: "sigmoid" | "identity",
  thresholds: readonly number[],
  wanted: readonly number[],
): Promise<E.Either<SparrowError, Fidelity>> {
  const size = sizeOf(run.input);
  const cut = meanInput(dataset);
  const missed = new Float64Array(thresholds.length);
  const exact = new Float64Array(thresholds.length);
  const seen: Seen[] = [];
  let [error, decibels, measured] = [0, 0, 0];
  const choose = (value: Value) => {
    const pixels = (value as { readonly second: tf.Tensor }).second;
    return [activation === "sigmoid" ? tf.sigmoid(pixels) : pixels];
  };
  const done = await forEachBatch(run, split, {
    env,
    choose,
    use: ({ inputs: inputsOf, outputs: [made], from, count }) => {
      const inputs = inputsOf();
      error += reconstructionError(inputs, made) * count;
      for (let at = 0; at < inputs.length; at += size) {
        // By image: a batch's mean does not tell how many of its images have a range.
        const [original, copy] = [inputs, made].map((all) => all.subarray(at, at + size));
        const psnr = peakSignalToNoise(original, copy, size);
        if (psnr !== null) [decibels, measured] = [decibels + psnr, measured + 1];
        const wrong = wrongPixels(inputs, made, at, size, cut, thresholds);
        wrong.forEach((pixels, t) => {
          missed[t] += pixels;
          if (pixels === 0) exact[t]++;
        });
        const index = from + at / size;
        if (wanted.includes(index)) {
          seen.push({ index, made: Float32Array.from(copy), missed: wrong });
        }
      }
    },
  })();
  if (E.isLeft(done)) return done;
  return E.right({
    error: error / split.count,
    psnr: measured === 0 ? null : decibels / measured,
    missed,
    exact,
    seen,
  });
}

/** Counts the pixels of one image that come out wrong at each threshold, in one pass. */
function wrongPixels(
  inputs: Float32Array,
  made: ArrayLike<number>,
  at: number,
  size: number,
  cut: number,
  thresholds: readonly number[],
): Int32Array {
  const steps = thresholds.length;
  // A pixel that is reached by the first i thresholds is set for those and clear for the others.
  const [reachedSet, reachedClear] = [new Int32Array(steps + 1), new Int32Array(steps + 1)];
  let set = 0;
  for (let i = at; i < at + size; i++) {
    let reached = 0;
    while (reached < steps && made[i] >= thresholds[reached]) reached++;
    if (inputs[i] > cut) {
      set++;
      reachedSet[reached]++;
    } else reachedClear[reached]++;
  }
  const wrong = new Int32Array(steps);
  let [setReached, clearReached] = [0, 0];
  for (let t = steps - 1; t >= 0; t--) {
    setReached += reachedSet[t + 1];
    clearReached += reachedClear[t + 1];
    wrong[t] = set - setReached + clearReached;
  }
  return wrong;
}

/** The mean of the training set's normalised pixels, all channels together. */
function meanInput({ train: { values, normalisation: { mean, std } } }: Dataset): number {
  const channels = mean.length;
  const sums = new Float64Array(channels);
  for (let i = 0; i < values.length; i++) sums[i % channels] += values[i];
  const full = values instanceof Uint8Array ? 255 : 1;
  return sums.reduce(
    (total, sum, c) => total + (sum / (values.length / channels) / full - mean[c]) / std[c],
    0,
  ) / channels;
}

function misfit({ graph, input }: Run): SparrowError | null {
  const inferred = inferShapes(graph, input);
  if (E.isLeft(inferred)) return inferred.left;
  const { output } = inferred.right;
  return isPair(output) && !isPair(output.second) &&
      sizeOf(output.second as Shape) === sizeOf(input)
    ? null
    : invalidOption(
      "evaluateReconstruction",
      `a graph that ends in ${showSpace(output)}`,
      `one that ends in a pair, the second of ${sizeOf(input)} numbers`,
    );
}

const disorder = (thresholds: readonly number[]): SparrowError | null =>
  thresholds.length > 0 && thresholds.every((t, i) => t > (thresholds[i - 1] ?? -Infinity))
    ? null
    : invalidOption("thresholds", `[${thresholds.join(", ")}]`, "one or more numbers, ascending");
