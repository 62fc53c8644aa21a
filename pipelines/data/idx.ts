/**
 * IDX, the format of MNIST: a big-endian header, then the values, row-major. Read strictly.
 *
 * @module
 * @see http://yann.lecun.com/exdb/mnist/ "The IDX file format", at the end of the page.
 */
import type { CorruptFile } from "../../graph/error.ts";
import { E } from "../../graph/fp_ts.ts";

/** An array of bytes with its shape. */
export interface Idx {
  /** 1 to 4 sizes, each 0 to 2^32 − 1. */
  readonly shape: readonly number[];
  /** As many bytes as the product of the shape, row-major. */
  readonly values: Uint8Array;
}

const unsignedByte = 0x08;
const highestRank = 4;

/**
 * Reads an IDX file of unsigned bytes.
 *
 * A size that the header declares is compared with what is there, and never allocated.
 *
 * @param file The name that an error carries.
 * @param bytes The whole file, uncompressed.
 * @returns The array, whose values are a view of `bytes`; `CorruptFile` when the header is not one
 * of unsigned bytes with 1 to 4 axes, or when there are fewer or more values than it declares.
 *
 * @example
 * ```ts
 * import { readIdx } from "./idx.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const labels = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1);
 * assertEquals(
 *   readIdx("labels", labels),
 *   E.right({ shape: [3], values: Uint8Array.of(7, 2, 1) }),
 * );
 * assertEquals(
 *   readIdx("labels", labels.subarray(0, 10)),
 *   E.left({
 *     _tag: "CorruptFile",
 *     file: "labels",
 *     reason: "it is truncated: expected 11 bytes for the shape [3], current value is 10",
 *   }),
 * );
 * ```
 */
export function readIdx(file: string, bytes: Uint8Array): E.Either<CorruptFile, Idx> {
  const corrupt = (reason: string) => E.left<CorruptFile>({ _tag: "CorruptFile", file, reason });

  if (bytes.length < 4) {
    return corrupt(
      `it is truncated: expected at least 4 bytes of IDX header, current value is ${bytes.length}`,
    );
  }
  const [zero, alsoZero, type, rank] = bytes;
  if (zero !== 0 || alsoZero !== 0) {
    return corrupt(
      `it is not an IDX file: expected it to begin with 00 00, ` +
        `current value is ${hex(zero)} ${hex(alsoZero)}`,
    );
  }
  if (type !== unsignedByte) {
    return corrupt(`expected values of the IDX type 08 (bytes), current value is ${hex(type)}`);
  }
  if (rank < 1 || rank > highestRank) {
    return corrupt(`expected 1 to ${highestRank} axes, current value is ${rank}`);
  }

  const start = 4 + 4 * rank;
  if (bytes.length < start) {
    return corrupt(
      `it is truncated: expected ${start} bytes of IDX header for ${rank} axes, ` +
        `current value is ${bytes.length}`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, start);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));

  // Four sizes of 32 bits overflow a number.
  const declared = BigInt(start) + shape.reduce((product, n) => product * BigInt(n), 1n);
  if (declared !== BigInt(bytes.length)) {
    return corrupt(
      `it is ${declared > bytes.length ? "truncated" : "too long"}: expected ${declared} bytes ` +
        `for the shape [${shape.join(", ")}], current value is ${bytes.length}`,
    );
  }
  return E.right({ shape, values: bytes.subarray(start) });
}

const hex = (byte: number): string => byte.toString(16).padStart(2, "0");
