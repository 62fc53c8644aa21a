/**
 * Images by name to codes: those of datasets, files and folders. A folder that was encoded before is encoded again by
 * decoding only the files that are new or have changed.
 *
 * @module
 */
import { describe, type SparrowError } from "../../graph/error.ts";
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import type { BinaryEmbeddings } from "../../ops/embeddings.ts";
import { wordsPerCode } from "../../ops/embeddings.ts";
import { tf } from "../../ops/tfjs.ts";
import { breathe, uninterrupted, type Waiting } from "../core/env.ts";
import { VERSION } from "../core/version.ts";
import { sha256 } from "../data/bytes.ts";
import type { Samples } from "../data/dataset.ts";
import { imageDecoder } from "../data/decode_image.ts";
import { type DataEnv, denoDataEnv } from "../data/environment.ts";
import type { FileStates, OriginPart, Origins, SavedCodes } from "../files/codes.ts";
import type { Files, FileStat } from "../files/files.ts";
import {
  type ActivatedCodes,
  encodeActivated,
  type EncodeOptions,
  encodeStream,
} from "./encode.ts";
import { type Encoder, modelInputs } from "./encoder.ts";
import { findImages, type FindImagesOptions, type ImageSource, notesOf } from "./inputs.ts";
import { THUMBNAIL_BYTES, thumbnailsOf } from "./near_duplicates.ts";
import { noImages, type PictureEnv, picturesOf } from "./pictures.ts";

/** Options of {@linkcode encodeImages}. */
export interface EncodeImagesOptions extends FindImagesOptions, EncodeOptions {
  /**
   * Whether dark and light of image files are exchanged: for dark ink on light paper, and a model of
   * MNIST. Datasets are never inverted. @default {false}
   */
  readonly invert?: boolean;
  /** Whether an image file that cannot be used is passed over, in place of an error. @default {false} */
  readonly skipBad?: boolean;
  /**
   * Called with notes for the user: the notice of a dataset, files in a folder that are not images, and reasons why
   * files were skipped.
   *
   * @default nothing is called
   */
  readonly note?: (line: string) => void;
  /**
   * Codes of an earlier encoding. Its image files that have not changed since are not decoded again, where the same
   * model, decoder and backend made them. @default everything is encoded
   */
  readonly known?: SavedCodes;
  /**
   * Whether activations, thumbnails and the states of files are kept beside the codes. They order the results of a
   * search.
   *
   * @default where an image is a file
   */
  readonly details?: boolean;
}

/** Differences of the image files from those of an earlier encoding. */
export interface FileChanges {
  /** Files as they were. */
  readonly same: number;
  /** Files that were not there. */
  readonly added: number;
  /** Files whose content has changed. */
  readonly changed: number;
  /** Files that are no longer there. */
  readonly gone: number;
}

/** Codes of images, with where each came from. */
export interface EncodedImages extends SavedCodes {
  /** Origins of the images. */
  readonly origins: Origins;
  /** Errors of the image files that were passed over, in order. */
  readonly skipped: readonly SparrowError[];
  /** Changes since the earlier encoding. @default there was none that could be used */
  readonly changes?: FileChanges;
}

/**
 * Encodes the images of datasets, files and folders, on the current backend, with the memory of one batch
 * of images beside the datasets' own and the codes. What comes out can be saved (`saveCodes`) and searched
 * (`nearestImages`).
 *
 * Image files are resized by the shorter side, cropped around the centre, and normalised as the model's
 * training data was.
 *
 * @param encoder Encoder that makes the codes.
 * @param images Names of datasets and paths, or what {@linkcode findImages} found; at least one.
 * @param options Options, as {@linkcode EncodeImagesOptions} describes them.
 * @returns The codes, with labels where any image has one (−1 for those that have none); `CorruptFile`
 * or `FileUnavailable` naming an image that cannot be used; `InvalidOption` where there is no image at
 * all; `Interrupted`; else as `findImages` and `encode` do.
 *
 * @example The digits nearest to another, by name.
 * ```ts
 * import { encodeImages } from "./encode_images.ts";
 * import { readEncoder } from "./encoder.ts";
 * import { writeModel } from "../files/model.ts";
 * import { nearestImages } from "./search.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { graph } from "../../graph/parse.ts";
 * import { startBackend } from "../../ops/backend.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await orThrow(startBackend("cpu"));
 * // A model that hands on its 784 inputs: the pixels that are most set are its code.
 * const bytes = writeModel({
 *   ...{ graph: graph`kwta(0.1)`, input: [784], params: {}, plasticity: {}, epoch: 0 },
 *   ...{ normalisation: { mean: [0], std: [1] }, dataset: "strokes" },
 * });
 * const encoder = await orThrow(readEncoder("pixels.safetensors", bytes));
 * const known = await orThrow(encodeImages(encoder, ["strokes"], { split: "train", first: 200 }));
 * const asked = await orThrow(encodeImages(encoder, ["strokes"], { split: "test", first: 1 }));
 * const [{ query, results }] = orThrow(nearestImages(known, asked, { k: 3 }));
 * assertEquals(query.name, "strokes test 0");
 * assertEquals(results.map(({ rank }) => rank), [1, 2, 3]);
 * ```
 */
