/**
 * NumPy's format of one array: a line of text that says what it is, then its numbers.
 *
 * Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html. Only integers and
 * booleans in C order. Of the libraries, npyjs makes JavaScript arrays of text and booleans, many times
 * as large as the file, and does not compare the shape with what there is; hence these lines.
 *
 * @module
 */
import { E } from "../graph/fp_ts.ts";

/** What an array may be made of; a boolean is a byte, 0 or 1. */
const types = {
  "|b1": Uint8Array,
  "|u1": Uint8Array,
  "|i1": Int8Array,
  "<u2": Uint16Array,
  "<i2": Int16Array,
  "<u4": Uint32Array,
  "<i4": Int32Array,
  "<u8": BigUint64Array,
  "<i8": BigInt64Array,
} as const;

/** The type of an array's elements, as NumPy names it. */
export type NpyType = keyof typeof types;

/** The elements of an array. */
export type NpyData =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigUint64Array
  | BigInt64Array;

/** An array of integers. */
export interface NpyArray {
  /** The type of its elements. */
  readonly type: NpyType;
  /** Empty for a single number. */
  readonly shape: readonly number[];
  /** Row-major, as many as the shape says. */
  readonly data: NpyData;
}

const MAGIC = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59);

/** Where the numbers begin is a multiple of this, so that they can be read in place. */
const ALIGNMENT = 64;

/** An array in NumPy's format, version 1.0. */
export function writeNpy({ type, shape, data }: NpyArray): Uint8Array<ArrayBuffer> {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const text = `{'descr': '${type}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const start = Math.ceil((MAGIC.length + 4 + text.length + 1) / ALIGNMENT) * ALIGNMENT;
  const bytes = new Uint8Array(start + data.byteLength);
  bytes.set(MAGIC);
  bytes.set([1, 0], MAGIC.length);
  new DataView(bytes.buffer).setUint16(8, start - 10, true);
  bytes.set(new TextEncoder().encode(text.padEnd(start - 11) + "\n"), 10);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start);
  return bytes;
}

/**
 * An array of a file in NumPy's format, read in place where it is aligned.
 *
 * @returns The array, or in words what is wrong: "expected …, current value is …".
 */
export function readNpy(bytes: Uint8Array<ArrayBuffer>): E.Either<string, NpyArray> {
  if (bytes.length < 12 || MAGIC.some((byte, i) => bytes[i] !== byte)) {
    return E.left("expected an array in NumPy's format, current value is something else");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [from, length] = bytes[6] === 1
    ? [10, view.getUint16(8, true)]
    : [12, view.getUint32(8, true)];
  const start = from + length;
  if (start > bytes.length) {
    return E.left(`expected a header of ${length} bytes, current value is ${bytes.length - from}`);
  }
  // Longer headers are those of records, which are refused anyway.
  const text = new TextDecoder("latin1").decode(bytes.subarray(from, Math.min(start, from + 1000)));
  const type = /'descr': *'([^']{1,20})'/.exec(text)?.[1];
  const order = /'fortran_order': *(True|False)/.exec(text)?.[1];
  const sizes = /'shape': *\(([\d, ]*)\)/.exec(text)?.[1];
  if (type === undefined || !isType(type) || sizes === undefined) {
    return E.left(`expected integers in little-endian order, current value is ${text.trim()}`);
  }
  const shape = sizes.split(",").filter((size) => size.trim() !== "").map(Number);
  if (order !== "False" && shape.length > 1) {
    return E.left("expected rows one after the other (numpy.ascontiguousarray), not columns");
  }
  const { BYTES_PER_ELEMENT: size } = types[type];
  const count = shape.reduce((product, extent) => product * extent, 1);
  if (count * size !== bytes.length - start) {
    return E.left(
      `expected ${count * size} bytes for ${type} of shape [${shape}], ` +
        `current value is ${bytes.length - start}`,
    );
  }
  const at = bytes.byteOffset + start;
  const data = at % size === 0
    ? new types[type](bytes.buffer, at, count)
    : new types[type](new Uint8Array(bytes.subarray(start)).buffer);
  return E.right({ type, shape, data });
}

const isType = (type: string): type is NpyType => Object.hasOwn(types, type);
