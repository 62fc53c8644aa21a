/**
 * Folders of images as datasets: one subfolder per class, or no subfolders and no labels.
 *
 * @module
 */
import {
  type DatasetUnavailable,
  type InvalidOption,
  invalidOption,
  type SparrowError,
} from "../../graph/error.ts";
import { E, pipe, type TE } from "../../graph/fp_ts.ts";
import { seed as seeded } from "../../graph/rng.ts";
import { count } from "../report/format.ts";
import type { Colour } from "./bitmap.ts";
import { type Dataset, hashOf, labelArray, normalisationOf, type PictureSplit } from "./dataset.ts";
import { type DataEnv, denoDataEnv } from "./environment.ts";
import { hindranceTo } from "./obtain.ts";
import {
  listPictures,
  namesOf,
  type Part,
  type PassedOver,
  passedOver,
  PICTURE_KINDS,
  placed,
  type PlacedPicture,
  skippable,
} from "./picture_files.ts";
import { parted, type Parting } from "./splits.ts";
import { thumbnails } from "./thumbnails.ts";

/** Options of {@linkcode loadImageFolder}. */
export interface ImageFolderOptions {
  /** Path of the folder. */
  readonly folder: string;
  /** Height and width to bring all images to, each an integer from 1 to 4096. */
  readonly size: readonly [height: number, width: number];
  /** Three channels or one. @default {"rgb"} */
  readonly colour?: Colour;
  /**
   * Fraction of each class that becomes the test set, of a folder without one; above 0 and below 1.
   *
   * @default {0.2}
   */
  readonly testFraction?: number;
  /** Seed of the drawing of the test set, an integer from 0 to 2^32 − 1. @default {0} */
  readonly seed?: number;
  /** Whether an image that cannot be read is passed over, in place of an error. @default {false} */
  readonly skipBad?: boolean;
}

const largestSide = 4096;
/** The most bytes of a split, because a batch is gathered with indices of 32 bits. */
const mostBytes = 2 ** 31;

/**
 * Loads the images in a folder and in its folders, to any depth, as a dataset: shape [height, width, 3], or
 * [height, width] of grey. The classes are the names of the first folders, sorted; where there are none, the
 * splits have no labels.
 *
 * Where the folder has `train/` and `test/`, the classes are the folders in these; `val/` becomes the validation
 * set, or the test set where there is no other. (`training`, `testing`, `valid` and `validation` mean the same, in
 * any case.) Where there is no test set, a seeded part of each class is drawn, of classes with two images at least.
 *
 * Every image is resized by its shorter side and cropped around its centre (`fit`), turned by its Exif
 * orientation, and shown on white where it is transparent. Its name in the split is its path below the folder. The
 * normalisation is that of the training images. The dataset has the folder's name, and under "train", "test" and
 * "validation" the SHA-256 of each split's bytes: its pixels, then its labels. Its notice says how many images
 * were taken and what was passed over, and why, if anything was.
 *
 * @param options Options, as {@linkcode ImageFolderOptions} describes them.
 * @param env Files, network and variables. @default {denoDataEnv}
 * @returns The dataset. `DatasetUnavailable` when the folder is not there or has no images to train on or to test
 * with; `CorruptFile` names an image that cannot be decoded, or that is too large to, and `FileUnavailable` one
 * that cannot be read, unless `skipBad` is set; `InvalidOption` for an option out of its range.
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
): TE.TaskEither<SparrowError, Dataset<PictureSplit>> =>
async () => {
  const problem = outOfRange(options);
  if (problem !== null) return E.left(problem);
  const { folder, size, colour = "rgb" } = options;
  const hindrance = await hindranceTo(folder, env);
  if (hindrance !== null) return E.left(useless(folder, hindrance));
  const listing = await listPictures(folder, env)();
  if (E.isLeft(listing)) return listing;
  const { pictures, passed } = listing.right;
  if (pictures.length === 0) return E.left(useless(folder, noneOf(passed)));
  const planned = plan(placed(pictures), options);
  if (E.isLeft(planned)) return planned;
  const { classes, said, how } = planned.right;

  const channels = colour === "rgb" ? 3 : 1;
  const bad: PassedOver[] = [];
  const splits: Partial<Record<Part, RawPictures>> = {};
  for (const part of ["train", "validation", "test"] as const) {
    const wanted = planned.right[part];
    if (wanted.length === 0) continue;
    const read = await readAll(wanted, options, env)();
    if (E.isLeft(read)) return read;
    const { pixels, taken, failed } = read.right;
    for (const { name } of failed) bad.push({ name, reason: "bad" });
    if (taken.length > 0) splits[part] = splitOf(pixels, taken, classes);
  }
  const { train, validation, test } = splits;
  const others = [...passed, ...planned.right.passed, ...bad];
  if (train === undefined || test === undefined) {
    return E.left(useless(folder, `no image can be read to ${train ? "test with" : "train on"}`));
  }
  const normalisation = normalisationOf(train, channels);
  const all = train.count + test.count + (validation?.count ?? 0);
  return E.right({
    name: nameOf(folder),
    shape: colour === "rgb" ? [...size, channels] : [...size],
    classes,
    train: { ...train, normalisation },
    validation: validation === undefined ? null : { ...validation, normalisation },
    test: { ...test, normalisation },
    source: `${folder}${how}`,
    sha256: {
      train: await hashOf(train),
      test: await hashOf(test),
      ...(validation === undefined ? {} : { validation: await hashOf(validation) }),
    },
    notice: others.length + said.length === 0
      ? null
      : [takenOf(all, classes, others), ...said].join(". "),
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

/** The error of a folder that cannot be used as it is. */
const useless = (place: string, reason: string): DatasetUnavailable => ({
  _tag: "DatasetUnavailable",
  dataset: "a folder of images",
  tried: [{ place, reason }],
  advice:
    "Put the images of each class into a folder of the class's name, or all into one folder " +
    "where they have no classes, and name the folder that these are in with --data DIR",
});

