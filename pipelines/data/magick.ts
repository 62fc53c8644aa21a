/**
 * Decoding by ImageMagick in WebAssembly, one image at a time.
 *
 * @module
 */
import type * as Magick from "npm:@imagemagick/magick-wasm@0.0.43";
import {
  type Bitmap,
  type Colour,
  type Covered,
  fitRows,
  mostPixels,
  type PixelRows,
} from "./bitmap.ts";

/** The version of the decoder: an image may have other pixels in another. */
export const MAGICK_VERSION = "@imagemagick/magick-wasm@0.0.43";

/** The formats that are decoded, as ImageMagick calls them. */
export type MagickFormat = "AVIF" | "BMP" | "GIF" | "HEIC" | "JPEG" | "PNG" | "TIFF" | "WEBP";

// ---- The instance

/**
 * A module that compiles the package's WebAssembly. Only Deno knows this syntax, neither bundlers nor Node.js. It needs
 * no permission, where a file would be read with one.
 */
const COMPILED =
  'data:text/javascript,export default await import.source("npm:@imagemagick/magick-wasm@0.0.43/magick.wasm");';

let compiled: Promise<WebAssembly.Module> | null = null;
let started: Promise<typeof Magick> | null = null;

/** Compiles ImageMagick, once: workers make instances of the same module. */
export function compiledMagick(): Promise<WebAssembly.Module> {
  compiled ??= ("Deno" in globalThis ? compiledByDeno() : compiledByNode()).catch((cause) => {
    compiled = null;
    throw cause;
  });
  return compiled;
}

const compiledByDeno = async (): Promise<WebAssembly.Module> => (await import(COMPILED)).default;

/** The part of Node.js that is used. */
interface Node {
  readonly process: {
    readonly getBuiltinModule: (
      name: "node:fs/promises",
    ) => { readonly readFile: (path: URL) => Promise<Uint8Array<ArrayBuffer>> };
  };
}

async function compiledByNode(): Promise<WebAssembly.Module> {
  const { process } = globalThis as unknown as Node;
  const path = new URL(import.meta.resolve("@imagemagick/magick-wasm/magick.wasm"));
  return WebAssembly.compile(await process.getBuiltinModule("node:fs/promises").readFile(path));
}

/**
 * Starts ImageMagick in this thread, once.
 *
 * @param module Module that {@linkcode compiledMagick} has made in another thread. @default it is compiled here
 */
export function startMagick(module?: WebAssembly.Module): Promise<typeof Magick> {
  // Another instance may be made of it later.
  if (module !== undefined) compiled ??= Promise.resolve(module);
  started ??= begin().catch((cause) => {
    started = null;
    throw cause;
  });
  return started;
}

async function begin(): Promise<typeof Magick> {
  const magick = await import("npm:@imagemagick/magick-wasm@0.0.43");
  await magick.initializeImageMagick(await compiledMagick());
  // What does not fit into memory is refused: there is no disk to put it on.
  magick.ResourceLimits.disk = 0n;
  magick.ResourceLimits.listLength = 4n;
  return magick;
}

/** Class of the package that holds its instance, and makes another where there is none. */
interface Instance {
  _api?: { readonly HEAPU8: Uint8Array };
}

/** Gives an instance up: the next image starts another. */
function discard({ ImageMagick }: typeof Magick): void {
  (ImageMagick as unknown as Instance)._api = undefined;
  started = null;
}

/** Returns the number of bytes of the decoder's memory in this thread, which grows with the largest image. */
export const magickMemory = async (): Promise<number> => {
  const { ImageMagick } = await startMagick();
  return (ImageMagick as unknown as Instance)._api?.HEAPU8.length ?? 0;
};

// ---- Bounds

/** The most pixels that a byte of a file can stand for, where its compression has such a bound. */
const pixelsPerByte: Partial<Record<MagickFormat, number>> = {
  // A block of 8 × 8 pixels takes at least one bit, for its mean.
  JPEG: 8 * 64,
  // Deflate makes at most 1,032 bytes of one, of at least a bit per pixel.
  PNG: 8 * 1032,
  // A code of 9 bits or more stands for at most 4,096 pixels.
  GIF: 4096,
};

/** Largest number of scans, each of which goes over all pixels of a progressive JPEG; encoders write about ten. */
const mostScans = 100;

