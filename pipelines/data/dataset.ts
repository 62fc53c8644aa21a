/**
 * Datasets: samples in memory, as bytes or as float32 numbers, with or without labels, and the normalisation
 * that makes a model's inputs of them.
 *
 * @module
 */
import { type InvalidOption, invalidOption } from "../../graph/error.ts";
import { E } from "../../graph/fp_ts.ts";
import type { ImageArray } from "../../ops/saliency/image.ts";
import { joined, sha256 } from "./bytes.ts";

/**
 * Normalisation of the numbers of a sample: (x − mean) / std. Both arrays have one value, for all numbers alike, or one
 * per channel, where channels are the last axis of a sample: of a vector, one per feature. A byte stands for the number
 * byte / 255. A mean of 0 and a deviation of 1 leave numbers as they are.
 */
export interface Normalisation {
  /** Means. */
  readonly mean: readonly number[];
  /** Standard deviations: as many as means, each above 0. */
  readonly std: readonly number[];
}

/** Values of samples: bytes, each of which stands for byte / 255, or float32 numbers. */
export type SampleValues = Uint8Array | Float32Array;

/** Labels of samples: one integer of at least 0 each. */
export type Labels = Uint8Array | Uint32Array;

/** Samples of one shape, in file order: images, or any vectors. */
export interface Samples {
  /** Number of samples. */
  readonly count: number;
  /** count × (product of a sample's shape) bytes or finite numbers, row-major; less than 2^31. */
  readonly values: SampleValues;
  /** Normalisation of the values to a model's inputs. */
  readonly normalisation: Normalisation;
  /** Name of each sample: a file, an address, an id. @default none */
  readonly names?: readonly string[];
}

/** Samples, with their labels where they have any. */
export interface DataSplit extends Samples {
  /** One class index per sample, below the number of classes where those are known; null for no labels. */
  readonly labels: Labels | null;
}

/** Samples with their labels. */
export interface LabelledSplit extends DataSplit {
  /** One class index per sample. */
  readonly labels: Labels;
}

/** Images, with their labels where they have any: bytes. */
export interface PictureSplit extends DataSplit {
  /** count × (product of an image's shape) bytes, 0 to 255, row-major. */
  readonly values: Uint8Array;
}

/** Images with their labels: bytes. */
export interface ImageSplit extends PictureSplit {
  /** One class index per image. */
  readonly labels: Labels;
}

/** Images with their labels, before their normalisation is known. */
export type RawSplit = Omit<ImageSplit, "normalisation">;

/**
 * Description of the trunk and settings that determine the features of a picture. A dataset of features has it, and the
 * file of a model that was trained on them.
 */
export interface TrunkReference {
  /** Path or address of the trunk. */
  readonly source: string;
  /** SHA-256 of the trunk: of its file, or of all its files one after the other. */
  readonly sha256: string;
  /** Name of the tensor that is taken. */
  readonly layer: string;
  /** Pooling of a map of features to one vector: its average, the first of its tokens, or all of it. */
  readonly pooling: "average" | "first" | "flatten";
  /** Rows and columns of the pictures that it takes. */
  readonly size: readonly [height: number, width: number];
  /** Colours of the pictures that it takes. */
  readonly colour: "rgb" | "grey";
  /** Order of its input's axes: channels before the rows, or last. */
  readonly layout: "NCHW" | "NHWC";
  /** Normalisation of the pictures. */
  readonly normalisation: Normalisation;
}

/** A training set and a test set that belong together. */
export interface Dataset<Split extends DataSplit = DataSplit> {
  /** Name that results give it: "mnist", "strokes". */
  readonly name: string;
  /** Shape of one sample: [100] of a vector, [28, 28] of a grey image, [32, 32, 3] of one in colour. */
  readonly shape: readonly number[];
  /** One name per class index; none where there are no labels. */
  readonly classes: readonly string[];
  /** The samples that models are trained on. */
  readonly train: Split;
  /** Samples taken from the training set, by which checkpoints and settings are chosen; null for none. */
  readonly validation: Split | null;
  /** The samples that models are judged by. */
  readonly test: Split;
  /** Source: where it was found or how it was made. */
  readonly source: string;
  /** SHA-256 of each file's uncompressed content, or of the generated content, by name. */
  readonly sha256: Readonly<Record<string, string>>;
  /** Remark for readers of the results, such as that the set is a stand-in for MNIST; null for none. */
  readonly notice: string | null;
  /** The trunk that made the samples, where they are features of pictures. @default none */
  readonly trunk?: TrunkReference;
}

