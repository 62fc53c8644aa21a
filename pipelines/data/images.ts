/**
 * The dataset that a command line names.
 *
 * @module
 */
import { invalidOption, type SparrowError } from "../../graph/error.ts";
import { pipe, TE } from "../../graph/fp_ts.ts";
import type { Dataset } from "./dataset.ts";
import { type DataEnv, denoDataEnv } from "./environment.ts";
import { loadFashionMnist, loadMnist, publishedMnist } from "./mnist.ts";
import { howToGet } from "./published.ts";
import { loadStrokes } from "./strokes.ts";
import { loadCifar10 } from "./cifar10.ts";
import type { Colour } from "./bitmap.ts";
import { loadImageFolder } from "./image_folder.ts";

// The digits that a pipeline trains on: MNIST where it can be had, else the built-in ones.

/** Options of {@linkcode loadDigits}: which digits. */
export interface DigitsOptions {
  /** Left out: MNIST, and the built-in digits where there is none. */
  readonly dataset?: "mnist" | "strokes";
  /** The folder with MNIST's files (`--data`), which names MNIST. */
  readonly data?: string;
  /** Seed of the built-in digits, an integer from 0 to 2^32 − 1. @default {0} */
  readonly seed?: number;
}

/**
 * MNIST or the built-in digits.
 *
 * @returns What was named, or its error. If nothing was: MNIST, and the built-in digits with a
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
): TE.TaskEither<SparrowError, Dataset> {
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

/** A dataset's name on a command line; "folder" is a folder of images in one folder per class. */
export type DatasetName = typeof datasetNames[number];

/** Options of {@linkcode loadImages}: which images. */
export interface ImagesOptions {
  /** Left out: MNIST, and the built-in digits where there is none. */
  readonly dataset?: DatasetName;
  /** The folder with the dataset's files (`--data`); without `dataset` it names MNIST. */
  readonly data?: string;
  /** Seed of the built-in digits, and of a folder's test set: an integer from 0 to 2^32 − 1. @default {0} */
  readonly seed?: number;
  /** The height and the width of a folder's images. @default {[32, 32]} */
  readonly size?: readonly [height: number, width: number];
  /** The channels of a folder's images: three or one. @default {"rgb"} */
  readonly colour?: Colour;
}

/**
 * The named dataset; without a name MNIST, or the built-in digits with a notice.
 *
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
  { dataset, data, seed = 0, size = [32, 32], colour }: ImagesOptions = {},
  env: DataEnv = denoDataEnv,
): TE.TaskEither<SparrowError, Dataset> {
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
        : loadImageFolder({ folder: data, size, colour, seed }, env);
  }
}
