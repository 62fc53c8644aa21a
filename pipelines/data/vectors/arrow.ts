/**
 * Vectors of Arrow's files and streams, and of Feather: a column of lists, or several columns of numbers.
 *
 * flechette reads the batches of records. The file is gone through from message to message beforehand, so that one
 * batch is in memory at a time, and what messages declare is compared with the bytes that there are.
 *
 * @module
 * @see https://arrow.apache.org/docs/format/Columnar.html
 */
import type { Batch, DataType, Field, Table } from "npm:@uwdata/flechette@2.6.0";
import { orThrow } from "../../../graph/error.ts";
import type { ByteSource } from "../../files/byte_source.ts";
import { MESSAGE, messageOf } from "./arrow_bytes.ts";
import { lz4Frame, zstdFrame } from "./frames.ts";
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

/** Loads flechette, and the decompressors of its buffers, with the first file. */
async function arrowLibrary() {
  const [arrow, packed] = await Promise.all([
    import("npm:@uwdata/flechette@2.6.0"),
    import("npm:hyparquet-compressors@1.1.2"),
  ]);
  const decoders = {
    [arrow.CompressionType.LZ4_FRAME]: lz4Frame,
    [arrow.CompressionType.ZSTD]: (bytes: Uint8Array, size: number) =>
      zstdFrame(bytes, size, packed.decompressZstd),
  };
  for (const [type, decode] of Object.entries(decoders)) {
    const codec = Number(type) as 0 | 1;
    const encode = () => {
      throw new Error("Sparrow does not write Arrow's files");
    };
    if (arrow.getCompressionCodec(codec) === null) {
      arrow.setCompressionCodec(codec, { decode: decode as never, encode });
    }
  }
  return arrow;
}

type Library = Awaited<ReturnType<typeof arrowLibrary>>;

/** A message of a file. */
interface Place {
  readonly at: number;
  readonly size: number;
}

/** An open file. */
interface Arrow {
  readonly bytes: ByteSource;
  readonly library: Library;
  readonly fields: readonly Field[];
  /** Reads a batch of records. */
  readonly batch: (index: number) => Promise<Table>;
  /** The first row of each batch, and after the last the number of rows. */
  readonly starts: readonly number[];
}

/**
 * Opens a file of Arrow's (Feather is one), or a stream in a file.
 *
 * @param wanted The column of lists, or several of single numbers. @default the only column of lists of floats, or the
 * one that is called "embedding" or "vector", or else all columns of floats
 */
export async function openArrow(
  bytes: ByteSource,
  wanted?: string | readonly string[],
): Promise<SourceParts> {
  const file = await arrowOf(bytes);
  const { starts, library, fields } = file;
  const count = starts.at(-1)!;
  if (count === 0) refuse(corrupt(bytes.name, "expected at least one row, current value is none"));
  const chosen = chosenOf(bytes.name, columnsOf(fields, library), wanted);
  const [{ lists }] = chosen;
  const width = lists ? await firstLength(file, chosen[0].field) : chosen.length;
  return {
    name: bytes.name,
    count,
    width,
    block: starts.reduce(
      (most, start, i) => i === 0 ? most : Math.max(most, start - starts[i - 1]),
      1,
    ),
    rows: async (from, rows) => {
      const values = new Float32Array(rows * width);
      let index = starts.findLastIndex((start, i) => i < starts.length - 1 && start <= from);
      for (let done = 0; done < rows; index++) {
        const first = from + done - starts[index];
        const n = Math.min(rows - done, starts[index + 1] - starts[index] - first);
        if (n === 0) continue;
        const table = await file.batch(index);
        chosen.forEach(({ field }, i) => {
          const at = { file, index, field, first, count: n };
          const into = values.subarray(done * width + (lists ? 0 : i));
          if (lists) copyLists(table, at, width, into);
          else copyNumbers(batchOf(table, at), at, first, n, into, width);
        });
        done += n;
      }
      return values;
    },
    column: (name) => columnOf(file, name),
  };
}

// ---- Messages

const MAGIC = "ARROW1";

