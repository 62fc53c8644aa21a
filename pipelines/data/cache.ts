/**
 * Published files from a cache on this machine, or from the web into it.
 *
 * @module
 */
import { E, type TE } from "../../graph/fp_ts.ts";
import { download } from "./download.ts";
import type { DataEnv } from "./environment.ts";
import { copiesIn, readCopy } from "./folder.ts";
import { isGzip } from "./gzip.ts";
import {
  type Attempt,
  type Damage,
  type Published,
  type PublishedFile,
  reasonOf,
  verify,
  within,
} from "./published.ts";

/** A folder for files that can be had again. */
export interface CacheFolder {
  readonly path: string;
  /** Whether a person at a terminal may be asked for the permission to use it. */
  readonly ask: boolean;
}

/** A file's values and where they came from. */
export interface CachedFile {
  readonly values: Uint8Array;
  readonly place: string;
}

const response = 20_000;
const body = 5 * 60_000;
/** What gzip adds to content that it cannot make smaller. */
const overhead = 65_536;

/**
 * The cache folders of a dataset, the first to be preferred: the user's, by the custom of the
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

/** No good copy: the damage of the first damaged one in a cache, and every place that was tried. */
export interface NotFound {
  readonly damage: Damage | null;
  readonly tried: readonly Attempt[];
}

/**
 * A file from the first cache folder that has a good copy; else from the first mirror that does,
 * in which case it is kept in the first cache folder that takes it, once it is verified.
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
