/**
 * A dataset's files in a folder that the user named: all of them there and right, or the reason.
 *
 * @module
 */
import type { FileUnavailable } from "../../graph/error.ts";
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import type { DataEnv } from "./environment.ts";
import {
  type Attempt,
  type Damage,
  type Published,
  type PublishedFile,
  verify,
  within,
} from "./published.ts";

/** The folder does not have the dataset. */
export interface Lacking extends Attempt {
  readonly _tag: "Lacking";
}

/**
 * Reads a dataset from a folder that the user named. At a terminal, Deno may ask whether to.
 *
 * @returns The values of each file; `Lacking` when the folder or a file is not there or the folder
 * may not be read; any other error is about a file that is there.
 */
export const readFolder = (
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
 * Why nothing can be read in a folder that the user named, or null. At a terminal, Deno may ask.
 */
export async function hindranceTo(folder: string, env: DataEnv): Promise<string | null> {
  if (!await env.permitted("read", folder, true)) {
    return `Deno may not read it, add --allow-read=${folder}`;
  }
  return await isThere(folder, env) ? null : "there is no such folder";
}

/** The paths in a folder at which there is something by a file's name, with or without ".gz". */
export async function copiesIn(
  folder: string,
  { name }: Pick<PublishedFile, "name">,
  env: DataEnv,
): Promise<readonly string[]> {
  const paths = [within(folder, name), within(folder, `${name}.gz`)];
  const there = await Promise.all(paths.map((path) => isThere(path, env)));
  return paths.filter((_, i) => there[i]);
}

/** The values of a file on disk, if it is the published one. */
export const readCopy = (
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
