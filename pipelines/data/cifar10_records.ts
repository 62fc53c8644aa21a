/**
 * The binary format of CIFAR-10, read strictly: records of a label and three planes, nothing else.
 *
 * @module
 * @see https://www.cs.toronto.edu/~kriz/cifar.html "Binary version"
 */
import type { CorruptFile } from "../../graph/error.ts";
import { E } from "../../graph/fp_ts.ts";
import type { RawSplit } from "./dataset.ts";

/** The height and the width of an image. */
export const side = 32;
const area = side * side;
const channels = 3;
/** The bytes of a record: the label, then the red, the green and the blue plane, row by row. */
const recordBytes = 1 + channels * area;
const classes = 10;

/**
 * The images of a file of CIFAR-10's binary version, with the colours of a pixel side by side, as
 * convolutions want them: [32, 32, 3].
 *
 * @param file The name that an error carries.
 * @param bytes The whole file, uncompressed.
 * @returns A split of its own memory; `CorruptFile` when the size is not a multiple of 3073, when
 * there is no record, or when a label is not below 10.
 *
 * @example
 * ```ts
 * import { readRecords } from "./cifar10_records.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const record = new Uint8Array(3073);
 * record.set([7, 255]); // A horse, and its upper left pixel is red.
 * const read = readRecords("one", record);
 * assertEquals(E.isRight(read) && [...read.right.labels], [7]);
 * assertEquals(E.isRight(read) && [...read.right.pixels.subarray(0, 4)], [255, 0, 0, 0]);
 * ```
 */
export function readRecords(file: string, bytes: Uint8Array): E.Either<CorruptFile, RawSplit> {
  const corrupt = (reason: string) => E.left<CorruptFile>({ _tag: "CorruptFile", file, reason });

  const count = bytes.length / recordBytes;
  if (!Number.isInteger(count) || count === 0) {
    return corrupt(
      `expected one or more records of ${recordBytes} bytes, current value is ${bytes.length} bytes`,
    );
  }
  const labels = Uint8Array.from({ length: count }, (_, i) => bytes[i * recordBytes]);
  const wrong = labels.findIndex((label) => label >= classes);
  if (wrong >= 0) {
    return corrupt(
      `expected a label from 0 to ${classes - 1} in record ${wrong}, ` +
        `current value is ${labels[wrong]}`,
    );
  }
  const pixels = new Uint8Array(count * channels * area);
  for (let i = 0; i < count; i++) interleave(bytes, i * recordBytes + 1, pixels, i);
  return E.right({ count, pixels, labels });
}

function interleave(bytes: Uint8Array, from: number, pixels: Uint8Array, image: number): void {
  let to = image * channels * area;
  for (let i = from; i < from + area; i++) {
    pixels[to++] = bytes[i];
    pixels[to++] = bytes[i + area];
    pixels[to++] = bytes[i + 2 * area];
  }
}
