/**
 * JPEG images within bounds, turned upright.
 *
 * @module
 */
import jpeg from "npm:jpeg-js@0.4.4";
import { type Bitmap, mostPixels } from "./bitmap.ts";
import { jpegHeader } from "./jpeg_header.ts";

/** Each scan of a progressive JPEG goes over all pixels; encoders write about ten. */
const mostScans = 100;
/** A block of 8 × 8 pixels takes at least one bit, for its mean. */
const mostPixelsPerByte = 8 * 64;

/**
 * The pixels of a JPEG, baseline or progressive, grey, colour or CMYK, turned as its Exif
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
  const scans = places(bytes, 0xda);
  if (scans.length > mostScans) {
    throw new Error(`expected at most ${mostScans} scans, current value is ${scans.length}`);
  }
  // Past the end, jpeg-js goes on with zeros.
  if ((places(bytes, 0xd9).at(-1) ?? 0) < (scans.at(-1) ?? 0)) {
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

/** Where a marker stands: pixels never look like one, because in them a 00 follows each ff. */
function places(bytes: Uint8Array, marker: number): readonly number[] {
  const found: number[] = [];
  for (let at = bytes.indexOf(0xff); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    if (bytes[at + 1] === marker) found.push(at);
  }
  return found;
}

/**
 * An image turned by Exif's orientation: 2 is mirrored, 3 upside down, 4 both, 5 to 8 the same with
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
