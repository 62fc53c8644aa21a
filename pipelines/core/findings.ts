/**
 * Findings of stages about a model besides numbers: the mistakes of an evaluation, sample images, class codes,
 * explanations and reconstructions.
 *
 * @module
 */
import { type Embeddings, wordsPerCode } from "../../ops/embeddings.ts";
import { type ConfusionMatrix, confusionMatrix } from "../../ops/metrics/classification.ts";
import { eachBit } from "../../ops/metrics/rows.ts";
import type { ImageArray } from "../../ops/saliency/image.ts";
import {
  type Dataset,
  imageOf,
  isImageShape,
  type LabelledSplit,
  type Labels,
} from "../data/dataset.ts";

/** A sample of the test set, with its code or outputs. */
export interface CodedSample {
  /** Index of the sample in the test set. */
  readonly index: number;
  /** Index of the sample's class. */
  readonly label: number;
  /** Class that the model took it for, an index too. */
  readonly predicted: number;
  /** The units that its code sets, rising; null where codes are not binary. */
  readonly bits: Uint32Array | null;
}

/** An image that was taken for one of another class. */
export interface ConfusedImage extends CodedSample {
  /** Image as it is in the file, in [0, 1]. */
  readonly image: ImageArray;
}

/** The mean and the binary centroid of each class's codes. */
export interface ClassCodes {
  /** The names of the classes, by index. */
  readonly classes: readonly string[];
  /** The mean activity of every unit over the training samples of each class. */
  readonly means: readonly Float32Array[];
  /** The means binarised by kWTA; the means themselves where the graph has no kWTA. */
  readonly codes: readonly Float32Array[];
}

/** The part of an image that a model's answer depends on. */
export interface Explanation {
  /** The name of the image's class, or its own where it has none. */
  readonly label: string;
  /** The image as the model takes it, normalisation included. */
  readonly image: ImageArray;
  /** [height, width, 1], in [0, 1]: 0 where the image is hidden, 1 where it is unchanged. */
  readonly mask: ImageArray;
  /** The image under the mask. */
  readonly perturbed: ImageArray;
  /** The model's score of the image. */
  readonly before: number;
  /** The model's score of the perturbed image. */
  readonly after: number;
}

/** An image, and its reconstruction by an autoencoder. */
export interface Reconstruction {
  /** The image's index in the test set. */
  readonly index: number;
  /** The name of the image's class. */
  readonly label: string;
  /** The image as it is in the file, in [0, 1]. */
  readonly original: ImageArray;
  /** The reconstruction in the same scale, which it may leave. */
  readonly made: ImageArray;
  /** Number of pixels that are wrong at the threshold of the evaluation. */
  readonly missed: number;
}

/** The findings of an evaluation in the test set. */
export interface Evaluation {
  /**
   * The names of the classes, by index; "other" is one more where an output that stands for no class
   * has won. None of samples without labels.
   */
  readonly classes: readonly string[];
  /** Confusion matrix of all of its samples. */
  readonly confusion: ConfusionMatrix;
  /** The duty cycle of each unit, in [0, 1]; null where codes are not binary. */
  readonly duty: Float64Array | null;
  /** Binary codes of the first samples of each class, by class; at most {@linkcode MOST_SAMPLES}. */
  readonly samples: readonly CodedSample[];
  /**
   * First images of each of the most frequent confusions, the most frequent confusion first; at most {@linkcode
   * MOST_CONFUSED}, and none for a dataset without images.
   */
  readonly confused: readonly ConfusedImage[];
}

/** The findings of stages about a model besides numbers, which reports and the dashboard show. */
export interface Findings {
  /** The class codes of the last evaluation by centroids; null before one. */
  readonly classCodes: ClassCodes | null;
  /** Findings of the last evaluation in the test set; null before one. */
  readonly evaluation: Evaluation | null;
  /** Explanations of the last `explain`. */
  readonly explanations: readonly Explanation[];
  /** Reconstructions of the last `evaluateReconstruction`. */
  readonly reconstructions: readonly Reconstruction[];
}