/** Values of samples must be fewer: their places are 32-bit integers. */
const MOST_VALUES = 2 ** 31;

/**
 * Checks samples before they are used.
 *
 * @param size Numbers of a sample, as the run's input has them.
 * @returns `InvalidOption` where there are not `count` samples of that many bytes or finite numbers, or where
 * their normalisation is none for them; null where they are as they should be. There may be none of them.
 *
 * @example
 * ```ts
 * import { checkSamples } from "./dataset.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const normalisation = { mean: [0], std: [1] };
 * const samples = { count: 2, values: Float32Array.of(1, 2, 3, NaN), normalisation };
 * assertEquals(checkSamples(samples, 4)?.expected, "samples of 4 numbers");
 * assertEquals(checkSamples(samples, 2)?.actual, '"NaN at position 1 of sample 1"');
 * ```
 */
export function checkSamples(
  { count, values, normalisation: { mean, std }, names }: Samples,
  size: number,
): InvalidOption | null {
  if (!Number.isSafeInteger(count) || count < 0) {
    return invalidOption("data", `${count} samples`, "a whole number of samples");
  }
  if (!(values instanceof Uint8Array || values instanceof Float32Array)) {
    const actual = (values as object | null)?.constructor?.name ?? String(values);
    const expected = "bytes, from 0 to 255, as Uint8Array, or numbers as Float32Array";
    return invalidOption("data", actual, expected);
  }
  if (values.length !== count * size) {
    const actual = `samples of ${values.length / count}`;
    return invalidOption("data", actual, `samples of ${size} numbers`);
  }
  if (values.length >= MOST_VALUES) {
    return invalidOption("data", `${values.length} numbers`, "fewer than 2^31");
  }
  if (names !== undefined && names.length !== count) {
    return invalidOption("names", `${names.length} names`, `one for each of ${count} samples`);
  }
  const normalises = mean.length >= 1 && mean.length === std.length && size % mean.length === 0 &&
    mean.every((value) => Number.isFinite(Math.fround(value))) &&
    std.every((deviation) =>
      deviation > 0 && deviation < Infinity && Number.isFinite(Math.fround(1 / deviation))
    );
  // Of no sample there is no mean.
  if (count > 0 && !normalises) {
    return invalidOption(
      "normalisation",
      `the means [${mean.slice(0, 8)}] and deviations [${std.slice(0, 8)}]`,
      "finite means, and as many finite deviations above 0, for all numbers of a sample or by channel",
    );
  }
  return values instanceof Float32Array ? checkFinite(values, size, names) : null;
}

/**
 * Checks that all numbers are finite.
 *
 * @param size Numbers of a sample.
 * @param names Names of the samples, for the error.
 * @returns `InvalidOption` that says which number of which sample is the first that is not; null where all are.
 */
function checkFinite(
  values: Float32Array,
  size: number,
  names?: readonly string[],
): InvalidOption | null {
  const at = firstNonFinite(values);
  if (at < 0) return null;
  const sample = Math.floor(at / size);
  const named = names === undefined ? "" : `, ${names[sample]}`;
  const actual = `${values[at]} at position ${at % size} of sample ${sample}${named}`;
  return invalidOption("data", actual, "finite numbers");
}

/** Finds the place of the first number that is not finite; −1 where all are. */
export function firstNonFinite(values: Float32Array): number {
  // A loop of its own: `findIndex` takes twenty times as long.
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return i;
  return -1;
}

/** Form of a split that {@linkcode checkSplit} expects. */
export interface SplitForm {
  /** Numbers of a sample, as the run's input has them. */
  readonly size: number;
  /** Number of classes. @default any label below 2^31 will do */
  readonly classes?: number;
}