/** Properties of a JPEG from the segments before its pixels and between its scans. */
interface JpegOutline {
  readonly scans: number;
  /** Whether its bits are arithmetic codes, of which one can stand for less than a bit. */
  readonly isArithmetic: boolean;
}

/** Markers of a JPEG, each after a byte ff. */
const [startOfScan, endOfImage] = [0xda, 0xd9];
const isRestart = (marker: number): boolean => marker >= 0xd0 && marker <= 0xd7;
const isArithmeticFrame = (marker: number): boolean => marker >= 0xc9 && marker <= 0xcf;

/** Goes over the segments of a JPEG to its end marker: motion photos and panoramas have more behind it. */
function outlineOf(bytes: Uint8Array): JpegOutline {
  let [scans, isArithmetic] = [0, false];
  for (let at = bytes.indexOf(0xff, 2); at >= 0 && at + 3 < bytes.length;) {
    const marker = bytes[at + 1];
    if (marker === endOfImage) break;
    // Pixels have a 00 behind each ff, and restart markers between them.
    const isSegment = marker !== 0 && marker !== 0xff && !isRestart(marker);
    if (marker === startOfScan) scans++;
    if (isArithmeticFrame(marker) && marker !== 0xcc) isArithmetic = true;
    at = bytes.indexOf(0xff, isSegment ? at + 2 + 256 * bytes[at + 2] + bytes[at + 3] : at + 1);
  }
  return { scans, isArithmetic };
}

/** Throws where an image declares more than may be decoded, or more than its bytes can hold. */
function check(
  bytes: Uint8Array,
  format: MagickFormat,
  sizes: readonly (readonly [width: number, height: number])[],
): void {
  for (const [width, height] of sizes) {
    if (width * height < 1 || width * height > mostPixels) {
      throw new Error(`expected 1 to ${mostPixels} pixels, current value is ${width} × ${height}`);
    }
  }
  const outline = format === "JPEG" ? outlineOf(bytes) : { scans: 1, isArithmetic: false };
  if (outline.scans > mostScans) {
    throw new Error(`expected at most ${mostScans} scans, current value is ${outline.scans}`);
  }
  const [width, height] = sizes[0];
  const least = Math.ceil(
    width * height / (outline.isArithmetic ? Infinity : pixelsPerByte[format] ?? Infinity),
  );
  if (bytes.length < least) {
    throw new Error(
      `expected at least ${least} bytes for ${width} × ${height} pixels, current value is ${bytes.length}`,
    );
  }
}

// ---- Decoding

/** Height and width that an image will be brought to. */
type Size = readonly [height: number, width: number];

/**
 * Decodes an image, upright and in sRGB. Bounds are checked by its header.
 *
 * @param size The height and width that the image will be brought to: a JPEG is then decoded at a half, a quarter or an
 * eighth, where that leaves at least twice as many pixels each way. @default it is decoded whole
 * @throws `Error` with the reason.
 */
export const decodeByMagick = (
  bytes: Uint8Array,
  format: MagickFormat,
  size?: Size,
): Promise<Bitmap> => decodedInto(bitmapOf, bytes, format, size);

/**
 * Decodes an image as {@linkcode decodeByMagick} does, and brings it to a size by `fit`, without taking its pixels out of
 * the decoder's memory.
 *
 * @throws `Error` with the reason.
 */
export const thumbnailByMagick = (
  bytes: Uint8Array,
  format: MagickFormat,
  size: Size,
  colour: Colour,
): Promise<Uint8Array> => decodedInto((image) => fitRows(image, size, colour), bytes, format, size);

async function decodedInto<T>(
  use: (image: PixelRows) => T,
  bytes: Uint8Array,
  format: MagickFormat,
  size?: Size,
): Promise<T> {
  const magick = await startMagick();
  try {
    return decoded(magick, use, bytes, format, size);
  } catch (cause) {
    if (cause instanceof magick.MagickError) throw new Error(tidy(cause.message));
    // Its own errors are of the class above; those of the engine leave its memory in the middle of something.
    if (cause instanceof WebAssembly.RuntimeError || cause instanceof RangeError) {
      discard(magick);
      throw new Error(`the decoder has failed: ${cause.message}`);
    }
    throw cause;
  }
}

