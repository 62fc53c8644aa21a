import fc from "npm:fast-check@4.3.0";
import { E } from "../../../graph/fp_ts.ts";
import { describe, orThrow } from "../../../graph/error.ts";
import { draw, seed } from "../../../graph/rng.ts";
import type { DenseEmbeddings } from "../../../ops/embeddings.ts";
import {
  addVectors,
  buildVectorIndex,
  type FoundVectors,
  removeVectors,
  searchVectors,
  type SearchVectorsOptions,
  storeOf,
  type VectorIndex,
  type VectorIndexOptions,
} from "../../../ops/codes/vector_index.ts";
import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "../../assert.ts";

const dense = (values: Float32Array, width: number): DenseEmbeddings => ({
  kind: "dense",
  count: values.length / width,
  width,
  values,
});

/** Vectors around some directions, so that some are near each other. */
function clustered(count: number, width: number, clusters: number, number: number) {
  const [values] = draw(seed(number), (dice) => {
    const normal = () => Array.from({ length: 6 }, dice.unit).reduce((a, b) => a + b) - 3;
    const centres = Array.from({ length: clusters * width }, normal);
    return Float32Array.from({ length: count * width }, (_, i) => {
      const row = Math.floor(i / width);
      return centres[(row * 7919 % clusters) * width + i % width] + 0.7 * normal();
    });
  });
  return dense(values, width);
}

/** Computes all similarities, by the definition. */
function similarities(vectors: DenseEmbeddings, queries: DenseEmbeddings): number[][] {
  const row = ({ values, width }: DenseEmbeddings, i: number) =>
    Array.from(values.subarray(i * width, (i + 1) * width));
  const cosine = (a: number[], b: number[]) => {
    const dot = a.reduce((sum, value, j) => sum + value * b[j], 0);
    return dot === 0 ? 0 : dot / Math.hypot(...a) / Math.hypot(...b);
  };
  const rows = Array.from({ length: vectors.count }, (_, i) => row(vectors, i));
  return Array.from({ length: queries.count }, (_, q) => {
    const query = row(queries, q);
    return rows.map((vector) => cosine(query, vector));
  });
}

/** The nearest, by the definition. */
const naive = (vectors: DenseEmbeddings, queries: DenseEmbeddings, k: number): number[][] =>
  similarities(vectors, queries).map((all) =>
    all.map((_, i) => i).sort((a, b) => all[b] - all[a] || a - b).slice(0, k)
  );

const built = (vectors: DenseEmbeddings, options: VectorIndexOptions = {}): VectorIndex =>
  orThrow(buildVectorIndex(vectors, options));

const idsOf = ({ ids, k }: FoundVectors, query: number): number[] =>
  Array.from(ids.subarray(query * k, (query + 1) * k));

/** The share of the true neighbours that were found. */
const recall = (found: FoundVectors, truth: readonly number[][]): number =>
  truth.reduce((sum, row, q) => {
    const own = new Set(idsOf(found, q));
    return sum + row.filter((id) => own.has(id)).length;
  }, 0) / (truth.length * found.k);

/** An index of 6,000 vectors with lists, and what should be found. */
const vectors = clustered(6000, 40, 6000, 1);
const queries = clustered(60, 40, 6000, 2);
const truth = naive(vectors, queries, 10);

Deno.test("all lists read and all vectors compared, the nearest are those of the definition", () => {
  const cases = fc.record({
    count: fc.integer({ min: 1, max: 90 }),
    width: fc.integer({ min: 1, max: 70 }),
    units: fc.nat(20),
    winners: fc.integer({ min: 1, max: 3 }),
    number: fc.nat(1000),
  });
  fc.assert(
    fc.property(cases, ({ count, width, units, winners, number }) => {
      const some = clustered(count, width, 5, number);
      const asked = clustered(7, width, 5, number + 1);
      const index = built(some, {
        units: Math.min(units, count),
        winners: Math.min(winners, Math.max(1, Math.min(units, count))),
      });
      const k = Math.min(4, count);
      const options = { k, probes: 1000, candidates: count + 5 };
      const found = orThrow(searchVectors(index, asked, options));
      const exact = orThrow(searchVectors(index, asked, { k, exact: true }));
      assertEquals([...found.ids], [...exact.ids]);
      assertEquals([...found.similarities], [...exact.similarities]);
      // Of equal similarities either may come first, for rounding tells them apart.
      const expected = similarities(some, asked).map((row) =>
        row.sort((a, b) => b - a).slice(0, k)
      );
      expected.flat().forEach((similarity, i) =>
        assertAlmostEquals(exact.similarities[i], similarity, 1e-5)
      );
    }),
    { numRuns: 60 },
  );
});

