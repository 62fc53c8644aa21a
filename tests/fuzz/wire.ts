/**
 * Formats whose fields have numbers: protobuf, of which ONNX is made, and Thrift's compact protocol, of which Parquet's
 * metadata is. Both are taken apart without a schema.
 *
 * @module
 */
import { joined } from "./mutate.ts";
import {
  bytesOf,
  field,
  type Fields,
  fieldsOf,
  type Format,
  isFields,
  isList,
  partsOf,
  textOf,
  type Tree,
} from "./tree.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** A text that is printable, or null. */
function printable(bytes: Uint8Array): string | null {
  try {
    const text = utf8.decode(bytes);
    return /^[\x20-\x7e]+$/.test(text) ? text : null;
  } catch {
    return null;
  }
}

function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let left = BigInt.asUintN(64, value);
  do {
    const more = left > 127n;
    bytes.push(Number(left & 127n) | (more ? 128 : 0));
    left >>= 7n;
  } while (left > 0n);
  return Uint8Array.from(bytes);
}

/** A whole number of any part. */
function integerOf(tree: Tree | undefined): bigint {
  if (typeof tree === "bigint") return tree;
  const number = Number(typeof tree === "object" && tree !== null ? partsOf(tree).length : tree);
  return Number.isFinite(number) ? BigInt(Math.trunc(number)) : 0n;
}

/** A reader of bytes that says where it is. */
function readerOf(bytes: Uint8Array) {
  let at = 0;
  const next = (): number => {
    if (at >= bytes.length) throw new RangeError("the end");
    return bytes[at++];
  };
  return {
    at: () => at,
    next,
    take: (count: number): Uint8Array => {
      if (!(count >= 0 && at + count <= bytes.length)) throw new RangeError("the end");
      at += count;
      return bytes.slice(at - count, at);
    },
    varint: (): bigint => {
      let value = 0n;
      for (let shift = 0n; shift < 70n; shift += 7n) {
        const byte = next();
        value |= BigInt(byte & 127) << shift;
        if (byte < 128) return BigInt.asUintN(64, value);
      }
      throw new RangeError("a number without an end");
    },
  };
}

// ---- Protobuf

/** Messages in each other. */
const DEEPEST = 12;

/** The fields of a message, "number:wire type"; null where the bytes are none. */
function messageOf(bytes: Uint8Array, depth: number): Fields | null {
  const reader = readerOf(bytes);
  const fields: (readonly [string, Tree])[] = [];
  try {
    while (reader.at() < bytes.length) {
      const tag = reader.varint();
      const [number, wire] = [tag >> 3n, Number(tag & 7n)];
      if (number === 0n || number > 100n || ![0, 1, 2, 5].includes(wire)) return null;
      const name = `${number}:${wire}`;
      if (wire === 0) fields.push([name, reader.varint()]);
      else if (wire !== 2) fields.push([name, reader.take(wire === 1 ? 8 : 4)]);
      else {
        const part = reader.take(Number(reader.varint()));
        const text = printable(part);
        const inner = text === null && depth < DEEPEST && part.length > 1
          ? messageOf(part, depth + 1)
          : null;
        fields.push([name, inner ?? text ?? part]);
      }
    }
  } catch {
    return null;
  }
  return { fields };
}

function messageBytes({ fields }: Fields): Uint8Array {
  return joined(...fields.flatMap(([name, value]) => {
    const [, number = "1", wire = "2"] = /^(\d{1,3}):(\d)$/.exec(name) ?? [];
    const tag = varint(BigInt(number) << 3n | BigInt(wire));
    if (wire === "0") return [tag, varint(integerOf(value))];
    if (wire === "1" || wire === "5") {
      const part = new Uint8Array(wire === "1" ? 8 : 4);
      if (typeof value === "number") new DataView(part.buffer).setFloat32(0, value, true);
      else part.set(bytesOf(value).subarray(0, part.length));
      return [tag, part];
    }
    const part = isFields(value)
      ? messageBytes(value)
      : isList(value)
      ? joined(...value.map((one) => varint(integerOf(one))))
      : bytesOf(value);
    return [tag, varint(BigInt(part.length)), part];
  }));
}

/** A protobuf message. */
export const protobuf: Format = {
  open: (file) => messageOf(file, 0) ?? file,
  close: (tree) => isFields(tree) ? messageBytes(tree) : bytesOf(tree),
};

