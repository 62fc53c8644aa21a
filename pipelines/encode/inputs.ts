/**
 * Images by name: those of datasets, files and folders.
 *
 * @module
 */
import { type FileUnavailable, invalidOption, type SparrowError } from "../../graph/error.ts";
import { E, type TE } from "../../graph/fp_ts.ts";
import type { ImageSplit } from "../data/dataset.ts";
import { type DataEnv, denoDataEnv } from "../data/environment.ts";
import { type DatasetName, datasetNames, loadImages } from "../data/images.ts";
import { listPictures, passedOver, PICTURE_KINDS, placed } from "../data/picture_files.ts";
import { firstSamples } from "../data/splits.ts";
import type { OriginPart, OriginSplit } from "../files/codes.ts";
import { count } from "../report/format.ts";

/** Options of {@linkcode findImages}. */
export interface FindImagesOptions {
  /** Split to take of datasets. @default {"test"} */
  readonly split?: OriginSplit;
  /** Number of images to take of each dataset, from its first on; 0 for all. @default {0} */
  readonly first?: number;
  /** Folder of the datasets' files. @default where `loadImages` looks */
  readonly data?: string;
  /** Seed of the built-in digits, an integer from 0 to 2^32 − 1. @default {0} */
  readonly seed?: number;
  /** Environment that datasets and files are read from. @default this machine */
  readonly dataEnv?: DataEnv;
}

/** An image file. */
export interface ImageFile {
  /** Path of the file. */
  readonly path: string;
  /** Class that its folders below the named one stand for, as `loadImageFolder` has them; null for none. */
  readonly label: string | null;
}

/** Images to encode: of a dataset in memory, or files that are not read yet. */
export type ImageSource =
  | {
    /** Images of a dataset. */
    readonly kind: "dataset";
    /** Dataset and split, as codes remember them. */
    readonly part: Extract<OriginPart, { readonly kind: "dataset" }>;
    /** The images that were chosen. */
    readonly images: ImageSplit;
    /** Shape of one image: [height, width] or [height, width, channels]. */
    readonly shape: readonly number[];
    /** Names of the labels. */
    readonly classes: readonly string[];
    /** Notice of the dataset for a person; null for none. */
    readonly notice: string | null;
  }
  | {
    /** Image files. */
    readonly kind: "files";
    /** Files in order; none has been read. */
    readonly files: readonly ImageFile[];
    /** Description of the entries of the folder that were passed over; empty for none. */
    readonly passed: string;
  };

/** The names of datasets; "digits" is MNIST, or the built-in ones where there is no MNIST. */
const inputNames: readonly string[] = [
  ...datasetNames.filter((name) => name !== "folder"),
  "digits",
];

/** Whether an operand is the name of a dataset. A folder of such a name is `./mnist`. */
export const namesDataset = (operand: string): boolean => inputNames.includes(operand);

/**
 * Finds images by name: those of datasets ("mnist", "fashion_mnist", "cifar10", "strokes", or "digits",
 * which is MNIST or the built-in digits where there is no MNIST), of image files, and of folders.
 * Datasets are loaded, files are not read yet.
 *
 * A folder stands for the images in it and in its folders, to any depth, in the order and with the classes
 * that `loadImageFolder` finds there; what is passed over is listed with the reason.
 *
 * @param names Names of datasets and paths; their order is kept. A folder called mnist is "./mnist".
 * @param options Options, as {@linkcode FindImagesOptions} describes them.
 * @returns The sources; `FileUnavailable` for what is not there, `InvalidOption` for a folder without an
 * image, or the error of a dataset's loader.
 *
 * @example
 * ```ts
 * import { findImages } from "./inputs.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const [source] = await orThrow(findImages(["strokes"], { first: 5 }));
 * assertEquals([source.kind, source.kind === "dataset" && source.images.count], ["dataset", 5]);
 * ```
 */
export const findImages = (
  names: readonly string[],
  { dataEnv = denoDataEnv, ...options }: FindImagesOptions = {},
): TE.TaskEither<SparrowError, readonly ImageSource[]> =>
async () => {
  const sources: ImageSource[] = [];
  for (const name of names) {
    const found = namesDataset(name)
      ? await datasetInput(name, options, dataEnv)
      : await filesInput(name, dataEnv);
    if (E.isLeft(found)) return found;
    sources.push(found.right);
  }
  return E.right(sources);
};

type Found = E.Either<SparrowError, ImageSource>;

async function datasetInput(
  name: string,
  { split = "test", first = 0, data, seed = 0 }: FindImagesOptions,
  env: DataEnv,
): Promise<Found> {
  const dataset = name === "digits" ? undefined : name as Exclude<DatasetName, "folder">;
  const loaded = await loadImages({ dataset, data, seed }, env)();
  if (E.isLeft(loaded)) return loaded;
  const { shape, classes, notice, [split]: all } = loaded.right;
  const images = first === 0 ? all : firstSamples(all, first);
  const known = dataset ?? (loaded.right.name === "strokes" ? "strokes" : "mnist");
  return E.right({
    kind: "dataset",
    part: {
      kind: "dataset",
      dataset: known,
      name: loaded.right.name,
      data: data ?? null,
      seed,
      split,
      from: 0,
      count: images.count,
    },
    images,
    shape,
    classes,
    notice,
  });
}

async function filesInput(path: string, env: DataEnv): Promise<Found> {
  const there = await env.files.exists(path)();
  if (E.isRight(there) && !there.right) return E.left(noSuch(path));
  const listed = await listPictures(path, env)();
  // What cannot be listed is taken for a file, whatever its name: reading it will tell.
  if (E.isLeft(listed)) {
    return E.right({ kind: "files", files: [{ path, label: null }], passed: "" });
  }
  const { pictures } = listed.right;
  const passed = passedOver(listed.right.passed);
  const files = placed(pictures).map(({ path, label }): ImageFile => ({ path, label }));
  return files.length > 0 ? E.right({ kind: "files", files, passed }) : E.left(
    invalidOption(
      path,
      `a folder without any${passed === "" ? "" : `; ${passed}`}`,
      `images (${PICTURE_KINDS} by their names) in the folder or in its folders`,
    ),
  );
}

const noSuch = (file: string): FileUnavailable => ({
  _tag: "FileUnavailable",
  operation: "read",
  file,
  reason: "there is no such file or folder",
  advice: `Check the path; datasets are ${inputNames.join(", ")}`,
});

/** Lists notes on images for the user: the notices of datasets, and the files that were skipped in folders. */
export const notesOf = (inputs: readonly ImageSource[]): readonly string[] =>
  inputs.flatMap((input) => {
    if (input.kind === "dataset") return input.notice === null ? [] : [input.notice];
    const { files, passed } = input;
    return passed === "" ? [] : [`${count(files.length, "picture")}; ${passed}`];
  });
