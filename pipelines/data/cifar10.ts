/**
 * CIFAR-10: 50,000 + 10,000 colour photographs of 32 × 32 in ten classes, by Krizhevsky (2009). Its
 * binary version is found in a folder, in a cache or on the web, verified by its hashes, and read
 * strictly; a folder may also hold a part of it.
 *
 * @module
 * @see https://www.cs.toronto.edu/~kriz/cifar.html
 */
import {
  type ChecksumMismatch,
  type CorruptFile,
  type FileUnavailable,
  invalidOption,
  type SparrowError,
} from "../../graph/error.ts";
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import { gunzip, joined, sha256 } from "./bytes.ts";
import { type Dataset, type ImageSplit, normalisationOf, type RawSplit } from "./dataset.ts";
import { type DataEnv, denoDataEnv } from "./environment.ts";
import {
  type CacheFolder,
  cacheFolders,
  copiesIn,
  download,
  hindranceTo,
  keep,
  type Lacking,
  notSet,
} from "./obtain.ts";
import { type Attempt, reasonOf, within } from "./published.ts";
import { readTar } from "./tar.ts";

// ---- What was published

/** A gzipped tar archive on the web and what it holds. */
export interface PublishedArchive {
  /** Name that people know it by: "CIFAR-10". */
  readonly title: string;
  /** The name of its folder in a cache: "cifar10". */
  readonly folder: string;
  /** Address of the archive. */
  readonly url: string;
  /** Size of the archive as it is sent, in bytes. */
  readonly size: number;
  /** SHA-256 of the archive as it is sent. */
  readonly sha256: string;
  /** Folder inside the archive that holds the files. */
  readonly inside: string;
  /** SHA-256 of the files inside, by name: the training batches, then the test batch. */
  readonly files: Readonly<Record<string, string>>;
  /** The most bytes that one of them may have. */
  readonly largest: number;
}

/** The test batch's file; all others are training batches. */
const testFile = "test_batch.bin";

/** The file of the class names, one per line. */
const namesFile = "batches.meta.txt";

/**
 * CIFAR-10's archive. Its author publishes its MD5, c32a1d4ab5d03f1284b67883e8d87530; the SHA-256
 * of it and of its files are those that torchvision's port to Ruby verifies (ankane/torchvision-ruby,
 * lib/torchvision/datasets/cifar10.rb).
 */
export const publishedCifar10: PublishedArchive = {
  title: "CIFAR-10",
  folder: "cifar10",
  url: "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
  size: 170_052_171,
  sha256: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
  inside: "cifar-10-batches-bin",
  files: {
    "data_batch_1.bin": "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
    "data_batch_2.bin": "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
    "data_batch_3.bin": "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
    "data_batch_4.bin": "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
    "data_batch_5.bin": "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
    [testFile]: "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b",
  },
  largest: 10_000 * 3073,
};

/** Advice on where to get the archive, and where to put the files in it. */
const howToGetArchive = ({ url, inside }: PublishedArchive): string =>
  `Download ${url}, unpack it (tar xzf ${
    url.slice(url.lastIndexOf("/") + 1)
  }) and name its folder ` +
  `${inside} with --data DIR or $SPARROW_DATA`;

// ---- The binary format

/** The height and the width of an image. */
const side = 32;
const area = side * side;
const channels = 3;
/** The bytes of a record: the label, then the red, the green and the blue plane, row by row. */
const recordBytes = 1 + channels * area;
const classes = 10;

/**
 * Reads a file of CIFAR-10's binary version: records of a label and three planes, and nothing else. The
 * colours of a pixel come to stand side by side, as convolutions want them: [32, 32, 3].
 *
 * @param file The name that an error carries.
 * @param bytes The whole file, uncompressed.
 * @returns A split of its own memory; `CorruptFile` when the size is not a multiple of 3073, when
 * there is no record, or when a label is not below 10.
 *
 * @example
 * ```ts
 * import { readRecords } from "./cifar10.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const record = new Uint8Array(3073);
 * record.set([7, 255]); // A horse, and its upper left pixel is red.
 * const read = readRecords("one", record);
 * assertEquals(E.isRight(read) && [...read.right.labels], [7]);
 * assertEquals(E.isRight(read) && [...read.right.values.subarray(0, 4)], [255, 0, 0, 0]);
 * ```
 */
