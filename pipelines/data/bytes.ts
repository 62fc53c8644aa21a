/**
 * Arrays of bytes: joined, hashed (SHA-256) and decompressed (gzip) within bounds.
 *
 * @module
 */
import type { CorruptFile } from "../../graph/error.ts";
import { TE } from "../../graph/fp_ts.ts";

/** Joins pieces one after the other, in a new array. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((total, piece) => total + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/**
 * Computes the SHA-256 (FIPS 180-4) of bytes: 64 hexadecimal digits in lower case.
 *
 * @example
 * ```ts
 * import { sha256 } from "./bytes.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * // FIPS 180-4, the example of one block.
 * assertEquals(
 *   await sha256(new TextEncoder().encode("abc")),
 *   "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
 * );
 * ```
 */
export const sha256 = async (bytes: Uint8Array): Promise<string> =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", unshared(bytes))).toHex();

/** Copies bytes that another thread may change meanwhile, because Web Crypto refuses those. */
const unshared = (bytes: Uint8Array): Uint8Array<ArrayBuffer> =>
  isUnshared(bytes) ? bytes : new Uint8Array(bytes);

const isUnshared = (bytes: Uint8Array): bytes is Uint8Array<ArrayBuffer> =>
  bytes.buffer instanceof ArrayBuffer;

// ---- Decompression

/**
 * The decompressor turns each slice that it is given into one array, up to a thousand times as
 * long, so that only small slices keep a bomb from being allocated before it can be counted.
 */
const sliceBytes = 16_384;

/** Whether the bytes begin as a gzip file does. */
export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/**
 * Decompresses a file that may be gzipped (RFC 1952).
 *
 * @param file The name that an error carries.
 * @param bytes The whole file: one gzip stream, or anything that does not begin with 1f 8b.
 * @param atMost The largest content to accept from a gzip stream, in bytes; memory stays below
 * three times that and a few MiB.
 * @returns The content: `bytes` itself if it is not gzip. `CorruptFile` when the stream is
 * truncated, damaged or followed by something else, or when its content is too large.
 *
 * @example
 * ```ts
 * import { gunzip } from "./bytes.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const plain = Uint8Array.of(1, 2, 3);
 * assertEquals(await gunzip("plain", plain, 1000)(), E.right(plain));
 *
 * const packed = new Response(
 *   new Blob([new Uint8Array(5000)]).stream().pipeThrough(new CompressionStream("gzip")),
 * );
 * assertEquals(
 *   await gunzip("zeros.gz", await packed.bytes(), 1000)(),
 *   E.left({
 *     _tag: "CorruptFile",
 *     file: "zeros.gz",
 *     reason: "expected at most 1000 bytes of uncompressed content, current value is larger",
 *   }),
 * );
 * ```
 */
export const gunzip = (
  file: string,
  bytes: Uint8Array,
  atMost: number,
): TE.TaskEither<CorruptFile, Uint8Array> =>
  isGzip(bytes)
    ? TE.tryCatch(() => inflate(bytes, "gzip", atMost), (cause) => ({
      _tag: "CorruptFile",
      file,
      reason: cause instanceof RangeError
        ? cause.message
        : `expected one whole gzip stream, current value is ${bytes.length} bytes that are ` +
          `truncated, damaged or followed by something else`,
    }))
    : TE.right(bytes);

/**
 * Decompresses a stream. zlib's format is called "deflate".
 *
 * @throws `RangeError` when it is larger than `atMost` bytes, `TypeError` when it is damaged.
 */
async function inflate(
  bytes: Uint8Array,
  format: "gzip" | "deflate",
  atMost: number,
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let total = 0;
  const inflated = ReadableStream.from(slices(bytes)).pipeThrough(new DecompressionStream(format));
  for await (const piece of inflated) {
    total += piece.length;
    if (total > atMost) {
      throw new RangeError(
        `expected at most ${atMost} bytes of uncompressed content, current value is larger`,
      );
    }
    pieces.push(piece);
  }
  return joined(pieces);
}

function* slices(bytes: Uint8Array): Generator<Uint8Array<ArrayBuffer>> {
  for (let at = 0; at < bytes.length; at += sliceBytes) {
    yield bytes.slice(at, at + sliceBytes);
  }
}
