import { crc32 } from "node:zlib";
import fc from "npm:fast-check@4.3.0";
import { describe, orThrow, type SparrowError } from "../../../graph/error.ts";
import { E, type TE } from "../../../graph/fp_ts.ts";
import { draw, seed } from "../../../graph/rng.ts";
import {
  addVectors,
  buildVectorIndex,
  removeVectors,
  searchVectors,
  type SearchVectorsOptions,
  type VectorIndex,
} from "../../../ops/codes/vector_index.ts";
import type { DenseEmbeddings } from "../../../ops/embeddings.ts";
import {
  closeVectorIndex,
  loadVectorIndex,
  saveVectorIndex,
} from "../../../pipelines/files/vector_index.ts";
import { assert, assertEquals, assertStringIncludes } from "../../assert.ts";

function normal(count: number, width: number, number: number): DenseEmbeddings {
  const [values] = draw(
    seed(number),
    (dice) => Float32Array.from({ length: count * width }, () => dice.unit() + dice.unit() - 1),
  );
  return { kind: "dense", count, width, values };
}

const withFolder = async (use: (folder: string) => Promise<void>) => {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
};

const found = (index: VectorIndex, queries: DenseEmbeddings, options: SearchVectorsOptions) => {
  const { ids, similarities } = orThrow(searchVectors(index, queries, options));
  return { ids: [...ids], similarities: [...similarities] };
};

const refusal = async (task: TE.TaskEither<SparrowError, unknown>): Promise<SparrowError> => {
  const result = await task();
  assert(E.isLeft(result), "it was loaded");
  return result.left;
};

Deno.test("a saved index finds what it found, with its vectors in memory or left in the file", () =>
  withFolder(async (folder) => {
    const cases = fc.record({
      count: fc.integer({ min: 1, max: 60 }),
      width: fc.integer({ min: 1, max: 40 }),
      units: fc.nat(12),
      number: fc.nat(1000),
      removed: fc.nat(20),
      added: fc.nat(8),
    });
    const path = `${folder}/index.safetensors`;
    await fc.assert(
      fc.asyncProperty(cases, async ({ count, width, units, number, removed, added }) => {
        const vectors = normal(count, width, number);
        const ids = Array.from({ length: count }, (_, i) => i * 2 ** 33 + 7);
        const options = { units: Math.min(units, count), winners: Math.min(2, units, count) || 1 };
        let index = orThrow(buildVectorIndex(vectors, { ...options, ids }));
        const gone = ids.slice(0, Math.min(removed, count - 1));
        index = orThrow(removeVectors(index, gone));
        if (added > 0) index = orThrow(addVectors(index, normal(added, width, number + 1)));
        await orThrow(saveVectorIndex(path, index));
        const queries = normal(5, width, number + 2);
        const k = Math.min(4, index.count);
        const search = { k, probes: 2 };
        for (const stored of [false, true]) {
          const loaded = await orThrow(loadVectorIndex(path, { stored }));
          assertEquals(loaded, index);
          assertEquals(found(loaded, queries, search), found(index, queries, search));
          const exact = { k, exact: true };
          assertEquals(found(loaded, queries, exact), found(index, queries, exact));
          const last = found(loaded, queries, exact).ids[0];
          // It goes on like the one that was saved.
          const more = orThrow(addVectors(loaded, normal(3, width, number + 3)));
          const fewer = orThrow(removeVectors(more, [last]));
          assert(!found(fewer, queries, { k: 1, exact: true }).ids.includes(last));
          await orThrow(saveVectorIndex(path, fewer));
          const again = await orThrow(loadVectorIndex(path));
          assertEquals(found(again, queries, exact), found(fewer, queries, exact));
          closeVectorIndex(fewer);
          await orThrow(saveVectorIndex(path, index));
        }
      }),
      { numRuns: 25 },
    );
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["index.safetensors"]);
  }));

/** A small file with lists, its bytes, and how to load others in its place. */
const small = async (folder: string) => {
  const path = `${folder}/small.safetensors`;
  const index = orThrow(buildVectorIndex(normal(12, 3, 1), { units: 4, winners: 2 }));
  await orThrow(saveVectorIndex(path, index));
  const bytes = await Deno.readFile(path);
  const load = async (changed: Uint8Array, stored = false) => {
    Deno.writeFileSync(path, changed);
    return await loadVectorIndex(path, { stored })();
  };
  return { path, bytes, load };
};

