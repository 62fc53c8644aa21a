/**
 * Datasets: labelled images in memory, as bytes, with the normalisation that turns the bytes into numbers.
 *
 * @module
 */
import { type InvalidOption, invalidOption } from "../../graph/error.ts";
import type { ImageArray } from "../../ops/saliency/image.ts";
import { joined, sha256 } from "./bytes.ts";

/**
 * How a byte becomes a number: (byte / 255 − mean) / std, by channel. Both arrays have one value,
 * for all bytes alike, or one per channel, where channels are the last axis of an image.
 */
export interface Normalisation {
  /** Means of (byte / 255). */
  readonly mean: readonly number[];
  /** Standard deviations of (byte / 255): as many as means, each above 0. */
  readonly std: readonly number[];
}

/** Images of one kind, in file order. */
export interface Images {
  /** Number of images. */
  readonly count: number;
  /** count × (product of the dataset's shape) bytes, 0 to 255, row-major. */
  readonly pixels: Uint8Array;
  /** Normalisation of their bytes to a model's inputs. */
  readonly normalisation: Normalisation;
}

/** Images with their labels. */
export interface DataSplit extends Images {
  /** One class index per image, below the number of classes. */
  readonly labels: Uint8Array;
}

/** Images with their labels, before their normalisation is known. */
export type RawSplit = Omit<DataSplit, "normalisation">;

/** A training set and a test set that belong together. */
export interface Dataset {
  /** Name that results give it: "mnist", "strokes". */
  readonly name: string;
  /** Shape of one image: [28, 28] of grey, [32, 32, 3] of colours. */
  readonly shape: readonly number[];
  /** One name per class index. */
  readonly classes: readonly string[];
  /** The images that models are trained on. */
  readonly train: DataSplit;
  /** Images taken from the training set, by which checkpoints and settings are chosen; null for none. */
  readonly validation: DataSplit | null;
  /** The images that models are judged by. */
  readonly test: DataSplit;
  /** Source: where it was found or how it was made. */
  readonly source: string;
  /** SHA-256 of each file's uncompressed content, or of the generated content, by name. */
  readonly sha256: Readonly<Record<string, string>>;
  /** A remark for whoever reads the results, such as that it is a stand-in for MNIST; null for none. */
  readonly notice: string | null;
}

/**
 * Checks images before anything is made of them.
 *
 * @param size Numbers of an image, as the run's input has them.
 * @returns `InvalidOption` where there are not `count` images of that many bytes, or where their
 * normalisation is none for them; null where they are as they should be. There may be none of them.
 *
 * @example
 * ```ts
 * import { checkImages } from "./dataset.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const normalisation = { mean: [0], std: [1] };
 * const images = { count: 2, pixels: new Uint8Array(8), normalisation };
 * assertEquals(checkImages(images, 4), null);
 * assertEquals(checkImages(images, 9)?.expected, "samples of 9 numbers");
 * ```
 */
export function checkImages(
  { count, pixels, normalisation: { mean, std } }: Images,
  size: number,
): InvalidOption | null {
  if (!Number.isSafeInteger(count) || count < 0) {
    return invalidOption("data", `${count} samples`, "a whole number of samples");
  }
  if (pixels.length !== count * size) {
    const actual = `samples of ${pixels.length / count}`;
    return invalidOption("data", actual, `samples of ${size} numbers`);
  }
  if (pixels.BYTES_PER_ELEMENT !== 1) {
    return invalidOption("data", pixels.constructor.name, "bytes, from 0 to 255");
  }
  const normalises = mean.length >= 1 && mean.length === std.length && size % mean.length === 0 &&
    mean.every(Number.isFinite) && std.every((deviation) => deviation > 0 && deviation < Infinity);
  // Of no image there is no mean.
  return count === 0 || normalises ? null : invalidOption(
    "normalisation",
    `the means [${mean.slice(0, 8)}] and deviations [${std.slice(0, 8)}]`,
    "finite means, and as many finite deviations above 0, for all numbers of an image or by channel",
  );
}

/** What {@linkcode checkSplit} expects. */
export interface SplitForm {
  /** Numbers of an image, as the run's input has them. */
  readonly size: number;
  /** The number of classes. @default any label will do */
  readonly classes?: number;
}

/**
 * Checks a split before anything is made of it, as {@linkcode checkImages} does.
 *
 * @returns `InvalidOption` besides where the split has no sample, where it has not one label per sample,
 * and where a label is none of the classes.
 */
export function checkSplit(
  split: DataSplit,
  { size, classes = Infinity }: SplitForm,
): InvalidOption | null {
  const { count, labels } = split;
  if (count === 0) return invalidOption("data", "0 samples", "at least one sample");
  const bad = checkImages(split, size);
  if (bad !== null) return bad;
  if (labels.length !== count) {
    return invalidOption("labels", `${labels.length} labels`, `one for each of ${count} samples`);
  }
  const at = labels.findIndex((label) =>
    !(Number.isInteger(label) && label >= 0 && label < classes)
  );
  const known = classes === Infinity ? "integers of at least 0" : `one of the ${classes} classes`;
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
 * Computes the normalisation of a set of images: the mean and the (population) standard deviation of
 * byte / 255 in each channel.
 *
 * @param pixels A multiple of `channels` bytes, channels last; at least one of each.
 * @param channels At least 1.
 * @returns One mean and one deviation per channel; the deviation is 1 where all bytes are the same,
 * because numbers are divided by it.
 *
 * @example
 * ```ts
 * import { normalisationOf } from "./dataset.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const pixels = Uint8Array.of(0, 51, 255, 51);
 * assertEquals(normalisationOf({ pixels }, 2), { mean: [0.5, 0.2], std: [0.5, 1] });
 * ```
 */
export function normalisationOf(
  { pixels }: Pick<DataSplit, "pixels">,
  channels: number,
): Normalisation {
  const counts = new Float64Array(256 * channels);
  for (let i = 0; i < pixels.length; i += channels) {
    for (let channel = 0; channel < channels; channel++) {
      counts[256 * channel + pixels[i + channel]]++;
    }
  }
  const n = pixels.length / channels;
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

/** Computes the SHA-256 of a split's bytes: its pixels, then its labels. */
export const hashOf = ({ pixels, labels }: RawSplit): Promise<string> =>
  sha256(joined([pixels, labels]));

/**
 * Returns one image as it is in its file: bytes divided by 255.
 *
 * @param shape [height, width] or [height, width, channels].
 * @param index Below the number of images.
 *
 * @example
 * ```ts
 * import { imageOf } from "./dataset.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const images = { pixels: Uint8Array.of(1, 2, 0, 255) };
 * assertEquals(imageOf(images, [1, 2], 1), { shape: [1, 2, 1], data: Float32Array.of(0, 1) });
 * ```
 */
export function imageOf(
  { pixels }: Pick<Images, "pixels">,
  [height, width, channels = 1]: readonly number[],
  index: number,
): ImageArray {
  const size = height * width * channels;
  const bytes = pixels.subarray(index * size, (index + 1) * size);
  return { shape: [height, width, channels], data: Float32Array.from(bytes, (byte) => byte / 255) };
}
