/**
 * Messages of Arrow's files, checked before flechette reads them: it trusts the declared lengths of a FlatBuffer's
 * vectors.
 *
 * @module
 * @see https://arrow.apache.org/docs/format/Columnar.html#serialization-and-interprocess-communication-ipc
 * @see https://flatbuffers.dev/internals/
 */

/** Kinds of messages, as Arrow numbers them. */
export const MESSAGE = { schema: 1, dictionary: 2, batch: 3 } as const;

/** Number of values that a dictionary may have: a constant, and more for each byte, which may be compressed. */
const [SMALL, GROWTH] = [1024, 256];

/** The header of a message. */
export interface Message {
  /** One of {@linkcode MESSAGE}. */
  readonly type: number;
  /** Bytes that follow its metadata. */
  readonly bodyLength: number;
  /** Rows of a batch; 0 of other messages. */
  readonly rows: number;
}

/** Type of a union among Arrow's types. */
const UNION = 14;

/** The tables of a FlatBuffer that are read, with their fields by number. */
interface Tables {
  /** The place of a field; 0 where the table does not have it. */
  readonly field: (table: number, index: number) => number;
  /** The table that a field refers to. */
  readonly table: (field: number) => number;
  /** The places of a vector's elements. */
  readonly vector: (field: number, stride: number) => readonly number[];
  /** Compares a vector's length with the bytes. */
  readonly check: (field: number, stride: number) => void;
}

function tablesOf(view: DataView): Tables {
  const size = view.byteLength;
  let visited = 0;
  const refuse = (what: string, at: number): never => {
    throw new RangeError(
      `expected ${what} within ${size} bytes of metadata, current value is one at byte ${at}`,
    );
  };
  const table = (field: number): number => {
    const to = field + view.getUint32(field, true);
    // Each table takes 4 bytes at least, so that more of them are some of them again.
    return to > field && to + 4 <= size && ++visited <= size ? to : refuse("a table", to);
  };
  const extent = (field: number, stride: number): readonly [number, number] => {
    const at = field + view.getUint32(field, true);
    if (!(at > field && at + 4 <= size)) refuse("a vector", at);
    const count = view.getUint32(at, true);
    return at + 4 + count * stride <= size ? [at + 4, count] : refuse(`a vector of ${count}`, at);
  };
  return {
    field: (at, index) => {
      const fields = at - view.getInt32(at, true);
      if (!(fields >= 0 && fields + 4 <= size)) refuse("the fields of a table", fields);
      if (4 + 2 * index >= view.getUint16(fields, true)) return 0;
      const offset = view.getUint16(fields + 4 + 2 * index, true);
      if (offset === 0) return 0;
      return offset < 0x8000 && at + offset < size ? at + offset : refuse("a field", at + offset);
    },
    table,
    vector: (field, stride) => {
      const [from, count] = extent(field, stride);
      return Array.from({ length: count }, (_, i) => from + i * stride);
    },
    check: (field, stride) => void extent(field, stride),
  };
}

/**
 * Inspects the metadata of a message: its vectors must be in it.
 *
 * @throws {RangeError} Where something is declared that is not there, and for another message than those of files.
 */
export function messageOf(metadata: Uint8Array): Message {
  const view = new DataView(metadata.buffer, metadata.byteOffset, metadata.byteLength);
  const tables = tablesOf(view);
  const { field, table } = tables;
  const root = table(0);
  const [kind, header, body] = [1, 2, 3].map((index) => field(root, index));
  const type = kind === 0 ? 0 : view.getUint8(kind);
  if (header === 0 || type < MESSAGE.schema || type > MESSAGE.batch) {
    throw new RangeError(
      `expected a schema, a dictionary or a batch of records, current value is ${type}`,
    );
  }
  const content = table(header);
  const bodyLength = body === 0 ? 0 : integerAt(view, body);
  if (type === MESSAGE.schema) {
    checkSchema(tables, view, content);
    return { type, bodyLength, rows: 0 };
  }
  if (type === MESSAGE.batch) {
    return { type, bodyLength, rows: checkBatch(tables, view, content).rows };
  }
  const entries = field(content, 1) === 0
    ? 0
    : checkBatch(tables, view, table(field(content, 1))).first;
  // flechette makes an array of a dictionary, as long as it is said to be.
  if (entries > SMALL + GROWTH * bodyLength) {
    throw new RangeError(
      `expected a dictionary of ${bodyLength} bytes, current value is ${entries} values`,
    );
  }
  return { type, bodyLength, rows: 0 };
}

const integerAt = (view: DataView, at: number): number => {
  const value = Number(view.getBigInt64(at, true));
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(`expected a number of bytes or rows, current value is ${value}`);
  }
  return value;
};

/**
 * A batch of records: length, nodes, buffers, compression, and counts of further buffers.
 *
 * @returns The number of rows, and the declared length of the first column.
 */
function checkBatch({ field, vector, check }: Tables, view: DataView, batch: number) {
  const [length, nodes, buffers, , variadic] = [0, 1, 2, 3, 4].map((index) => field(batch, index));
  const [first] = nodes === 0 ? [] : vector(nodes, 16);
  if (buffers !== 0) check(buffers, 16);
  if (variadic !== 0) check(variadic, 8);
  return {
    rows: length === 0 ? 0 : integerAt(view, length),
    first: first === undefined ? 0 : integerAt(view, first),
  };
}

function checkSchema(tables: Tables, view: DataView, schema: number): void {
  const { field, table, vector, check } = tables;
  const pairs = (at: number) => at !== 0 && vector(at, 4).forEach(table);
  const fields = (at: number, depth: number): void => {
    if (at === 0) return;
    if (depth > 64) throw new RangeError("expected at most 64 types in each other");
    for (const place of vector(at, 4)) {
      const one = table(place);
      const [kind, type, , children, metadata] = [2, 3, 4, 5, 6].map((index) => field(one, index));
      if (kind !== 0 && type !== 0 && view.getUint8(kind) === UNION) {
        const ids = field(table(type), 1);
        if (ids !== 0) check(ids, 4);
      }
      fields(children, depth + 1);
      pairs(metadata);
    }
  };
  fields(field(schema, 1), 0);
  pairs(field(schema, 2));
}
