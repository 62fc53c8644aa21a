/** PNG and JPEG files, whole and otherwise, for tests. */
import { crc32 } from "node:zlib";
import { Buffer } from "node:buffer";
import { encode } from "npm:fast-png@8.0.0";
import jpeg from "npm:jpeg-js@0.4.4";
import { joined } from "../../../pipelines/data/bytes.ts";

/** A PNG of 8 bits with as many channels as fit. */
export const png = (width: number, height: number, data: Uint8Array | Uint16Array): Uint8Array =>
  encode({
    width,
    height,
    data,
    channels: data.length / (width * height),
    depth: data instanceof Uint16Array ? 16 : 8,
  });

/** A JPEG of RGBA pixels. */
export const jpegOf = (width: number, height: number, pixels: Uint8Array): Uint8Array =>
  new Uint8Array(jpeg.encode({ width, height, data: Buffer.from(pixels) }, 95).data);

/** An image of one colour, RGBA. */
export const plain = (width: number, height: number, colour: readonly number[]): Uint8Array =>
  Uint8Array.from({ length: width * height * 4 }, (_, i) => colour[i % 4]);

/** A chunk of a PNG. */
export function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}

/** Header of a PNG. */
export interface PngHeader {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colourType: number;
  readonly interlaced?: boolean;
}

/**
 * A PNG of chunks that an encoder would not write.
 *
 * @param rows The rows as they are compressed, each with its filter in front.
 */
export async function pngOf(
  { width, height, depth, colourType, interlaced = false }: PngHeader,
  rows: Uint8Array,
  between: readonly Uint8Array[] = [],
): Promise<Uint8Array> {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([depth, colourType, 0, 0, interlaced ? 1 : 0], 8);
  const stream = new Blob([new Uint8Array(rows)]).stream();
  const data = await new Response(stream.pipeThrough(new CompressionStream("deflate"))).bytes();
  return joined([
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    chunk("IHDR", header),
    ...between,
    chunk("IDAT", data),
    chunk("IEND", new Uint8Array()),
  ]);
}

const segment = (marker: number, ...data: number[]): number[] => [
  0xff,
  marker,
  (data.length + 2) >> 8,
  (data.length + 2) & 255,
  ...data,
];

/** A grey JPEG of one block of 8 × 8, all 128 + 72 = 200, or of another declared size. */
export const greyJpeg = (width = 8, height = 8): Uint8Array =>
  Uint8Array.of(
    ...[0xff, 0xd8],
    ...segment(0xdb, 0, ...Array(64).fill(8)),
    ...segment(0xc0, 8, height >> 8, height & 255, width >> 8, width & 255, 1, 1, 0x11, 0),
    // One code of one bit in each table: a difference of 7 bits, and the end of a block.
    ...segment(0xc4, 0x00, 1, ...Array(15).fill(0), 7),
    ...segment(0xc4, 0x10, 1, ...Array(15).fill(0), 0),
    ...segment(0xda, 1, 1, 0x00, 0, 63, 0),
    ...[0b0_1001000, 0b0_1111111],
    ...[0xff, 0xd9],
  );

/** The same JPEG with an Exif orientation, the numbers' lower byte first or last. */
export const oriented = (file: Uint8Array, orientation: number, little = false): Uint8Array => {
  const two = (n: number) => little ? [n & 255, n >> 8] : [n >> 8, n & 255];
  const four = (n: number) => little ? [...two(n), 0, 0] : [0, 0, ...two(n)];
  const order = little ? [0x49, 0x49] : [0x4d, 0x4d];
  const entry = [...two(0x0112), ...two(3), ...four(1), ...two(orientation), 0, 0];
  const tiff = [...order, ...two(42), ...four(8), ...two(1), ...entry, ...four(0)];
  const exif = segment(0xe1, ...new TextEncoder().encode("Exif\0\0"), ...tiff);
  return joined([file.subarray(0, 2), Uint8Array.from(exif), file.subarray(2)]);
};

const text = (word: string): number[] => [...new TextEncoder().encode(word)];
const little = (bytes: number, n: number): number[] =>
  Array.from({ length: bytes }, (_, i) => Math.floor(n / 256 ** i) % 256);

/** A GIF's place and number of images. */
export interface GifOptions {
  readonly left?: number;
  readonly top?: number;
  readonly frames?: number;
}

/** The smallest files of other formats, of any declared size. */
export const tiny = {
  /** Images of one red pixel on a canvas; without options, one of the canvas's size that has one pixel. */
  gif: (width: number, height: number, options?: GifOptions): Uint8Array => {
    const { left = 0, top = 0, frames = 1 } = options ?? {};
    const size = options === undefined ? [width, height] : [1, 1];
    const image = [0x2c, ...[left, top, ...size].flatMap((n) => little(2, n)), 0];
    // Codes of three bits: clear, the first colour, end.
    const data = [2, 2, 0b01_000_100, 0b1, 0];
    return Uint8Array.of(
      ...text("GIF89a"),
      ...little(2, width),
      ...little(2, height),
      ...[0x80, 0, 0, 255, 0, 0, 0, 0, 255],
      ...Array.from({ length: frames }, () => [...image, ...data]).flat(),
      0x3b,
    );
  },
  /** An extended header without an image. */
  webp: (width: number, height: number): Uint8Array =>
    Uint8Array.of(
      ...text("RIFF"),
      ...little(4, 22),
      ...text("WEBPVP8X"),
      ...little(4, 10),
      ...little(4, 0),
      ...little(3, width - 1),
      ...little(3, height - 1),
    ),
  /** Pixels of 24 bits, a row of them padded to 4 bytes. */
  bmp: (width: number, height: number, rgb: readonly number[]): Uint8Array => {
    const pixels = [...rgb.toReversed(), 0];
    const header = [40, width, height, 1 + 2 ** 16 * 24, 0, pixels.length, 0, 0, 0, 0];
    return Uint8Array.of(
      ...text("BM"),
      ...[54 + pixels.length, 0, 54, ...header].flatMap((n) => little(4, n)),
      ...pixels,
    );
  },
  /** One strip of pixels of 24 bits. */
  tiff: (width: number, height: number, rgb: readonly number[]): Uint8Array => {
    const entries = [
      ...[[256, 4, 1, width], [257, 4, 1, height], [258, 3, 3, 134], [259, 3, 1, 1]],
      ...[[262, 3, 1, 2], [273, 4, 1, 140], [277, 3, 1, 3], [278, 4, 1, height]],
      ...[[279, 4, 1, rgb.length], [284, 3, 1, 1]],
    ];
    return Uint8Array.of(
      ...text("II*\0"),
      ...little(4, 8),
      ...little(2, entries.length),
      ...entries.flatMap(([tag, type, count, value]) => [
        ...little(2, tag),
        ...little(2, type),
        ...little(4, count),
        ...little(4, value),
      ]),
      ...little(4, 0),
      ...[8, 8, 8].flatMap((n) => little(2, n)),
      ...rgb,
    );
  },
};
