import {
  exactPca,
  type Pca,
  principalComponents,
  projectOnto,
  randomisedPca,
} from "../../../ops/information/pca.ts";
import type { Samples } from "../../../ops/information/samples.ts";
import { assert, assertAlmostEquals, assertEquals, assertLessOrEqual } from "../../assert.ts";
import { float64, type GoldenArray, goldenJson, sharedTest } from "../../shared.ts";
import { right } from "./results.ts";

interface Case {
  readonly name: string;
  readonly inputs: { readonly x: GoldenArray };
  readonly attrs: { readonly n_components: number };
  readonly expected: {
    readonly mean: GoldenArray;
    readonly explained_variance: GoldenArray;
    readonly explained_variance_ratio: GoldenArray;
    readonly singular_values: GoldenArray;
    readonly abs_components: GoldenArray;
    readonly abs_projected: GoldenArray;
    readonly total_variance: number;
    readonly components_with_nonzero_variance: number;
    readonly tolerance_relative_to_max: number;
    readonly tolerance_float32_relative_to_max: number;
    readonly zero_variance_tolerance: number;
  };
}

/** Asserts closeness to a part of the largest number, as the file says. */
function assertNear(
  actual: Float64Array,
  golden: GoldenArray,
  tolerance: number,
  name: string,
): void {
  const { data } = float64(golden);
  const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  actual.forEach((value, i) => assertAlmostEquals(value, data[i], tolerance * largest, name));
}

function check({ name, attrs, expected }: Case, pca: Pca, count: number, tolerance: number): void {
  const kept = expected.components_with_nonzero_variance;
  assertEquals([pca.kept, pca.projected.width, pca.projected.count], [kept, kept, count], name);
  assertNear(pca.mean, expected.mean, tolerance, `${name}: mean`);
  assertNear(pca.explainedVariance, expected.explained_variance, tolerance, `${name}: variance`);
  const ratio = expected.explained_variance_ratio;
  assertNear(pca.explainedVarianceRatio, ratio, tolerance, `${name}: ratio`);
  const singular = pca.explainedVariance.map((variance) => Math.sqrt(variance * (count - 1)));
  assertNear(singular, expected.singular_values, tolerance, `${name}: singular values`);
  const abs = pca.components.map(Math.abs);
  assertEquals(abs.length, expected.abs_components.data.length, name);
  assertNear(abs, expected.abs_components, tolerance, `${name}: components`);
  const projected = Float64Array.from(pca.projected.values, Math.abs);
  assertEquals(projected.length, expected.abs_projected.data.length, name);
  assertNear(projected, expected.abs_projected, tolerance, `${name}: projected`);
  const total = pca.explainedVariance[0] / pca.explainedVarianceRatio[0];
  assertAlmostEquals(total, expected.total_variance, tolerance * expected.total_variance, name);
  // What was left out has no variance in the reference either.
  const { data } = float64(expected.explained_variance);
  assertEquals(data.length, attrs.n_components);
  for (const variance of data.subarray(kept)) {
    assertLessOrEqual(variance, expected.zero_variance_tolerance, name);
  }
}

sharedTest(
  "principal components are scikit-learn's, exactly and by random projections",
  "golden",
  () => {
    const cases = goldenJson<Case>("mi_pca");
    assertEquals(cases.length, 6);
    for (const one of cases) {
      const { shape: [count, width], data } = float64(one.inputs.x);
      const wide: Samples = { count, width, values: data };
      const narrow: Samples = { ...wide, values: Float32Array.from(data) };
      const { tolerance_relative_to_max, tolerance_float32_relative_to_max } = one.expected;
      const components = one.attrs.n_components;
      // So many directions that none is left out.
      const options = { oversampling: width };
      for (
        const [samples, tolerance] of [
          [wide, tolerance_relative_to_max],
          [narrow, tolerance_float32_relative_to_max],
        ] as const
      ) {
        check(one, right(exactPca(samples, components)), count, tolerance);
        check(one, right(randomisedPca(samples, components, options)), count, tolerance);
        check(one, right(principalComponents(samples, { components })), count, tolerance);
      }
      const pca = right(exactPca(wide, components));
      const again = right(projectOnto(pca, wide));
      // 1e-12 of numbers below 100: the same sums in another order.
      again.values.forEach((value, i) => {
        assertAlmostEquals(value, pca.projected.values[i], 1e-12, one.name);
      });
      assert(again.values.length > 0);
    }
  },
);
