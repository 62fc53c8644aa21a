import { seed } from "../../../graph/rng.ts";
import { type BinaryEmbeddings, packRows, wordsPerCode } from "../../../ops/embeddings.ts";
import { tf } from "../../../ops/tfjs.ts";
import {
  composition,
  compositionFigure,
  type Training,
} from "../../../pipelines/studies/claims/composition.ts";
import {
  composites,
  otherClasses,
  superpose,
  superposeSome,
  unrelatedPairs,
} from "../../../pipelines/studies/claims/composites.ts";
import { take } from "../../../pipelines/data/splits.ts";
import { renderFigure } from "../../../pipelines/report/figure.ts";
import {
  assert,
  assertEquals,
  assertNotEquals,
  assertStringIncludes,
  assertThrows,
} from "../../assert.ts";
import { digits, envOn, left, right } from "../tiny.ts";

/** Codes of zeros and ones, a row each. */
function codes(...rows: readonly (readonly number[])[]): BinaryEmbeddings {
  const [count, width] = [rows.length, rows[0].length];
  const words = new Uint32Array(count * wordsPerCode(width));
  packRows(rows.flat(), width, words, 0);
  return { kind: "binary", count, width, words };
}

Deno.test("superposed images have of each pixel the larger, also in place", () => {
  const [a, b] = [Uint8Array.of(0, 9, 255, 4), Uint8Array.of(7, 8, 0, 4)];
  superpose(a, b, a);
  assertEquals(a, Uint8Array.of(7, 9, 255, 4));
});

Deno.test("composites are of two classes, cover the split, and repeat themselves", async () => {
  const { test } = await digits();
  const [made, next] = composites(test, 250, seed(3));
  assertEquals([made.count, made.values.length], [250, 250 * 784]);
  for (let i = 0; i < made.count; i++) {
    const [first, second] = [made.firsts[i], made.seconds[i]];
    assertNotEquals(test.labels[first], test.labels[second]);
    assertEquals(made.labels[i], test.labels[first]);
    for (let pixel = 0; pixel < 784; pixel++) {
      assertEquals(
        made.values[i * 784 + pixel],
        Math.max(test.values[first * 784 + pixel], test.values[second * 784 + pixel]),
      );
    }
  }
  // 250 of 100 images: each is a first part twice or three times.
  const times = Array.from({ length: 100 }, (_, i) => made.firsts.filter((f) => f === i).length);
  assert(times.every((n) => n === 2 || n === 3));
  assertEquals(composites(test, 250, seed(3)), [made, next]);
  assertNotEquals(composites(test, 250, seed(4))[0].seconds, made.seconds);

  const [others] = unrelatedPairs(test, made, next);
  for (let i = 0; i < made.count; i++) {
    const classes = [made.firsts[i], made.seconds[i], others.firsts[i], others.seconds[i]]
      .map((image) => test.labels[image]);
    assertEquals(new Set(classes).size, 4);
  }
});

Deno.test("some images of a split become composites and keep their labels", async () => {
  const { train } = await digits();
  const [none] = superposeSome(train, 0, seed(1));
  assertEquals(none, train);
  const [some] = superposeSome(train, 0.5, seed(1));
  assertEquals(some.labels, train.labels);
  let changed = 0;
  for (let i = 0; i < train.count; i++) {
    const now = some.values.subarray(i * 784, (i + 1) * 784);
    const before = train.values.subarray(i * 784, (i + 1) * 784);
    assert(now.every((byte, pixel) => byte >= before[pixel]));
    if (now.some((byte, pixel) => byte > before[pixel])) changed++;
  }
  assert(changed > 110 && changed < 190, `${changed} of 300`);
});

Deno.test("images of one class cannot be paired", () => {
  const split = {
    count: 2,
    values: new Uint8Array(2),
    labels: Uint8Array.of(5, 5),
    normalisation: { mean: [0], std: [1] },
  };
  const message = "Cannot pair images: expected at least 2 classes, current value is 1";
  assertThrows(() => composites(split, 1, seed(1)), RangeError, message);
  assertThrows(() => superposeSome(split, 0.5, seed(1)), RangeError, message);
});

Deno.test("the other class is the nearest but the known; an empty code has none", () => {
  const centroids = [[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 0, 1]].map((row) => Float32Array.from(row));
  const queries = codes([1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 1, 1]);
  assertEquals([...otherClasses(queries, [-1, 0, 0, 2], centroids)], [0, 1, -1, 1]);
});

/** Values of a training in which all quantities are equal. */
const training = (name: string, value: number): Training => ({
  name,
  values: {
    own_union: [value],
    unrelated_union: [value],
    random_union: [value],
    weaker_part: [value],
    by_difference: [value],
    by_itself: [value],
    by_difference_of_all: [value],
    by_itself_of_all: [value],
  },
});

Deno.test("the figure has a dot for every seed and quantity, and all of them in its data", () => {
  const figure = compositionFigure([training("with", 0.75), training("without", 0.25)], 1 / 9);
  const { markup } = renderFigure(figure, 7);
  assertEquals(figure.drawings.map(({ screens }) => screens).flat().length, 3);
  // Eight rows and the legend, two trainings, two drawings.
  assertEquals(markup.match(/<circle/g)?.length, 9 * 2 * 2);
  assertEquals(figure.data.rows.length, 16);
  assertStringIncludes(figure.caption, "0.75 of a composite's bits");
});

Deno.test("the quick form says what it found, frees everything and repeats itself", async () => {
  const dataset = take(await digits(), 300);
  const env = await envOn("wasm");
  const tensors = tf.memory().numTensors;
  const test = async () =>
    right(await composition.test({ dataset, seeds: [1], quick: true })(env)());
  const found = await test();
  assertEquals(tf.memory().numTensors, tensors);
  assertEquals(found.measured.length, 18);
  for (const { name, values } of found.measured) {
    assertEquals(values.length, 1, name);
    assert(values[0] >= 0 && values[0] <= 1, `${name}: ${values[0]}`);
  }
  assertEquals((await test()).measured, found.measured);
});

Deno.test("fewer than four classes are refused", async () => {
  const dataset = await digits();
  const few = { ...dataset, test: { ...dataset.test, labels: new Uint8Array(100) } };
  const result = await composition.test({ dataset: few, seeds: [1], quick: true })(
    await envOn("wasm"),
  )();
  assertEquals(left(result)._tag, "InvalidOption");
});
