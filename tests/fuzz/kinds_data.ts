/**
 * Kinds of input that are data: arrays, archives, tables of vectors, pictures.
 *
 * @module
 */
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import type { Bitmap } from "../../pipelines/data/bitmap.ts";
import { gunzip } from "../../pipelines/data/bytes.ts";
import { publishedCifar10, readRecords, unpack } from "../../pipelines/data/cifar10.ts";
import { decodeImage, decodeThumbnail } from "../../pipelines/data/decode_image.ts";
import { startMagick } from "../../pipelines/data/magick.ts";
import { readIdx } from "../../pipelines/data/mnist.ts";
import { readTar } from "../../pipelines/data/tar.ts";
import { openVectors } from "../../pipelines/data/vectors/open.ts";
import { readNpy, writeNpy } from "../../pipelines/files/npz.ts";
import { tiny } from "../pipelines/data/image_files.ts";
import { arithmeticJpeg, displayP3Png, heic } from "../pipelines/data/quarter_files.ts";
import { shared } from "../shared.ts";
import {
  boxes,
  gzipped,
  idx,
  jpeg,
  jsonLines,
  npy,
  npz,
  plain,
  png,
  riff,
  tar,
} from "./formats.ts";
import type { Kind, Subject, Verdict } from "./kinds.ts";
import type { Format } from "./tree.ts";
import { fieldsOf } from "./tree.ts";
import { parquet } from "./wire.ts";

const noise = (length: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length }, (_, i) => Math.imul(i + 1, 0x9e37_79b1) >>> 24);

// ---- Datasets

const idxOf = (...dims: readonly number[]): Uint8Array =>
  idx.close(fieldsOf({
    type: 8,
    dims,
    rank: null,
    data: noise(dims.reduce((product, size) => product * size, 1)),
  }));

const idxFiles = [idxOf(3, 4, 5), idxOf(12)];

const records = noise(2 * 3073);
[records[0], records[3073]] = [3, 4];

/** An archive like CIFAR's, whose files are small. */
const archive = (): Uint8Array => {
  const { inside } = publishedCifar10;
  const entry = (name: string, content: Uint8Array) =>
    fieldsOf({
      ...{ name: `${inside}/${name}`, type: "0", prefix: "", magic: "ustar\0" + "00" },
      ...{ size: null, checksum: null, content },
    });
  return tar.close([
    entry("batches.meta.txt", new TextEncoder().encode("cat\ndog\n")),
    entry("test_batch.bin", noise(700)),
  ]);
};

// ---- Vectors

const folder = new URL("../pipelines/data/vectors/python/", import.meta.url).pathname;
const files = (...names: readonly string[]): readonly Uint8Array[] =>
  names.map((name) => Deno.readFileSync(folder + name));

/** Reads all that a file has, but no more rows than any of the good ones. */
const readVectors = (input: Uint8Array): Promise<Verdict> =>
  pipe(
    openVectors({ name: "file", bytes: input as Uint8Array<ArrayBuffer> }),
    TE.chainFirstTaskK(({ column }) => column("id")),
    TE.chain(({ read, count }) => read(0, Math.min(count, 100))),
  )();

/** Bytes that brotli and zstd keep to look back to. */
const WINDOW = 2 ** 26;

const vectorsIn = (share: number, format: Format, names: readonly string[]): Kind => ({
  share,
  format,
  buffers: names.some((name) => /brotli|zstd/.test(name)) ? WINDOW : undefined,
  begin: async () => {
    const good = files(...names);
    // What reads a file is loaded with the first.
    for (const file of good) await readVectors(file);
    return { good, read: readVectors };
  },
});

const line = (i: number) => JSON.stringify({ id: i, embedding: [i, -i, i / 3] });
const lines = new TextEncoder().encode(Array.from({ length: 12 }, (_, i) => line(i)).join("\n"));

// ---- Pictures

/** Bytes of the pixels of a picture; of one that is refused, none. */
const pixelsOf = (verdict: Verdict): number =>
  E.isRight(verdict) ? (verdict.right as Bitmap).pixels.length : 0;

/** Decodes a picture, as it is and as a thumbnail. */
const decoded: Subject["read"] = (input) =>
  pipe(
    decodeThumbnail("picture", input, [4, 4], "grey"),
    TE.chain(() => decodeImage("picture", input)),
  )();