/**
 * Checks a split before it is used, as {@linkcode checkSamples} does.
 *
 * @returns `InvalidOption` besides where the split has no sample, and where it has labels that are not one per
 * sample, or of which one is none of the classes.
 */
export function checkSplit(
  split: DataSplit,
  { size, classes = 2 ** 31 }: SplitForm,
): InvalidOption | null {
  const { count, labels } = split;
  if (count === 0) return invalidOption("data", "0 samples", "at least one sample");
  const bad = checkSamples(split, size);
  if (bad !== null || labels === null) return bad;
  if (labels.length !== count) {
    return invalidOption("labels", `${labels.length} labels`, `one for each of ${count} samples`);
  }
  const at = labels.findIndex((label: number) =>
    !(Number.isInteger(label) && label >= 0 && label < classes)
  );
  const known = classes === 2 ** 31
    ? "integers of at least 0 and below 2^31"
    : `one of the ${classes} classes`;
  return at < 0 ? null : invalidOption("labels", `${labels[at]} of sample ${at}`, known);
}

/** Checks the splits of a dataset, as {@linkcode checkSplit} does each that it has. */
export const checkDataset = (
  { train, validation, test, classes }: Dataset,
  size: number,
): InvalidOption | null =>
  [train, validation, test].reduce<InvalidOption | null>(
    (bad, split) =>
      bad ?? (split === null ? null : checkSplit(split, { size, classes: classes.length })),
    null,
  );

/**
 * Narrows a split to one with labels.
 *
 * @param use Purpose of the labels, for the error: "the loss triplet_cosine".
 * @returns The split itself; `InvalidOption` where it has no labels.
 *
 * @example
 * ```ts
 * import { labelledSplit } from "./dataset.ts";
 * import { describe } from "../../graph/error.ts";
 * import { E, pipe } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const normalisation = { mean: [0], std: [1] };
 * const split = { count: 1, values: Float32Array.of(1, 2), labels: null, normalisation };
 * assertEquals(
 *   pipe(labelledSplit(split, "readOut"), E.mapLeft(describe)),
 *   E.left("Cannot use labels: expected one class per sample, which readOut needs, current value is none"),
 * );
 * ```
 */
export const labelledSplit = <Split extends DataSplit>(
  split: Split,
  use: string,
): E.Either<InvalidOption, Split & LabelledSplit> =>
  split.labels === null ? E.left(unlabelled(use)) : E.right(split as Split & LabelledSplit);

/**
 * Narrows a dataset to one whose splits have labels, as {@linkcode labelledSplit} does a split.
 */
export const labelledDataset = <Split extends DataSplit>(
  dataset: Dataset<Split>,
  use: string,
): E.Either<InvalidOption, Dataset<Split & LabelledSplit>> =>
  [dataset.train, dataset.validation, dataset.test].some((split) => split?.labels === null)
    ? E.left(unlabelled(use))
    : E.right(dataset as Dataset<Split & LabelledSplit>);

const unlabelled = (use: string): InvalidOption => ({
  ...invalidOption("labels", null, `one class per sample, which ${use} needs`),
  actual: "none",
});

/**
 * Computes the normalisation of samples: the mean and the (population) standard deviation of each channel,
 * of byte / 255 where they are bytes.
 *
 * @param values A multiple of `channels` of them, channels last; at least one of each.
 * @param channels Number of channels: 1 for one mean of all numbers, that of a vector's numbers for a mean of
 * each feature; at least 1.
 * @returns One mean and one deviation per channel; the deviation is 1 where all values are the same,
 * because numbers are divided by it.
 *
 * @example
 * ```ts
 * import { normalisationOf } from "./dataset.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const bytes = Uint8Array.of(0, 51, 255, 51);
 * assertEquals(normalisationOf({ values: bytes }, 2), { mean: [0.5, 0.2], std: [0.5, 1] });
 * const floats = Float32Array.of(-1, 7, 3, 7);
 * assertEquals(normalisationOf({ values: floats }, 2), { mean: [1, 7], std: [2, 1] });
 * ```
 */