export const encodeImages = (
  encoder: Encoder,
  images: readonly string[] | readonly ImageSource[],
  options: EncodeImagesOptions = {},
): TE.TaskEither<SparrowError, EncodedImages> =>
  pipe(
    isNames(images) ? findImages(images, options) : TE.right(images),
    TE.chain((sources) => () => encodeSources(encoder, sources, options)),
  );

const isNames = (images: readonly string[] | readonly ImageSource[]): images is readonly string[] =>
  typeof images[0] === "string";

/** An image that has a code: by its input and its place in it, and by the place of its code. */
interface Row {
  readonly source: ImageSource;
  /** Index in the input. */
  readonly at: number;
  /** Index among the codes of the earlier encoding, or among those that are made now. */
  readonly code: number;
  /** Whether its code is of the earlier encoding. */
  readonly isKnown: boolean;
}

async function encodeSources(
  encoder: Encoder,
  sources: readonly ImageSource[],
  { invert = false, skipBad = false, note = () => {}, env = uninterrupted, ...options }:
    EncodeImagesOptions,
): Promise<E.Either<SparrowError, EncodedImages>> {
  const { model, layout, identity } = encoder;
  const { dataEnv = denoDataEnv, details = sources.some(({ kind }) => kind === "files") } = options;
  notesOf(sources).forEach(note);
  const software = `Sparrow ${VERSION}, ${imageDecoder().name}, ${tf.getBackend()}`;
  const origins = { model: identity, inverted: invert, ...details ? { software } : {} };
  const earlier = details ? earlierOf(options.known, origins) : null;
  const states = new Map<string, FileState>();
  const files = details ? recording(dataEnv.files, states) : dataEnv.files;
  const reading = readingFrom(dataEnv, files, env.signal);
  const pictureOptions = { layout, normalisation: model.normalisation, invert, skipBad };

  const rows: Row[] = [];
  const [made, thumbnails]: [ActivatedCodes[], Uint8Array[]] = [[], []];
  const problems: SparrowError[] = [];
  const skipped: SparrowError[] = [];
  const skip = (error: SparrowError) => {
    skipped.push(error);
    note(`Skipped: ${describe(error)}`);
  };
  async function* images(): AsyncGenerator<Samples> {
    let code = 0;
    for (const source of sources) {
      const found = await unchanged(source, earlier, files, states, env);
      if (E.isLeft(found)) return void problems.push(found.left);
      found.right.forEach((code, at) => rows.push({ source, at, code, isKnown: true }));
      const [rest, places] = without(source, found.right);
      for await (const batch of picturesOf(rest, pictureOptions, reading, skip)) {
        if (E.isLeft(batch)) return void problems.push(batch.left);
        for (const i of batch.right.indices) {
          rows.push({ source, at: places?.[i] ?? i, code: code++, isKnown: false });
        }
        const { values, count } = batch.right;
        if (details) thumbnails.push(thumbnailsOf(values, count, layout));
        const inputs = await modelInputs(encoder, batch.right, { env })();
        if (E.isLeft(inputs)) return void problems.push(inputs.left);
        yield inputs.right;
      }
    }
  }
  const encoded = details
    ? encodeActivated(model, images(), { env })
    : encodeStream(model, images(), { env });
  for await (const part of encoded) {
    if (E.isLeft(part)) return part;
    if ("codes" in part.right) made.push(part.right);
    // An encoder that is binary makes no others.
    else if (part.right.kind === "binary") made.push({ codes: part.right, activations: null });
  }
  if (problems.length > 0) return E.left(problems[0]);
  if (rows.length === 0) return E.left(noImages(sources.flatMap(namesOf)));
  const order = new Map(sources.map((source, i) => [source, i]));
  rows.sort((a, b) => order.get(a.source)! - order.get(b.source)! || a.at - b.at);
  const { classes, labels } = labelsOf(rows);
  const parts = sources.map((source) =>
    partOf(source, rows.filter((row) => row.source === source))
  );
  return E.right({
    ...together(rows, earlier?.set ?? null, made),
    labels: labels.every((label) => label < 0) ? null : labels,
    origins: { ...origins, classes, parts },
    ...details
      ? {
        thumbnails: picked(
          rows,
          new Uint8Array(rows.length * THUMBNAIL_BYTES),
          earlier?.set.thumbnails,
          thumbnails,
        ),
        files: statesOf(rows, states),
      }
      : {},
    skipped,
    ...earlier === null ? {} : { changes: changesOf(rows, sources, earlier) },
  });
}

