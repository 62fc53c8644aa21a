/**
 * Where a published dataset is looked for, and in which order.
 *
 * @module
 */
import { invalidOption, type SparrowError } from "../../graph/error.ts";
import { E, type TE } from "../../graph/fp_ts.ts";
import { cachedOrDownloaded } from "./cache.ts";
import type { DataEnv } from "./environment.ts";
import { readFolder } from "./folder.ts";
import { type Attempt, type Published, unavailable, within } from "./published.ts";

/** What the files hold, and where they were. */
export interface Obtained {
  /** One array per file, in the order of {@linkcode Published.files}. */
  readonly values: readonly Uint8Array[];
  readonly source: string;
}

/**
 * The files of a published dataset, verified.
 *
 * With `data`: from that folder, or an error. Without: from `$SPARROW_DATA` or its subfolder of the
 * dataset's name (only that, where the dataset says so), if all files are there; else each file from the user's cache, `./runs/.cache`, or
 * the mirrors in turn. A damaged file is an error in a folder that the user named, and is replaced
 * by a download, where that is possible, in a cache.
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

/** For the list of attempts. */
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
