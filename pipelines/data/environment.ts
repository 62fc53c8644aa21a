/**
 * What loading a dataset needs from outside, as a record that tests replace.
 *
 * @module
 */
import { denoFiles, type Files } from "../files.ts";

/** The effects of loading a dataset. */
export interface DataEnv {
  /** Where files are read and the cache is written. */
  readonly files: Files;
  /** As the global `fetch`; rejects when there is no answer or the signal is aborted. */
  readonly fetch: (
    url: string,
    options: { readonly signal: AbortSignal },
  ) => Promise<Response>;
  /** An environment variable; undefined if it is not set, empty, or not ours to read. */
  readonly variable: (name: string) => string | undefined;
  /**
   * Whether files in a folder may be read or written.
   *
   * @param ask Whether a person at a terminal may be asked for it.
   */
  readonly permitted: (
    operation: "read" | "write",
    folder: string,
    ask: boolean,
  ) => Promise<boolean>;
  /** "linux", "darwin", "windows", …, as `Deno.build.os` has it. */
  readonly system: string;
}

/**
 * This machine, through Deno. At a terminal Deno asks for Sparrow's own variables, and for others
 * (HOME and its like) never: they only say where the cache is.
 */
export const denoDataEnv: DataEnv = {
  files: denoFiles,
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
  system: Deno.build.os,
};
