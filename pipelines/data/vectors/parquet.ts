/**
 * Vectors of Parquet files: a column of lists, or several columns of numbers.
 *
 * hyparquet reads the schema, the pages' headers and their values. What a file declares (the lengths of lists in its metadata,
 * the sizes of pages, how many values they have) is compared with the bytes that there are before anything is made of it,
 * and pages are read one after the other, so that a row group may be larger than memory.
 *
 * @module
 * @see https://parquet.apache.org/docs/file-format/
 */
import type {
  ColumnMetaData,
  CompressionCodec,
  Compressors,
  DecodedArray,
  Encoding,
  FileMetaData,
  PageHeader,
  SchemaElement,
  SchemaTree,
} from "npm:hyparquet@1.33.0";
import { orThrow } from "../../../graph/error.ts";
import type { ByteSource } from "../../files/byte_source.ts";
import { mostOfZstd, zstdFrame } from "./frames.ts";
import { checkThrift, hybrid } from "./parquet_bytes.ts";
import {
  chosenOf,
  type ColumnValue,
  columnValue,
  corrupt,
  halfTable,
  noColumn,
  refuse,
  type SourceParts,
  type TableColumn,
} from "./source.ts";

/** The parts of hyparquet that are used, loaded with the first file. */
async function parquetLibrary() {
  const [file, column, page, convert, packed] = await Promise.all([
    import("npm:hyparquet@1.33.0"),
    import("npm:hyparquet@1.33.0/src/column.js"),
    import("npm:hyparquet@1.33.0/src/datapage.js"),
    import("npm:hyparquet@1.33.0/src/convert.js"),
    import("npm:hyparquet-compressors@1.1.2"),
  ]);
  const { SNAPPY: _, ...others } = packed.compressors;
  const compressors: Compressors = {
    ...others,
    ZSTD: (bytes, size) => zstdFrame(bytes, size, packed.decompressZstd),
  };
  return { ...file, ...column, ...page, ...convert, compressors };
}

type Library = Awaited<ReturnType<typeof parquetLibrary>>;

/** A column of single values, or of lists of them. */
interface Leaf extends TableColumn {
  /** Path of its values, "embedding.list.element". */
  readonly path: string;
  readonly schemaPath: readonly SchemaTree[];
  /** Definition level of a value that exists, and of one that goes on a list. */
  readonly definition: number;
  readonly repetition: number;
}

/** An open file. */
interface Parquet {
  readonly bytes: ByteSource;
  readonly library: Library;
  readonly metadata: FileMetaData;
  readonly leaves: readonly Leaf[];
  /** The first row of each row group, and after the last the number of rows. */
  readonly starts: readonly number[];
}

/**
 * Opens a Parquet file.
 *
 * @param wanted The column of lists, or several of single numbers. @default the only column of lists of floats, or the
 * one that is called "embedding" or "vector", or else all columns of floats
 */
export async function openParquet(
  bytes: ByteSource,
  wanted?: string | readonly string[],
): Promise<SourceParts> {
  const library = await parquetLibrary();
  const metadata = await metadataOf(bytes, library);
  const leaves = library.parquetSchema(metadata).children.flatMap(leavesOf);
  const starts = [0];
  for (const { num_rows: rows } of metadata.row_groups) starts.push(starts.at(-1)! + Number(rows));
  const count = starts.at(-1)!;
  if (!Number.isSafeInteger(count) || count !== Number(metadata.num_rows)) {
    const expected = `expected ${metadata.num_rows} rows, as the metadata says`;
    refuse(corrupt(bytes.name, `${expected}, current value is ${count}`));
  }
  if (count === 0) refuse(corrupt(bytes.name, "expected at least one row, current value is none"));
  const file: Parquet = { bytes, library, metadata, leaves, starts };
  const chosen = chosenOf(bytes.name, leaves, wanted);
  const [{ lists }] = chosen;
  const perRow = lists ? await firstLength(file, chosen[0]) : 1;
  const width = lists ? perRow : chosen.length;
  const next = cursor(file, chosen, perRow);
  let last: Promise<unknown> = Promise.resolve();
  return {
    name: bytes.name,
    count,
    width,
    block: starts.reduce(
      (most, start, i) => i === 0 ? most : Math.max(most, start - starts[i - 1]),
      1,
    ),
    rows: (from, wanted) => {
      // There is one place in the file from which it is read on: one read waits for the other.
      const reading = last.then(() => next(from, wanted));
      last = reading.catch(() => {});
      return reading;
    },
    column: (name) => columnOf(file, name),
  };
}

// ---- The metadata

const MAGIC = 0x31524150;