Deno.test("a file that ends anywhere is refused", () =>
  withFolder(async (folder) => {
    const { path, bytes, load } = await small(folder);
    for (let length = bytes.length - 1; length >= 0; length--) {
      Deno.truncateSync(path, length);
      const loaded = await loadVectorIndex(path)();
      assert(E.isLeft(loaded) && loaded.left._tag === "CorruptFile", `${length}`);
    }
    const longer = new Uint8Array(bytes.length + 1);
    longer.set(bytes);
    assert(E.isLeft(await load(longer)));
    assert(E.isRight(await load(bytes)));
  }));

Deno.test("any bit of a file that is another is noticed", () =>
  withFolder(async (folder) => {
    const { path, bytes } = await small(folder);
    using file = Deno.openSync(path, { write: true });
    const put = (at: number, byte: number) => {
      file.seekSync(at, Deno.SeekMode.Start);
      file.writeSync(Uint8Array.of(byte));
    };
    const headerEnd = bytes.lastIndexOf("}".charCodeAt(0), 2047);
    for (let at = 0; at < bytes.length; at++) {
      // The header is filled up with spaces.
      if (at > headerEnd + 8 && at < 2040) continue;
      put(at, bytes[at] ^ 1 << (at * 5 & 7));
      const loaded = await loadVectorIndex(path)();
      assert(E.isLeft(loaded) && loaded.left._tag === "CorruptFile", `byte ${at}`);
      put(at, bytes[at]);
    }
    assert(E.isRight(await loadVectorIndex(path)()));
  }));

interface Header {
  readonly __metadata__: { format: string; version: string; crc32: string };
  readonly [name: string]: unknown;
}

/** The file with some of a tensor's bytes changed, and a checksum that fits. */
function forged(bytes: Uint8Array, name: string, change: (view: DataView) => void): Uint8Array {
  const copy = bytes.slice();
  const text = new TextDecoder().decode(copy.subarray(8, 2048));
  const header = JSON.parse(text) as Header;
  const { data_offsets: [begin, end] } = header[name] as { data_offsets: [number, number] };
  change(new DataView(copy.buffer, 2048 + begin, end - begin));
  const sums = JSON.parse(header.__metadata__.crc32);
  sums[name] = crc32(copy.subarray(2048 + begin, 2048 + end));
  header.__metadata__.crc32 = JSON.stringify(sums);
  return withHeader(copy, header);
}

function withHeader(bytes: Uint8Array, header: unknown): Uint8Array {
  const copy = bytes.slice();
  copy.set(new TextEncoder().encode(JSON.stringify(header).padEnd(2040)), 8);
  return copy;
}

Deno.test("what a search would follow out of the memory is refused, though its checksum fits", () =>
  withFolder(async (folder) => {
    const { bytes, load } = await small(folder);
    const u32 = (at: number, value: number) => (view: DataView) => view.setUint32(at, value, true);
    const f32 = (at: number, value: number) => (view: DataView) => view.setFloat32(at, value, true);
    const i32 = (at: number, value: number) => (view: DataView) => view.setInt32(at, value, true);
    const cases: readonly (readonly [string, (view: DataView) => void, string])[] = [
      ["codes", i32(4, 4), "codes of 4 units, current value is 4"],
      ["codes", i32(4, -2), "current value is -2"],
      ["coarse_ranges", u32(0, 1), "begin at unit 0"],
      ["coarse_ranges", u32(4, 0xffff_ffff), "coarse unit 1 to begin"],
      ["ids", (view) => view.setUint32(0, view.getUint32(8, true), true), "different ids"],
      ["ids", u32(4, 0xffff_ffff), "ids below 2^53"],
      ["inverses", f32(0, Infinity), "finite inverses"],
      ["mean", f32(4, NaN), "finite mean"],
      ["vectors", f32(8, NaN), "finite vectors"],
      ["rows", f32(8, NaN), "finite rows"],
      ["unit_rows", f32(12, Infinity), "finite unit_rows"],
      ["coarse_rows", f32(8, NaN), "finite coarse_rows"],
    ];
    for (const [name, change, message] of cases) {
      const loaded = await load(forged(bytes, name, change));
      assert(E.isLeft(loaded) && loaded.left._tag === "CorruptFile", name);
      assertStringIncludes(describe(loaded.left), message);
    }
    // Any unit may be in any code, and any number in a row: then it finds something else.
    const strange = await load(forged(bytes, "codes", i32(4, -1)));
    assertEquals(found(orThrow(strange), normal(2, 3, 5), { k: 12, probes: 4 }).ids.length, 24);
    const numbers = await load(forged(bytes, "rows", u32(0, 0xffff_ffff)));
    assert(E.isRight(numbers));
  }));

