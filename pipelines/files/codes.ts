/**
 * Sets of codes as files, with labels and the origins of their images: NumPy's .npz, which Python reads in a line.
 *
 *     bits = numpy.unpackbits((f := numpy.load("codes.npz"))["codes"].view("u1"), axis=1, count=f["width"], bitorder="little")
 *
 * | array    | type   | shape                      | what                                              |
 * | -------- | ------ | -------------------------- | ------------------------------------------------- |
 * | `codes`  | uint32 | [count, ceil(width / 32)]  | unit u is bit u mod 32 of word ⌊u / 32⌋           |
 * | `width`  | uint32 | []                         | units per code                                    |
 * | `labels` | int32  | [count]                    | one integer per code; missing where there are none |
 * | `values` | float32 | [bits that are set]       | value of each active unit, by codes, then units; may be missing |
 * | `origins`| uint8  | [bytes]                    | where the images came from, as JSON; may be missing |
 * | `activations` | int8 | [count, width]          | what the units had before they competed, each code by its largest; may be missing |
 * | `thumbnails` | uint8 | [count, 16, 16]         | the pictures in grey; may be missing              |
 * | `contents` | uint8 | [count, 32]               | SHA-256 of the image's file, zeros for none; may be missing |
 * | `stats`  | int64  | [count, 2]                 | the file's bytes, and when it was changed in ms since 1970, 0 where that is not known; with `contents` |
 *
 * The origins name the model that made the codes, the labels, and for every code the file, or the dataset, split
 * and index, of its image: `json.loads(f["origins"].tobytes())`. Codes of other programs may also be bytes, as
 * `numpy.packbits(bits, axis=1, bitorder="little")` makes them, and labels and width any type of integer.
 *
 * The format is .npz because NumPy itself reads it, every array in it has a checksum, and the words stand in the
 * file as they do in memory. Arrow and Parquet need a package that many Pythons lack. An index
 * (`ops/codes/search.ts`) is saved as its codes: its lists are made again in less time than they could be read and
 * checked.
 *
 * @module
 */
import {
  type CorruptFile,
  type FileUnavailable,
  type InvalidOption,
  invalidOption,
} from "../../graph/error.ts";
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import { checkWidth, emptyCodes, fromWords } from "../../ops/codes/codes.ts";
import { activeUnits } from "../../ops/codes/valued.ts";
import { type BinaryEmbeddings, wordsPerCode } from "../../ops/embeddings.ts";
import { type DatasetName, datasetNames } from "../data/images.ts";
import { denoFiles, type Files } from "./files.ts";
import { isCount, isRecord, parseJson } from "./json.ts";
import { type NpyArray, type NpyArrays, readNpz, writeNpz } from "./npz.ts";

/** A set of codes, with the labels and origins of its images. */
export interface SavedCodes {
  /** The codes. */
  readonly codes: BinaryEmbeddings;
  /** One integer of 32 bits per code: a class, or the number of an image; null for none. */
  readonly labels: Int32Array | null;
  /** Value of each bit that is set, as `ValuedCodes` has them. @default the codes are bits alone */
  readonly values?: Float32Array;
  /** Origins of the images. @default not known */
  readonly origins?: Origins;
  /**
   * Values of all units before they competed, count × width: of each code the largest is 127 or −127. They order codes
   * that are equally near. @default not known
   */
  readonly activations?: Int8Array;
  /** Thumbnails of the images, count × 256 grey bytes, by which near-duplicates are found. @default not known */
  readonly thumbnails?: Uint8Array;
  /** States of the images' files, by which changed ones are found. @default not known */
  readonly files?: FileStates;
}

/** The states of the files of images. */
export interface FileStates {
  /** SHA-256 of each file, count × 32 bytes; zeros where an image has no file. */
  readonly contents: Uint8Array;
  /** Bytes of each file, and when it was changed in milliseconds since 1970, 0 where that is not known. */
  readonly stats: BigInt64Array;
}

