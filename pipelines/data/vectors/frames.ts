/**
 * Compressed frames within buffers of Arrow's and Parquet's files: LZ4's, in which Arrow has them by default, and zstd's.
 *
 * The packages for LZ4 are old, or know blocks only, and not frames whose blocks continue each other. Of zstd fzstd
 * decompresses; it believes how large a frame's content is said to be.
 *
 * @module
 * @see https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
 * @see https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md
 * @see https://www.rfc-editor.org/rfc/rfc8878
 */

/** The most times as long as it was that a block of LZ4 becomes. */
const LZ4_GROWTH = 256;

/**
 * Bounds for Zstd, which has none itself: the accepted growth of content, and a size up to which any growth is accepted
 * (16 MiB).
 */
const [ZSTD_GROWTH, LET_THROUGH] = [1032, 2 ** 24];

/** The most bytes that the content of zstd may be believed to have. */
export const mostOfZstd = (bytes: number): number => Math.max(bytes * ZSTD_GROWTH, LET_THROUGH);

const ZSTD = 0xfd2fb528;

/**
 * Decompresses a frame of zstd.
 *
 * @param size Bytes of the content.
 * @param decompress fzstd's function.
 * @throws {RangeError} For bytes that are no frame, and where its content is said to have another size.
 */
export function zstdFrame(
  bytes: Uint8Array,
  size: number,
  decompress: (bytes: Uint8Array, into: Uint8Array) => Uint8Array,
): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== ZSTD) throw new RangeError("expected a frame of zstd");
  const flags = view.getUint8(4);
  const single = (flags >> 5 & 1) === 1;
  const at = 5 + (single ? 0 : 1) + [0, 1, 2, 4][flags & 3];
  const said = [
    () => single ? view.getUint8(at) : null,
    () => view.getUint16(at, true) + 256,
    () => view.getUint32(at, true),
    () => Number(view.getBigUint64(at, true)),
  ][flags >> 6]();
  if ((said !== null && said !== size) || !(size >= 0 && size <= mostOfZstd(bytes.length))) {
    throw new RangeError(`expected ${size} bytes of content, current value is ${said}`);
  }
  return decompress(bytes, new Uint8Array(size));
}

const LZ4 = 0x184d2204;

/**
 * Decompresses a frame. Checksums are passed over.
 *
 * @param size Bytes of the content.
 * @returns The content.
 * @throws {RangeError} For bytes that are no frame, and for one of another content than `size` bytes.
 *
 * @example
 * ```ts
 * import { lz4Frame } from "./frames.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const head = [0x04, 0x22, 0x4d, 0x18, 0x40, 0x40, 0xc0];
 * // One block of 7 bytes: the literals "ab", four bytes repeated from two before, and the literal "c".
 * const block = [7, 0, 0, 0, 0x20, 97, 98, 2, 0, 0x10, 99];
 * const bytes = lz4Frame(Uint8Array.of(...head, ...block, 0, 0, 0, 0), 7);
 * assertEquals(new TextDecoder().decode(bytes), "abababc");
 * ```
 */
export function lz4Frame(bytes: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const flags = view.getUint8(4);
  if (view.getUint32(0, true) !== LZ4 || flags >> 6 !== 1) {
    throw new RangeError("expected a frame of LZ4, current value is something else");
  }
  const [checksums, sized, dictionary] = [flags & 16, flags & 8, flags & 1];
  if (!(size >= 0 && size <= LZ4_GROWTH * bytes.length)) {
    throw new RangeError(`expected ${bytes.length} bytes to have less content than ${size}`);
  }
  const content = new Uint8Array(size);
  let done = 0;
  for (let at = 7 + (sized ? 8 : 0) + (dictionary ? 4 : 0);;) {
    const head = view.getUint32(at, true);
    at += 4;
    if (head === 0) break;
    const length = head & 0x7fffffff;
    if (at + length > bytes.length) {
      throw new RangeError(
        `expected a block of ${length} bytes, current value is ${bytes.length - at}`,
      );
    }
    const block = bytes.subarray(at, at + length);
    if (head >>> 31 === 1) {
      content.set(block, done);
      done += length;
    } else {
      done = unpack(block, content, done);
    }
    at += length + (checksums ? 4 : 0);
  }
  if (done !== size) {
    throw new RangeError(`expected ${size} bytes of content, current value is ${done}`);
  }
  return content;
}

/** Decompresses a block to the end of the content, and returns the new end. */
function unpack(block: Uint8Array, content: Uint8Array, start: number): number {
  let at = 0;
  let done = start;
  const longer = (length: number): number => {
    let sum = length;
    if (length === 15) {
      for (let more = 255; more === 255;) {
        if (at >= block.length) {
          throw new RangeError("expected a length, current value is the block's end");
        }
        sum += more = block[at++];
      }
    }
    return sum;
  };
  const need = (bytes: number) => {
    if (done + bytes > content.length) {
      throw new RangeError(`expected ${content.length} bytes of content, current value is more`);
    }
  };
  while (at < block.length) {
    const token = block[at++];
    const literals = longer(token >> 4);
    need(literals);
    if (at + literals > block.length) {
      throw new RangeError(`expected ${literals} literals, current value is ${block.length - at}`);
    }
    content.set(block.subarray(at, at + literals), done);
    [at, done] = [at + literals, done + literals];
    // The last sequence has literals only.
    if (at === block.length) break;
    if (at + 2 > block.length) {
      throw new RangeError("expected an offset, current value is the block's end");
    }
    const offset = block[at] | block[at + 1] << 8;
    at += 2;
    const length = longer(token & 15) + 4;
    need(length);
    if (offset === 0 || offset > done) {
      throw new RangeError(`expected an offset of 1 to ${done}, current value is ${offset}`);
    }
    if (offset >= length) content.copyWithin(done, done - offset, done - offset + length);
    else for (let i = done; i < done + length; i++) content[i] = content[i - offset];
    done += length;
  }
  return done;
}
