import fc from "npm:fast-check@4.3.0";
import { permutation, seed } from "../../../graph/rng.ts";
import {
  copulaClassInformation,
  gaussianClassInformation,
  mixtureClassInformation,
} from "../../../ops/information/gaussian_classes.ts";
import {
  copulaInformation,
  copulaNormalise,
  gaussianInformation,
  normalQuantile,
} from "../../../ops/information/copula.ts";
import { entropyOfCounts } from "../../../ops/information/discrete.ts";
import { gaussianEntropy, gaussianEntropyBias } from "../../../ops/information/gaussian.ts";
import type { Samples } from "../../../ops/information/samples.ts";
import { symbolCounts, symbolsOfLabels } from "../../../ops/information/symbols.ts";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertLessOrEqual,
  assertThrows,
} from "../../assert.ts";
import { assertError, right } from "./results.ts";
import { mapUnits, normalSamples, rows, selectSamples } from "./sets.ts";

const runs = { numRuns: 60, seed: 26 };

/** Samples of small integers, which tie often, and of seeded normal numbers. */
const tied = fc.integer({ min: 1, max: 3 }).chain((width) =>
  fc.array(fc.array(fc.integer({ min: -3, max: 3 }), { minLength: width, maxLength: width }), {
    minLength: 2,
    maxLength: 30,
  }).map(rows)
);
const normal = fc.record({
  count: fc.integer({ min: 12, max: 60 }),
  width: fc.integer({ min: 1, max: 4 }),
  from: fc.nat(1000),
}).map(({ count, width, from }) => normalSamples(count, width, seed(from)));

/** Rising functions that keep what differs different in float64. */
const rising: readonly ((x: number) => number)[] = [
  (x) => 3 * x - 7,
  (x) => x + x ** 3,
  Math.exp,
  Math.atan,
];

Deno.test("the normal quantile is odd, rises and inverts the distribution function", () => {
  assertEquals(normalQuantile(0.5), 0);
  // Φ(1), Φ(3) and Φ(−8) from tables of 16 digits; a digit of p is φ(z) of z.
  assertAlmostEquals(normalQuantile(0.8413447460685429), 1, 1e-14);
  assertAlmostEquals(normalQuantile(0.9986501019683699), 3, 1e-12);
  assertAlmostEquals(normalQuantile(6.220960574271785e-16), -8, 1e-13);
  let last = -Infinity;
  for (let i = 1; i < 1024; i++) {
    const z = normalQuantile(i / 1024);
    assert(z > last);
    // i / 1024 and 1 − i / 1024 are exact.
    assertEquals(z, 0 - normalQuantile(1 - i / 1024) + 0);
    last = z;
  }
  for (const p of [0, 1, -1, NaN]) assertThrows(() => normalQuantile(p), RangeError, String(p));
});

Deno.test("copula normalisation does not change with rising functions of a unit", () => {
  fc.assert(
    fc.property(tied, fc.constantFrom(...rising), (x, f) => {
      for (const ties of ["first", "average"] as const) {
        assertEquals(copulaNormalise(mapUnits(x, f), { ties }), copulaNormalise(x, { ties }));
      }
    }),
    runs,
  );
});

Deno.test("of equal values the ranks are averaged, or follow the order of the samples", () => {
  fc.assert(
    fc.property(tied, (x) => {
      const [average, first] = [
        right(copulaNormalise(x)).values,
        right(copulaNormalise(x, { ties: "first" })).values,
      ];
      for (let u = 0; u < x.width; u++) {
        const column = (values: ArrayLike<number>) =>
          Array.from({ length: x.count }, (_, i) => values[i * x.width + u]);
        const [unit, mean, ordinal] = [x.values, average, first].map(column);
        unit.forEach((value, i) => {
          const below = unit.filter((other) => other < value).length;
          const before = unit.filter((other, j) => other === value && j < i).length;
          const equal = unit.filter((other) => other === value).length;
          const at = (rank: number) => normalQuantile(rank / (x.count + 1));
          assertEquals(ordinal[i], at(below + before + 1));
          assertEquals(mean[i], at(below + (equal + 1) / 2));
        });
      }
    }),
    runs,
  );
  assertError(copulaNormalise(rows([[1, NaN]])), "NaN in sample 0, unit 1");
});