Deno.test("lists find what is near, and more of it with more probes", () => {
  const index = built(vectors, { units: 512 });
  const recalls = [2, 8, 48, 512].map((probes) =>
    recall(orThrow(searchVectors(index, queries, { k: 10, probes })), truth)
  );
  assertEquals(recalls, [...recalls].sort((a, b) => a - b));
  assert(recalls[0] < 0.6 && recalls[2] > 0.9 && recalls[3] > 0.99, `${recalls}`);
});

Deno.test("homeostasis evens out the lists: their squares, which queries pay for, become smaller", () => {
  // All vectors lean to one side, as embeddings do.
  const leaning = dense(vectors.values.map((value, i) => value + (i % 40 < 4 ? 2 : 0)), 40);
  const unevenness = (balance: number) => {
    const store = orThrow(storeOf(built(leaning, { units: 512, balance })));
    const { ranges } = store.memory!.part;
    let squares = 0;
    for (let unit = 0; unit < 512; unit++) squares += ranges[2 * unit + 1] ** 2;
    return squares * 512 / (leaning.count * 4) ** 2;
  };
  const [without, with_] = [unevenness(0), unevenness(0.5)];
  assert(with_ < 0.95 * without, `${without} without, ${with_} with`);
});

Deno.test("the same seed gives the same index, and another seed another", () => {
  const codes = (number: number) =>
    orThrow(storeOf(built(vectors, { units: 256, rng: seed(number) }))).codes.join();
  assertEquals(codes(1), codes(1));
  assert(codes(1) !== codes(2));
});

Deno.test("what is added is found like what was there, and what is removed no more", () => {
  const half = dense(vectors.values.slice(0, 3000 * 40), 40);
  let index = built(half, { units: 256 });
  for (let from = 3000; from < 6000; from += 500) {
    const block = dense(vectors.values.slice(from * 40, (from + 500) * 40), 40);
    index = orThrow(addVectors(index, block));
  }
  assertEquals(index.count, 6000);
  const options = { k: 10, probes: 64 };
  const all = built(vectors, { units: 256 });
  const grown = recall(orThrow(searchVectors(index, queries, options)), truth);
  const whole = recall(orThrow(searchVectors(all, queries, options)), truth);
  assert(grown > whole - 0.03, `${grown} of an index that grew, ${whole} of one built whole`);

  const gone = truth.map(([first]) => first);
  const fewer = orThrow(removeVectors(index, gone));
  assertEquals(fewer.count, 6000 - new Set(gone).size);
  const found = orThrow(searchVectors(fewer, queries, { k: 10, probes: 256 }));
  const left = naive(vectors, queries, 40).map((row) =>
    row.filter((id) => !gone.includes(id)).slice(0, 10)
  );
  assert(!gone.some((id) => found.ids.includes(id)));
  assert(recall(found, left) > 0.97, `${recall(found, left)}`);
  // Removed and added again, they have their old ids.
  const rows = [...new Set(gone)];
  const again = dense(
    Float32Array.from(rows.flatMap((id) => [...vectors.values.subarray(id * 40, (id + 1) * 40)])),
    40,
  );
  const back = orThrow(addVectors(fewer, again, rows));
  const found2 = orThrow(searchVectors(back, queries, { k: 10, probes: 256 }));
  assert(recall(found2, truth) > 0.97, `${recall(found2, truth)}`);
});

Deno.test("an index that was changed is refused, whatever is asked of it", () => {
  const index = built(clustered(20, 4, 3, 1));
  orThrow(removeVectors(index, [3]));
  const query = clustered(1, 4, 3, 2);
  for (
    const refused of [
      searchVectors(index, query, { k: 1 }),
      addVectors(index, query),
      removeVectors(index, [4]),
    ]
  ) {
    assert(E.isLeft(refused));
    assertStringIncludes(describe(refused.left), "index");
  }
});

Deno.test("the callers' ids are what is found; a bit set says which may be", () => {
  const ids = Array.from({ length: 6000 }, (_, i) => 3 * i);
  const index = built(vectors, { units: 512, ids });
  const order = naive(vectors, queries, 6000);
  for (const share of [0.9, 0.3, 0.05, 0.001]) {
    const allowed = new Uint32Array(Math.ceil(18_000 / 32));
    const kept = new Set<number>();
    for (let i = 0; i < 6000; i++) {
      if ((i * 2654435761 >>> 0) / 2 ** 32 >= share) continue;
      allowed[3 * i >> 5] |= 1 << (3 * i & 31);
      kept.add(i);
    }
    const k = Math.min(10, kept.size);
    const found = orThrow(searchVectors(index, queries, { k, probes: 64, allowed }));
    const wanted = order
      .map((row) => row.filter((i) => kept.has(i)).slice(0, k).map((i) => 3 * i));
    assert([...found.ids].every((id) => kept.has(id / 3)), `share ${share}`);
    assert(recall(found, wanted) > 0.95, `share ${share}: ${recall(found, wanted)}`);
  }
  const none = orThrow(
    searchVectors(index, queries, { k: 2, allowed: new Uint32Array(1) }),
  );
  assertEquals(idsOf(none, 0), [-1, -1]);
  assertEquals([...none.similarities.subarray(0, 2)], [-Infinity, -Infinity]);
});