Deno.test("sizes that a header declares are compared before anything is allocated", () =>
  withFolder(async (folder) => {
    const { bytes, load } = await small(folder);
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 2048)));
    const lies: readonly ((header: Record<string, Record<string, unknown>>) => void)[] = [
      (header) => header.ids.shape = [2 ** 40],
      (header) => header.vectors.shape = [12, 2 ** 50],
      (header) => header.vectors.shape = [6, 6],
      (header) => header.mean.shape = [2 ** 40],
      (header) => header.mean.shape = [],
      (header) => header.ids.shape = [],
      (header) => header.codes.shape = [24, 1],
      (header) => header.codes.shape = [24],
      (header) => header.unit_rows.shape = [8, 8],
      (header) => header.unit_rows.shape = [2 ** 52, 2 ** 52],
      (header) => header.rows.dtype = "I8",
      (header) => header.rows.dtype = "F32",
      (header) => header.ids.data_offsets = [0, 96],
      (header) => header.ids.data_offsets = [0, 2 ** 52],
      (header) => delete header.mean,
      (header) => header.more = { dtype: "U8", shape: [0], data_offsets: [0, 0] },
      (header) => header.__metadata__.version = "2",
      (header) => header.__metadata__.format = "pt",
      (header) => header.__metadata__.crc32 = "[]",
      (header) => header.__metadata__.crc32 = 5,
      (header) => delete (header as Record<string, unknown>).__metadata__,
    ];
    for (const lie of lies) {
      const changed = structuredClone(header);
      lie(changed);
      const before = Deno.memoryUsage().rss;
      const loaded = await load(withHeader(bytes, changed));
      assert(E.isLeft(loaded) && loaded.left._tag === "CorruptFile", lie.toString());
      assert(Deno.memoryUsage().rss - before < 2 ** 28, lie.toString());
    }
    const long = bytes.slice();
    new DataView(long.buffer).setBigUint64(0, 2n ** 63n, true);
    assert(E.isLeft(await load(long)));
  }));

Deno.test("vectors that are left in a file are refused where they cannot be read", () =>
  withFolder(async (folder) => {
    const { path, bytes, load } = await small(folder);
    const query = normal(1, 3, 5);
    const search = (index: VectorIndex) =>
      searchVectors(index, query, { k: 12, candidates: 12, probes: 4 });
    const tag = (index: VectorIndex) => {
      const result = search(index);
      return E.isLeft(result) ? result.left._tag : null;
    };
    const index = orThrow(await load(bytes, true));
    assertEquals(tag(index), null);
    await Deno.truncate(path, 2048 + 20);
    assertEquals(tag(index), "CorruptFile");
    closeVectorIndex(index);
    assertEquals(tag(index), "FileUnavailable");
    // Their checksum is not compared, so a number may be none.
    const nan = orThrow(
      await load(forged(bytes, "vectors", (view) => view.setFloat32(8, NaN, true)), true),
    );
    const result = search(nan);
    assert(E.isLeft(result));
    assertStringIncludes(describe(result.left), "NaN in row 0");
    // What cannot be read cannot be saved either, and the file that is there stays.
    const failed = await refusal(saveVectorIndex(`${folder}/other.safetensors`, nan));
    assertEquals(failed._tag, "CorruptFile");
    assertEquals([...Deno.readDirSync(folder)].length, 1);
    closeVectorIndex(nan);
  }));

Deno.test("an index in use goes on with its own vectors when its file is replaced", () =>
  withFolder(async (folder) => {
    const path = `${folder}/index.safetensors`;
    const query = normal(4, 6, 3);
    await orThrow(saveVectorIndex(path, orThrow(buildVectorIndex(normal(50, 6, 1)))));
    const index = await orThrow(loadVectorIndex(path, { stored: true }));
    const before = found(index, query, { k: 5 });
    await orThrow(saveVectorIndex(path, orThrow(buildVectorIndex(normal(9, 6, 2)))));
    assertEquals(found(index, query, { k: 5 }), before);
    closeVectorIndex(index);
  }));

Deno.test("files that are none, and indexes that were changed, are refused by name", () =>
  withFolder(async (folder) => {
    const index = orThrow(buildVectorIndex(normal(3, 2, 1)));
    const missing = await refusal(loadVectorIndex(`${folder}/none.safetensors`));
    assertStringIncludes(describe(missing), "there is no such file");
    assertEquals((await refusal(loadVectorIndex(folder)))._tag, "FileUnavailable");
    orThrow(removeVectors(index, [0]));
    assertEquals((await refusal(saveVectorIndex(`${folder}/x`, index)))._tag, "InvalidOption");
    await Deno.writeTextFile(`${folder}/file`, "");
    const inFile = `${folder}/file/index.safetensors`;
    const other = orThrow(buildVectorIndex(normal(3, 2, 1)));
    assertEquals((await refusal(saveVectorIndex(inFile, other)))._tag, "FileUnavailable");
  }));
