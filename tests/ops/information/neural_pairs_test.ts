import fc from "npm:fast-check@4.3.0";
import { seed } from "../../../graph/rng.ts";
import {
  correlationInformation,
  fixedPairs,
  gaussianPairs,
  normals,
  oneHotRows,
  type Pairs,
  partPairs,
  selectPairs,
  standardColumns,
  writeRows,
} from "../../../ops/information/neural_pairs.ts";
import { assert, assertAlmostEquals, assertEquals } from "../../assert.ts";

/** Pair i is (i), (10 i, 10 i + 1). */
const numbered = (count: number): Pairs => ({
  count,
  x: Float32Array.from({ length: count }, (_, i) => i),
  y: Float32Array.from({ length: 2 * count }, (_, at) => 10 * (at >> 1) + at % 2),
});

const belongTogether = ({ count, x, y }: Pairs): boolean =>
  x.length === count && y.length === 2 * count &&
  x.every((value, i) => y[2 * i] === 10 * value && y[2 * i + 1] === 10 * value + 1);

const counts = fc.integer({ min: 1, max: 60 });

Deno.test("parts hold every pair once, together", () => {
  fc.assert(
    fc.property(counts, fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(), (n, share, s) => {
      const held = Math.floor(share * n);
      const [rest, heldOut] = partPairs(numbered(n), held, seed(s));
      assertEquals([rest.count, heldOut.count], [n - held, held]);
      if (rest.count > 0) assert(belongTogether(rest));
      if (held > 0) assert(belongTogether(heldOut));
      const all = Float32Array.of(...rest.x, ...heldOut.x).toSorted();
      assertEquals(all, numbered(n).x);
    }),
  );
});

Deno.test("a batch holds different pairs, as many as there are and are asked for", () => {
  fc.assert(fc.property(counts, counts, fc.nat(), (n, count, s) => {
    const source = fixedPairs(numbered(n));
    assertEquals(source.widths, [1, 2]);
    const [batch, next] = source.draw(count, seed(s));
    assertEquals(batch.count, Math.min(n, count));
    assert(belongTogether(batch));
    assertEquals(new Set(batch.x).size, batch.count);
    if (n > 20 && count > 20) {
      assert(source.draw(count, next)[0].x.some((v, i) => v !== batch.x[i]));
    }
  }));
});

Deno.test("every pair is as likely at every place of a batch", () => {
  const source = fixedPairs(numbered(6));
  const seen = Array.from({ length: 3 }, () => new Float64Array(6));
  let rng = seed(26);
  for (let i = 0; i < 6000; i++) {
    const [batch, next] = source.draw(3, rng);
    rng = next;
    batch.x.forEach((value, place) => seen[place][value]++);
  }
  // 1,000 each; the standard deviation is 29.
  for (const place of seen) {
    for (const times of place) assert(Math.abs(times - 1000) < 130, `${times}`);
  }
});

Deno.test("rows stand side by side where they are asked for", () => {
  const rows = new Float32Array(12).fill(-1);
  writeRows(numbered(4), [1, 3], (i) => 3 - i, rows, 1);
  assertEquals([...rows], [-1, -1, -1, 1, 20, 21, 2, 10, 11, -1, -1, -1]);
  assertEquals(selectPairs(numbered(4), [2, 2]).y, Float32Array.of(20, 21, 20, 21));
});

Deno.test("Gaussian pairs have the moments that they say", () => {
  const [{ count, x, y }] = gaussianPairs(3, -0.6).draw(20_000, seed(26));
  const mean = (values: Float32Array, other: Float32Array, shift: number) =>
    values.reduce((sum, value, i) => sum + value * other[(i + shift) % other.length], 0) /
    values.length;
  assertEquals([count, x.length, y.length], [20_000, 60_000, 60_000]);
  // Means of 60,000 products, whose standard deviation is at most √2: 5 of 0.006.
  for (
    const [a, b, shift, expected] of [
      [x, x, 0, 1],
      [y, y, 0, 1],
      [x, y, 0, -0.6],
      [x, y, 1, 0],
      [x, x, 1, 0],
      [x, x, 30_000, 0],
    ] as const
  ) {
    assertAlmostEquals(mean(a, b, shift), expected, 0.03);
  }
  assertAlmostEquals(correlationInformation(2, 0.5), Math.log2(4 / 3), 1e-14);
  const [odd, next] = normals(3, seed(26));
  assertEquals(odd.length, 3);
  assert(normals(3, next)[0].every((value, i) => value !== odd[i]));
});

Deno.test("columns have mean 0 and deviation 1, constant ones are 0", () => {
  const columns = fc.array(fc.tuple(fc.double({ min: -9, max: 9, noNaN: true }), fc.nat(9)), {
    minLength: 2,
    maxLength: 30,
  });
  fc.assert(fc.property(columns, fc.constantFrom(1e-200, 1, 1e200), (rows, scale) => {
    const values = Float64Array.from(rows.flatMap(([a, b]) => [a * scale, b, 0.1]));
    const standard = standardColumns({ count: rows.length, width: 3, values });
    for (let u = 0; u < 3; u++) {
      const column = rows.map((_, i) => standard[3 * i + u]);
      const distinct = new Set(rows.map((row) => u === 2 ? 0 : row[u])).size;
      if (distinct === 1) assertEquals(new Set(column), new Set([0]));
      const mean = column.reduce((sum, value) => sum + value, 0) / rows.length;
      const square = column.reduce((sum, value) => sum + value * value, 0) / rows.length;
      // float32 of numbers up to √30.
      assertAlmostEquals(mean, 0, 1e-6);
      assert(Math.abs(square - 1) < 1e-5 || column.every((value) => value === 0));
      if (u === 1 && distinct > 1) assertAlmostEquals(square, 1, 1e-5);
    }
  }));
});

Deno.test("classes have a column each", () => {
  assertEquals(oneHotRows([3, 3, -1, NaN]), Float32Array.of(1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1));
});
