import { accuracy } from "../../../ops/metrics/classification.ts";
import { binarise, classMeans, nearestCentroids } from "../../../ops/metrics/centroids.ts";
import {
  activity,
  type Embeddings,
  packRows,
  popcount,
  sparsity,
  wordsPerCode,
} from "../../../ops/embeddings.ts";
import fc from "npm:fast-check@4.3.0";
import { assert, assertAlmostEquals, assertEquals } from "../../assert.ts";
import { float32, type GoldenArray, goldenJson, int32, sharedTest } from "../../shared.ts";
import { assertClose } from "../backends.ts";

interface Scored {
  readonly predictions: GoldenArray;
  readonly accuracy: number;
  readonly train_accuracy: number;
  readonly margins: GoldenArray;
  readonly min_margin_train: number;
}

interface Case {
  readonly name: string;
  readonly kind: string;
  readonly sparsity: number;
  readonly embeddings: GoldenArray;
  readonly labels: GoldenArray;
  readonly test_embeddings: GoldenArray;
  readonly test_labels: GoldenArray;
  readonly centroids_plain: GoldenArray;
  readonly labels_stored: readonly number[];
  readonly centroids_kwta: GoldenArray;
  readonly plain_cosine: Scored;
  readonly kwta_cosine: Scored;
  readonly kwta_centroid_min_boundary_gap: number;
  readonly compute_sparsity: number;
}

const dense = (array: GoldenArray): Embeddings => {
  const { shape: [count, width], data: values } = float32(array);
  return { kind: "dense", count, width, values };
};

const packed = (embeddings: Embeddings): Embeddings => {
  if (embeddings.kind === "binary") return embeddings;
  const { count, width, values } = embeddings;
  const words = new Uint32Array(count * wordsPerCode(width));
  packRows(values, width, words, 0);
  return { kind: "binary", count, width, words };
};

/** Both forms of the same embeddings, where they are binary. */
const forms = (array: GoldenArray): readonly Embeddings[] => {
  const plain = dense(array);
  const binary = plain.kind === "dense" && plain.values.every((x) => x === 0 || x === 1);
  return binary ? [plain, packed(plain)] : [plain];
};

sharedTest("centroids and predictions are the reference's", "golden", () => {
  const cases = goldenJson<Case>("metrics").filter(({ kind }) => kind === "accuracy_embedding");
  assert(cases.length >= 5);
  for (const golden of cases) {
    // Classes that have no samples are left out there; here they are counted from 0.
    const stored = golden.labels_stored;
    const labels = Array.from(int32(golden.labels).data, (label) => stored.indexOf(label));
    const testLabels = Array.from(int32(golden.test_labels).data, (label) => stored.indexOf(label));
    for (const train of forms(golden.embeddings)) {
      const means = classMeans(train, labels, stored.length);
      const width = train.width;
      const expected = float32(golden.centroids_plain).data;
      means.forEach((mean, c) =>
        // The reference's mean is updated batch by batch in float32.
        assertClose(mean, expected.subarray(c * width, (c + 1) * width), 1e-6, golden.name)
      );
      const codes = means.map((mean) => binarise(mean, golden.sparsity));
      if (golden.kwta_centroid_min_boundary_gap > 1e-5) {
        assertEquals(
          codes.flatMap((code) => Array.from(code)),
          Array.from(float32(golden.centroids_kwta).data),
        );
      }
      const goldenCodes = float32(golden.centroids_kwta).data;
      const given = means.map((_, c) => goldenCodes.slice(c * width, (c + 1) * width));
      for (
        const [centroids, scored] of [[means, golden.plain_cosine], [
          given,
          golden.kwta_cosine,
        ]] as const
      ) {
        const margins = float32(scored.margins).data;
        for (const test of forms(golden.test_embeddings)) {
          const predicted = nearestCentroids(test, centroids);
          predicted.forEach((prediction, i) => {
            // Rounding decides between distances that are nearly equal.
            if (margins[i] < 1e-5) return;
            assertEquals(stored[prediction], int32(scored.predictions).data[i], golden.name);
          });
          if (Math.min(...margins) >= 1e-5) {
            assertAlmostEquals(accuracy(predicted, testLabels), scored.accuracy, 1e-6);
          }
        }
        if (scored.min_margin_train >= 1e-5) {
          assertAlmostEquals(
            accuracy(nearestCentroids(train, centroids), labels),
            scored.train_accuracy,
            1e-6,
          );
        }
      }
      assertAlmostEquals(sparsity(train), golden.compute_sparsity, 1e-6);
    }
  }
});

Deno.test("packed codes count, classify and average as their bits do", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 100 }),
      fc.integer({ min: 1, max: 20 }),
      fc.infiniteStream(fc.boolean()),
      (width, count, bits) => {
        const values = Float32Array.from({ length: count * width }, () => +bits.next().value!);
        const labels = Uint8Array.from({ length: count }, (_, i) => i % 3);
        const plain: Embeddings = { kind: "dense", count, width, values };
        const codes = packed(plain);
        assert(codes.kind === "binary");
        const sums = Array.from(
          { length: count },
          (_, i) => values.subarray(i * width, (i + 1) * width).reduce((a, b) => a + b, 0),
        );
        const { least, mean, most } = activity(codes);
        assertEquals([least, most], [Math.min(...sums), Math.max(...sums)]);
        assertAlmostEquals(mean, sums.reduce((a, b) => a + b, 0) / count, 1e-9);
        assertAlmostEquals(sparsity(codes), sparsity(plain), 1e-6);
        const means = classMeans(codes, labels, 3);
        assertEquals(means, classMeans(plain, labels, 3));
        const centroids = means.map((mean) => binarise(mean, 0.2));
        assertEquals(nearestCentroids(codes, centroids), nearestCentroids(plain, centroids));
      },
    ),
    { numRuns: 200, seed: 26 },
  );
});

Deno.test("popcount counts every bit of a word", () => {
  for (const word of [0, 1, 0x80000000, 0xffffffff, 0x55555555, 0x12345678]) {
    assertEquals(popcount(word), word.toString(2).replaceAll("0", "").length);
  }
});

Deno.test("nothing at all is measured as zeros, not NaN", () => {
  const none: Embeddings = { kind: "binary", count: 0, width: 8, words: new Uint32Array() };
  assertEquals(activity(none), { least: 0, mean: 0, most: 0 });
  assertEquals(sparsity(none), 0);
  assertEquals(accuracy([], []), 0);
  assertEquals(classMeans(none, [], 2), [new Float32Array(8), new Float32Array(8)]);
});
