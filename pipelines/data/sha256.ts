/**
 * SHA-256 (FIPS 180-4) of bytes, in hexadecimal.
 *
 * @module
 */
/**
 * The SHA-256 of bytes: 64 hexadecimal digits in lower case.
 *
 * @example
 * ```ts
 * import { sha256 } from "./sha256.ts";
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

// Web Crypto refuses memory that another thread may change meanwhile.
const unshared = (bytes: Uint8Array): Uint8Array<ArrayBuffer> =>
  isUnshared(bytes) ? bytes : new Uint8Array(bytes);

const isUnshared = (bytes: Uint8Array): bytes is Uint8Array<ArrayBuffer> =>
  bytes.buffer instanceof ArrayBuffer;
