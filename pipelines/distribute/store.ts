/**
 * The store: outputs of tasks in a folder, each under the SHA-256 of its input, written by rename.
 *
 *     STORE/outputs/<key>/output.json   the input and the row; beside it the task's files
 *     STORE/attempts/<key>.<random>/    a running task, renamed when it has ended well; local workers have a folder of
 *                                       their own, STORE/queue/attempts, which they empty when they begin
 *
 * @module
 */
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import type { CorruptFile, SparrowError } from "../../graph/error.ts";
import { denoFiles, unavailable } from "../files/files.ts";
import { isRecord, parseJson } from "../files/json.ts";
import { type Identity, type Json, keyOf, type Task } from "./task.ts";

/** The file of an output that holds its input and its row. */
const OUTPUT_FILE = "output.json";

/** Folders that a worker writes to, on one disk. */
export interface Folders {
  /** Store of the outputs. */
  readonly store: string;
  /** Folder of running tasks. */
  readonly attempts: string;
}

/** Returns the folders of workers on this machine, whose coordinator has locked its queue. */
export const localFolders = (store: string): Folders => ({
  store,
  attempts: `${store}/queue/attempts`,
});

/** Returns the folders of workers that have joined a queue. */
export const sharedFolders = (store: string): Folders => ({
  store,
  attempts: `${store}/attempts`,
});

/** Returns the folder of an output. */
export const outputFolder = (store: string, key: string): string => `${store}/outputs/${key}`;

/**
 * Reads the row of an output.
 *
 * @param expected Input of the task, which the output must be of.
 * @returns The row; null where there is no such output; `CorruptFile` where its file is not what a task has written.
 */
export const readOutput = <Spec extends Json, Row extends Json>(
  store: string,
  task: Task<Spec, Row>,
  expected: Identity,
): TE.TaskEither<SparrowError, Row | null> => {
  const key = keyOf(expected);
  const file = `${outputFolder(store, key)}/${OUTPUT_FILE}`;
  return pipe(
    denoFiles.exists(file),
    TE.chainW((there): TE.TaskEither<SparrowError, Row | null> =>
      there
        ? pipe(
          denoFiles.read(file),
          TE.chainEitherKW((bytes) => rowOf(file, key, task, new TextDecoder().decode(bytes))),
        )
        : TE.right(null)
    ),
  );
};

function rowOf<Spec extends Json, Row extends Json>(
  file: string,
  key: string,
  { isRow }: Task<Spec, Row>,
  text: string,
): E.Either<CorruptFile, Row> {
  const value = parseJson(text);
  if (isRecord(value) && isRow(value.row)) {
    const { row, ...identity } = value as unknown as Identity & { readonly row: Row };
    if (keyOf(identity) === key) return E.right(row);
  }
  const reason = `expected the row of the task whose input has the SHA-256 ${key}; ` +
    "delete its folder, and the task is done anew";
  return E.left({ _tag: "CorruptFile", file, reason });
}

/**
 * Does a task, unless its output is there, and keeps the output.
 *
 * @param folders Store, and folder of running tasks.
 * @param work Does the task in a new folder, and returns its row. What it leaves there is kept where it returns a row,
 * and removed otherwise.
 * @returns Whether the output was there before; what the work returns where it fails, and `FileUnavailable`.
 */
export const produce = (
  { store, attempts }: Folders,
  identity: Identity,
  work: (folder: string) => TE.TaskEither<SparrowError, Json>,
): TE.TaskEither<SparrowError, { readonly found: boolean }> =>
async () => {
  const key = keyOf(identity);
  const output = outputFolder(store, key);
  if (await isThere(`${output}/${OUTPUT_FILE}`)) return E.right({ found: true });
  const attempt = `${attempts}/${key}.${crypto.randomUUID().slice(0, 8)}`;
  const file = `${attempt}/${OUTPUT_FILE}`;
  const ours = <A>(step: () => Promise<A>) =>
    TE.tryCatch(step, (cause): SparrowError => unavailable("write", file, cause));
  try {
    return await pipe(
      ours(async () => {
        await Deno.mkdir(attempt, { recursive: true });
        await Deno.mkdir(`${store}/outputs`, { recursive: true });
      }),
      TE.chain(() => work(attempt)),
      TE.chain((row): TE.TaskEither<SparrowError, void> =>
        denoFiles.write(file, JSON.stringify({ ...identity, row }, null, 2) + "\n")
      ),
      TE.chain(() => ours(async () => ({ found: !await renamed(attempt, output) }))),
    )();
  } finally {
    await Deno.remove(attempt, { recursive: true }).catch(() => {});
  }
};

/** Renames a folder; false where another worker was first, which has written the same. */
async function renamed(from: string, to: string): Promise<boolean> {
  try {
    await Deno.rename(from, to);
    return true;
  } catch (cause) {
    if (await isThere(`${to}/${OUTPUT_FILE}`)) return false;
    throw cause;
  }
}

const isThere = (path: string): Promise<boolean> => Deno.stat(path).then(() => true, () => false);

/** Removes the attempts that killed workers have left, in a folder where none is running. */
export const removeAttempts = ({ attempts }: Folders): Promise<void> =>
  Deno.remove(attempts, { recursive: true }).catch(() => {});
