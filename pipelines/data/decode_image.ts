/**
 * Image files, whatever their format, as pixels.
 *
 * @module
 */
import type { CorruptFile } from "../../graph/error.ts";
import { TE } from "../../graph/fp_ts.ts";
import type { Bitmap } from "./bitmap.ts";

interface Format {
  readonly name: string;
  /** Bytes that its files begin with. */
  readonly begins: readonly number[];
  /** The decoder, loaded when it is needed: nobody else waits for it. */
  readonly reader: () => Promise<(bytes: Uint8Array) => Bitmap | Promise<Bitmap>>;
}

const formats: readonly Format[] = [
  {
    name: "PNG",
    begins: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
    reader: async () => (await import("./png.ts")).readPng,
  },
  {
    name: "JPEG",
    begins: [0xff, 0xd8, 0xff],
    reader: async () => (await import("./jpeg.ts")).readJpeg,
  },
];

/**
 * Decodes a PNG or a JPEG. Its first bytes tell which it is, not its name.
 *
 * PNG may be grey, colour or palette, of 1 to 16 bits; JPEG baseline or progressive, and it is turned
 * as its Exif orientation says. Colour profiles are ignored. Before
 * anything is decoded, an image is refused that declares more than 64 million pixels, or more than
 * its bytes can hold, and so are data that inflate to more than the pixels need.
 *
 * @param file Name of the image, for errors.
 * @param bytes The whole file.
 * @returns The pixels, or `CorruptFile` with the reason.
 *
 * @example
 * ```ts
 * import { decodeImage } from "./decode_image.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(
 *   await decodeImage("cat.png", Uint8Array.of(0x3c, 0x68, 0x74, 0x6d))(),
 *   E.left({
 *     _tag: "CorruptFile",
 *     file: "cat.png",
 *     reason: "expected a PNG or a JPEG, current value is 4 bytes that begin with 3c 68 74 6d",
 *   }),
 * );
 * ```
 */
export const decodeImage = (
  file: string,
  bytes: Uint8Array,
): TE.TaskEither<CorruptFile, Bitmap> => {
  const corrupt = (reason: string): CorruptFile => ({ _tag: "CorruptFile", file, reason });
  const format = formats.find(({ begins }) => begins.every((byte, i) => bytes[i] === byte));
  if (format === undefined) {
    const begins = bytes.length === 0 ? "" : ` that begin with ${hex(bytes.subarray(0, 4))}`;
    return TE.left(
      corrupt(`expected a PNG or a JPEG, current value is ${bytes.length} bytes${begins}`),
    );
  }
  return TE.tryCatch(
    async () => await (await format.reader())(bytes),
    (cause) =>
      corrupt(
        `it is not a good ${format.name}: ${
          cause instanceof Error ? cause.message : String(cause)
        }`,
      ),
  );
};

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
