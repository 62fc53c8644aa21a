import { describe, orThrow } from "../../../../graph/error.ts";
import { E } from "../../../../graph/fp_ts.ts";
import { loadVectors, type LoadVectorsOptions } from "../../../../pipelines/data/vectors/load.ts";
import { openVectors } from "../../../../pipelines/data/vectors/open.ts";
import { assert, assertEquals, assertStringIncludes } from "../../../assert.ts";

const folder = new URL("python/", import.meta.url).pathname;
const all = { fraction: 0.25, seed: 1 };

Deno.test("every vector of a file is in one split, with its label and its name", async () => {
  const source = await orThrow(openVectors(`${folder}none.parquet`));
  const x = await orThrow(source.read(0, 12));
  await source.close()();
  for (const file of ["none.parquet", "lz4.arrow", "stream.arrows"]) {
    const options = { labels: "label", names: "id", test: { fraction: 0.25, seed: 1 } };
    const alone = await loadVectors(folder + file, options)();
    // Twelve classes of one vector each cannot be parted by class.
    assert(E.isLeft(alone) && /cannot be on both sides/.test(describe(alone.left)));
    const dataset = await orThrow(loadVectors(folder + file, { names: "id", test: all }));
    assertEquals([dataset.shape, dataset.classes, dataset.validation], [[4], [], null]);
    assertEquals([dataset.train.count, dataset.test.count], [9, 3]);
    const seen = [dataset.train, dataset.test].flatMap(({ values, names, labels }) => {
      assertEquals(labels, null);
      return names!.map((name, i) => {
        const row = Number(name.slice(2));
        assertEquals(values.slice(4 * i, 4 * i + 4), x.slice(4 * row, 4 * row + 4));
        return row;
      });
    });
    assertEquals(seen.toSorted((a, b) => a - b), Array.from({ length: 12 }, (_, i) => i));
  }
});

Deno.test("labels come from a column or from a file of their own; a validation set is drawn", async () => {
  const options = {
    labels: { file: `${folder}labels.npy` },
    test: { fraction: 0.25, seed: 3 },
    validation: { fraction: 0.34, seed: 4 },
    normalisation: "feature",
  } as const;
  const dataset = await orThrow(loadVectors(`${folder}f4.npy`, options));
  assertEquals(dataset.classes, ["0", "1", "2"]);
  const { train, validation, test } = dataset;
  assertEquals([train.count, validation?.count, test.count], [6, 3, 3]);
  for (const split of [train, validation!, test]) {
    // The last number of a vector is its label: python/make.py.
    assertEquals([...split.labels!], [...split.labels!.keys()].map((i) => split.values[4 * i + 3]));
    assertEquals(split.normalisation.mean.length, 4);
  }
  assertEquals([dataset.name, dataset.source], ["f4", `${folder}f4.npy`]);
  assert(/^[0-9a-f]{64}$/.test(dataset.sha256.f4));
});

Deno.test("a test set of another file", async () => {
  const dataset = await orThrow(
    loadVectors(`${folder}f4.npy`, { test: `${folder}none.parquet` }),
  );
  assertEquals([dataset.train.count, dataset.test.count], [12, 12]);
  assertEquals(dataset.test.values, dataset.train.values);
});

Deno.test("what cannot be loaded is refused", async () => {
  const refused: readonly (readonly [string, LoadVectorsOptions, string])[] = [
    ["none.parquet", { labels: "kind" }, 'one of "id", "label"'],
    ["none.parquet", { labels: { file: `${folder}f4.npy` } }, "expected one value per vector"],
    ["none.parquet", { names: "embedding" }, 'one of "id", "label"'],
    ["i1.npy", { labels: { file: `${folder}none` } }, "there is no such file"],
    ["nan.parquet", {}, "current value is NaN in row 7, column 2"],
    ["f4.npy", { test: { fraction: 2, seed: 0 } }, "above 0 and below 1"],
    ["f4.npy", { test: `${folder}i1.npy` }, "nothing is wrong"],
    ["two.npz", { column: "x", test: `${folder}f4.npy` }, "it has no further columns"],
    ["none", {}, "there is no such file"],
  ];
  for (const [file, options, words] of refused) {
    const loaded = await loadVectors(folder + file, options)();
    assertStringIncludes(
      E.isLeft(loaded) ? describe(loaded.left) : "nothing is wrong",
      words,
      file,
    );
  }
  const bytes = new TextEncoder().encode("[1, 2, 3]\n[4, 5, 6]\n");
  const other = await Deno.makeTempFile();
  await Deno.writeFile(other, bytes);
  const loaded = await loadVectors(`${folder}f4.npy`, { test: other })();
  assert(E.isLeft(loaded));
  assertEquals(
    describe(loaded.left),
    'Cannot use test: expected vectors of 4, current value is "vectors of 3 numbers"',
  );
  await Deno.remove(other);
});
