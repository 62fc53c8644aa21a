import {
  copulaClassInformation,
  gaussianClassInformation,
  mixtureClassInformation,
} from "../../../ops/information/gaussian_classes.ts";
import {
  copulaInformation,
  copulaNormalise,
  gaussianInformation,
} from "../../../ops/information/copula.ts";
import { gaussianEntropy } from "../../../ops/information/gaussian.ts";
import type { Samples } from "../../../ops/information/samples.ts";
import { assert, assertAlmostEquals, assertEquals, assertLess } from "../../assert.ts";
import { float32, float64, type GoldenArray, goldenJson, int32, sharedTest } from "../../shared.ts";
import { right } from "./results.ts";

/** The golden files write units × samples. */
function samplesLast(array: GoldenArray): Samples {
  const { shape, data } = float64(array);
  const [width, count] = shape.length === 1 ? [1, shape[0]] : shape;
  const values = Float64Array.from(
    data,
    (_, at) => data[(at % width) * count + Math.floor(at / width)],
  );
  return { count, width, values };
}

/** Rounds samples to float32, as the monitor has them. */
const inFloat32 = ({ values, ...shape }: Samples): Samples => ({
  ...shape,
  values: Float32Array.from(values),
});

const cases = <Case>(op: string, many: number): readonly Case[] => {
  const found = goldenJson<Case & { readonly attrs: { readonly op: string } }>("mi_gcmi")
    .filter(({ attrs }) => attrs.op === op);
  assertEquals(found.length, many);
  return found;
};

interface Copnorm {
  readonly name: string;
  readonly inputs: { readonly x: GoldenArray };
  readonly expected: {
    readonly ctransform: GoldenArray;
    readonly copnorm: GoldenArray;
    readonly copnorm_float64: GoldenArray;
    readonly ranks_1based: GoldenArray;
    readonly tolerance: number;
  };
}

sharedTest("copula normalisation is the reference's", "golden", () => {
  for (const { name, inputs, expected } of cases<Copnorm>("copnorm", 6)) {
    const x = samplesLast(inputs.x);
    const { values } = right(copulaNormalise(x, { ties: "first" }));
    const golden = [
      // 1e-14: two implementations of Φ⁻¹ with 16 digits each, of numbers below 3.
      [expected.copnorm_float64, 1e-14],
      [expected.copnorm, expected.tolerance],
    ] as const;
    for (const [array, tolerance] of golden) {
      const { values: wanted } = samplesLast(array);
      values.forEach((value, i) => assertAlmostEquals(value, wanted[i], tolerance, name));
    }
    // The order of the normal values is that of the ranks, and of the reference's distribution function.
    for (const array of [expected.ranks_1based, expected.ctransform]) {
      const { values: ranks } = samplesLast(array);
      for (let i = 0; i < values.length; i++) {
        for (let j = i % x.width; j < values.length; j += x.width) {
          assertEquals(values[i] < values[j], ranks[i] < ranks[j], name);
        }
      }
    }
  }
});

interface Pair {
  readonly name: string;
  readonly inputs: { readonly x: GoldenArray; readonly y: GoldenArray };
  readonly expected: Readonly<Record<string, number>>;
}

/** The keys that were compared, so that none of the file's is forgotten. */
class Compared {
  readonly #seen = new Set<string>();
  constructor(readonly name: string, readonly expected: Readonly<Record<string, number>>) {}

  compare(key: string, actual: number, tolerance: number): void {
    this.#seen.add(key);
    assertAlmostEquals(actual, this.expected[key], tolerance, `${this.name}: ${key}`);
  }

  assertNoneLeft(): void {
    const left = Object.keys(this.expected).filter((key) =>
      !this.#seen.has(key) && !/^(tolerance|analytic)/.test(key)
    );
    assertEquals(left, [], this.name);
  }
}

/** x and −x: their mean is 0, so that it does not matter whether it is taken out. */
function mirrored({ count, width, values }: Samples): Samples {
  const both = Float64Array.from(
    { length: 2 * values.length },
    (_, at) => at < values.length ? values[at] : -values[at - values.length],
  );
  return { count: 2 * count, width, values: both };
}

