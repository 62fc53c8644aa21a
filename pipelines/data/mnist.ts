/**
 * MNIST: 60,000 + 10,000 handwritten digits of 28 × 28 bytes, by LeCun, Cortes and Burges (1998).
 *
 * @module
 * @see http://yann.lecun.com/exdb/mnist/
 */
import type { CorruptFile, SparrowError } from "../../graph/error.ts";
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import type { Dataset, Split } from "./dataset.ts";
import type { DataEnv } from "./environment.ts";
import { readIdx } from "./idx.ts";
import { obtain } from "./obtain.ts";
import type { Published, PublishedFile } from "./published.ts";

/** Where to look for MNIST. */
export interface MnistOptions {
  /** The folder that the user named (`--data`): then nowhere else. @default {undefined} */
  readonly data?: string;
}

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

/** MNIST's four files. The mirrors are those of torchvision and of TensorFlow's examples. */
export const publishedMnist: Published = {
  title: "MNIST",
  folder: "mnist",
  files: [
    idxFile(
      "train-images-idx3-ubyte",
      [60_000, 28, 28],
      "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    ),
    idxFile(
      "train-labels-idx1-ubyte",
      [60_000],
      "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ),
    idxFile(
      "t10k-images-idx3-ubyte",
      [10_000, 28, 28],
      "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    ),
    idxFile(
      "t10k-labels-idx1-ubyte",
      [10_000],
      "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
  ],
  mirrors: [
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
  ],
};

/** Of byte / 255 over the training images, as in PyTorch's MNIST example (examples/mnist/main.py). */
const normalisation = { mean: 0.1307, std: 0.3081 };

/**
 * MNIST, verified by the SHA-256 of its files.
 *
 * It is looked for in `data`, and then nowhere else; or, in this order, in `$SPARROW_DATA` and its
 * subfolder `mnist`, the user's cache, `./runs/.cache/mnist` and two public mirrors. A download is
 * kept in the first cache that may be written. Files may be gzipped (NAME.gz) or not.
 *
 * @returns The dataset: shape [28, 28], classes "0" to "9". `DatasetUnavailable` names every place
 * that was tried; `CorruptFile` and `ChecksumMismatch` name a file that is there but is not MNIST's,
 * `FileUnavailable` one that cannot be read.
 *
 * @example
 * ```ts ignore
 * import { loadMnist } from "./mnist.ts";
 * import { denoDataEnv } from "./environment.ts";
 *
 * const dataset = await loadMnist({ data: "/data/mnist" }, denoDataEnv)();
 * ```
 */
export const loadMnist = (
  { data }: MnistOptions,
  env: DataEnv,
): TE.TaskEither<SparrowError, Dataset> =>
  pipe(
    obtain(publishedMnist, data, env),
    TE.map(({ values: [trainPixels, trainLabels, testPixels, testLabels], source }) => ({
      name: "mnist",
      shape: [28, 28],
      classes: Array.from({ length: 10 }, (_, digit) => String(digit)),
      normalisation,
      train: splitOf(trainPixels, trainLabels),
      test: splitOf(testPixels, testLabels),
      source,
      sha256: Object.fromEntries(publishedMnist.files.map(({ name, sha256 }) => [name, sha256])),
      notice: null,
    })),
  );

const splitOf = (pixels: Uint8Array, labels: Uint8Array): Split => ({
  count: labels.length,
  pixels,
  labels,
});
