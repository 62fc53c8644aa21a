import fc from "npm:fast-check@4.3.0";
import { E } from "../../../graph/fp_ts.ts";
import { seed } from "../../../graph/rng.ts";
import { embeddingDistances } from "../../../ops/metrics/distances.ts";
import { majorityVote, nearestByRows, nearestNeighbours } from "../../../ops/metrics/neighbours.ts";
import { retrievalScores } from "../../../ops/metrics/retrieval.ts";
import { appendCodes, pickCodes } from "../../../ops/codes/codes.ts";
import { randomCodes } from "../../../ops/codes/noise.ts";
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "../../assert.ts";
import { codeSets, dense, integerRows, packed, row } from "./embeddings.ts";

const runs = { numRuns: 60, seed: 26 };
const distances = ["overlap", "hamming", "cosine"] as const;

/** Indices by distance, then by index. */
const sorted = (row: ArrayLike<number>, skip = -1): readonly number[] =>
  Array.from(row, (_, j) => j).filter((j) => j !== skip)
    .sort((a, b) => row[a] - row[b] || a - b);

Deno.test("the neighbours are those that sorting all distances gives, packed or not", () => {
  fc.assert(
    fc.property(codeSets(2), fc.nat({ max: 11 }), ([queries, gallery], wanted) => {
      const k = 1 + wanted % gallery.count;
      for (const distance of distances) {
        const found = nearestNeighbours(queries, gallery, { k, distance });
        const all = embeddingDistances(queries, gallery, distance);
        for (let i = 0; i < queries.count; i++) {
          const own = all.subarray(i * gallery.count, (i + 1) * gallery.count);
          const best = sorted(own).slice(0, k);
          assertEquals([...found.indices.subarray(i * k, (i + 1) * k)], best);
          assertEquals(
            [...found.distances.subarray(i * k, (i + 1) * k)],
            best.map((j) => own[j]),
          );
        }
        assertEquals(nearestNeighbours(packed(queries), packed(gallery), { k, distance }), found);
      }
    }),
    runs,
  );
});

Deno.test("one that is left out is not its own neighbour", () => {
  const x = dense([[0], [1], [3]]);
  const options = { k: 2, distance: "l1", leaveOneOut: true } as const;
  assertEquals([...nearestNeighbours(x, x, options).indices], [1, 2, 0, 2, 1, 0]);
  assertThrows(() => nearestNeighbours(x, x, { ...options, k: 3 }), RangeError, "from 1 to 2");
  assertThrows(() => nearestNeighbours(x, x, { k: 0 }), RangeError, "current value is 0");
});

Deno.test("among many codes the same is found as by all distances, itself left out or not", () => {
  const codes = (count: number, size: number, number: number) => {
    const drawn = randomCodes(count, 70, size, seed(number));
    assert(E.isRight(drawn));
    return drawn.right[0];
  };
  // Sizes differ, and each code is there four times: a query is often not the first of its equals.
  const some = appendCodes(codes(100, 5, 1), codes(100, 40, 2));
  const gallery = pickCodes(some, Array.from({ length: 800 }, (_, i) => i % 200));
  for (const distance of [...distances, "l1", "l2"] as const) {
    for (const k of [1, 10]) {
      for (const leaveOneOut of [false, true]) {
        assertEquals(
          nearestNeighbours(gallery, gallery, { k, distance, leaveOneOut }),
          nearestByRows(gallery, gallery, k, distance, leaveOneOut),
        );
      }
    }
  }
  const wide = { ...gallery, width: 69 };
  assertThrows(() => nearestNeighbours(wide, gallery, { k: 1 }), RangeError, "compare embeddings");
});

Deno.test("of equally frequent classes the one with the nearest member wins", () => {
  const gallery = dense([[4], [1], [2], [3]]);
  const near = (k: number) => nearestNeighbours(dense([[0]]), gallery, { k, distance: "l1" });
  assertEquals([...majorityVote(near(2), [0, 5, 2, 2])], [5]);
  assertEquals([...majorityVote(near(3), [0, 5, 2, 2])], [2]);
  assertEquals([...majorityVote(near(4), [5, 5, 2, 2])], [5]);
});

