/**
 * Datasets that are four IDX files: images and labels, to train and to test.
 *
 * @module
 */
import type { CorruptFile, SparrowError } from "../../graph/error.ts";
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import type { Dataset, DataSplit, Normalisation } from "./dataset.ts";
import type { DataEnv } from "./environment.ts";
import { readIdx } from "./idx.ts";
import { obtain } from "./obtain.ts";
import type { Published, PublishedFile } from "./published.ts";

/** The SHA-256 of the four files' uncompressed content. */
export interface IdxHashes {
  /** Of `train-images-idx3-ubyte`. */
  readonly trainImages: string;
  /** Of `train-labels-idx1-ubyte`. */
  readonly trainLabels: string;
  /** Of `t10k-images-idx3-ubyte`. */
  readonly testImages: string;
  /** Of `t10k-labels-idx1-ubyte`. */
  readonly testLabels: string;
}

/** 60,000 + 10,000 images of 28 × 28 bytes with their labels, under MNIST's file names. */
export const idxFiles = (hashes: IdxHashes): readonly PublishedFile[] => [
  idxFile("train-images-idx3-ubyte", [60_000, 28, 28], hashes.trainImages),
  idxFile("train-labels-idx1-ubyte", [60_000], hashes.trainLabels),
  idxFile("t10k-images-idx3-ubyte", [10_000, 28, 28], hashes.testImages),
  idxFile("t10k-labels-idx1-ubyte", [10_000], hashes.testLabels),
];

const idxFile = (name: string, shape: readonly number[], sha256: string): PublishedFile => ({
  name,
  size: 4 + 4 * shape.length + shape.reduce((product, n) => product * n, 1),
  sha256,
  parse: (file, content) =>
    pipe(
      readIdx(file, content),
      E.filterOrElse(
        (idx) => idx.shape.join() === shape.join(),
        (idx): CorruptFile => ({
          _tag: "CorruptFile",
          file,
          reason: `expected the shape [${shape.join(", ")}], ` +
            `current value is [${idx.shape.join(", ")}]`,
        }),
      ),
      E.map(({ values }) => values),
    ),
});

/** What is known of a dataset beside its files. */
export interface IdxFacts extends Pick<Dataset, "name" | "classes"> {
  /** Normalisation of both splits. */
  readonly normalisation: Normalisation;
}

/**
 * A dataset of {@linkcode idxFiles}, obtained and verified.
 *
 * @param facts What the files do not say.
 * @param data The folder that the user named, if any: then nowhere else.
 */
export const loadIdxFiles = (
  published: Published,
  { normalisation, ...facts }: IdxFacts,
  data: string | undefined,
  env: DataEnv,
): TE.TaskEither<SparrowError, Dataset> =>
  pipe(
    obtain(published, data, env),
    TE.map(({ values: [trainPixels, trainLabels, testPixels, testLabels], source }) => ({
      ...facts,
      shape: [28, 28],
      train: splitOf(trainPixels, trainLabels, normalisation),
      validation: null,
      test: splitOf(testPixels, testLabels, normalisation),
      source,
      sha256: Object.fromEntries(published.files.map(({ name, sha256 }) => [name, sha256])),
      notice: null,
    })),
  );

const splitOf = (
  pixels: Uint8Array,
  labels: Uint8Array,
  normalisation: Normalisation,
): DataSplit => ({
  count: labels.length,
  pixels,
  labels,
  normalisation,
});
