/**
 * What a JPEG says of itself before its pixels: its size and how it is to be turned.
 *
 * @module
 * @see https://www.w3.org/Graphics/JPEG/itu-t81.pdf
 */

/** The facts in a JPEG's header. */
export interface JpegHeader {
  /** Columns, as stored. */
  readonly width: number;
  /** Rows, as stored. */
  readonly height: number;
  /** Exif's orientation, 1 to 8; 1, which is as stored, where there is none. */
  readonly orientation: number;
}

const startOfScan = 0xda;
const app1 = 0xe1;
/** Start-of-frame markers are c0 to cf, but for three that are something else. */
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

/**
 * The header of a JPEG.
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
