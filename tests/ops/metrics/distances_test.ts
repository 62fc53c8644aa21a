import fc from "npm:fast-check@4.3.0";
import { type EmbeddingDistance, embeddingDistances } from "../../../ops/metrics/distances.ts";
import {
  centroidCloseness,
  centroidDistances,
  nearestCentroids,
} from "../../../ops/metrics/centroids.ts";
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "../../assert.ts";
import { codeSets, dense, integerRows, packed, row } from "./embeddings.ts";

const runs = { numRuns: 60, seed: 26 };
const all: readonly EmbeddingDistance[] = ["cosine", "l1", "l2", "overlap", "hamming"];

const sum = (xs: readonly number[]): number => xs.reduce((total, x) => total + x, 0);
const zip = (
  a: readonly number[],
  b: readonly number[],
  f: (x: number, y: number) => number,
): readonly number[] => a.map((x, u) => f(x, b[u]));

/** Distances, written as in their definitions. */
const naive: Readonly<
  Record<EmbeddingDistance, (a: readonly number[], b: readonly number[]) => number>
> = {
  cosine: (a, b) => {
    const norm = (x: readonly number[]) => Math.max(Math.hypot(...x), 1e-8);
    return 1 - sum(zip(a, b, (x, y) => x * y)) / (norm(a) * norm(b));
  },
  l1: (a, b) => sum(zip(a, b, (x, y) => Math.abs(x - y))),
  l2: (a, b) => sum(zip(a, b, (x, y) => (x - y) ** 2)),
  overlap: (a, b) => 0 - sum(zip(a, b, (x, y) => x * y)),
  hamming: (a, b) => sum(zip(a, b, (x, y) => Number(x !== y))),
};

Deno.test("packed and dense codes are equally far apart, to the bit", () => {
  fc.assert(
    fc.property(codeSets(2), ([a, b]) => {
      for (const distance of all) {
        const plain = embeddingDistances(a, b, distance);
        for (const [x, y] of [[packed(a), packed(b)], [packed(a), b], [a, packed(b)]]) {
          assertEquals(embeddingDistances(x, y, distance), plain, distance);
        }
      }
      assertEquals(embeddingDistances(a, b, "l1"), embeddingDistances(a, b, "hamming"));
      assertEquals(embeddingDistances(a, b, "l1"), embeddingDistances(a, b, "l2"));
    }),
    runs,
  );
});

Deno.test("distances are what their definitions say", () => {
  fc.assert(
    fc.property(integerRows(6), (x) => {
      for (const distance of all) {
        embeddingDistances(x, x, distance).forEach((d, at) =>
          assertAlmostEquals(
            d,
            naive[distance](row(x, Math.floor(at / 6)), row(x, at % 6)),
            distance === "cosine" ? 1e-12 : 0,
            distance,
          )
        );
      }
    }),
    runs,
  );
});

Deno.test("l1 and hamming are metrics, all are symmetric, the cosine's is in [0, 2]", () => {
  fc.assert(
    fc.property(integerRows(5), (x) => {
      for (const distance of all) {
        const d = embeddingDistances(x, x, distance);
        const at = (i: number, j: number) => d[i * 5 + j];
        for (let i = 0; i < 5; i++) {
          for (let j = 0; j < 5; j++) {
            assertEquals(at(i, j), at(j, i), distance);
            if (distance === "cosine") assert(at(i, j) >= -1e-12 && at(i, j) <= 2 + 1e-12);
            if (distance !== "l1" && distance !== "hamming") continue;
            const same = row(x, i).every((value, u) => value === row(x, j)[u]);
            assertEquals(at(i, j) === 0, same);
            for (let k = 0; k < 5; k++) assert(at(i, j) <= at(i, k) + at(k, j));
          }
        }
      }
    }),
    runs,
  );
});

Deno.test("a zero vector is at cosine distance 1 from everything, itself included", () => {
  const x = dense([[0, 0], [1, 0]]);
  assertEquals([...embeddingDistances(x, x, "cosine")], [1, 1, 1, 0]);
  assertEquals([...embeddingDistances(packed(x), packed(x), "cosine")], [1, 1, 1, 0]);
  // Norms are clamped at 1e-8, as in PyTorch: short vectors have their angle, tiny ones lose it.
  const angle = (length: number) => {
    const [v, w] = [dense([[length, 0]]), dense([[2, 0]])];
    return embeddingDistances(v, w, "cosine")[0];
  };
  assertAlmostEquals(angle(1e-7), 0, 1e-12);
  assertAlmostEquals(angle(1e-9), 0.9, 1e-6);
});

Deno.test("the nearest centroid is the first of the smallest distances, packed or not", () => {
  fc.assert(
    fc.property(codeSets(2), fc.boolean(), ([x, c], halved) => {
      const centroids = Array.from(
        { length: c.count },
        (_, i) => Float32Array.from(row(c, i), (value) => halved ? value / 2 : value),
      );
      for (const distance of all) {
        const distances = centroidDistances(x, centroids, distance);
        const predicted = nearestCentroids(x, centroids, distance);
        predicted.forEach((best, i) => {
          const own = Array.from(distances.subarray(i * c.count, (i + 1) * c.count));
          assertEquals(best, own.indexOf(Math.min(...own)));
        });
        assertEquals(centroidDistances(packed(x), centroids, distance), distances);
        assertEquals(nearestCentroids(packed(x), centroids, distance), predicted);
      }
    }),
    runs,
  );
});

Deno.test("a class without a centroid is never predicted; classes may be more than 256", () => {
  const x = dense([[0.1, 0.1]]);
  const centroids = [new Float32Array(2), null, Float32Array.of(1, 1)];
  assertEquals([...nearestCentroids(x, centroids, "l1")], [0]);
  assertEquals([...nearestCentroids(x, [null, ...centroids.slice(1)], "l1")], [2]);
  assertEquals(centroidDistances(x, centroids, "l1")[1], Infinity);
  const many = Array.from({ length: 300 }, (_, c) => c === 299 ? Float32Array.of(1, 1) : null);
  assertEquals([...nearestCentroids(x, many)], [299]);
});

Deno.test("closeness is never NaN", () => {
  assertEquals([...centroidCloseness([0, 0, Infinity, 1, 3, Infinity], 3)], [
    1,
    1,
    0,
    0.75,
    0.25,
    0,
  ]);
});

Deno.test("what does not fit is refused in words", () => {
  const x = dense([[1, 2]]);
  assertThrows(() => nearestCentroids(x, [null]), RangeError, "expected at least 1");
  assertThrows(() => nearestCentroids(x, [new Float32Array(3)]), RangeError, "class 0");
  assertThrows(() => embeddingDistances(x, dense([[1]]), "l1"), RangeError, "current value is 1");
});
