/**
 * Checks for structures that hyparquet reads without comparing them with the number of bytes: the compact protocol of
 * Thrift, whose lists are declared before they come, and runs of small integers, which may be declared longer than a
 * page has values.
 *
 * @module
 */

/** The types of Thrift's compact protocol. */
const STOP = 0, BYTE = 3, DOUBLE = 7, BINARY = 8, LIST = 9, SET = 10, STRUCT = 12;

/** The deepest nesting: Parquet's own is below ten. */
const DEEPEST = 40;

/**
 * Goes through a struct of Thrift's compact protocol.
 *
 * @returns The byte after it.
 * @throws {RangeError} Where it declares more than there is between `from` and `end`.
 * @see https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 *
 * @example
 * ```ts
 * import { checkThrift } from "./parquet_bytes.ts";
 * import { assertEquals, assertThrows } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * // Field 1, a list of two integers, 1 and 2.
 * const struct = Uint8Array.of(0x19, 0x25, 2, 4, 0);
 * assertEquals(checkThrift(new DataView(struct.buffer), 0, 5), 5);
 * // The same, of two billion.
 * const lie = Uint8Array.of(0x19, 0xf5, 0xff, 0xff, 0xff, 0xff, 7, 2, 4, 0);
 * assertThrows(() => checkThrift(new DataView(lie.buffer), 0, 10), RangeError);
 * ```
 */
export function checkThrift(view: DataView, from: number, end: number): number {
  let at = from;
  const need = (bytes: number) => {
    if (!(bytes >= 0 && at + bytes <= end)) {
      throw new RangeError(`expected ${bytes} bytes more, current value is ${end - at}`);
    }
  };
  const skip = (bytes: number) => {
    need(bytes);
    at += bytes;
  };
  const byte = (): number => {
    need(1);
    return view.getUint8(at++);
  };
  const varint = (): number => {
    for (let value = 0, scale = 1, length = 0; length < 10; length++, scale *= 128) {
      const next = byte();
      value += (next & 127) * scale;
      if (next < 128) return value;
    }
    throw new RangeError(`expected an integer of at most 10 bytes before byte ${at}`);
  };
  const element = (type: number, depth: number): void => {
    if (type <= BYTE - 1) return;
    if (type === BYTE) return skip(1);
    if (type < DOUBLE) return void varint();
    if (type === DOUBLE) return skip(8);
    if (type === BINARY) return skip(varint());
    if (type === LIST || type === SET) return list(depth);
    if (type === STRUCT) return struct(depth + 1);
    throw new RangeError(`expected a type of Thrift, current value is ${type} before byte ${at}`);
  };
  const list = (depth: number): void => {
    const head = byte();
    const [type, short] = [head & 15, head >> 4];
    const size = short === 15 ? varint() : short;
    need(size);
    // In a list a boolean takes a byte.
    for (let i = 0; i < size; i++) element(type === 1 || type === 2 ? BYTE : type, depth + 1);
  };
  const struct = (depth: number): void => {
    if (depth > DEEPEST) throw new RangeError(`expected at most ${DEEPEST} structs in each other`);
    for (let head = byte(); (head & 15) !== STOP; head = byte()) {
      if (head >> 4 === 0) varint();
      element(head & 15, depth);
    }
  };
  struct(0);
  return at;
}

/**
 * Reads integers in Parquet's hybrid of runs and packed bits, as levels and indices of a dictionary are written.
 *
 * @param width Bits of an integer, from 0 to 31.
 * @param count Number of values to read.
 * @throws {RangeError} Where the bytes end before.
 * @see https://parquet.apache.org/docs/file-format/data-pages/encodings/
 *
 * @example
 * ```ts
 * import { hybrid } from "./parquet_bytes.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * // A run of four ones, then eight packed integers of three bits, 0 to 7.
 * const bytes = Uint8Array.of(8, 1, 3, 0b10001000, 0b11000110, 0b11111010);
 * assertEquals(hybrid(bytes, 3, 12), Int32Array.of(1, 1, 1, 1, 0, 1, 2, 3, 4, 5, 6, 7));
 * ```
 */
export function hybrid(bytes: Uint8Array, width: number, count: number): Int32Array {
  const values = new Int32Array(count);
  if (width === 0) return values;
  if (width > 31) {
    throw new RangeError(`expected integers of at most 31 bits, current value is ${width}`);
  }
  let at = 0;
  const byte = (): number => {
    if (at >= bytes.length) {
      throw new RangeError(`expected ${count} integers, current value is ${bytes.length} bytes`);
    }
    return bytes[at++];
  };
  for (let done = 0; done < count;) {
    let head = 0;
    for (let scale = 1, next = 128; next >= 128; scale *= 128) {
      head += ((next = byte()) & 127) * scale;
    }
    const size = Math.floor(head / 2);
    if (head % 2 === 0) {
      let value = 0;
      for (let i = 0; i < Math.ceil(width / 8); i++) value |= byte() << (8 * i);
      if (size === 0) continue;
      const end = Math.min(count, done + size);
      values.fill(value, done, end);
      done = end;
      continue;
    }
    const end = Math.min(count, done + 8 * size);
    const start = at;
    let [bits, held] = [0, 0];
    for (; done < end; done++) {
      // At most 31 + 7 bits are held: more than 32, so that they are a number rather than an integer.
      while (held < width) {
        bits += byte() * 2 ** held;
        held += 8;
      }
      values[done] = bits % 2 ** width;
      bits = Math.floor(bits / 2 ** width);
      held -= width;
    }
    at = start + size * width;
  }
  return values;
}
