import fc from "npm:fast-check@4.3.0";
import type { DenseEmbeddings } from "../../../ops/embeddings.ts";
import { nearestVectors, recallAt, rerank, unitVectors } from "../../../ops/codes/vectors.ts";
import { nearestByRows } from "../../../ops/metrics/neighbours.ts";
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "../../assert.ts";
import { shared, sharedTest } from "../../shared.ts";
import { float16Rows, rows, units, vectorsOf } from "./float_vectors.ts";
import { ok, refusal } from "./sets.ts";

const dense = (width: number, ...values: number[]): DenseEmbeddings => ({
  kind: "dense",
  count: values.length / width,
  width,
  values: Float32Array.from(values),
});

Deno.test("the nearest vectors are those that all cosines give, duplicates and zeros included", () => {
  const sizes = fc.tuple(fc.nat(60), fc.nat(8), fc.nat(8), fc.nat(1000));
  fc.assert(fc.property(sizes, ([count, more, queries, number]) => {
    const width = more + 1;
    const some = units(count + 1, width, number).values;
    // Each twice, and zeros at the end.
    const values = Float32Array.of(...some, ...some, ...new Float32Array(width));
    const vectors = { kind: "dense", count: 2 * count + 3, width, values } as const;
    const asked = units(queries, width, number + 1);
    const k = 1 + number % vectors.count;
    const found = ok(nearestVectors(vectors, asked, k));
    const all = nearestByRows(asked, vectors, k, "cosine", false);
    for (let i = 0; i < all.distances.length; i++) {
      assertAlmostEquals(found.distances[i], all.distances[i], 1e-6);
    }
    for (let i = 1; i < found.indices.length; i++) {
      const equal = i % k !== 0 && found.distances[i] === found.distances[i - 1];
      assert(!equal || found.indices[i] > found.indices[i - 1]);
    }
  }));
});

sharedTest("GloVe's neighbours are those of the file", "embeddings", () => {
  const base = ok(unitVectors(float16Rows(shared("embeddings/glove100_base.f16.npy"))));
  const queries = ok(unitVectors(float16Rows(shared("embeddings/glove100_queries.f16.npy"))));
  const file = Deno.readFileSync(shared("embeddings/glove100_neighbours.i32.npy"));
  const truth = { k: 100, indices: new Int32Array(file.buffer, 128, 100 * 100) };
  const found = ok(nearestVectors(base, rows(queries, 0, 100), 100));
  // The file's are of float32, so that two of nearly the same distance may be the other way round.
  assert(recallAt(100, found, truth) > 0.9999);
  assertEquals(found.indices.filter((index, i) => index !== truth.indices[i]).length < 20, true);
});

Deno.test("candidates that hold the neighbours are ranked as all vectors are, in any order", () => {
  const [vectors, queries] = [units(200, 12, 1), units(20, 12, 2)];
  const wide = ok(nearestVectors(vectors, queries, 30));
  const turned = { k: 30, indices: wide.indices.slice().reverse() };
  const backwards = {
    ...queries,
    values: Float32Array.from(
      { length: 240 },
      (_, i) => queries.values[(19 - (i / 12 | 0)) * 12 + i % 12],
    ),
  };
  assertEquals(
    ok(rerank(vectors, backwards, turned, 10)),
    ok(nearestVectors(vectors, backwards, 10)),
  );
});

Deno.test("fewer candidates than wanted leave places empty", () => {
  const candidates = { k: 3, indices: Int32Array.of(-1, 1, -1) };
  const { indices, distances } = ok(rerank(dense(1, 1, -1), dense(1, 1), candidates, 2));
  assertEquals([[...indices], [...distances]], [[1, -1], [2, Infinity]]);
});

Deno.test("what is wrong is named", () => {
  const one = dense(2, 1, 0);
  const bad = dense(2, 1, 0, 0, NaN);
  assert(refusal(unitVectors(bad)).includes("NaN in vector 1, number 1"));
  assert(refusal(unitVectors(dense(2, Infinity, 1))).includes("Infinity in vector 0, number 0"));
  assert(refusal(unitVectors({ ...one, count: 2 })).includes("2 numbers for 2 vectors of 2"));
  assert(refusal(nearestVectors(one, one, 2)).includes("from 1 to the number of vectors, 1"));
  assert(refusal(rerank(one, one, { k: 1, indices: Int32Array.of(0) }, 2)).includes("k"));
  assertThrows(() => nearestVectors(one, dense(1, 1), 1), RangeError, "current value is 1");
  assertThrows(
    () => recallAt(2, { k: 1, indices: Int32Array.of(0) }, { k: 1, indices: Int32Array.of(0) }),
    RangeError,
  );
});

Deno.test("extreme lengths become 1, and no vectors are no error", () => {
  const { values } = ok(unitVectors(dense(2, 3e38, 3e38, 1e-45, 0)));
  assertEquals([...values].map((x) => x.toFixed(4)), ["0.7071", "0.7071", "1.0000", "0.0000"]);
  assertEquals(ok(unitVectors(dense(3))).count, 0);
  assertEquals(ok(nearestVectors(vectorsOf(3, 2, 1), dense(2), 1)).indices.length, 0);
});
