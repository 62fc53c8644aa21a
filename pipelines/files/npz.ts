/**
 * NumPy's formats .npy, one array, and .npz, named arrays in one zip archive, as `numpy.load` and
 * `numpy.savez` have them. Arrays of integers are read and written whole; what the header of any array says is read by
 * itself, so that others read its numbers in parts.
 *
 * npyjs, a library for it, makes JavaScript arrays of text
 * and booleans, many times as large as the file, and does not compare the shape with the data. The archive and its
 * checksums are zip.js's.
 *
 * @module
 * @see https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
import type { Entry, FileEntry } from "npm:@zip.js/zip.js@2.24.0";
import type { CorruptFile } from "../../graph/error.ts";
import { E, type TE } from "../../graph/fp_ts.ts";
import { otherFormat } from "./other_format.ts";

// ---- One array

/** Type of an array's elements, as NumPy names it. A boolean, "|b1", is a byte, 0 or 1. */
export type NpyType =
  | "|b1"
  | "|u1"
  | "|i1"
  | "<u2"
  | "<i2"
  | "<u4"
  | "<i4"
  | "<u8"
  | "<i8"
  | "<f4";

/** Typed arrays of the types. */
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
  "<f4": Float32Array,
} as const satisfies Readonly<Record<NpyType, unknown>>;

/** The elements of an array. */
export type NpyData =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigUint64Array
  | BigInt64Array
  | Float32Array;

/** An array of integers, or of float32. */
export interface NpyArray {
  /** Type of its elements. */
  readonly type: NpyType;
  /** Shape; empty for a single number. */
  readonly shape: readonly number[];
  /** Elements, row-major, as many as the shape says. */
  readonly data: NpyData;
}

const MAGIC = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59);

/** Alignment of the numbers in bytes, so that they can be read in place. */
const ALIGNMENT = 64;

/** Writes an array in NumPy's format, version 1.0: a line of text that describes it, then its numbers. */
export function writeNpy({ type, shape, data }: NpyArray): Uint8Array<ArrayBuffer> {
  const head = writeNpyHeader({ type, shape });
  const bytes = new Uint8Array(head.length + data.byteLength);
  bytes.set(head);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), head.length);
  return bytes;
}

