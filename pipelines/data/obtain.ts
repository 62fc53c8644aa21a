/**
 * Obtaining the files of a published dataset: from a folder that the user named, else from
 * `$SPARROW_DATA`, the caches of this machine and the mirrors on the web, in this order.
 *
 * @module
 */
import { type FileUnavailable, invalidOption, type SparrowError } from "../../graph/error.ts";
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import { isGzip, joined } from "./bytes.ts";
import type { DataEnv } from "./environment.ts";
import {
  type Attempt,
  type Damage,
  type Published,
  type PublishedFile,
  reasonOf,
  unavailable,
  verify,
  within,
} from "./published.ts";

/** The content of a dataset's files, and where they were found. */
export interface Obtained {
  /** Values of the files, one array per file, in the order of {@linkcode Published.files}. */
  readonly values: readonly Uint8Array[];
  /** Places that they came from, separated by commas. */
  readonly source: string;
}

/**
 * Obtains the files of a published dataset, verified.
 *
 * With `data` they come from that folder, or there is an error. Without it they come from
 * `$SPARROW_DATA` or its subfolder of the dataset's name (only that, where the dataset says so), if all
 * files are there; else each file comes from the user's cache, `./runs/.cache`, or the mirrors in turn.
 * A damaged file is an error in a folder that the user named, and is replaced by a download, where that
 * is possible, in a cache.
 *
 * @param data The folder that the user named, if any.
 * @returns The values; `DatasetUnavailable` with every place that was tried; `CorruptFile` or
 * `ChecksumMismatch` for a damaged file; `FileUnavailable` for one that cannot be read;
 * `InvalidOption` when `data` is empty.
 */
export const obtain = (
  published: Published,
  data: string | undefined,
  env: DataEnv,
): TE.TaskEither<SparrowError, Obtained> =>
async () => {
  if (data === "") return E.left(invalidOption("--data", data, "the path of a folder"));
  const named = data === undefined ? sparrowData(published, env) : [data];
  const tried: Attempt[] = named.length > 0 ? [] : [notSet];
  for (const folder of named) {
    const found = await readFolder(folder, published, env)();
    if (E.isRight(found)) return E.right({ values: found.right, source: folder });
    if (found.left._tag !== "Lacking") return E.left(found.left);
    const { place, reason } = found.left;
    tried.push({ place, reason });
  }
  return data === undefined
    ? await fromCacheOrWeb(published, tried, env)
    : E.left(unavailable(published, tried));
};

/** The attempt that stands for `$SPARROW_DATA` where it names no folder. */
export const notSet: Attempt = {
  place: "$SPARROW_DATA",
  reason: "it is not set, or Deno may not read it (--allow-env=SPARROW_DATA)",
};

function sparrowData(
  { folder, onlyInSubfolder = false }: Published,
  { variable }: DataEnv,
): readonly string[] {
  const root = variable("SPARROW_DATA");
  if (root === undefined) return [];
  return onlyInSubfolder ? [within(root, folder)] : [root, within(root, folder)];
}

async function fromCacheOrWeb(
  published: Published,
  before: readonly Attempt[],
  env: DataEnv,
): Promise<E.Either<SparrowError, Obtained>> {
  const values: Uint8Array[] = [];
  const places = new Set<string>();
  for (const file of published.files) {
    const found = await cachedOrDownloaded(file, published, env)();
    if (E.isLeft(found)) {
      const { damage, tried } = found.left;
      return E.left(damage ?? unavailable(published, [...before, ...tried]));
    }
    values.push(found.right.values);
    places.add(found.right.place);
  }
  return E.right({ values, source: [...places].join(", ") });
}

// ---- Downloads

/** The limits at which a download gives up, so that it cannot hang or fill the memory. */
export interface DownloadLimits {
  /** Time to the response's head, in milliseconds. */
  readonly response: number;
  /** Time from there to the last byte, in milliseconds. */
  readonly body: number;
  /** The largest body to accept, in bytes. */
  readonly bytes: number;
}

/**
 * Downloads the bytes at an address.
 *
 * @returns The body of a successful response, whole; otherwise the reason as a person reads it:
 * the HTTP status, the limit that was passed, or what `fetch` said.
 *
 * @example
 * ```ts
 * import { download } from "./obtain.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const gone = () => Promise.resolve(new Response(null, { status: 404, statusText: "Not Found" }));
 * assertEquals(
 *   await download("https://a.example/b", gone, { response: 1000, body: 1000, bytes: 10 })(),
 *   E.left("HTTP status 404 Not Found"),
 * );
 * ```
 */
