/**
 * The safetensors format: 8 bytes of header length, a JSON header, the tensors' bytes.
 *
 * Source: https://github.com/huggingface/safetensors, "Format". Little-endian, row-major.
 *
 * @module
 */
import type { CorruptFile } from "../../graph/error.ts";
import { E } from "../../graph/fp_ts.ts";
import type { ParamArrays } from "../../graph/params.ts";
import { sizeOf } from "../../graph/shape.ts";
import { isCounts, isRecord, parseJson } from "./json.ts";

/** Float32 tensors by name, and text by name. */
export interface Safetensors {
  /** Tensors, in the order in which they are written. */
  readonly tensors: ParamArrays;
  /** Texts, written under "__metadata__". */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The largest header that the format allows, in bytes. */
const MOST_HEADER = 100_000_000;

/**
 * Writes a safetensors file.
 *
 * @param content Tensors by name, and the metadata.
 *
 * @example
 * ```ts
 * import { readSafetensors, writeSafetensors } from "./safetensors.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const file = {
 *   tensors: { "0.bias": { shape: [2], data: Float32Array.of(1, -0.5) } },
 *   metadata: { format: "sparrow" },
 * };
 * assertEquals(readSafetensors("m.safetensors", writeSafetensors(file)), E.right(file));
 * ```
 */
export function writeSafetensors({ tensors, metadata }: Safetensors): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    const end = offset + data.byteLength;
    header[name] = { dtype: "F32", shape, data_offsets: [offset, end] };
    offset = end;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  // Spaces, so that the tensors begin at a multiple of 8 bytes.
  const length = Math.ceil(text.length / 8) * 8;
  const file = new Uint8Array(8 + length + offset);
  file.fill(0x20, 8, 8 + length);
  new DataView(file.buffer).setBigUint64(0, BigInt(length), true);
  file.set(text, 8);
  let at = 8 + length;
  for (const { data } of Object.values(tensors)) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return file;
}

/**
 * Reads a safetensors file of float32 tensors, checked strictly: sizes, shapes and offsets must agree, without gaps or
 * overlaps.
 *
 * @param file Name of the file in errors.
 * @param bytes Content of the file.
 */
export function readSafetensors(
  file: string,
  bytes: Uint8Array,
): E.Either<CorruptFile, Safetensors> {
  const corrupt = (reason: string): E.Either<CorruptFile, never> =>
    E.left({ _tag: "CorruptFile", file, reason });
  if (bytes.length < 8) {
    return corrupt(`expected a header of at least 8 bytes, current value is ${bytes.length}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = Number(view.getBigUint64(0, true));
  if (length > MOST_HEADER || length > bytes.length - 8) {
    return corrupt(
      `expected a header of at most ${bytes.length - 8} bytes, current value is ${length}`,
    );
  }
  const header = readHeader(file, bytes.subarray(8, 8 + length), bytes.length - 8 - length, {
    F32: 4,
  });
  if (E.isLeft(header)) return header;
  const { entries, metadata } = header.right;
  const body = bytes.subarray(8 + length);
  const tensors = entries.map(({ name, shape, begin, end }) => {
    // A copy: a view of float32 must begin at a multiple of 4 bytes. (Node's Buffer has a slice that is none.)
    const copy = new Uint8Array(body.subarray(begin, end));
    return [name, { shape, data: new Float32Array(copy.buffer) }] as const;
  });
  // Not by assignment: a tensor may be called __proto__.
  return E.right({ tensors: Object.fromEntries(tensors), metadata });
}

/** A tensor as a header has it. */
export interface SafetensorsEntry {
  readonly name: string;
  /** Type of its numbers: "F32". */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** First byte, after the header. */
  readonly begin: number;
  /** Byte after the last. */
  readonly end: number;
}

/**
 * Reads the header of a safetensors file, checked strictly: sizes, shapes and offsets must agree, without gaps or
 * overlaps.
 *
 * @param file Name of the file in errors.
 * @param header The header's bytes.
 * @param size Bytes that the file has after it.
 * @param bytesOf The types that may occur, and the bytes of their numbers.
 * @returns The tensors in the order of their bytes, and the texts; `CorruptFile`.
 */
export function readHeader(
  file: string,
  header: Uint8Array,
  size: number,
  bytesOf: Readonly<Record<string, number>>,
): E.Either<
  CorruptFile,
  { readonly entries: readonly SafetensorsEntry[]; readonly metadata: Safetensors["metadata"] }
> {
  const corrupt = (reason: string): E.Either<CorruptFile, never> =>
    E.left({ _tag: "CorruptFile", file, reason });
  const parsed = parseHeader(header);
  if (parsed === null) return corrupt("expected a JSON object as its header");
  const { __metadata__: metadata = {}, ...tensors } = parsed;
  if (!isTexts(metadata)) return corrupt("expected __metadata__ to hold text only");
  const entries: SafetensorsEntry[] = [];
  let next = 0;
  const sorted = Object.entries(tensors)
    .map(([name, tensor]) => ({ name, entry: asEntry(name, tensor, bytesOf) }))
    .toSorted((a, b) => (a.entry?.begin ?? 0) - (b.entry?.begin ?? 0));
  for (const { name, entry } of sorted) {
    if (entry === null) {
      const types = Object.keys(bytesOf).join(" or ");
      return corrupt(`expected ${name} to have the dtype ${types}, a shape and data_offsets`);
    }
    const { dtype, shape, begin, end } = entry;
    const bytes = bytesOf[dtype] * sizeOf(shape);
    if (begin !== next || end - begin !== bytes || end > size) {
      return corrupt(
        `expected ${name} of shape [${shape}] to take ${bytes} bytes from ${next} of ` +
          `${size} on, current value is ${begin} to ${end}`,
      );
    }
    entries.push(entry);
    next = end;
  }
  return next === size
    ? E.right({ entries, metadata })
    : corrupt(`expected ${next} bytes of tensors, current value is ${size}`);
}

const isTexts = (value: unknown): value is Readonly<Record<string, string>> =>
  isRecord(value) && Object.values(value).every((text) => typeof text === "string");

function parseHeader(bytes: Uint8Array): Readonly<Record<string, unknown>> | null {
  try {
    const json = parseJson(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return isRecord(json) ? json : null;
  } catch {
    return null;
  }
}

function asEntry(
  name: string,
  value: unknown,
  bytesOf: Readonly<Record<string, number>>,
): SafetensorsEntry | null {
  if (!isRecord(value) || typeof value.dtype !== "string") return null;
  const { dtype, shape, data_offsets: offsets } = value;
  if (!Object.hasOwn(bytesOf, dtype)) return null;
  if (!isCounts(shape) || !isCounts(offsets) || offsets.length !== 2) return null;
  return { name, dtype, shape, begin: offsets[0], end: offsets[1] };
}
