import fc from "npm:fast-check@4.3.0";
import {
  fanoAccuracy,
  gridAccuracy,
  mutualInformation,
} from "../../../ops/information/discrete.ts";
import { assert, assertAlmostEquals, assertEquals } from "../../assert.ts";
import { assertError, right } from "./results.ts";

const runs = { numRuns: 300, seed: 26 };

const classes = fc.integer({ min: 2, max: 1000 });

/** Fano's bound as it is written in books. */
const fano = (a: number, n: number): number => {
  const plogp = (p: number) => p <= 0 ? 0 : p * Math.log2(p);
  return Math.log2(n) + plogp(a) + plogp(1 - a) - (1 - a) * Math.log2(n - 1);
};

Deno.test("the accuracy takes the bits that were given", () => {
  fc.assert(
    fc.property(classes, fc.double({ min: 0, max: 1, noNaN: true }), (n, part) => {
      const bits = part * Math.log2(n);
      const a = right(fanoAccuracy(bits, n));
      assert(a >= 1 / n && a <= 1);
      // The book's form has terms of up to 10 bits.
      assertAlmostEquals(fano(a, n), bits, 1e-13 * 10);
    }),
    runs,
  );
});

Deno.test("near chance the accuracy is exact too", () => {
  // Of 2 classes and a gain g, I = (½ + g) log₂(1 + 2g) + (½ − g) log₂(1 − 2g) = 2 g² / ln 2 + O(g⁴).
  for (const gain of [1e-3, 1e-5, 1e-7]) {
    const a = right(fanoAccuracy(2 * gain ** 2 / Math.LN2, 2));
    // O(g³), and the rounding of ½ + g.
    assertAlmostEquals(a - 0.5, gain, gain ** 3 + 2e-16);
  }
});

Deno.test("more bits never mean less accuracy", () => {
  const bits = fc.double({ min: -1, max: 12, noNaN: true });
  fc.assert(
    fc.property(classes, bits, bits, (n, one, other) => {
      const [less, more] = [Math.min(one, other), Math.max(one, other)];
      for (const rule of [fanoAccuracy, gridAccuracy]) {
        assert(right(rule(less, n)) <= right(rule(more, n)));
      }
    }),
    runs,
  );
});

Deno.test("no classifier is above the bound", () => {
  // Predictions T of n classes, of 6 samples each.
  const table = fc.integer({ min: 2, max: 5 }).chain((n) =>
    fc.array(fc.array(fc.nat(n - 1), { minLength: 6, maxLength: 6 }), {
      minLength: n,
      maxLength: n,
    })
  );
  fc.assert(
    fc.property(table, (predictions) => {
      const n = predictions.length;
      const y = predictions.flatMap((row, label) => row.map(() => label));
      const t = predictions.flat();
      const correct = t.filter((prediction, i) => prediction === y[i]).length / t.length;
      const bound = right(fanoAccuracy(right(mutualInformation(t, y)), n));
      // 1e-7: near chance the accuracy is the root of the bits, and these are rounded at 1e-15.
      assert(correct <= bound + 1e-7, `${correct} above ${bound}`);
    }),
    runs,
  );
});

Deno.test("the bound is reached where all mistakes are alike", () => {
  // 3 classes of 8: 6 times right, once each wrong.
  const y = Array.from({ length: 24 }, (_, i) => Math.floor(i / 8));
  const t = y.map((label, i) => (label + [0, 0, 0, 0, 0, 0, 1, 2][i % 8]) % 3);
  assertAlmostEquals(right(fanoAccuracy(right(mutualInformation(t, y)), 3)), 6 / 8, 1e-12);
});

Deno.test("bits beyond either end are those of the end", () => {
  assertEquals(right(fanoAccuracy(-0.3, 4)), 0.25);
  assertEquals(right(fanoAccuracy(Infinity, 4)), 1);
  assertEquals(right(gridAccuracy(-1e-9, 4)), 0.25);
  assertEquals(right(gridAccuracy(-Infinity, 4)), 0.25);
  assertAlmostEquals(right(gridAccuracy(99, 4, 10)), 0.25 + 0.75 * 0.9, 1e-15);
  assertEquals(right(gridAccuracy(99, 4, 1)), 0.25);
});

Deno.test("bits just below the most are no NaN", () => {
  for (const n of [2, 3, 10, 1000, 2 ** 40]) {
    const a = right(fanoAccuracy(Math.log2(n) * (1 - Number.EPSILON), n));
    assert(a > 0.99 && a <= 1, String(a));
  }
});

Deno.test("what is no number, and fewer than two classes, are errors", () => {
  for (const rule of [fanoAccuracy, gridAccuracy]) {
    assertError(rule(NaN, 10), "bits", "NaN");
    assertError(rule(1, 1), "classes", "at least 2");
    assertError(rule(1, 2.5), "classes", "2.5");
  }
  assertError(gridAccuracy(1, 2, 0), "resolution", "at least 1");
});