/** Types and shapes of the arrays of a set that have a row per code. */
const perCode = (width: number) =>
  ({
    activations: { type: "|i1", shape: [width] },
    thumbnails: { type: "|u1", shape: [16, 16] },
    contents: { type: "|u1", shape: [32] },
    stats: { type: "<i8", shape: [2] },
  }) as const;

/** The arrays per code of a set, by the names that they have in the file. */
const arraysOf = ({ activations, thumbnails, files }: SavedCodes) => ({
  activations,
  thumbnails,
  ...files,
});

/**
 * Writes codes as the bytes of an .npz file.
 *
 * @param set Codes to write.
 * @returns The bytes; `InvalidOption` where there is not one label, origin, thumbnail and so on per code, or not one
 * finite value per active unit.
 *
 * @example
 * ```ts
 * import { readCodes, writeCodes } from "./codes.ts";
 * import { E, pipe, TE } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const words = Uint32Array.of(0b101, 0b110);
 * const codes = { kind: "binary", count: 2, width: 3, words } as const;
 * const file = { codes, labels: Int32Array.of(7, -1) };
 * const again = await pipe(
 *   writeCodes(file),
 *   TE.chainW((bytes) => readCodes("codes.npz", bytes)),
 * )();
 * assertEquals(again, E.right(file));
 * ```
 */
export const writeCodes = (
  set: SavedCodes,
): TE.TaskEither<InvalidOption, Uint8Array> => {
  const { codes, labels, values, origins } = set;
  const { count, width, words } = codes;
  if (labels !== null && labels.length !== count) {
    return TE.left(invalidOption("labels", `${labels.length} labels`, `one per code, ${count}`));
  }
  const fault = values === undefined ? null : misfitOf(values, codes);
  if (fault !== null) return TE.left(invalidOption("values", ...fault));
  const known = origins?.parts.reduce((sum, part) => sum + countOf(part), 0) ?? count;
  if (known !== count) {
    return TE.left(invalidOption("origins", `${known} origins`, `one per code, ${count}`));
  }
  const more: Record<string, NpyArray> = {};
  for (const [name, { type, shape }] of Object.entries(perCode(width))) {
    const data = arraysOf(set)[name as keyof ReturnType<typeof perCode>];
    if (data === undefined) continue;
    const expected = shape.reduce((product, extent) => product * extent, count);
    if (data.length !== expected) {
      const wanted = `${expected}, for ${count} codes`;
      return TE.left(invalidOption(name, `${data.length} numbers`, wanted));
    }
    more[name] = { type, shape: [count, ...shape], data };
  }
  const text = origins === undefined ? null : new TextEncoder().encode(JSON.stringify(origins));
  const arrays: NpyArrays = {
    codes: { type: "<u4", shape: [count, wordsPerCode(width)], data: words },
    width: { type: "<u4", shape: [], data: Uint32Array.of(width) },
    ...labels === null ? {} : { labels: { type: "<i4", shape: [count], data: labels } },
    ...values === undefined
      ? {}
      : { values: { type: "<f4", shape: [values.length], data: values } },
    ...text === null ? {} : { origins: { type: "|u1", shape: [text.length], data: text } },
    ...more,
  };
  return async () => E.right(await writeNpz(arrays));
};

/**
 * Reads the codes of an .npz file from its bytes. Beside the file itself it takes as much memory for words; for
 * bytes, which become words, up to five times as much where codes have at most 8 units, else up to three times.
 *
 * @param file Name of the file, for errors.
 * @param bytes Content of the file.
 * @returns The codes; `CorruptFile` where an array is missing, damaged or does not fit the others.
 */
export const readCodes = (
  file: string,
  bytes: Uint8Array,
): TE.TaskEither<CorruptFile, SavedCodes> =>
  pipe(
    readNpz(file, bytes),
    TE.chainEitherK((arrays) =>
      E.mapLeft((reason: string): CorruptFile => ({ _tag: "CorruptFile", file, reason }))(
        codesOf(arrays),
      )
    ),
  );

