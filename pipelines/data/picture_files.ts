/**
 * Listing of the pictures in a user's folder: nested folders, files of other kinds, links, and files of operating
 * systems. Training and encoding list a folder by the same rules.
 *
 * @module
 */
import type { FileUnavailable, SparrowError } from "../../graph/error.ts";
import { E, type TE } from "../../graph/fp_ts.ts";
import { count } from "../report/format.ts";
import type { DataEnv, FolderEntry } from "./environment.ts";
import { within } from "./published.ts";

// ---- Names

/** The kinds of picture files that are decoded, as an error names them. */
export const PICTURE_KINDS = "PNG, JPEG, WebP, AVIF, GIF, HEIC, TIFF or BMP";

/** Tells by its name whether a file is a picture that can be decoded. */
export const isPictureName = (name: string): boolean =>
  /\.(png|jpe?g|jpe|jfif|webp|avif|gif|hei[cf]|tiff?|bmp)$/i.test(name);

/** Reason for which an entry of a folder is skipped. */
export type PassedReason = keyof typeof WORDS;

/** Words for the skipped entries, for one and for several; their order is that of {@linkcode passedOver}. */
const WORDS = {
  hidden: ["hidden", "hidden"],
  raw: ["raw photograph", "raw photographs"],
  svg: ["SVG", "SVG"],
  other: ["other file", "other files"],
  bad: ["bad picture", "bad pictures"],
  lost: ["link that leads nowhere", "links that lead nowhere"],
  circular: ["link that leads in a circle", "links that lead in a circle"],
  unreadable: ["folder that cannot be read", "folders that cannot be read"],
  empty: ["folder without a picture", "folders without a picture"],
  loose: ["picture outside the classes' folders", "pictures outside the classes' folders"],
  untaught: [
    "test picture of a class without training pictures",
    "test pictures of classes without training pictures",
  ],
} as const;

/** Other kinds of pictures, by the ends of their names. */
const KINDS: readonly (readonly [RegExp, PassedReason])[] = [
  [/\.(dng|cr[23]|nef|arw|raf|orf|rw2)$/i, "raw"],
  [/\.svgz?$/i, "svg"],
];

/** Names that systems leave in folders: of macOS, Windows, Synology and ext4. */
const HIDDEN =
  /^(\..*|__macosx|(eh)?thumbs\.db|desktop\.ini|@eadir|\$recycle\.bin|system volume information|lost\+found)$/i;

/** An entry that was skipped. */
export interface PassedOver {
  /** Path of the file below the listed folder. */
  readonly name: string;
  /** Reason for which it was skipped. */
  readonly reason: PassedReason;
}

/** The most names that a reason lists; for files that should be inspected, more. */
const [SHOWN, SHOWN_BAD] = [3, 20];

/**
 * Describes the skipped entries, by reason, with the number and the first names of each.
 *
 * @returns The words; empty where nothing was passed over.
 *
 * @example
 * ```ts
 * import { passedOver } from "./picture_files.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(
 *   passedOver([
 *     { name: "cat/1.svg", reason: "svg" },
 *     { name: ".DS_Store", reason: "hidden" },
 *     { name: "cat/.DS_Store", reason: "hidden" },
 *   ]),
 *   "passed over: 2 hidden, 1 SVG (cat/1.svg)",
 * );
 * ```
 */
export function passedOver(passed: readonly PassedOver[]): string {
  const parts = Object.keys(WORDS).flatMap((key) => {
    const reason = key as PassedReason;
    const names = passed.filter((one) => one.reason === reason).map(({ name }) => name);
    if (names.length === 0) return [];
    const [one, several] = WORDS[reason];
    const number = count(names.length, one, several);
    return [
      reason === "hidden"
        ? number
        : `${number} (${namesOf(names, reason === "bad" ? SHOWN_BAD : SHOWN)})`,
    ];
  });
  return parts.length === 0 ? "" : `passed over: ${parts.join(", ")}`;
}

/**
 * Lists the first names, without characters that a terminal would take for a command: names of files hold any
 * character.
 */
