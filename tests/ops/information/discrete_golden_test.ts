import { seed } from "../../../graph/rng.ts";
import {
  conditionalEntropy,
  entropy,
  fanoAccuracy,
  gridAccuracy,
  layerInformation,
  mutualInformation,
} from "../../../ops/information/discrete.ts";
import { binnedInformation, equalWidthBins } from "../../../ops/information/binning.ts";
import { quantise } from "../../../ops/information/k_means.ts";
import {
  jointSymbols,
  symbolCounts,
  symbolsOfLabels,
  symbolsOfRows,
} from "../../../ops/information/symbols.ts";
import { assert, assertAlmostEquals, assertEquals } from "../../assert.ts";
import { float32, float64, type GoldenArray, goldenJson, int32, sharedTest } from "../../shared.ts";
import { right } from "./results.ts";

interface Case<Inputs extends string, Expected, Attributes> {
  readonly name: string;
  readonly inputs: { readonly [K in Inputs]: GoldenArray };
  readonly attrs: Attributes & { readonly op: string };
  readonly expected: Expected & { readonly tolerance: number };
}

const tested = { mi_discrete: new Set<string>(), mi_kmeans: new Set<string>() };

/** A test of all cases of an op, of which there must be as many. */
const golden = <Inputs extends string, Expected, Attributes = unknown>(
  file: keyof typeof tested,
  op: string,
  cases: number,
  check: (one: Case<Inputs, Expected, Attributes>) => void,
): void => {
  tested[file].add(op);
  sharedTest(`${op} is the reference's`, "golden", () => {
    const found = goldenJson<Case<Inputs, Expected, Attributes>>(file)
      .filter(({ attrs }) => attrs.op === op);
    assertEquals(found.length, cases);
    found.forEach(check);
  });
};

interface DiscreteValues {
  readonly mi_bits: number;
  readonly entropy_x_bits: number;
  readonly entropy_y_bits: number;
  readonly entropy_xy_bits: number;
  readonly entropy_y_given_x_bits: number;
  readonly miller_madow_mi_bits: number;
}

golden<"x" | "y", DiscreteValues>("mi_discrete", "discrete_mi", 18, (one) => {
  const { name, inputs, expected } = one;
  const [x, y] = [int32(inputs.x).data, int32(inputs.y).data];
  const found = {
    mi_bits: mutualInformation(x, y),
    entropy_x_bits: entropy(x),
    entropy_y_bits: entropy(y),
    entropy_xy_bits: entropy(jointSymbols(x, y)),
    entropy_y_given_x_bits: conditionalEntropy(y, x),
    miller_madow_mi_bits: mutualInformation(x, y, "miller_madow"),
  };
  for (const key of Object.keys(found) as (keyof DiscreteValues)[]) {
    assertAlmostEquals(right(found[key]), expected[key], expected.tolerance, `${name}: ${key}`);
  }
});

golden<"labels", { entropy_bits: number; counts: readonly number[] }>(
  "mi_discrete",
  "label_entropy",
  4,
  ({ name, inputs, expected }) => {
    const labels = int32(inputs.labels).data;
    assertAlmostEquals(right(entropy(labels)), expected.entropy_bits, expected.tolerance, name);
    const counts = [...symbolCounts(symbolsOfLabels(labels))];
    assertEquals(counts.toSorted(), expected.counts.toSorted(), name);
  },
);

interface BinnedValues {
  readonly codes: GoldenArray;
  readonly row_ids_first_appearance: GoldenArray;
  readonly entropy_t_bits: number;
  readonly mi_x_t_bits: number;
  readonly mi_t_y_bits: number;
  readonly entropy_t_given_y_bits: number;
}

interface Binning {
  readonly n_bins: number;
  readonly lo: number;
  readonly hi: number;
  /** X, where it is given. */
  readonly x_pattern_ids?: readonly number[];
}

golden<"activations" | "labels", BinnedValues, Binning>("mi_discrete", "binned_mi", 6, (one) => {
  const { name, inputs, attrs: { n_bins: bins, lo: low, hi: high, x_pattern_ids }, expected } = one;
  const labels = int32(inputs.labels).data;
  const near = (actual: number, value: number) =>
    assertAlmostEquals(actual, value, expected.tolerance, name);
  for (const { shape: [count, width], data } of [inputs.activations].flatMap(bothPrecisions)) {
    const samples = { count, width, values: data };
    const codes = right(equalWidthBins(samples, { bins, low, high }));
    assertEquals(codes, int32(expected.codes).data, name);
    const symbols = symbolsOfRows(codes, width);
    assertEquals(symbols, int32(expected.row_ids_first_appearance).data, name);
    near(right(entropy(symbols)), expected.entropy_t_bits);
    near(right(conditionalEntropy(symbols, labels)), expected.entropy_t_given_y_bits);
    const { input, label } = right(binnedInformation(samples, labels, { bins, low, high }));
    near(input, expected.mi_x_t_bits);
    near(label, expected.mi_t_y_bits);
    const x = x_pattern_ids ?? Array.from({ length: count }, (_, i) => i);
    near(right(mutualInformation(x, symbols)), expected.mi_x_t_bits);
  }
});

/** The file says that both give the same bins. */
const bothPrecisions = (array: GoldenArray) => [float32(array), float64(array)];

interface Accuracies {
  readonly accuracy: GoldenArray;
  readonly accuracy_at_zero: number;
}

interface Grid {
  readonly n_classes: number;
  readonly resolution_bins: number;
}