/**
 * Writes codes to an .npz file, whole or not at all.
 *
 * @param path Path of the file, which is replaced.
 * @param set Codes to save.
 * @param files File system. @default {denoFiles}
 * @returns Nothing; `InvalidOption` where there is not one label, or not one origin, per code;
 * `FileUnavailable`.
 */
export const saveCodes = (
  path: string,
  set: SavedCodes,
  files: Files = denoFiles,
): TE.TaskEither<InvalidOption | FileUnavailable, void> =>
  pipe(writeCodes(set), TE.chainW((bytes) => files.write(path, bytes)));

/**
 * Reads the codes of an .npz file.
 *
 * @param path Path of the file.
 * @param files File system. @default {denoFiles}
 * @returns The codes; `FileUnavailable`, `CorruptFile`.
 *
 * @example
 * ```ts
 * import { loadCodes, saveCodes } from "./codes.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const path = `${await Deno.makeTempDir()}/codes.npz`;
 * const codes = { kind: "binary", count: 1, width: 3, words: Uint32Array.of(0b101) } as const;
 * await saveCodes(path, { codes, labels: null })();
 * assertEquals(await loadCodes(path)(), E.right({ codes, labels: null }));
 * ```
 */
export const loadCodes = (
  path: string,
  files: Files = denoFiles,
): TE.TaskEither<FileUnavailable | CorruptFile, SavedCodes> =>
  pipe(files.read(path), TE.chainW((bytes) => readCodes(path, bytes)));

function codesOf(arrays: NpyArrays): E.Either<string, SavedCodes> {
  const found = `current value is ${Object.keys(arrays).join(", ").slice(0, 200) || "nothing"}`;
  for (const name of ["codes", "width"]) {
    if (!Object.hasOwn(arrays, name)) return E.left(`expected an array "${name}", ${found}`);
  }
  const [width] = arrays.width.data;
  if (arrays.width.data.length !== 1 || E.isLeft(checkWidth(Number(width)))) {
    return E.left(`expected width to be one number of units, current value is ${width}`);
  }
  const codes = packed(arrays.codes, Number(width));
  if (E.isLeft(codes)) return codes;
  const labels = Object.hasOwn(arrays, "labels")
    ? integers(arrays.labels, codes.right.count)
    : E.right(null);
  if (E.isLeft(labels)) return labels;
  const values = Object.hasOwn(arrays, "values")
    ? valuesOf(arrays.values, codes.right)
    : E.right({});
  if (E.isLeft(values)) return values;
  const more = perCodeOf(arrays, codes.right);
  if (E.isLeft(more)) return more;
  const file = { codes: codes.right, labels: labels.right, ...values.right, ...more.right };
  if (!Object.hasOwn(arrays, "origins")) return E.right(file);
  const { type, data } = arrays.origins;
  if (!(data instanceof Uint8Array)) {
    return E.left(`expected origins to be uint8, current value is ${type}`);
  }
  const origins = readOrigins(new TextDecoder().decode(data), file.codes.count);
  return E.isLeft(origins) ? origins : E.right({ ...file, origins: origins.right });
}

function packed(
  { type, shape, data }: NpyArray,
  width: number,
): E.Either<string, BinaryEmbeddings> {
  const perRow = { "<u4": wordsPerCode(width), "|u1": Math.ceil(width / 8) }[type as string];
  if (shape.length !== 2 || shape[1] !== perRow) {
    return E.left(
      `expected codes of ${width} units to be uint32 of shape [count, ${
        wordsPerCode(width)
      }] or uint8 of ` +
        `[count, ${Math.ceil(width / 8)}], current value is ${type} of [${shape}]`,
    );
  }
  const words = data instanceof Uint32Array ? data : wordsOf(data as Uint8Array, shape[0], width);
  return E.mapLeft(({ option, actual, expected }: InvalidOption) =>
    `expected ${option} to have ${expected}, current value is ${actual}`
  )(fromWords(words, width));
}