async function metadataOf(bytes: ByteSource, { parquetMetadata }: Library): Promise<FileMetaData> {
  const end = bytes.size < 12 ? null : viewOf(await orThrow(bytes.read(bytes.size - 8, 8)));
  if (end === null || end.getUint32(4, true) !== MAGIC) {
    refuse(corrupt(bytes.name, `expected a Parquet file to end in PAR1: its end is missing`));
  }
  const length = end!.getUint32(0, true);
  if (length > bytes.size - 12) {
    const expected = `expected metadata of ${length} bytes`;
    refuse(corrupt(bytes.name, `${expected}, current value is a file of ${bytes.size}`));
  }
  const footer = await orThrow(bytes.read(bytes.size - 8 - length, length + 8));
  checkThrift(viewOf(footer), 0, length);
  return parquetMetadata(footer, { geoparquet: false });
}

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength);

/** The leaf of a column that has one: structs of several fields have more. */
function leavesOf(column: SchemaTree): readonly Leaf[] {
  const schemaPath = [column];
  for (let tree = column; tree.children.length > 0; tree = tree.children[0]) {
    if (tree.children.length > 1) return [];
    schemaPath.push(tree.children[0]);
  }
  const level = (holds: (repetition?: string) => boolean) =>
    schemaPath.filter(({ element }) => holds(element.repetition_type)).length;
  const repetition = level((one) => one === "REPEATED");
  return [{
    name: column.element.name,
    lists: repetition > 0,
    numbers: repetition > 1 ? null : numbersOf(schemaPath.at(-1)!.element),
    path: schemaPath.at(-1)!.path.join("."),
    schemaPath,
    definition: level((one) => one !== "REQUIRED"),
    repetition,
  }];
}

const elementOf = ({ schemaPath }: Leaf) => schemaPath.at(-1)!.element;

const isHalf = ({ type, type_length: length, logical_type: logical }: SchemaElement): boolean =>
  type === "FIXED_LEN_BYTE_ARRAY" && length === 2 && logical?.type === "FLOAT16";

function numbersOf(element: SchemaElement): TableColumn["numbers"] {
  const { type, converted_type: converted } = element;
  if (type === "FLOAT" || type === "DOUBLE" || isHalf(element)) return "floats";
  const integers = type === "INT32" || type === "INT64";
  return integers && (converted === undefined || /INT/.test(converted)) ? "integers" : null;
}

// ---- Pages

/** A page's values, as far as all are there. */
interface Page {
  readonly values: DecodedArray;
  /** Repetition level of each value: 0 begins a list, 1 continues it; null where values are single. */
  readonly repetitions: Int32Array | null;
  /** Whether a value follows that is missing: a null, or a list without any. */
  readonly missing: boolean;
}

/** The most times as long as it was that a page becomes; of zstd and brotli there is no bound. */
const growth: Readonly<Record<string, number>> = {
  ...{ UNCOMPRESSED: 1, SNAPPY: 32, GZIP: 1032, LZ4: 256, LZ4_RAW: 256 },
};

/** The most bytes of a page. Writers make pages of about a MiB. */
const MOST_PAGE = 2 ** 30;

/** Values that a page may have, however few its bytes are: runs of the same value are short. */
const MOST_RUN = 2 ** 20;

/** Reads the pages of a column in a row group, one after the other. */
async function* pagesOf(
  file: Parquet,
  leaf: Leaf,
  group: number,
): AsyncGenerator<Page, void, void> {
  const { bytes, library } = file;
  const where = `"${leaf.name}" in row group ${group}`;
  const chunk = chunkOf(file, leaf, group);
  let dictionary: DecodedArray | undefined;
  for (let at = chunk.start; at < chunk.end;) {
    const { header, length } = await headerAt(file, at, chunk.end, where);
    const { compressed_page_size: packed, uncompressed_page_size: size } = header;
    at += length;
    if (!(packed >= 0 && at + packed <= chunk.end)) {
      const expected = `expected a page of ${packed} bytes at byte ${at} for ${where}`;
      refuse(corrupt(bytes.name, `${expected}, current value is ${chunk.end - at}`));
    }
    const known = growth[chunk.codec];
    const most = Math.min(MOST_PAGE, known === undefined ? mostOfZstd(packed) : packed * known);
    if (!(size >= 0 && size <= most)) {
      const expected = `expected a page of at most ${most} bytes at byte ${at} for ${where}`;
      refuse(corrupt(bytes.name, `${expected}, current value is ${size}`));
    }
    const content = await orThrow(bytes.read(at, packed));
    at += packed;
    const read = { library, leaf, codec: chunk.codec, header, where, file: bytes.name };
    if (header.type === "DICTIONARY_PAGE") dictionary = dictionaryOf(content, read);
    else if (header.type !== "INDEX_PAGE") yield pageOf(content, dictionary, read);
  }
}