/** MAP@R, R-precision and precision at 1, straight from the formulas. */
function naive(all: Float64Array, labels: readonly number[]) {
  const n = labels.length;
  const scores = labels.flatMap((label, i) => {
    const size = labels.filter((other) => other === label).length - 1;
    if (size === 0) return [];
    const best = sorted(all.subarray(i * n, (i + 1) * n), i).slice(0, size);
    const rel = best.map((j) => Number(labels[j] === label));
    const precision = (at: number) => rel.slice(0, at).reduce((a, b) => a + b, 0) / at;
    const average = rel.reduce((sum, hit, at) => sum + hit * precision(at + 1), 0) / size;
    return [[rel[0], precision(size), average]];
  });
  return [0, 1, 2].map((c) => scores.reduce((sum, score) => sum + score[c], 0) / scores.length);
}

Deno.test("retrieval scores are what their formulas say, packed or not", () => {
  fc.assert(
    fc.property(codeSets(1), ([embeddings]) => {
      const labels = Array.from({ length: embeddings.count }, (_, i) => (i * i) % 3);
      for (const distance of distances) {
        const scores = retrievalScores({ embeddings, labels }, distance);
        if (scores === null) return assertEquals(new Set(labels).size, labels.length);
        const expected = naive(embeddingDistances(embeddings, embeddings, distance), labels);
        assertAlmostEquals(scores.precisionAt1, expected[0], 1e-12);
        assertAlmostEquals(scores.rPrecision, expected[1], 1e-12);
        assertAlmostEquals(scores.meanAveragePrecision, expected[2], 1e-12);
        assert(scores.meanAveragePrecision <= scores.rPrecision + 1e-12);
        assertEquals(retrievalScores({ embeddings: packed(embeddings), labels }, distance), scores);
      }
    }),
    runs,
  );
});

Deno.test("retrieval does not depend on the order of the samples where no distances tie", () => {
  fc.assert(
    fc.property(integerRows(8), fc.integer({ min: 1, max: 7 }), (x, by) => {
      // A different irrational offset in each row keeps all distances apart.
      const rows = Array.from({ length: 8 }, (_, i) => row(x, i).map((v) => v + Math.sqrt(i + 2)));
      const labels = [0, 0, 0, 1, 1, 2, 2, 2];
      const turned = <T>(xs: readonly T[]): readonly T[] => [...xs.slice(by), ...xs.slice(0, by)];
      const embeddings = dense(rows);
      const all = embeddingDistances(embeddings, embeddings, "l2");
      fc.pre(rows.every((_, i) => new Set(all.subarray(i * 8, (i + 1) * 8)).size === 8));
      const [a, b] = [
        retrievalScores({ embeddings, labels }, "l2"),
        retrievalScores({ embeddings: dense(turned(rows)), labels: turned(labels) }, "l2"),
      ];
      assertAlmostEquals(a!.meanAveragePrecision, b!.meanAveragePrecision, 1e-12);
      assertAlmostEquals(a!.rPrecision, b!.rPrecision, 1e-12);
    }),
    runs,
  );
});

Deno.test("a perfect space scores 1, a lone query nothing, a gallery of its own is used whole", () => {
  const embeddings = dense([[0, 1], [0, 2], [3, 0], [4, 0]]);
  const labels = [0, 0, 1, 1];
  const perfect = { precisionAt1: 1, rPrecision: 1, meanAveragePrecision: 1 };
  assertEquals(retrievalScores({ embeddings, labels }), { ...perfect, queries: 4 });
  assertEquals(retrievalScores({ embeddings, labels: [0, 1, 2, 3] }), null);
  const query = { embeddings: dense([[0, 1], [9, 9]]), labels: [0, 7] };
  assertEquals(retrievalScores(query, "cosine", { embeddings, labels }), {
    ...perfect,
    queries: 1,
  });
  assertThrows(() => retrievalScores({ embeddings, labels: [0] }), RangeError);
});

Deno.test("MAP@R is the paper's on its own kind of example", () => {
  // R = 4; of the nearest four only the first two ranks, then ranks 1 and 4, are right.
  const gallery = dense([[1], [2], [3], [4], [5], [6]]);
  const query = { embeddings: dense([[0]]), labels: [1] };
  const score = (labels: readonly number[]) =>
    retrievalScores(query, "l1", { embeddings: gallery, labels })!.meanAveragePrecision;
  assertAlmostEquals(score([1, 1, 0, 0, 1, 1]), (1 + 1) / 4, 1e-12);
  assertAlmostEquals(score([1, 0, 0, 1, 1, 1]), (1 + 2 / 4) / 4, 1e-12);
});
