/**
 * PNG images within bounds: the chunks are checked before anything is decoded.
 *
 * @module
 * @see https://www.w3.org/TR/png-3/
 */
import { decode } from "npm:fast-png@8.0.0";
import { type Bitmap, mostPixels } from "./bitmap.ts";
import { inflate, joined } from "./bytes.ts";

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
/** Chunks that say what the pixels are; the others (profiles, texts, times) are left out. */
const needed = ["IHDR", "PLTE", "tRNS", "IDAT", "IEND"];
const samplesByColourType: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/**
 * The pixels of a PNG: grey, colour or palette, 1 to 16 bits, with alpha or not, interlaced or not.
 * 16 bits are rounded to 8. Of an animation it is the first image. Colour profiles and gamma are
 * ignored.
 *
 * @param bytes The whole file.
 * @throws `Error` with the reason when it is not a whole PNG, when it has more than 64 million
 * pixels, when its data do not fit its size, and when it is interlaced with less than 8 bits per
 * sample, which fast-png does not read. Nothing is allocated that the file only declares.
 */
export async function readPng(bytes: Uint8Array): Promise<Bitmap> {
  const chunks = chunksOf(bytes);
  const { width, height, bits, indexed } = headerOf(chunks);
  // Every row has a byte for its filter; interlaced, there are up to twice as many rows.
  const row = 1 + Math.ceil(width * bits / 8);
  const data = joined(chunks.filter(({ type }) => type === "IDAT").map(({ data }) => data));
  const pixels = await inflate(data, "deflate", 2 * (height + 8) * row);
  if (pixels.length < height * row) {
    throw new Error(`expected ${height * row} bytes of pixels, current value is ${pixels.length}`);
  }
  // Without a palette, a PLTE chunk is a mere suggestion, and the transparent colour is ours to find:
  // fast-png refuses it in images of a pixel or two.
  const kept = chunks.filter(({ type }) => indexed || !["PLTE", "tRNS"].includes(type));
  const whole = joined([signature, ...kept.map(({ whole }) => whole)]);
  const clear = indexed ? undefined : chunks.find(({ type }) => type === "tRNS")?.data;
  return eightBit(decode(whole, { checkCrc: true }), clear);
}

interface Chunk {
  readonly type: string;
  readonly data: Uint8Array;
  /** With its length, its type and its checksum. */
  readonly whole: Uint8Array;
}

function chunksOf(bytes: Uint8Array): readonly Chunk[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const chunks: Chunk[] = [];
  for (let at = signature.length; at + 12 <= bytes.length;) {
    const end = at + 12 + view.getUint32(at);
    if (end > bytes.length) break;
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const whole = bytes.subarray(at, end);
    if (needed.includes(type)) chunks.push({ type, data: whole.subarray(8, -4), whole });
    if (type === "IEND") return chunks;
    at = end;
  }
  throw new Error(`it is truncated: expected an IEND chunk within its ${bytes.length} bytes`);
}

interface Header {
  readonly width: number;
  readonly height: number;
  /** Of a pixel. */
  readonly bits: number;
  /** Whether the samples are places in a palette. */
  readonly indexed: boolean;
}

function headerOf([first, ...rest]: readonly Chunk[]): Header {
  if (
    first.type !== "IHDR" || first.data.length !== 13 || rest.some(({ type }) => type === "IHDR")
  ) throw new Error("expected one header, at its beginning");
  const view = new DataView(first.data.buffer, first.data.byteOffset, first.data.length);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth, colourType, interlaced] = [8, 9, 12].map((at) => view.getUint8(at));
  if (width === 0 || height === 0 || width * height > mostPixels) {
    throw new Error(
      `expected 1 to ${mostPixels} pixels, current value is ${width} × ${height}`,
    );
  }
  const samples = samplesByColourType[colourType];
  if (samples === undefined) throw new Error(`there is no colour type ${colourType}`);
  if (interlaced !== 0 && depth < 8) {
    throw new Error(
      `expected 8 or 16 bits per sample of an interlaced image, current value is ${depth}; ` +
        "save it without interlacing",
    );
  }
  return { width, height, bits: depth * samples, indexed: colourType === 3 };
}

type Decoded = ReturnType<typeof decode>;

/** @param clear The samples of the colour that is transparent, 2 bytes each, if there is one. */
function eightBit(image: Decoded, clear: Uint8Array = new Uint8Array()): Bitmap {
  const { width, height, channels, depth, palette } = image;
  const [clearRed, clearGreen, clearBlue] = Array.from(
    { length: Math.floor(clear.length / 2) },
    (_, i) => 256 * clear[2 * i] + clear[2 * i + 1],
  );
  const samples = depth < 8 ? unpacked(image) : image.data;
  const pixels = new Uint8Array(width * height * 4);
  const scale = 255 / (2 ** depth - 1);
  const grey = channels < 3;
  for (let i = 0; i < width * height; i++) {
    const at = i * channels;
    const to = i * 4;
    if (palette !== undefined) {
      const colour = palette[samples[i]];
      if (colour === undefined) throw new Error(`there is no colour ${samples[i]} in its palette`);
      for (let sample = 0; sample < 4; sample++) pixels[to + sample] = colour[sample] ?? 255;
      continue;
    }
    const red = samples[at];
    const green = grey ? red : samples[at + 1];
    const blue = grey ? red : samples[at + 2];
    pixels[to] = red * scale + 0.5;
    pixels[to + 1] = green * scale + 0.5;
    pixels[to + 2] = blue * scale + 0.5;
    pixels[to + 3] = 255;
    if (channels % 2 === 0) {
      pixels[to + 3] = samples[at + channels - 1] * scale + 0.5;
    } else if (
      clearRed === red && (grey || (clearGreen === green && clearBlue === blue))
    ) {
      pixels[to + 3] = 0;
    }
  }
  return { width, height, pixels };
}

/** The samples of an image that packs several into a byte. */
function unpacked({ data, width, height, depth }: Decoded): Uint8Array {
  const perByte = 8 / depth;
  const row = Math.ceil(width / perByte);
  const samples = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const byte = data[y * row + Math.floor(x / perByte)];
      samples[y * width + x] = (byte >> (8 - depth * (1 + x % perByte))) & (2 ** depth - 1);
    }
  }
  return samples;
}