export const namesOf = (names: readonly string[], most = SHOWN): string =>
  names.slice(0, most).map((name) => name.replaceAll(/\p{Cc}/gu, "?")).join(", ") +
  (names.length > most ? ", …" : "");

/** Says of the error of one picture, which is not to be passed over, that it could be. */
export function skippable(error: SparrowError): SparrowError {
  const hint = "add --skip-bad to go on without such images";
  switch (error._tag) {
    case "CorruptFile":
      return { ...error, reason: `${error.reason}. To use the others, ${hint}` };
    case "FileUnavailable":
      return { ...error, advice: `${error.advice}, or ${hint}` };
    default:
      return error;
  }
}

// ---- Listing

/** A picture file. */
export interface PictureFile {
  /** Path to read it by. */
  readonly path: string;
  /** Path below the listed folder, with slashes. */
  readonly name: string;
}

/** The pictures in a folder, of which none has been read. */
export interface PictureListing {
  /** Pictures: those in a folder before those in its folders, each sorted by the codes of their characters. */
  readonly pictures: readonly PictureFile[];
  /** Everything else. What is in a folder that is passed over is not listed. */
  readonly passed: readonly PassedOver[];
}

/**
 * Lists the pictures in a folder and in its folders, to any depth. The order does not depend on the disk's.
 *
 * Links are followed, but for those that lead to a folder that they are in. Passed over, and listed with the
 * reason, are hidden names and those that operating systems leave (`__MACOSX`, `Thumbs.db`), files that are no
 * pictures by their name, links that lead nowhere or in a circle, folders that cannot be read, and folders
 * without a picture.
 *
 * @returns The listing, which may be empty; `FileUnavailable` where the folder itself cannot be read.
 */
export const listPictures =
  (folder: string, env: DataEnv): TE.TaskEither<FileUnavailable, PictureListing> => async () => {
    const real = await env.realPath(folder);
    return await walk({ path: folder, name: "", reals: real === null ? [] : [real] }, env);
  };

/** A folder that is being listed. */
interface Place {
  readonly path: string;
  /** Path below the listed folder, with a slash at the end; empty for that folder itself. */
  readonly name: string;
  /** Real path of the folder, after those of the folders whose links led to it. */
  readonly reals: readonly string[];
}

/**
 * Links to folders that are followed one within the other. Folders whose links lead from each to all others
 * have as many paths as there are orders of them.
 */
const MOST_LINKS = 4;