export function readRecords(file: string, bytes: Uint8Array): E.Either<CorruptFile, RawSplit> {
  const corrupt = (reason: string) => E.left<CorruptFile>({ _tag: "CorruptFile", file, reason });

  const count = bytes.length / recordBytes;
  if (!Number.isInteger(count) || count === 0) {
    return corrupt(
      `expected one or more records of ${recordBytes} bytes, current value is ${bytes.length} bytes`,
    );
  }
  const labels = Uint8Array.from({ length: count }, (_, i) => bytes[i * recordBytes]);
  const wrong = labels.findIndex((label) => label >= classes);
  if (wrong >= 0) {
    return corrupt(
      `expected a label from 0 to ${classes - 1} in record ${wrong}, ` +
        `current value is ${labels[wrong]}`,
    );
  }
  const pixels = new Uint8Array(count * channels * area);
  for (let i = 0; i < count; i++) interleave(bytes, i * recordBytes + 1, pixels, i);
  return E.right({ count, values: pixels, labels });
}

function interleave(bytes: Uint8Array, from: number, pixels: Uint8Array, image: number): void {
  let to = image * channels * area;
  for (let i = from; i < from + area; i++) {
    pixels[to++] = bytes[i];
    pixels[to++] = bytes[i + area];
    pixels[to++] = bytes[i + 2 * area];
  }
}

// ---- Batches in a folder

/** A batch that was found: one file of the archive. */
export interface Batch {
  /** Name of the file, without ".gz": "data_batch_1.bin". */
  readonly name: string;
  /** Path or address that it was read from. */
  readonly path: string;
  /** SHA-256 of the uncompressed content. */
  readonly sha256: string;
  /** The images in it. */
  readonly split: RawSplit;
}

/** The batches of a folder: all of CIFAR-10's, or some. */
export interface Batches {
  /** Batches in the archive's order, the test batch last; at least two. */
  readonly batches: readonly Batch[];
  /** Class names in the folder's `batches.meta.txt`; null where there is none. */
  readonly classes: readonly string[] | null;
}

/**
 * Reads the batches that a folder has.
 *
 * @returns At least one training batch and the test batch; `Lacking` when there are none or the
 * folder may not be read; any other error is about a file that is there.
 */
const readBatches = (
  folder: string,
  published: PublishedArchive,
  env: DataEnv,
): TE.TaskEither<Lacking | FileUnavailable | CorruptFile, Batches> =>
async () => {
  const lacking = (reason: string) => E.left<Lacking>({ _tag: "Lacking", place: folder, reason });
  const hindrance = await hindranceTo(folder, env);
  if (hindrance !== null) return lacking(hindrance);

  const paths = new Map<string, string>();
  for (const name of [...Object.keys(published.files), namesFile]) {
    const [path] = await copiesIn(folder, { name }, env);
    if (path !== undefined) paths.set(name, path);
  }
  const found = Object.keys(published.files).filter((name) => paths.has(name));
  const [first] = Object.keys(published.files);
  if (!found.includes(testFile)) return lacking(`it lacks ${testFile} (it may end in .gz)`);
  if (found.length < 2) return lacking(`it lacks ${first} and the like (each may end in .gz)`);

  const batches: Batch[] = [];
  for (const name of found) {
    const read = await readBatch(name, paths.get(name) ?? name, published, env)();
    if (E.isLeft(read)) return read;
    batches.push(read.right);
  }
  const names = paths.get(namesFile);
  if (names === undefined) return E.right({ batches, classes: null });
  return await pipe(
    contentOf(names, published.largest, env),
    TE.flatMapEither((content) => readClassNames(names, content)),
    TE.map((classes): Batches => ({ batches, classes })),
  )();
};