/** Goes through the messages of a file. */
async function arrowOf(bytes: ByteSource): Promise<Arrow> {
  const library = await arrowLibrary();
  const text = async (at: number, size: number) =>
    new TextDecoder("latin1").decode(
      await orThrow(bytes.read(at, Math.min(size, bytes.size - at))),
    );
  const isFile = await text(0, MAGIC.length) === MAGIC;
  if (
    isFile && (bytes.size < 20 || await text(bytes.size - MAGIC.length, MAGIC.length) !== MAGIC)
  ) {
    refuse(corrupt(bytes.name, `expected an Arrow file to end in ${MAGIC}: its end is missing`));
  }
  const schema: Place[] = [];
  const dictionaries: Place[] = [];
  const batches: (Place & { readonly dictionaries: number })[] = [];
  const starts = [0];
  for await (const { place, type, rows } of messagesOf(bytes, isFile)) {
    if (type === MESSAGE.schema) schema.push(place);
    else if (type === MESSAGE.dictionary) dictionaries.push(place);
    else {
      batches.push({ ...place, dictionaries: dictionaries.length });
      starts.push(starts.at(-1)! + rows);
    }
  }
  if (schema.length === 0 || !Number.isSafeInteger(starts.at(-1))) {
    const actual = schema.length === 0 ? "none" : `one with ${starts.at(-1)} rows`;
    refuse(
      corrupt(bytes.name, `expected a schema and batches of rows, current value is ${actual}`),
    );
  }
  const contentOf = async ({ at, size }: Place) => {
    const content = await orThrow(bytes.read(at, size));
    // Numbers are read in place, which must be a multiple of their size.
    return content.byteOffset % 8 === 0 ? content : new Uint8Array(content);
  };
  const tableOf = async (places: readonly Place[]) =>
    library.tableFromIPC(await Promise.all(places.map(contentOf)), { useBigInt: true });
  const { fields } = (await tableOf(schema.slice(0, 1))).schema;
  let last: { readonly index: number; readonly table: Table } | null = null;
  const batch = async (index: number): Promise<Table> => {
    if (last?.index === index) return last.table;
    last = null;
    const known = dictionaries.slice(0, batches[index].dictionaries);
    const table = await tableOf([schema[0], ...known, batches[index]]);
    last = { index, table };
    return table;
  };
  return { bytes, library, fields, batch, starts };
}

/** The messages of a file; the footer, which lists them, is not needed. */
async function* messagesOf(bytes: ByteSource, isFile: boolean) {
  let at = isFile ? 8 : 0;
  const end = isFile ? bytes.size - MAGIC.length - 4 : bytes.size;
  const refuseAt = (expected: string, actual: string | number): never =>
    refuse(corrupt(bytes.name, `expected ${expected} at byte ${at}, current value is ${actual}`));
  while (at < end) {
    if (at + 8 > end) refuseAt("a message", `the end of the file`);
    const prefix = await orThrow(bytes.read(at, 8));
    const view = new DataView(prefix.buffer, prefix.byteOffset, 8);
    if (view.getInt32(0, true) !== -1) {
      refuseAt("a message as Arrow has written them since 0.15", view.getInt32(0, true));
    }
    const length = view.getInt32(4, true);
    if (length === 0) return;
    if (!(length > 0 && at + 8 + length <= end)) {
      refuseAt(`a message with metadata of ${length} bytes`, `${end - at - 8} bytes to the end`);
    }
    const { type, rows, bodyLength } = messageOf(await orThrow(bytes.read(at + 8, length)));
    const size = 8 + length + bodyLength;
    if (at + size > end) refuseAt(`a message of ${size} bytes`, `${end - at} bytes to the end`);
    yield { place: { at, size }, type, rows };
    at += size;
  }
  if (isFile) refuseAt("the end of the messages", "the footer");
}

// ---- Columns

/** A column, and its type in the file. */
interface ArrowColumn extends TableColumn {
  readonly field: Field;
}

function columnsOf(fields: readonly Field[], { Type }: Library): readonly ArrowColumn[] {
  const numbersOf = ({ typeId }: DataType): TableColumn["numbers"] =>
    typeId === Type.Float ? "floats" : typeId === Type.Int ? "integers" : null;
  const lists: readonly number[] = [Type.List, Type.LargeList, Type.FixedSizeList];
  return fields.map((field) => {
    const { name, type } = field;
    const isList = lists.includes(type.typeId);
    const { children } = type as unknown as { readonly children?: readonly Field[] };
    const element = isList ? children?.[0].type : type;
    const numbers = element === undefined ? null : numbersOf(element);
    return { name, field, lists: isList, numbers };
  });
}

/** Rows of a column in a batch. */
interface At {
  readonly file: Arrow;
  readonly index: number;
  readonly field: Field;
  readonly first: number;
  readonly count: number;
}

const rowError = (
  { file, index, field }: At,
  expected: string,
  actual: string,
  row: number,
): never =>
  refuse(corrupt(
    file.bytes.name,
    `expected ${expected} in "${field.name}", current value is ${actual} in row ${
      file.starts[index] + row
    }`,
  ));

