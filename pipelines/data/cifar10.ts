/**
 * CIFAR-10: 50,000 + 10,000 colour photographs of 32 × 32 in ten classes, by Krizhevsky (2009).
 *
 * @module
 * @see https://www.cs.toronto.edu/~kriz/cifar.html
 */
import { type ChecksumMismatch, invalidOption, type SparrowError } from "../../graph/error.ts";
import { E, pipe, type TE } from "../../graph/fp_ts.ts";
import { joined } from "./bytes.ts";
import { type CacheFolder, cacheFolders } from "./cache.ts";
import { downloadBatches } from "./cifar10_archive.ts";
import { type Batch, type Batches, readBatches } from "./cifar10_batches.ts";
import {
  howToGetArchive,
  type PublishedArchive,
  publishedCifar10,
  testFile,
} from "./cifar10_published.ts";
import { side } from "./cifar10_records.ts";
import type { Dataset, RawSplit } from "./dataset.ts";
import type { DataEnv } from "./environment.ts";
import { normalisationOf } from "./moments.ts";
import { notSet } from "./obtain.ts";
import { type Attempt, reasonOf, within } from "./published.ts";

/** Where to look for CIFAR-10. */
export interface Cifar10Options {
  /** The folder that the user named (`--data`): then nowhere else. @default {undefined} */
  readonly data?: string;
}

// By label, as in batches.meta.txt.
const classNames = [
  "airplane",
  "automobile",
  "bird",
  "cat",
  "deer",
  "dog",
  "frog",
  "horse",
  "ship",
  "truck",
];

/** Of byte / 255 over the 50,000 training images, as PyTorch code commonly has them. */
const wholeNormalisation = { mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616] };

/**
 * CIFAR-10's binary version, verified by the SHA-256 of its files, as [32, 32, 3]: the colours of a
 * pixel side by side.
 *
 * It is looked for in `data` and its subfolder `cifar-10-batches-bin`, and then nowhere else; or, in
 * this order, in `$SPARROW_DATA` and its subfolders `cifar10` and `cifar-10-batches-bin`, the user's
 * cache, `./runs/.cache/cifar10` and the author's archive on the web (162 MiB), whose files are kept
 * in the first cache that may be written. Files may be gzipped (NAME.gz) or not.
 *
 * A folder outside the caches may also hold a part of it, or other images in its format: at least
 * one training batch and the test batch, each of whole records. The dataset is then named
 * "cifar10-subset", its normalisation is that of its training images, and its notice says what it is.
 * Where some files are CIFAR-10's own and others are not, the others count as damaged.
 *
 * @returns The dataset; `DatasetUnavailable` names every place that was tried; `CorruptFile` and
 * `ChecksumMismatch` name a file that is there but is damaged, `FileUnavailable` one that cannot be
 * read; `InvalidOption` when `data` is empty.
 *
 * @example
 * ```ts ignore
 * import { loadCifar10 } from "./cifar10.ts";
 * import { denoDataEnv } from "./environment.ts";
 *
 * const dataset = await loadCifar10({ data: "/data/cifar-10-batches-bin" }, denoDataEnv)();
 * ```
 */
export const loadCifar10 = (
  { data }: Cifar10Options,
  env: DataEnv,
): TE.TaskEither<SparrowError, Dataset> => loadArchived(publishedCifar10, data, env);

/** The same of any archive of this kind. */
export const loadArchived = (
  published: PublishedArchive,
  data: string | undefined,
  env: DataEnv,
): TE.TaskEither<SparrowError, Dataset> =>
async () => {
  if (data === "") return E.left(invalidOption("--data", data, "the path of a folder"));
  const named = namedFolders(published, data, env);
  const tried: Attempt[] = named.length > 0 ? [] : [notSet];
  for (const folder of named) {
    const found = await readBatches(folder, published, env)();
    if (E.isRight(found)) return datasetOf(found.right, folder, published);
    if (found.left._tag !== "Lacking") return E.left(found.left);
    tried.push({ place: found.left.place, reason: found.left.reason });
  }
  if (data === undefined) {
    const folders = cacheFolders(published.folder, env);
    for (const folder of folders) {
      const cached = await fromCache(folder, published, env);
      if (E.isRight(cached)) return cached;
      tried.push({ place: folder.path, reason: cached.left });
    }
    const downloaded = await downloadBatches(published, folders, env)();
    if (E.isRight(downloaded)) {
      return datasetOf({ batches: downloaded.right, classes: null }, published.url, published);
    }
    tried.push({ place: published.url, reason: downloaded.left });
  }
  const { title } = published;
  const advice = howToGetArchive(published);
  return E.left({ _tag: "DatasetUnavailable", dataset: title, tried, advice });
};

function namedFolders(
  { folder, inside }: PublishedArchive,
  data: string | undefined,
  { variable }: DataEnv,
): readonly string[] {
  if (data !== undefined) return [data, within(data, inside)];
  const root = variable("SPARROW_DATA");
  return root === undefined ? [] : [root, within(root, folder), within(root, inside)];
}

/** The whole dataset from a cache, or why it is not there: nothing else belongs into a cache. */
async function fromCache(
  { path, ask }: CacheFolder,
  published: PublishedArchive,
  env: DataEnv,
): Promise<E.Either<string, Dataset>> {
  if (!await env.permitted("read", path, ask)) return E.left("Deno may not read it");
  const found = await readBatches(path, published, env)();
  if (E.isLeft(found)) return E.left(found.left.reason);
  return pipe(
    datasetOf(found.right, path, published),
    E.mapLeft((damage) => `${damage.file}: ${reasonOf(damage)}`),
    E.filterOrElse(({ notice }) => notice === null, ({ notice }) => notice ?? ""),
  );
}

function datasetOf(
  { batches, classes }: Batches,
  source: string,
  published: PublishedArchive,
): E.Either<ChecksumMismatch, Dataset> {
  const isOwn = ({ name, sha256 }: Batch) => published.files[name] === sha256;
  const [own, others] = [batches.filter(isOwn), batches.filter((batch) => !isOwn(batch))];
  if (own.length > 0 && others.length > 0) {
    const [{ path: file, name, sha256: actual }] = others;
    return E.left({ _tag: "ChecksumMismatch", file, expected: published.files[name], actual });
  }
  const whole = own.length === Object.keys(published.files).length;
  const train = together(batches.filter(({ name }) => name !== testFile));
  const test = together(batches.filter(({ name }) => name === testFile));
  const normalisation = whole ? wholeNormalisation : normalisationOf(train, 3);
  return E.right({
    name: whole ? published.folder : `${published.folder}-subset`,
    shape: [side, side, 3],
    classes: classes ?? classNames,
    train: { ...train, normalisation },
    validation: null,
    test: { ...test, normalisation },
    source,
    sha256: Object.fromEntries(batches.map(({ name, sha256 }) => [name, sha256])),
    notice: whole
      ? null
      : own.length > 0
      ? `Of ${published.title}, ${source} has only ${own.map(({ name }) => name).join(", ")}; ` +
        `results are of ${train.count} training and ${test.count} test images`
      : `The files in ${source} have ${published.title}'s format and are not its own ` +
        `(their SHA-256 differ); results on them are not comparable with published ones`,
  });
}

const together = (batches: readonly Batch[]): RawSplit => ({
  count: batches.reduce((total, { split }) => total + split.count, 0),
  pixels: batches.length === 1
    ? batches[0].split.pixels
    : joined(batches.map(({ split }) => split.pixels)),
  labels: joined(batches.map(({ split }) => split.labels)),
});