function wordsOf(bytes: Uint8Array, count: number, width: number): Uint32Array {
  const { words } = emptyCodes(count, width);
  const [perRow, perCode] = [Math.ceil(width / 8), 4 * wordsPerCode(width)];
  const into = new Uint8Array(words.buffer);
  for (let i = 0; i < count; i++) {
    into.set(bytes.subarray(i * perRow, (i + 1) * perRow), i * perCode);
  }
  return words;
}

/** Finds values that do not fit the codes, with the expectation; null where all do. */
function misfitOf(
  values: Float32Array,
  codes: BinaryEmbeddings,
): readonly [actual: string, expected: string] | null {
  const active = activeUnits(codes);
  if (values.length !== active) {
    return [`${values.length} numbers`, `one per active unit, ${active}`];
  }
  const bad = values.findIndex((value) => !Number.isFinite(value));
  return bad < 0 ? null : [`${values[bad]} at position ${bad}`, "finite numbers"];
}

function valuesOf(
  { type, data }: NpyArray,
  codes: BinaryEmbeddings,
): E.Either<string, Pick<SavedCodes, "values">> {
  if (!(data instanceof Float32Array)) {
    return E.left(`expected values to be float32, current value is ${type}`);
  }
  const fault = misfitOf(data, codes);
  return fault === null
    ? E.right({ values: data })
    : E.left(`expected values to be ${fault[1]}, current value is ${fault[0]}`);
}

/** The arrays that have as many numbers for each code. */
function perCodeOf(
  arrays: NpyArrays,
  { count, width }: BinaryEmbeddings,
): E.Either<string, Pick<SavedCodes, "activations" | "thumbnails" | "files">> {
  const found: Record<string, NpyArray["data"]> = {};
  for (const [name, { type, shape }] of Object.entries(perCode(width))) {
    if (!Object.hasOwn(arrays, name)) continue;
    const [array, wanted] = [arrays[name], [count, ...shape]];
    if (array.type !== type || String(array.shape) !== String(wanted)) {
      return E.left(
        `expected ${name} to be ${type} of shape [${wanted}], ` +
          `current value is ${array.type} of [${array.shape}]`,
      );
    }
    found[name] = array.data;
  }
  const { contents, stats, ...others } = found;
  if ((contents === undefined) !== (stats === undefined)) {
    const [there, missing] = stats === undefined ? ["contents", "stats"] : ["stats", "contents"];
    return E.left(`expected ${missing} beside ${there}, current value is none`);
  }
  return E.right(
    contents === undefined ? others : { ...others, files: { contents, stats } as never },
  );
}

function integers({ shape, data }: NpyArray, count: number): E.Either<string, Int32Array> {
  if (shape.length !== 1 || shape[0] !== count) {
    return E.left(`expected ${count} labels, one per code, current value is [${shape}]`);
  }
  const labels = data instanceof Int32Array ? data : new Int32Array(count);
  for (let i = 0; data !== labels && i < count; i++) {
    const label = Number(data[i]);
    if (label !== (label | 0)) {
      return E.left(`expected label ${i} to have 32 bits, current value is ${label}`);
    }
    labels[i] = label;
  }
  return E.right(labels);
}

// ---- Origins

/** A split of a dataset that images come from. */
export type OriginSplit = "train" | "test";

/** Codes in a row whose images come from one dataset, or from files. */
export type OriginPart =
  | {
    /** Images of a dataset. */
    readonly kind: "dataset";
    /** Name that `loadImages` knows the dataset by. */
    readonly dataset: Exclude<DatasetName, "folder">;
    /** Name that results give it: "mnist", "cifar10-subset". */
    readonly name: string;
    /** Folder with its files; null where none was named. */
    readonly data: string | null;
    /** Seed of a generated dataset. */
    readonly seed: number;
    /** Split of the images. */
    readonly split: OriginSplit;
    /** Index of the first image in the split. */
    readonly from: number;
    /** Number of images. */
    readonly count: number;
  }
  | {
    /** Image files. */
    readonly kind: "files";
    /** Paths as they were given, relative to the folder that the program ran in. */
    readonly files: readonly string[];
  };