const noneOf = (passed: readonly PassedOver[]): string =>
  `it has no picture, ${PICTURE_KINDS} by its name` +
  (passed.length === 0 ? "" : ` (${passedOver(passed)})`);

/** Writes the number of images that were taken, and the entries that were skipped. */
const takenOf = (images: number, classes: readonly string[], passed: readonly PassedOver[]) =>
  `${count(images, "picture")} ` +
  (classes.length === 0 ? "without labels" : `in ${count(classes.length, "class", "classes")}`) +
  (passed.length === 0 ? "" : `; ${passedOver(passed)}`);

// ---- Which image goes where

interface Plan extends Readonly<Record<Part, readonly PlacedPicture[]>> {
  /** Names of the classes, sorted; none where there are no labels. */
  readonly classes: readonly string[];
  /** Images that no split takes. */
  readonly passed: readonly PassedOver[];
  /** Remarks for the notice. */
  readonly said: readonly string[];
  /** Words that the source has after the folder. */
  readonly how: string;
}

function plan(
  all: readonly PlacedPicture[],
  options: ImageFolderOptions,
): E.Either<SparrowError, Plan> {
  const { folder } = options;
  const isParted = all.some(({ part }) => part !== null);
  const inPart = (part: Part) => all.filter((one) => one.part === part);
  const candidates = isParted ? inPart("train") : all;
  if (candidates.length === 0) {
    return E.left(useless(folder, "it has images to test with, and no train/ with others"));
  }
  const classes = classesOf(candidates);
  const usable = (picture: PlacedPicture) => whyNot(picture, classes) === null;
  const train = candidates.filter(usable);
  const [validation, test] = [inPart("validation").filter(usable), inPart("test").filter(usable)];
  const known = {
    classes,
    train,
    passed: all.flatMap((one): readonly PassedOver[] => {
      const reason = isParted && one.part === null ? "loose" : whyNot(one, classes);
      return reason === null ? [] : [{ name: one.name, reason }];
    }),
    said: saidOf(train, classes),
  };
  return pipe(
    test.length > 0
      ? E.right({
        ...known,
        validation,
        test,
        said: [...known.said, ...lacking(test, classes)],
        how: "",
      })
      : validation.length > 0
      ? E.right({
        ...known,
        validation: [],
        test: validation,
        said: [
          ...known.said,
          "The images of the validation folder are the test set, for there is no other",
          ...lacking(validation, classes),
        ],
        how: "",
      })
      : drawn(known, isParted, options),
    E.filterOrElseW(
      ({ train, validation, test }) =>
        Math.max(train.length, validation.length, test.length) * areaOf(options) < mostBytes,
      ({ train }) => tooMany(train.length, options),
    ),
  );
}

/**
 * Lists the classes of the training images; none where all lie in one folder, and where there is one class beside
 * which there are others, of which classes would leave most out.
 */
function classesOf(train: readonly PlacedPicture[]): readonly string[] {
  const labels = new Set(train.map(({ label }) => label));
  const classes = [...labels].filter((label) => label !== null).sort();
  return labels.has(null) && classes.length < 2 ? [] : classes;
}

/** Says why an image of a part cannot be used; null where it can. */
const whyNot = (
  { label }: PlacedPicture,
  classes: readonly string[],
): PassedOver["reason"] | null =>
  classes.length === 0
    ? null
    : label === null
    ? "loose"
    : classes.includes(label)
    ? null
    : "untaught";

function saidOf(train: readonly PlacedPicture[], classes: readonly string[]): readonly string[] {
  if (classes.length === 0) return ["There are no folders that could be classes"];
  if (classes.length > 1) return [];
  const inside = train.some(({ name }) => {
    const folders = name.split("/").slice(0, -1);
    return folders.indexOf(classes[0]) < folders.length - 1;
  });
  return [
    `All are of one class, ${namesOf(classes)}` +
    (inside ? "; if the folders in it are the classes, name it with --data" : ""),
  ];
}