/** Returns the environment that image files are read in: a dataset's, which ends by the signal of the encoding. */
const readingFrom = (data: DataEnv, files: Files, signal: AbortSignal): PictureEnv => ({
  files,
  onRead: data.onRead,
  variable: data.variable,
  permitted: data.permitted,
  // Not before it is asked for: a browser has no Deno.
  get system() {
    return data.system;
  },
  signal,
});

/** Puts the codes of an earlier encoding and those that were made now in the order of their images. */
function together(
  rows: readonly Row[],
  earlier: SavedCodes | null,
  made: readonly ActivatedCodes[],
): Pick<SavedCodes, "codes" | "activations"> {
  const { width } = (earlier ?? made[0]).codes;
  const words = picked(
    rows,
    new Uint32Array(rows.length * wordsPerCode(width)),
    earlier?.codes.words,
    made.map(({ codes }) => codes.words),
  );
  const codes: BinaryEmbeddings = { kind: "binary", count: rows.length, width, words };
  const activations = made.flatMap((part) => part.activations ?? []);
  return made.length === activations.length && (made.length > 0 || earlier?.activations)
    ? {
      codes,
      activations: picked(
        rows,
        new Int8Array(rows.length * width),
        earlier?.activations,
        activations,
      ),
    }
    : { codes };
}

/** Gathers the rows' numbers from an array of an earlier encoding and from parts. */
function picked<A extends Uint32Array | Uint8Array | Int8Array>(
  rows: readonly Row[],
  all: A,
  earlier: A | undefined,
  parts: readonly A[],
): A {
  const each = all.length / rows.length;
  const starts: number[] = [];
  parts.reduce((start, part) => (starts.push(start), start + part.length / each), 0);
  let part = 0;
  rows.forEach(({ code, isKnown }, i) => {
    if (isKnown) return all.set(earlier!.subarray(code * each, (code + 1) * each), i * each);
    // Codes are numbered in the order in which they are made, and rows need not be.
    while (part > 0 && code < starts[part]) part--;
    while (part + 1 < starts.length && code >= starts[part + 1]) part++;
    const at = (code - starts[part]) * each;
    all.set(parts[part].subarray(at, at + each), i * each);
  });
  return all;
}

/** Numbers labels by their names, so that the digit 3 of a dataset and the folder "3" are one. */
function labelsOf(
  rows: readonly Row[],
): { readonly classes: readonly string[]; readonly labels: Int32Array } {
  const classes = new Map<string, number>();
  const numberOf = (name: string): number => {
    if (!classes.has(name)) classes.set(name, classes.size);
    return classes.get(name)!;
  };
  // A dataset's classes keep their numbers where it comes first, those without an image included.
  for (const source of new Set(rows.map(({ source }) => source))) {
    if (source.kind === "dataset") source.classes.forEach(numberOf);
  }
  const labels = Int32Array.from(rows, ({ source, at }) => {
    const name = source.kind === "dataset"
      ? source.classes[source.images.labels[at]]
      : source.files[at].label;
    return name === null ? -1 : numberOf(name);
  });
  return { classes: [...classes.keys()], labels };
}

const partOf = (source: ImageSource, rows: readonly Row[]): OriginPart =>
  source.kind === "dataset" ? source.part : {
    kind: "files",
    files: rows.map(({ at }) => source.files[at].path),
  };

const namesOf = (input: ImageSource): readonly string[] =>
  input.kind === "dataset" ? [input.part.name] : input.files.slice(0, 3).map(({ path }) => path);

// ---- Encoding again

/** State of a file: its content, and the size and time that reveal a change without reading it. */
interface FileState extends FileStat {
  /** SHA-256 of its content, 64 hexadecimal digits. */
  readonly sha256: string;
}

/** Codes of an earlier encoding that can be used. */
interface Earlier {
  readonly set: SavedCodes;
  /** Index and state by the path of the file. */
  readonly byPath: ReadonlyMap<string, readonly [index: number, state: FileState]>;
  /** Index by the content. */
  readonly byContent: ReadonlyMap<string, number>;
}

/** A file that was changed so short a time ago may be changed again at the same time by the clock of its disk. */
const RECENT = 2000;

/** Reads files and records their states. */
const recording = (files: Files, states: Map<string, FileState>): Files => ({
  ...files,
  read: (path) => async () => {
    // Before it is read: what is changed in between is seen the next time.
    const stat = await files.stat?.(path)();
    const read = await files.read(path)();
    if (E.isLeft(read)) return read;
    const known = stat !== undefined && E.isRight(stat) ? stat.right.changed : 0;
    const changed = Date.now() - known < RECENT ? 0 : known;
    const bytes = read.right.length;
    states.set(path, { bytes, changed, sha256: await sha256(read.right) });
    return read;
  },
});