const readBatch = (
  name: string,
  path: string,
  { largest }: PublishedArchive,
  env: DataEnv,
): TE.TaskEither<FileUnavailable | CorruptFile, Batch> =>
  pipe(contentOf(path, largest, env), TE.flatMap((content) => batchOf(name, path, content)));

/** A batch of a file's uncompressed content, if its structure is right. */
const batchOf = (
  name: string,
  path: string,
  content: Uint8Array,
): TE.TaskEither<CorruptFile, Batch> =>
  pipe(
    TE.fromEither(readRecords(path, content)),
    TE.flatMapTask((split) => async () => ({ name, path, split, sha256: await sha256(content) })),
  );

const contentOf = (
  path: string,
  atMost: number,
  { files }: DataEnv,
): TE.TaskEither<FileUnavailable | CorruptFile, Uint8Array> =>
  pipe(files.read(path), TE.flatMap((bytes) => gunzip(path, bytes, atMost)));

function readClassNames(
  file: string,
  content: Uint8Array,
): E.Either<CorruptFile, readonly string[]> {
  const names = new TextDecoder().decode(content).split("\n").map((line) => line.trim())
    .filter((line) => line !== "");
  return names.length === 10 ? E.right(names) : E.left({
    _tag: "CorruptFile",
    file,
    reason: `expected 10 class names, one per line, current value is ${names.length}`,
  });
}

// ---- Download

/** Milliseconds to wait for the response's head, and for the rest of it. */
const [response, body] = [20_000, 30 * 60_000];
/** Upper bound of the bytes that tar adds to each file. */
const overhead = 65_536;

/**
 * Downloads the archive, verifies it by its own hash before anything is unpacked, and keeps the
 * batches in the first cache folder that takes them.
 *
 * @returns All batches; otherwise the reason as a person reads it.
 */
const downloadBatches = (
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

// ---- The dataset

/** Options of {@linkcode loadCifar10}: where to look. */
export interface Cifar10Options {
  /** The folder that the user named (`--data`): then nowhere else. @default {undefined} */
  readonly data?: string;
}

/** Class names by label, as in batches.meta.txt. */
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

/** Normalisation of PyTorch code: mean and deviation of byte / 255 over the 50,000 training images. */
const wholeNormalisation = { mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616] };

/**
 * Loads CIFAR-10's binary version, verified by the SHA-256 of its files, as [32, 32, 3]: the colours of a
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
 * @param options Options, as {@linkcode Cifar10Options} describes them.
 * @param env Files, network and variables. @default {denoDataEnv}
 * @returns The dataset; `DatasetUnavailable` names every place that was tried; `CorruptFile` and
 * `ChecksumMismatch` name a file that is there but is damaged, `FileUnavailable` one that cannot be
 * read; `InvalidOption` when `data` is empty.
 *
 * @example
 * ```ts ignore
 * import { loadCifar10 } from "./cifar10.ts";
 * import { orThrow } from "../../graph/error.ts";
 *
 * const { train, test } = await orThrow(loadCifar10({ data: "/data/cifar-10-batches-bin" }));
 * ```
 */
export const loadCifar10 = (
  { data }: Cifar10Options = {},
  env: DataEnv = denoDataEnv,
): TE.TaskEither<SparrowError, Dataset<ImageSplit>> => loadArchived(publishedCifar10, data, env);

/** Loads the dataset of any archive of CIFAR-10's kind, as {@linkcode loadCifar10} does. */
export const loadArchived = (
  published: PublishedArchive,
  data: string | undefined,
  env: DataEnv,
): TE.TaskEither<SparrowError, Dataset<ImageSplit>> =>
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
): Promise<E.Either<string, Dataset<ImageSplit>>> {
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
): E.Either<ChecksumMismatch, Dataset<ImageSplit>> {
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
  values: batches.length === 1
    ? batches[0].split.values
    : joined(batches.map(({ split }) => split.values)),
  labels: joined(batches.map(({ split }) => Uint8Array.from(split.labels))),
});
