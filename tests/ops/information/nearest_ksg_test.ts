import fc from "npm:fast-check@4.3.0";
import { permutation, seed } from "../../../graph/rng.ts";
import { digamma } from "../../../ops/information/digamma.ts";
import { jitter, ksgInformation } from "../../../ops/information/nearest.ts";
import type { Samples } from "../../../ops/information/samples.ts";
import { assert, assertAlmostEquals, assertEquals } from "../../assert.ts";
import {
  allDistances,
  bitsOf,
  correlated,
  errorOf,
  gaussians,
  map,
  reordered,
  rows,
  tiedSamples,
} from "./nearest_samples.ts";

const runs = { numRuns: 100, seed: 26 };

/** The formula as the docstring has it, from all distances. */
function naive(x: Samples, y: Samples, k: number): number {
  const [inX, inY] = [allDistances(x), allDistances(y)];
  let nats = digamma(x.count);
  for (let i = 0; i < x.count; i++) {
    const both = inX[i].map((distance, j) => Math.max(distance, inY[i][j]));
    const radius = both.toSorted()[k];
    const inside = (row: Float64Array) =>
      row.filter((distance) => radius === 0 ? distance === 0 : distance < radius).length;
    const neighbours = radius === 0 ? inside(both) : k;
    nats += (digamma(neighbours) - digamma(inside(inX[i])) - digamma(inside(inY[i]))) / x.count;
  }
  return nats / Math.LN2;
}

/** Two variables with ties, of the same number of samples. */
const pairs = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 2, max: 40 }))
  .chain(([width, count]) =>
    fc.tuple(
      tiedSamples(fc.constant(width), fc.constant(count)),
      tiedSamples(fc.integer({ min: 1, max: 4 }), fc.constant(count)),
      fc.integer({ min: 1, max: count - 1 }),
    )
  );

Deno.test("KSG is its formula, and finite, whatever repeats", () => {
  fc.assert(
    fc.property(pairs, ([x, y, k]) => {
      const bits = bitsOf(ksgInformation(x, y, { k }));
      assert(Number.isFinite(bits));
      // 1e-12: at most 40 terms in another order.
      assertAlmostEquals(bits, naive(x, y, k), 1e-12);
    }),
    runs,
  );
});

Deno.test("KSG is symmetric, to the bit", () => {
  fc.assert(
    fc.property(pairs, ([x, y, k]) => {
      assertEquals(ksgInformation(x, y, { k }), ksgInformation(y, x, { k }));
    }),
    runs,
  );
});

Deno.test("KSG does not see translations and a common power of 2, to the bit", () => {
  fc.assert(
    fc.property(pairs, fc.integer({ min: -30, max: 30 }), ([x, y, k], by) => {
      const estimate = ksgInformation(x, y, { k });
      // Multiples of 1/4, which stay exact.
      assertEquals(
        ksgInformation(map(x, (v) => v + by), map(y, (v) => v - by / 2), { k }),
        estimate,
      );
      assertEquals(
        ksgInformation(map(x, (v) => v * 2 ** by), map(y, (v) => v * 2 ** by), { k }),
        estimate,
      );
      assertEquals(ksgInformation(map(x, (v) => -v), y, { k }), estimate);
    }),
    runs,
  );
});

Deno.test("KSG does not see the order of the samples or of the units", () => {
  fc.assert(
    fc.property(pairs, fc.nat({ max: 1000 }), ([x, y, k], from) => {
      const [order] = permutation(x.count, seed(from));
      const bits = bitsOf(ksgInformation(x, y, { k }));
      const other = ksgInformation(reordered(x, order), reordered(y, order), { k });
      // 1e-12: at most 40 terms in another order.
      assertAlmostEquals(bitsOf(other), bits, 1e-12);
      const mirrored = Float64Array.from(
        x.values,
        (_, at) => x.values[at - at % x.width + x.width - 1 - at % x.width],
      );
      assertEquals(bitsOf(ksgInformation({ ...x, values: mirrored }, y, { k })), bits);
    }),
    runs,
  );
});