async function walk(
  place: Place,
  env: DataEnv,
): Promise<E.Either<FileUnavailable, PictureListing>> {
  const listed = await env.list(place.path)();
  if (E.isLeft(listed)) return listed;
  const entries = listed.right.toSorted((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
  const pictures: PictureFile[] = [];
  const passed: PassedOver[] = [];
  const pass = (name: string, reason: PassedReason) =>
    void passed.push({ name: place.name + name, reason });
  for (const entry of entries) {
    const reason = reasonFor(entry);
    if (reason !== null) pass(entry.name, reason);
    else if (!entry.isFolder) {
      pictures.push({ path: within(place.path, entry.name), name: place.name + entry.name });
    }
  }
  for (const { name, isLink = false } of entries.filter(isOpenFolder)) {
    const inside = await placeIn(place, name, isLink, env);
    if (typeof inside === "string") {
      pass(name, inside);
      continue;
    }
    const found = await walk(inside, env);
    if (E.isLeft(found)) {
      pass(name, "unreadable");
      continue;
    }
    const isEmpty = found.right.pictures.length === 0;
    if (isEmpty) pass(name, "empty");
    for (const picture of found.right.pictures) pictures.push(picture);
    for (const one of found.right.passed) {
      // Of folders that are empty one within the other the outermost is named.
      if (!isEmpty || one.reason !== "empty") passed.push(one);
    }
  }
  return E.right({ pictures, passed });
}

const isOpenFolder = ({ name, isFolder }: FolderEntry): boolean => isFolder && !HIDDEN.test(name);

/** Says why an entry is passed over; null for pictures, and for folders, of which that is found out later. */
function reasonFor({ name, isFolder, isLink, isOther }: FolderEntry): PassedReason | null {
  if (HIDDEN.test(name)) return "hidden";
  if (isFolder) return null;
  if (isOther) return isLink ? "lost" : "other";
  if (isPictureName(name)) return null;
  return KINDS.find(([ending]) => ending.test(name))?.[1] ?? "other";
}

/** Makes the place of a folder in another, or says why it is passed over. */
async function placeIn(
  { path, name: above, reals }: Place,
  name: string,
  isLink: boolean,
  env: DataEnv,
): Promise<Place | PassedReason> {
  const place = { path: within(path, name), name: `${above}${name}/` };
  const separator = env.system === "windows" ? "\\" : "/";
  const before = reals.slice(0, -1);
  const here = reals.slice(-1);
  if (!isLink) {
    return {
      ...place,
      reals: [...before, ...here.map((real) => real + separator + name)],
    };
  }
  const target = await env.realPath(place.path);
  if (target === null) return "lost";
  const isAbove = (real: string) => `${real}${separator}`.startsWith(`${target}${separator}`);
  return reals.some(isAbove) || reals.length > MOST_LINKS
    ? "circular"
    : { ...place, reals: [...reals, target] };
}

// ---- Classes

/** A part of a dataset that a folder is named for. */
export type Part = "train" | "validation" | "test";

/** A picture with the part and the class that its folders stand for. */
export interface PlacedPicture extends PictureFile {
  /** Part of the dataset; null where the folder is not parted, and for a picture beside the parts. */
  readonly part: Part | null;
  /** The class: name of the first folder below the listed one, or below that of its part; null for none. */
  readonly label: string | null;
}

const PARTS: Readonly<Record<string, Part>> = {
  train: "train",
  training: "train",
  val: "validation",
  valid: "validation",
  validation: "validation",
  test: "test",
  testing: "test",
};

const partOf = (name: string): Part | null => {
  const folded = name.toLowerCase();
  return Object.hasOwn(PARTS, folded) ? PARTS[folded] : null;
};

/**
 * Finds the part and the class of every picture by its folders. Folders of parts are `train` or `training`, `val`,
 * `valid` or `validation`, and `test` or `testing`, in any case, where there is one to train on and another, or no
 * folder of another name: `train` may also be a class, of vehicles. They may be in a single folder, as an archive
 * often has them.
 *
 * @example
 * ```ts
 * import { placed } from "./picture_files.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const names = ["Train/cat/1.png", "Train/cat/old/2.png", "Valid/3.png"];
 * const found = placed(names.map((name) => ({ path: `pets/${name}`, name })));
 * assertEquals(found.map(({ part }) => part), ["train", "train", "validation"]);
 * assertEquals(found.map(({ label }) => label), ["cat", "cat", null]);
 * ```
 */
export function placed(pictures: readonly PictureFile[]): readonly PlacedPicture[] {
  const folders = pictures.map(({ name }) => name.split("/").slice(0, -1));
  const depth = isParted(folders, 0) ? 0 : isOnly(folders) && isSplit(folders, 1) ? 1 : null;
  return pictures.map((picture, i) => {
    const part = depth === null ? null : partOf(folders[i][depth] ?? "");
    const below = folders[i].slice((depth ?? 0) + (part === null ? 0 : 1));
    return { ...picture, part, label: below[0] ?? null };
  });
}

/** Whether all pictures are in one folder. */
const isOnly = (folders: readonly (readonly string[])[]): boolean =>
  new Set(folders.map(([first]) => first)).size === 1;

/** Whether there are folders of a training part and of another, `depth` folders deep. */
function isSplit(folders: readonly (readonly string[])[], depth: number): boolean {
  const parts = new Set(folders.map((names) => partOf(names[depth] ?? "")));
  return parts.has("train") && (parts.has("validation") || parts.has("test"));
}

function isParted(folders: readonly (readonly string[])[], depth: number): boolean {
  const inFolders = folders.filter(({ length }) => length > depth);
  return isSplit(folders, depth) ||
    (inFolders.length > 0 && inFolders.every((names) => partOf(names[depth]) !== null));
}
