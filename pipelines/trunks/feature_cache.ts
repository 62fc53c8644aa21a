/**
 * Features that were computed before, kept in the user's cache by the hashes of trunk and picture.
 *
 * A file holds the features of some pictures; an interrupted computation leaves those that it has written. Once all
 * files together are larger than a bound, the oldest are removed.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import { sha256 } from "../data/bytes.ts";
import type { TrunkReference } from "../data/dataset.ts";
import type { DataEnv } from "../data/environment.ts";
import { type CacheFolder, cacheFolders } from "../data/obtain.ts";
import { within } from "../data/published.ts";
import { readSafetensors, writeSafetensors } from "../files/safetensors.ts";

/** The cache's folder. */
const FOLDER = "features";
/** Changes when the way from a picture to its features does. */
const FORMAT = "sparrow-features-1";
/** Bytes of all files together, at most. */
const MOST_BYTES = 2 ** 31;
/** Hexadecimal digits of a picture's hash. */
const DIGITS = 64;

/** Features by the hashes of their pictures. */
export interface FeatureCache {
  /** Returns the features of a picture, where they are known. */
  readonly find: (hash: string) => Float32Array | undefined;
  /** Adds the features of pictures. */
  readonly add: (hashes: readonly string[], features: Float32Array) => void;
  /** Writes additions to a file. A cache that cannot be written costs the same work again, and nothing now. */
  readonly keep: () => Promise<void>;
}

/** Hashes a picture, its shape included. */
export const hashOfPicture = (shape: readonly number[], pixels: Uint8Array): Promise<string> => {
  const bytes = new Uint8Array(12 + pixels.length);
  new Uint32Array(bytes.buffer, 0, 3).set(shape);
  bytes.set(pixels, 12);
  return sha256(bytes);
};

/** Names a trunk's files by all of its reference but the place where the trunk was found. */
const keyOf = async ({ source: _, ...reference }: TrunkReference): Promise<string> =>
  (await sha256(new TextEncoder().encode(JSON.stringify({ format: FORMAT, ...reference })))).slice(
    0,
    16,
  );

/** A file of the cache: key, milliseconds of its writing, and size, all in its name, to be sorted and summed by. */
const FILE = /^[0-9a-f]{16}-([0-9a-z]{9})-(\d+)\.safetensors$/;

/**
 * Opens the cache of a trunk's features.
 *
 * @param env Where the cache is; null for none on the disk.
 * @param most Bytes of all files together, at most. @default 2 GiB
 */
export async function openFeatureCache(
  reference: TrunkReference,
  env: DataEnv | null,
  most: number = MOST_BYTES,
): Promise<FeatureCache> {
  const known = new Map<string, Float32Array>();
  const find = (hash: string) => known.get(hash);
  const remember = (hashes: readonly string[], features: Float32Array) => {
    const width = features.length / hashes.length;
    hashes.forEach((hash, i) => known.set(hash, features.subarray(i * width, (i + 1) * width)));
  };
  if (env === null) return { find, add: remember, keep: () => Promise.resolve() };
  const key = await keyOf(reference);
  const folders = cacheFolders(FOLDER, env);
  for (const { path, ask } of folders) {
    if (!await env.permitted("read", path, ask)) continue;
    const names = await namesIn(path, env);
    for (const name of names.filter((name) => name.startsWith(key))) {
      const read = await env.files.read(within(path, name))();
      if (E.isRight(read)) await take(name, read.right, known);
    }
  }
  let [written, added]: [number, string[]] = [0, []];
  const add: FeatureCache["add"] = (hashes, features) => {
    remember(hashes, features);
    added.push(...hashes);
  };
  const keep = async (): Promise<void> => {
    if (added.length === 0) return;
    const bytes = await fileOf(added, gathered(added, find));
    added = [];
    const time = (Date.now() + written++).toString(36).padStart(9, "0");
    await keepFile(`${key}-${time}-${bytes.length}.safetensors`, bytes, { folders, env, most });
  };
  return { find, add, keep };
}

/** Joins the features of pictures that are known. */
export function gathered(
  hashes: readonly string[],
  find: FeatureCache["find"],
): Float32Array<ArrayBuffer> {
  const width = find(hashes[0])?.length ?? 0;
  const all = new Float32Array(hashes.length * width);
  hashes.forEach((hash, i) => all.set(find(hash)!, i * width));
  return all;
}

async function fileOf(
  hashes: readonly string[],
  features: Float32Array<ArrayBuffer>,
): Promise<Uint8Array> {
  const shape = [hashes.length, features.length / hashes.length];
  const metadata = { format: FORMAT, hashes: hashes.join(""), sha256: await hashOf(features) };
  return writeSafetensors({ tensors: { features: { shape, data: features } }, metadata });
}

const hashOf = ({ buffer, byteOffset, byteLength }: Float32Array): Promise<string> =>
  sha256(new Uint8Array(buffer, byteOffset, byteLength));

/** Takes the features of a file; none of one that is damaged. */
async function take(
  file: string,
  bytes: Uint8Array,
  known: Map<string, Float32Array>,
): Promise<void> {
  const read = readSafetensors(file, bytes);
  if (E.isLeft(read)) return;
  const { tensors: { features }, metadata: { hashes = "", sha256: hash, format } } = read.right;
  if (features?.shape.length !== 2 || format !== FORMAT) return;
  const [count, width] = features.shape;
  if (hashes.length !== count * DIGITS || await hashOf(features.data) !== hash) return;
  for (let i = 0; i < count; i++) {
    const name = hashes.slice(i * DIGITS, (i + 1) * DIGITS);
    known.set(name, features.data.subarray(i * width, (i + 1) * width));
  }
}

async function namesIn(folder: string, { files }: DataEnv): Promise<readonly string[]> {
  const found = await files.list(folder)();
  return E.isLeft(found) ? [] : found.right.filter((name) => FILE.test(name)).sort();
}

interface Keeping {
  readonly folders: readonly CacheFolder[];
  readonly env: DataEnv;
  readonly most: number;
}

/** Writes a file into the first folder that takes it, and removes the oldest there that are too many. */
async function keepFile(
  name: string,
  bytes: Uint8Array,
  { folders, env, most }: Keeping,
): Promise<void> {
  for (const { path, ask } of folders) {
    if (!await env.permitted("write", path, ask)) continue;
    if (E.isLeft(await env.files.write(within(path, name), bytes)())) continue;
    const parts = (file: string) => FILE.exec(file)!;
    const oldestFirst = (await namesIn(path, env)).toSorted((a, b) =>
      parts(a)[1] < parts(b)[1] ? -1 : 1
    );
    let total = oldestFirst.reduce((sum, file) => sum + Number(parts(file)[2]), 0);
    for (const file of oldestFirst) {
      if (total <= most) break;
      await env.files.remove(within(path, file))();
      total -= Number(parts(file)[2]);
    }
    return;
  }
}
