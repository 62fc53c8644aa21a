/**
 * Folders of images as datasets: one subfolder per class, of PNG and JPEG files of any size.
 *
 * @module
 */
import {
  type DatasetUnavailable,
  type FileUnavailable,
  type InvalidOption,
  invalidOption,
  type SparrowError,
} from "../../graph/error.ts";
import { E, pipe, type TE } from "../../graph/fp_ts.ts";
import { seed as seeded } from "../../graph/rng.ts";
import type { Colour } from "./bitmap.ts";
import {
  type Dataset,
  hashOf,
  type ImageSplit,
  labelArray,
  normalisationOf,
  type RawSplit,
} from "./dataset.ts";
import { type DataEnv, denoDataEnv, type FolderEntry } from "./environment.ts";
import { hindranceTo } from "./obtain.ts";
import { within } from "./published.ts";
import { stratified } from "./splits.ts";
import { thumbnails } from "./thumbnails.ts";

// ---- Which files there are

/** An image file with its class. */
export interface Labelled {
  /** Path of the file. */
  readonly file: string;
  /** Index of its class. */
  readonly label: number;
}

/** The images of a folder, of which none has been read. */
export interface Listing {
  /** Names of the subfolders, sorted by their characters' codes. */
  readonly classes: readonly string[];
  /** Images by class, then by name, sorted in the same way; at least one of each class. */
  readonly images: readonly Labelled[];
  /** Paths of files and folders that are neither hidden nor used. */
  readonly skipped: readonly string[];
}

/** The layout of a folder: `train/` and `test/`, or all classes in one. */
export type Layout =
  | { readonly _tag: "Parted"; readonly train: Listing; readonly test: Listing }
  | { readonly _tag: "Whole"; readonly all: Listing };

type Problem = DatasetUnavailable | FileUnavailable;

/**
 * Lists a folder: `train/` and `test/` with the same classes in each, or the classes themselves.
 * Names that begin with a dot are passed over; so are, and they are counted, files that do not end
 * in .png, .jpg or .jpeg, and folders inside a class.
 *
 * @returns The files; `DatasetUnavailable` when the folder is not there, when it has no class, a
 * class has no image, or the classes of train and test differ; `FileUnavailable` when a folder in it
 * cannot be read.
 */
async function listImages(
  folder: string,
  env: DataEnv,
): Promise<E.Either<Problem, Layout>> {
  const hindrance = await hindranceTo(folder, env);
  if (hindrance !== null) return E.left(useless(folder, hindrance));
  const entries = await env.list(folder)();
  if (E.isLeft(entries)) return entries;
  const parts = ["train", "test"].filter((name) =>
    entries.right.some((entry) => entry.isFolder && entry.name === name)
  );
  if (parts.length === 0) {
    const all = await listClasses(folder, env);
    return E.isLeft(all) ? all : E.right({ _tag: "Whole", all: all.right });
  }
  if (parts.length === 1) {
    return E.left(useless(folder, `it has ${parts[0]}/ and not the other of train/ and test/`));
  }
  const train = await listClasses(within(folder, "train"), env);
  if (E.isLeft(train)) return train;
  const test = await listClasses(within(folder, "test"), env);
  if (E.isLeft(test)) return test;
  const odd = [
    ...missing("test", train.right.classes, test.right.classes),
    ...missing("train", test.right.classes, train.right.classes),
  ];
  if (odd.length > 0) return E.left(useless(folder, odd.join(" and ")));
  const others = entries.right.filter(({ name }) => !isHidden(name) && !parts.includes(name));
  const skipped = [...others.map(({ name }) => within(folder, name)), ...train.right.skipped];
  return E.right({ _tag: "Parted", train: { ...train.right, skipped }, test: test.right });
}

async function listClasses(
  folder: string,
  env: DataEnv,
): Promise<E.Either<Problem, Listing>> {
  const entries = await env.list(folder)();
  if (E.isLeft(entries)) return entries;
  const visible = visibleEntries(entries.right);
  const classes = visible.filter(({ isFolder }) => isFolder).map(({ name }) => name);
  if (classes.length === 0) return E.left(useless(folder, "it has no folder of a class"));
  const images: Labelled[] = [];
  const skipped = visible.filter(({ isFolder }) => !isFolder)
    .map(({ name }) => within(folder, name));
  for (const [label, name] of classes.entries()) {
    const inside = within(folder, name);
    const found = await env.list(inside)();
    if (E.isLeft(found)) return found;
    const files = visibleEntries(found.right);
    const isImage = (entry: FolderEntry) => !entry.isFolder && isImageName(entry.name);
    const ours = files.filter(isImage);
    if (ours.length === 0) {
      return E.left(useless(inside, "it has no file that ends in .png, .jpg or .jpeg"));
    }
    images.push(...ours.map((entry) => ({ file: within(inside, entry.name), label })));
    skipped.push(
      ...files.filter((entry) => !isImage(entry)).map((entry) => within(inside, entry.name)),
    );
  }
  return E.right({ classes, images, skipped });
}