function decoded<T>(
  magick: typeof Magick,
  use: (image: PixelRows) => T,
  bytes: Uint8Array,
  format: MagickFormat,
  size?: Size,
): T {
  const settings = new magick.MagickReadSettings();
  settings.format = format;
  settings.frameIndex = 0;
  settings.frameCount = 1;
  const image = magick.MagickImage.create();
  try {
    image.ping(bytes, settings);
    const { page } = image;
    check(bytes, format, [[image.width, image.height], [page.width || 1, page.height || 1]]);
    const [width, height] = [image.width, image.height];
    const reduction = size === undefined || format !== "JPEG"
      ? 1
      : reductionOf(width, height, Math.max(...size));
    if (reduction > 1) {
      const sides = [width, height].map((side) => Math.floor(side / reduction));
      settings.setDefine("jpeg:size", sides.join("x"));
    }
    const warnings: string[] = [];
    image.onWarning = ({ error }) =>
      warnings.push(error.message, ...error.relatedErrors.map(({ message }) => message));
    image.read(bytes, settings);
    const damage = damageOf(warnings.map(tidy), format);
    if (damage !== null) throw new Error(damage);
    if (format === "GIF") ontoCanvas(magick, image);
    const { orientation } = image;
    image.autoOrient();
    intoSrgb(magick, image);
    const covered = reduction === 1
      ? {}
      : { covered: coveredBy(image, width / reduction, height / reduction, orientation) };
    return image.getPixels((pixels) => use({ ...rowsOf(magick, image, pixels), ...covered }));
  } finally {
    image.dispose();
  }
}

/**
 * The reduction at which a JPEG is decoded: its blocks of 8 × 8 pixels become 4 × 4, 2 × 2 or one. At least twice the
 * wanted pixels are left for `fit`, whichever way the image will be turned.
 */
function reductionOf(width: number, height: number, wanted: number): number {
  const most = Math.min(width, height) / (2 * wanted);
  return [8, 4, 2].find((reduction) => reduction <= most) ?? 1;
}

/**
 * The part of an upright bitmap that its image covers: as decoded, the last column and row may be covered in part.
 *
 * @param upright Width and height of the bitmap.
 * @param columns Columns that the image covers as it is stored, not a whole number.
 * @param rows Rows, in the same way.
 * @param orientation Exif's, by which it has been turned: 2 and 3 mirror columns, 3 and 4 rows, 5 to 8 exchange them too.
 */
function coveredBy(
  upright: Pick<Bitmap, "width" | "height">,
  columns: number,
  rows: number,
  orientation: number,
): Covered {
  const [width, height] = orientation < 5 ? [columns, rows] : [rows, columns];
  const left = [2, 3, 6, 7].includes(orientation) ? upright.width - width : 0;
  const top = [3, 4, 7, 8].includes(orientation) ? upright.height - height : 0;
  return { left, top, width, height };
}

/**
 * Finds the damage among a decoder's warnings. A JPEG without an end marker is whole if something else follows its
 * pixels, and not if it just ends: it may end between two scans.
 */
function damageOf(warnings: readonly string[], format: MagickFormat): string | null {
  if (format !== "JPEG") return null;
  const isTrailer = (warning: string) => /extraneous bytes before marker/.test(warning);
  const damage = warnings.find((line) => line.startsWith("Corrupt JPEG data") && !isTrailer(line));
  const ends = warnings.some((line) => line.startsWith("Premature end"));
  if (ends && (damage !== undefined || !warnings.some(isTrailer))) {
    return "it is truncated: expected an end-of-image marker behind its last scan";
  }
  return damage ?? null;
}

/**
 * An error of ImageMagick without the name of a temporary file and the line of its source, and names of errors as words:
 * "InvalidColormapIndex `' @ error/png.c/ReadPNGImage/1" becomes "invalid colormap index".
 */
function tidy(message: string): string {
  const text = message.replace(/\s*`[^`]*' @ [\s\S]*$/, "").trim();
  if (!/^([A-Z][a-z]+)+$/.test(text)) return text;
  if (/^(InsufficientImageDataInFile|UnexpectedEndOfFile)$/.test(text)) return "it is truncated";
  return text.replaceAll(/(?<=[a-z])[A-Z]/g, " $&").toLowerCase();
}

/** The first image of an animation may be smaller than the animation. */
function ontoCanvas(magick: typeof Magick, image: Magick.IMagickImage): void {
  const { width, height, x, y } = image.page;
  if (width === 0 || (width === image.width && height === image.height && x === 0 && y === 0)) {
    return;
  }
  image.backgroundColor = magick.MagickColors.Transparent;
  image.extent(new magick.MagickGeometry(-x, -y, width, height));
}