sharedTest("Gaussian entropies and informations are the reference's", "golden", () => {
  for (const { name, inputs, expected } of cases<Pair>("gcmi_pair", 10)) {
    const [x, y] = [samplesLast(inputs.x), samplesLast(inputs.y)];
    const compared = new Compared(name, expected);
    const { tolerance, tolerance_float32_input, tolerance_float64, tolerance_gcmi_cc } = expected;
    for (const biasCorrection of [true, false]) {
      const options = { biasCorrection };
      const key = (of: string) => `${of}_biascorrect_${biasCorrection}`;
      const bits = right(gaussianInformation(x, y, options));
      compared.compare(key("mi_gg"), bits, tolerance);
      compared.compare(`${key("mi_gg")}_float64`, bits, tolerance_float64);
      const narrow = right(gaussianInformation(inFloat32(x), inFloat32(y), options));
      compared.compare(`${key("mi_gg")}_float32_input`, narrow, tolerance_float32_input);
      for (const [of, one] of [["entropy_g_x", x], ["entropy_g_y", y]] as const) {
        const entropy = right(gaussianEntropy(one, options));
        compared.compare(key(of), entropy, tolerance);
        compared.compare(`${key(of)}_float64`, entropy, tolerance_float64);
      }
    }
    // Without taking the mean out, which Sparrow does not offer because it is wrong: the information
    // of x, y and −x, −y, whose covariance is a multiple of it, and the correction for n samples.
    const uncorrected = { biasCorrection: false };
    const correction = right(gaussianInformation(x, y)) -
      right(gaussianInformation(x, y, uncorrected));
    const demeaned = correction +
      right(gaussianInformation(mirrored(x), mirrored(y), uncorrected));
    compared.compare("mi_gg_demeaned_true", demeaned, tolerance);
    compared.compare("mi_gg_demeaned_true_float64", demeaned, tolerance_float64);
    const copula = right(copulaInformation(x, y, { ties: "first" }));
    compared.compare("gcmi_cc", copula, tolerance_gcmi_cc);
    compared.compare("gcmi_cc_float64", copula, tolerance_float64);
    // The samples have six decimals, so that a few values tie.
    const average = right(copulaInformation(x, y, { ties: "average" }));
    assertAlmostEquals(average, copula, tolerance_gcmi_cc, name);
    compared.assertNoneLeft();
  }
});

sharedTest(
  "ties are the reference's with a stable sort, or do not depend on the order",
  "golden",
  () => {
    for (const { inputs, expected } of cases<Pair>("gcmi_cc_ties", 1)) {
      const [x, y] = [samplesLast(inputs.x), samplesLast(inputs.y)];
      const first = right(copulaInformation(x, y, { ties: "first" }));
      assertAlmostEquals(first, expected.gcmi_cc_stable_float64, expected.tolerance_stable);
      assert(expected.order_min <= first && first <= expected.order_max);
      const backwards = ({ width, ...of }: Samples): Samples => ({
        ...of,
        width,
        values: of.values.map((_, at) =>
          of.values[(of.count - 1 - Math.floor(at / width)) * width + at % width]
        ),
      });
      const ranked = (ties: "first" | "average") =>
        Math.abs(
          right(copulaInformation(backwards(x), backwards(y), { ties })) -
            right(copulaInformation(x, y, { ties })),
        );
      assert(ranked("first") > 0.001, `${ranked("first")}`);
      // 1e-12: the same sums in another order.
      assert(ranked("average") < 1e-12, `${ranked("average")}`);
    }
  },
);

interface Classes {
  readonly name: string;
  readonly inputs: { readonly x: GoldenArray; readonly labels: GoldenArray };
  readonly expected: {
    readonly mi_bits: number;
    readonly mi_bits_float32_input: number;
    readonly mi_bits_float64: number;
    readonly tolerance: number;
    readonly tolerance_float32_input: number;
    readonly tolerance_float64: number;
    readonly analytic_mi_bits?: number;
  };
}

sharedTest("information about a class is the reference's", "golden", () => {
  for (const { name, inputs, expected } of cases<Classes>("gcmi_micd", 6)) {
    const x = samplesLast(inputs.x);
    const labels = int32(inputs.labels).data;
    const bits = right(gaussianClassInformation(x, labels));
    assertAlmostEquals(bits, expected.mi_bits, expected.tolerance, name);
    assertAlmostEquals(bits, expected.mi_bits_float64, expected.tolerance_float64, name);
    const narrow = right(gaussianClassInformation(inFloat32(x), labels));
    const { mi_bits_float32_input, tolerance_float32_input } = expected;
    assertAlmostEquals(narrow, mi_bits_float32_input, tolerance_float32_input, name);
  }
});