/** Whether a file is an image, by its name: one that ends in .png, .jpg or .jpeg. */
export const isImageName = (name: string): boolean => /\.(png|jpe?g)$/i.test(name);

const isHidden = (name: string): boolean => name.startsWith(".");

/** The entries of a folder whose names do not begin with a dot, sorted by their characters' codes. */
export const visibleEntries = (entries: readonly FolderEntry[]): readonly FolderEntry[] =>
  entries.filter(({ name }) => !isHidden(name))
    .toSorted((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

const missing = (
  part: string,
  wanted: readonly string[],
  there: readonly string[],
): readonly string[] => {
  const names = wanted.filter((name) => !there.includes(name));
  return names.length === 0 ? [] : [`${part}/ lacks ${names.join(", ")}`];
};

/** The error of a folder that cannot be used as it is. */
const useless = (place: string, reason: string): DatasetUnavailable => ({
  _tag: "DatasetUnavailable",
  dataset: "a folder of images",
  tried: [{ place, reason }],
  advice: "Put the images of each class, as .png or .jpg, into a folder of the class's name, and " +
    "these folders into one folder, or into train/ and test/ of one folder; name it with --data DIR",
});

// ---- The dataset

/** Options of {@linkcode loadImageFolder}. */
export interface ImageFolderOptions {
  /** Path of the folder. */
  readonly folder: string;
  /** Height and width to bring all images to, each an integer from 1 to 4096. */
  readonly size: readonly [height: number, width: number];
  /** Three channels or one. @default {"rgb"} */
  readonly colour?: Colour;
  /**
   * Fraction of each class that becomes the test set, of a folder without `train/` and `test/`; above 0
   * and below 1. @default {0.2}
   */
  readonly testFraction?: number;
  /** Seed of the drawing of the test set, an integer from 0 to 2^32 − 1. @default {0} */
  readonly seed?: number;
}

const largestSide = 4096;
/** The most bytes of a split, because a batch is gathered with indices of 32 bits. */
const mostBytes = 2 ** 31;

/**
 * Loads a folder of PNG and JPEG images as a dataset: shape [height, width, 3], or [height, width] of
 * grey. The classes are the names of the subfolders, sorted.
 *
 * The folder has `train/` and `test/` with the classes in each; or the classes themselves, of each
 * of which a seeded part becomes the test set. Every image is resized by its shorter side and
 * cropped around its centre (`fit`), turned by its Exif orientation, and shown on white where it is
 * transparent. Names that begin with a dot are passed over; other files that are not images by their
 * name, and folders inside a class, are passed over with a notice. The normalisation is that of the
 * training images. The dataset has the folder's name, and under "train" and "test" the SHA-256 of
 * each split's bytes: its pixels, then its labels.
 *
 * @returns The dataset. `DatasetUnavailable` when the folder is not there, has no class, an empty
 * one, or other classes to test than to train, and when a class of one image is to be divided;
 * `CorruptFile` names an image that cannot be decoded, or that is too large to; `FileUnavailable`
 * one that cannot be read; `InvalidOption` for an option out of its range.
 * @param env Files, network and variables. @default {denoDataEnv}
 *
 * @example
 * ```ts ignore
 * import { loadImageFolder } from "./image_folder.ts";
 * import { orThrow } from "../../graph/error.ts";
 *
 * const flowers = await orThrow(loadImageFolder({ folder: "/data/flowers", size: [32, 32], seed: 26 }));
 * ```
 */
export const loadImageFolder = (
  options: ImageFolderOptions,
  env: DataEnv = denoDataEnv,
): TE.TaskEither<SparrowError, Dataset<ImageSplit>> =>
async () => {
  const problem = outOfRange(options);
  if (problem !== null) return E.left(problem);
  const { folder, size, colour = "rgb" } = options;
  const layout = await listImages(folder, env);
  if (E.isLeft(layout)) return layout;
  const planned = plan(layout.right, options);
  if (E.isLeft(planned)) return planned;
  const { classes, skipped, how } = planned.right;

  const channels = colour === "rgb" ? 3 : 1;
  const read = readAll(size, colour, classes, env);
  const train = await read(planned.right.train)();
  if (E.isLeft(train)) return train;
  const test = await read(planned.right.test)();
  if (E.isLeft(test)) return test;
  const normalisation = normalisationOf(train.right, channels);
  return E.right({
    name: nameOf(folder),
    shape: colour === "rgb" ? [...size, channels] : [...size],
    classes,
    train: { ...train.right, normalisation },
    validation: null,
    test: { ...test.right, normalisation },
    source: `${folder}${how}`,
    sha256: { train: await hashOf(train.right), test: await hashOf(test.right) },
    notice: skipped.length === 0 ? null : noticeOf(skipped),
  });
};

function outOfRange(
  { folder, size, testFraction = 0.2, seed = 0 }: ImageFolderOptions,
): InvalidOption | null {
  if (folder === "") return invalidOption("--data", folder, "the path of a folder");
  if (size.length !== 2 || !size.every((n) => Number.isInteger(n) && n >= 1 && n <= largestSide)) {
    return invalidOption(
      "size",
      `[${size.join(", ")}]`,
      `[height, width], each an integer from 1 to ${largestSide}`,
    );
  }
  if (!(testFraction > 0 && testFraction < 1)) {
    return invalidOption("testFraction", testFraction, "a number above 0 and below 1");
  }
  return Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32
    ? null
    : invalidOption("seed", seed, `an integer from 0 to ${2 ** 32 - 1}`);
}

interface Plan {
  readonly classes: readonly string[];
  readonly train: readonly Labelled[];
  readonly test: readonly Labelled[];
  readonly skipped: readonly string[];
  /** Words that the source has after the folder. */
  readonly how: string;
}

function plan(
  layout: Layout,
  { folder, size, colour = "rgb", testFraction = 0.2, seed = 0 }: ImageFolderOptions,
): E.Either<SparrowError, Plan> {
  const { classes, images } = layout._tag === "Whole" ? layout.all : layout.train;
  const bytes = Math.max(images.length, layout._tag === "Parted" ? layout.test.images.length : 0) *
    size[0] * size[1] * (colour === "rgb" ? 3 : 1);
  if (bytes >= mostBytes) {
    return E.left(
      invalidOption(
        "size",
        `[${size.join(", ")}], which makes ${bytes} bytes`,
        `a size at which a set has less than ${mostBytes} bytes`,
      ),
    );
  }
  if (layout._tag === "Parted") {
    const { train, test } = layout;
    const skipped = [...train.skipped, ...test.skipped];
    return E.right({ classes, train: train.images, test: test.images, skipped, how: "" });
  }
  const counts = new Uint32Array(classes.length);
  for (const { label } of images) counts[label]++;
  const lonely = classes.find((_, label) => counts[label] < 2);
  if (lonely !== undefined) {
    const reason = `the class ${lonely} has one image, and one to train and one to test are needed`;
    return E.left(useless(folder, reason));
  }
  return pipe(
    stratified(
      labelsOf(images, classes),
      classes,
      testFraction,
      seeded(seed),
    ),
    E.map(({ rest, part }) => ({
      classes,
      train: Array.from(rest, (i) => images[i]),
      test: Array.from(part, (i) => images[i]),
      skipped: layout.all.skipped,
      how: `, ${testFraction} of each class to test, by seed ${seed}`,
    })),
  );
}

/** Reads all images, which are decoded on all cores. */
const readAll = (
  size: readonly [number, number],
  colour: Colour,
  classes: readonly string[],
  env: DataEnv,
) =>
(images: readonly Labelled[]): TE.TaskEither<SparrowError, RawSplit> =>
async () => {
  const area = size[0] * size[1] * (colour === "rgb" ? 3 : 1);
  const pixels = new Uint8Array(images.length * area);
  let at = 0;
  for await (const read of thumbnails(images.map(({ file }) => file), { size, colour }, env)) {
    if (E.isLeft(read)) return read;
    pixels.set(read.right, area * at++);
  }
  return E.right({ count: images.length, values: pixels, labels: labelsOf(images, classes) });
};

const labelsOf = (images: readonly Labelled[], classes: readonly string[]) =>
  labelArray(images.map(({ label }) => label), classes.length);

const nameOf = (folder: string): string =>
  folder.split(/[/\\]/).findLast((part) => part !== "" && part !== "." && part !== "..") ??
    "images";

const shown = 3;

const noticeOf = (skipped: readonly string[]): string =>
  (skipped.length === 1
    ? "1 file or folder was passed over: "
    : `${skipped.length} files or folders were passed over: `) +
  skipped.slice(0, shown).join(", ") + (skipped.length > shown ? ", …" : "");
