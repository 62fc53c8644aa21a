/**
 * Image files, whatever their format, as pixels.
 *
 * @module
 */
import type { CorruptFile } from "../../graph/error.ts";
import { TE } from "../../graph/fp_ts.ts";
import { type Bitmap, type Colour, fit, mostPixels } from "./bitmap.ts";
import type { MagickFormat } from "./magick.ts";

// ---- Formats

/** Whether a file is of a format, by its first bytes. */
type Begins = (bytes: Uint8Array) => boolean;

const has = (bytes: Uint8Array, at: number, text: string): boolean =>
  Array.from(text).every((char, i) => bytes[at + i] === char.charCodeAt(0));

const begins = (text: string): Begins => (bytes) => has(bytes, 0, text);

/** Whether a file is one of the ISO's media files, of any of some brands. */
const isBranded = (brands: readonly string[]): Begins => (bytes) => {
  if (!has(bytes, 4, "ftyp") || bytes.length < 16) return false;
  const end = Math.min(bytes.length, 256, 256 * bytes[2] + bytes[3]);
  const places = Array.from({ length: Math.ceil((end - 8) / 4) }, (_, i) => 8 + 4 * i);
  return places.some((at) => brands.some((brand) => has(bytes, at, brand)));
};

const formats: Readonly<Record<MagickFormat, Begins>> = {
  JPEG: begins("\xff\xd8\xff"),
  PNG: begins("\x89PNG\r\n\x1a\n"),
  WEBP: (bytes) => has(bytes, 0, "RIFF") && has(bytes, 8, "WEBP"),
  GIF: (bytes) => has(bytes, 0, "GIF87a") || has(bytes, 0, "GIF89a"),
  AVIF: isBranded(["avif", "avis"]),
  HEIC: isBranded(["heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1"]),
  TIFF: (bytes) => has(bytes, 0, "II*\0") || has(bytes, 0, "MM\0*"),
  BMP: begins("BM"),
};

/** Names of the formats for a person. */
const NAMES = "a JPEG, PNG, WebP, AVIF, GIF, HEIC, TIFF or BMP";

/** Drawings are not decoded: a drawing has no size of its own, and may refer to other files. */
const isSvg: Begins = (bytes) =>
  /^\s*<(\?xml[^>]*>\s*(<!--[\s\S]*?-->\s*)*(<!DOCTYPE[^>]*>\s*)?<)?svg\b/.test(
    new TextDecoder().decode(bytes.subarray(0, 1000)).replace("<?xml", "<?xml "),
  );

// ---- Decoding

/** Height and width that an image is to be brought to. */
type Size = readonly [height: number, width: number];

/**
 * Decodes an image: a JPEG, PNG, WebP, AVIF, GIF, HEIC, TIFF or BMP, of an animation the first picture. Its first bytes
 * tell which it is, not its name.
 *
 * The decoder is that which {@linkcode imageDecoder} names. Images are turned as their Exif orientation says, and brought
 * to sRGB by their colour profile. What follows a JPEG's end marker is ignored (the film of a
 * motion photo, the second picture of a pair); one without that marker is whole if other bytes follow its pixels. Before
 * anything is decoded, an image is refused that declares more than 64 million pixels, or, where the format has such a
 * bound, more than its bytes can hold.
 *
 * @param file Name of the image, for errors.
 * @param bytes The whole file.
 * @param size Height and width that {@linkcode fit} will bring the image to. A JPEG is then decoded at a half, a quarter
 * or an eighth, where that leaves at least twice as many pixels each way. @default it is decoded whole
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
 *     reason: "expected a JPEG, PNG, WebP, AVIF, GIF, HEIC, TIFF or BMP, current value is " +
 *       "4 bytes that begin with 3c 68 74 6d",
 *   }),
 * );
 * ```
 */
export const decodeImage = (
  file: string,
  bytes: Uint8Array,
  size?: Size,
): TE.TaskEither<CorruptFile, Bitmap> =>
  decoded(file, bytes, ({ decode }, format) => decode(bytes, format, size));

/** Decodes an image and brings it to a size by {@linkcode fit}, without holding all of its pixels a second time. */
export const decodeThumbnail = (
  file: string,
  bytes: Uint8Array,
  size: Size,
  colour: Colour,
): TE.TaskEither<CorruptFile, Uint8Array> =>
  decoded(file, bytes, ({ thumbnail }, format) => thumbnail(bytes, format, size, colour));

