/**
 * The file system as Sparrow uses it, a record of functions so that tests can put faults in.
 *
 * @module
 */
import { E, TE } from "../../graph/fp_ts.ts";
import type { FileUnavailable } from "../../graph/error.ts";

/** Reading and writing whole files. */
export interface Files {
  /** The bytes of a file; `FileUnavailable` when it is not there or not readable. */
  readonly read: (path: string) => TE.TaskEither<FileUnavailable, Uint8Array>;
  /** Whether there is something at a path that may be read. */
  readonly exists: (path: string) => TE.TaskEither<never, boolean>;
  /**
   * Writes a file so that a reader sees the old one or the new one, never a part: to a temporary
   * name beside it, synced to the disk, renamed. The folder is made if it is missing.
   */
  readonly write: (
    path: string,
    bytes: Uint8Array | string,
  ) => TE.TaskEither<FileUnavailable, void>;
  /** Names of a folder's entries, in no order; none where it is missing. */
  readonly list: (folder: string) => TE.TaskEither<FileUnavailable, readonly string[]>;
  /** Removes a file; it does not matter if there was none. */
  readonly remove: (path: string) => TE.TaskEither<FileUnavailable, void>;
  /** Returns the size of a file and the time of its last change, without reading it. @default not known */
  readonly stat?: (path: string) => TE.TaskEither<FileUnavailable, FileStat>;
}

/** The size and age of a file. */
export interface FileStat {
  /** Bytes of the file. */
  readonly bytes: number;
  /** Time of the last change, in whole milliseconds since 1970; 0 where the system does not say. */
  readonly changed: number;
}

/** The files of this machine, through Deno. */
export const denoFiles: Files = {
  read: (path) =>
    TE.tryCatch(() => Deno.readFile(path), (cause) => unavailable("read", path, cause)),
  exists: (path) => () => Deno.stat(path).then(() => E.right(true), () => E.right(false)),
  write: (path, bytes) =>
    TE.tryCatch(() => writeWhole(path, bytes), (cause) => unavailable("write", path, cause)),
  list: (folder) =>
    TE.tryCatch(() => namesIn(folder), (cause) => unavailable("read", folder, cause)),
  remove: (path) =>
    TE.tryCatch(
      () => Deno.remove(path).catch(unlessMissing),
      (cause) => unavailable("write", path, cause),
    ),
  stat: (path) =>
    TE.tryCatch(
      async () => {
        const { size, mtime } = await Deno.stat(path);
        return { bytes: size, changed: Math.floor(mtime?.getTime() ?? 0) };
      },
      (cause) => unavailable("read", path, cause),
    ),
};

function unlessMissing(cause: unknown): void {
  if (!(cause instanceof Deno.errors.NotFound)) throw cause;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  } catch (cause) {
    unlessMissing(cause);
    return [];
  }
}

function writeWhole(path: string, bytes: Uint8Array | string): Promise<void> {
  const data = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
  return writeThrough(path, async (file) => {
    for (let done = 0; done < data.length;) done += await file.write(data.subarray(done));
  });
}

/**
 * Writes a file of this machine as its bytes come, so that a reader sees the old one or the new one, never a part, as
 * `Files.write` does.
 *
 * @param work Writes all of it into the stream and closes that; where it throws, nothing is written, and what it has
 * thrown is thrown.
 */
export const writeStreamed = (
  path: string,
  work: (into: WritableStream<Uint8Array>) => Promise<void>,
): Promise<void> =>
  writeThrough(path, (file) =>
    work(
      new WritableStream({
        write: async (bytes) => {
          for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
        },
      }),
    ));

/** An open file that is written in any order: Deno's, by the parts that are used. */
interface OpenFile {
  /** Writes some bytes at the current position; returns their number. */
  readonly write: (bytes: Uint8Array) => Promise<number>;
  /**
   * Moves the position: by `offset` bytes from the beginning (0), from the current position (1), or from the end (2).
   */
  readonly seek: (offset: number, from: number) => Promise<number>;
}

/**
 * Writes a file of this machine in any order, so that a reader sees the old one or the new one, never a part.
 *
 * @param work Writes into the file; where it throws, nothing is written, and what it has thrown is thrown.
 */
export async function writeThrough(
  path: string,
  work: (file: OpenFile) => Promise<void>,
): Promise<void> {
  const folder = folderOf(path);
  await Deno.mkdir(folder, { recursive: true });
  const temporary = `${path}.${crypto.randomUUID().slice(0, 8)}.tmp`;
  try {
    const file = await Deno.open(temporary, { write: true, createNew: true });
    try {
      await work(file);
      await file.sync();
    } finally {
      file.close();
    }
    await Deno.rename(temporary, path);
    await syncFolder(folder);
  } catch (cause) {
    await Deno.remove(temporary).catch(() => {});
    throw cause;
  }
}

/** The new name is on the disk too, where the system can say so: Windows cannot. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const entry = await Deno.open(folder);
    await entry.sync().finally(() => entry.close());
  } catch { /* The file itself is whole and synced. */ }
}

const folderOf = (path: string): string => {
  const end = Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\"));
  return end < 0 ? "." : path.slice(0, end) || "/";
};

/** The error of something that was thrown while a file was read or written. */
export function unavailable(
  operation: "read" | "write",
  file: string,
  cause: unknown,
): FileUnavailable {
  const denied = cause instanceof Deno.errors.NotCapable;
  // To write is to rename a temporary file, for which Deno wants the permission to read as well.
  const permission = denied && /\bread access\b/.test(cause.message) ? "read" : operation;
  const missing = cause instanceof Deno.errors.NotFound;
  return {
    _tag: "FileUnavailable",
    operation,
    file,
    reason: denied
      ? `Deno was not given the permission to ${permission} there`
      : missing
      ? "there is no such file"
      : cause instanceof Error
      ? cause.message
      : String(cause),
    advice: denied
      ? `Add --allow-${permission}=${operation === "write" ? folderOf(file) : file}`
      : operation === "write"
      ? "Choose a folder that can be written to, with enough room"
      : "Check the path",
  };
}
