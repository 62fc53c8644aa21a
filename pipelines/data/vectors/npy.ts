/**
 * Vectors of NumPy's files: .npy, and the arrays of .npz.
 *
 * @module
 */
import type { Entry, FileEntry, Reader } from "npm:@zip.js/zip.js@2.24.0";
import { invalidOption, orThrow } from "../../../graph/error.ts";
import { E } from "../../../graph/fp_ts.ts";
import { bytesInMemory, type ByteSource, stretchOf } from "../../files/byte_source.ts";
import { NPY_HEADER, type NpyHeader, readNpyHeader, zipLibrary } from "../../files/npz.ts";
import {
  type ColumnValue,
  columnValue,
  corrupt,
  halfTable,
  listed,
  noColumn,
  refuse,
  type SourceParts,
} from "./source.ts";

/** Reads the header of an array, which has been compared with the size of the file. */
async function headerOf(bytes: ByteSource): Promise<NpyHeader> {
  const head = await orThrow(bytes.read(0, Math.min(NPY_HEADER, bytes.size)));
  const header = readNpyHeader(head, bytes.size);
  return E.isRight(header) ? header.right : refuse(corrupt(bytes.name, header.left));
}

/** Opens an array of [rows, …]: the axes after the rows form one vector. */
export async function openNpy(bytes: ByteSource): Promise<SourceParts> {
  return vectorsOf(bytes, await headerOf(bytes));
}

function vectorsOf(bytes: ByteSource, { type, shape, start, elementSize }: NpyHeader): SourceParts {
  const [count, ...extents] = shape;
  const width = extents.reduce((product, extent) => product * extent, 1);
  if (extents.length === 0 || width === 0) {
    const expected = "expected an array of vectors, of shape [rows, columns]";
    refuse(corrupt(bytes.name, `${expected}, current value is ${type} of shape [${shape}]`));
  }
  if (elementSize === 8 && type !== "<f8") {
    const expected = "expected numbers of at most 32 bits, or float64";
    refuse(corrupt(bytes.name, `${expected}, current value is ${type}`));
  }
  const rowBytes = width * elementSize;
  return {
    name: bytes.name,
    count,
    width,
    rows: async (from, wanted) =>
      floatsOf(await orThrow(bytes.read(start + from * rowBytes, wanted * rowBytes)), type),
    column: (wanted) => noColumn(bytes.name, wanted, []),
  };
}

/** The numbers of an array's bytes, as float32. */
function floatsOf(
  bytes: Uint8Array<ArrayBuffer>,
  type: NpyHeader["type"],
): Float32Array<ArrayBuffer> {
  // Bytes of a file are in memory of their own, those in memory a view of it.
  const own = bytes.length === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
  if (type === "<f4") return new Float32Array(own.buffer);
  const numbers = arrayOf(own.buffer, type);
  if (type !== "<f2") return Float32Array.from(numbers as Float64Array);
  const halves = halfTable();
  const floats = new Float32Array(numbers.length);
  for (let i = 0; i < floats.length; i++) floats[i] = halves[(numbers as Uint16Array)[i]];
  return floats;
}

const arrays = {
  ...{ "|b1": Uint8Array, "|u1": Uint8Array, "|i1": Int8Array, "<u2": Uint16Array },
  ...{ "<i2": Int16Array, "<u4": Uint32Array, "<i4": Int32Array, "<u8": BigUint64Array },
  ...{ "<i8": BigInt64Array, "<f2": Uint16Array, "<f4": Float32Array, "<f8": Float64Array },
} as const;

const arrayOf = (buffer: ArrayBuffer, type: NpyHeader["type"]) => new arrays[type](buffer);

/** Reads an array of one axis: labels or ids, one per vector. */
export async function npyValues(bytes: ByteSource): Promise<readonly ColumnValue[]> {
  const { type, shape, start } = await headerOf(bytes);
  if (shape.length !== 1) {
    const expected = "expected one value per vector, an array of one axis";
    refuse(corrupt(bytes.name, `${expected}, current value is of shape [${shape}]`));
  }
  const own = new Uint8Array(await orThrow(bytes.read(start, bytes.size - start)));
  const values = type === "<f2" ? floatsOf(own, type) : arrayOf(own.buffer, type);
  return Array.from(
    values as ArrayLike<number | bigint>,
    (value, row) => columnValue(bytes.name, value, row, bytes.name),
  );
}

// ---- Archives

/** An archive of arrays has a few; one of thousands would take long to list. */
const MOST_ENTRIES = 1000;

