/**
 * The files of a trunk, from this machine or by address. What is fetched is kept in the user's cache, and its hash
 * is remembered: another file at the same address is refused from then on.
 *
 * @module
 */
import type { FileUnavailable, SparrowError } from "../../graph/error.ts";
import { E, type TE } from "../../graph/fp_ts.ts";
import { joined, sha256 } from "../data/bytes.ts";
import type { DataEnv } from "../data/environment.ts";
import { cacheFolders, download, keep } from "../data/obtain.ts";
import { within } from "../data/published.ts";
import { readTfjsModel, type TfjsModel } from "./tfjs_network.ts";

/** The files of a trunk. */
export interface TrunkFiles {
  /** Path or address. */
  readonly source: string;
  /** The ONNX model, or null. */
  readonly onnx: Uint8Array | null;
  /** The model of TensorFlow.js with the files of its weights, or null. */
  readonly tfjs: { readonly model: TfjsModel; readonly shards: readonly Uint8Array[] } | null;
  /** SHA-256 of all files, one after the other. */
  readonly sha256: string;
}

/** The effects of obtaining a trunk. */
export interface ObtainEnv {
  /** Files, network and variables. */
  readonly data: DataEnv;
  /** Signal at which a download stops. */
  readonly signal: AbortSignal;
}

/** Whether a trunk is named by its address. */
const isAddress = (source: string): boolean => /^https?:\/\//.test(source);

/**
 * Obtains the files of a trunk: an ONNX file, or a model.json of TensorFlow.js and the files that it names.
 *
 * @param source A path, or an address that begins with "https://" or "http://".
 * @returns The files; `FileUnavailable` where one cannot be read or fetched; `ChecksumMismatch` where the file at an
 * address is not the one that was fetched first; `CorruptFile` for a model.json that is none; `Interrupted`.
 */
export const obtainTrunk = (
  source: string,
  env: ObtainEnv,
): TE.TaskEither<SparrowError, TrunkFiles> =>
async () => {
  const main = await obtained(source, env);
  if (E.isLeft(main)) return main;
  if (!looksLikeJson(main.right)) {
    const hash = await sha256(main.right);
    return E.right({ source, onnx: main.right, tfjs: null, sha256: hash });
  }
  const model = readTfjsModel(source, main.right);
  if (E.isLeft(model)) return model;
  const shards: Uint8Array[] = [];
  for (const name of model.right.shards) {
    const shard = await obtained(besides(source, name), env);
    if (E.isLeft(shard)) return shard;
    shards.push(shard.right);
  }
  const hash = await sha256(joined([main.right, ...shards]));
  return E.right({ source, onnx: null, tfjs: { model: model.right, shards }, sha256: hash });
};

/** A protobuf of ONNX begins with the number of a field; JSON with a brace, perhaps after spaces. */
const looksLikeJson = (bytes: Uint8Array): boolean =>
  bytes.subarray(0, 16).find((byte) => byte > 0x20) === 0x7b;

function besides(source: string, name: string): string {
  if (isAddress(source)) return new URL(name, source).href;
  const end = Math.max(source.lastIndexOf("/"), source.lastIndexOf("\\"));
  return `${source.slice(0, end + 1)}${name}`;
}

const obtained = (
  source: string,
  env: ObtainEnv,
): Promise<E.Either<SparrowError, Uint8Array>> =>
  isAddress(source) ? fetched(source, env) : env.data.files.read(source)();

// ---- By address: trust on first use

/** The cache's folder. */
const FOLDER = "trunks";
/** Milliseconds to the head of a response, and from there to its end; bytes at most. */
const LIMITS = { response: 30_000, body: 60 * 60_000, bytes: 2 ** 31 };

/** Reads an address from the cache, or fetches it. */
async function fetched(
  url: string,
  { data, signal }: ObtainEnv,
): Promise<E.Either<SparrowError, Uint8Array>> {
  const folders = cacheFolders(FOLDER, data);
  const name = await nameInCache(url);
  const known = await inCache(`${name}.sha256`, folders, data);
  const expected = known === null ? null : new TextDecoder().decode(known).slice(0, 64);
  const cached = await inCache(name, folders, data);
  if (cached !== null && expected !== null && await sha256(cached) === expected) {
    return E.right(cached);
  }
  const fetchIt: DataEnv["fetch"] = (address, options) =>
    data.fetch(address, { signal: AbortSignal.any([options.signal, signal]) });
  const found = await download(url, fetchIt, LIMITS)();
  if (signal.aborted) return E.left({ _tag: "Interrupted", epoch: 0, step: 0 });
  if (E.isLeft(found)) return E.left(notFetched(url, found.left));
  const actual = await sha256(found.right);
  if (expected !== null && expected !== actual) {
    return E.left({ _tag: "ChecksumMismatch", file: url, expected, actual });
  }
  await keep(`${name}.sha256`, new TextEncoder().encode(`${actual}  ${url}\n`), folders, data);
  await keep(name, found.right, folders, data);
  return E.right(found.right);
}

/** The end of the address, for people, and its hash. */
async function nameInCache(url: string): Promise<string> {
  const hash = await sha256(new TextEncoder().encode(url));
  const end = new URL(url).pathname.split("/").at(-1) ?? "";
  return `${hash.slice(0, 16)}-${end.replaceAll(/[^\w.-]/g, "_").slice(-64)}`;
}

async function inCache(
  name: string,
  folders: ReturnType<typeof cacheFolders>,
  { permitted, files }: DataEnv,
): Promise<Uint8Array | null> {
  for (const { path, ask } of folders) {
    if (!await permitted("read", path, ask)) continue;
    const file = within(path, name);
    if (E.isLeft(await files.exists(file)())) continue;
    const read = await files.read(file)();
    if (E.isRight(read)) return read.right;
  }
  return null;
}

function notFetched(url: string, reason: string): FileUnavailable {
  // An address may lead to another host, which Deno then names.
  const host = /net access to "([^"]+)"/.exec(reason)?.[1] ?? new URL(url).host;
  const mayNot = /net access|may not reach/.test(reason);
  return {
    _tag: "FileUnavailable",
    operation: "read",
    file: url,
    reason: mayNot ? `Deno was not given the permission to reach ${host}` : reason,
    advice: mayNot
      ? `Add --allow-net=${host}, or download the file and name its path`
      : "Check the address, or download the file and name its path",
  };
}
