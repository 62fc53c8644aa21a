/**
 * Your own images as a dataset: a folder with one subfolder per class.
 *
 * @module
 */
import { type InvalidOption, invalidOption, type SparrowError } from "../../graph/error.ts";
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import { seed as seeded } from "../../graph/rng.ts";
import { joined } from "./bytes.ts";
import type { Dataset, RawSplit } from "./dataset.ts";
import { decodeImage } from "./decode_image.ts";
import type { DataEnv } from "./environment.ts";
import { type Colour, fit } from "./fit.ts";
import { type Labelled, type Layout, listImages, useless } from "./image_listing.ts";
import { normalisationOf } from "./moments.ts";
import { sha256 } from "./sha256.ts";
import { stratified } from "./splits.ts";

/** Options of {@linkcode loadImageFolder}: which images, and how. */
export interface ImageFolderOptions {
  /** Its path. */
  readonly folder: string;
  /** The height and the width to bring all images to, each an integer from 1 to 4096. */
  readonly size: readonly [height: number, width: number];
  /** Three channels or one. @default {"rgb"} */
  readonly colour?: Colour;
  /**
   * Of each class of a folder without `train/` and `test/`, what becomes the test set; above 0 and
   * below 1. @default {0.2}
   */
  readonly testFraction?: number;
  /** Of the drawing of the test set: an integer from 0 to 2^32 − 1. */
  readonly seed: number;
}

const largestSide = 4096;
/** A batch is gathered with indices of 32 bits. */
const mostBytes = 2 ** 31;

/**
 * A folder of PNG and JPEG images as a dataset: shape [height, width, 3], or [height, width] of
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
 *
 * @example
 * ```ts ignore
 * import { loadImageFolder } from "./image_folder.ts";
 * import { denoDataEnv } from "./environment.ts";
 *
 * const flowers = await loadImageFolder(
 *   { folder: "/data/flowers", size: [32, 32], seed: 26 },
 *   denoDataEnv,
 * )();
 * ```
 */
export const loadImageFolder = (
  options: ImageFolderOptions,
  env: DataEnv,
): TE.TaskEither<SparrowError, Dataset> =>
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
  const read = readAll(size, colour, env);
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
  { folder, size, testFraction = 0.2, seed }: ImageFolderOptions,
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
  /** What the source says after the folder. */
  readonly how: string;
}

function plan(
  layout: Layout,
  { folder, size, colour = "rgb", testFraction = 0.2, seed }: ImageFolderOptions,
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
  const lonely = classes.find((_, label) => images.filter((i) => i.label === label).length < 2);
  if (lonely !== undefined) {
    const reason = `the class ${lonely} has one image, and one to train and one to test are needed`;
    return E.left(useless(folder, reason));
  }
  return pipe(
    stratified(
      Uint8Array.from(images, ({ label }) => label),
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

/** One image after the other: decoded, the largest takes hundreds of MiB. */
const readAll =
  (size: readonly [number, number], colour: Colour, env: DataEnv) =>
  (images: readonly Labelled[]): TE.TaskEither<SparrowError, RawSplit> =>
  async () => {
    const area = size[0] * size[1] * (colour === "rgb" ? 3 : 1);
    const pixels = new Uint8Array(images.length * area);
    for (const [i, { file }] of images.entries()) {
      const read = await pipe(
        env.files.read(file),
        TE.flatMap((bytes) => decodeImage(file, bytes)),
      )();
      if (E.isLeft(read)) return read;
      pixels.set(fit(read.right, size, colour), i * area);
    }
    const labels = Uint8Array.from(images, ({ label }) => label);
    return E.right({ count: images.length, pixels, labels });
  };

const nameOf = (folder: string): string =>
  folder.split(/[/\\]/).findLast((part) => part !== "" && part !== "." && part !== "..") ??
    "images";

const hashOf = ({ pixels, labels }: RawSplit): Promise<string> => sha256(joined([pixels, labels]));

const shown = 3;

const noticeOf = (skipped: readonly string[]): string =>
  (skipped.length === 1
    ? "1 file or folder was passed over: "
    : `${skipped.length} files or folders were passed over: `) +
  skipped.slice(0, shown).join(", ") + (skipped.length > shown ? ", …" : "");
