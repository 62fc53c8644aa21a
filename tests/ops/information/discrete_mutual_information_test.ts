import fc from "npm:fast-check@4.3.0";
import { draw, seed } from "../../../graph/rng.ts";
import {
  conditionalEntropy,
  entropy,
  layerInformation,
  mutualInformation,
} from "../../../ops/information/discrete.ts";
import { jointSymbols } from "../../../ops/information/symbols.ts";
import { assert, assertAlmostEquals, assertEquals } from "../../assert.ts";
import { corrections, sequences } from "./discrete.ts";
import { assertError, right } from "./results.ts";

const runs = { numRuns: 200, seed: 26 };

/** Sums of at most 60 terms of at most 6 bits each. */
const ROUNDING = 1e-12;

type Labels = ArrayLike<number>;
const H = (x: Labels) => right(entropy(x));
const I = (x: Labels, y: Labels) => right(mutualInformation(x, y));

Deno.test("information is from 0 to either entropy", () => {
  fc.assert(
    fc.property(sequences(2), ([x, y]) => {
      const found = I(x, y);
      assert(found >= 0 && found <= Math.min(H(x), H(y)) + ROUNDING, String(found));
    }),
    runs,
  );
});

Deno.test("it is the same in both directions, and under other names", () => {
  fc.assert(
    fc.property(
      sequences(2),
      fc.constantFrom(...corrections),
      ([x, y], correction) => {
        const found = right(mutualInformation(x, y, correction));
        assertAlmostEquals(right(mutualInformation(y, x, correction)), found, ROUNDING);
        const renamed = x.map((label) => -3 * label);
        assertAlmostEquals(right(mutualInformation(renamed, y, correction)), found, ROUNDING);
      },
    ),
    runs,
  );
});

Deno.test("merging labels tells no more (data processing)", () => {
  fc.assert(
    fc.property(sequences(2), fc.integer({ min: 1, max: 4 }), ([x, y], into) => {
      assert(I(x.map((label) => label % into), y) <= I(x, y) + ROUNDING);
    }),
    runs,
  );
});

Deno.test("the chain rules hold", () => {
  fc.assert(
    fc.property(sequences(3), ([x, y, z]) => {
      const joint = jointSymbols(x, y);
      assertAlmostEquals(H(joint), H(x) + right(conditionalEntropy(y, x)), ROUNDING);
      assertAlmostEquals(I(x, y), H(y) - right(conditionalEntropy(y, x)), ROUNDING);
      // I(X, Y; Z) = I(X; Z) + I(Y; Z | X), and the second is H(Z | X) − H(Z | X, Y).
      const more = right(conditionalEntropy(z, x)) - right(conditionalEntropy(z, joint));
      assertAlmostEquals(I(joint, z), I(x, z) + more, ROUNDING);
      assert(more >= -ROUNDING);
    }),
    runs,
  );
});

Deno.test("of a function the information is its entropy; nothing is unknown of it", () => {
  fc.assert(
    fc.property(sequences(1), ([t]) => {
      const x = t.map((_, i) => i);
      assertAlmostEquals(I(x, t), H(t), ROUNDING);
      assertEquals(right(conditionalEntropy(t, x)) <= ROUNDING, true);
      assertEquals(right(layerInformation(t, t)).input, H(t));
    }),
    runs,
  );
});

Deno.test("all samples different, any label seems known: log2 n at most", () => {
  const x = Array.from({ length: 64 }, (_, i) => i);
  const [y] = draw(seed(26), ({ integer }) => x.map(() => integer(0, 9)));
  assertEquals(right(layerInformation(x, y)).input, 6);
  assertAlmostEquals(I(x, y), H(y), ROUNDING);
});

Deno.test("of independent variables it is the bias that is documented", () => {
  // 1,000 pairs of 5 and 6 labels, 200 times over: 4 · 5 / (2 · 1000 · ln 2) = 0.0144 bits.
  const [pairs] = draw(
    seed(26),
    ({ integer }) =>
      Array.from(
        { length: 200 },
        () => [4, 5].map((most) => Array.from({ length: 1000 }, () => integer(0, most))),
      ),
  );
  const mean = (correction: typeof corrections[number]) =>
    pairs.reduce((sum, [x, y]) => sum + right(mutualInformation(x, y, correction)), 0) / 200;
  // Each is a χ² of 20 degrees: it scatters by 0.0046 bits, the mean of 200 by 0.0003.
  assertAlmostEquals(mean("none"), 20 / (2000 * Math.LN2), 0.0012);
  assertAlmostEquals(mean("miller_madow"), 0, 0.0012);
  assertAlmostEquals(mean("jackknife"), 0, 0.0012);
});

Deno.test("corrected information may be below 0, plug-in information not", () => {
  const [x, y] = [[0, 0, 1, 1], [0, 1, 0, 1]];
  assertEquals(I(x, y), 0);
  assertAlmostEquals(right(mutualInformation(x, y, "miller_madow")), -1 / (8 * Math.LN2), ROUNDING);
  assert(right(layerInformation(x, y, "jackknife")).label < 0);
});

Deno.test("no samples, and samples without a partner, are errors", () => {
  for (const estimate of [mutualInformation, conditionalEntropy, layerInformation]) {
    assertError(estimate([], []), "0 samples");
    assertError(estimate([1, 2], [1]), "samples");
  }
  assertError(mutualInformation([1, 2], [1]), "y", "1 samples", "2, as x has");
});