Deno.test("lists of ids say which may be found, and which may not, as a bit set does", () => {
  const index = orThrow(removeVectors(built(vectors, { units: 512 }), [5]));
  const some = Array.from({ length: 3000 }, (_, i) => 2 * i);
  const bits = new Uint32Array(188).fill(0x5555_5555);
  const ids = (
    allowed: SearchVectorsOptions["allowed"],
  ) => [...orThrow(searchVectors(index, queries, { k: 10, allowed })).ids];
  assertEquals(ids({ only: [...some, 2 ** 53 - 1, -1, 0.5, NaN] }), ids(bits));
  assertEquals(ids({ except: some.map((id) => id + 1) }), ids(bits));
  assertEquals(ids({ except: [] }), ids(undefined));
  assertEquals(new Set(ids({ only: [5] })), new Set([-1]));
});

Deno.test("an index without lists grows too", () => {
  const index = orThrow(
    addVectors(built(dense(Float32Array.of(1, 0), 2)), dense(Float32Array.of(0, 1, 1, 1), 2)),
  );
  const found = orThrow(searchVectors(index, dense(Float32Array.of(1, 3), 2), { k: 3 }));
  assertEquals(idsOf(found, 0), [1, 2, 0]);
});

Deno.test("zeros are similar to nothing, duplicates are found in the order of their ids", () => {
  const values = Float32Array.of(0, 0, 1, 2, 1, 2, -1, -2);
  const index = built(dense(values, 2));
  const found = orThrow(searchVectors(index, dense(Float32Array.of(2, 4, 0, 0), 2), { k: 4 }));
  assertEquals(idsOf(found, 0), [1, 2, 0, 3]);
  assertEquals(found.similarities[2], 0);
  assertEquals(idsOf(found, 1), [0, 1, 2, 3]);
  assertEquals([...found.similarities.subarray(4)], [0, 0, 0, 0]);
  const same = built(dense(new Float32Array(5000 * 3).fill(1), 3), { units: 64 });
  const one = orThrow(searchVectors(same, dense(Float32Array.of(1, 1, 1), 3), { k: 2 }));
  assert(one.similarities.every((similarity) => Math.abs(similarity - 1) < 1e-6));
});

Deno.test("what no index can be made of is refused by name", () => {
  const two = dense(Float32Array.of(1, 2, 3, 4), 2);
  const refusal = (either: E.Either<Parameters<typeof describe>[0], unknown>) => {
    assert(E.isLeft(either));
    return describe(either.left);
  };
  const build = (vectors: DenseEmbeddings, options: VectorIndexOptions = {}) =>
    refusal(buildVectorIndex(vectors, options));
  assertStringIncludes(build(dense(Float32Array.of(1, NaN, 3, 4), 2)), "NaN at 1 of vector 0");
  assertStringIncludes(
    build(dense(Float32Array.of(1, 2, 3, Infinity), 2)),
    "Infinity at 1 of vector 1",
  );
  assertStringIncludes(build(dense(new Float32Array(0), 2)), "at least one vector");
  assertStringIncludes(build({ ...two, count: 3 }), "3 × 2 numbers");
  assertStringIncludes(build(two, { units: 3 }), "from 0 to 2");
  assertStringIncludes(build(two, { units: 2, winners: 3 }), "winners");
  assertStringIncludes(build(two, { balance: NaN }), "balance");
  assertStringIncludes(build(two, { ids: [5, 5] }), "5 of vector 1, which is taken");
  assertStringIncludes(build(two, { ids: [5] }), "one for each of 2");
  assertStringIncludes(build(two, { ids: [5, 0.5] }), "0.5 of vector 1");
  const index = built(two);
  const search = (queries: DenseEmbeddings, k: number) =>
    refusal(searchVectors(index, queries, { k }));
  assertStringIncludes(search(dense(Float32Array.of(1, 2, 3), 3), 1), "2 numbers each");
  assertStringIncludes(search(two, 3), "from 1 to 2");
  assertStringIncludes(search(dense(Float32Array.of(NaN, 1), 2), 1), "NaN at 0 of vector 0");
  assertStringIncludes(refusal(removeVectors(index, [9])), "the id of a vector");
  assertStringIncludes(refusal(addVectors(index, two, [1, 2])), "which is taken");
  assertEquals(index.count, 2);
});