type Use<T> = (decoder: Decoder, format: MagickFormat) => Promise<T>;

const decoded = <T>(file: string, bytes: Uint8Array, use: Use<T>): TE.TaskEither<CorruptFile, T> =>
  TE.tryCatch(() => decodedBy(bytes, use), (cause) => ({
    _tag: "CorruptFile",
    file,
    reason: cause instanceof Error ? cause.message : String(cause),
  }));

async function decodedBy<T>(bytes: Uint8Array, use: Use<T>): Promise<T> {
  const format = (Object.keys(formats) as MagickFormat[]).find((name) => formats[name](bytes));
  if (format === undefined) throw new Error(refusal(bytes));
  const decoder = await (imageDecoder().name === "browser" ? browser() : magick());
  try {
    return await use(decoder, format);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`it is not a good ${format === "WEBP" ? "WebP" : format}: ${reason}`);
  }
}

function refusal(bytes: Uint8Array): string {
  if (isSvg(bytes)) {
    return `expected ${NAMES}, current value is an SVG, which has no pixels; save it as a PNG`;
  }
  const begin = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, "0"));
  return `expected ${NAMES}, current value is ${bytes.length} bytes` +
    (begin.length === 0 ? "" : ` that begin with ${begin.join(" ")}`);
}

// ---- Decoders

/** A decoder of images, and the reason why it is used. */
export interface ImageDecoder {
  /** Name of the decoder: "magick-wasm" is ImageMagick in WebAssembly, "browser" the browser's own. */
  readonly name: "browser" | "magick-wasm";
  /** The reason, as a person reads it. */
  readonly reason: string;
}

/**
 * Returns the decoder that {@linkcode decodeImage} uses: ImageMagick in WebAssembly in Deno and in Node.js, where it
 * needs no permission, has every format and is as fast as native code within a third, since it decodes a large JPEG at
 * a part of its size; and in a browser the browser's own, which need not be downloaded.
 *
 * @example
 * ```ts
 * import { imageDecoder } from "./decode_image.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(imageDecoder().name, "magick-wasm");
 * ```
 */
export function imageDecoder(): ImageDecoder {
  return "Deno" in globalThis || typeof OffscreenCanvas !== "function"
    ? { name: "magick-wasm", reason: "it needs no permission and decodes every format" }
    : { name: "browser", reason: "a browser has a decoder of its own" };
}

interface Decoder {
  readonly decode: (bytes: Uint8Array, format: MagickFormat, size?: Size) => Promise<Bitmap>;
  readonly thumbnail: (
    bytes: Uint8Array,
    format: MagickFormat,
    size: Size,
    colour: Colour,
  ) => Promise<Uint8Array>;
}

const magick = async (): Promise<Decoder> => {
  const { decodeByMagick: decode, thumbnailByMagick: thumbnail } = await import("./magick.ts");
  return { decode, thumbnail };
};

/** The part of a browser's canvas that is used. Deno's types know no such canvas. */
interface Canvas {
  readonly getContext: (kind: "2d") => {
    readonly drawImage: (image: ImageBitmap, x: number, y: number) => void;
    readonly getImageData: (x: number, y: number, width: number, height: number) => {
      readonly data: Uint8ClampedArray;
    };
  } | null;
}

/** The browser's decoder. Its bounds are its own: the size is known once the image is decoded. */
const browser = (): Promise<Decoder> =>
  Promise.resolve({
    decode: decodeByBrowser,
    thumbnail: async (bytes, _, size, colour) => fit(await decodeByBrowser(bytes), size, colour),
  });

async function decodeByBrowser(bytes: Uint8Array): Promise<Bitmap> {
  const image = await createImageBitmap(new Blob([new Uint8Array(bytes)]), {
    imageOrientation: "from-image",
    premultiplyAlpha: "none",
  });
  try {
    const { width, height } = image;
    if (width * height > mostPixels) {
      throw new Error(
        `expected 1 to ${mostPixels} pixels, current value is ${width} × ${height}`,
      );
    }
    const canvas = new OffscreenCanvas(width, height) as unknown as Canvas;
    const context = canvas.getContext("2d");
    if (context === null) throw new Error("the browser has no canvas left for it");
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, width, height);
    return { width, height, pixels: new Uint8Array(data) };
  } finally {
    image.close();
  }
}
