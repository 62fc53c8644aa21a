import fc from "npm:fast-check@4.3.0";
import { draw, seed } from "../../../graph/rng.ts";
import {
  entropy,
  type EntropyCorrection,
  entropyOfCounts,
} from "../../../ops/information/discrete.ts";
import { assert, assertAlmostEquals, assertEquals } from "../../assert.ts";
import { corrections, sequences } from "./discrete.ts";
import { assertError, right } from "./results.ts";

const runs = { numRuns: 200, seed: 26 };

/** Sums of at most 60 terms of at most 6 bits each. */
const ROUNDING = 1e-12;

const bits = (labels: readonly number[], correction?: EntropyCorrection): number =>
  right(entropy(labels, correction));

Deno.test("an entropy is from 0 to the logarithm of the labels there are", () => {
  fc.assert(
    fc.property(sequences(1), ([x]) => {
      const found = bits(x);
      assert(found >= 0 && found <= Math.log2(new Set(x).size) + ROUNDING, String(found));
    }),
    runs,
  );
});

Deno.test("equally frequent labels have the most, one label has none", () => {
  assertEquals(bits([3, 1, 4, 1, 3, 4, 5, 5]), 2);
  assertEquals(Object.is(bits([7, 7, 7]), 0), true);
});

Deno.test("the names and the order of labels mean nothing", () => {
  fc.assert(
    fc.property(sequences(1), fc.constantFrom(...corrections), ([x], correction) => {
      const renamed = x.map((label) => 1.5 - 10 * label).toReversed();
      assertAlmostEquals(bits(renamed, correction), bits(x, correction), ROUNDING);
    }),
    runs,
  );
});

Deno.test("the jackknife is that of leaving out one sample after the other", () => {
  fc.assert(
    fc.property(sequences(1).filter(([x]) => x.length > 1), ([x]) => {
      const without = x.map((_, i) => bits(x.toSpliced(i, 1)));
      const mean = without.reduce((a, b) => a + b) / x.length;
      const expected = x.length * bits(x) - (x.length - 1) * mean;
      // The difference of two numbers 60 times as large.
      assertAlmostEquals(bits(x, "jackknife"), expected, 60 * ROUNDING);
    }),
    runs,
  );
});

Deno.test("Miller and Madow add half a nat per label but one and sample", () => {
  fc.assert(
    fc.property(sequences(1), ([x]) => {
      const added = (new Set(x).size - 1) / (2 * x.length * Math.LN2);
      assertAlmostEquals(bits(x, "miller_madow"), bits(x) + added, ROUNDING);
    }),
    runs,
  );
});

Deno.test("corrections take most of the bias away", () => {
  // 50 samples of 16 equally likely labels, 400 times over: 4 bits.
  const [samples] = draw(
    seed(26),
    ({ integer }) =>
      Array.from({ length: 400 }, () => Array.from({ length: 50 }, () => integer(0, 15))),
  );
  const [none, millerMadow, jackknife] = corrections.map((correction) =>
    samples.reduce((sum, x) => sum + bits(x, correction), 0) / samples.length - 4
  );
  // Expected exactly, by the binomial distribution of a label's count. The estimates scatter by less
  // than 0.1 bits each, their means of 400 by less than 0.005: three times that.
  assertAlmostEquals(none, -0.23672, 0.015);
  assertAlmostEquals(millerMadow, -0.02948, 0.015);
  assertAlmostEquals(jackknife, 0.0265, 0.015);
});

Deno.test("counts of 0 are no labels", () => {
  for (const correction of corrections) {
    const [with0, without] = [[0, 3, 0, 1], [3, 1]].map((c) => entropyOfCounts(c, correction));
    assertEquals(with0, without);
    assertEquals(entropyOfCounts([0, 0], correction), 0);
    assertEquals(entropyOfCounts([1], correction), 0);
  }
});

Deno.test("no samples have no entropy", () => {
  for (const correction of corrections) {
    assertError(entropy([], correction), "symbols", "0 samples");
  }
});
