import fc from "npm:fast-check@4.3.0";
import { E } from "../../../graph/fp_ts.ts";
import { permutation, seed } from "../../../graph/rng.ts";
import { digamma } from "../../../ops/information/digamma.ts";
import { jitter, knnEntropy } from "../../../ops/information/nearest.ts";
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "../../assert.ts";
import {
  allDistances,
  bitsOf,
  errorOf,
  gaussians,
  map,
  reordered,
  rows,
  tiedSamples,
} from "./nearest_samples.ts";

const runs = { numRuns: 100, seed: 26 };
const width = fc.integer({ min: 1, max: 4 });
const count = fc.integer({ min: 2, max: 40 });

Deno.test("the entropy is its formula, or an error where samples coincide", () => {
  fc.assert(
    fc.property(tiedSamples(width, count), fc.nat(), (x, wanted) => {
      const k = 1 + wanted % (x.count - 1);
      const radii = allDistances(x).map((row) => row.toSorted()[k]);
      const estimate = knnEntropy(x, { k });
      const zero = radii.indexOf(0);
      if (zero !== -1) {
        const words = `sample ${zero}, which coincides with ${k} others or more`;
        return assert(errorOf(estimate).includes(`"${words}"`), errorOf(estimate));
      }
      const logs = radii.reduce((sum, radius) => sum + Math.log(2 * radius), 0) / x.count;
      const nats = digamma(x.count) - digamma(k) + x.width * logs;
      // 1e-12: at most 40 terms in another order.
      assertAlmostEquals(bitsOf(estimate), nats / Math.LN2, 1e-12);
    }),
    runs,
  );
});

Deno.test("the entropy does not see translations, and rises by d bits when x doubles", () => {
  for (const d of [1, 3]) {
    const x = map(gaussians(200, d, d), (v) => Math.round(v * 1e6) / 2 ** 20);
    const bits = bitsOf(knnEntropy(x));
    assertEquals(bitsOf(knnEntropy(map(x, (v) => v + 1024))), bits);
    // 1e-12: the logarithms round differently.
    assertAlmostEquals(bitsOf(knnEntropy(map(x, (v) => v * 32))), bits + 5 * d, 1e-12);
    const [order] = permutation(200, seed(26));
    assertAlmostEquals(bitsOf(knnEntropy(reordered(x, order))), bits, 1e-12);
  }
});

Deno.test("the entropy of Gaussians is near ½ log₂ 2πe per unit", () => {
  // 0.2: over 20 seeds the bias was at most 0.06 and the standard deviation 0.04.
  for (const d of [1, 2, 3]) {
    const truth = d * Math.log2(2 * Math.PI * Math.E) / 2;
    assertAlmostEquals(bitsOf(knnEntropy(gaussians(2000, d, d))), truth, 0.2);
  }
});

Deno.test("up to k samples may coincide, one more may not, and jitter helps", () => {
  const x = rows([0], [0], [0], [1], [3], [7]);
  assert(E.isRight(knnEntropy(x, { k: 3 })));
  assert(errorOf(knnEntropy(x, { k: 2 })).includes("a continuous variable; jitter"));
  const [noisy] = jitter(x, seed(26));
  const bits = bitsOf(knnEntropy(noisy, { k: 2 }));
  assert(Number.isFinite(bits) && bits < 0);
});

Deno.test("the entropy says what it cannot use", () => {
  const errors = [
    [knnEntropy(rows([1], [2], [3]), { k: 3 }), "k: expected an integer from 1 to 2"],
    [knnEntropy(rows([1])), "x: expected at least 2"],
    [knnEntropy(rows([1], [Infinity])), "Infinity in sample 1"],
    [knnEntropy(rows([-1e308], [1e308]), { k: 1 }), "a distance above 1.8e308"],
  ] as const;
  for (const [estimate, words] of errors) {
    assert(errorOf(estimate).includes(words), errorOf(estimate));
  }
});

Deno.test("jitter adds from 0 to its amplitude, and goes on with the generator", () => {
  const x = { count: 2000, width: 1, values: new Float32Array(2000) };
  const [first, next] = jitter(x, seed(26), 0.5);
  const [second] = jitter(x, next, 0.5);
  assertEquals(jitter(x, seed(26), 0.5)[0], first);
  assert(first.values.every((value, i) => value >= 0 && value < 0.5 && value !== second.values[i]));
  const mean = Array.from(first.values).reduce((sum, value) => sum + value) / 2000;
  // 0.013 is four standard deviations of the mean of 2,000 uniform numbers.
  assertAlmostEquals(mean, 0.25, 0.013);
  for (const amplitude of [0, -1, NaN, Infinity]) {
    assertThrows(() => jitter(x, seed(26), amplitude), RangeError, `is ${amplitude}`);
  }
});