type AnyBatch = Batch<unknown>;

/** The column of a batch, which has as many rows as its message says. */
function batchOf(table: Table, at: Pick<At, "file" | "index" | "field">): AnyBatch {
  const { file: { starts, bytes }, index, field } = at;
  const batch = table.getChild(field.name)?.data[0] as AnyBatch | undefined;
  const rows = starts[index + 1] - starts[index];
  if (batch?.length !== rows) {
    const expected = `expected ${rows} rows of "${field.name}" in batch ${index}`;
    return refuse(corrupt(bytes.name, `${expected}, current value is ${batch?.length ?? "none"}`));
  }
  return batch;
}

const isNull = ({ nullCount, validity }: AnyBatch, i: number): boolean =>
  nullCount > 0 && validity !== undefined && validity.length > i >> 3 &&
  (validity[i >> 3] & 1 << (i & 7)) === 0;

/** Copies lists, one after the other, each of which must have `width` numbers. */
function copyLists(table: Table, at: At, width: number, into: Float32Array): void {
  const batch = batchOf(table, at);
  const { first, count, file: { library } } = at;
  const fixed = batch.type.typeId === library.Type.FixedSizeList;
  const start = fixed ? first * width : Number(batch.offsets![first]);
  for (let i = first; i < first + count; i++) {
    if (isNull(batch, i)) rowError(at, `${width} numbers`, "null", i);
    const length = fixed ? width : Number(batch.offsets![i + 1]) - Number(batch.offsets![i]);
    if (length !== width) {
      rowError(at, `${width} numbers, as the first row has,`, String(length), i);
    }
  }
  copyNumbers(batch.children[0], { ...at, first: 0 }, start, count * width, into, 1, width);
}

/** Copies numbers `stride` apart. */
function copyNumbers(
  batch: AnyBatch,
  at: At,
  from: number,
  count: number,
  into: Float32Array,
  stride: number,
  perRow = 1,
): void {
  const values = batch.values as Float32Array;
  if (!(from >= 0 && from + count <= values.length)) {
    const row = Math.floor((values.length - from) / perRow);
    rowError(at, "numbers", "the end of its buffer", at.first + Math.max(0, row));
  }
  for (let i = from; batch.nullCount > 0 && i < from + count; i++) {
    if (isNull(batch, i)) rowError(at, "numbers", "null", Math.floor(i / perRow));
  }
  const half = values instanceof Uint16Array && batch.type.typeId === at.file.library.Type.Float;
  const table = half ? halfTable() : null;
  if (stride === 1 && table === null && !(values instanceof BigInt64Array)) {
    into.set(values.subarray(from, from + count));
    return;
  }
  for (let i = 0; i < count; i++) {
    const value = values[from + i];
    into[i * stride] = table === null ? Number(value) : table[value];
  }
}

async function firstLength(file: Arrow, field: Field): Promise<number> {
  const index = file.starts.findLastIndex((start) => start === 0);
  const at = { file, index, field, first: 0, count: 1 };
  const batch = batchOf(await file.batch(index), at);
  if (isNull(batch, 0)) rowError(at, "numbers", "null", 0);
  const { stride } = batch.type as unknown as { readonly stride?: number };
  const length = stride ?? Number(batch.offsets![1]) - Number(batch.offsets![0]);
  const most = batch.children[0].values.length;
  return length > 0 && length <= most ? length : rowError(at, "numbers", `${length} of them`, 0);
}

/** Reads a column of single values whole. */
async function columnOf(file: Arrow, name: string): Promise<readonly ColumnValue[]> {
  const { Type } = file.library;
  const readable: readonly number[] = [
    ...[Type.Int, Type.Float, Type.Bool, Type.Utf8, Type.LargeUtf8, Type.Dictionary],
  ];
  const single = file.fields.filter(({ type }) => readable.includes(type.typeId));
  const field = single.find((one) => one.name === name) ??
    noColumn(file.bytes.name, name, single.map((one) => one.name));
  const found: ColumnValue[] = [];
  for (let index = 0; index + 1 < file.starts.length; index++) {
    const batch = batchOf(await file.batch(index), { file, index, field });
    const there = batch.offsets === undefined
      ? batch.values.length * (field.type.typeId === Type.Bool ? 8 : 1)
      : batch.offsets.length - 1;
    for (let i = 0; i < batch.length; i++) {
      const value = i < there && !isNull(batch, i) ? batch.at(i) : null;
      found.push(columnValue(file.bytes.name, value, file.starts[index] + i, name));
    }
  }
  return found;
}
