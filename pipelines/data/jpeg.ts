/**
 * JPEG images: read within bounds, and turned upright as their Exif orientation says.
 *
 * @module
 * @see https://www.w3.org/Graphics/JPEG/itu-t81.pdf
 */
import jpeg from "npm:jpeg-js@0.4.4";
import { type Bitmap, mostPixels } from "./bitmap.ts";

// ---- The header

/** The size of a JPEG, and how it is to be turned: what stands before its pixels. */
export interface JpegHeader {
  /** Columns, as stored. */
  readonly width: number;
  /** Rows, as stored. */
  readonly height: number;
  /** Exif's orientation, 1 to 8; 1, which is as stored, where there is none. */
  readonly orientation: number;
}

/** Markers of segments, each after a byte ff. */
const [startOfScan, endOfImage, app1] = [0xda, 0xd9, 0xe1];
/** Start-of-frame markers are c0 to cf, but for three that are something else. */
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

/**
 * Reads the header of a JPEG.
 *
 * @param bytes The whole file.
 * @throws `Error` with the reason when the segments before the first scan are not whole or hold no
 * frame or more than one.
 */
export function jpegHeader(bytes: Uint8Array): JpegHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let frame: Omit<JpegHeader, "orientation"> | undefined;
  let orientation = 1;
  let at = 2;
  while (at + 4 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1];
    // A marker may be preceded by any number of ff.
    if (marker === 0xff) {
      at++;
      continue;
    }
    const end = at + 2 + view.getUint16(at + 2);
    if (end > bytes.length) break;
    const segment = bytes.subarray(at + 4, end);
    if (isFrame(marker)) {
      if (frame !== undefined) throw new Error("expected one frame, current value is more");
      if (segment.length < 6) break;
      frame = { height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
    } else if (marker === app1) {
      orientation = exifOrientation(segment) ?? orientation;
    } else if (marker === startOfScan) {
      if (frame === undefined) throw new Error("expected a frame before the first scan");
      return { ...frame, orientation };
    }
    at = end;
  }
  throw new Error("it is truncated or damaged: expected whole segments up to the first scan");
}

/** The tag of the orientation in the first directory of Exif's TIFF structure, if it is there. */
function exifOrientation(segment: Uint8Array): number | undefined {
  const begin = "Exif\0\0";
  if (segment.length < 14 || !begin.split("").every((c, i) => segment[i] === c.charCodeAt(0))) {
    return undefined;
  }
  const tiff = new DataView(
    segment.buffer,
    segment.byteOffset + begin.length,
    segment.length - begin.length,
  );
  const order = tiff.getUint16(0);
  if (order !== 0x4949 && order !== 0x4d4d) return undefined;
  const little = order === 0x4949;
  const directory = tiff.getUint32(4, little);
  if (directory + 2 > tiff.byteLength) return undefined;
  const entries = tiff.getUint16(directory, little);
  for (let i = 0; i < entries; i++) {
    const entry = directory + 2 + 12 * i;
    if (entry + 12 > tiff.byteLength) return undefined;
    if (tiff.getUint16(entry, little) === 0x0112) {
      const value = tiff.getUint16(entry + 8, little);
      return value >= 1 && value <= 8 ? value : undefined;
    }
  }
  return undefined;
}

// ---- The pixels

/** The most scans, of which each goes over all pixels of a progressive JPEG; encoders write about ten. */
const mostScans = 100;
/** A block of 8 × 8 pixels takes at least one bit, for its mean. */
const mostPixelsPerByte = 8 * 64;

/**
 * Reads the pixels of a JPEG, baseline or progressive, grey, colour or CMYK, turned as its Exif
 * orientation says. Colour profiles are ignored.
 *
 * @param bytes The whole file.
 * @throws `Error` with the reason when it is not a whole JPEG, when it has more than 64 million
 * pixels, more than its bytes can hold, or more than 100 scans. Damage within a scan that
 * leaves a decodable stream cannot be seen: the format has no checksum.
 */
export function readJpeg(bytes: Uint8Array): Bitmap {
  const { width, height, orientation } = jpegHeader(bytes);
  if (width === 0 || height === 0 || width * height > mostPixels) {
    throw new Error(
      `expected 1 to ${mostPixels} pixels, current value is ${width} × ${height}`,
    );
  }
  if (bytes.length * mostPixelsPerByte < width * height) {
    throw new Error(
      `expected at least ${Math.ceil(width * height / mostPixelsPerByte)} bytes for ` +
        `${width} × ${height} pixels, current value is ${bytes.length}`,
    );
  }
  const scans = places(bytes, startOfScan);
  if (scans.length > mostScans) {
    throw new Error(`expected at most ${mostScans} scans, current value is ${scans.length}`);
  }
  // Past the end, jpeg-js goes on with zeros.
  if ((places(bytes, endOfImage).at(-1) ?? 0) < (scans.at(-1) ?? 0)) {
    throw new Error("it is truncated: expected an end-of-image marker after the last scan");
  }
  return upright(decoded(bytes), orientation);
}

function decoded(bytes: Uint8Array): Bitmap {
  try {
    const { width, height, data } = jpeg.decode(bytes, {
      useTArray: true,
      formatAsRGBA: true,
      tolerantDecoding: false,
      maxResolutionInMP: mostPixels / 1e6,
      maxMemoryUsageInMB: 2048,
    });
    return { width, height, pixels: data };
  } catch (cause) {
    // jpeg-js trusts that a scan's tables were defined before it.
    throw cause instanceof TypeError ? new Error("its segments do not fit together") : cause;
  }
}

/** The places of a marker: pixels never look like one, because in them a 00 follows each ff. */
function places(bytes: Uint8Array, marker: number): readonly number[] {
  const found: number[] = [];
  for (let at = bytes.indexOf(0xff); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    if (bytes[at + 1] === marker) found.push(at);
  }
  return found;
}

/**
 * Turns an image by Exif's orientation: 2 is mirrored, 3 upside down, 4 both, 5 to 8 the same with
 * rows and columns exchanged.
 */
export function upright(bitmap: Bitmap, orientation: number): Bitmap {
  if (orientation === 1) return bitmap;
  const exchanged = orientation >= 5;
  const width = exchanged ? bitmap.height : bitmap.width;
  const height = exchanged ? bitmap.width : bitmap.height;
  const fromRight = [2, 3, 7, 8].includes(orientation);
  const fromBelow = [3, 4, 6, 7].includes(orientation);
  const from = new Uint32Array(bitmap.pixels.slice().buffer);
  const turned = new Uint32Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [column, row] = exchanged ? [y, x] : [x, y];
      const sourceX = fromRight ? bitmap.width - 1 - column : column;
      const sourceY = fromBelow ? bitmap.height - 1 - row : row;
      turned[y * width + x] = from[sourceY * bitmap.width + sourceX];
    }
  }
  return { width, height, pixels: new Uint8Array(turned.buffer) };
}