// ---- Thrift, and Parquet

const [STOP, TRUE, FALSE, BYTE, DOUBLE, BINARY, LIST, SET, STRUCT] = [0, 1, 2, 3, 7, 8, 9, 10, 12];

const unzigzag = (value: bigint): bigint => (value >> 1n) ^ -(value & 1n);
const zigzag = (value: bigint): bigint =>
  BigInt.asUintN(64, value >= 0n ? value << 1n : (-value << 1n) - 1n);

function structOf(reader: ReturnType<typeof readerOf>): Fields {
  const fields: (readonly [string, Tree])[] = [];
  let id = 0n;
  for (let head = reader.next(); (head & 15) !== STOP; head = reader.next()) {
    id = head >> 4 === 0 ? unzigzag(reader.varint()) : id + BigInt(head >> 4);
    const type = head & 15;
    fields.push([
      `${id}:${type}`,
      type === TRUE || type === FALSE ? type === TRUE : elementOf(reader, type),
    ]);
  }
  return { fields };
}

function elementOf(reader: ReturnType<typeof readerOf>, type: number): Tree {
  if (type <= BYTE) return BigInt(reader.next());
  if (type < DOUBLE) return unzigzag(reader.varint());
  if (type === DOUBLE) return reader.take(8);
  if (type === BINARY) {
    const bytes = reader.take(Number(reader.varint()));
    return printable(bytes) ?? bytes;
  }
  if (type === STRUCT) return structOf(reader);
  const head = reader.next();
  const count = head >> 4 === 15 ? Number(reader.varint()) : head >> 4;
  const inner = head & 15;
  return {
    fields: Array.from({ length: count }, () => [`#${inner}`, elementOf(reader, inner)] as const),
  };
}

function structBytes(tree: Tree | undefined): Uint8Array {
  const fields = tree !== undefined && isFields(tree) ? tree.fields : [];
  const parts: Uint8Array[] = [];
  for (const [name, value] of fields) {
    const [, id = "1", type = "8"] = /^(-?\d{1,6}):(\d{1,2})$/.exec(name) ?? [];
    const isFlag = Number(type) === TRUE || Number(type) === FALSE;
    const written = isFlag ? (value === true ? TRUE : FALSE) : Number(type) & 15;
    parts.push(
      Uint8Array.of(written),
      varint(zigzag(BigInt(id))),
      isFlag ? new Uint8Array() : elementBytes(value, written),
    );
  }
  return joined(...parts, Uint8Array.of(STOP));
}

function elementBytes(tree: Tree, type: number): Uint8Array {
  if (type <= BYTE) return Uint8Array.of(Number(BigInt.asUintN(8, integerOf(tree))));
  if (type < DOUBLE) return varint(zigzag(BigInt.asIntN(64, integerOf(tree))));
  if (type === DOUBLE) return joined(bytesOf(tree), new Uint8Array(8)).subarray(0, 8);
  if (type === BINARY) {
    const bytes = bytesOf(tree);
    return joined(varint(BigInt(bytes.length)), bytes);
  }
  if (type === STRUCT) return structBytes(tree);
  if (type !== LIST && type !== SET) return bytesOf(tree);
  const items = isFields(tree) ? tree.fields : [];
  const inner = Number(/^#(\d{1,2})$/.exec(items[0]?.[0] ?? "")?.[1] ?? BINARY) & 15;
  const head = items.length < 15
    ? Uint8Array.of(items.length << 4 | inner)
    : joined(Uint8Array.of(0xf0 | inner), varint(BigInt(items.length)));
  return joined(head, ...items.map(([, item]) => elementBytes(item, inner)));
}

/** A Parquet file: the bytes before its metadata, and the metadata. */
export const parquet: Format = {
  open: (file) => {
    const length = new DataView(file.buffer, file.byteOffset).getUint32(file.length - 8, true);
    const from = file.length - 8 - length;
    return fieldsOf({
      body: file.slice(0, from),
      metadata: structOf(readerOf(file.slice(from, from + length))),
      end: "PAR1",
    });
  },
  close: (tree) => {
    const metadata = structBytes(field(tree, "metadata"));
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, metadata.length, true);
    return joined(
      bytesOf(field(tree, "body")),
      metadata,
      length,
      new TextEncoder().encode(textOf(field(tree, "end"))),
    );
  },
};
