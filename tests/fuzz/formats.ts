/**
 * The formats that are taken apart and put together with the lengths and checksums that they must have: JSON,
 * safetensors, NumPy's files, zip, gzip, tar, IDX and pictures; those of protobuf and Thrift are in `wire.ts`.
 *
 * Lengths and checksums are fields of their own, null where they are to be right.
 *
 * @module
 */
import { crc32, deflateSync, gunzipSync, gzipSync, inflateRawSync, inflateSync } from "node:zlib";
import { joined } from "./mutate.ts";
import {
  bytesOf,
  field,
  type Fields,
  fieldsOf,
  type Format,
  isFields,
  isInside,
  isList,
  numberOf,
  partsOf,
  textOf,
  type Tree,
} from "./tree.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const latin1 = new TextDecoder("latin1");

/** Text as bytes of one character each. */
const ascii = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));

/** A number in as many bytes; wrong numbers are cut. */
function word(value: number, bytes: number, little = true): Uint8Array {
  const large = BigInt.asUintN(64, BigInt(Number.isFinite(value) ? Math.trunc(value) : 0));
  const word = Uint8Array.from({ length: bytes }, (_, i) => Number(large >> BigInt(8 * i) & 255n));
  return little ? word : word.reverse();
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

// ---- JSON

function fromJson(value: unknown): Tree {
  if (Array.isArray(value)) return value.map(fromJson);
  if (typeof value === "object" && value !== null) {
    return { fields: Object.entries(value).map(([name, part]) => [name, fromJson(part)]) };
  }
  if (typeof value === "string" && /^[[{]/.test(value)) {
    try {
      return { inside: fromJson(JSON.parse(value)), format: json };
    } catch { /* It is a text. */ }
  }
  return value as Tree;
}

function toJson(tree: Tree): string {
  if (isList(tree)) return `[${tree.map(toJson).join()}]`;
  if (isFields(tree)) {
    return `{${
      tree.fields.map(([name, part]) => `${JSON.stringify(name)}:${toJson(part)}`).join()
    }}`;
  }
  if (isInside(tree)) return JSON.stringify(textOf(tree));
  if (tree instanceof Uint8Array) return JSON.stringify(latin1.decode(tree));
  if (typeof tree === "number" && !Number.isNaN(tree)) {
    return Object.is(tree, -0) ? "-0" : String(tree).replace("Infinity", "1e999");
  }
  return typeof tree === "string" ? JSON.stringify(tree) : String(tree);
}

/** JSON; texts in it that are JSON are taken apart too. */
export const json: Format = {
  open: (file) => fromJson(JSON.parse(decoder.decode(file))),
  close: (tree) => encoder.encode(toJson(tree)),
};

/** Lines of JSON. */
export const jsonLines: Format = {
  open: (file) => decoder.decode(file).trim().split("\n").map((line) => fromJson(JSON.parse(line))),
  close: (tree) => encoder.encode(partsOf(tree).map((line) => `${toJson(line)}\n`).join("")),
};

// ---- safetensors

const bytesPerNumber: Readonly<Record<string, number>> = { F32: 4, I64: 8, I32: 4, U32: 4, U8: 1 };

/** Last change of a file, such as giving it the right checksum. */
export type Seal = (
  file: Uint8Array,
  tensors: readonly (readonly [string, Uint8Array])[],
) => Uint8Array;

/**
 * Safetensors, whose offsets follow from the tensors.
 *
 * @param seal Gives the metadata the checksums that it must have. @default there are none
 */
export const safetensors = (seal: Seal = (file) => file): Format => ({
  open: (file) => {
    const length = Number(viewOf(file).getBigUint64(0, true));
    const { __metadata__: metadata = {}, ...tensors } = JSON.parse(
      decoder.decode(file.subarray(8, 8 + length)),
    );
    return fieldsOf({
      metadata: fromJson(metadata),
      tensors: {
        fields: Object.entries(tensors as Record<string, Record<string, unknown>>)
          .toSorted(([, a], [, b]) =>
            Number((a.data_offsets as number[])[0]) -
            Number((b.data_offsets as number[])[0])
          )
          .map(([name, { dtype, shape, data_offsets }]) => {
            const [begin, end] = data_offsets as number[];
            const data = file.slice(8 + length + begin, 8 + length + end);
            return [name, fieldsOf({ dtype: fromJson(dtype), shape: fromJson(shape), data })];
          }),
      },
      offsets: null,
      header: null,
    });
  },
  close: (tree) => {
    const tensors = field(tree, "tensors");
    const named = tensors !== undefined && isFields(tensors) ? tensors.fields : [];
    let at = 0;
    const offsets = field(tree, "offsets");
    const parts = named.map(([name, tensor]) => {
      const data = bytesOf(field(tensor, "data"));
      const begin = at;
      at += data.length;
      const places = offsets === null || offsets === undefined ? [begin, at] : offsets;
      const entry: Fields = {
        fields: [
          ["dtype", field(tensor, "dtype") ?? "F32"],
          ["shape", field(tensor, "shape") ?? [data.length / 4]],
          ["data_offsets", places],
        ],
      };
      return { name, data, entry };
    });
    const header = encoder.encode(toJson({
      fields: [
        ["__metadata__", field(tree, "metadata") ?? null],
        ...parts.map(({ name, entry }) => [name, entry] as const),
      ],
    }));
    const length = numberOf(field(tree, "header"), header.length);
    const file = joined(word(length, 8), header, ...parts.map(({ data }) => data));
    return seal(file, parts.map(({ name, data }) => [name, data]));
  },
});

/** The bytes of a number of a tensor's type; 0 for one that is not known. */
export const sizeOfType = (type: string): number => bytesPerNumber[type] ?? 0;

// ---- NumPy's arrays, and archives of them

/** An array of NumPy. */
export const npy: Format = {
  open: (file) => {
    const [from, length] = file[6] === 1
      ? [10, viewOf(file).getUint16(8, true)]
      : [12, viewOf(file).getUint32(8, true)];
    const text = latin1.decode(file.subarray(from, from + length));
    const data = file.slice(from + length);
    return fieldsOf({
      version: file[6],
      descr: /'descr': *'([^']*)'/.exec(text)![1],
      order: /'fortran_order': *(\w+)/.exec(text)![1],
      shape: /'shape': *\(([^)]*)\)/.exec(text)![1].split(",").filter((n) => n.trim() !== "")
        .map(Number),
      length: null,
      data: looksLikeJson(data) ? { inside: json.open(data), format: json } : data,
    });
  },
  close: (tree) => {
    const shape = field(tree, "shape") ?? [];
    const extents = isList(shape) ? shape.map((n) => textOf(n)) : [textOf(shape)];
    // What is inside has the length that it has.
    const inner = field(tree, "data");
    const data = bytesOf(inner);
    if (inner !== undefined && isInside(inner)) extents.splice(0, Infinity, String(data.length));
    const text = `{'descr': '${textOf(field(tree, "descr"))}', ` +
      `'fortran_order': ${textOf(field(tree, "order"))}, ` +
      `'shape': (${extents.join(", ")}${extents.length === 1 ? "," : ""}), }\n`;
    const version = numberOf(field(tree, "version"), 1);
    const bytes = version === 1 ? 2 : 4;
    const header = ascii(text.padEnd(Math.ceil((8 + bytes + text.length) / 64) * 64 - 8 - bytes));
    const length = numberOf(field(tree, "length"), header.length);
    return joined(
      ascii("\x93NUMPY"),
      Uint8Array.of(version, 0),
      word(length, bytes),
      header,
      data,
    );
  },
};