Deno.test("the bias of a Gaussian entropy is what ln det of the sample covariance has", () => {
  // For n = 2 and 3 in one unit, of ln χ² with 1 and 2 degrees of freedom: −γ − ln 2 and ln 2 − γ.
  const gamma = 0.5772156649015329;
  assertAlmostEquals(gaussianEntropyBias(2, 1), (-gamma - Math.LN2) / 2, 1e-14);
  assertAlmostEquals(gaussianEntropyBias(3, 1), -gamma / 2, 1e-14);
  // Units add up: the determinant is a product of independent χ².
  assertAlmostEquals(
    gaussianEntropyBias(9, 3),
    gaussianEntropyBias(9, 2) + (Math.LN2 - Math.log(8)) / 2 + (1 - gamma + 1 / 2) / 2,
    1e-14,
  );
  assertEquals(gaussianEntropyBias(5, 0), 0);
});

Deno.test("corrected entropies of Gaussians are right on average, others too low", () => {
  const [repeats, count, width] = [400, 12, 3];
  const truth = width / 2 * Math.log2(2 * Math.PI * Math.E) + width;
  const average = (biasCorrection: boolean) => {
    let sum = 0;
    for (let r = 0; r < repeats; r++) {
      const x = mapUnits(normalSamples(count, width, seed(r)), (value) => 2 * value);
      sum += right(gaussianEntropy(x, { biasCorrection }));
    }
    return sum / repeats;
  };
  // The variance of ln χ² with k degrees of freedom is ψ′(k / 2), about 2 / (k − 1): the standard error
  // of the mean is √(¾ · (2/10 + 2/9 + 2/8)) / 20 / ln 2 = 0.03 bits at most; 0.1 is three of them.
  assertAlmostEquals(average(true), truth, 0.1);
  // The bias is −0.44 bits here.
  assertAlmostEquals(average(false) - truth, gaussianEntropyBias(count, width) / Math.LN2, 0.1);
});

Deno.test("a Gaussian entropy grows by the logarithm of the scale, per unit", () => {
  fc.assert(
    fc.property(normal, fc.double({ min: 0.01, max: 100, noNaN: true }), (x, scale) => {
      const scaled = mapUnits(x, (value) => scale * value + 5);
      assertAlmostEquals(
        right(gaussianEntropy(scaled)) - right(gaussianEntropy(x)),
        x.width * Math.log2(scale),
        1e-9,
      );
    }),
    runs,
  );
});

Deno.test("informations are symmetric and do not change with rising functions of a unit", () => {
  fc.assert(
    fc.property(normal, fc.constantFrom(...rising), fc.nat(1000), (x, f, from) => {
      const noise = normalSamples(x.count, 2, seed(from + 1001));
      const y: Samples = {
        ...noise,
        values: noise.values.map((value, at) => value + x.values[Math.floor(at / 2) * x.width]),
      };
      const bits = right(copulaInformation(x, y));
      // 1e-10: the covariance is factored in another order.
      assertAlmostEquals(right(copulaInformation(y, x)), bits, 1e-10);
      assertEquals(right(copulaInformation(mapUnits(x, f), y)), bits);
      assertEquals(right(copulaInformation(x, mapUnits(y, f))), bits);
      const linear = right(gaussianInformation(x, y));
      assertAlmostEquals(right(gaussianInformation(y, x)), linear, 1e-10);
      // And not with linear ones, without the copula.
      const moved = mapUnits(x, (value) => 3 - 8 * value);
      assertAlmostEquals(right(gaussianInformation(moved, y)), linear, 1e-10);
    }),
    runs,
  );
});

Deno.test("informations do not depend on the order of the samples, ties or not", () => {
  fc.assert(
    fc.property(fc.nat(1000), (from) => {
      const x = mapUnits(normalSamples(40, 2, seed(from)), (value) => Math.max(0, value));
      const y = normalSamples(40, 1, seed(from + 1001));
      const labels = Int32Array.from(y.values, (value) => Number(value > 0));
      const [order] = permutation(40, seed(from));
      const [a, b] = [selectSamples(x, order), selectSamples(y, order)];
      const c = Int32Array.from(order, (i) => labels[i]);
      assertAlmostEquals(right(copulaInformation(a, b)), right(copulaInformation(x, y)), 1e-10);
      for (
        const about of [gaussianClassInformation, copulaClassInformation, mixtureClassInformation]
      ) {
        assertAlmostEquals(right(about(a, c)), right(about(x, labels)), 1e-10);
      }
    }),
    runs,
  );
});

