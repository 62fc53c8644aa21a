/**
 * CIFAR-10 from the web: a gzipped tar archive, of which the batches are kept in a cache.
 *
 * @module
 */
import { parseTar } from "npm:nanotar@0.3.0";
import type { CorruptFile } from "../../graph/error.ts";
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import { type CacheFolder, keep } from "./cache.ts";
import { type Batch, batchOf } from "./cifar10_batches.ts";
import type { PublishedArchive } from "./cifar10_published.ts";
import { download } from "./download.ts";
import type { DataEnv } from "./environment.ts";
import { gunzip } from "./gzip.ts";
import { sha256 } from "./sha256.ts";

const response = 20_000;
const body = 30 * 60_000;
/** What tar adds to each file, and some. */
const overhead = 65_536;

/**
 * Downloads the archive, verifies it by its own hash before anything is unpacked, and keeps the
 * batches in the first cache folder that takes them.
 *
 * @returns All batches; otherwise the reason as a person reads it.
 */
export const downloadBatches = (
  published: PublishedArchive,
  folders: readonly CacheFolder[],
  env: DataEnv,
): TE.TaskEither<string, readonly Batch[]> =>
async () => {
  const { url, size, files } = published;
  const bytes = await download(url, env.fetch, { response, body, bytes: size })();
  if (E.isLeft(bytes)) return bytes;
  const actual = await sha256(bytes.right);
  if (actual !== published.sha256) {
    return E.left(`expected SHA-256 ${published.sha256}, current value is ${actual}`);
  }
  const unpacked = await unpack(published, bytes.right)();
  if (E.isLeft(unpacked)) return E.left(unpacked.left.reason);

  const batches: Batch[] = [];
  for (const name of Object.keys(files)) {
    const content = unpacked.right.get(name);
    if (content === undefined) return E.left(`it lacks ${name}`);
    const batch = await batchOf(name, url, content)();
    if (E.isLeft(batch)) return E.left(`${name}: ${batch.left.reason}`);
    batches.push(batch.right);
    await keep(name, content, folders, env);
  }
  return E.right(batches);
};

const unpack = (
  { url, inside, files, largest }: PublishedArchive,
  bytes: Uint8Array,
): TE.TaskEither<CorruptFile, ReadonlyMap<string, Uint8Array>> =>
  pipe(
    gunzip(url, bytes, Object.keys(files).length * (largest + overhead)),
    TE.map((tar) =>
      new Map(
        // A view's buffer may hold more than the archive, and nanotar reads all of the buffer.
        parseTar(tar.byteLength === tar.buffer.byteLength ? tar : tar.slice())
          .flatMap(({ name, data }) =>
            name.startsWith(`${inside}/`) && data !== undefined
              ? [[name.slice(inside.length + 1), data] as const]
              : []
          ),
      )
    ),
  );
