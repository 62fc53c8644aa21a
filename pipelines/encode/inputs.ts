/**
 * Images by name: those of datasets, files and folders.
 *
 * @module
 */
import { type FileUnavailable, invalidOption, type SparrowError } from "../../graph/error.ts";
import { E, type TE } from "../../graph/fp_ts.ts";
import type { ImageSplit } from "../data/dataset.ts";
import { type DataEnv, denoDataEnv, type FolderEntry } from "../data/environment.ts";
import { isImageName, visibleEntries } from "../data/image_folder.ts";
import { type DatasetName, datasetNames, loadImages } from "../data/images.ts";
import { within } from "../data/published.ts";
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
  /** Name of the folder that it is in, where that is a folder of a named folder; else null. */
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
    /** Paths of what was passed over in folders: other files, and folders in folders. */
    readonly passed: readonly string[];
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
 * A folder stands for the images in it and in its folders, whose names are their labels; names that
 * begin with a dot are passed over, and so is, with a notice, whatever does not end in .png, .jpg or
 * .jpeg, or lies deeper.
 *
 * @param names Names of datasets and paths; their order is kept. A folder called mnist is "./mnist".
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
  const dataset = name === "digits" ? undefined : name as DatasetName;
  const loaded = await loadImages({ dataset, data, seed }, env)();
  if (E.isLeft(loaded)) return loaded;
  const { shape, classes, notice, [split]: all } = loaded.right;
  const images = first === 0 ? all : firstSamples(all, first);
  const known = dataset ?? (loaded.right.name === "strokes" ? "strokes" : "mnist");
  return E.right({
    kind: "dataset",
    part: {
      kind: "dataset",
      dataset: known as Exclude<DatasetName, "folder">,
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
  const listed = await env.list(path)();
  // What cannot be listed is taken for a file, whatever its name: reading it will tell.
  if (E.isLeft(listed)) {
    return E.right({ kind: "files", files: [{ path, label: null }], passed: [] });
  }
  const files: ImageFile[] = [];
  const passed: string[] = [];
  const sort = (folder: string, entries: readonly FolderEntry[], label: string | null) => {
    for (const { name, isFolder } of visibleEntries(entries)) {
      const inside = within(folder, name);
      if (!isFolder && isImageName(name)) files.push({ path: inside, label });
      else if (!isFolder || label !== null) passed.push(inside);
    }
  };
  sort(path, listed.right, null);
  for (const { name } of visibleEntries(listed.right).filter(({ isFolder }) => isFolder)) {
    const folder = within(path, name);
    const entries = await env.list(folder)();
    if (E.isLeft(entries)) return entries;
    sort(folder, entries.right, name);
  }
  return files.length > 0 ? E.right({ kind: "files", files, passed }) : E.left(
    invalidOption(
      path,
      "a folder without any",
      "images: files that end in .png, .jpg or .jpeg, in the folder or in its folders",
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

/** How many paths a note lists. */
const SHOWN = 3;

/** Lists what a person should know of images: the notices of datasets, and what was passed over in folders. */
export const notesOf = (inputs: readonly ImageSource[]): readonly string[] =>
  inputs.flatMap((input) => {
    if (input.kind === "dataset") return input.notice === null ? [] : [input.notice];
    const { passed } = input;
    return passed.length === 0 ? [] : [
      `${count(passed.length, "file or folder", "files or folders")} passed over: ` +
      passed.slice(0, SHOWN).join(", ") + (passed.length > SHOWN ? ", …" : ""),
    ];
  });
