/**
 * The images that a command line names: datasets, files and folders.
 *
 * @module
 */
import { type FileUnavailable, invalidOption, type SparrowError } from "../../graph/error.ts";
import { E } from "../../graph/fp_ts.ts";
import type { DataSplit } from "../data/dataset.ts";
import type { DataEnv, FolderEntry } from "../data/environment.ts";
import { type DatasetName, datasetNames, loadImages } from "../data/images.ts";
import { within } from "../data/published.ts";
import type { OriginPart, OriginSplit } from "./origins.ts";

/** Which images of what is named. */
export interface InputOptions {
  /** Of datasets. @default {"test"} */
  readonly split?: OriginSplit;
  /** Of each dataset so many images at most, from its first on; 0 for all. @default {0} */
  readonly first?: number;
  /** The folder with the datasets' files. */
  readonly data?: string;
  /** Of the built-in digits. */
  readonly seed: number;
}

/** An image file. */
export interface ImageFile {
  /** Its path. */
  readonly path: string;
  /** The name of the folder that it is in, where that is a folder of a named folder; null. */
  readonly label: string | null;
}

/** Images in one place. */
export type Input =
  | {
    /** Of a dataset, in memory. */
    readonly kind: "dataset";
    /** Which. */
    readonly part: Extract<OriginPart, { readonly kind: "dataset" }>;
    /** The images that were chosen. */
    readonly images: DataSplit;
    /** Of one image. */
    readonly shape: readonly number[];
    /** The names of the labels. */
    readonly classes: readonly string[];
    /** What a reader must know before any number; nothing. */
    readonly notice: string | null;
  }
  | {
    /** On the disk. */
    readonly kind: "files";
    /** In order; none has been looked at. */
    readonly files: readonly ImageFile[];
    /** What was passed over in folders: other files, and folders in folders. */
    readonly passed: readonly string[];
  };

/** Names of datasets; "digits" is MNIST, or the built-in ones where there is no MNIST. */
const inputNames: readonly string[] = [
  ...datasetNames.filter((name) => name !== "folder"),
  "digits",
];

/** Whether an operand is the name of a dataset. A folder of such a name is `./mnist`. */
export const namesDataset = (operand: string): boolean => inputNames.includes(operand);

const extension = /\.(png|jpe?g)$/i;

/**
 * Finds the images that a command line names, in its order. Datasets are loaded, files are not.
 *
 * A folder stands for the images in it and in its folders, whose names are their labels; names that
 * begin with a dot are passed over, and so is, with a notice, whatever does not end in .png, .jpg or
 * .jpeg, or lies deeper.
 *
 * @returns `FileUnavailable` for what is not there, `InvalidOption` for a folder without an image, or
 * the error of a dataset's loader.
 */
export async function findInputs(
  operands: readonly string[],
  options: InputOptions,
  env: DataEnv,
): Promise<E.Either<SparrowError, readonly Input[]>> {
  const inputs: Input[] = [];
  for (const operand of operands) {
    const found = namesDataset(operand)
      ? await datasetInput(operand, options, env)
      : await filesInput(operand, env);
    if (E.isLeft(found)) return found;
    inputs.push(found.right);
  }
  return E.right(inputs);
}

type Found = E.Either<SparrowError, Input>;

async function datasetInput(
  name: string,
  { split = "test", first = 0, data, seed }: InputOptions,
  env: DataEnv,
): Promise<Found> {
  const dataset = name === "digits" ? undefined : name as DatasetName;
  const loaded = await loadImages({ dataset, data, seed }, env)();
  if (E.isLeft(loaded)) return loaded;
  const { shape, classes, notice, [split]: all } = loaded.right;
  const count = first === 0 ? all.count : Math.min(first, all.count);
  const images = {
    count,
    pixels: all.pixels.subarray(0, count * (all.pixels.length / all.count)),
    labels: all.labels.subarray(0, count),
  };
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
      count,
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
    for (const { name, isFolder } of sorted(entries)) {
      const inside = within(folder, name);
      if (!isFolder && extension.test(name)) files.push({ path: inside, label });
      else if (!isFolder || label !== null) passed.push(inside);
    }
  };
  sort(path, listed.right, null);
  for (const { name } of sorted(listed.right).filter(({ isFolder }) => isFolder)) {
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

const sorted = (entries: readonly FolderEntry[]): readonly FolderEntry[] =>
  entries.filter(({ name }) => !name.startsWith("."))
    .toSorted((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

const noSuch = (file: string): FileUnavailable => ({
  _tag: "FileUnavailable",
  operation: "read",
  file,
  reason: "there is no such file or folder",
  advice: `Check the path; datasets are ${inputNames.join(", ")}`,
});
