/**
 * MNIST: 60,000 + 10,000 handwritten digits of 28 × 28 bytes, by LeCun, Cortes and Burges (1998).
 *
 * @module
 * @see http://yann.lecun.com/exdb/mnist/
 */
import type { SparrowError } from "../../graph/error.ts";
import type { TE } from "../../graph/fp_ts.ts";
import type { Dataset } from "./dataset.ts";
import type { DataEnv } from "./environment.ts";
import { idxFiles, loadIdxFiles } from "./idx_dataset.ts";
import type { Published } from "./published.ts";

/** Where to look for MNIST. */
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

const facts = {
  name: "mnist",
  classes: Array.from({ length: 10 }, (_, digit) => String(digit)),
  // Of byte / 255 over the training images, as in PyTorch's MNIST example (examples/mnist/main.py).
  normalisation: { mean: [0.1307], std: [0.3081] },
};

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
): TE.TaskEither<SparrowError, Dataset> => loadIdxFiles(publishedMnist, facts, data, env);