interface Chunk {
  readonly start: number;
  readonly end: number;
  readonly codec: CompressionCodec;
}

/** Finds the bytes of a column in a row group. */
function chunkOf({ bytes, metadata }: Parquet, leaf: Leaf, group: number): Chunk {
  const column = metadata.row_groups[group].columns.find(({ meta_data: meta }) =>
    meta?.path_in_schema.join(".") === leaf.path
  );
  const meta: ColumnMetaData | undefined = column?.meta_data;
  if (meta === undefined || column?.file_path) {
    const expected = `expected "${leaf.name}" in row group ${group}`;
    return refuse(corrupt(bytes.name, `${expected}, current value is none, or in another file`));
  }
  const data = Number(meta.data_page_offset);
  const start = Math.min(Number(meta.dictionary_page_offset || data), data);
  const end = start + Number(meta.total_compressed_size);
  if (!(start >= 4 && end >= start && end <= bytes.size - 8)) {
    const expected = `expected "${leaf.name}" of row group ${group} in bytes ${start} to ${end}`;
    refuse(corrupt(bytes.name, `${expected}, current value is a file of ${bytes.size}`));
  }
  return { start, end, codec: meta.codec };
}

/** Bytes of a page's header that are read at first; statistics make it longer. */
const HEADER = 1024;

async function headerAt(
  { bytes, library }: Parquet,
  at: number,
  end: number,
  where: string,
): Promise<{ readonly header: PageHeader; readonly length: number }> {
  for (let tried = HEADER;; tried *= 8) {
    const size = Math.min(tried, end - at);
    const view = viewOf(await orThrow(bytes.read(at, size)));
    try {
      const length = checkThrift(view, 0, size);
      return { header: library.parquetHeader({ view, offset: 0 }), length };
    } catch (thrown) {
      if (size === end - at || tried > MOST_RUN) {
        const words = thrown instanceof Error ? thrown.message : String(thrown);
        refuse(
          corrupt(bytes.name, `expected a page's header at byte ${at} for ${where}: ${words}`),
        );
      }
    }
  }
}

/** A page that is read. */
interface Reading {
  readonly library: Library;
  readonly leaf: Leaf;
  readonly codec: CompressionCodec;
  readonly header: PageHeader;
  readonly where: string;
  readonly file: string;
}

/** Refuses a number of values that the bytes cannot hold. */
function checkValues(count: number, bytes: number, { file, where }: Reading): void {
  if (count >= 0 && count <= Math.max(MOST_RUN, 8 * bytes)) return;
  const expected = `expected a page of ${bytes} bytes for ${where} to have fewer values`;
  refuse(corrupt(file, `${expected}, current value is ${count}`));
}

function dictionaryOf(content: Uint8Array, read: Reading): DecodedArray {
  const { library, leaf, codec, header } = read;
  const { num_values: count = -1 } = header.dictionary_page_header ?? {};
  const page = library.decompressPage(
    content,
    header.uncompressed_page_size,
    codec,
    library.compressors,
  );
  checkValues(count, Math.min(page.length, 8 * page.length), read);
  return valuesOf(page, count, "PLAIN", undefined, read, leaf);
}

/** Takes a page apart: levels that say which values are there, and the values. */
function pageOf(content: Uint8Array, dictionary: DecodedArray | undefined, read: Reading): Page {
  const { library, leaf, codec, header } = read;
  const { data_page_header: first, data_page_header_v2: second } = header;
  const size = header.uncompressed_page_size;
  const inflate = (bytes: Uint8Array, to: number) =>
    library.decompressPage(bytes, to, codec, library.compressors);
  if (first !== undefined) {
    const page = inflate(content, size);
    checkValues(first.num_values, page.length, read);
    let at = 0;
    const levels = (most: number) => {
      if (most === 0) return null;
      const length = viewOf(page).getUint32(at, true);
      const found = hybrid(page.subarray(at + 4, at + 4 + length), bitsOf(most), first.num_values);
      at += 4 + length;
      return found;
    };
    const [repetitions, definitions] = [levels(leaf.repetition), levels(leaf.definition)];
    return assembled(page.subarray(at), first.num_values, first.encoding, dictionary, read, {
      repetitions,
      definitions,
    });
  }
  if (second === undefined) {
    return refuse(
      corrupt(read.file, `expected a page of data for ${read.where}, not ${header.type}`),
    );
  }
  const { repetition_levels_byte_length: repeated, definition_levels_byte_length: defined } =
    second;
  const rest = content.subarray(repeated + defined);
  const page = second.is_compressed === false || size === repeated + defined
    ? rest
    : inflate(rest, size - repeated - defined);
  checkValues(second.num_values, page.length + repeated + defined, read);
  const levels = (from: number, length: number, most: number) =>
    most === 0
      ? null
      : hybrid(content.subarray(from, from + length), bitsOf(most), second.num_values);
  return assembled(page, second.num_values, second.encoding, dictionary, read, {
    repetitions: levels(0, repeated, leaf.repetition),
    definitions: levels(repeated, defined, leaf.definition),
  });
}

