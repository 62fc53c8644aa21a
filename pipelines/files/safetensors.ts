/**
 * The safetensors format: 8 bytes of header length, a JSON header, the tensors' bytes.
 *
 * Source: https://github.com/huggingface/safetensors, "Format". Little-endian, row-major.
 *
 * @module
 */
import type { CorruptFile } from "../../graph/error.ts";
import { E } from "../../graph/fp_ts.ts";
import type { ArrayValue, ParamArrays } from "../../graph/params.ts";
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
 * The content of a safetensors file of float32 tensors, checked strictly: sizes, shapes and offsets
 * must agree, without gaps or overlaps.
 *
 * @param file What to call it in an error.
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
  const header = parseHeader(bytes.subarray(8, 8 + length));
  if (header === null) return corrupt("expected a JSON object as its header");
  const { __metadata__: metadata = {}, ...entries } = header;
  if (!isTexts(metadata)) return corrupt("expected __metadata__ to hold text only");

  const body = bytes.subarray(8 + length);
  const tensors: (readonly [string, ArrayValue])[] = [];
  let next = 0;
  const sorted = Object.entries(entries).map(([name, entry]) => ({ name, entry: asEntry(entry) }))
    .toSorted((a, b) => (a.entry?.begin ?? 0) - (b.entry?.begin ?? 0));
  for (const { name, entry } of sorted) {
    if (entry === null) {
      return corrupt(`expected ${name} to have the dtype F32, a shape and data_offsets`);
    }
    const { shape, begin, end } = entry;
    if (begin !== next || end - begin !== 4 * sizeOf(shape) || end > body.length) {
      return corrupt(
        `expected ${name} of shape [${shape}] to take ${4 * sizeOf(shape)} bytes from ${next} of ` +
          `${body.length} on, current value is ${begin} to ${end}`,
      );
    }
    // A copy: a view of float32 must begin at a multiple of 4 bytes. (Node's Buffer has a slice that is none.)
    const copy = new Uint8Array(body.subarray(begin, end));
    tensors.push([name, { shape, data: new Float32Array(copy.buffer) }]);
    next = end;
  }
  return next === body.length
    // Not by assignment: a tensor may be called __proto__.
    ? E.right({ tensors: Object.fromEntries(tensors), metadata })
    : corrupt(`expected ${next} bytes of tensors, current value is ${body.length}`);
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

function asEntry(value: unknown) {
  if (!isRecord(value) || value.dtype !== "F32") return null;
  const { shape, data_offsets: offsets } = value;
  if (!isCounts(shape) || !isCounts(offsets) || offsets.length !== 2) return null;
  return { shape, begin: offsets[0], end: offsets[1] };
}
