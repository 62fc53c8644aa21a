/**
 * Indexes of vectors as files: safetensors, which Python reads in a line.
 *
 *     safetensors.numpy.load_file("index.safetensors")["vectors"]
 *
 * | tensor          | type | shape            | content                                                        |
 * | --------------- | ---- | ---------------- | -------------------------------------------------------------- |
 * | `vectors`       | F32  | [count, width]   | the vectors, in the order of their slots                       |
 * | `ids`           | I64  | [count]          | their ids                                                      |
 * | `inverses`      | F32  | [count]          | 1 / length of each; 0 for a vector of zeros                    |
 * | `codes`         | I32  | [count, winners] | units that each is listed under, −1 for none; [0, winners] without lists |
 * | `rows`          | U8   | [count, bytes]   | 4 bits a number, scale and bias, as `ops/kernels/list_search.ts` has them |
 * | `mean`          | F32  | [width]          | mean of the vectors at length 1                                |
 * | `unit_rows`     | U8   | [units, bytes]   | the units, like the vectors                                    |
 * | `coarse_rows`   | U8   | [coarse, bytes]  | the coarse units, likewise                                     |
 * | `coarse_ranges` | U32  | [coarse, 2]      | first unit and number of units of each coarse unit             |
 *
 * The lists follow from the codes and are not in the file. A CRC-32 of each tensor stands in the metadata.
 *
 * The vectors may be left in the file when it is loaded: a search reads those of its candidates only, so that an index
 * whose vectors are larger than memory can be searched.
 *
 * @module
 */
import { invalidOption, type SparrowError } from "../../graph/error.ts";
import { E, TE } from "../../graph/fp_ts.ts";
import { idTable } from "../../ops/codes/id_table.ts";
import { indexOf, storeOf, type VectorIndex } from "../../ops/codes/vector_index.ts";
import {
  checkBytes,
  layLists,
  readVectors,
  type StoredVectors,
  type VectorStore,
} from "../../ops/codes/vector_store.ts";
import { listMemory, type ListSizes, rowBytes } from "../../ops/kernels/list_search.ts";
import { unavailable, writeThrough } from "./files.ts";
import { isRecord, parseJson } from "./json.ts";
import { readHeader, type SafetensorsEntry } from "./safetensors.ts";

const FORMAT = "sparrow vector index";
const VERSION = "1";

/** Bytes of the header, which is written last, when the checksums are known: spaces fill it. */
const HEADER = 2040;

/** The largest header that is read. */
const MOST_HEADER = 2 ** 20;

const BYTES = { F32: 4, I64: 8, I32: 4, U32: 4, U8: 1 } as const;

/** The types of the tensors. */
const TYPES = {
  vectors: "F32",
  ids: "I64",
  inverses: "F32",
  codes: "I32",
  rows: "U8",
  mean: "F32",
  unit_rows: "U8",
  coarse_rows: "U8",
  coarse_ranges: "U32",
} as const satisfies Readonly<Record<string, keyof typeof BYTES>>;

type Name = keyof typeof TYPES;
const names = Object.keys(TYPES) as readonly Name[];

/** Throws an error for {@linkcode attempted} to return. */
const refuse = (cause: SparrowError): never => {
  throw new Error("", { cause });
};

/** Runs a function that may throw, and returns its error. */
const attempted = <A>(
  operation: "read" | "write",
  path: string,
  work: () => Promise<A>,
): TE.TaskEither<SparrowError, A> =>
  TE.tryCatch(work, (thrown) => {
    const cause = thrown instanceof Error ? thrown.cause : null;
    return isRecord(cause) && "_tag" in cause
      ? cause as unknown as SparrowError
      : unavailable(operation, path, thrown);
  });

/** node:zlib's checksum; loaded with the first index, for a browser has none. */
const checksum = async () => (await import("node:zlib")).crc32;

// ---- Writing

/** Vectors that are gathered at once. */
const AT_ONCE = 4096;

/**
 * Saves an index, whole or not at all. What was removed from the index is not in the file. Until it is saved nothing may
 * be added or removed.
 *
 * @param path Path of the file, which is replaced.
 * @param index Index to save.
 * @returns Nothing; `InvalidOption` where the index was changed since; `FileUnavailable`.
 */
