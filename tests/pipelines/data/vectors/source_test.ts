import fc from "npm:fast-check@4.3.0";
import { describe, orThrow } from "../../../../graph/error.ts";
import { E } from "../../../../graph/fp_ts.ts";
import { blocksOf, halfTable, vectorsInMemory } from "../../../../pipelines/data/vectors/source.ts";
import { assert, assertEquals, assertStringIncludes } from "../../../assert.ts";

Deno.test("blocks of any size are the rows in order, each once", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 30 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 40 }),
      async (count, width, rows) => {
        const values = Float32Array.from({ length: count * width }, (_, i) => i / 3);
        const source = orThrow(vectorsInMemory("memory", values, width));
        const found: number[] = [];
        for await (const block of blocksOf(source, rows)) {
          const { from, count: n, values: some } = orThrow(block);
          assertEquals([from, some.length], [found.length / width, n * width]);
          found.push(...some);
        }
        assertEquals(found, [...values]);
      },
    ),
    { numRuns: 100, seed: 1 },
  );
});

Deno.test("what is read is the caller's own", async () => {
  const source = orThrow(vectorsInMemory("memory", [[1, 2], [3, 4]]));
  (await orThrow(source.read(0, 2))).fill(9);
  assertEquals(await orThrow(source.read(0, 2)), Float32Array.of(1, 2, 3, 4));
});

Deno.test("vectors in memory are refused by their place", async () => {
  const refused: readonly (readonly [Parameters<typeof vectorsInMemory>, string])[] = [
    [["m", [[1, 2], [3]]], 'expected 2, as the others have, current value is "1 numbers in row 1'],
    [["m", [[1, 2], [3, NaN]]], 'current value is "NaN in row 1, column 1'],
    [["m", [[1, 2], [3, 1e39]]], 'current value is "Infinity in row 1, column 1'],
    [["m", [1, 2, 3], 2], "expected a multiple of the width 2"],
    [["m", [1, 2, 3]], "a width of at least 1"],
    [["m", []], "a width of at least 1"],
    [["m", [[]]], "a width of at least 1"],
    [["m", [[1], [2]], undefined, { id: ["a"] }], 'current value is "1 values of "id""'],
  ];
  for (const [given, words] of refused) {
    const made = vectorsInMemory(...given);
    assert(E.isLeft(made), words);
    assertStringIncludes(describe(made.left), words);
  }
  const source = orThrow(vectorsInMemory("m", [[1], [2]], undefined, { id: ["a", "b"] }));
  assertEquals(await orThrow(source.column("id")), ["a", "b"]);
  for (const [from, count] of [[0, 3], [-1, 1], [2, 1], [0.5, 1], [0, -1]]) {
    const read = await source.read(from, count)();
    assert(E.isLeft(read) && read.left._tag === "InvalidOption", `${from} ${count}`);
  }
});

Deno.test("numbers of 16 bits are those that DataView reads", () => {
  const view = new DataView(new ArrayBuffer(2));
  const table = halfTable();
  for (let bits = 0; bits < 65_536; bits++) {
    view.setUint16(0, bits);
    assert(Object.is(table[bits], view.getFloat16(0)), String(bits));
  }
});