const looksLikeJson = (bytes: Uint8Array): boolean => {
  if (bytes[0] !== 0x7b) return false;
  try {
    json.open(bytes);
    return true;
  } catch {
    return false;
  }
};

/** A zip archive of NumPy's arrays. */
export const npz: Format = {
  open: (file) => {
    const view = viewOf(file);
    const end = file.length - 22;
    const count = view.getUint16(end + 10, true);
    const entries: Tree[] = [];
    for (let i = 0, at = view.getUint32(end + 16, true); i < count; i++) {
      const [method, packed] = [view.getUint16(at + 10, true), view.getUint32(at + 20, true)];
      const [name, extra, comment] = [28, 30, 32].map((field) => view.getUint16(at + field, true));
      const local = view.getUint32(at + 42, true);
      const from = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
      const content = file.slice(from, from + packed);
      const whole = method === 8 ? Uint8Array.from(inflateRawSync(content)) : content;
      entries.push(fieldsOf({
        name: decoder.decode(file.subarray(at + 46, at + 46 + name)),
        content: { inside: npy.open(whole), format: npy },
        method: 0,
        flags: 0,
        size: null,
        packed: null,
        checksum: null,
      }));
      at += 46 + name + extra + comment;
    }
    return fieldsOf({ entries, count: null, directory: null });
  },
  close: (tree) => {
    const locals: Uint8Array[] = [];
    const central: Uint8Array[] = [];
    let at = 0;
    const entries = partsOf(field(tree, "entries"));
    for (const entry of entries) {
      const name = encoder.encode(textOf(field(entry, "name")));
      const data = bytesOf(field(entry, "content"));
      const about = joined(
        word(numberOf(field(entry, "flags")), 2),
        word(numberOf(field(entry, "method")), 2),
        word(0x21_0000, 4),
        word(numberOf(field(entry, "checksum"), crc32(data)), 4),
        word(numberOf(field(entry, "packed"), data.length), 4),
        word(numberOf(field(entry, "size"), data.length), 4),
        word(name.length, 2),
        word(0, 2),
      );
      const local = joined(ascii("PK\x03\x04"), word(20, 2), about, name, data);
      central.push(
        joined(
          ascii("PK\x01\x02"),
          word(20, 2),
          word(20, 2),
          about,
          word(0, 10),
          word(at, 4),
          name,
        ),
      );
      locals.push(local);
      at += local.length;
    }
    const directory = joined(...central);
    const count = word(numberOf(field(tree, "count"), entries.length), 2);
    return joined(
      ...locals,
      directory,
      ascii("PK\x05\x06"),
      word(0, 4),
      count,
      count,
      word(directory.length, 4),
      word(numberOf(field(tree, "directory"), at), 4),
      word(0, 2),
    );
  },
};

