/**
 * JSON that a file holds: it is parsed within bounds, and its values are checked.
 *
 * @module
 */

/** Whether a value is an object that is no array. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Whether a value is an integer of at least 0. */
export const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0;

/** Whether a value is a list of integers of at least 0. */
export const isCounts = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every(isCount);

// ---- Parsing within bounds

/** Largest depth of arrays and objects in each other: Sparrow's own files have a tenth of it, and readers recurse. */
const MOST_DEPTH = 1000;

/** Bytes that V8 takes for an array or an object while it parses, measured; and for a key that is new. */
const [CONTAINER, KEY] = [100, 250];

/** Bytes that any text may take when it is parsed, besides four times its length. */
const SPARE = 64e6;

/** Bits of the memory for the keys that were seen. */
const MOST_BITS = 2 ** 22;

/**
 * Parses JSON within bounds: a few megabytes of brackets would take gigabytes.
 *
 * @returns The value; undefined where the text is no JSON, where it nests deeper than 1,000, and where the
 * value would take more than four times the length of the text and 64 MB besides.
 *
 * @example
 * ```ts
 * import { parseJson } from "./json.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(parseJson('{"seed": 26}'), { seed: 26 });
 * assertEquals(parseJson('{"seed": '), undefined);
 * assertEquals(parseJson("[".repeat(2000) + "]".repeat(2000)), undefined);
 * ```
 */
export function parseJson(text: string): unknown {
  if (!isAffordable(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const [quote, backslash, colon] = ['"', "\\", ":"].map((sign) => sign.charCodeAt(0));
const [bracket, brace, endBracket, endBrace] = ["[", "{", "]", "}"].map((sign) =>
  sign.charCodeAt(0)
);

/** Whether the value of a JSON text is neither too deep nor too large, judged by its brackets and keys. */
function isAffordable(text: string): boolean {
  const bits = Math.min(MOST_BITS, text.length);
  const seen = new Uint8Array(Math.ceil(bits / 8));
  let [depth, containers, keys] = [0, 0, 0];
  /** The text in quotes that was read last: a key where a colon follows. */
  let [from, to] = [0, 0];
  for (let i = 0; i < text.length; i++) {
    const sign = text.charCodeAt(i);
    if (sign === quote) {
      [from, to] = [i + 1, closing(text, i + 1)];
      i = to;
    } else if (sign === bracket || sign === brace) {
      containers++;
      if (++depth > MOST_DEPTH) return false;
    } else if (sign === endBracket || sign === endBrace) {
      depth--;
    } else if (sign === colon) {
      const bit = hashOf(text, from, to) % bits;
      if ((seen[bit >> 3] & (1 << (bit & 7))) === 0) {
        seen[bit >> 3] |= 1 << (bit & 7);
        keys++;
      }
    }
  }
  return CONTAINER * containers + KEY * keys <= 4 * text.length + SPARE;
}

/** Finds the quote that ends a string which begins at `from`; the end of the text where there is none. */
function closing(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (at - slashes > from && text.charCodeAt(at - 1 - slashes) === backslash) slashes++;
    if (slashes % 2 === 0) return at;
  }
  return text.length;
}

/** The FNV-1a hash of a part of a text. */
function hashOf(text: string, from: number, to: number): number {
  let hash = 0x811c9dc5;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