/** The origins of a set of codes: their model, their labels' names and their images. */
export interface Origins {
  /** The model that made the codes. */
  readonly model: {
    /** Path of its file. */
    readonly file: string;
    /** SHA-256 of the file, in hexadecimal. */
    readonly sha256: string;
  };
  /** Whether image files were inverted. */
  readonly inverted: boolean;
  /** Version of Sparrow, decoder and backend that made the codes. @default not known */
  readonly software?: string;
  /** Names of the labels, by label; a label of −1 is none. */
  readonly classes: readonly string[];
  /** Origins of the images, in the order of the codes. */
  readonly parts: readonly OriginPart[];
}

/** The origin of one image. */
export interface Origin {
  /** Part that it belongs to. */
  readonly part: OriginPart;
  /** Index of the image in the part. */
  readonly at: number;
}

/** Counts the images of a part. */
const countOf = (part: OriginPart): number =>
  part.kind === "dataset" ? part.count : part.files.length;

/**
 * Returns the origin of image i; null where there are fewer images.
 *
 * @param origins Origins of a set of codes.
 * @param i Index of the image in the set.
 */
export function originOf({ parts }: Origins, i: number): Origin | null {
  let before = 0;
  for (const part of parts) {
    const count = countOf(part);
    if (i < before + count) return { part, at: i - before };
    before += count;
  }
  return null;
}

/**
 * Names an image: "mnist test 17", or the path of its file.
 *
 * @param origin Origin of an image.
 *
 * @example
 * ```ts
 * import { originName } from "./codes.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const part = { kind: "files", files: ["cats/1.png", "cats/2.png"] } as const;
 * assertEquals(originName({ part, at: 1 }), "cats/2.png");
 * ```
 */
export const originName = ({ part, at }: Origin): string =>
  part.kind === "dataset" ? `${part.name} ${part.split} ${part.from + at}` : part.files[at];

/**
 * Reads origins from JSON, every field checked.
 *
 * @param count Number of codes.
 * @returns The origins, or in words what is wrong: "expected …, current value is …".
 */
export function readOrigins(text: string, count: number): E.Either<string, Origins> {
  const value = parseJson(text);
  if (!isRecord(value) || !isRecord(value.model) || !Array.isArray(value.parts)) {
    return E.left(`expected origins to have a model and parts, current value is ${shown(value)}`);
  }
  const { model: { file, sha256 }, inverted, software, classes, parts } = value;
  if (typeof file !== "string" || typeof sha256 !== "string" || typeof inverted !== "boolean") {
    return E.left(
      `expected the origins' model to have a file and its SHA-256, ` +
        `current value is ${shown(value.model)}`,
    );
  }
  if (software !== undefined && typeof software !== "string") {
    return E.left(`expected the origins' software to be text, current value is ${shown(software)}`);
  }
  if (!isTexts(classes)) {
    return E.left(`expected the origins' classes to be names, current value is ${shown(classes)}`);
  }
  const wrong = parts.find((part) => !isPart(part));
  if (wrong !== undefined) {
    return E.left(
      `expected every origin to be of files or of a dataset, current value is ${shown(wrong)}`,
    );
  }
  const total = (parts as readonly OriginPart[]).reduce((sum, part) => sum + countOf(part), 0);
  return total === count
    ? E.right({
      model: { file, sha256 },
      inverted,
      ...software === undefined ? {} : { software },
      classes,
      parts,
    })
    : E.left(`expected ${count} origins, one per code, current value is ${total}`);
}

const shown = (value: unknown): string => String(JSON.stringify(value)).slice(0, 80);

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((text) => typeof text === "string");

function isPart(part: unknown): part is OriginPart {
  if (!isRecord(part)) return false;
  if (part.kind === "files") return isTexts(part.files);
  const { kind, dataset, name, data, seed, split, from, count } = part;
  return kind === "dataset" && dataset !== "folder" &&
    datasetNames.some((known) => known === dataset) && typeof name === "string" &&
    (data === null || typeof data === "string") && (split === "train" || split === "test") &&
    [seed, from, count].every(isCount);
}
