/**
 * Fashion-MNIST: 60,000 + 10,000 articles of clothing of 28 × 28 bytes in MNIST's format, by Xiao,
 * Rasul and Vollgraf (2017, arXiv:1708.07747).
 *
 * @module
 * @see https://github.com/zalandoresearch/fashion-mnist
 */
import type { SparrowError } from "../../graph/error.ts";
import type { TE } from "../../graph/fp_ts.ts";
import type { Dataset } from "./dataset.ts";
import type { DataEnv } from "./environment.ts";
import { idxFiles, loadIdxFiles } from "./idx_dataset.ts";
import type { Published } from "./published.ts";

/** Where to look for Fashion-MNIST. */
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

const facts = {
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
  // Of byte / 255 over the training images, as PyTorch code commonly has them.
  normalisation: { mean: [0.286], std: [0.353] },
};

/**
 * Fashion-MNIST, verified by the SHA-256 of its files.
 *
 * It is looked for in `data`, and then nowhere else; or, in this order, in `$SPARROW_DATA`'s
 * subfolder `fashion_mnist`, the user's cache, `./runs/.cache/fashion_mnist` and two public mirrors.
 * A download is kept in the first cache that may be written. Files may be gzipped (NAME.gz) or not.
 *
 * @returns The dataset: shape [28, 28], ten classes from "T-shirt/top" to "Ankle boot".
 * `DatasetUnavailable` names every place that was tried; `CorruptFile` and `ChecksumMismatch` name a
 * file that is there but is not Fashion-MNIST's, `FileUnavailable` one that cannot be read.
 *
 * @example
 * ```ts ignore
 * import { loadFashionMnist } from "./fashion_mnist.ts";
 * import { denoDataEnv } from "./environment.ts";
 *
 * const dataset = await loadFashionMnist({ data: "/data/fashion" }, denoDataEnv)();
 * ```
 */
export const loadFashionMnist = (
  { data }: FashionMnistOptions,
  env: DataEnv,
): TE.TaskEither<SparrowError, Dataset> => loadIdxFiles(publishedFashionMnist, facts, data, env);