/** The profile sRGB-v4.icc of https://github.com/saucecontrol/Compact-ICC-Profiles, which is in the public domain (CC0). */
const SRGB =
  "AAAB4GxjbXMEIAAAbW50clJHQiBYWVogB+IAAwAUAAkADgAdYWNzcE1TRlQAAAAAc2F3c2N0cmwAAAAAAAAAAAAAAAAAAPbWAAEA" +
  "AAAA0y1oYW5keem/Vlo+AbaDI4VVRvdPqgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAKZGVzYwAAAPwAAAAkY3BydAAA" +
  "ASAAAAAid3RwdAAAAUQAAAAUY2hhZAAAAVgAAAAsclhZWgAAAYQAAAAUZ1hZWgAAAZgAAAAUYlhZWgAAAawAAAAUclRSQwAAAcAA" +
  "AAAgZ1RSQwAAAcAAAAAgYlRSQwAAAcAAAAAgbWx1YwAAAAAAAAABAAAADGVuVVMAAAAIAAAAHABzAFIARwBCbWx1YwAAAAAAAAAB" +
  "AAAADGVuVVMAAAAGAAAAHABDAEMAMAAAWFlaIAAAAAAAAPbWAAEAAAAA0y1zZjMyAAAAAAABDD8AAAXd///zJgAAB5AAAP2S///7" +
  "of///aIAAAPcAADAcVhZWiAAAAAAAABvoAAAOPIAAAOPWFlaIAAAAAAAAGKWAAC3iQAAGNpYWVogAAAAAAAAJKAAAA+FAAC2xHBh" +
  "cmEAAAAAAAMAAAACZmkAAPKnAAANWQAAE9AAAApb";

/** Follows the image's colour profile; one that says sRGB changes nothing, one that cannot be followed is ignored. */
function intoSrgb(magick: typeof Magick, image: Magick.IMagickImage): void {
  const profile = image.getColorProfile();
  if (profile !== null && !/s\0?R\0?G\0?B/.test(new TextDecoder("latin1").decode(profile.data))) {
    try {
      const bytes = Uint8Array.from(atob(SRGB), (char) => char.charCodeAt(0));
      image.transformColorSpace(new magick.ColorProfile(bytes));
    } catch (cause) {
      if (!(cause instanceof magick.MagickError)) throw cause;
    }
  }
  const { sRGB, Gray } = magick.ColorSpace;
  if (image.colorSpace !== sRGB && image.colorSpace !== Gray) image.colorSpace = sRGB;
}

/** Pixels that are read at once. */
const STRIP = 65_536;

/** The pixels of an image in the decoder's memory. */
function rowsOf(
  { PixelChannel }: typeof Magick,
  { width, height, channelCount }: Magick.IMagickImage,
  pixels: Magick.IPixelCollection,
): PixelRows {
  const placeOf = (channel: Magick.PixelChannel) => pixels.getChannelIndex(channel);
  // A grey image has one channel for the three.
  const red = placeOf(PixelChannel.Red);
  const [green, blue] = [PixelChannel.Green, PixelChannel.Blue]
    .map(placeOf).map((place) => place < 0 ? red : place);
  const alpha = placeOf(PixelChannel.Alpha);
  const most = Math.max(1, Math.floor(STRIP / width));
  return {
    width,
    height,
    step: channelCount,
    places: alpha < 0 ? { red, green, blue } : { red, green, blue, alpha },
    from: (top) => {
      const rows = Math.min(most, height - top);
      return { pixels: pixels.getReadOnlyArea(0, top, width, rows), top, rows };
    },
  };
}

function bitmapOf({ width, height, covered, step, places, from }: PixelRows): Bitmap {
  const pixels = new Uint8Array(width * height * 4);
  const { red, green, blue, alpha = -1 } = places;
  for (let y = 0; y < height;) {
    const strip = from(y);
    y += strip.rows;
    const end = y * width * 4;
    for (let to = strip.top * width * 4, at = 0; to < end; to += 4, at += step) {
      pixels[to] = strip.pixels[at + red];
      pixels[to + 1] = strip.pixels[at + green];
      pixels[to + 2] = strip.pixels[at + blue];
      pixels[to + 3] = alpha < 0 ? 255 : strip.pixels[at + alpha];
    }
  }
  return { width, height, pixels, ...covered === undefined ? {} : { covered } };
}
