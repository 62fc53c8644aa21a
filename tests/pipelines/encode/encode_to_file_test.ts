import { describe, orThrow } from "../../../graph/error.ts";
import { E, TE } from "../../../graph/fp_ts.ts";
import { graph } from "../../../graph/parse.ts";
import { createRun, dispose } from "../../../pipelines/core/run.ts";
import { openVectors } from "../../../pipelines/data/vectors/open.ts";
import { vectorsInMemory, type VectorSource } from "../../../pipelines/data/vectors/source.ts";
import { streamVectors } from "../../../pipelines/data/vectors/stream.ts";
import { encode } from "../../../pipelines/encode/encode.ts";
import { encodeToFile } from "../../../pipelines/encode/encode_to_file.ts";
import { loadCodes } from "../../../pipelines/files/codes.ts";
import { writeNpyHeader } from "../../../pipelines/files/npz.ts";
import { assert, assertEquals, assertStringIncludes } from "../../assert.ts";
import { onEachBackend } from "../../ops/backends.ts";
import { envOn, right } from "../tiny.ts";

const WIDTH = 64;
const encoder = () => right(createRun({ graph: graph`linear(64, 100) ▷ kwta(0.1)`, seed: 2 }));

/** Number of vectors: more than a block, which has 4096. */
const COUNT = 5000;
const values = Float32Array.from({ length: COUNT * WIDTH }, (_, i) => Math.sin(i * i));

onEachBackend(
  "a file of codes that is written in blocks holds those of the vectors in memory",
  async (name) => {
    await envOn(name);
    const run = encoder();
    const kinds = Array.from({ length: COUNT }, (_, i) => i % 7);
    const source = right(vectorsInMemory("many", values, WIDTH, { kind: kinds }));
    const split = await orThrow(streamVectors(source, { labels: "kind", normalisation: "all" }));
    const path = `${await Deno.makeTempDir()}/codes.npz`;
    for (const vectors of [source, split]) {
      assertEquals(right(await encodeToFile(run, vectors, path)()), { count: COUNT, width: 100 });
      const { codes, labels } = right(await loadCodes(path)());
      assertEquals(codes, right(await encode(run, vectors)()) as typeof codes);
      assertEquals(labels, vectors === source ? null : Int32Array.from(kinds));
    }
    dispose(run);
  },
);

Deno.test("a source that ends in an error leaves the file as it was", async () => {
  await envOn("cpu");
  const run = encoder();
  const source = right(vectorsInMemory("many", values, WIDTH));
  const error = { _tag: "CorruptFile", file: "many", reason: "expected more" } as const;
  const folder = await Deno.makeTempDir();
  for (const failing of [0, 4096]) {
    const read: VectorSource["read"] = (from, count) =>
      from >= failing ? TE.left(error) : source.read(from, count);
    const path = `${folder}/codes.npz`;
    await Deno.writeTextFile(path, "before");
    assertEquals(await encodeToFile(run, { ...source, read }, path)(), E.left(error));
    assertEquals(await Deno.readTextFile(path), "before");
  }
  assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["codes.npz"]);
  await Deno.writeTextFile(`${folder}/file`, "");
  const nowhere = await encodeToFile(run, source, `${folder}/file/codes.npz`)();
  assert(E.isLeft(nowhere) && nowhere.left._tag === "FileUnavailable");
  const dense = right(createRun({ graph: graph`linear(64, 8)` }));
  const refused = await encodeToFile(dense, source, `${folder}/codes.npz`)();
  assertStringIncludes(E.isLeft(refused) ? describe(refused.left) : "", "one that ends in kWTA");
  dispose(dense);
  dispose(run);
});

Deno.test("a file of 256 MiB is encoded in a third of that", async () => {
  await envOn("wasm");
  const run = encoder();
  const folder = await Deno.makeTempDir();
  const count = 2 ** 20;
  // A file with a hole: its vectors are zeros, which take no room on the disk.
  const head = writeNpyHeader({ type: "<u4", shape: [count, WIDTH] });
  const text = new TextDecoder("latin1").decode(head).slice(10).replace("<u4", "<f4");
  head.set(new TextEncoder().encode(text), 10);
  await Deno.writeFile(`${folder}/zeros.npy`, head);
  await Deno.truncate(`${folder}/zeros.npy`, head.length + 4 * count * WIDTH);
  const source = await orThrow(openVectors(`${folder}/zeros.npy`));
  let most = 0;
  const before = Deno.memoryUsage();
  const read: VectorSource["read"] = (from, rows) => {
    const { external, heapUsed } = Deno.memoryUsage();
    most = Math.max(most, external + heapUsed - before.external - before.heapUsed);
    return source.read(from, rows);
  };
  const path = `${folder}/codes.npz`;
  const made = right(await encodeToFile(run, { ...source, read }, path)());
  assertEquals(made, { count, width: 100 });
  // A few blocks, their codes, and what was not collected yet.
  assert(most < 90e6, `${most / 1e6} MB`);
  assert((await Deno.stat(path)).size > 16 * count);
  await source.close()();
  dispose(run);
  await Deno.remove(folder, { recursive: true });
});
