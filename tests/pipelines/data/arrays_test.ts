import fc from "npm:fast-check@4.3.0";
import { describe } from "../../../graph/error.ts";
import { E } from "../../../graph/fp_ts.ts";
import { fromArrays, type FromArraysOptions } from "../../../pipelines/data/arrays.ts";
import { normalisationOf } from "../../../pipelines/data/dataset.ts";
import { assert, assertEquals } from "../../assert.ts";
import { right } from "../tiny.ts";

/** Numbers that float32 has, in rows of one length. */
const matrices = fc.integer({ min: 1, max: 7 }).chain((width) =>
  fc.array(
    fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), {
      minLength: width,
      maxLength: width,
    }),
    { minLength: 1, maxLength: 9 },
  )
);

Deno.test("every kind of array makes the same samples", () => {
  fc.assert(fc.property(matrices, (rows) => {
    const flat = rows.flat();
    const shape = [rows[0].length];
    const kinds: readonly FromArraysOptions["train"]["values"][] = [
      rows,
      rows.map((row) => Float32Array.from(row)),
      rows.map((row) => Float64Array.from(row)),
      Float32Array.from(flat),
      Float64Array.from(flat),
    ];
    for (const values of kinds) {
      const { train, test, ...facts } = right(
        fromArrays({ train: { values }, test: { values }, shape }),
      );
      assertEquals([train.count, train.values, train.labels], [
        rows.length,
        Float32Array.from(flat),
        null,
      ]);
      assertEquals([test, facts.shape, facts.classes, facts.validation], [train, shape, [], null]);
      assertEquals(train.normalisation, { mean: [0], std: [1] });
    }
  }));
});

Deno.test("an array of float32 or of bytes is used as it is", () => {
  for (const values of [Float32Array.of(1, 2, 3, 4), Uint8Array.of(1, 2, 3, 4)]) {
    const { train } = right(fromArrays({ train: { values }, test: { values }, shape: [1, 2] }));
    assert(train.values === values && train.count === 2);
  }
});

const four = { values: [[1, 2], [3, 4], [5, 9], [7, 8]] };

Deno.test("labels are numbered by the classes that there are, or are given", () => {
  const made = (labels: ArrayLike<number | bigint | string>, classes?: readonly string[]) => {
    const options = { train: { ...four, labels }, test: { ...four, labels }, classes };
    const dataset = right(fromArrays(options));
    return [dataset.train.labels, dataset.classes];
  };
  assertEquals(made([2, 0, 1, 2]), [Uint8Array.of(2, 0, 1, 2), ["0", "1", "2"]]);
  assertEquals(made(Float64Array.of(9, 70_000, 9, 9)), [Uint8Array.of(0, 1, 0, 0), ["9", "70000"]]);
  assertEquals(made(BigInt64Array.of(3n, 2n, 3n, 2n)), [Uint8Array.of(1, 0, 1, 0), ["2", "3"]]);
  assertEquals(made(["b", "a", "b", "c"]), [Uint8Array.of(1, 0, 1, 2), ["a", "b", "c"]]);
  assertEquals(made(["b", "a", "b", "a"], ["b", "x", "a"]), [
    Uint8Array.of(0, 2, 0, 2),
    ["b", "x", "a"],
  ]);
  assertEquals(made([1, 0, 1, 2], ["x", "y", "z"]), [Uint8Array.of(1, 0, 1, 2), ["x", "y", "z"]]);
  const many = Array.from({ length: 300 }, (_, i) => String(i));
  assertEquals(made([299, 0, 1, 2], many), [Uint32Array.of(299, 0, 1, 2), many]);
});

Deno.test("classes are those of all splits", () => {
  const dataset = right(fromArrays({
    train: { ...four, labels: [0, 0, 5, 5] },
    validation: { ...four, labels: [7, 7, 7, 7] },
    test: { ...four, labels: [5, 5, 3, 0] },
  }));
  assertEquals(dataset.classes, ["0", "3", "5", "7"]);
  assertEquals(dataset.test.labels, Uint8Array.of(2, 2, 1, 0));
  assertEquals(dataset.validation?.labels, Uint8Array.of(3, 3, 3, 3));
});

Deno.test("the normalisation is the training set's, of whichever numbers are asked for", () => {
  const values = Float32Array.from({ length: 24 }, (_, i) => i * i % 17);
  const test = { values: values.map((x) => 3 - x) };
  for (const [normalisation, channels] of [["feature", 6], ["channel", 3], ["all", 1]] as const) {
    const dataset = right(fromArrays({ train: { values }, test, shape: [2, 3], normalisation }));
    assertEquals(dataset.train.normalisation, normalisationOf({ values }, channels));
    assertEquals(dataset.test.normalisation, dataset.train.normalisation);
  }
  const own = { mean: [1, 2], std: [3, 4] };
  const given = right(fromArrays({ train: { values }, test, shape: [2], normalisation: own }));
  assertEquals(given.train.normalisation, own);
});