// ---- Archives and arrays of datasets

/** Format of a file that is compressed by gzip. */
export const gzipped = (inner: Format): Format => ({
  open: (file) => ({ inside: inner.open(Uint8Array.from(gunzipSync(file))), format: inner }),
  close: (tree) => Uint8Array.from(gzipSync(bytesOf(tree), { level: 1 })),
});

/** Bytes without a structure. */
export const plain: Format = { open: (file) => file, close: bytesOf };

const BLOCK = 512;

/** A tar archive. */
export const tar: Format = {
  open: (file) => {
    const entries: Tree[] = [];
    for (let at = 0; at + BLOCK <= file.length && file[at] !== 0;) {
      const text = (from: number, length: number) =>
        latin1.decode(file.subarray(at + from, at + from + length)).replace(/\0.*/s, "");
      const size = parseInt(text(124, 12), 8);
      entries.push(fieldsOf({
        name: text(0, 100),
        type: text(156, 1) || "0",
        prefix: text(345, 155),
        magic: "ustar\0" + "00",
        size: null,
        checksum: null,
        content: file.slice(at + BLOCK, at + BLOCK + size),
      }));
      at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    }
    return entries;
  },
  close: (tree) =>
    joined(
      ...partsOf(tree).flatMap((entry) => {
        const header = new Uint8Array(BLOCK);
        const content = bytesOf(field(entry, "content"));
        const put = (text: string, at: number, length: number) =>
          header.set(ascii(text).subarray(0, length), at);
        const octal = (value: number) =>
          value >= 0 ? Math.min(value, 2 ** 53).toString(8).padStart(11, "0") : String(value);
        put(textOf(field(entry, "name")), 0, 100);
        put(octal(numberOf(field(entry, "size"), content.length)), 124, 12);
        put(textOf(field(entry, "type")), 156, 1);
        put(textOf(field(entry, "magic")), 257, 8);
        put(textOf(field(entry, "prefix")), 345, 155);
        const sum = header.reduce((sum, byte) => sum + byte, 8 * 0x20);
        put(octal(numberOf(field(entry, "checksum"), sum)).slice(-7), 148, 8);
        return [header, content, new Uint8Array((BLOCK - content.length % BLOCK) % BLOCK)];
      }),
      new Uint8Array(2 * BLOCK),
    ),
};

/** An array in the format of MNIST. */
export const idx: Format = {
  open: (file) => {
    const rank = file[3];
    return fieldsOf({
      type: file[2],
      dims: Array.from({ length: rank }, (_, i) => viewOf(file).getUint32(4 + 4 * i)),
      rank: null,
      data: file.slice(4 + 4 * rank),
    });
  },
  close: (tree) => {
    const dims = partsOf(field(tree, "dims"));
    return joined(
      word(0, 2),
      word(numberOf(field(tree, "type"), 8), 1),
      word(numberOf(field(tree, "rank"), dims.length), 1),
      ...dims.map((size) => word(numberOf(size), 4, false)),
      bytesOf(field(tree, "data")),
    );
  },
};

// ---- Pictures

/** Format of bytes that are compressed as in a PNG. */
const deflated: Format = {
  open: (file) => Uint8Array.from(inflateSync(file)),
  close: (tree) => Uint8Array.from(deflateSync(bytesOf(tree), { level: 1 })),
};

