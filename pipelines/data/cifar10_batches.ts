/**
 * The batches of CIFAR-10's binary version that a folder has: all of them, or some.
 *
 * @module
 */
import type { CorruptFile, FileUnavailable } from "../../graph/error.ts";
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import { namesFile, type PublishedArchive, testFile } from "./cifar10_published.ts";
import { readRecords } from "./cifar10_records.ts";
import type { RawSplit } from "./dataset.ts";
import type { DataEnv } from "./environment.ts";
import { copiesIn, hindranceTo, type Lacking } from "./folder.ts";
import { gunzip } from "./gzip.ts";
import { sha256 } from "./sha256.ts";

/** A batch as it was found. */
export interface Batch {
  /** Without ".gz": "data_batch_1.bin". */
  readonly name: string;
  /** Where it was. */
  readonly path: string;
  /** Of the uncompressed content. */
  readonly sha256: string;
  /** What it holds. */
  readonly split: RawSplit;
}

/** What a folder holds. */
export interface Batches {
  /** In the archive's order, the test batch last; at least two. */
  readonly batches: readonly Batch[];
  /** The names in the folder's `batches.meta.txt`, or null where there is none. */
  readonly classes: readonly string[] | null;
}

/**
 * Reads the batches that a folder has.
 *
 * @returns At least one training batch and the test batch; `Lacking` when there are none or the
 * folder may not be read; any other error is about a file that is there.
 */
export const readBatches = (
  folder: string,
  published: PublishedArchive,
  env: DataEnv,
): TE.TaskEither<Lacking | FileUnavailable | CorruptFile, Batches> =>
async () => {
  const lacking = (reason: string) => E.left<Lacking>({ _tag: "Lacking", place: folder, reason });
  const hindrance = await hindranceTo(folder, env);
  if (hindrance !== null) return lacking(hindrance);

  const paths = new Map<string, string>();
  for (const name of [...Object.keys(published.files), namesFile]) {
    const [path] = await copiesIn(folder, { name }, env);
    if (path !== undefined) paths.set(name, path);
  }
  const found = Object.keys(published.files).filter((name) => paths.has(name));
  const [first] = Object.keys(published.files);
  if (!found.includes(testFile)) return lacking(`it lacks ${testFile} (it may end in .gz)`);
  if (found.length < 2) return lacking(`it lacks ${first} and the like (each may end in .gz)`);

  const batches: Batch[] = [];
  for (const name of found) {
    const read = await readBatch(name, paths.get(name) ?? name, published, env)();
    if (E.isLeft(read)) return read;
    batches.push(read.right);
  }
  const names = paths.get(namesFile);
  if (names === undefined) return E.right({ batches, classes: null });
  return await pipe(
    contentOf(names, published.largest, env),
    TE.flatMapEither((content) => classNames(names, content)),
    TE.map((classes): Batches => ({ batches, classes })),
  )();
};

const readBatch = (
  name: string,
  path: string,
  { largest }: PublishedArchive,
  env: DataEnv,
): TE.TaskEither<FileUnavailable | CorruptFile, Batch> =>
  pipe(contentOf(path, largest, env), TE.flatMap((content) => batchOf(name, path, content)));

/** A batch of a file's uncompressed content, if its structure is right. */
export const batchOf = (
  name: string,
  path: string,
  content: Uint8Array,
): TE.TaskEither<CorruptFile, Batch> =>
  pipe(
    TE.fromEither(readRecords(path, content)),
    TE.flatMapTask((split) => async () => ({ name, path, split, sha256: await sha256(content) })),
  );

const contentOf = (
  path: string,
  atMost: number,
  { files }: DataEnv,
): TE.TaskEither<FileUnavailable | CorruptFile, Uint8Array> =>
  pipe(files.read(path), TE.flatMap((bytes) => gunzip(path, bytes, atMost)));

function classNames(
  file: string,
  content: Uint8Array,
): E.Either<CorruptFile, readonly string[]> {
  const names = new TextDecoder().decode(content).split("\n").map((line) => line.trim())
    .filter((line) => line !== "");
  return names.length === 10 ? E.right(names) : E.left({
    _tag: "CorruptFile",
    file,
    reason: `expected 10 class names, one per line, current value is ${names.length}`,
  });
}
