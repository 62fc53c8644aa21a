import fc from "npm:fast-check@4.3.0";
import { seed } from "../../../graph/rng.ts";
import type { DenseEmbeddings } from "../../../ops/embeddings.ts";
import { codeSizes } from "../../../ops/codes/algebra.ts";
import { encodeVectors, firstBits } from "../../../ops/codes/coders.ts";
import { projectionCoder } from "../../../ops/codes/projections.ts";
import { assert, assertAlmostEquals, assertEquals } from "../../assert.ts";
import { rows, units, vectorsOf } from "./float_vectors.ts";
import { ok, refusal } from "./sets.ts";

/** The product of two directions. */
function product(directions: Float32Array, width: number, i: number, j: number): number {
  let sum = 0;
  for (let u = 0; u < width; u++) sum += directions[i * width + u] * directions[j * width + u];
  return sum;
}

Deno.test("directions of a rotation are orthogonal, of length 1, whichever of them are cut off", () => {
  const sizes = fc.tuple(
    fc.integer({ min: 1, max: 30 }),
    fc.integer({ min: 1, max: 90 }),
    fc.nat(1000),
  );
  fc.assert(
    fc.property(sizes, ([width, bits, number]) => {
      const [{ directions }] = ok(projectionCoder(units(3, width, 1), { bits }, seed(number)));
      for (let i = 0; i < bits; i++) {
        for (let j = width * Math.floor(i / width); j <= i; j++) {
          assertAlmostEquals(product(directions, width, i, j), Number(i === j), 1e-5);
        }
      }
    }),
    { numRuns: 30 },
  );
});

Deno.test("random rotations have no preferred direction", () => {
  // Of 2,000 rotations in the plane: E x² = 1/2, E x = 0, and both hands are equally probable.
  const [{ directions }] = ok(projectionCoder(units(1, 2, 1), { bits: 4000 }, seed(5)));
  let [sum, square, turns] = [0, 0, 0];
  for (let at = 0; at < directions.length; at += 4) {
    const [a, b, c, d] = directions.subarray(at, at + 4);
    sum += a, square += a * a, turns += Number(a * d - b * c > 0);
  }
  assert(Math.abs(sum / 2000) < 0.05 && Math.abs(square / 2000 - 0.5) < 0.03);
  assert(Math.abs(turns / 2000 - 0.5) < 0.05);
});

Deno.test("the angle between vectors is the part of the hyperplanes' signs that differ", () => {
  const pair = {
    kind: "dense",
    count: 2,
    width: 3,
    values: Float32Array.of(1, 0, 0, 0.5, Math.sqrt(0.75), 0),
  } as const;
  for (const directions of ["hyperplanes", "rotations"] as const) {
    const [coder] = ok(projectionCoder(pair, { bits: 9000, directions }, seed(3)));
    const { words } = encodeVectors(coder, pair);
    const half = words.length / 2;
    let differ = 0;
    for (let w = 0; w < half; w++) {
      for (let left = words[w] ^ words[half + w]; left !== 0; left &= left - 1) differ++;
    }
    assertAlmostEquals(differ / 9000, 1 / 3, 0.02);
  }
});

Deno.test("the fly's directions add up a tenth of the numbers, from which the mean is taken", () => {
  const vectors = vectorsOf(50, 40, 2);
  const shifted = { ...vectors, values: vectors.values.map((value) => value + 7) };
  const options = { bits: 300, directions: "sparse", winners: 15 } as const;
  const [coder] = ok(projectionCoder(shifted, options, seed(9)));
  for (let j = 0; j < 300; j++) {
    const own = coder.directions.subarray(40 * j, 40 * (j + 1));
    assertEquals([own.filter((x) => x === 1).length, own.filter((x) => x === 0).length], [4, 36]);
  }
  assert(coder.offsets.every((offset) => Math.abs(offset + 28) < 4));
  assertEquals([...codeSizes(encodeVectors(coder, shifted))], Array(50).fill(15));
  // The mean is taken out of each number, so that what is added to all vectors changes nothing.
  const moved = ok(projectionCoder(vectors, options, seed(9)))[0];
  const [a, b] = [encodeVectors(moved, vectors).words, encodeVectors(coder, shifted).words];
  assert(a.filter((word, i) => word !== b[i]).length <= 4);
});

Deno.test("a mean is taken out of itself where it is long, and of enough vectors", () => {
  const [plain, shifted] = [0, 0.5].map((add) => {
    const vectors = units(200, 20, 3);
    return { ...vectors, values: vectors.values.map((value) => value + add) };
  });
  const offsets = (vectors: DenseEmbeddings, centred?: boolean) =>
    ok(projectionCoder(vectors, { bits: 32, centred }, seed(1)))[0].offsets;
  const zero = (numbers: Float32Array) => numbers.every((value) => value === 0);
  assertEquals([zero(offsets(plain)), zero(offsets(shifted))], [true, false]);
  assertEquals([zero(offsets(plain, true)), zero(offsets(shifted, false))], [false, true]);
  assert(zero(offsets(rows(shifted, 0, 99))));
});

Deno.test("the first bits are the code of the first directions", () => {
  const vectors = units(20, 10, 4);
  const [coder] = ok(projectionCoder(vectors, { bits: 96 }, seed(1)));
  const [whole, part] = [
    encodeVectors(coder, vectors),
    encodeVectors(ok(firstBits(coder, 64)), vectors),
  ];
  assertEquals([...part.words], [...whole.words].filter((_, i) => i % 3 < 2));
  assert(refusal(firstBits(coder, 97)).includes("from 1 to 96"));
  const [few] = ok(projectionCoder(vectors, { bits: 96, winners: 9 }, seed(1)));
  assert(refusal(firstBits(few, 9)).includes("from 10 to 96"));
});

Deno.test("the same seed gives the same coder, another seed another", () => {
  const vectors = units(2, 6, 4);
  for (const directions of ["rotations", "hyperplanes", "sparse"] as const) {
    const make = (number: number) =>
      ok(projectionCoder(vectors, { bits: 20, directions }, seed(number)));
    assertEquals(make(1), make(1));
    assert(make(1)[0].directions.some((x, i) => x !== make(2)[0].directions[i]));
  }
});

Deno.test("options out of their ranges are refused", () => {
  const vectors = units(2, 6, 4);
  const make = (options: { bits: number; winners?: number }) =>
    refusal(projectionCoder(vectors, options, seed(1)));
  assert(make({ bits: 0 }).includes("an integer from 1 to"));
  assert(make({ bits: 1.5 }).includes("1.5"));
  assert(make({ bits: 8, winners: 8 }).includes("from 1 to 7"));
  const none = { ...vectors, count: 0, values: new Float32Array() };
  assert(refusal(projectionCoder(none, { bits: 8 }, seed(1))).includes("at least one vector"));
});