const bitsOf = (most: number): number => 32 - Math.clz32(most);

/** Reads the values, where all are there. */
function assembled(
  page: Uint8Array,
  count: number,
  encoding: Encoding,
  dictionary: DecodedArray | undefined,
  read: Reading,
  { repetitions, definitions }: {
    readonly repetitions: Int32Array | null;
    readonly definitions: Int32Array | null;
  },
): Page {
  const is = (level: number) => level === read.leaf.definition;
  const known = definitions?.findIndex((level) => !is(level)) ?? -1;
  const [present, whole] = [definitions?.filter(is).length ?? count, known < 0 ? count : known];
  const values = valuesOf(page, present, encoding, dictionary, read, read.leaf);
  if (values.length < whole) {
    const expected = `expected ${whole} values in a page for ${read.where}`;
    refuse(corrupt(read.file, `${expected}, current value is ${values.length}`));
  }
  return { values: values.slice(0, whole), repetitions, missing: known >= 0 };
}

function valuesOf(
  page: Uint8Array,
  count: number,
  encoding: Encoding,
  dictionary: DecodedArray | undefined,
  { library, file, where }: Reading,
  leaf: Leaf,
): DecodedArray {
  const element = elementOf(leaf);
  const convert = (values: DecodedArray): DecodedArray =>
    isHalf(element) ? halvesOf(values as Uint8Array[]) : library.convert(values, {
      ...{ element, schemaPath: leaf.schemaPath as SchemaTree[], parsers: library.DEFAULT_PARSERS },
    } as never);
  if (encoding === "PLAIN_DICTIONARY" || encoding === "RLE_DICTIONARY") {
    const known = dictionary ??
      refuse(corrupt(file, `expected a dictionary before the page for ${where}`));
    const indices = count === 0 ? new Int32Array() : hybrid(page.subarray(1), page[0], count);
    const values = known.constructor === Array
      ? new Array(count)
      : new (known.constructor as Float32ArrayConstructor)(count);
    for (let i = 0; i < count; i++) {
      if (indices[i] >= known.length) {
        const expected = `expected a value of the dictionary's ${known.length} for ${where}`;
        refuse(corrupt(file, `${expected}, current value is number ${indices[i]}`));
      }
      values[i] = known[indices[i]] as number;
    }
    return values;
  }
  if (encoding === "RLE" && element.type === "BOOLEAN") {
    return Array.from(hybrid(page.subarray(4), 1, count), (bit) => bit === 1);
  }
  const { dataPage } = library.readDataPage(
    page,
    { num_values: count, encoding } as never,
    { type: element.type, element, schemaPath: [] } as never,
  );
  return convert(dataPage);
}

function halvesOf(values: readonly Uint8Array[]): Float32Array {
  const table = halfTable();
  return Float32Array.from(values, ([low, high]) => table[low | high << 8]);
}

// ---- Rows

/** Reads the values of a column in a row group, in order. */
function valuesIn(file: Parquet, leaf: Leaf, group: number, perRow: number) {
  const pages = pagesOf(file, leaf, group);
  let page: Page = { values: [], repetitions: null, missing: false };
  /** Values of the page that were taken, those that are as they should be, and those of the group that were taken. */
  let [used, good, done] = [0, 0, 0];
  const load = async (): Promise<boolean> => {
    const next = await pages.next();
    if (next.done) return false;
    page = next.value;
    [used, good] = [0, page.values.length];
    const { repetitions } = page;
    for (let i = 0; repetitions !== null && i < good; i++) {
      if ((repetitions[i] === 0) !== ((done + i) % perRow === 0)) good = i;
    }
    return true;
  };
  const refuseRow = (reason: string): never =>
    refuse(corrupt(
      file.bytes.name,
      `expected ${
        perRow === 1 ? "a number" : `${perRow} numbers, as the first row has,`
      } in "${leaf.name}", ` +
        `current value is ${reason} row ${file.starts[group] + Math.floor(done / perRow)}`,
    ));
  return {
    /** Takes `count` values, and writes them `stride` apart. */
    take: async (count: number, into: Float32Array | null, at: number, stride: number) => {
      for (let taken = 0; taken < count;) {
        const n = Math.min(count - taken, good - used);
        if (n > 0) {
          if (into !== null) write(page.values, used, n, into, at + taken * stride, stride);
          [taken, used, done] = [taken + n, used + n, done + n];
        } else if (good < page.values.length) {
          const begins = page.repetitions?.[good] === 0;
          if (!begins) done--;
          refuseRow(begins ? "fewer in" : "more in");
        } else if (page.missing) {
          refuseRow("null, or a list without any, in");
        } else if (!await load()) {
          refuseRow("the end of its row group in");
        }
      }
    },
    /** Refuses values beyond those that were taken. */
    end: async () => {
      while (used === page.values.length && !page.missing) if (!await load()) return;
      done--;
      refuseRow("more in");
    },
  };
}

