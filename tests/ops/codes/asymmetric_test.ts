import fc from "npm:fast-check@4.3.0";
import { E } from "../../../graph/fp_ts.ts";
import { seed } from "../../../graph/rng.ts";
import { searchByVectors } from "../../../ops/codes/asymmetric.ts";
import { encodeVectors, type VectorCoder } from "../../../ops/codes/coders.ts";
import { toIndices } from "../../../ops/codes/codes.ts";
import { productCoder } from "../../../ops/codes/product_quantiser.ts";
import { projectionCoder } from "../../../ops/codes/projections.ts";
import { nearestVectors, recallAt, rerank, unitVectors } from "../../../ops/codes/vectors.ts";
import { wordsPerCode } from "../../../ops/embeddings.ts";
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "../../assert.ts";
import { shared, sharedTest } from "../../shared.ts";
import { float16Rows, rows, units, vectorsOf } from "./float_vectors.ts";
import { ok, refusal } from "./sets.ts";

/** The similarity of query q with vector i by its definition. */
function similarity(
  coder: VectorCoder,
  query: Float32Array,
  code: readonly number[],
  bytes: Uint8Array,
): number {
  let sum = 0;
  if (coder.kind === "linear") {
    for (const bit of code) {
      sum += coder.offsets[bit];
      for (let u = 0; u < coder.inputs; u++) {
        sum += query[u] * coder.directions[bit * coder.inputs + u];
      }
    }
    return sum;
  }
  for (let part = 0; part + 1 < coder.bounds.length; part++) {
    const [from, to] = [coder.bounds[part], coder.bounds[part + 1]];
    const number = coder.partBits === 8 ? bytes[part] : bytes[part >> 1] >> 4 * (part % 2) & 15;
    const at = (from << coder.partBits) + number * (to - from);
    for (let u = from; u < to; u++) sum += query[u] * coder.centroids[at + u - from];
  }
  return sum;
}

const coders = fc.record({
  kind: fc.constantFrom("sign", "winners", "product 4", "product 8"),
  width: fc.integer({ min: 1, max: 20 }),
  bits: fc.integer({ min: 2, max: 150 }),
  number: fc.nat(1000),
  count: fc.integer({ min: 1, max: 70 }),
});

Deno.test("similarities are those of the definition, on every path", () => {
  fc.assert(
    fc.property(coders, ({ kind, width, bits, number, count }) => {
      const [vectors, queries] = [vectorsOf(count, width, number), vectorsOf(3, width, number + 1)];
      const partBits = kind === "product 8" ? 8 : 4;
      const [coder] = kind.startsWith("product")
        ? ok(productCoder(vectors, { bits: partBits * (1 + bits % width), partBits }, seed(number)))
        : ok(
          projectionCoder(vectors, {
            bits,
            winners: kind === "sign" ? null : 1 + bits % (bits - 1),
            centred: number % 2 === 0,
          }, seed(number)),
        );
      const codes = encodeVectors(coder, vectors);
      const lists = toIndices(codes);
      const perCode = 4 * wordsPerCode(codes.width);
      const all = new Uint8Array(codes.words.buffer);
      const k = 1 + number % count;
      for (const on of ["wasm", "cpu"] as const) {
        const found = ok(searchByVectors(coder, codes, queries, { k, on }));
        for (let q = 0; q < 3; q++) {
          const query = queries.values.subarray(q * width, (q + 1) * width);
          const sums = lists.map((list, i) =>
            similarity(coder, query, list, all.subarray(i * perCode, (i + 1) * perCode))
          );
          const sorted = sums.toSorted((a, b) => b - a);
          for (let at = 0; at < k; at++) {
            const index = found.indices[q * k + at];
            assertAlmostEquals(-found.distances[q * k + at], sums[index], 1e-3);
            // At most 70 codes: the rounded tables have found them all.
            if (on === "cpu" || k + 16 >= count) assertAlmostEquals(sums[index], sorted[at], 1e-3);
          }
          assertEquals(new Set(found.indices.subarray(q * k, (q + 1) * k)).size, k);
        }
      }
    }),
    { numRuns: 40 },
  );
});