/** The findings before any stage has left some. */
export const noFindings: Findings = {
  classCodes: null,
  evaluation: null,
  explanations: [],
  reconstructions: [],
};

// Whether findings are some: those of a file may be anything, and figures are drawn of them.

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isIndex = (value: unknown, below = Infinity): boolean =>
  Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) < below;

const isNumber = (value: unknown): boolean => typeof value === "number";

const isText = (value: unknown): boolean => typeof value === "string";

const areAll = (values: unknown, is: (value: unknown) => boolean): boolean =>
  Array.isArray(values) && values.every(is);

/** Tests for an image. Any numbers are valid, since a model that has diverged makes NaN. */
const isImage = (value: unknown): value is ImageArray =>
  isObject(value) && areAll(value.shape, (side) => isIndex(side) && side !== 0) &&
  (value.shape as readonly number[]).length === 3 && value.data instanceof Float32Array &&
  value.data.length === (value.shape as readonly number[]).reduce((size, side) => size * side, 1);

/** Whether all are images of one height and width, and of as many channels where `channels` says so. */
const areAlike = (images: readonly unknown[], channels: boolean): boolean =>
  images.every(isImage) &&
  images.every(({ shape }) =>
    shape[0] === images[0].shape[0] && shape[1] === images[0].shape[1] &&
    (!channels || shape[2] === images[0].shape[2])
  );

const isClassCodes = (value: unknown): boolean => {
  if (!isObject(value) || !areAll(value.classes, isText)) return false;
  const { classes, means, codes } = value as { readonly [key: string]: readonly unknown[] };
  const units = means?.[0] instanceof Float32Array ? means[0].length : 0;
  return [means, codes].every((rows) =>
    areAll(rows, (row) => row instanceof Float32Array && row.length === units) &&
    rows.length === classes.length
  );
};

const isCodedSample = (value: unknown, classes: number): value is Fields =>
  isObject(value) && isIndex(value.index) && isIndex(value.label, classes) &&
  isIndex(value.predicted, classes) && (value.bits === null || value.bits instanceof Uint32Array);

const isEvaluation = (value: unknown): boolean => {
  if (!isObject(value) || !areAll(value.classes, isText) || !isObject(value.confusion)) {
    return false;
  }
  const { confusion: { classes, counts }, duty, samples, confused } = value;
  const count = (value.classes as readonly string[]).length;
  return classes === count && counts instanceof Uint32Array && counts.length === count ** 2 &&
    (duty === null || duty instanceof Float64Array) &&
    areAll(samples, (one) => isCodedSample(one, count)) &&
    areAll(confused, (one) => isCodedSample(one, count) && isImage(one.image));
};

const isExplanation = (value: unknown): boolean => {
  if (!isObject(value) || !isText(value.label)) return false;
  const { image, mask, perturbed, before, after } = value;
  return isNumber(before) && isNumber(after) && areAlike([image, perturbed], true) &&
    areAlike([image, mask], false) && (mask as ImageArray).shape[2] === 1;
};

const isReconstruction = (value: unknown): boolean =>
  isObject(value) && isIndex(value.index) && isText(value.label) && isNumber(value.missed) &&
  areAlike([value.original, value.made], true);

/**
 * Whether a value is findings, so that every figure of a report can be drawn of them.
 *
 * @example
 * ```ts
 * import { isFindings, noFindings } from "./findings.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(isFindings(noFindings), true);
 * assertEquals(isFindings({ ...noFindings, reconstructions: [{ index: 0 }] }), false);
 * ```
 */
export const isFindings = (value: unknown): value is Findings =>
  isObject(value) && (value.classCodes === null || isClassCodes(value.classCodes)) &&
  (value.evaluation === null || isEvaluation(value.evaluation)) &&
  areAll(value.explanations, isExplanation) && areAll(value.reconstructions, isReconstruction);

