/**
 * Sets of codes as files, with labels: NumPy's .npz, which Python reads in a line.
 *
 *     bits = numpy.unpackbits((f := numpy.load("codes.npz"))["codes"].view("u1"), axis=1, count=f["width"], bitorder="little")
 *
 * | array    | type   | shape                      | what                                              |
 * | -------- | ------ | -------------------------- | ------------------------------------------------- |
 * | `codes`  | uint32 | [count, ceil(width / 32)]  | unit u is bit u mod 32 of word ⌊u / 32⌋           |
 * | `width`  | uint32 | []                         | units per code                                    |
 * | `labels` | int32  | [count]                    | one integer per code; not there where none are    |
 * | `origins`| uint8  | [bytes]                    | where the images came from, as JSON; may be missing |
 *
 * Why .npz: it is what NumPy itself reads, in its container every array has a checksum, and the words
 * stand in the file as they do in memory, for `numpy.bitwise_count` as for us. Arrow and Parquet need a
 * package that many Pythons lack. An index (`ops/sdr/code_index.ts`) is saved as its codes: its lists are
 * made again in less time than they could be read and checked.
 *
 * Which model made the codes, the names of the labels, and of every code the file or the dataset, split
 * and index of its image: `json.loads(f["origins"].tobytes())`.
 *
 * Codes of other programs may also be bytes, as `numpy.packbits(bits, axis=1, bitorder="little")` makes
 * them, and labels and width any type of integer.
 *
 * @module
 */
import { E, pipe, TE } from "../graph/fp_ts.ts";
import {
  type CorruptFile,
  type FileUnavailable,
  type InvalidOption,
  invalidOption,
} from "../graph/error.ts";
import { type BinaryEmbeddings, wordsPerCode } from "../ops/embeddings.ts";
import { checkWidth, emptyCodes, fromWords } from "../ops/sdr/codes.ts";
import type { Files } from "./files.ts";
import type { NpyArray } from "./npy.ts";
import { type NpyArrays, readNpz, writeNpz } from "./npz.ts";
import { countOf, type Origins, readOrigins } from "./encode/origins.ts";

/** Codes, and what is known of each. */
export interface SavedCodes {
  /** The codes. */
  readonly codes: BinaryEmbeddings;
  /** One integer of 32 bits per code: a class, or the number of an image; null for none. */
  readonly labels: Int32Array | null;
  /** Where the images came from; left out where that is not known. */
  readonly origins?: Origins;
}

/**
 * Codes as the bytes of an .npz file.
 *
 * @returns The bytes; `InvalidOption` where there is not one label, or not one origin, per code.
 *
 * @example
 * ```ts
 * import { readCodes, writeCodes } from "./codes_file.ts";
 * import { E, pipe, TE } from "../graph/fp_ts.ts";
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
  { codes, labels, origins }: SavedCodes,
): TE.TaskEither<InvalidOption, Uint8Array> => {
  const { count, width, words } = codes;
  if (labels !== null && labels.length !== count) {
    return TE.left(invalidOption("labels", `${labels.length} labels`, `one per code, ${count}`));
  }
  const known = origins?.parts.reduce((sum, part) => sum + countOf(part), 0) ?? count;
  if (known !== count) {
    return TE.left(invalidOption("origins", `${known} origins`, `one per code, ${count}`));
  }
  const text = origins === undefined ? null : new TextEncoder().encode(JSON.stringify(origins));
  const arrays: NpyArrays = {
    codes: { type: "<u4", shape: [count, wordsPerCode(width)], data: words },
    width: { type: "<u4", shape: [], data: Uint32Array.of(width) },
    ...labels === null ? {} : { labels: { type: "<i4", shape: [count], data: labels } },
    ...text === null ? {} : { origins: { type: "|u1", shape: [text.length], data: text } },
  };
  return async () => E.right(await writeNpz(arrays));
};

/**
 * The codes of an .npz file.
 *
 * Memory beside the file itself: once its size for words; for bytes, which become words, up to five times
 * where codes are of 8 units and fewer, else up to three times.
 *
 * @param file What to call it in an error.
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
 * @returns Nothing; `InvalidOption` where there is not one label, or not one origin, per code;
 * `FileUnavailable`.
 */
export const saveCodes = (
  path: string,
  set: SavedCodes,
  files: Files,
): TE.TaskEither<InvalidOption | FileUnavailable, void> =>
  pipe(writeCodes(set), TE.chainW((bytes) => files.write(path, bytes)));

/**
 * Reads the codes of an .npz file.
 *
 * @returns The codes; `FileUnavailable`, `CorruptFile`.
 *
 * @example
 * ```ts
 * import { loadCodes, saveCodes } from "./codes_file.ts";
 * import { denoFiles } from "./files.ts";
 * import { E } from "../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const path = `${await Deno.makeTempDir()}/codes.npz`;
 * const codes = { kind: "binary", count: 1, width: 3, words: Uint32Array.of(0b101) } as const;
 * await saveCodes(path, { codes, labels: null }, denoFiles)();
 * assertEquals(await loadCodes(path, denoFiles)(), E.right({ codes, labels: null }));
 * ```
 */
export const loadCodes = (
  path: string,
  files: Files,
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
  const file = { codes: codes.right, labels: labels.right };
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
