import fc from "npm:fast-check@4.3.0";
import { E } from "../../../graph/fp_ts.ts";
import { seed } from "../../../graph/rng.ts";
import { covariance } from "../../../ops/information/gaussian.ts";
import { gaussianInformation } from "../../../ops/information/copula.ts";
import {
  exactPca,
  type Pca,
  principalComponents,
  projectOnto,
  randomisedPca,
} from "../../../ops/information/pca.ts";
import {
  dotProducts,
  product,
  sparseGram,
  transpose,
  transposedProduct,
} from "../../../ops/information/matrices.ts";
import type { Samples } from "../../../ops/information/samples.ts";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertGreater,
  assertLess,
  assertLessOrEqual,
} from "../../assert.ts";
import { assertError, right } from "./results.ts";
import { mapUnits, normalSamples, rows } from "./sets.ts";

const runs = { numRuns: 60, seed: 26 };

const methods: readonly ((samples: Samples, components: number) => Pca)[] = [
  (samples, components) => right(exactPca(samples, components)),
  (samples, components) => right(randomisedPca(samples, components)),
];

/** Dense, rectified, sparse, with units that are copies or constant; more samples than units or fewer. */
const anySamples = fc.record({
  count: fc.integer({ min: 2, max: 24 }),
  width: fc.integer({ min: 1, max: 16 }),
  from: fc.nat(1000),
  kind: fc.constantFrom("dense", "rectified", "sparse", "dependent"),
}).map(({ count, width, from, kind }): Samples => {
  const x = normalSamples(count, width, seed(from));
  if (kind === "dense") return x;
  if (kind === "rectified") return mapUnits(x, (value) => Math.max(0, value));
  if (kind === "sparse") return mapUnits(x, (value) => value > 1 ? value : 0);
  return { ...x, values: x.values.map((_, at) => at % width === 0 ? 3 : x.values[at - at % 2]) };
});

/** Whether they vary at all. */
const varies = ({ width, values }: Samples): boolean =>
  values.some((value, at) => value !== values[at % width]);

Deno.test("products are what their sums say, at all edges of the tiles", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 9 }),
      fc.constantFrom(1, 2, 511, 513),
      (rows, columns, inner) => {
        const a = mapUnits(
          normalSamples(rows, inner, seed(inner)),
          (value) => value > 0 ? value : 0,
        ).values as Float64Array;
        const b = normalSamples(inner, columns, seed(inner + 1)).values as Float64Array;
        const at = (i: number, j: number, left: Float64Array, right: Float64Array) => {
          let sum = 0;
          for (let k = 0; k < inner; k++) sum += left[i * inner + k] * right[k * columns + j];
          return sum;
        };
        const turned = transpose(b, inner, columns);
        const all = [
          dotProducts(a, turned, inner),
          product(a, b, inner, columns),
          transposedProduct(transpose(a, rows, inner), b, rows, columns),
        ];
        for (let i = 0; i < rows; i++) {
          for (let j = 0; j < columns; j++) {
            const expected = at(i, j, a, b);
            // 1e-11: sums of at most 513 products of numbers near 1, in another order.
            for (const some of all) {
              assertEquals(some.length, rows * columns);
              assertAlmostEquals(some[i * columns + j], expected, 1e-11);
            }
          }
        }
        const gram = sparseGram(transpose(a, rows, inner), rows);
        dotProducts(a, a, inner).forEach((value, n) => assertAlmostEquals(value, gram[n], 1e-11));
      },
    ),
    runs,
  );
});

Deno.test("the covariance is symmetric to the bit, and that of the formula", () => {
  fc.assert(
    fc.property(anySamples, fc.constantFrom(0, 1000), (x, offset) => {
      const { count, width, values } = mapUnits(x, (value) => value === 0 ? 0 : value + offset);
      const matrix = covariance({ count, width, values });
      const mean = (u: number) => {
        let sum = 0;
        for (let i = 0; i < count; i++) sum += values[i * width + u] / count;
        return sum;
      };
      const means = Array.from({ length: width }, (_, u) => mean(u));
      for (let u = 0; u < width; u++) {
        for (let v = 0; v <= u; v++) {
          let sum = 0;
          for (let i = 0; i < count; i++) {
            sum += (values[i * width + u] - means[u]) * (values[i * width + v] - means[v]);
          }
          // 1e-13 of the largest square.
          assertAlmostEquals(matrix[u * width + v], sum / (count - 1), 1e-12 + 1e-13 * offset ** 2);
          assertEquals(matrix[u * width + v], matrix[v * width + u]);
        }
      }
    }),
    runs,
  );
});

