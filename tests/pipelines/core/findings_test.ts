import fc from "npm:fast-check@4.3.0";
import { type BinaryEmbeddings, packRows, wordsPerCode } from "../../../ops/embeddings.ts";
import { firstOfEach } from "../../../pipelines/data/splits.ts";
import { evaluationOf, MOST_CONFUSED, MOST_SAMPLES } from "../../../pipelines/core/findings.ts";
import { assert, assertEquals, assertLess } from "../../assert.ts";

const WIDTH = 40;

/** Code i sets bit i mod 40 and the last one, image i is of the byte i. */
const coded = (count: number): BinaryEmbeddings => {
  const words = new Uint32Array(count * wordsPerCode(WIDTH));
  for (let i = 0; i < count; i++) {
    const row = Array.from({ length: WIDTH }, (_, u) => u === i % WIDTH || u === WIDTH - 1 ? 1 : 0);
    packRows(row, WIDTH, words, i * wordsPerCode(WIDTH));
  }
  return { kind: "binary", count, width: WIDTH, words };
};

const testSet = (labels: readonly number[], classes: number) => ({
  shape: [1, 2],
  classes: Array.from({ length: classes }, (_, c) => `class ${c}`),
  test: {
    count: labels.length,
    values: Uint8Array.from({ length: 2 * labels.length }, (_, i) => i >> 1),
    labels: Uint8Array.from(labels),
    normalisation: { mean: [0], std: [1] },
  },
});

const samples = fc.integer({ min: 2, max: 5 }).chain((classes) =>
  fc.record({
    classes: fc.constant(classes),
    pairs: fc.array(fc.tuple(fc.nat(classes - 1), fc.nat(classes - 1)), { maxLength: 200 }),
  })
);

Deno.test("what is confused is of the largest cells off the diagonal, each in order", () => {
  fc.assert(
    fc.property(samples, ({ classes, pairs }) => {
      const data = testSet(pairs.map(([label]) => label), classes);
      const predicted = pairs.map(([, taken]) => taken);
      const found = evaluationOf(data, coded(pairs.length), predicted, null);
      const timesOf = (label: number, taken: number) =>
        pairs.filter(([a, b]) => a === label && b === taken).length;
      const { counts } = found.confusion;
      for (let cell = 0; cell < classes ** 2; cell++) {
        assertEquals(counts[cell], timesOf(Math.floor(cell / classes), cell % classes));
      }
      const times = found.confused.map(({ label, predicted }) => timesOf(label, predicted));
      assertEquals(times, times.toSorted((a, b) => b - a));
      const shown = Map.groupBy(
        found.confused,
        ({ label, predicted }) => `${label} ${predicted}`,
      );
      for (const [cell, images] of shown) {
        const all = pairs.flatMap((pair, i) => pair.join(" ") === cell ? [i] : []);
        assertEquals(images.map(({ index }) => index), all.slice(0, 3));
      }
      for (const { index, label, predicted, image, bits } of found.confused) {
        assert(label !== predicted);
        assertEquals([label, predicted], [...pairs[index]]);
        assertEquals(image.data, Float32Array.of(index / 255, index / 255));
        const own = index % WIDTH;
        assertEquals([...bits!], own === WIDTH - 1 ? [own] : [own, WIDTH - 1]);
      }
      // Every cell that is left out is no larger than any that is shown.
      const least = Math.min(...times);
      const left = pairs.filter(([a, b]) => a !== b && !shown.has(`${a} ${b}`));
      assert(left.every(([a, b]) => shown.size === 8 && timesOf(a, b) <= least));
    }),
    { seed: 26, numRuns: 50 },
  );
});

Deno.test("the codes that are kept are of the first samples of each class, by class", () => {
  const labels = [2, 1, 2, 2, 0, 2, 1];
  const { samples } = evaluationOf(testSet(labels, 4), coded(7), labels, null);
  assertEquals(samples.map(({ index }) => index), [4, 1, 6, 0, 2, 3]);
});

Deno.test("what is kept does not grow with the test set or with its classes", () => {
  const labels = Array.from({ length: 5000 }, (_, i) => i % 100);
  const wrong = labels.map((label, i) => (label + (i >> 8)) % 100);
  const found = evaluationOf(testSet(labels, 100), coded(5000), wrong, null);
  assertEquals([found.samples.length, found.confused.length], [MOST_SAMPLES, MOST_CONFUSED]);
  assertLess(JSON.stringify({ ...found, confusion: null }).length, 20_000);
});

Deno.test("an output that stands for no class is another class; numbers are no codes", () => {
  const data = testSet([0, 1, 1], 2);
  const dense = { kind: "dense", count: 3, width: 4, values: new Float32Array(12) } as const;
  const found = evaluationOf(data, dense, [0, 3, 2], null);
  assertEquals(found.classes, ["class 0", "class 1", "other"]);
  assertEquals([...found.confusion.counts], [1, 0, 0, 0, 0, 2, 0, 0, 0]);
  assertEquals(found.samples, []);
  assertEquals(found.confused.map(({ predicted, bits }) => [predicted, bits]), [[2, null], [
    2,
    null,
  ]]);
  // Vectors have no picture.
  assertEquals(evaluationOf({ ...data, shape: [2] }, dense, [0, 0, 0], null).confused, []);
});

Deno.test("the first of each class, then the second of each, as many as there are", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(3)), fc.nat(12), (labels, most) => {
      const picks = firstOfEach(labels, 4, most);
      assertEquals(picks.length, Math.min(most, labels.length));
      const rank = (i: number) => labels.slice(0, i).filter((one) => one === labels[i]).length;
      const order = (i: number) => 4 * rank(i) + labels[i];
      const all = labels.map((_, i) => i).toSorted((a, b) => order(a) - order(b));
      assertEquals(picks, all.slice(0, most));
    }),
    { seed: 26 },
  );
});