export const saveVectorIndex = (
  path: string,
  index: VectorIndex,
): TE.TaskEither<SparrowError, void> => {
  const store = storeOf(index);
  return E.isLeft(store) ? TE.left(store.left) : writeIndex(
    path,
    () => Promise.resolve(store.right),
    (store) => vectorsOf(store, aliveSlots(store)),
  );
};

/**
 * Writes an index whose vectors come as they are written.
 *
 * @param begin Makes the store.
 * @param vectors Yields all vectors that were not removed, and may add to the store while it does.
 */
export const writeIndex = (
  path: string,
  begin: () => Promise<VectorStore>,
  vectors: (store: VectorStore) => Iterable<Float32Array> | AsyncIterable<Float32Array>,
): TE.TaskEither<SparrowError, void> =>
  attempted("write", path, async () => {
    const crc32 = await checksum();
    const store = await begin();
    await writeThrough(path, async (file) => {
      const header: Record<string, unknown> = {};
      const sums: Record<string, number> = {};
      let offset = 0;
      const write = async (bytes: Uint8Array) => {
        for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
      };
      const section = async (
        name: Name,
        parts: Iterable<ArrayBufferView> | AsyncIterable<ArrayBufferView>,
        shape: () => readonly number[],
      ) => {
        const begin = offset;
        let sum = 0;
        for await (const { buffer, byteOffset, byteLength } of parts) {
          const bytes = new Uint8Array(buffer, byteOffset, byteLength);
          sum = crc32(bytes, sum);
          await write(bytes);
          offset += byteLength;
        }
        header[name] = { dtype: TYPES[name], shape: shape(), data_offsets: [begin, offset] };
        sums[name] = sum;
      };
      await file.seek(8 + HEADER, Deno.SeekMode.Start);
      await section("vectors", vectors(store), () => [store.count, store.width]);
      const { width, winners, mean, ids, inverse, codes, memory } = store;
      if (memory === null) return refuse(invalidOption("the engine", "one without SIMD", "SIMD"));
      const before = store.slots;
      const slots = aliveSlots(store);
      const count = slots.length;
      const { part, stride, sizes: { coarse, units } } = memory;
      await section("ids", wordsOf(ids, slots), () => [count]);
      await section("inverses", gathered(inverse, 1, slots), () => [count]);
      await section(
        "codes",
        units === 0 ? [] : gathered(codes, winners, slots),
        () => [units === 0 ? 0 : count, winners],
      );
      await section(
        "rows",
        gathered(part.rows, stride, slots),
        () => [count, stride],
      );
      await section("mean", [mean], () => [width]);
      await section("unit_rows", [part.unitRows], () => [units, stride]);
      await section("coarse_rows", [part.coarseRows], () => [coarse, stride]);
      await section("coarse_ranges", [part.coarseRanges], () => [coarse, 2]);
      const rows = (header.vectors as { data_offsets: readonly number[] }).data_offsets[1];
      if (store.count !== count || store.slots !== before || rows !== 4 * count * width) {
        return refuse(
          invalidOption("index", "one that was changed while it was saved", "no change"),
        );
      }
      const metadata = { format: FORMAT, version: VERSION, crc32: JSON.stringify(sums) };
      const text = JSON.stringify({ __metadata__: metadata, ...header }).padEnd(HEADER);
      const bytes = new Uint8Array(8 + HEADER);
      new DataView(bytes.buffer).setBigUint64(0, BigInt(HEADER), true);
      new TextEncoder().encodeInto(text, bytes.subarray(8));
      await file.seek(0, Deno.SeekMode.Start);
      await write(bytes);
    });
  });

/** The slots of vectors that were not removed. */
function aliveSlots({ alive, slots, count }: VectorStore): Uint32Array {
  const left = new Uint32Array(count);
  for (let slot = 0, i = 0; slot < slots; slot++) if (alive[slot] === 1) left[i++] = slot;
  return left;
}

/** Parts of some slots, some at a time. */
function* blocksOf(slots: Uint32Array): Generator<Uint32Array> {
  for (let from = 0; from < slots.length; from += AT_ONCE) {
    yield slots.subarray(from, from + AT_ONCE);
  }
}

/** The vectors of some slots, some at a time, in one place. */
export function* vectorsOf(store: VectorStore, slots: Uint32Array): Generator<Float32Array> {
  const room = new Float32Array(Math.min(AT_ONCE, slots.length) * store.width);
  for (const block of blocksOf(slots)) {
    const failed = readVectors(store, block, room);
    if (failed !== null) refuse(failed);
    yield room.subarray(0, block.length * store.width);
  }
}