Deno.test("components are orthonormal, what is projected is uncorrelated and has their variances", () => {
  fc.assert(
    fc.property(anySamples, fc.integer({ min: 1, max: 20 }), (x, components) => {
      for (const find of methods) {
        const pca = find(x, components);
        const { width, kept, explainedVariance: variance } = pca;
        assert(kept >= 1 && kept <= Math.min(components, width, Math.max(1, x.count - 1)));
        dotProducts(pca.components, pca.components, width).forEach((value, at) => {
          // 1e-5: a component of the least variance that is kept, 1e-12 of the largest, is a vector of
          // length 1e-6 that was divided by its length. Others are better.
          assertAlmostEquals(value, at % (kept + 1) === 0 ? 1 : 0, 1e-5);
        });
        const scale = Math.max(variance[0], 1e-300);
        covariance(pca.projected).forEach((value, at) => {
          const expected = at % (kept + 1) === 0 ? variance[at / (kept + 1)] : 0;
          // 1e-8: the randomised method is exact where it has as many directions as there are.
          assertAlmostEquals(value / scale, expected / scale, 1e-8);
        });
        variance.forEach((value, c) => assert(c === 0 || value <= variance[c - 1]));
        const sum = pca.explainedVarianceRatio.reduce((a, b) => a + b);
        assertLessOrEqual(sum, 1 + 1e-9);
        if (components >= width) assertAlmostEquals(sum, varies(x) ? 1 : 0, 1e-9);
        for (let c = 0; c < kept; c++) {
          const component = pca.components.subarray(c * width, (c + 1) * width);
          assertEquals(Math.max(...component), Math.max(...component.map(Math.abs)));
        }
      }
    }),
    runs,
  );
});

Deno.test("all components together give the samples back", () => {
  fc.assert(
    fc.property(anySamples, (x) => {
      for (const find of methods) {
        const { kept, width, mean, components, projected } = find(x, x.width);
        const back = product(projected.values as Float64Array, components, kept, width);
        back.forEach((value, at) =>
          // 1e-5: directions below 1e-12 of the variance are left out, deviations of 1e-6.
          assertAlmostEquals(value + mean[at % width], x.values[at], 1e-5)
        );
      }
    }),
    runs,
  );
});

Deno.test("moved samples have the same components, and projecting is what was projected", () => {
  fc.assert(
    fc.property(anySamples, fc.integer({ min: -100, max: 100 }), (x, offset) => {
      const pca = right(exactPca(x, 3));
      const moved = mapUnits(x, (value) => value + offset);
      const again = right(exactPca(moved, 3));
      // A direction whose variance is at the limit may be left out in one of them.
      const sure = (one: Pca) =>
        one.explainedVariance.filter((variance) => variance > 1e-9 * one.explainedVariance[0]);
      const [variance, same] = [sure(pca), sure(again)];
      assertEquals(same.length, variance.length);
      same.forEach((value, c) => assertAlmostEquals(value, variance[c], 1e-9));
      const projected = right(projectOnto(pca, x));
      assertEquals([projected.count, projected.width], [x.count, pca.kept]);
      projected.values.forEach((value, at) =>
        assertAlmostEquals(value, pca.projected.values[at], 1e-9)
      );
      const shifted = right(projectOnto(again, moved));
      shifted.values.forEach((value, at) =>
        assertAlmostEquals(value, again.projected.values[at], 1e-9)
      );
    }),
    runs,
  );
});

/** Samples with the deviations `decay(0)`, `decay(1)`, … along random directions. */
function withSpectrum(count: number, width: number, decay: (c: number) => number): Samples {
  const directions = right(exactPca(normalSamples(2 * width, width, seed(7)), width)).components;
  const along = mapUnits(normalSamples(count, width, seed(8)), (value) => value);
  const scaled = (along.values as Float64Array).map((value, at) => value * decay(at % width));
  return { count, width, values: product(scaled, directions, width, width) };
}

Deno.test("by random projections variances that fall quickly are exact, others nearly and not more", () => {
  const quick = withSpectrum(200, 80, (c) => 0.8 ** c);
  const slow = withSpectrum(200, 80, (c) => 1 / (c + 1));
  for (const [samples, tolerance] of [[quick, 1e-4], [slow, 0.05]] as const) {
    const exact = right(exactPca(samples, 10));
    const near = right(randomisedPca(samples, 10));
    near.explainedVariance.forEach((variance, c) => {
      const part = variance / exact.explainedVariance[c];
      assertLessOrEqual(part, 1 + 1e-12);
      assertGreater(part, 1 - tolerance);
    });
    // More iterations, or more directions, are nearer.
    const missed = (pca: Pca) => 1 - pca.explainedVariance[9] / exact.explainedVariance[9];
    const more = right(randomisedPca(samples, 10, { powerIterations: 5 }));
    const wider = right(randomisedPca(samples, 10, { oversampling: 40 }));
    assertLess(missed(more), missed(near));
    assertLess(missed(wider), missed(near));
    const first = near.components.subarray(0, 80);
    first.forEach((value, u) => assertAlmostEquals(value, exact.components[u], 1e-6));
  }
});