export const download = (
  url: string,
  fetch: DataEnv["fetch"],
  limits: DownloadLimits,
): TE.TaskEither<string, Uint8Array> =>
  TE.tryCatch(
    () => fetchBody(url, fetch, limits),
    (cause) => cause instanceof Error ? cause.message : String(cause),
  );

async function fetchBody(
  url: string,
  fetch: DataEnv["fetch"],
  limits: DownloadLimits,
): Promise<Uint8Array> {
  const controller = new AbortController();
  const giveUpAfter = (ms: number, what: string) =>
    setTimeout(() => controller.abort(new Error(`${what} within ${ms / 1000} s`)), ms);

  let timer = giveUpAfter(limits.response, "no response");
  try {
    const response = await fetch(url, { signal: controller.signal });
    clearTimeout(timer);
    timer = giveUpAfter(limits.body, "the download did not end");
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`HTTP status ${response.status} ${response.statusText}`.trimEnd());
    }
    return await bounded(response, limits.bytes);
  } catch (cause) {
    throw causeOf(cause);
  } finally {
    clearTimeout(timer);
  }
}

async function bounded(response: Response, atMost: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let total = 0;
  for await (const piece of response.body ?? []) {
    total += piece.length;
    if (total > atMost) throw new Error(`expected at most ${atMost} bytes, it sends more`);
    pieces.push(piece);
  }
  return joined(pieces);
}

/** Deno's `fetch` says only "fetch failed" and keeps the reason as the cause. */
const causeOf = (error: unknown): unknown =>
  error instanceof Error && error.cause instanceof Error ? error.cause : error;

// ---- Caches

/** A cache: a folder for files that can be downloaded again. */
export interface CacheFolder {
  /** Path of the folder. */
  readonly path: string;
  /** Whether Deno may ask a person at a terminal for the permission to use it. */
  readonly ask: boolean;
}

/** The values of a file, and the place that they came from. */
export interface CachedFile {
  /** Values of the file. */
  readonly values: Uint8Array;
  /** Cache folder or mirror. */
  readonly place: string;
}

/** Milliseconds to wait for the response's head, and for the rest of it. */
const [response, body] = [20_000, 5 * 60_000];
/** Upper bound of the bytes that gzip adds to content that it cannot make smaller. */
const overhead = 65_536;

/**
 * Returns the cache folders of a dataset, the first to be preferred: the user's, by the custom of the
 * system (the XDG Base Directory Specification on Linux), and `./runs/.cache`, because Deno's
 * permission sets cannot name the home folder.
 *
 * @param name The dataset's folder: "mnist".
 */
export function cacheFolders(
  name: string,
  { variable, system }: Pick<DataEnv, "variable" | "system">,
): readonly CacheFolder[] {
  const own = { path: `./runs/.cache/${name}`, ask: true };
  const base = userCache(variable, system);
  return base === undefined ? [own] : [{ path: `${base}/sparrow/${name}`, ask: false }, own];
}

function userCache(variable: DataEnv["variable"], system: string): string | undefined {
  if (system === "windows") return variable("LOCALAPPDATA");
  const home = variable("HOME");
  if (system === "darwin") return home && `${home}/Library/Caches`;
  const xdg = variable("XDG_CACHE_HOME");
  // The specification: a relative path is invalid and to be ignored.
  return xdg?.startsWith("/") ? xdg : home && `${home}/.cache`;
}

/** The outcome where no good copy was found. */
export interface NotFound {
  /** Damage of the first damaged copy in a cache; null where there is none. */
  readonly damage: Damage | null;
  /** Every place that was tried. */
  readonly tried: readonly Attempt[];
}

/**
 * Obtains a file from the first cache folder that has a good copy; else from the first mirror that
 * does, in which case it is kept in the first cache folder that takes it, once it is verified.
 */
export const cachedOrDownloaded = (
  file: PublishedFile,
  { folder, mirrors }: Published,
  env: DataEnv,
): TE.TaskEither<NotFound, CachedFile> =>
async () => {
  const folders = cacheFolders(folder, env);
  const cached = await fromCache(file, folders, env);
  if (E.isRight(cached)) return cached;
  const downloaded = await fromMirrors(file, mirrors, folders, env);
  if (E.isRight(downloaded)) return downloaded;
  const { damage, tried } = cached.left;
  return E.left({ damage, tried: [...tried, ...downloaded.left] });
};

async function fromCache(
  file: PublishedFile,
  folders: readonly CacheFolder[],
  env: DataEnv,
): Promise<E.Either<NotFound, CachedFile>> {
  const tried: Attempt[] = [];
  let damage: Damage | null = null;
  for (const { path: place, ask } of folders) {
    if (!await env.permitted("read", place, ask)) {
      tried.push({ place, reason: "Deno may not read it" });
      continue;
    }
    const copies = await copiesIn(place, file, env);
    if (copies.length === 0) tried.push({ place, reason: `it lacks ${file.name}` });
    for (const copy of copies) {
      const read = await readCopy(copy, file, env)();
      if (E.isRight(read)) return E.right({ values: read.right, place });
      if (read.left._tag === "FileUnavailable") {
        tried.push({ place: copy, reason: read.left.reason });
      } else {
        damage ??= read.left;
      }
    }
  }
  return E.left({ damage, tried });
}

