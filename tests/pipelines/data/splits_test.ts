import fc from "npm:fast-check@4.3.0";
import { describe } from "../../../graph/error.ts";
import { E } from "../../../graph/fp_ts.ts";
import type { Dataset, ImageSplit } from "../../../pipelines/data/dataset.ts";
import { onlyClasses, subset, take, withValidation } from "../../../pipelines/data/splits.ts";
import { assert, assertEquals, assertNotEquals } from "../../assert.ts";

/** Images of two bytes that say which they are. */
const splitOf = (labels: readonly number[]): ImageSplit => ({
  count: labels.length,
  values: Uint8Array.from(labels.flatMap((label, i) => [i, label])),
  labels: Uint8Array.from(labels),
  normalisation: { mean: [0], std: [1] },
});

const datasetOf = (labels: readonly number[]): Dataset<ImageSplit> => ({
  name: "made",
  shape: [1, 2],
  classes: ["a", "b", "c"],
  train: splitOf(labels),
  validation: null,
  test: splitOf([0, 1, 2]),
  source: "here",
  sha256: {},
  notice: null,
});

const seeds = fc.nat(2 ** 32 - 1);
/** Labels, with at least two of each class that occurs. */
const labelled = fc.array(fc.tuple(fc.nat(2), fc.integer({ min: 2, max: 30 })), { minLength: 1 })
  .map((runs) => runs.flatMap(([label, times]) => Array(times).fill(label) as number[]))
  .filter((labels) => labels.length < 256);
const fractions = fc.double({ min: 0.01, max: 0.99, noNaN: true });

const message = (result: E.Either<Parameters<typeof describe>[0], unknown>): string => {
  assert(E.isLeft(result), "expected an error");
  return describe(result.left);
};

Deno.test("a validation set and what is left are the training set, each image once, in order", () => {
  fc.assert(fc.property(labelled, fractions, seeds, (labels, fraction, seed) => {
    const dataset = datasetOf(labels);
    const result = withValidation(dataset, { fraction, seed });
    assert(E.isRight(result));
    const { train, validation, test } = result.right;
    assert(validation !== null);
    assertEquals(test, dataset.test);
    const parts = [train, validation].map(({ count, values, labels }) =>
      Array.from({ length: count }, (_, i) => [values[2 * i], values[2 * i + 1], labels[i]])
    );
    for (const part of parts) {
      const numbers = part.map(([number]) => number);
      assertEquals(numbers, numbers.toSorted((a, b) => a - b));
    }
    assertEquals(
      parts.flat().toSorted(([a], [b]) => a - b),
      labels.map((label, i) => [i, label, label]),
    );
    for (const label of new Set(labels)) {
      const of = (split: ImageSplit) => split.labels.filter((one) => one === label).length;
      const all = labels.filter((one) => one === label).length;
      assertEquals(of(validation), Math.min(Math.max(Math.round(all * fraction), 1), all - 1));
      assert(of(train) >= 1);
    }
  }));
});

Deno.test("a validation set is drawn by its seed", () => {
  const dataset = datasetOf(Array.from({ length: 200 }, (_, i) => i % 3));
  const drawn = (seed: number) => {
    const result = withValidation(dataset, { fraction: 0.2, seed });
    assert(E.isRight(result));
    return result.right.validation;
  };
  assertEquals(drawn(1), drawn(1));
  assertNotEquals(drawn(1), drawn(2));
});

Deno.test("a validation set that cannot be is a typed error", () => {
  const dataset = datasetOf([0, 0, 1, 1, 2]);
  for (const fraction of [0, 1, -0.1, NaN, Infinity]) {
    assertEquals(
      message(withValidation(datasetOf([0, 0]), { fraction, seed: 1 })),
      `Cannot use fraction: expected a number above 0 and below 1, current value is ${fraction}`,
    );
  }
  assertEquals(
    message(withValidation(dataset, { fraction: 0.2, seed: 1 })),
    'Cannot use fraction: expected at least 2 samples of every class, but "c" has 1, which cannot be ' +
      "on both sides, current value is 0.2",
  );
  assertEquals(
    message(withValidation(datasetOf([0, 0]), { fraction: 0.2, seed: -1 })),
    "Cannot use seed: expected an integer from 0 to 4294967295, current value is -1",
  );
  const twice = { ...dataset, validation: splitOf([1]) };
  assertEquals(
    message(withValidation(twice, { fraction: 0.2, seed: 1 })),
    "Cannot use dataset: expected a dataset without a validation set, " +
      'current value is "one with a validation set of 1 samples"',
  );
});

Deno.test("a subset has the picked images, repeated ones too, in memory of its own", () => {
  const split = splitOf([2, 0, 1]);
  const picked = subset(split, Uint32Array.of(2, 2, 0));
  assertEquals(picked, {
    count: 3,
    values: Uint8Array.of(2, 1, 2, 1, 0, 2),
    labels: Uint8Array.of(1, 1, 2),
    normalisation: split.normalisation,
  });
  assert(picked.values.buffer !== split.values.buffer);
  assertEquals(subset(split, new Uint32Array()).count, 0);
});

Deno.test("take keeps the first images of every split", () => {
  const { train, validation, test } = take(
    { ...datasetOf([2, 0, 1, 1]), validation: splitOf([1, 2, 0]) },
    2,
  );
  assertEquals([train, validation], [splitOf([2, 0]), splitOf([1, 2])]);
  assertEquals([test.count, take(datasetOf([0]), 5).train.count], [2, 1]);
});

const unlabelled: Dataset = {
  ...datasetOf([]),
  classes: [],
  train: {
    count: 10,
    values: Float32Array.from({ length: 20 }, (_, i) => i / 2),
    labels: null,
    names: Array.from({ length: 10 }, (_, i) => `s${i}`),
    normalisation: { mean: [0], std: [1] },
  },
};

Deno.test("floats with names and without labels are picked, taken and parted", () => {
  const { train } = unlabelled;
  assertEquals(subset(train, Uint32Array.of(9, 0)), {
    ...train,
    count: 2,
    values: Float32Array.of(9, 9.5, 0, 0.5),
    names: ["s9", "s0"],
  });
  const few = take(unlabelled, 3).train;
  assertEquals([few.count, few.values, few.names, few.labels], [
    3,
    Float32Array.of(0, 0.5, 1, 1.5, 2, 2.5),
    ["s0", "s1", "s2"],
    null,
  ]);
  const parted = withValidation(unlabelled, { fraction: 0.3, seed: 1 });
  assert(E.isRight(parted));
  const { train: rest, validation } = parted.right;
  assertEquals([rest.count, validation?.count, validation?.labels], [7, 3, null]);
  assertEquals([...rest.names!, ...validation!.names!].toSorted(), train.names);
  const chosen = onlyClasses(unlabelled, [0]);
  assertEquals(E.isLeft(chosen) && chosen.left.expected.slice(0, 20), "one class per sample");
});
