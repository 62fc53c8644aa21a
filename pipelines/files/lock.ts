/**
 * Locks on folders, so that two processes never work in one at the same time.
 *
 * @module
 */
import { E, type TE } from "../../graph/fp_ts.ts";
import type { FileUnavailable } from "../../graph/error.ts";
import { unavailable } from "./files.ts";

/** Releases a lock; only the first call does anything. */
export type Release = () => Promise<void>;

/** Name of the file in a folder whose lock a running program holds. */
export const LOCK_FILE = "sparrow.lock";

/** Process that holds a lock, as the lock file describes it. */
interface Holder {
  readonly process: number;
  readonly program: string;
  /** Time at which the lock was taken: an ISO date. */
  readonly since: string;
}

/**
 * Locks a folder against other processes, and against a second lock by this one. The lock is one of the
 * operating system's, which ends with the process, however that ends: a lock file that a killed process
 * has left locks nothing. The folder is made if it is missing.
 *
 * @param program Name of this program in the error of another process: "mnist_kwta".
 * @returns A function that releases the lock, removes its file, and removes the folder where the lock had made
 * it and it is still empty; `FileUnavailable` where the folder is locked, naming the process that holds it,
 * where it cannot be written to, and where its file system has no locks.
 *
 * @example
 * ```ts
 * import { lockFolder } from "./lock.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { assert } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const folder = await Deno.makeTempDir();
 * const release = await orThrow(lockFolder(folder, "first"));
 * assert(E.isLeft(await lockFolder(folder, "second")()));
 * await release();
 * await Deno.remove(folder);
 * ```
 */
export const lockFolder = (
  folder: string,
  program: string,
): TE.TaskEither<FileUnavailable, Release> =>
async () => {
  const path = `${folder}/${LOCK_FILE}`;
  try {
    const made = !await exists(folder);
    await Deno.mkdir(folder, { recursive: true });
    const file = await lockOf(path);
    if (file === null) return E.left(inUse(folder, await holderOf(path)));
    await write(file, { process: Deno.pid, program, since: new Date().toISOString() });
    return E.right(once(() => release(file, path, made ? folder : null)));
  } catch (cause) {
    return E.left(unavailable("write", path, cause));
  }
};

/** The locked file; null where it is locked already. */
async function lockOf(path: string): Promise<Deno.FsFile | null> {
  for (;;) {
    const file = await Deno.open(path, { read: true, write: true, create: true });
    try {
      if (!await file.tryLock(true)) {
        file.close();
        return null;
      }
      // The holder before may have removed the file after it was opened here: a lock of a file without a
      // name would lock nothing.
      if (await isAt(file, path)) return file;
      file.close();
    } catch (cause) {
      file.close();
      throw cause;
    }
  }
}

/** Whether the open file is the one that has the name now. */
async function isAt(file: Deno.FsFile, path: string): Promise<boolean> {
  const [open, named] = await Promise.all([file.stat(), Deno.stat(path).catch(() => null)]);
  return named !== null && open.ino === named.ino && open.dev === named.dev;
}

/** Writes the holder of the lock. The lock holds too where this cannot be written: on a disk that is full. */
async function write(file: Deno.FsFile, holder: Holder): Promise<void> {
  try {
    await file.truncate(0);
    await file.write(new TextEncoder().encode(JSON.stringify(holder) + "\n"));
  } catch { /* Then the error of others names no process. */ }
}

async function release(file: Deno.FsFile, path: string, made: string | null): Promise<void> {
  // Before the lock ends: afterwards it may be another's. Windows numbers no files, so `isAt` would not
  // notice the removal there; and it does not remove what is open.
  if (Deno.build.os !== "windows") await Deno.remove(path).catch(() => {});
  file.close();
  if (made !== null) await Deno.remove(made).catch(() => {});
}

function once(task: Release): Release {
  let done: Promise<void> | null = null;
  return () => done ??= task();
}

const exists = (path: string): Promise<boolean> => Deno.stat(path).then(() => true, () => false);

/** Reads which process has written a lock file; null where none has, or where it cannot be read. */
async function holderOf(path: string): Promise<Holder | null> {
  try {
    const { process, program, since } = JSON.parse(await Deno.readTextFile(path));
    const isWhole = Number.isSafeInteger(process) && /^\w{1,80}$/.test(program) &&
      /^[\d:.TZ-]{1,30}$/.test(since);
    return isWhole ? { process, program, since } : null;
  } catch {
    return null;
  }
}

function inUse(folder: string, holder: Holder | null): FileUnavailable {
  const who = holder === null
    ? "another process"
    : `${holder.process === Deno.pid ? "this process" : `process ${holder.process}`} ` +
      `(${holder.program}, since ${holder.since})`;
  return {
    _tag: "FileUnavailable",
    operation: "write",
    file: folder,
    reason: `it is in use by ${who}`,
    advice: "Wait until that has ended, stop it, or use another folder",
  };
}