export const normalisationOf = (
  { values }: Pick<Samples, "values">,
  channels: number,
): Normalisation =>
  values instanceof Float32Array ? momentsOf(values, channels) : histogramsOf(values, channels);

/** Computes the moments in two passes, since squares of numbers far from 0 hide their differences. */
function momentsOf(values: Float32Array, channels: number): Normalisation {
  const n = values.length / channels;
  const means = new Float64Array(channels);
  const squares = new Float64Array(channels);
  const varies = new Uint8Array(channels);
  for (let from = 0; from < values.length; from += channels) {
    for (let channel = 0; channel < channels; channel++) means[channel] += values[from + channel];
  }
  for (let channel = 0; channel < channels; channel++) means[channel] /= n;
  for (let from = 0; from < values.length; from += channels) {
    for (let channel = 0; channel < channels; channel++) {
      const value = values[from + channel];
      squares[channel] += (value - means[channel]) ** 2;
      if (value !== values[channel]) varies[channel] = 1;
    }
  }
  const mean = Array.from(means, (sum, channel) => varies[channel] ? sum : values[channel]);
  return { mean, std: Array.from(squares, (sum, i) => varies[i] ? Math.sqrt(sum / n) : 1) };
}

/** Computes the moments of bytes from a histogram of their 256 values. */
function histogramsOf(values: Uint8Array, channels: number): Normalisation {
  const counts = new Float64Array(256 * channels);
  for (let i = 0; i < values.length; i += channels) {
    for (let channel = 0; channel < channels; channel++) {
      counts[256 * channel + values[i + channel]]++;
    }
  }
  const n = values.length / channels;
  const moments = Array.from({ length: channels }, (_, channel) => {
    const histogram = counts.subarray(256 * channel, 256 * (channel + 1));
    const mean = histogram.reduce((sum, times, byte) => sum + times * byte, 0) / n / 255;
    const variance = histogram.reduce(
      (sum, times, byte) => sum + times * (byte / 255 - mean) ** 2,
      0,
    ) / n;
    const constant = histogram.some((times) => times === n);
    return { mean, std: constant ? 1 : Math.sqrt(variance) };
  });
  return { mean: moments.map(({ mean }) => mean), std: moments.map(({ std }) => std) };
}

/** Computes the SHA-256 of a split's bytes: its values, then its labels. */
export const hashOf = ({ values, labels }: Pick<DataSplit, "values" | "labels">): Promise<string> =>
  sha256(joined([bytesOf(values), ...labels === null ? [] : [bytesOf(labels)]]));

/** The memory of an array, as bytes. */
const bytesOf = ({ buffer, byteOffset, byteLength }: SampleValues | Labels): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** Makes an array of labels: bytes where there are at most 256 classes. */
export const labelArray = (labels: ArrayLike<number>, classes: number): Labels =>
  classes <= 256 ? Uint8Array.from(labels) : Uint32Array.from(labels);

/** Tells whether a shape is that of an image: [height, width], or [height, width, 1 or 3]. */
export const isImageShape = (shape: readonly number[]): boolean =>
  shape.length === 2 || (shape.length === 3 && (shape[2] === 1 || shape[2] === 3));

/**
 * Returns one image as it is in its file: bytes divided by 255, or the numbers themselves.
 *
 * @param shape [height, width] or [height, width, channels].
 * @param index Below the number of images.
 *
 * @example
 * ```ts
 * import { imageOf } from "./dataset.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const images = { values: Uint8Array.of(1, 2, 0, 255) };
 * assertEquals(imageOf(images, [1, 2], 1), { shape: [1, 2, 1], data: Float32Array.of(0, 1) });
 * ```
 */
export function imageOf(
  { values }: Pick<Samples, "values">,
  [height, width, channels = 1]: readonly number[],
  index: number,
): ImageArray {
  const size = height * width * channels;
  const own = values.subarray(index * size, (index + 1) * size);
  const data = own instanceof Uint8Array
    ? Float32Array.from(own, (byte) => byte / 255)
    : own.slice();
  return { shape: [height, width, channels], data };
}