/** The chunks of a PNG. */
export const png: Format = {
  open: (file) => {
    const chunks: Tree[] = [];
    for (let at = 8; at + 12 <= file.length;) {
      const length = viewOf(file).getUint32(at);
      const type = latin1.decode(file.subarray(at + 4, at + 8));
      const data = file.slice(at + 8, at + 8 + length);
      const whole = type === "IDAT" && chunks.every((chunk) => field(chunk, "type") !== "IDAT");
      chunks.push(fieldsOf({
        type,
        data: whole && isDeflated(data) ? { inside: deflated.open(data), format: deflated } : data,
        length: null,
        checksum: null,
      }));
      at += 12 + length;
    }
    return chunks;
  },
  close: (tree) =>
    joined(
      ascii("\x89PNG\r\n\x1a\n"),
      ...partsOf(tree).flatMap((chunk) => {
        const body = joined(
          ascii(textOf(field(chunk, "type")).padEnd(4).slice(0, 4)),
          bytesOf(field(chunk, "data")),
        );
        return [
          word(numberOf(field(chunk, "length"), body.length - 4), 4, false),
          body,
          word(numberOf(field(chunk, "checksum"), crc32(body)), 4, false),
        ];
      }),
    ),
};

function isDeflated(data: Uint8Array): boolean {
  try {
    inflateSync(data);
    return true;
  } catch {
    return false;
  }
}

/** The segments of a JPEG; what follows a scan's header belongs to it. */
export const jpeg: Format = {
  open: (file) => {
    const segments: Tree[] = [];
    for (let at = 2; at + 4 <= file.length && file[at] === 0xff;) {
      const marker = file[at + 1];
      const length = viewOf(file).getUint16(at + 2);
      let end = at + 2 + length;
      if (marker === 0xda) {
        // Pixels go on to the next marker that is none of theirs.
        while (end < file.length - 1) {
          const next = file[end + 1];
          if (file[end] === 0xff && next !== 0 && !(next >= 0xd0 && next <= 0xd7)) break;
          end++;
        }
      }
      segments.push(fieldsOf({
        marker,
        data: file.slice(at + 4, at + 2 + length),
        length: null,
        pixels: file.slice(at + 2 + length, end),
      }));
      at = end;
      if (file[at + 1] === 0xd9) break;
    }
    return segments;
  },
  close: (tree) =>
    joined(
      Uint8Array.of(0xff, 0xd8),
      ...partsOf(tree).flatMap((segment) => {
        const data = bytesOf(field(segment, "data"));
        return [
          Uint8Array.of(0xff, numberOf(field(segment, "marker"))),
          word(numberOf(field(segment, "length"), data.length + 2), 2, false),
          data,
          bytesOf(field(segment, "pixels")),
        ];
      }),
      Uint8Array.of(0xff, 0xd9),
    ),
};

/** Boxes that hold others, in an ISO media file. */
const holders = ["moov", "trak", "mdia", "minf", "stbl", "iprp", "ipco", "dinf"];

/** The boxes of an AVIF or HEIC; `meta` and `iinf` have a head of their own before those in them. */
export const boxes: Format = {
  open: (file) => {
    const found: Tree[] = [];
    for (let at = 0; at + 8 <= file.length;) {
      const length = viewOf(file).getUint32(at);
      if (length < 8 || at + length > file.length) return file;
      const type = latin1.decode(file.subarray(at + 4, at + 8));
      const head = type === "meta" ? 4 : type === "iinf" ? 6 : holders.includes(type) ? 0 : null;
      const data = file.slice(at + 8, at + length);
      found.push(fieldsOf({
        type,
        head: data.slice(0, head ?? 0),
        data: head === null ? data : { inside: boxes.open(data.slice(head)), format: boxes },
        length: null,
      }));
      at += length;
    }
    return found;
  },
  close: (tree) =>
    !isList(tree) ? bytesOf(tree) : joined(...tree.flatMap((box) => {
      const data = joined(bytesOf(field(box, "head")), bytesOf(field(box, "data")));
      return [
        word(numberOf(field(box, "length"), data.length + 8), 4, false),
        ascii(textOf(field(box, "type")).padEnd(4).slice(0, 4)),
        data,
      ];
    })),
};

/** The chunks of a WebP. */
export const riff: Format = {
  open: (file) => {
    const chunks: Tree[] = [];
    for (let at = 12; at + 8 <= file.length;) {
      const length = viewOf(file).getUint32(at + 4, true);
      chunks.push(fieldsOf({
        type: latin1.decode(file.subarray(at, at + 4)),
        data: file.slice(at + 8, at + 8 + length),
        length: null,
      }));
      at += 8 + length + length % 2;
    }
    return chunks;
  },
  close: (tree) => {
    const body = joined(
      ...partsOf(tree).flatMap((chunk) => {
        const data = bytesOf(field(chunk, "data"));
        return [
          ascii(textOf(field(chunk, "type")).padEnd(4).slice(0, 4)),
          word(numberOf(field(chunk, "length"), data.length), 4),
          data,
          new Uint8Array(data.length % 2),
        ];
      }),
    );
    return joined(ascii("RIFF"), word(body.length + 4, 4), ascii("WEBP"), body);
  },
};
