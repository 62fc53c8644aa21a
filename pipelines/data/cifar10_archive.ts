/**
 * CIFAR-10 from the web: a gzipped tar archive, of which the batches are kept in a cache.
 *
 * @module
 */
import type { CorruptFile } from "../../graph/error.ts";
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import { type CacheFolder, keep } from "./cache.ts";
import { type Batch, batchOf } from "./cifar10_batches.ts";
import type { PublishedArchive } from "./cifar10_published.ts";
import { download } from "./download.ts";
import type { DataEnv } from "./environment.ts";
import { gunzip } from "./gzip.ts";
import { sha256 } from "./sha256.ts";
import { readTar } from "./tar.ts";

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

/** Photographs do not become a tenth of their size by gzip; a bomb becomes a thousandth. */
const mostRatio = 10;
/** A bomb of less than this does no harm. */
const harmless = 1_048_576;

/**
 * The files in an archive's folder `inside`, by name without it; what else there is, is left out.
 *
 * @returns Views of the unpacked archive; `CorruptFile` when it is damaged, when its content is larger than
 * its files can be or than ten times its own size, and for what {@linkcode readTar} refuses.
 */
export const unpack = (
  { url, inside, files, largest }: PublishedArchive,
  bytes: Uint8Array,
): TE.TaskEither<CorruptFile, ReadonlyMap<string, Uint8Array>> =>
  pipe(
    gunzip(
      url,
      bytes,
      Math.min(
        Object.keys(files).length * (largest + overhead),
        Math.max(harmless, mostRatio * bytes.length),
      ),
    ),
    TE.chainEitherK((tar) => readTar(url, tar)),
    TE.map((entries) =>
      new Map(
        [...entries].filter(([name]) => name.startsWith(`${inside}/`))
          .map(([name, data]) => [name.slice(inside.length + 1), data] as const),
      )
    ),
  );
