/**
 * Thumbnails kept on disk by the content of their images, so that a folder that is read again is not decoded again.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import type { Colour } from "./bitmap.ts";
import { sha256 } from "./bytes.ts";
import type { DataEnv } from "./environment.ts";
import { MAGICK_VERSION } from "./magick.ts";
import { cacheFolders } from "./obtain.ts";
import { within } from "./published.ts";

/** The part of an environment that the cache needs. */
export type CacheEnv = Pick<DataEnv, "files" | "variable" | "permitted" | "system">;

/** A cache of the thumbnails of one size. */
export interface ThumbnailCache {
  /** Names the thumbnail of a file by the file's content; null where it is not worth keeping. */
  readonly nameOf: (bytes: Uint8Array) => Promise<string | null>;
  /** Returns the thumbnail of a name; null where it is not there. */
  readonly get: (name: string) => Promise<Uint8Array | null>;
  /** Keeps a thumbnail. What cannot be written costs its decoding next time, and nothing now. */
  readonly put: (name: string, pixels: Uint8Array) => Promise<void>;
}

const text = new TextEncoder();

/** Files below this size are decoded about as fast as they would be found. */
const LEAST_BYTES = 65_536;

/** The cache's folders, by the first byte of a name. */
const FOLDERS = 256;

/** The most bytes of a folder, which makes 2 GiB in all. */
const MOST_BYTES = 2 ** 31 / FOLDERS;

/** Number of written thumbnails after which the size of the folder is checked, on average. */
const LOOK_EVERY = 16;

/** Version of our own changes of pixels, besides the decoder's. */
const OURS = 1;

/**
 * Opens the cache in the user's cache folder or in `./runs/.cache`, the first of them that may be read and written. It
 * never prompts for a permission.
 *
 * A thumbnail's name is the SHA-256 of the file's content, the size, the colours and the decoder's version. Only those
 * of files of 64 KiB and more are kept. Together they take at most about 2 GiB: beyond that, arbitrary ones are
 * deleted.
 *
 * @returns The cache; null where there is no such folder.
 */
export async function thumbnailCache(
  [height, width]: readonly [height: number, width: number],
  colour: Colour,
  env: CacheEnv,
): Promise<ThumbnailCache | null> {
  const root = await firstUsable(env);
  if (root === null) return null;
  const { files } = env;
  const area = height * width * (colour === "rgb" ? 3 : 1);
  const kind = `${height} × ${width} ${colour}, ${MAGICK_VERSION}, ${OURS}`;
  const pathOf = (name: string) => within(within(root, name.slice(0, 2)), name);
  return {
    nameOf: async (bytes) =>
      bytes.length < LEAST_BYTES
        ? null
        : `${await sha256(text.encode(`${await sha256(bytes)} ${kind}`))}-${area}`,
    get: async (name) => {
      const path = pathOf(name);
      const there = await files.exists(path)();
      const read = E.isRight(there) && there.right ? await files.read(path)() : null;
      return read !== null && E.isRight(read) && read.right.length === area ? read.right : null;
    },
    put: async (name, pixels) => {
      const written = await files.write(pathOf(name), pixels)();
      if (E.isRight(written) && Number(`0x${name.slice(2, 4)}`) % LOOK_EVERY === 0) {
        await prune(within(root, name.slice(0, 2)), env);
      }
    },
  };
}

async function firstUsable(env: CacheEnv): Promise<string | null> {
  for (const { path } of cacheFolders("thumbnails", env)) {
    const may = (operation: "read" | "write") => env.permitted(operation, path, false);
    if (await may("read") && await may("write")) return path;
  }
  return null;
}

/** Makes a folder a quarter smaller where it is too large. Names end in their sizes, and their order is no order. */
async function prune(folder: string, { files }: CacheEnv): Promise<void> {
  const listed = await files.list(folder)();
  if (E.isLeft(listed)) return;
  const sizeOf = (name: string) => Number(/-(\d+)$/.exec(name)?.[1] ?? 0);
  let total = listed.right.reduce((sum, name) => sum + sizeOf(name), 0);
  if (total <= MOST_BYTES) return;
  for (const name of listed.right.toSorted()) {
    if (total <= 0.75 * MOST_BYTES) return;
    await files.remove(within(folder, name))();
    total -= sizeOf(name);
  }
}