Deno.test("a test set is drawn from the training set, of each class where there are any", () => {
  const values = Array.from({ length: 40 }, (_, i) => [i]);
  const names = values.map(([i]) => `n${i}`);
  const labels = values.map(([i]) => i % 4 === 0 ? "rare" : "usual");
  for (const train of [{ values, names }, { values, names, labels }]) {
    const options = { train, test: { fraction: 0.2, seed: 3 } };
    const dataset = right(fromArrays(options));
    assertEquals([dataset.train.count, dataset.test.count], [32, 8]);
    const all = [dataset.train, dataset.test].flatMap(({ values }) => [...values]);
    assertEquals(all.toSorted((a, b) => a - b), [...values.keys()]);
    for (const { names, values } of [dataset.train, dataset.test]) {
      assertEquals(names, Array.from(values, (i) => `n${i}`));
    }
    assertEquals(right(fromArrays(options)), dataset);
    if ("labels" in train) {
      const rare = dataset.classes.indexOf("rare");
      assertEquals(dataset.test.labels!.filter((label: number) => label === rare).length, 2);
    }
  }
  assertEquals(right(fromArrays({ train: { values } })).test.count, 4);
});

const refusals: readonly (readonly [FromArraysOptions, string])[] = [
  [
    { train: { values: [[1, 2], [3]] } },
    'train: expected 2 numbers in every sample, current value is "1 in sample 1"',
  ],
  [
    { train: { values: [] } },
    "shape: expected integers of at least 1: the extents of a sample, " +
    'which one array does not tell, current value is "none"',
  ],
  [
    { train: { values: new Float32Array(4) } },
    "shape: expected integers of at least 1: the extents " +
    'of a sample, which one array does not tell, current value is "none"',
  ],
  [
    { train: { values: [[]] } },
    "shape: expected integers of at least 1: the extents of a sample, which one array does not tell, " +
    'current value is "[0]"',
  ],
  [
    { train: { values: new Float32Array(0) }, shape: [2] },
    'train: expected at least one sample, current value is "no samples"',
  ],
  [
    { train: { values: new Float32Array(5) }, shape: [2] },
    'train: expected a multiple of 2, the numbers of a sample, current value is "5 numbers"',
  ],
  [
    { train: four, test: { values: [[1, 2, 3]] } },
    'test: expected 2 numbers in every sample, current value is "3 in sample 0"',
  ],
  [
    { train: four, test: { values: [[1, 2], [Infinity, 0]] } },
    'test: expected finite numbers, current value is "Infinity at position 0 of sample 1"',
  ],
  [
    { train: { values: Float64Array.of(1, 2, 3, 1e300) }, shape: [2] },
    'train: expected finite numbers, current value is "1e+300 at position 1 of sample 1"',
  ],
  [
    { train: { ...four, labels: [0, 1] } },
    'train labels: expected one for each of 4 samples, current value is "2 of them"',
  ],
  [
    { train: { ...four, names: ["a"] } },
    'train names: expected one for each of 4 samples, current value is "1 of them"',
  ],
  [
    { train: { ...four, labels: [0, 1, -1, 0] } },
    'train labels: expected an integer of at least 0, current value is "-1 of sample 2"',
  ],
  [
    { train: { ...four, labels: [0, 0.5, 1, 0] } },
    'train labels: expected an integer of at least 0, current value is "0.5 of sample 1"',
  ],
  [
    { train: { ...four, labels: [0, 1, 2, 0] }, classes: ["a", "b"] },
    'train labels: expected one of the 2 classes, current value is "2 of sample 2"',
  ],
  [
    { train: { ...four, labels: ["a", "b", "c", "a"] }, classes: ["a", "b"] },
    'train labels: expected one of the 2 classes, current value is "c of sample 2"',
  ],
  [
    { train: { values: [[1, 2]] } },
    'fraction: expected at least 2 samples of every class, but "all samples" has 1, which cannot be ' +
    "on both sides, current value is 0.1",
  ],
  [
    { train: four, test: { fraction: 1, seed: 0 } },
    "fraction: expected a number above 0 and below 1, current value is 1",
  ],
  [
    { train: four, test: { fraction: 0.5, seed: -1 } },
    "seed: expected an integer from 0 to 4294967295, current value is -1",
  ],
  [
    { train: four, normalisation: { mean: [0], std: [0] } },
    "normalisation: expected finite means, and as many finite deviations above 0, for all numbers of a " +
    'sample or by channel, current value is "the means [0] and deviations [0]"',
  ],
];

Deno.test("what does not make a dataset is refused with the place and the reason", async (t) => {
  for (const [options, text] of refusals) {
    await t.step(text, () => {
      assertEquals(E.mapLeft(describe)(fromArrays(options)), E.left(`Cannot use ${text}`));
    });
  }
});