Deno.test("a mixture has at most the labels' entropy", () => {
  fc.assert(
    fc.property(
      normal,
      fc.double({ min: 0, max: 50, noNaN: true }),
      fc.constantFrom("samples" as const, "sigma points" as const),
      (x, distance, average) => {
        // Two classes of at least six samples, of at most four units.
        const labels = Array.from({ length: x.count }, (_, i) => i % 2);
        const apart = {
          ...x,
          values: x.values.map((value, at) => value + distance * labels[Math.floor(at / x.width)]),
        };
        const most = entropyOfCounts(symbolCounts(symbolsOfLabels(labels)));
        const bits = right(mixtureClassInformation(apart, labels, { average }));
        // 1e-12: rounding of a mean of logarithms.
        assertLessOrEqual(bits, most + 1e-12);
        if (distance > 40) assertAlmostEquals(bits, most, 1e-6);
      },
    ),
    runs,
  );
});

Deno.test("what is constant carries nothing", () => {
  const y = normalSamples(20, 1, seed(1));
  const x = normalSamples(20, 1, seed(2));
  const dead = rows(Array.from({ length: 20 }, () => [0, 0.1]));
  const labels = Array.from({ length: 20 }, (_, i) => i % 2);
  const partly = rows(Array.from(x.values, (value) => [0.1, value, 7]));
  for (const information of [gaussianInformation, copulaInformation]) {
    assertEquals([right(information(dead, y)), right(information(y, dead))], [0, 0]);
    assertEquals(information(partly, y), information(x, y));
  }
  for (const about of [gaussianClassInformation, copulaClassInformation, mixtureClassInformation]) {
    assertEquals(right(about(dead, labels)), 0);
    assertEquals(about(partly, labels), about(x, labels));
    // Of one class there is nothing to say, however few its samples.
    assertEquals(right(about(rows([[1, 2], [3, 4]]), [5, 5])), 0);
  }
});

Deno.test("an information that cannot be estimated is an error that names the unit or the class", () => {
  const x = normalSamples(20, 2, seed(3));
  const wide = normalSamples(20, 19, seed(4));
  const copied = rows(Array.from({ length: 20 }, (_, i) => [x.values[2 * i], i, x.values[2 * i]]));
  const float = { ...x, values: Float32Array.from(x.values, (value) => value / 3) };
  for (const information of [gaussianInformation, copulaInformation]) {
    assertError(information(x, wide), "x and y", "20 samples of 2 + 19 units", "PCA");
    assertError(information(wide, x), "20 samples of 19 + 2 units", "PCA");
    assertError(information(copied, x), "unit 2 of x is a linear combination", "PCA");
    assertError(information(x, copied), "unit 2 of y is a linear combination", "PCA");
    assertError(information(x, x), "unit 0 of y is a linear combination");
    // A copy up to the rounding of float32.
    assertError(information(x, float), "unit 0 of y is a linear combination");
    assertError(information(x, normalSamples(19, 1, seed(1))), "y", "19 samples", "20");
    assertError(information(rows([[1]]), rows([[1]])), "x", "1 samples", "at least 2");
  }
  assertError(gaussianEntropy(rows([[1, 2], [3, 4]])), "2 samples of 2 units", "PCA");
  assertError(gaussianEntropy(rows([[1, 2], [3, 2], [5, 2]])), "unit 1 is constant");
  assertError(gaussianEntropy(rows([[1e200], [-1e200], [0]])), "1e150");
  const four = rows([[1, 2], [3, 5], [4, 4], [2, 2], [7, 1], [8, 8]]);
  for (const about of [gaussianClassInformation, copulaClassInformation, mixtureClassInformation]) {
    assertError(about(four, [1, 1, 1, 1, 1, 9]), "labels", "1 samples of class 9", "PCA");
    assertError(about(four, [1, 1, 1, 1, 9, 9]), "2 samples of class 9 for 2 units");
    assertError(about(four, [1, 1]), "labels", "2 samples", "6, as x has");
    const twice = rows(
      Array.from(x.values.subarray(0, 10), (value, i) => [value, i < 5 ? 1 : value]),
    );
    assertError(about(twice, [0, 0, 0, 0, 0, 1, 1, 1, 1, 1]), "unit 1 in class 0 is constant");
  }
});
