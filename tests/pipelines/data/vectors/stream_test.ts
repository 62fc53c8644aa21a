import fc from "npm:fast-check@4.3.0";
import { describe, orThrow } from "../../../../graph/error.ts";
import { E, TE } from "../../../../graph/fp_ts.ts";
import { seed } from "../../../../graph/rng.ts";
import { normalisationOf } from "../../../../pipelines/data/dataset.ts";
import { vectorsInMemory, type VectorSource } from "../../../../pipelines/data/vectors/source.ts";
import {
  shuffled,
  type StreamedSplit,
  streamVectors,
} from "../../../../pipelines/data/vectors/stream.ts";
import { assert, assertAlmostEquals, assertEquals, assertNotEquals } from "../../../assert.ts";

/** Makes vectors [i, −i], whose source recommends to read `block` at a time and counts what is read. */
function counted(count: number, block: number) {
  const values = Float32Array.from({ length: 2 * count }, (_, i) => (i % 2 ? -1 : 1) * (i >> 1));
  const source = orThrow(vectorsInMemory("counted", values, 2));
  const reads: number[] = [];
  const read: VectorSource["read"] = (from, rows) => {
    reads.push(from);
    return source.read(from, rows);
  };
  return { source: { ...source, block, read }, reads };
}

const splitOf = (source: VectorSource, window: number): StreamedSplit => ({
  source,
  labels: null,
  normalisation: { mean: [0], std: [1] },
  window,
});

/** All samples in the order of an epoch, in batches. */
async function orderOf(split: StreamedSplit, batch: number, from = seed(1)): Promise<number[]> {
  const [samples] = shuffled(split, from);
  const found: number[] = [];
  for (let at = 0; at < split.source.count; at += batch) {
    const count = Math.min(batch, split.source.count - at);
    const { values, picks } = orThrow(await samples.at(at, count));
    picks.forEach((pick, i) =>
      assertEquals([values[2 * i], values[2 * i + 1]], [pick, pick === 0 ? -0 : -pick])
    );
    found.push(...picks);
  }
  await samples.close();
  return found;
}

Deno.test("every sample comes once, whatever blocks, windows and batches are", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 400 }),
      fc.integer({ min: 1, max: 70 }),
      async (count, block, window, batch) => {
        const { source, reads } = counted(count, block);
        const order = await orderOf(splitOf(source, window), batch);
        assertEquals(order.toSorted((a, b) => a - b), Array.from({ length: count }, (_, i) => i));
        // Nothing is read twice on the way.
        assertEquals(new Set(reads).size, reads.length);
        // The batches are stretches of one order.
        assertEquals(await orderOf(splitOf(source, window), count), order);
      },
    ),
    { numRuns: 200, seed: 1 },
  );
});

Deno.test("blocks come in random order, and the rows of a window in random order among each other", async () => {
  const split = splitOf(counted(1000, 10).source, 4 * 2 * 100);
  const order = await orderOf(split, 32);
  assertEquals(await orderOf(split, 32), order);
  assertNotEquals(await orderOf(split, 32, seed(2)), order);
  const firsts = new Set<number>();
  for (let from = 0; from < 1000; from += 100) {
    const blocks = new Set(order.slice(from, from + 100).map((row) => Math.floor(row / 10)));
    assertEquals(blocks.size, 10, "a window has the rows of ten blocks");
    for (const block of blocks) firsts.add(block);
    const neighbours = order.slice(from + 1, from + 100)
      .filter((row, i) => row === order[from + i] + 1);
    assert(neighbours.length < 12, `${neighbours.length} rows follow their neighbours`);
  }
  assertEquals(firsts.size, 100);
  // Of a permutation of 1000, the mean distance from one's own place is a third of it.
  const moved = order.reduce((sum, row, place) => sum + Math.abs(row - place), 0) / 1000;
  assert(moved > 250 && moved < 420, String(moved));
});

Deno.test("going back gives the same samples, for the search of what is not finite", async () => {
  const [samples] = shuffled(splitOf(counted(200, 7).source, 300), seed(3));
  const at = async (from: number) => [...orThrow(await samples.at(from, 20)).picks];
  const there = [await at(0), await at(60), await at(180)];
  assertEquals([await at(180), await at(60), await at(0)], there.toReversed());
  await samples.close();
});

Deno.test("a source that fails in the middle gives its error, and no more", async () => {
  const { source } = counted(100, 10);
  const error = { _tag: "CorruptFile", file: "f", reason: "expected more" } as const;
  const read: VectorSource["read"] = (from, rows) =>
    from === 50 ? TE.left(error) : source.read(from, rows);
  const [samples] = shuffled(splitOf({ ...source, read }, 80), seed(1));
  const outcomes: string[] = [];
  for (let at = 0; at < 100; at += 10) {
    const found = await samples.at(at, 10);
    outcomes.push(E.isLeft(found) ? describe(found.left) : "read");
  }
  await samples.close();
  assertEquals(outcomes.filter((outcome) => outcome !== "read"), ["Cannot use f: expected more"]);
});

Deno.test("normalisations of a source are those of a split in memory", async () => {
  const values = Float32Array.from({ length: 3 * 1000 }, (_, i) => {
    const [row, feature] = [Math.floor(i / 3), i % 3];
    return [Math.sin(row * 1.7), 1e4 + Math.cos(row), 0.1][feature];
  });
  const source = { ...orThrow(vectorsInMemory("three", values, 3)), block: 64 };
  for (const [by, channels] of [["feature", 3], ["all", 1]] as const) {
    const { normalisation } = await orThrow(streamVectors(source, { normalisation: by }));
    const expected = normalisationOf({ values }, channels);
    for (const part of ["mean", "std"] as const) {
      assertEquals(normalisation[part].length, channels);
      normalisation[part].forEach((value, i) =>
        assertAlmostEquals(value, expected[part][i], 1e-9 * Math.max(1, Math.abs(value)))
      );
    }
  }
});

Deno.test("what is no split is refused", async () => {
  const source = orThrow(vectorsInMemory("two", [[1, 2], [3, 4]], 2, { a: ["x", "y"] }));
  const refused = [
    [{ window: 0 }, "bytes, from 1 to 2^31"],
    [{ labels: "b" }, 'one of "a"'],
    [{ normalisation: { mean: [0, 0, 0], std: [1, 1, 1] } }, "finite means, and as many"],
  ] as const;
  for (const [options, expected] of refused) {
    const made = await streamVectors(source, options)();
    assert(E.isLeft(made) && describe(made.left).includes(expected), expected);
  }
});