Deno.test("what rounded tables find is as near as the exact search's, but for the rounding", () => {
  const [vectors, queries] = [units(5000, 32, 1), units(40, 32, 2)];
  for (const [bits, winners] of [[256, null], [512, 40], [70, null]] as const) {
    const [coder] = ok(projectionCoder(vectors, { bits, winners }, seed(4)));
    const codes = encodeVectors(coder, vectors);
    const [quick, exact] = (["wasm", "cpu"] as const).map((on) =>
      ok(searchByVectors(coder, codes, queries, { k: 20, on }))
    );
    assert(recallAt(20, quick, exact) > 0.998, `${bits}: ${recallAt(20, quick, exact)}`);
    quick.distances.forEach((distance, i) => assert(distance >= exact.distances[i] - 1e-6));
  }
});

Deno.test("codes that are equal come in the order of their indices", () => {
  const vectors = units(4, 8, 1);
  const values = Float32Array.from({ length: 200 * 8 }, (_, at) => vectors.values[at % 32]);
  const many = { ...vectors, count: 200, values };
  const [coder] = ok(projectionCoder(vectors, { bits: 64 }, seed(1)));
  for (const on of ["wasm", "cpu"] as const) {
    const { indices } = ok(
      searchByVectors(coder, encodeVectors(coder, many), rows(vectors, 2, 3), { k: 60, on }),
    );
    assertEquals([...indices.subarray(0, 50)], Array.from({ length: 50 }, (_, i) => 4 * i + 2));
  }
});

Deno.test("a vector of zeros as query finds something, and no query nothing", () => {
  const vectors = units(40, 8, 1);
  const [coder] = ok(projectionCoder(vectors, { bits: 64 }, seed(1)));
  const codes = encodeVectors(coder, vectors);
  const zero = { kind: "dense", count: 1, width: 8, values: new Float32Array(8) } as const;
  assertEquals([...ok(searchByVectors(coder, codes, zero, { k: 3 })).indices], [0, 1, 2]);
  assertEquals(ok(searchByVectors(coder, codes, rows(vectors, 0, 0), { k: 3 })).indices.length, 0);
});

Deno.test("k and widths out of their ranges are refused", () => {
  const vectors = units(4, 8, 1);
  const [coder] = ok(projectionCoder(vectors, { bits: 64 }, seed(1)));
  const codes = encodeVectors(coder, vectors);
  assert(refusal(searchByVectors(coder, codes, vectors, { k: 5 })).includes("from 1 to"));
  assertThrows(() => searchByVectors(coder, codes, units(1, 7, 1), { k: 1 }), RangeError);
  assertThrows(
    () => searchByVectors(coder, { ...codes, width: 63 }, vectors, { k: 1 }),
    RangeError,
  );
});

Deno.test("a product coder's bits are bytes, of at most as many parts as numbers", () => {
  const vectors = units(300, 6, 1);
  for (const bits of [0, 7, 12, 56]) {
    assert(E.isLeft(productCoder(vectors, { bits, partBits: 8 }, seed(1))), `${bits}`);
  }
  assert(refusal(productCoder(vectors, { bits: 28 }, seed(1))).includes("at most 24"));
  // Fewer vectors than centroids: every vector is one, and none is lost.
  const few = rows(vectors, 0, 100);
  const [coder] = ok(productCoder(few, { bits: 32, partBits: 8 }, seed(1)));
  assertEquals([...coder.bounds], [0, 1, 3, 4, 6]);
  const found = ok(searchByVectors(coder, encodeVectors(coder, few), few, { k: 1 }));
  assertEquals([...found.indices], Array.from({ length: 100 }, (_, i) => i));
});

sharedTest(
  "GloVe: the float query finds more than the code, and re-ranking puts it in order",
  "embeddings",
  () => {
    const all = ok(
      unitVectors(rows(float16Rows(shared("embeddings/glove100_base.f16.npy")), 0, 20_100)),
    );
    const [base, queries] = [rows(all, 0, 20_000), rows(all, 20_000, 20_100)];
    const truth = ok(nearestVectors(base, queries, 10));
    const [coder] = ok(projectionCoder(base, { bits: 512 }, seed(1)));
    const candidates = ok(searchByVectors(coder, encodeVectors(coder, base), queries, { k: 100 }));
    assert(recallAt(10, candidates, truth) > 0.97);
    const found = ok(rerank(base, queries, candidates, 10));
    assertEquals(recallAt(10, found, truth), recallAt(10, candidates, truth));
  },
);
