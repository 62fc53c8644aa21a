/**
 * MNIST and Fashion-MNIST: datasets of four IDX files, verified by their hashes, with the reader of IDX.
 * MNIST: 60,000 + 10,000 handwritten digits of 28 × 28 bytes, by LeCun, Cortes and Burges (1998).
 * Fashion-MNIST: as many articles of clothing in the same format, by Xiao, Rasul and Vollgraf (2017,
 * arXiv:1708.07747).
 *
 * @module
 * @see http://yann.lecun.com/exdb/mnist/
 * @see https://github.com/zalandoresearch/fashion-mnist
 */
import type { CorruptFile, SparrowError } from "../../graph/error.ts";
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import type { Dataset, ImageSplit, Normalisation } from "./dataset.ts";
import { type DataEnv, denoDataEnv } from "./environment.ts";
import { obtain } from "./obtain.ts";
import type { Published, PublishedFile } from "./published.ts";

// ---- IDX

/** An array of bytes with its shape. */
export interface Idx {
  /** Dimensions: 1 to 4 sizes, each 0 to 2^32 − 1. */
  readonly shape: readonly number[];
  /** Values, as many bytes as the product of the shape, row-major. */
  readonly values: Uint8Array;
}

const unsignedByte = 0x08;
const highestRank = 4;

/**
 * Reads an IDX file of unsigned bytes: a big-endian header, then the values, row-major. The format is
 * described at the end of MNIST's page.
 *
 * A size that the header declares is compared with what is there, and never allocated.
 *
 * @param file The name that an error carries.
 * @param bytes The whole file, uncompressed.
 * @returns The array, whose values are a view of `bytes`; `CorruptFile` when the header is not one
 * of unsigned bytes with 1 to 4 axes, or when there are fewer or more values than it declares.
 *
 * @example
 * ```ts
 * import { readIdx } from "./mnist.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const labels = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1);
 * assertEquals(
 *   readIdx("labels", labels),
 *   E.right({ shape: [3], values: Uint8Array.of(7, 2, 1) }),
 * );
 * assertEquals(
 *   readIdx("labels", labels.subarray(0, 10)),
 *   E.left({
 *     _tag: "CorruptFile",
 *     file: "labels",
 *     reason: "it is truncated: expected 11 bytes for the shape [3], current value is 10",
 *   }),
 * );
 * ```
 */
export function readIdx(file: string, bytes: Uint8Array): E.Either<CorruptFile, Idx> {
  const corrupt = (reason: string) => E.left<CorruptFile>({ _tag: "CorruptFile", file, reason });

  if (bytes.length < 4) {
    return corrupt(
      `it is truncated: expected at least 4 bytes of IDX header, current value is ${bytes.length}`,
    );
  }
  const [zero, alsoZero, type, rank] = bytes;
  if (zero !== 0 || alsoZero !== 0) {
    return corrupt(
      `it is not an IDX file: expected it to begin with 00 00, ` +
        `current value is ${hex(zero)} ${hex(alsoZero)}`,
    );
  }
  if (type !== unsignedByte) {
    return corrupt(`expected values of the IDX type 08 (bytes), current value is ${hex(type)}`);
  }
  if (rank < 1 || rank > highestRank) {
    return corrupt(`expected 1 to ${highestRank} axes, current value is ${rank}`);
  }

  const start = 4 + 4 * rank;
  if (bytes.length < start) {
    return corrupt(
      `it is truncated: expected ${start} bytes of IDX header for ${rank} axes, ` +
        `current value is ${bytes.length}`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, start);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));

  // Four sizes of 32 bits overflow a number.
  const declared = BigInt(start) + shape.reduce((product, n) => product * BigInt(n), 1n);
  if (declared !== BigInt(bytes.length)) {
    return corrupt(
      `it is ${declared > bytes.length ? "truncated" : "too long"}: expected ${declared} bytes ` +
        `for the shape [${shape.join(", ")}], current value is ${bytes.length}`,
    );
  }
  return E.right({ shape, values: bytes.subarray(start) });
}

const hex = (byte: number): string => byte.toString(16).padStart(2, "0");

// ---- Datasets of four IDX files

/** The SHA-256 of the four files' uncompressed content. */
export interface IdxHashes {
  /** SHA-256 of `train-images-idx3-ubyte`. */
  readonly trainImages: string;
  /** SHA-256 of `train-labels-idx1-ubyte`. */
  readonly trainLabels: string;
  /** SHA-256 of `t10k-images-idx3-ubyte`. */
  readonly testImages: string;
  /** SHA-256 of `t10k-labels-idx1-ubyte`. */
  readonly testLabels: string;
}

/** The files of 60,000 + 10,000 images of 28 × 28 bytes with their labels, under MNIST's names. */
const idxFiles = (hashes: IdxHashes): readonly PublishedFile[] => [
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

/** The facts about a dataset that its files do not hold. */
export interface IdxFacts extends Pick<Dataset, "name" | "classes"> {
  /** Normalisation of both splits. */
  readonly normalisation: Normalisation;
}

/**
 * Loads a dataset of {@linkcode idxFiles}, obtained and verified.
 *
 * @param data The folder that the user named, if any: then nowhere else.
 */
const loadIdxFiles = (
  published: Published,
  { normalisation, ...facts }: IdxFacts,
  data: string | undefined,
  env: DataEnv,
): TE.TaskEither<SparrowError, Dataset<ImageSplit>> =>
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
): ImageSplit => ({
  count: labels.length,
  values: pixels,
  labels,
  normalisation,
});

