/**
 * Folders of images in one subfolder per class: which files there are, before any is read.
 *
 * @module
 */
import type { DatasetUnavailable, FileUnavailable } from "../../graph/error.ts";
import { E } from "../../graph/fp_ts.ts";
import type { DataEnv, FolderEntry } from "./environment.ts";
import { hindranceTo } from "./folder.ts";
import { within } from "./published.ts";

/** An image file and its class. */
export interface Labelled {
  /** Its path. */
  readonly file: string;
  /** The index of its class. */
  readonly label: number;
}

/** The images of a folder. */
export interface Listing {
  /** The names of the subfolders, sorted by their characters' codes; at most 256. */
  readonly classes: readonly string[];
  /** By class, then by name, sorted in the same way; at least one of each class. */
  readonly images: readonly Labelled[];
  /** The paths of what is neither hidden nor used. */
  readonly skipped: readonly string[];
}

/** Where the training and the test images are. */
export type Layout =
  | { readonly _tag: "Parted"; readonly train: Listing; readonly test: Listing }
  | { readonly _tag: "Whole"; readonly all: Listing };

type Problem = DatasetUnavailable | FileUnavailable;

const extension = /\.(png|jpe?g)$/i;
const mostClasses = 256;

/**
 * Lists a folder: `train/` and `test/` with the same classes in each, or the classes themselves.
 * Names that begin with a dot are passed over; so are, and they are counted, files that do not end
 * in .png, .jpg or .jpeg, and folders inside a class.
 *
 * @returns The files; `DatasetUnavailable` when the folder is not there, when it has no class, a
 * class has no image, or the classes of train and test differ; `FileUnavailable` when a folder in it
 * cannot be read.
 */
export async function listImages(
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
  const visible = sorted(entries.right);
  const classes = visible.filter(({ isFolder }) => isFolder).map(({ name }) => name);
  if (classes.length === 0) return E.left(useless(folder, "it has no folder of a class"));
  if (classes.length > mostClasses) {
    return E.left(
      useless(
        folder,
        `it has ${classes.length} folders, and at most ${mostClasses} classes can be`,
      ),
    );
  }
  const images: Labelled[] = [];
  const skipped = visible.filter(({ isFolder }) => !isFolder)
    .map(({ name }) => within(folder, name));
  for (const [label, name] of classes.entries()) {
    const inside = within(folder, name);
    const found = await env.list(inside)();
    if (E.isLeft(found)) return found;
    const files = sorted(found.right);
    const isImage = (entry: FolderEntry) => !entry.isFolder && extension.test(entry.name);
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

const isHidden = (name: string): boolean => name.startsWith(".");

const sorted = (entries: readonly FolderEntry[]): readonly FolderEntry[] =>
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
export const useless = (place: string, reason: string): DatasetUnavailable => ({
  _tag: "DatasetUnavailable",
  dataset: "a folder of images",
  tried: [{ place, reason }],
  advice: "Put the images of each class, as .png or .jpg, into a folder of the class's name, and " +
    "these folders into one folder, or into train/ and test/ of one folder; name it with --data DIR",
});