function* gathered<Numbers extends Float32Array | Int32Array | Int8Array>(
  from: Numbers,
  size: number,
  slots: Uint32Array,
): Generator<Numbers> {
  for (const block of blocksOf(slots)) {
    const part = from.slice(0, 0);
    const room = new (part.constructor as new (length: number) => Numbers)(block.length * size);
    block.forEach((slot, i) => room.set(from.subarray(slot * size, (slot + 1) * size), i * size));
    yield room;
  }
}

/** Ids as integers of 64 bits. */
function* wordsOf(ids: Float64Array, slots: Uint32Array): Generator<Uint32Array> {
  for (const block of blocksOf(slots)) {
    const words = new Uint32Array(2 * block.length);
    block.forEach((slot, i) =>
      words.set([ids[slot] >>> 0, Math.floor(ids[slot] / 2 ** 32)], 2 * i)
    );
    yield words;
  }
}

// ---- Reading

/** Options of {@linkcode loadVectorIndex}. */
export interface LoadVectorIndexOptions {
  /**
   * Whether to leave the vectors in the file, which stays open until {@linkcode closeVectorIndex}: a search reads
   * those of its candidates. Their checksum is not compared then.
   *
   * @default false
   */
  readonly stored?: boolean;
}

/**
 * Loads an index. Nothing is allocated before the sizes that the file declares agree with its length.
 *
 * @param path Path of the file.
 * @param options Options, as {@linkcode LoadVectorIndexOptions} describes them.
 * @returns The index; `FileUnavailable`; `CorruptFile` where the file is not as it was written; `InvalidOption` where
 * it is too large for one memory.
 *
 * @example
 * ```ts
 * import { loadVectorIndex, saveVectorIndex } from "./vector_index.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { buildVectorIndex, searchVectors } from "../../ops/codes/vector_index.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const vectors = (...values: number[]) =>
 *   ({ kind: "dense", count: values.length / 2, width: 2, values: Float32Array.from(values) }) as const;
 * const path = `${await Deno.makeTempDir()}/index.safetensors`;
 * await orThrow(saveVectorIndex(path, orThrow(buildVectorIndex(vectors(1, 0, 0, 1), { ids: [5, 6] }))));
 * const index = await orThrow(loadVectorIndex(path));
 * assertEquals(orThrow(searchVectors(index, vectors(1, 3), { k: 2 })).ids, Float64Array.of(6, 5));
 * ```
 */
export const loadVectorIndex = (
  path: string,
  { stored = false }: LoadVectorIndexOptions = {},
): TE.TaskEither<SparrowError, VectorIndex> =>
  attempted("read", path, async () => {
    const file = Deno.openSync(path);
    let kept = false;
    try {
      const store = await storeIn(path, file, stored);
      kept = stored;
      return indexOf(store);
    } finally {
      if (!kept) file.close();
    }
  });

/**
 * Closes the file in which an index has left its vectors; it cannot be searched then.
 *
 * @param index Index whose vectors are in a file.
 */
export function closeVectorIndex(index: VectorIndex): void {
  const store = storeOf(index);
  if (E.isRight(store)) store.right.stored?.close();
}

