/**
 * The datasets that a command line names: MNIST, Fashion-MNIST, CIFAR-10, the built-in digits, or a
 * folder of images.
 *
 * @module
 */
import { invalidOption, type SparrowError } from "../../graph/error.ts";
import { pipe, TE } from "../../graph/fp_ts.ts";
import type { Colour } from "./bitmap.ts";
import { loadCifar10 } from "./cifar10.ts";
import type { Dataset, ImageSplit, PictureSplit } from "./dataset.ts";
import { type DataEnv, denoDataEnv } from "./environment.ts";
import { loadImageFolder } from "./image_folder.ts";
import { loadFashionMnist, loadMnist, publishedMnist } from "./mnist.ts";
import { howToGet } from "./published.ts";
import { loadStrokes } from "./strokes.ts";

/** Options of {@linkcode loadDigits}: which digits. */
export interface DigitsOptions {
  /** Name of the dataset. @default MNIST, and the built-in digits where there is none */
  readonly dataset?: "mnist" | "strokes";
  /** Folder with MNIST's files (`--data`), which names MNIST. @default where `loadMnist` looks */
  readonly data?: string;
  /** Seed of the built-in digits, an integer from 0 to 2^32 − 1. @default {0} */
  readonly seed?: number;
}

/**
 * Loads MNIST, or the built-in digits.
 *
 * @param options Options, as {@linkcode DigitsOptions} describes them.
 * @param env Files, network and variables. @default {denoDataEnv}
 * @returns The dataset that was named, or its error. If nothing was: MNIST, and the built-in digits with a
 * notice if no place has it. A damaged copy of MNIST is an error in any case, since results on
 * other digits would surprise. `InvalidOption` when `data` is given with the dataset "strokes".
 *
 * @example
 * ```ts
 * import { loadDigits } from "./images.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const digits = await orThrow(loadDigits({ dataset: "strokes", seed: 1 }));
 * assertEquals(digits.name, "strokes");
 * ```
 */
export function loadDigits(
  { dataset, data, seed = 0 }: DigitsOptions = {},
  env: DataEnv = denoDataEnv,
): TE.TaskEither<SparrowError, Dataset<ImageSplit>> {
  if (dataset === "strokes") {
    return data === undefined
      ? loadStrokes({ seed })
      : TE.left(invalidOption("--data", data, "nothing, since the digits are generated"));
  }
  const mnist = loadMnist({ data }, env);
  if (dataset === "mnist" || data !== undefined) return mnist;
  return pipe(
    mnist,
    TE.orElse((error) =>
      error._tag === "DatasetUnavailable"
        ? pipe(
          loadStrokes({ seed }),
          TE.map((strokes) => ({ ...strokes, notice })),
        )
        : TE.left(error)
    ),
  );
}

const notice = "MNIST was not found; the built-in digits (strokes) are used instead. " +
  howToGet(publishedMnist);

/** The datasets that {@linkcode loadImages} knows by name. */
export const datasetNames = ["mnist", "fashion_mnist", "cifar10", "strokes", "folder"] as const;

/** A dataset's name on a command line; "folder" is a folder of images, as {@linkcode loadImageFolder} takes it. */
export type DatasetName = typeof datasetNames[number];

/** Options of {@linkcode loadImages}: which images. */
export interface ImagesOptions {
  /** Name of the dataset. @default MNIST, and the built-in digits where there is none */
  readonly dataset?: DatasetName;
  /** Folder with the dataset's files (`--data`); without `dataset` it names MNIST. @default none */
  readonly data?: string;
  /** Seed of the built-in digits, and of a folder's test set: an integer from 0 to 2^32 − 1. @default {0} */
  readonly seed?: number;
  /** Height and width of a folder's images. @default {[32, 32]} */
  readonly size?: readonly [height: number, width: number];
  /** Channels of a folder's images: three or one. @default {"rgb"} */
  readonly colour?: Colour;
  /** Whether an image of a folder that cannot be read is passed over, in place of an error. @default {false} */
  readonly skipBad?: boolean;
}

/**
 * Loads the named dataset; without a name MNIST, or the built-in digits with a notice. All have labels, but for a
 * folder of images without subfolders.
 *
 * @param options Options, as {@linkcode ImagesOptions} describes them.
 * @param env Files, network and variables. @default {denoDataEnv}
 * @returns The dataset, or the error of its loader; `InvalidOption` when "folder" comes without
 * `data` or "strokes" with it.
 *
 * @example
 * ```ts
 * import { loadImages } from "./images.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const digits = await orThrow(loadImages({ dataset: "strokes", seed: 1 }));
 * assertEquals(digits.name, "strokes");
 * ```
 */
export function loadImages(
  options?: ImagesOptions & { readonly dataset?: Exclude<DatasetName, "folder"> },
  env?: DataEnv,
): TE.TaskEither<SparrowError, Dataset<ImageSplit>>;
/**
 * Loads the named dataset; a folder without subfolders has no labels.
 *
 * @param options Options, as {@linkcode ImagesOptions} describes them.
 * @param env Files, network and variables. @default {denoDataEnv}
 */
export function loadImages(
  options: ImagesOptions,
  env?: DataEnv,
): TE.TaskEither<SparrowError, Dataset<PictureSplit>>;
export function loadImages(
  { dataset, data, seed = 0, size = [32, 32], colour, skipBad }: ImagesOptions = {},
  env: DataEnv = denoDataEnv,
): TE.TaskEither<SparrowError, Dataset<PictureSplit>> {
  switch (dataset) {
    case undefined:
    case "mnist":
    case "strokes":
      return loadDigits({ dataset, data, seed }, env);
    case "fashion_mnist":
      return loadFashionMnist({ data }, env);
    case "cifar10":
      return loadCifar10({ data }, env);
    case "folder":
      return data === undefined
        ? TE.left(invalidOption("--data", "nothing", "the folder of the images"))
        : loadImageFolder({ folder: data, size, colour, seed, skipBad }, env);
  }
}