/** A small picture in a format that ImageMagick writes. */
async function written(format: string): Promise<Uint8Array> {
  const magick = await startMagick();
  const pixels = noise(4 * 12 * 10).map((byte, i) => i % 4 === 3 ? 255 : byte);
  const image = magick.MagickImage.create();
  try {
    const settings = new magick.MagickReadSettings();
    settings.format = "RGBA" as never;
    [settings.width, settings.height, settings.depth] = [12, 10, 8];
    image.read(pixels, settings);
    return image.write(format as never, (bytes: Uint8Array) => bytes.slice());
  } finally {
    image.dispose();
  }
}

const inShared = (...names: readonly string[]): readonly Uint8Array[] =>
  names.flatMap((name) => {
    try {
      return [Deno.readFileSync(shared(`cases/images/${name}`))];
    } catch {
      // Without the folder there are fewer good ones.
      return [];
    }
  });

const picture = (
  share: number,
  format: Format,
  good: () => Promise<readonly Uint8Array[]>,
): Kind => ({
  share,
  format,
  output: pixelsOf,
  begin: async () => ({ good: await good(), read: decoded }),
});

/** Kinds of data. */
export const dataKinds: Readonly<Record<string, Kind>> = {
  "idx": {
    share: 14,
    format: idx,
    begin: () => ({ good: idxFiles, read: (input) => readIdx("i", input) }),
  },
  "idx-gz": {
    share: 2,
    format: gzipped(idx),
    begin: () => ({
      good: idxFiles.map((file) => gzipped(plain).close(file)),
      read: (input) =>
        pipe(
          gunzip("i.gz", input, 200),
          TE.chainEitherKW((content) => readIdx("i", content)),
        )(),
    }),
  },
  "cifar": {
    share: 8,
    format: plain,
    begin: () => ({
      good: [records, records.slice(0, 3073)],
      read: (input) => readRecords("r", input),
    }),
  },
  "tar": {
    share: 10,
    format: tar,
    begin: () => ({ good: [archive()], read: (input) => readTar("t", input) }),
  },
  "tar-gz": {
    share: 2,
    format: gzipped(tar),
    begin: () => ({
      good: [gzipped(plain).close(archive())],
      read: (input) => unpack(publishedCifar10, input)(),
    }),
    // An archive may unpack to ten times its size, and to a megabyte whatever its size.
    output: () => 2 ** 20,
  },
  "npy": {
    share: 12,
    format: npy,
    begin: () => ({
      good: ([
        { type: "<u4", shape: [2, 2], data: Uint32Array.of(5, 6, 7, 1) },
        { type: "|u1", shape: [12], data: noise(12) },
        { type: "<i8", shape: [], data: BigInt64Array.of(7n) },
      ] as const).map(writeNpy),
      read: (input) => readNpy(input as Uint8Array<ArrayBuffer>),
    }),
  },
  "vectors-npy": vectorsIn(3, npy, ["f4.npy", "i1.npy", "f2.npy"]),
  "vectors-npz": vectorsIn(1.6, npz, ["plain.npz", "packed.npz"]),
  "parquet": vectorsIn(1.6, parquet, [
    ...["none.parquet", "snappy.parquet", "gzip.parquet", "split.parquet", "pages.parquet"],
    ...["v2.parquet", "zstd.parquet", "lz4.parquet", "scalars.parquet", "fixed.parquet"],
    ...["half.parquet", "brotli.parquet"],
  ]),
  "arrow": vectorsIn(1.6, plain, [
    ...["uncompressed.arrow", "lz4.arrow", "scalars.arrow", "half.arrow", "stream.arrows"],
    ...["zstd.arrow", "fixed.arrow"],
  ]),
  "json-lines": {
    share: 4,
    format: jsonLines,
    begin: () => ({ good: [lines], read: readVectors }),
  },
  "jpeg": picture(0.35, jpeg, async () => [
    await written("JPEG"),
    arithmeticJpeg,
    ...inShared("s440.jpg", "restart.jpg"),
  ]),
  "png": picture(0.35, png, async () => [
    await written("PNG"),
    displayP3Png,
    ...inShared("gray_trns.png", "palette4_interlaced.png"),
  ]),
  "gif": picture(0.35, plain, async () => [
    await written("GIF"),
    tiny.gif(3, 2, { left: 1, top: 1, frames: 2 }),
  ]),
  "webp": picture(0.35, riff, async () => [await written("WEBP"), ...inShared("a.webp")]),
  "bmp": picture(0.35, plain, async () => [await written("BMP"), tiny.bmp(1, 1, [1, 2, 3])]),
  "tiff": picture(0.35, plain, async () => [await written("TIFF"), tiny.tiff(1, 1, [1, 2, 3])]),
  "avif": picture(0.15, boxes, () => Promise.resolve([...inShared("a.avif"), heic])),
  "heic": picture(0.15, boxes, () => Promise.resolve([heic])),
};