async function storeIn(path: string, file: Deno.FsFile, leave: boolean): Promise<VectorStore> {
  const corrupt = (reason: string): never => refuse({ _tag: "CorruptFile", file: path, reason });
  const crc32 = await checksum();
  const { size, isFile } = file.statSync();
  if (!isFile) throw new Error("it is not a file");
  const read = (from: number, into: ArrayBufferView): Uint8Array => {
    const bytes = new Uint8Array(into.buffer, into.byteOffset, into.byteLength);
    if (!readAt(file, from, bytes)) corrupt(`expected ${size} bytes, current value is fewer`);
    return bytes;
  };
  if (size < 8) corrupt(`expected a header of at least 8 bytes, current value is ${size}`);
  const start = read(0, new Uint8Array(8));
  const length = Number(new DataView(start.buffer).getBigUint64(0, true));
  const most = Math.min(MOST_HEADER, size - 8);
  if (length > most) {
    corrupt(`expected a header of at most ${most} bytes, current value is ${length}`);
  }
  const bytes = read(8, new Uint8Array(length));
  const header = readHeader(path, bytes, size - 8 - length, BYTES);
  if (E.isLeft(header)) return refuse(header.left);
  const { entries, metadata } = header.right;
  const sums = parseJson(metadata.crc32 ?? "");
  if (metadata.format !== FORMAT || metadata.version !== VERSION || !isRecord(sums)) {
    const found = JSON.stringify([metadata.format, metadata.version]).slice(0, 80);
    corrupt(`expected the format ["${FORMAT}","${VERSION}"], current value is ${found}`);
  }
  const { at, sizes, winners } = sizesOf(entries, corrupt);
  const tooLarge = checkBytes(sizes);
  if (tooLarge !== null) return refuse(tooLarge);

  const fill = (name: Name, into: ArrayBufferView) => {
    const expected = (sums as Readonly<Record<string, unknown>>)[name];
    const found = crc32(read(8 + length + at[name].begin, into));
    if (found !== expected) {
      corrupt(`expected ${name} to have the CRC-32 ${expected}, current value is ${found}`);
    }
  };
  const { width, rows: count, units } = sizes;
  const words = new Uint32Array(2 * count);
  const store: VectorStore = {
    width,
    winners,
    mean: new Float32Array(width),
    memory: null,
    stored: null,
    values: new Float32Array(leave ? 0 : count * width),
    inverse: new Float32Array(count),
    ids: new Float64Array(count),
    codes: new Int32Array(sizes.entries),
    alive: new Uint8Array(count).fill(1),
    slots: count,
    count,
    capacities: new Uint32Array(units),
    end: 0,
    known: null,
  };
  if (!leave) fill("vectors", store.values);
  fill("ids", words);
  fill("inverses", store.inverse);
  fill("codes", store.codes);
  fill("mean", store.mean);
  const memory = store.memory = listMemory(sizes);
  if (memory !== null) {
    const { part } = memory;
    fill("rows", part.rows);
    fill("unit_rows", part.unitRows);
    fill("coarse_rows", part.coarseRows);
    fill("coarse_ranges", part.coarseRanges);
  }
  for (let i = 0; i < count; i++) store.ids[i] = words[2 * i] + 2 ** 32 * words[2 * i + 1];
  check(store, corrupt);
  layLists(store, { share: 0, more: 0 });
  if (leave) {
    store.stored = storedVectors(path, file, 8 + length + at.vectors.begin, { count, width });
  }
  return store;
}

/** Fills bytes from an offset of a file on; returns whether the file has them all. */
function readAt(file: Deno.FsFile, from: number, bytes: Uint8Array): boolean {
  file.seekSync(from, Deno.SeekMode.Start);
  for (let done = 0; done < bytes.length;) {
    // A system reads at most 2^31 − 1 bytes at once.
    const more = file.readSync(bytes.subarray(done, done + 2 ** 30));
    if (more === null) return false;
    done += more;
  }
  return true;
}

/** Determines the sizes of an index from the tensors of its file. */
function sizesOf(
  entries: readonly SafetensorsEntry[],
  corrupt: (reason: string) => never,
): {
  readonly at: Readonly<Record<Name, SafetensorsEntry>>;
  readonly sizes: ListSizes;
  readonly winners: number;
} {
  const there = entries.map(({ name }) => name);
  if (there.length !== names.length || names.some((name) => !there.includes(name))) {
    const found = there.join(", ").slice(0, 200);
    corrupt(`expected the tensors ${names.join(", ")}, current value is ${found}`);
  }
  const at = Object.fromEntries(entries.map((entry) => [entry.name, entry])) as Record<
    Name,
    SafetensorsEntry
  >;
  const [width] = at.mean.shape;
  const [count] = at.ids.shape;
  const winners = at.codes.shape[1];
  const units = at.unit_rows.shape[0];
  const coarse = at.coarse_rows.shape[0];
  const bytes = rowBytes(width);
  const shapes: Readonly<Record<Name, readonly number[]>> = {
    vectors: [count, width],
    ids: [count],
    inverses: [count],
    codes: [units === 0 ? 0 : count, winners],
    rows: [count, bytes],
    mean: [width],
    unit_rows: [units, bytes],
    coarse_rows: [coarse, bytes],
    coarse_ranges: [coarse, 2],
  };
  for (const name of names) {
    const { dtype, shape } = at[name];
    if (dtype !== TYPES[name] || shape.join() !== shapes[name].join()) {
      corrupt(
        `expected ${name} to be ${TYPES[name]} of shape [${shapes[name]}], ` +
          `current value is ${dtype} of [${shape}]`,
      );
    }
  }
  if (width < 1 || winners < 1 || winners > Math.max(1, units) || (coarse > 0) !== (units > 0)) {
    corrupt(
      `expected vectors of at least one number, and winners among the units, current value is ` +
        `${width} numbers, ${winners} winners, ${units} units and ${coarse} coarse ones`,
    );
  }
  const entriesOfLists = units === 0 ? 0 : count * winners;
  return { at, sizes: { width, coarse, units, rows: count, entries: entriesOfLists }, winners };
}

