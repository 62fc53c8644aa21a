/**
 * Files that are something else than what is read: how they begin tells a person which file was named.
 *
 * @module
 */

/** Bytes that are shown. */
const SHOWN = 12;

/**
 * Says that a file is not of a format: the reason of a `CorruptFile`.
 *
 * @param format The format with its noun: "model file".
 * @param bytes The file, or its beginning.
 *
 * @example
 * ```ts
 * import { otherFormat } from "./other_format.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const reason = (...bytes: number[]) => otherFormat("model file", Uint8Array.from(bytes));
 * assertEquals(reason(0x23, 0x20, 0x53), 'this is no model file: it begins with "# S"');
 * assertEquals(reason(0x89, 0x50), "this is no model file: it begins with the bytes 89 50");
 * assertEquals(reason(), "this is no model file: it is empty");
 * ```
 */
export function otherFormat(format: string, bytes: Uint8Array): string {
  const head = bytes.subarray(0, SHOWN);
  const begins = head.length === 0
    ? "is empty"
    : head.every((byte) => byte >= 0x20 && byte < 0x7f || byte === 0x0a || byte === 0x0d)
    ? `begins with ${JSON.stringify(String.fromCharCode(...head))}`
    : `begins with the bytes ${
      Array.from(head, (byte) => byte.toString(16).padStart(2, "0")).join(" ")
    }`;
  return `this is no ${format}: it ${begins}`;
}
