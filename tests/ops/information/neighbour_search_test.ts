import fc from "npm:fast-check@4.3.0";
import { boxSearch, neighbourSearch } from "../../../ops/information/neighbour_search.ts";
import type { Samples } from "../../../ops/information/samples.ts";
import { assert, assertEquals, assertThrows } from "../../assert.ts";
import { allDistances, anySamples, correlated, gaussians, tiedSamples } from "./nearest_samples.ts";

/** Compares both answers with all distances, exactly, at radii that are distances and others. */
function checkSearch(x: Samples, k: number, radii: (row: Float64Array, i: number) => number): void {
  const all = allDistances(x);
  const search = neighbourSearch(x);
  const found = search.distances(k);
  // The sample itself is the first of its sorted distances.
  assertEquals(found, Float64Array.from(all, (row) => row.toSorted()[k]));
  for (const at of [found, Float64Array.from(all, radii)]) {
    const nearer = all.map((row, i) => row.filter((distance) => distance < at[i]).length);
    assertEquals([...search.counts(at)], nearer);
  }
}

const width = fc.integer({ min: 1, max: 12 });
const count = fc.integer({ min: 2, max: 90 });

Deno.test("the search finds what comparing all samples finds, to the bit, with ties", () => {
  fc.assert(
    fc.property(tiedSamples(width, count), fc.nat(), fc.nat(), (x, wanted, at) => {
      checkSearch(x, 1 + wanted % (x.count - 1), (row, i) => row[(i + at) % x.count]);
    }),
    { numRuns: 150, seed: 26 },
  );
});

Deno.test("the search finds what comparing all samples finds, for numbers of any size", () => {
  fc.assert(
    fc.property(
      anySamples(width, count),
      fc.nat(),
      fc.double({ min: 0.1, max: 4 }),
      (x, k, factor) => {
        checkSearch(
          x,
          1 + k % (x.count - 1),
          (row, i) => Math.min(Number.MAX_VALUE, row[(i * 7 + k) % x.count] * factor),
        );
      },
    ),
    { numRuns: 150, seed: 27 },
  );
});

for (const [n, d] of [[700, 1], [700, 2], [700, 10], [700, 64], [1500, 5], [33, 20]] as const) {
  Deno.test(`the search finds what comparing all of ${n} samples of ${d} units finds`, () => {
    const x = gaussians(n, d, n + d);
    checkSearch(x, 4, (row, i) => row[(i * 31) % n] * 1.01);
    const skewed = { ...x, values: x.values.map((value, at) => Math.exp(value * (1 + at % d))) };
    checkSearch(skewed, 4, (row, i) => row[(i * 31) % n] * 0.5);
  });
}

Deno.test("units that have no place in the planes are compared all the same", () => {
  const x = correlated(gaussians(300, 6, 3), 0.7, 4);
  const radii = Float64Array.from(gaussians(300, 1, 5).values, (value) => 1 + Math.abs(value));
  const whole = boxSearch(x);
  for (const units of [0, 1, 2, 4]) {
    // 64 bins of ten words per unit.
    const some = boxSearch(x, units * 65 * 10);
    assertEquals(some.distances(4), whole.distances(4));
    assertEquals(some.counts(radii), whole.counts(radii));
  }
});

Deno.test("both ways of searching agree on one unit", () => {
  fc.assert(
    fc.property(tiedSamples(fc.constant(1), count), fc.nat(), (x, wanted) => {
      const k = 1 + wanted % (x.count - 1);
      const [line, box] = [neighbourSearch(x), boxSearch(x)];
      const distances = line.distances(k);
      assertEquals(box.distances(k), distances);
      assertEquals(box.counts(distances), line.counts(distances));
    }),
    { numRuns: 100, seed: 28 },
  );
});

Deno.test("a radius of 0 has nothing in it, the least above 0 what coincides", () => {
  for (const width of [1, 3]) {
    const values = new Float32Array(5 * width);
    values.fill(2, 4 * width);
    const search = neighbourSearch({ count: 5, width, values });
    assertEquals([...search.counts(new Float64Array(5))], [0, 0, 0, 0, 0]);
    assertEquals([...search.counts(new Float64Array(5).fill(5e-324))], [4, 4, 4, 4, 1]);
    assertEquals([...search.distances(3)], [0, 0, 0, 0, 2]);
  }
});

Deno.test("a search says what it cannot look for", () => {
  const search = neighbourSearch({ count: 3, width: 1, values: Float32Array.of(1, 2, 3) });
  for (const k of [0, 3, 1.5, NaN]) {
    assertThrows(() => search.distances(k), RangeError, `from 1 to 2, current value is ${k}`);
  }
  assertThrows(() => search.counts(new Float64Array(2)), RangeError, "expected 3 radii");
});

Deno.test("searching does not change the samples", () => {
  const x = correlated(gaussians(50, 3, 1), 0.5, 2);
  const before = x.values.slice();
  const search = neighbourSearch(x);
  const first = search.distances(3);
  search.counts(first);
  assertEquals(search.distances(3), first);
  assertEquals(x.values, before);
  assert(first.every((distance) => distance > 0));
});