/** Checks the conditions that a search relies on. */
function check(store: VectorStore, corrupt: (reason: string) => never): void {
  const { ids, inverse, codes, mean, values, memory, slots } = store;
  const wrongId = ids.findIndex((id) => !Number.isSafeInteger(id));
  if (wrongId >= 0) corrupt(`expected ids below 2^53, current value is ${ids[wrongId]}`);
  const table = idTable((slot) => ids[slot], slots);
  for (let slot = 0; slot < slots; slot++) {
    if (!table.enter(slot)) corrupt(`expected different ids, current value is ${ids[slot]} twice`);
  }
  const finite = (name: string, numbers: Float32Array) => {
    const wrong = numbers.findIndex((number) => !Number.isFinite(number));
    if (wrong >= 0) corrupt(`expected finite ${name}, current value is ${numbers[wrong]}`);
  };
  finite("inverses", inverse);
  finite("mean", mean);
  finite("vectors", values);
  if (memory === null) return;
  const { units, coarse } = memory.sizes;
  const wrongCode = codes.findIndex((unit) => unit < -1 || unit >= units);
  if (wrongCode >= 0) {
    corrupt(`expected codes of ${units} units, current value is ${codes[wrongCode]}`);
  }
  const { coarseRanges } = memory.part;
  let next = 0;
  for (let i = 0; i < coarse; i++) {
    if (coarseRanges[2 * i] !== next) {
      corrupt(
        `expected coarse unit ${i} to begin at unit ${next}, current value is ` +
          `${coarseRanges[2 * i]}`,
      );
    }
    next += coarseRanges[2 * i + 1];
  }
  if (next !== units) corrupt(`expected coarse units of ${units} units, current value is ${next}`);
  for (
    const [name, rows] of [["rows", memory.part.rows], ["unit_rows", memory.part.unitRows], [
      "coarse_rows",
      memory.part.coarseRows,
    ]] as const
  ) {
    finite(name, tailsOf(rows, memory.stride));
  }
}

/** Scales and biases of rows. */
function tailsOf(rows: Int8Array, stride: number): Float32Array {
  const numbers = new Float32Array(rows.buffer, rows.byteOffset, rows.length / 4);
  const perRow = stride / 4;
  return Float32Array.from(
    { length: 2 * rows.length / stride },
    (_, i) => numbers[((i >> 1) + 1) * perRow - 2 + (i & 1)],
  );
}

/** Vectors that stay in a file. */
function storedVectors(
  path: string,
  file: Deno.FsFile,
  first: number,
  { count, width }: { readonly count: number; readonly width: number },
): StoredVectors {
  const corrupt = (reason: string) => E.left({ _tag: "CorruptFile", file: path, reason } as const);
  return {
    count,
    read: (slot, into) => {
      const bytes = new Uint8Array(into.buffer, into.byteOffset, into.byteLength);
      try {
        if (!readAt(file, first + 4 * slot * width, bytes)) {
          return corrupt(`expected ${count} vectors, current value is fewer`);
        }
      } catch (cause) {
        return E.left(unavailable("read", path, cause));
      }
      for (let i = 0; i < into.length; i++) {
        if (!Number.isFinite(into[i])) {
          const vector = slot + Math.floor(i / width);
          return corrupt(`expected finite vectors, current value is ${into[i]} in row ${vector}`);
        }
      }
      return E.right(undefined);
    },
    close: () => {
      try {
        file.close();
      } catch { /* It was closed before. */ }
    },
  };
}