function write(
  values: DecodedArray,
  from: number,
  count: number,
  into: Float32Array,
  at: number,
  stride: number,
): void {
  if (stride === 1 && (values instanceof Float32Array || values instanceof Float64Array)) {
    into.set(values.subarray(from, from + count), at);
    return;
  }
  for (let i = 0; i < count; i++) into[at + i * stride] = Number(values[from + i]);
}

/** Makes the function that reads rows: on from where it was, or from the start of their row group. */
function cursor(file: Parquet, chosen: readonly Leaf[], perRow: number) {
  const { starts } = file;
  const stride = chosen.length;
  const open = (group: number) => chosen.map((leaf) => valuesIn(file, leaf, group, perRow));
  let place: {
    readonly row: number;
    readonly group: number;
    readonly readers: ReturnType<typeof open>;
  } | null = null;
  return async (from: number, count: number): Promise<Float32Array<ArrayBuffer>> => {
    const values = new Float32Array(count * perRow * stride);
    let { row, group, readers } = place ?? { row: -1, group: 0, readers: [] };
    // What is left of a reading that fails is not read on from.
    place = null;
    if (row !== from) {
      group = Math.max(
        0,
        starts.findLastIndex((start, i) => i < starts.length - 1 && start <= from),
      );
      readers = open(group);
      for (const { take } of readers) await take((from - starts[group]) * perRow, null, 0, stride);
      row = from;
    }
    for (let done = 0; done < count;) {
      if (row === starts[group + 1]) {
        readers = open(++group);
        continue;
      }
      const n = Math.min(count - done, starts[group + 1] - row);
      for (const [i, { take }] of readers.entries()) {
        await take(n * perRow, values, done * perRow * stride + i, stride);
      }
      [done, row] = [done + n, row + n];
      if (row === starts[group + 1]) { for (const { end } of readers) await end(); }
    }
    place = { row, group, readers };
    return values;
  };
}

/** Counts the values of the first list. */
async function firstLength(file: Parquet, leaf: Leaf): Promise<number> {
  let length = 0;
  const group = file.starts.findLastIndex((start) => start === 0);
  for await (const { values, repetitions, missing } of pagesOf(file, leaf, group)) {
    const next = repetitions!.indexOf(0, length === 0 ? 1 : 0);
    const end = next < 0 ? values.length : Math.min(next, values.length);
    length += end;
    if (length === 0) break;
    if (missing || end < values.length || next >= 0) return length;
  }
  return length > 0 ? length : refuse(
    corrupt(file.bytes.name, `expected numbers in "${leaf.name}", current value is none in row 0`),
  );
}

/** Reads a column of single values whole. */
async function columnOf(file: Parquet, name: string): Promise<readonly ColumnValue[]> {
  const single = file.leaves.filter(({ repetition }) => repetition === 0);
  const leaf = single.find((one) => one.name === name) ??
    noColumn(file.bytes.name, name, single.map((one) => one.name));
  const found: ColumnValue[] = [];
  for (let group = 0; group < file.metadata.row_groups.length; group++) {
    for await (const { values, missing } of pagesOf(file, leaf, group)) {
      for (let i = 0; i < values.length; i++) {
        found.push(columnValue(file.bytes.name, values[i], found.length, name));
      }
      if (missing) columnValue(file.bytes.name, null, found.length, name);
    }
    if (found.length !== file.starts[group + 1]) {
      const expected = `expected "${name}" of row group ${group} to end at row ${
        file.starts[group + 1]
      }`;
      refuse(corrupt(file.bytes.name, `${expected}, current value is ${found.length}`));
    }
  }
  return found;
}
