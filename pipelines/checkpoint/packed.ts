/**
 * Plain data with arrays of numbers in it as JSON, and back to the bit.
 *
 * @module
 */

/** What JSON knows. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

const kinds = { Float32Array, Float64Array, Uint8Array, Uint32Array, Int32Array };
type Kind = keyof typeof kinds;
type Numbers = InstanceType<(typeof kinds)[Kind]>;

/** The key that no plain data has. */
const KIND = "$numbers";

/** Numbers that JSON does not write, or not as they are. */
const isOdd = (x: number): boolean => !Number.isFinite(x) || Object.is(x, -0);

/**
 * Data as JSON. Arrays of numbers are their little-endian bytes in base64; NaN, infinities and −0 are
 * text.
 *
 * @example
 * ```ts
 * import { pack, unpack } from "./packed.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const data = { bits: Uint32Array.of(1, 5), ratio: NaN };
 * assertEquals(unpack(JSON.parse(JSON.stringify(pack(data)))), data);
 * ```
 */
export function pack(value: unknown): Json {
  if (typeof value === "number" && isOdd(value)) {
    return { [KIND]: Object.is(value, -0) ? "-0" : String(value) };
  }
  if (ArrayBuffer.isView(value)) {
    const { buffer, byteOffset, byteLength } = value;
    const bytes = new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
    return { [KIND]: value.constructor.name, bytes: bytes.toBase64() };
  }
  if (Array.isArray(value)) return value.map(pack);
  if (typeof value !== "object" || value === null) return value as Json;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, pack(part)]));
}

/** What was packed. Throws a `TypeError` or `SyntaxError` for what {@linkcode pack} never writes. */
export function unpack(value: Json): unknown {
  if (Array.isArray(value)) return value.map(unpack);
  if (typeof value !== "object" || value === null) return value;
  const object = value as { readonly [key: string]: Json };
  if (!Object.hasOwn(object, KIND)) {
    return Object.fromEntries(Object.entries(object).map(([key, part]) => [key, unpack(part)]));
  }
  const kind = String(object[KIND]);
  if (!Object.hasOwn(object, "bytes")) return Number(kind);
  if (!Object.hasOwn(kinds, kind)) throw new TypeError(`no array of numbers is called ${kind}`);
  return numbersOf(kind as Kind, Uint8Array.fromBase64(String(object.bytes)));
}

function numbersOf(kind: Kind, { buffer, byteLength }: Uint8Array<ArrayBuffer>): Numbers {
  const made = kinds[kind];
  if (byteLength % made.BYTES_PER_ELEMENT !== 0) {
    throw new TypeError(`${byteLength} bytes are no ${kind}`);
  }
  return new made(buffer);
}