/** Finds the part of an earlier encoding that can be used; null where there is none. */
function earlierOf(
  set: SavedCodes | undefined,
  { model, inverted, software }: Pick<Origins, "model" | "inverted" | "software">,
): Earlier | null {
  const origins = set?.origins;
  if (
    set?.files === undefined || set.thumbnails === undefined || origins === undefined ||
    origins.model.sha256 !== model.sha256 || origins.inverted !== inverted ||
    origins.software !== software
  ) return null;
  const byPath = new Map<string, [number, FileState]>();
  const byContent = new Map<string, number>();
  let index = 0;
  for (const part of origins.parts) {
    if (part.kind === "dataset") index += part.count;
    else {
      for (const path of part.files) {
        const state = stateAt(set.files, index);
        byPath.set(path, [index, state]);
        byContent.set(state.sha256, index++);
      }
    }
  }
  return { set, byPath, byContent };
}

const stateAt = ({ contents, stats }: FileStates, i: number): FileState => ({
  sha256: contents.subarray(32 * i, 32 * (i + 1)).toHex(),
  bytes: Number(stats[2 * i]),
  changed: Number(stats[2 * i + 1]),
});

/**
 * Finds the files of an input whose codes are known: those of unchanged size and age, and those with the content of a
 * file that was encoded, under any name.
 *
 * @returns The index of the code by the index of the file; `Interrupted`.
 */
async function unchanged(
  source: ImageSource,
  earlier: Earlier | null,
  files: Files,
  states: Map<string, FileState>,
  env: Waiting,
): Promise<E.Either<SparrowError, ReadonlyMap<number, number>>> {
  const found = new Map<number, number>();
  if (source.kind === "dataset" || earlier === null) return E.right(found);
  for (const [at, { path }] of source.files.entries()) {
    await breathe(env);
    if (env.signal.aborted) return E.left({ _tag: "Interrupted", epoch: 0, step: 0 });
    const [index, was] = earlier.byPath.get(path) ?? [];
    const stat = await files.stat?.(path)();
    if (index !== undefined && was !== undefined && stat !== undefined && E.isRight(stat)) {
      const { bytes, changed } = stat.right;
      if (bytes === was.bytes && changed !== 0 && changed === was.changed) {
        states.set(path, was);
        found.set(at, index);
        continue;
      }
    }
    // A file that cannot be read is an error, or passed over, where it is decoded.
    await files.read(path)();
    const content = states.get(path)?.sha256;
    const code = content === undefined ? undefined : earlier.byContent.get(content);
    if (code !== undefined) found.set(at, code);
  }
  return E.right(found);
}

/** The files of an input that are to be decoded, with their places in it; null where these are all. */
function without(
  source: ImageSource,
  found: ReadonlyMap<number, number>,
): readonly [ImageSource, readonly number[] | null] {
  if (source.kind === "dataset" || found.size === 0) return [source, null];
  const places = source.files.map((_, at) => at).filter((at) => !found.has(at));
  return [{ ...source, files: places.map((at) => source.files[at]) }, places];
}

/** The states of the rows' files; zeros for an image of a dataset. */
function statesOf(rows: readonly Row[], states: ReadonlyMap<string, FileState>): FileStates {
  const contents = new Uint8Array(32 * rows.length);
  const stats = new BigInt64Array(2 * rows.length);
  rows.forEach(({ source, at }, i) => {
    const state = source.kind === "files" ? states.get(source.files[at].path) : undefined;
    if (state === undefined) return;
    contents.set(Uint8Array.fromHex(state.sha256), 32 * i);
    stats.set([BigInt(state.bytes), BigInt(state.changed)], 2 * i);
  });
  return { contents, stats };
}

function changesOf(
  rows: readonly Row[],
  sources: readonly ImageSource[],
  { byPath, set }: Earlier,
): FileChanges {
  const [counts, there] = [{ same: 0, added: 0, changed: 0 }, new Set<string>()];
  for (const source of sources) {
    if (source.kind === "files") source.files.forEach(({ path }) => there.add(path));
  }
  for (const { source, at, code, isKnown } of rows) {
    if (source.kind === "dataset") continue;
    const [index, was] = byPath.get(source.files[at].path) ?? [];
    if (was === undefined) counts.added++;
    else if (isKnown && (code === index || stateAt(set.files!, code).sha256 === was.sha256)) {
      counts.same++;
    } else counts.changed++;
  }
  return { ...counts, gone: [...byPath.keys()].filter((path) => !there.has(path)).length };
}