// ---- MNIST

/** Options of {@linkcode loadMnist}: where to look. */
export interface MnistOptions {
  /** The folder that the user named (`--data`): then nowhere else. @default {undefined} */
  readonly data?: string;
}

/** MNIST's four files. The mirrors are those of torchvision and of TensorFlow's examples. */
export const publishedMnist: Published = {
  title: "MNIST",
  folder: "mnist",
  files: idxFiles({
    trainImages: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    trainLabels: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    testImages: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    testLabels: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
  }),
  mirrors: [
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
  ],
};

const mnistFacts = {
  name: "mnist",
  classes: Array.from({ length: 10 }, (_, digit) => String(digit)),
  // The moments of byte / 255 over the training images, as in PyTorch's MNIST example (examples/mnist/main.py).
  normalisation: { mean: [0.1307], std: [0.3081] },
};

/**
 * Loads MNIST, verified by the SHA-256 of its files.
 *
 * It is looked for in `data`, and then nowhere else; or, in this order, in `$SPARROW_DATA` and its
 * subfolder `mnist`, the user's cache, `./runs/.cache/mnist` and two public mirrors. A download is
 * kept in the first cache that may be written. Files may be gzipped (NAME.gz) or not.
 *
 * @param options Options, as {@linkcode MnistOptions} describes them.
 * @param env Files, network and variables. @default {denoDataEnv}
 * @returns The dataset: shape [28, 28], classes "0" to "9". `DatasetUnavailable` names every place
 * that was tried; `CorruptFile` and `ChecksumMismatch` name a file that is there but is not MNIST's,
 * `FileUnavailable` one that cannot be read.
 *
 * @example
 * ```ts ignore
 * import { loadMnist } from "./mnist.ts";
 * import { orThrow } from "../../graph/error.ts";
 *
 * const { train, test } = await orThrow(loadMnist());
 * ```
 */
export const loadMnist = (
  { data }: MnistOptions = {},
  env: DataEnv = denoDataEnv,
): TE.TaskEither<SparrowError, Dataset<ImageSplit>> =>
  loadIdxFiles(publishedMnist, mnistFacts, data, env);

// ---- Fashion-MNIST

/** Options of {@linkcode loadFashionMnist}: where to look. */
export interface FashionMnistOptions {
  /** The folder that the user named (`--data`): then nowhere else. @default {undefined} */
  readonly data?: string;
}

/**
 * Fashion-MNIST's four files. The mirrors are Keras's and the authors' repository. The hashes are of
 * the content inside the .gz files whose MD5 the authors publish; several projects that verify the
 * uncompressed files print the same ones.
 */
export const publishedFashionMnist: Published = {
  title: "Fashion-MNIST",
  folder: "fashion_mnist",
  // Its files have MNIST's names, so that a folder of MNIST would look like a damaged copy.
  onlyInSubfolder: true,
  files: idxFiles({
    trainImages: "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    trainLabels: "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    testImages: "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    testLabels: "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
  }),
  mirrors: [
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
  ],
};

const fashionMnistFacts = {
  name: "fashion_mnist",
  // By label, as in the table of the repository's README.
  classes: [
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
  ],
  // The moments of byte / 255 over the training images, as PyTorch code commonly has them.
  normalisation: { mean: [0.286], std: [0.353] },
};

/**
 * Loads Fashion-MNIST, verified by the SHA-256 of its files.
 *
 * It is looked for in `data`, and then nowhere else; or, in this order, in `$SPARROW_DATA`'s
 * subfolder `fashion_mnist`, the user's cache, `./runs/.cache/fashion_mnist` and two public mirrors.
 * A download is kept in the first cache that may be written. Files may be gzipped (NAME.gz) or not.
 *
 * @param options Options, as {@linkcode FashionMnistOptions} describes them.
 * @param env Files, network and variables. @default {denoDataEnv}
 * @returns The dataset: shape [28, 28], ten classes from "T-shirt/top" to "Ankle boot".
 * `DatasetUnavailable` names every place that was tried; `CorruptFile` and `ChecksumMismatch` name a
 * file that is there but is not Fashion-MNIST's, `FileUnavailable` one that cannot be read.
 *
 * @example
 * ```ts ignore
 * import { loadFashionMnist } from "./mnist.ts";
 * import { orThrow } from "../../graph/error.ts";
 *
 * const { train, test } = await orThrow(loadFashionMnist({ data: "/data/fashion" }));
 * ```
 */
export const loadFashionMnist = (
  { data }: FashionMnistOptions = {},
  env: DataEnv = denoDataEnv,
): TE.TaskEither<SparrowError, Dataset<ImageSplit>> =>
  loadIdxFiles(publishedFashionMnist, fashionMnistFacts, data, env);