async function fromMirrors(
  file: PublishedFile,
  mirrors: readonly string[],
  folders: readonly CacheFolder[],
  env: DataEnv,
): Promise<E.Either<readonly Attempt[], CachedFile>> {
  const tried: Attempt[] = [];
  for (const mirror of mirrors) {
    const url = `${mirror}${file.name}.gz`;
    const limits = { response, body, bytes: file.size + overhead };
    const bytes = await download(url, env.fetch, limits)();
    if (E.isLeft(bytes)) {
      tried.push({ place: url, reason: bytes.left });
      continue;
    }
    const verified = await verify(url, bytes.right, file)();
    if (E.isLeft(verified)) {
      tried.push({ place: url, reason: reasonOf(verified.left) });
      continue;
    }
    // A server may have declared the compression as the transport's, which fetch has then undone.
    const name = isGzip(bytes.right) ? `${file.name}.gz` : file.name;
    await keep(name, bytes.right, folders, env);
    return E.right({ values: verified.right, place: mirror });
  }
  return E.left(tried);
}

/**
 * Writes a file to the first cache folder that takes it. A cache that cannot be written costs a
 * download next time, and nothing now.
 */
export async function keep(
  name: string,
  bytes: Uint8Array,
  folders: readonly CacheFolder[],
  { files, permitted }: DataEnv,
): Promise<void> {
  for (const { path, ask } of folders) {
    if (!await permitted("write", path, ask)) continue;
    if (E.isRight(await files.write(within(path, name), bytes)())) return;
  }
}

// ---- Folders that the user names

/** The reason why a folder does not have the dataset. */
export interface Lacking extends Attempt {
  readonly _tag: "Lacking";
}

/**
 * Reads a dataset from a folder that the user named. At a terminal, Deno may ask whether to.
 *
 * @returns The values of each file; `Lacking` when the folder or a file is not there or the folder
 * may not be read; any other error is about a file that is there.
 */
const readFolder = (
  folder: string,
  published: Published,
  env: DataEnv,
): TE.TaskEither<Lacking | FileUnavailable | Damage, readonly Uint8Array[]> =>
async () => {
  const lacking = (reason: string) => E.left<Lacking>({ _tag: "Lacking", place: folder, reason });

  const hindrance = await hindranceTo(folder, env);
  if (hindrance !== null) return lacking(hindrance);

  const found: (readonly [PublishedFile, string])[] = [];
  const missing: string[] = [];
  for (const file of published.files) {
    const [path] = await copiesIn(folder, file, env);
    if (path === undefined) missing.push(file.name);
    else found.push([file, path]);
  }
  if (missing.length > 0) {
    return lacking(`it lacks ${missing.join(", ")} (each may end in .gz)`);
  }

  const values: Uint8Array[] = [];
  for (const [file, path] of found) {
    const read = await readCopy(path, file, env)();
    if (E.isLeft(read)) return read;
    values.push(read.right);
  }
  return E.right(values);
};

/**
 * Returns the reason why nothing can be read in a folder that the user named; null where it can. At a terminal, Deno
 * may ask.
 */
export async function hindranceTo(folder: string, env: DataEnv): Promise<string | null> {
  if (!await env.permitted("read", folder, true)) {
    return `Deno may not read it, add --allow-read=${folder}`;
  }
  return await isThere(folder, env) ? null : "there is no such folder";
}

/** Returns the paths of a file's copies in a folder, with or without ".gz". */
export async function copiesIn(
  folder: string,
  { name }: Pick<PublishedFile, "name">,
  env: DataEnv,
): Promise<readonly string[]> {
  const paths = [within(folder, name), within(folder, `${name}.gz`)];
  const there = await Promise.all(paths.map((path) => isThere(path, env)));
  return paths.filter((_, i) => there[i]);
}

/** Reads a file on disk, which must be the published one. */
const readCopy = (
  path: string,
  file: PublishedFile,
  { files }: DataEnv,
): TE.TaskEither<FileUnavailable | Damage, Uint8Array> =>
  pipe(
    files.read(path),
    TE.flatMap((bytes) => verify(path, bytes, file)),
  );

async function isThere(path: string, { files }: DataEnv): Promise<boolean> {
  const found = await files.exists(path)();
  return E.isRight(found) && found.right;
}
