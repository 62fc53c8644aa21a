import fc from "npm:fast-check@4.3.0";
import { E } from "../../../graph/fp_ts.ts";
import type { ImageSplit } from "../../../pipelines/data/dataset.ts";
import { loadStrokes, strokes } from "../../../pipelines/data/strokes.ts";
import { assert, assertAlmostEquals, assertEquals, assertNotEquals } from "../../assert.ts";
import { moments } from "./moments.ts";

const area = 28 * 28;
const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 });

const countsOf = ({ labels }: ImageSplit): number[] =>
  [...labels].reduce((counts, label) => counts.with(label, counts[label] + 1), Array(10).fill(0));

Deno.test("strokes are the same to the bit for a seed, on every machine", async () => {
  const dataset = await loadStrokes({ seed: 1, train: 500, test: 100 })();
  assert(E.isRight(dataset));
  // A change of these is a change of every result on the built-in digits.
  assertEquals(dataset.right.sha256, {
    "strokes-train": "f04d6103291fe8a5347c7258738eab1484db9227d22435856c4fcea87aa888ac",
    "strokes-test": "2c514403c84efd1cbbbb6910eb315441b20108af7302ae411908b89c103f365f",
  });
});

Deno.test("strokes differ with the seed, and the splits from each other", () => {
  const [first, second] = [1, 2].map((seed) => strokes({ seed, train: 50, test: 50 }));
  assertNotEquals(first.train.values, second.train.values);
  assertNotEquals(first.train.values, first.test.values);
});

Deno.test("strokes: any number is balanced, in random order, and begins like a larger one", () => {
  fc.assert(
    fc.property(seeds, fc.integer({ min: 1, max: 45 }), (seed, count) => {
      const { train, test } = strokes({ seed, train: count, test: 50 });
      const counts = countsOf(train);
      assert(Math.max(...counts) - Math.min(...counts) <= 1);
      assertEquals(countsOf(test), Array(10).fill(5));
      assertEquals([train.count, train.values.length], [count, count * area]);

      const larger = strokes({ seed, train: 50, test: 1 }).train;
      assertEquals(larger.labels.slice(0, count), train.labels);
      assertEquals(larger.values.slice(0, count * area), train.values);
    }),
    { numRuns: 20 },
  );
  const { labels } = strokes({ seed: 1, train: 100, test: 1 }).train;
  assertNotEquals(labels.slice(0, 10), labels.slice(10, 20));
});

Deno.test("strokes: every image has ink and a background of 0", () => {
  const { train } = strokes({ seed: 3, train: 1000, test: 1 });
  for (let i = 0; i < train.count; i++) {
    const image = train.values.subarray(i * area, (i + 1) * area);
    const ink = image.filter((byte) => byte > 0).length;
    assert(ink > 20 && ink < area / 2, `image ${i} has ${ink} pixels of ink`);
    assert(Math.max(...image) > 150, `image ${i} is pale`);
  }
});

Deno.test("strokes: the normalisation is that of 10,000 images of seed 1", () => {
  const { train } = strokes({ seed: 1, test: 1 });
  const { mean, std } = moments(train.values);
  assertAlmostEquals(mean, train.normalisation.mean[0], 5e-5);
  assertAlmostEquals(std, train.normalisation.std[0], 5e-5);
});

Deno.test("strokes can be learnt, and not by the mean of each class alone", () => {
  const { train, test } = strokes({ seed: 5, train: 3000, test: 1000 });
  const centroids = Array.from({ length: 10 }, () => new Float64Array(area));
  train.values.forEach((byte, at) => {
    centroids[train.labels[Math.floor(at / area)]][at % area] += byte / 300;
  });
  const right = test.labels.filter((label, i) => {
    const image = test.values.subarray(i * area, (i + 1) * area);
    const distances = centroids.map((centroid) =>
      centroid.reduce((sum, mean, at) => sum + (image[at] - mean) ** 2, 0)
    );
    return distances.indexOf(Math.min(...distances)) === label;
  });
  const accuracy = right.length / test.count;
  assert(accuracy > 0.7 && accuracy < 0.92, `nearest centroid: ${accuracy}`);
});

Deno.test("loadStrokes checks its options", async () => {
  const wrong = [
    [{ seed: -1 }, "seed"],
    [{ seed: 2 ** 32 }, "seed"],
    [{ seed: 0.5 }, "seed"],
    [{ seed: 1, train: 0 }, "train"],
    [{ seed: 1, train: NaN }, "train"],
    [{ seed: 1, test: 1_000_001 }, "test"],
  ] as const;
  for (const [options, name] of wrong) {
    const result = await loadStrokes(options)();
    assert(E.isLeft(result));
    assertEquals([result.left._tag, result.left.option], ["InvalidOption", name]);
  }
});