/**
 * Results of gcmi_model_cd and mi_mixture_gd of robince/gcmi (Python, at 019d9a9, NumPy 2.4.6) on the golden file's
 * samples. Its mi_mixture_gd puts the sigma points along the rows of the Cholesky factor, where its MATLAB original
 * takes the columns, so that a single class has information; these numbers are with columns.
 */
const INCE: Readonly<Record<string, readonly [model: number, mixture: number]>> = {
  "micd_1d_3classes": [1.1507327217217482, 1.3569601526111439],
  "micd_3d_2classes_weak": [0.05371674817829314, 0.08873938653857572],
  "micd_10d_5classes": [2.9467618554399393, 2.2222382992034113],
  "micd_small_classes": [0.4127270872336836, 0.5385213872664346],
  "micd_independent": [0.0003641534574548405, 0.04138834917326085],
  "micd_single_class": [0, 0],
};

sharedTest("classes after the copula, and as a mixture, are Ince's", "golden", () => {
  for (const { name, inputs } of cases<Classes>("gcmi_micd", 6)) {
    const x = samplesLast(inputs.x);
    const labels = int32(inputs.labels).data;
    const [model, mixture] = INCE[name];
    // 1e-10: both in float64, sums of at most 500 samples.
    const copula = right(copulaClassInformation(x, labels, { ties: "first" }));
    assertAlmostEquals(copula, model, 1e-10, name);
    const sigma = right(mixtureClassInformation(x, labels, { average: "sigma points" }));
    assertAlmostEquals(sigma, mixture, 1e-10, name);
  }
});

sharedTest("a mixture is nearer to the truth than one Gaussian", "golden", () => {
  const found = cases<Classes>("gcmi_micd", 6).filter(({ name }) => /3classes|5classes/.test(name));
  assertEquals(found.length, 2);
  for (const { name, inputs, expected } of found) {
    const [x, labels] = [samplesLast(inputs.x), int32(inputs.labels).data];
    const truth = expected.analytic_mi_bits!;
    const mixture = right(mixtureClassInformation(x, labels));
    // 0.06 bits: two standard errors of 500 samples in one unit, whose log quotients deviate by 0.6.
    assertAlmostEquals(mixture, truth, 0.06, name);
    const model = right(gaussianClassInformation(x, labels));
    assertLess(Math.abs(mixture - truth), Math.abs(model - truth), name);
  }
});

interface Softmax {
  readonly name: string;
  readonly inputs: { readonly logits: GoldenArray; readonly labels: GoldenArray };
  readonly expected: {
    readonly analytic_mi_bits: number;
    readonly sample_entropy_y_bits: number;
    readonly gcmi_micd_bits: number;
    readonly tolerance_gcmi_micd: number;
  };
}

for (const file of ["mi_mine", "mi_mine_p99"]) {
  sharedTest(`of softmax layers one Gaussian has too much (${file})`, "golden", () => {
    const found = goldenJson<Softmax>(file).filter(({ inputs }) => inputs?.logits !== undefined);
    assertEquals(found.length, 1);
    const [{ inputs, expected }] = found;
    const { shape: [count, width], data } = float32(inputs.logits);
    const x = { count, width, values: data };
    const labels = int32(inputs.labels).data;
    const model = right(gaussianClassInformation(x, labels));
    assertAlmostEquals(model, expected.gcmi_micd_bits, expected.tolerance_gcmi_micd);
    // The label is a function of the logits: the truth is the labels' entropy.
    const mixture = right(mixtureClassInformation(x, labels));
    // 1e-4: what the classes' Gaussians overlap.
    assertAlmostEquals(mixture, expected.sample_entropy_y_bits, 1e-4);
    // 0.01: the 4,000 labels' own entropy against log₂ 10.
    assertAlmostEquals(mixture, expected.analytic_mi_bits, 0.01);
  });
}

sharedTest("no golden case of the Gaussian estimators goes untested", "golden", () => {
  const tested = ["copnorm", "gcmi_pair", "gcmi_cc_ties", "gcmi_micd"];
  for (const { name, attrs } of goldenJson("mi_gcmi")) {
    assert(tested.includes((attrs as { readonly op: string }).op), name);
  }
});