/** Writes the line that describes an array, before its numbers. */
export function writeNpyHeader(
  { type, shape }: Pick<NpyArray, "type" | "shape">,
): Uint8Array<ArrayBuffer> {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const text = `{'descr': '${type}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const start = Math.ceil((MAGIC.length + 4 + text.length + 1) / ALIGNMENT) * ALIGNMENT;
  const bytes = new Uint8Array(start);
  bytes.set(MAGIC);
  bytes.set([1, 0], MAGIC.length);
  new DataView(bytes.buffer).setUint16(8, start - 10, true);
  bytes.set(new TextEncoder().encode(text.padEnd(start - 11) + "\n"), 10);
  return bytes;
}

/** Bytes of an element, by the types that can be read; |b1 is a boolean, <f2 a number of 16 bits. */
const sizes = {
  ...{ "|b1": 1, "|u1": 1, "|i1": 1, "<u2": 2, "<i2": 2, "<u4": 4, "<i4": 4, "<u8": 8, "<i8": 8 },
  ...{ "<f2": 2, "<f4": 4, "<f8": 8 },
} as const satisfies Readonly<Record<NpyHeader["type"], number>>;

/** The header of a .npy array. */
export interface NpyHeader {
  /** Type of its elements: one of {@linkcode NpyType}, or a float of 16 or 64 bits. */
  readonly type: NpyType | "<f2" | "<f8";
  /** Shape; empty for a single number. */
  readonly shape: readonly number[];
  /** The byte at which its elements begin, row-major, as many as the shape says. */
  readonly start: number;
  /** Bytes of an element. */
  readonly elementSize: number;
}

/** Largest header that is read, in bytes: longer ones are those of records, which are refused anyway. */
export const NPY_HEADER: number = 12 + 1000;

/**
 * Reads the header of an array in NumPy's format, and compares it with the size of the file.
 *
 * @param head The first {@linkcode NPY_HEADER} bytes of the file, or all where there are fewer.
 * @param size Bytes of the file.
 * @returns The header, or in words what is wrong: "expected …, current value is …".
 */
export function readNpyHeader(head: Uint8Array, size: number): E.Either<string, NpyHeader> {
  if (MAGIC.some((byte, i) => head[i] !== byte)) {
    return E.left(otherFormat("array in NumPy's format", head));
  }
  if (head.length < 12) {
    return E.left(`expected a header of 12 bytes at least, current value is ${head.length}`);
  }
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const [from, length] = head[6] === 1
    ? [10, view.getUint16(8, true)]
    : [12, view.getUint32(8, true)];
  const start = from + length;
  if (start > size) {
    return E.left(`expected a header of ${length} bytes, current value is ${size - from}`);
  }
  const text = new TextDecoder("latin1").decode(head.subarray(from, Math.min(start, from + 1000)));
  const type = /'descr': *'([^']{1,20})'/.exec(text)?.[1];
  const order = /'fortran_order': *(True|False)/.exec(text)?.[1];
  const extents = /'shape': *\(([\d, ]*)\)/.exec(text)?.[1];
  if (type === undefined || !isReadable(type) || extents === undefined) {
    return E.left(`expected numbers in little-endian order, current value is ${text.trim()}`);
  }
  const shape = extents.split(",").filter((extent) => extent.trim() !== "").map(Number);
  if (order !== "False" && shape.length > 1) {
    return E.left("expected rows one after the other (numpy.ascontiguousarray), not columns");
  }
  const elementSize = sizes[type];
  const expected = shape.reduce((product, extent) => product * extent, elementSize);
  return expected === size - start ? E.right({ type, shape, start, elementSize }) : E.left(
    `expected ${expected} bytes for ${type} of shape [${shape}], current value is ${size - start}`,
  );
}

const isReadable = (type: string): type is keyof typeof sizes => Object.hasOwn(sizes, type);

/**
 * Reads an array of integers of a file in NumPy's format, in place where it is aligned.
 *
 * @returns The array, or in words what is wrong: "expected …, current value is …".
 */
export function readNpy(bytes: Uint8Array<ArrayBuffer>): E.Either<string, NpyArray> {
  const header = readNpyHeader(bytes.subarray(0, NPY_HEADER), bytes.length);
  if (E.isLeft(header)) return header;
  const { type, shape, start, elementSize } = header.right;
  if (!isType(type)) return E.left(`expected integers, current value is ${type}`);
  const at = bytes.byteOffset + start;
  const data = at % elementSize === 0
    ? new types[type](bytes.buffer, at, (bytes.length - start) / elementSize)
    : new types[type](new Uint8Array(bytes.subarray(start)).buffer);
  return E.right({ type, shape, data });
}

const isType = (type: string): type is NpyType => Object.hasOwn(types, type);

/** Arrays by name. */
export type NpyArrays = Readonly<Record<string, NpyArray>>;

/** An archive of codes has three entries; one of thousands would take long to list. */
const MOST_ENTRIES = 100;

/** Loads zip.js when a first archive is written or read: models and checkpoints do without. */
export async function zipLibrary(): Promise<typeof import("npm:@zip.js/zip.js@2.24.0")> {
  const library = await import("npm:@zip.js/zip.js@2.24.0");
  library.configure({ useWebWorkers: false });
  return library;
}

/** The arrays as an .npz file, not compressed; the same bytes for the same arrays. */
export const writeNpz = async (arrays: NpyArrays): Promise<Uint8Array> => {
  const { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } = await zipLibrary();
  const zip = new ZipWriter(new Uint8ArrayWriter(), ENTRIES);
  for (const [name, array] of Object.entries(arrays)) {
    await zip.add(`${name}.npy`, new Uint8ArrayReader(writeNpy(array)));
  }
  return await zip.close();
};

/** The least that the format can say of an entry: files do not depend on when they were written. */
const ENTRIES = { level: 0, lastModDate: new Date(1980, 0, 1), extendedTimestamp: false } as const;

/**
 * Writes an .npz file, not compressed, array by array.
 *
 * @param arrays Names, and the bytes of an array each: its header and its numbers. They are read one after the other;
 * what one throws is thrown.
 * @param into Stream that takes the file; it is closed at the end.
 */
export async function streamNpz(
  arrays: readonly (readonly [name: string, bytes: AsyncIterable<Uint8Array>])[],
  into: WritableStream<Uint8Array>,
): Promise<void> {
  const { ZipWriter } = await zipLibrary();
  // A size that is not known may be beyond 4 GiB.
  const zip = new ZipWriter(into, { ...ENTRIES, zip64: true });
  for (const [name, bytes] of arrays) await zip.add(`${name}.npy`, ReadableStream.from(bytes));
  await zip.close();
}

/**
 * The arrays of an .npz file that is not compressed. No more memory is taken than the file's size, and
 * the file's checksums must be right.
 *
 * @param file Name of the file in errors.
 * @returns The arrays, or `CorruptFile`.
 */
export const readNpz = (file: string, bytes: Uint8Array): TE.TaskEither<CorruptFile, NpyArrays> => {
  const corrupt = (reason: string): E.Either<CorruptFile, never> =>
    E.left({ _tag: "CorruptFile", file, reason });
  return async () => {
    if (!beginsAsZip(bytes)) return corrupt(otherFormat(".npz file", bytes));
    const { Uint8ArrayReader, Uint8ArrayWriter, ZipReader } = await zipLibrary();
    const zip = new ZipReader(new Uint8ArrayReader(bytes), { checkSignature: true });
    try {
      const entries: FileEntry[] = [];
      for await (const entry of zip.getEntriesGenerator()) {
        if (entries.length === MOST_ENTRIES) {
          return corrupt(`expected at most ${MOST_ENTRIES} arrays, current value is more`);
        }
        const reason = refusal(entry, bytes.length);
        if (reason !== null) return corrupt(reason);
        entries.push(entry as FileEntry);
      }
      const total = entries.reduce((sum, entry) => sum + entry.uncompressedSize, 0);
      if (total > bytes.length) {
        return corrupt(
          `expected ${bytes.length} bytes of arrays at most, current value is ${total}`,
        );
      }
      const arrays: Record<string, NpyArray> = {};
      for (const entry of entries) {
        const read = readNpy(await entry.getData(new Uint8ArrayWriter()));
        if (E.isLeft(read)) return corrupt(`${entry.filename}: ${read.left}`);
        arrays[entry.filename.replace(/\.npy$/, "")] = read.right;
      }
      return E.right(arrays);
    } catch (cause) {
      const what = cause instanceof Error ? cause.message : String(cause);
      return corrupt(`expected a whole .npz file, current value is ${bytes.length} bytes: ${what}`);
    } finally {
      await zip.close().catch(() => {});
    }
  };
};

/** Whether bytes begin with an entry of a zip archive, or with the end of one that is empty. */
export const beginsAsZip = (bytes: Uint8Array): boolean =>
  ["PK\x03\x04", "PK\x05\x06"].includes(String.fromCharCode(...bytes.subarray(0, 4)));

/** Returns the reason why an entry is not read, or null. Sizes are compared before anything is allocated for them. */
function refusal(entry: Entry, bytes: number): string | null {
  const { filename, directory, compressionMethod, compressedSize, uncompressedSize } = entry;
  if (directory || entry.encrypted) return `expected arrays, current value is ${filename}`;
  if (compressionMethod !== 0) {
    return `expected ${filename} not to be compressed (numpy.savez, not numpy.savez_compressed)`;
  }
  return compressedSize !== uncompressedSize || uncompressedSize > bytes
    ? `expected ${filename} to have at most ${bytes} bytes, current value is ${uncompressedSize}`
    : null;
}