/** Says which classes have no image to test with. */
function lacking(test: readonly PlacedPicture[], classes: readonly string[]): readonly string[] {
  const tested = new Set(test.map(({ label }) => label));
  const others = classes.filter((name) => !tested.has(name));
  return others.length === 0
    ? []
    : [`${count(others.length, "class", "classes")} without a test picture: ${namesOf(others)}`];
}

/** Draws the test set from the training images; a class of one image stays there. */
function drawn(
  known: Pick<Plan, "classes" | "train" | "passed" | "said">,
  isParted: boolean,
  { folder, testFraction = 0.2, seed = 0 }: ImageFolderOptions,
): E.Either<SparrowError, Plan> {
  const { classes, train } = known;
  const classOf = ({ label }: PlacedPicture) => classes.length === 0 ? null : label;
  const byClass = Map.groupBy(train, classOf);
  const [alone, others]: [PlacedPicture[], PlacedPicture[]] = [[], []];
  for (const picture of train) {
    (byClass.get(classOf(picture))!.length < 2 ? alone : others).push(picture);
  }
  if (others.length === 0) {
    const reason = "no class has two images, and one to train on and one to test with are needed";
    return E.left(
      useless(folder, classes.length === 0 ? "it has one image, and two are needed" : reason),
    );
  }
  const each = classes.length === 0 ? "of the images" : "of each class";
  const stay = new Set(alone);
  return pipe(
    parted(
      { count: others.length, labels: labelsOf(others, classes) },
      classes,
      testFraction,
      seeded(seed),
    ),
    E.map(({ rest, part }: Parting): Plan => {
      for (const i of rest) stay.add(others[i]);
      return {
        ...known,
        train: train.filter((picture) => stay.has(picture)),
        validation: [],
        test: Array.from(part, (i) => others[i]),
        said: [
          ...known.said,
          ...(isParted
            ? [`There are no images to test with: ${testFraction} ${each} of the others are`]
            : []),
          ...(alone.length === 0 ? [] : [
            `${count(alone.length, "class", "classes")} with one picture, which is trained on: ` +
            namesOf(alone.map(({ label }) => label!)),
          ]),
        ],
        how: `, ${testFraction} ${each} to test, by seed ${seed}`,
      };
    }),
  );
}

const areaOf = ({ size, colour = "rgb" }: Pick<ImageFolderOptions, "size" | "colour">): number =>
  size[0] * size[1] * (colour === "rgb" ? 3 : 1);

const tooMany = (images: number, options: ImageFolderOptions): InvalidOption =>
  invalidOption(
    "size",
    `[${options.size.join(", ")}], which makes ${images * areaOf(options)} bytes`,
    `a size at which a set has less than ${mostBytes} bytes`,
  );

// ---- Reading

/** Images that were read, in order. */
interface ReadPictures {
  /** Bytes of the images, one after the other. */
  readonly pixels: Uint8Array;
  /** The images that these are. */
  readonly taken: readonly PlacedPicture[];
  /** Images that could not be read. */
  readonly failed: readonly PlacedPicture[];
}

/** Reads all images, which are decoded on all cores. */
const readAll = (
  pictures: readonly PlacedPicture[],
  options: ImageFolderOptions,
  env: DataEnv,
): TE.TaskEither<SparrowError, ReadPictures> =>
async () => {
  const { size, colour = "rgb", skipBad = false } = options;
  const area = areaOf(options);
  const pixels = new Uint8Array(pictures.length * area);
  const [taken, failed]: [PlacedPicture[], PlacedPicture[]] = [[], []];
  let at = 0;
  for await (const read of thumbnails(pictures.map(({ path }) => path), { size, colour }, env)) {
    const picture = pictures[at++];
    if (E.isRight(read)) {
      pixels.set(read.right, taken.length * area);
      taken.push(picture);
    } else if (skipBad && read.left._tag !== "Interrupted") failed.push(picture);
    else return E.left(skippable(read.left));
  }
  return E.right({ pixels: pixels.subarray(0, taken.length * area), taken, failed });
};

type RawPictures = Omit<PictureSplit, "normalisation">;

const splitOf = (
  values: Uint8Array,
  pictures: readonly PlacedPicture[],
  classes: readonly string[],
): RawPictures => ({
  count: pictures.length,
  values,
  labels: labelsOf(pictures, classes),
  names: pictures.map(({ name }) => name),
});

function labelsOf(pictures: readonly PlacedPicture[], classes: readonly string[]) {
  if (classes.length === 0) return null;
  const numbers = new Map(classes.map((name, label) => [name, label]));
  return labelArray(pictures.map(({ label }) => numbers.get(label!)!), classes.length);
}

const nameOf = (folder: string): string =>
  folder.split(/[/\\]/).findLast((part) => part !== "" && part !== "." && part !== "..") ??
    "images";