Deno.test("random projections are those of the seed, and nearly the same with another", () => {
  const samples = withSpectrum(100, 60, (c) => 0.7 ** c);
  const from = (value: number) => right(randomisedPca(samples, 4, { rng: seed(value) }));
  assertEquals(from(3), from(3));
  const [a, b] = [from(3), from(4)];
  assert(a.components.some((value, at) => value !== b.components[at]));
  a.components.forEach((value, at) => assertAlmostEquals(value, b.components[at], 1e-6));
});

Deno.test("wide sparse samples, whose covariance is not formed, have the same components", () => {
  // 30 samples of 3,000 units of which 1 % are not 0: the samples are multiplied themselves.
  const noise = normalSamples(30, 3000, seed(9));
  const sparse = mapUnits(noise, (value) => value > 2.3 ? value : 0);
  const exact = right(exactPca(sparse, 5));
  const near = right(randomisedPca(sparse, 5, { oversampling: 24 }));
  assertEquals(near.kept, 5);
  near.explainedVariance.forEach((variance, c) =>
    assertAlmostEquals(variance, exact.explainedVariance[c], 1e-9)
  );
  near.components.forEach((value, at) => assertAlmostEquals(value, exact.components[at], 1e-6));
});

Deno.test("the method that suits is chosen", () => {
  const small = withSpectrum(100, 60, (c) => 1 / (c + 1));
  const wide = normalSamples(258, 257, seed(1));
  assertEquals(principalComponents(small, { components: 10 }), exactPca(small, 10));
  assertEquals(principalComponents(wide, { components: 10 }), randomisedPca(wide, 10));
  const many = exactPca(wide, 86);
  assertEquals(principalComponents(wide, { components: 86 }), many);
  assertEquals(principalComponents(wide, { components: 86, method: "exact" }), many);
  const options = { oversampling: 3, powerIterations: 1, rng: seed(5) };
  assertEquals(
    principalComponents(small, { components: 10, method: "randomised", ...options }),
    randomisedPca(small, 10, options),
  );
});

Deno.test("samples that do not vary keep one component of no variance", () => {
  // The sum of these 0.1 is not 0.3, nor their mean 0.1.
  const constant = rows([[0.1, 2], [0.1, 2], [0.1, 2]]);
  for (const find of methods) {
    const { kept, explainedVariance, explainedVarianceRatio, projected } = find(constant, 2);
    assertEquals([kept, ...explainedVariance, ...explainedVarianceRatio], [1, 0, 0]);
    assertEquals([...projected.values], [0, 0, 0]);
    assertEquals(gaussianInformation(projected, rows([[1], [2], [4]])), E.right(0));
  }
});

Deno.test("principal components can be estimated where the units themselves cannot", () => {
  const x = normalSamples(50, 3, seed(1));
  const copied: Samples = {
    count: 50,
    width: 6,
    values: Float64Array.from(
      { length: 300 },
      (_, at) => x.values[Math.floor(at / 6) * 3 + at % 3],
    ),
  };
  const y = normalSamples(50, 1, seed(2));
  assertError(gaussianInformation(copied, y), "PCA");
  const { projected } = right(principalComponents(copied, { components: 6 }));
  // The same three directions: information does not change with a linear map.
  assertAlmostEquals(
    right(gaussianInformation(projected, y)),
    right(gaussianInformation(x, y)),
    1e-9,
  );
});

Deno.test("what PCA cannot use is an error", () => {
  const x = normalSamples(10, 2, seed(1));
  assertError(exactPca(x, 0), "components", "at least 1", "0");
  assertError(randomisedPca(x, 1.5), "components", "1.5");
  assertError(principalComponents(rows([[1, 2]]), { components: 1 }), "1 samples", "at least 2");
  assertError(principalComponents(rows([[1], [NaN]]), { components: 1 }), "NaN in sample 1");
  assertError(randomisedPca(x, 1, { oversampling: -1 }), "oversampling");
  assertError(randomisedPca(x, 1, { powerIterations: NaN }), "powerIterations");
  const large = rows([[1e200, 1], [-1e200, 2], [0, 0]]);
  for (const result of [exactPca(large, 1), randomisedPca(large, 1)]) assertError(result, "1e150");
  const wide = rows([[1e200, 1, 0], [-1e200, 2, 0]]);
  assertError(exactPca(wide, 1), "1e150");
  assertError(projectOnto(right(exactPca(x, 1)), rows([[1]])), "1 units", "2, as PCA had");
});