/** Samples per class whose codes are kept. */
const SAMPLES_PER_CLASS = 3;

/** The most codes that are kept: those of twenty classes. */
export const MOST_SAMPLES = 60;

/** Images that are kept of a confusion. */
const IMAGES_PER_CONFUSION = 3;

/** The most confused images that are kept: those of eight confusions. */
export const MOST_CONFUSED = 24;

/**
 * Gathers the findings of an evaluation of samples without labels.
 *
 * @param duty The duty cycle of each unit, of binary codes.
 */
export const unlabelledEvaluation = (duty: Float64Array | null): Evaluation => ({
  classes: [],
  confusion: { classes: 0, counts: new Uint32Array() },
  duty,
  samples: [],
  confused: [],
});

/**
 * Collects the findings of an evaluation. It is little data, whatever the size of the set: images and codes of a few
 * samples.
 *
 * @param embeddings Embeddings of the test set.
 * @param predicted A class index, or an output's that stands for no class, for each of its samples.
 * @param duty The duty cycle of each unit, of binary codes.
 */
export function evaluationOf(
  { test, classes: names, shape }: Pick<Dataset<LabelledSplit>, "test" | "classes" | "shape">,
  embeddings: Embeddings,
  predicted: ArrayLike<number>,
  duty: Float64Array | null,
): Evaluation {
  const known = Int32Array.from(predicted, (index) => Math.min(index, names.length));
  const classes = known.includes(names.length) ? [...names, "other"] : names;
  const confusion = confusionMatrix(known, test.labels, classes.length);
  const coded = (index: number): CodedSample => ({
    index,
    label: test.labels[index],
    predicted: known[index],
    bits: bitsOf(embeddings, index),
  });
  return {
    classes,
    confusion,
    duty,
    samples: embeddings.kind === "dense" ? [] : firstOf(
      test.labels,
      Array.from(names.keys()).slice(0, MOST_SAMPLES / SAMPLES_PER_CLASS),
      SAMPLES_PER_CLASS,
    ).map(coded),
    confused: isImageShape(shape)
      ? mostConfused(confusion, known, test.labels)
        .map((index) => ({ ...coded(index), image: imageOf(test, shape, index) }))
      : [],
  };
}

function bitsOf(embeddings: Embeddings, index: number): Uint32Array | null {
  if (embeddings.kind === "dense") return null;
  const perCode = wordsPerCode(embeddings.width);
  const bits: number[] = [];
  eachBit(embeddings.words, index * perCode, perCode, (unit) => bits.push(unit));
  return Uint32Array.from(bits);
}

/** The first samples of the largest cells off the diagonal. */
function mostConfused(
  { classes, counts }: ConfusionMatrix,
  predicted: Int32Array,
  labels: Labels,
): readonly number[] {
  const largest = Array.from(counts, (count, cell) => ({ count, cell }))
    .filter(({ count, cell }) => count > 0 && cell % (classes + 1) !== 0)
    .toSorted((a, b) => b.count - a.count || a.cell - b.cell)
    .slice(0, MOST_CONFUSED / IMAGES_PER_CONFUSION)
    .map(({ cell }) => cell);
  const cells = predicted.map((taken, i) => labels[i] * classes + taken);
  return firstOf(cells, largest, IMAGES_PER_CONFUSION);
}

/** The places of the first of each kind that is wanted, kind by kind. */
function firstOf(
  kinds: ArrayLike<number>,
  wanted: readonly number[],
  most: number,
): readonly number[] {
  const found = new Map(wanted.map((kind): [number, number[]] => [kind, []]));
  for (let i = 0; i < kinds.length; i++) {
    const places = found.get(kinds[i]);
    if (places !== undefined && places.length < most) places.push(i);
  }
  return [...found.values()].flat();
}
