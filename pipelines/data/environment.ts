/**
 * Environment that loading a dataset needs, as a record that tests replace.
 *
 * @module
 */
import type { FileUnavailable } from "../../graph/error.ts";
import { TE } from "../../graph/fp_ts.ts";
import { denoFiles, type Files } from "../files/files.ts";

/** An entry of a folder: a file, a folder or a link. */
export interface FolderEntry {
  /** Name of the entry, without the folder's. */
  readonly name: string;
  /** Whether it is a folder, or a link to one. */
  readonly isFolder: boolean;
  /** Whether it is a link. @default {false} */
  readonly isLink?: boolean;
  /** Whether it is neither a folder nor a file: a link that leads nowhere, a pipe, a device. @default {false} */
  readonly isOther?: boolean;
}

/** The effects of loading a dataset. */
export interface DataEnv {
  /** File system that files are read from and the cache is written to. */
  readonly files: Files;
  /** Lists a folder in no particular order; `FileUnavailable` when it cannot be read. */
  readonly list: (folder: string) => TE.TaskEither<FileUnavailable, readonly FolderEntry[]>;
  /** Finds where a path leads when all its links are followed; null where that cannot be found out. */
  readonly realPath: (path: string) => Promise<string | null>;
  /** Fetches as the global `fetch` does; rejects when there is no answer or the signal is aborted. */
  readonly fetch: (
    url: string,
    options: { readonly signal: AbortSignal },
  ) => Promise<Response>;
  /** An environment variable; undefined if it is not set, empty, or not ours to read. */
  readonly variable: (name: string) => string | undefined;
  /**
   * Whether files in a folder may be read or written.
   *
   * @param ask Whether Deno may ask a person at a terminal.
   */
  readonly permitted: (
    operation: "read" | "write",
    folder: string,
    ask: boolean,
  ) => Promise<boolean>;
  /** Operating system: "linux", "darwin", "windows", …, as `Deno.build.os` names it. */
  readonly system: string;
  /** Signal at which reading image files ends with `Interrupted`. @default it is never interrupted */
  readonly signal?: AbortSignal;
  /** Called with the number of image files that have been read, and of all. @default none */
  readonly onRead?: (done: number, total: number) => void;
}

/**
 * Environment of this machine, through Deno. At a terminal Deno asks for permission to read Sparrow's own variables,
 * but never for others, such as HOME: they only give the place of the cache.
 */
export const denoDataEnv: DataEnv = {
  files: denoFiles,
  list: (folder) =>
    TE.tryCatch(() => entriesOf(folder), (cause) => ({
      _tag: "FileUnavailable",
      operation: "read",
      file: folder,
      reason: cause instanceof Error ? cause.message : String(cause),
      advice: `Check the path, or add --allow-read=${folder}`,
    })),
  realPath: (path) => Deno.realPath(path).catch(() => null),
  fetch: (url, options) => fetch(url, options),
  variable: (name) => {
    const descriptor = { name: "env", variable: name } as const;
    const { state } = name.startsWith("SPARROW_")
      ? Deno.permissions.requestSync(descriptor)
      : Deno.permissions.querySync(descriptor);
    return state === "granted" ? Deno.env.get(name) || undefined : undefined;
  },
  permitted: async (operation, folder, ask) => {
    const descriptor = { name: operation, path: folder } as const;
    const { state } =
      await (ask ? Deno.permissions.request(descriptor) : Deno.permissions.query(descriptor));
    return state === "granted";
  },
  // Not before it is asked for: a browser that imports the module has no Deno.
  get system() {
    return Deno.build.os;
  },
};

async function entriesOf(folder: string): Promise<readonly FolderEntry[]> {
  const entries: FolderEntry[] = [];
  for await (const { name, ...kind } of Deno.readDir(folder)) {
    const { isSymlink: isLink } = kind;
    const { isDirectory: isFolder, isFile } = isLink
      ? await Deno.stat(`${folder}/${name}`).catch(() => nothing)
      : kind;
    entries.push({ name, isFolder, isLink, isOther: !isFolder && !isFile });
  }
  return entries;
}

const nothing = { isDirectory: false, isFile: false };