golden<"mutual_info_bits", Accuracies, Grid>(
  "mi_discrete",
  "accuracy_from_mi",
  5,
  ({ name, inputs, attrs: { n_classes: classes, resolution_bins: resolution }, expected }) => {
    const accuracies = float64(expected.accuracy).data;
    const near = (actual: number, value: number) =>
      assertAlmostEquals(actual, value, expected.tolerance, name);
    const step = (1 - 1 / classes) / resolution;
    float64(inputs.mutual_info_bits).data.forEach((bits, i) => {
      const onGrid = right(gridAccuracy(bits, classes, resolution));
      near(onGrid, accuracies[i]);
      if (bits < 0) return;
      // The grid's is above the exact one by up to a step, but for its last step, where it is below.
      const exact = right(fanoAccuracy(bits, classes));
      const last = 1 - step;
      if (exact >= last) near(onGrid, last);
      else assert(onGrid > exact - 1e-12 && onGrid <= exact + step + 1e-12, `${name}, ${bits}`);
    });
    near(right(gridAccuracy(0, classes, resolution)), expected.accuracy_at_zero);
  },
);

interface Quantised {
  readonly mi_bits: number;
  readonly entropy_clusters_bits: number;
  readonly entropy_labels_bits: number;
}

golden<"clusters" | "labels", Quantised>(
  "mi_kmeans",
  "quantized_mi",
  5,
  ({ name, inputs, expected }) => {
    const [clusters, labels] = [int32(inputs.clusters).data, int32(inputs.labels).data];
    const { input, label } = right(layerInformation(clusters, labels));
    assertAlmostEquals(label, expected.mi_bits, expected.tolerance, name);
    assertAlmostEquals(input, expected.entropy_clusters_bits, expected.tolerance, name);
    const ofLabels = right(entropy(labels));
    assertAlmostEquals(ofLabels, expected.entropy_labels_bits, expected.tolerance, name);
  },
);

interface Blobs {
  readonly mi_bits: number;
  readonly blob_ids: GoldenArray;
  readonly blob_entropy_bits: number;
  readonly inertia?: number;
  readonly centers?: GoldenArray;
  readonly tolerance_centers: number;
}

golden<"x" | "labels", Blobs, { n_bins: number }>("mi_kmeans", "kmeans_mi", 8, (one) => {
  const { name, inputs, attrs: { n_bins: clusters }, expected } = one;
  const { shape: [count, width], data: values } = float32(inputs.x);
  const labels = int32(inputs.labels).data;
  const blobs = int32(expected.blob_ids).data;
  for (let start = 0; start < 30; start++) {
    // All samples at a time, and in mini-batches.
    for (const batchSize of [1024, 128]) {
      const options = { clusters, batchSize };
      const [found] = right(quantise({ count, width, values }, options, seed(start)));
      const bits = right(mutualInformation(found.clusters, labels));
      assertAlmostEquals(bits, expected.mi_bits, expected.tolerance, `${name}, seed ${start}`);
      if (expected.inertia === undefined || expected.centers === undefined) continue;
      const same = right(mutualInformation(found.clusters, blobs));
      assertAlmostEquals(same, expected.blob_entropy_bits, expected.tolerance, name);
      if (batchSize < count) continue;
      // 1e-6 of it: the file's inertia is of its data in double precision, written as float32 here.
      assertAlmostEquals(found.inertia, expected.inertia, 1e-6 * expected.inertia, name);
      const centres = float64(expected.centers).data;
      found.clusters.forEach((cluster, i) => {
        for (let u = 0; u < width; u++) {
          const [mine, theirs] = [
            found.centroids[cluster * width + u],
            centres[blobs[i] * width + u],
          ];
          assertAlmostEquals(mine, theirs, expected.tolerance_centers, name);
        }
      });
    }
  }
});

interface Softmax {
  readonly sample_entropy_y_bits: number;
  readonly minibatch_kmeans_20_bins_range_bits: readonly [number, number];
  readonly kmeans_accept_range_bits: readonly [number, number];
}

for (const file of ["mi_mine", "mi_mine_p99"]) {
  sharedTest(`20 clusters tell the classes of the logits of ${file}`, "golden", () => {
    const cases = goldenJson<Case<"logits" | "labels", Softmax, unknown>>(file)
      .filter(({ attrs }) => attrs.op === "neural_mi_discrete");
    assertEquals(cases.length, 1);
    const { inputs, expected } = cases[0];
    const { shape: [count, width], data: values } = float32(inputs.logits);
    const labels = int32(inputs.labels).data;
    const [least, most] = expected.minibatch_kmeans_20_bins_range_bits;
    for (let start = 0; start < 5; start++) {
      const [{ clusters }] = right(quantise({ count, width, values }, {}, seed(start)));
      const bits = right(mutualInformation(clusters, labels));
      const [from, to] = expected.kmeans_accept_range_bits;
      assert(bits >= from && bits <= to, `seed ${start}: ${bits}`);
      // What scikit-learn's mini-batches reached; 1e-9 for the order in which a sum is taken.
      assert(bits >= least - 1e-9 && bits <= most + 1e-9, `seed ${start}: ${bits}`);
    }
    const ofLabels = right(entropy(labels));
    assertAlmostEquals(ofLabels, expected.sample_entropy_y_bits, 1e-9);
  });
}

sharedTest("no op of the discrete golden values goes untested", "golden", () => {
  for (const file of ["mi_discrete", "mi_kmeans"] as const) {
    const cases = goldenJson<Case<never, unknown, unknown>>(file);
    for (const { name, attrs } of cases) assert(tested[file].has(attrs.op), name);
  }
});
