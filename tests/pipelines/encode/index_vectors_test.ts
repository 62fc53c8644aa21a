import fc from "npm:fast-check@4.3.0";
import { describe, orThrow, type SparrowError } from "../../../graph/error.ts";
import { E, TE } from "../../../graph/fp_ts.ts";
import { draw, seed } from "../../../graph/rng.ts";
import { buildVectorIndex, searchVectors } from "../../../ops/codes/vector_index.ts";
import { vectorsInMemory, type VectorSource } from "../../../pipelines/data/vectors/source.ts";
import { indexVectors } from "../../../pipelines/encode/index_vectors.ts";
import { closeVectorIndex, loadVectorIndex } from "../../../pipelines/files/vector_index.ts";
import { assert, assertEquals, assertStringIncludes } from "../../assert.ts";

const random = (count: number, number: number): Float32Array<ArrayBuffer> =>
  draw(seed(number), (dice) => Float32Array.from({ length: count }, () => dice.unit() - 0.5))[0];

const withPath = async (use: (path: string, folder: string) => Promise<void>) => {
  const folder = await Deno.makeTempDir();
  try {
    await use(`${folder}/index.safetensors`, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
};

Deno.test("whatever the sample, all vectors of a source are in the index, each once, by its row or id", () =>
  withPath(async (path) => {
    const cases = fc.record({
      count: fc.integer({ min: 1, max: 700 }),
      width: fc.integer({ min: 1, max: 12 }),
      sample: fc.integer({ min: 1, max: 800 }),
      units: fc.nat(6),
      named: fc.boolean(),
      number: fc.nat(1000),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ count, width, sample, units, named, number }) => {
        const values = random(count * width, number);
        const source = orThrow(vectorsInMemory("some", values, width));
        const ids = named ? Array.from({ length: count }, (_, i) => 3 * i + 2 ** 40) : undefined;
        const few = Math.min(units, sample, count);
        const written = await orThrow(indexVectors(path, source, {
          sampleBytes: 4 * width * sample,
          units: few,
          winners: 1,
          ids,
          rng: seed(number),
        }));
        assertEquals(written.count, count);
        assert(written.sample <= sample);
        const queries = { kind: "dense", count: 3, width, values: random(3 * width, 5) } as const;
        const index = await orThrow(loadVectorIndex(path, { stored: number % 2 === 0 }));
        const whole = orThrow(
          buildVectorIndex({ kind: "dense", count, width, values }, {
            units: few,
            winners: 1,
            ids,
          }),
        );
        const options = { k: Math.min(count, 8), exact: true };
        assertEquals(
          orThrow(searchVectors(index, queries, options)),
          orThrow(searchVectors(whole, queries, options)),
        );
        const lists = { k: count, candidates: count, probes: 1000 };
        assertEquals(
          new Set(orThrow(searchVectors(index, queries, lists)).ids.subarray(0, count)).size,
          count,
        );
        closeVectorIndex(index);
      }),
      { numRuns: 40 },
    );
  }));

Deno.test("the same seed takes the same sample, and another seed another", () =>
  withPath(async (path) => {
    const source = orThrow(vectorsInMemory("some", random(5000 * 4, 1), 4));
    const bytes = async (number: number) => {
      const options = { sampleBytes: 4 * 4 * 512, units: 32, rng: seed(number) };
      await orThrow(indexVectors(path, source, options));
      return (await Deno.readFile(path)).join();
    };
    const first = await bytes(1);
    assertEquals(await bytes(1), first);
    assert(await bytes(2) !== first);
  }));

Deno.test("what cannot be read, or is interrupted, leaves nothing, and no file that was there is touched", () =>
  withPath(async (path, folder) => {
    await Deno.writeTextFile(path, "before");
    const whole = orThrow(vectorsInMemory("some", random(2_400_000, 1), 8));
    const broken: SparrowError = { _tag: "CorruptFile", file: "some", reason: "it ends" };
    const ends: VectorSource = {
      ...whole,
      read: (from, count) => from + count > 299_990 ? TE.left(broken) : whole.read(from, count),
    };
    const refusal = async (source: VectorSource, more: Parameters<typeof indexVectors>[2]) => {
      const result = await indexVectors(path, source, { sampleBytes: 32 * 1000, ...more })();
      assert(E.isLeft(result));
      assertEquals([...Deno.readDirSync(folder)].length, 1);
      assertEquals(await Deno.readTextFile(path), "before");
      return result.left;
    };
    assertEquals(await refusal(ends, {}), broken);
    const abort = new AbortController();
    let blocks = 0;
    const stopped = await refusal(whole, {
      signal: abort.signal,
      progress: () => ++blocks === 1 && abort.abort(),
    });
    assertEquals([stopped._tag, blocks], ["Interrupted", 1]);
    const ids = new Float64Array(300_000);
    assertStringIncludes(describe(await refusal(whole, { ids })), "which is taken");
    assertStringIncludes(
      describe(await refusal(whole, { ids: ids.subarray(1) })),
      "one for each of 300000 vectors",
    );
    assertStringIncludes(describe(await refusal(whole, { units: 5000 })), "from 0 to 999");
  }));