/** Largest ratio of inflated to deflated bytes (zlib's own documentation says 1032). */
const MOST_DEFLATED = 1032;

/** The most bytes of a compressed array, which is decompressed whole. */
const MOST_COMPRESSED = 2 ** 31;

/**
 * Opens the vectors of an archive. An array that is not compressed is read in parts, without its checksum; one that
 * is compressed is decompressed whole, in memory.
 *
 * @param wanted Name of the array. @default the only one of at least two axes
 */
export async function openNpz(bytes: ByteSource, wanted?: string): Promise<SourceParts> {
  const entries = await entriesOf(bytes);
  const names = [...entries.keys()];
  const arrayNamed = (name: string): Promise<ByteSource> =>
    entries.has(name)
      ? contentOf(bytes, entries.get(name)!)
      : noColumn(bytes.name, name, names) as never;
  const column = async (name: string) => await npyValues(await arrayNamed(name));
  if (wanted !== undefined) return { ...await openNpy(await arrayNamed(wanted)), column };
  const candidates: SourceParts[] = [];
  for (const name of names) {
    const array = await arrayNamed(name);
    const header = await headerOf(array);
    if (header.shape.length >= 2) candidates.push(vectorsOf(array, header));
  }
  if (candidates.length !== 1) {
    const actual = `${candidates.length} arrays of vectors among ${listed(names)}`;
    refuse(invalidOption(`the column of ${bytes.name}`, actual, "the name of one of them"));
  }
  return { ...candidates[0], column };
}

/** The arrays of an archive by name, whose sizes have been compared with the archive's. */
async function entriesOf(bytes: ByteSource): Promise<ReadonlyMap<string, FileEntry>> {
  const { Reader, ZipReader } = await zipLibrary();
  const zip = new ZipReader(readerOf(bytes, Reader), { checkSignature: true });
  const entries = new Map<string, FileEntry>();
  for await (const entry of zip.getEntriesGenerator()) {
    const reason = entries.size === MOST_ENTRIES
      ? `expected at most ${MOST_ENTRIES} arrays, current value is more`
      : refusal(entry, bytes.size);
    if (reason !== null) refuse(corrupt(bytes.name, reason));
    entries.set(entry.filename.replace(/\.npy$/, ""), entry as FileEntry);
  }
  return entries;
}

/** Lets zip.js read the bytes, by its own class. */
function readerOf(bytes: ByteSource, Base: typeof Reader): Reader<ByteSource> {
  const reader = new (class extends Base<ByteSource> {})(bytes);
  reader.size = bytes.size;
  reader.readUint8Array = (from, count) =>
    orThrow(bytes.read(from, Math.max(0, Math.min(count, bytes.size - from))));
  return reader;
}

/** Returns the reason why an entry is not read, or null. Sizes are compared before anything is allocated for them. */
function refusal(entry: Entry, bytes: number): string | null {
  const { filename, directory, compressionMethod, compressedSize, uncompressedSize } = entry;
  if (directory || entry.encrypted) return `expected arrays, current value is ${filename}`;
  const most = compressionMethod === 0
    ? compressedSize
    : Math.min(compressedSize * MOST_DEFLATED, MOST_COMPRESSED);
  if (compressionMethod !== 0 && compressionMethod !== 8) {
    return `expected ${filename} to be stored or deflated, current value is method ${compressionMethod}`;
  }
  return compressedSize > bytes || uncompressedSize > most
    ? `expected ${filename} to have at most ${Math.min(most, bytes * MOST_DEFLATED)} bytes, ` +
      `current value is ${uncompressedSize}`
    : null;
}

/** The local header of an entry before its name (APPNOTE.TXT, 4.3.7). */
const LOCAL_HEADER = 30;

async function contentOf(bytes: ByteSource, entry: FileEntry): Promise<ByteSource> {
  const name = `${entry.filename} of ${bytes.name}`;
  if (entry.compressionMethod !== 0) {
    const { Uint8ArrayWriter } = await zipLibrary();
    return bytesInMemory(name, await entry.getData(new Uint8ArrayWriter()));
  }
  const head = await orThrow(bytes.read(entry.offset, LOCAL_HEADER));
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const start = entry.offset + LOCAL_HEADER + view.getUint16(26, true) + view.getUint16(28, true);
  if (view.getUint32(0, true) !== 0x04034b50 || start + entry.compressedSize > bytes.size) {
    refuse(corrupt(bytes.name, `expected ${entry.filename} at byte ${entry.offset}`));
  }
  return stretchOf(bytes, name, start, entry.compressedSize);
}