Deno.test("KSG counts what is strictly nearer, above ε = 16 too", () => {
  const x = gaussians(400, 2, 1);
  const y = correlated(x, 0.8, 2);
  const bits = bitsOf(ksgInformation(x, y));
  for (const scale of [2 ** 7, 2 ** 300, 2 ** -300]) {
    const scaled = ksgInformation(map(x, (v) => v * scale), map(y, (v) => v * scale));
    assertEquals(bitsOf(scaled), bits);
  }
});

Deno.test("KSG is near the truth for Gaussians, and near 0 for independent ones", () => {
  // 0.1: over 20 seeds the bias was at most 0.03 and the standard deviation 0.02 to 0.04.
  for (const [rho, from] of [[0, 1], [0.5, 2], [0.9, 3], [-0.99, 4]]) {
    const x = gaussians(2000, 1, from);
    const truth = -Math.log2(1 - rho * rho) / 2;
    assertAlmostEquals(bitsOf(ksgInformation(x, correlated(x, rho, from + 10))), truth, 0.1);
  }
});

Deno.test("identical variables have ψ(n) − ψ(k), and no repeats", () => {
  const x = gaussians(300, 3, 5);
  const expected = (digamma(300) - digamma(4)) / Math.LN2;
  // 1e-12: 300 equal terms.
  assertAlmostEquals(bitsOf(ksgInformation(x, x)), expected, 1e-12);
});

Deno.test("a constant tells nothing, of itself exactly and of others on average", () => {
  const constant = rows(...Array.from({ length: 60 }, () => [3, 0]));
  // 1e-14: 60 terms that are ψ(60) each.
  assertAlmostEquals(bitsOf(ksgInformation(constant, constant)), 0, 1e-14);
  // Each n_x is k and each n_y is n: ψ(n) + ψ(k) − ψ(k) − ψ(n).
  assertAlmostEquals(bitsOf(ksgInformation(gaussians(60, 2, 6), constant)), 0, 1e-12);
});

Deno.test("codes that repeat have about the information that counting gives", () => {
  // Eight codes, 100 samples each; y is the first bit of x.
  const codes = Array.from({ length: 800 }, (_, i) => [i & 1, (i >> 1) & 1, (i >> 2) & 1]);
  const x = rows(...codes);
  const y = rows(...codes.map(([bit]) => [bit]));
  // ψ(m) is ln m − 1 / (2m): 0.006 bits at m = 100.
  assertAlmostEquals(bitsOf(ksgInformation(x, y)), 1, 0.01);
  assertAlmostEquals(bitsOf(ksgInformation(x, x)), 3, 0.01);
  // Two bits that are independent.
  assertAlmostEquals(bitsOf(ksgInformation(y, rows(...codes.map(([, bit]) => [bit])))), 0, 0.01);
  // Noise has the same mean where x and y repeat together; 0.1 is what one draw may be off.
  const [noisyX, next] = jitter(x, seed(26));
  const [noisyY] = jitter(x, next);
  assertAlmostEquals(bitsOf(ksgInformation(noisyX, noisyY)), bitsOf(ksgInformation(x, x)), 0.1);
});

Deno.test("KSG says what it cannot use", () => {
  const x = rows([1], [2], [4]);
  const errors = [
    [ksgInformation(x, rows([1], [2])), "Cannot use y: expected 3, as x has"],
    [ksgInformation(x, x), "Cannot use k: expected an integer from 1 to 2"],
    [ksgInformation(x, x, { k: 0 }), "current value is 0"],
    [ksgInformation(x, x, { k: 1.5 }), "current value is 1.5"],
    [ksgInformation(rows([1]), rows([1])), "Cannot use x: expected at least 2"],
    [ksgInformation(x, rows([1], [NaN], [2])), "NaN in sample 1, unit 0"],
    [ksgInformation(map(x, (v) => v * 4e307), map(x, (v) => -v), { k: 1 }), null],
    [
      ksgInformation(rows([-1e308], [1e308], [0]), x, { k: 2 }),
      "Cannot use x and y: expected samples that float64 can subtract",
    ],
  ] as const;
  for (const [estimate, words] of errors) {
    if (words === null) assert(Number.isFinite(bitsOf(estimate)));
    else assert(errorOf(estimate).includes(words), errorOf(estimate));
  }
});
