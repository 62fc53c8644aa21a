import { sparsity } from "../../../ops/embeddings.ts";
import {
  binarise,
  centroidCloseness,
  centroidDistances,
  classMeans,
  classMoments,
  classSpread,
  nearestCentroids,
} from "../../../ops/metrics/centroids.ts";
import { accuracy } from "../../../ops/metrics/classification.ts";
import { meanDiceOverlap } from "../../../ops/metrics/distances.ts";
import { factorsRoot } from "../../../ops/metrics/factors_root.ts";
import { addToMoments, noMoments, standardDeviation } from "../../../ops/metrics/moments.ts";
import { peakSignalToNoise } from "../../../ops/metrics/reconstruction.ts";
import { unitNorms } from "../../../ops/metrics/activity.ts";
import { assert, assertAlmostEquals, assertEquals } from "../../assert.ts";
import {
  float32,
  type GoldenArray,
  goldenJson,
  type GoldenNumber,
  int32,
  number,
  sharedTest,
} from "../../shared.ts";
import { assertClose } from "../backends.ts";
import { goldenForms } from "./embeddings.ts";

interface Scored {
  readonly distances: GoldenArray;
  readonly predictions: GoldenArray;
  readonly accuracy: number;
  readonly train_accuracy: number;
  readonly margins: GoldenArray;
  readonly min_margin_train: number;
  readonly proba?: GoldenArray;
}

const scorings = ["cosine", "l1", "l2"] as const;
type Scorings = { readonly [K in `${"plain" | "kwta"}_${typeof scorings[number]}`]: Scored };

interface Centroids extends Scorings {
  readonly name: string;
  readonly sparsity: number;
  readonly embeddings: GoldenArray;
  readonly labels: GoldenArray;
  readonly test_embeddings: GoldenArray;
  readonly test_labels: GoldenArray;
  readonly labels_stored: readonly number[];
  readonly centroids_plain: GoldenArray;
  readonly centroids_kwta: GoldenArray;
  readonly kwta_centroid_min_boundary_gap: number;
  readonly cluster_mean: GoldenArray;
  readonly cluster_std: GoldenArray;
  readonly inter_distance: GoldenNumber;
  readonly intra_std: GoldenNumber;
  readonly ratio: GoldenNumber;
  readonly compute_sparsity: number;
  readonly compute_sparsity_row0: number;
}

const kinds = new Set<string>();

/** A test of all cases of a kind, of which there must be as many. */
const golden = <Case>(kind: string, cases: number, check: (one: Case) => void): void => {
  kinds.add(kind);
  sharedTest(`${kind} is the reference's`, "golden", () => {
    const found = goldenJson<Case & { readonly kind: string }>("metrics")
      .filter((one) => one.kind === kind);
    assertEquals(found.length, cases);
    found.forEach(check);
  });
};

const flat = (arrays: readonly ArrayLike<number>[]): readonly number[] =>
  arrays.flatMap((array) => Array.from(array));

golden<Centroids>("accuracy_embedding", 5, (one) => {
  const { name, labels_stored: stored } = one;
  // Classes that have no samples are left out there; here they are counted from 0.
  const index = (array: GoldenArray) => int32(array).data.map((label) => stored.indexOf(label));
  const [labels, testLabels] = [index(one.labels), index(one.test_labels)];
  const plain = float32(one.centroids_plain).data;
  for (const train of goldenForms(one.embeddings)) {
    // 1e-6: the reference sums in float32, batch by batch, over at most 40 values near 1.
    const means = classMeans(train, labels, stored.length);
    assertClose(flat(means), plain, 1e-6, name);
    const moments = classMoments(train, labels, stored.length);
    assertClose(flat(moments.map(({ mean }) => mean)), float32(one.cluster_mean).data, 1e-6, name);
    const stds = flat(moments.map((moment) => standardDeviation(moment)));
    assertClose(stds, float32(one.cluster_std).data, 1e-6, name);
    const spread = classSpread(moments);
    // Relative: three float32 sums of 120 terms and a quotient.
    const { interClass, intraClass, ratio } = spread;
    assertClose(
      [interClass!, intraClass!, ratio!],
      [one.inter_distance, one.intra_std, one.ratio].map(number),
      1e-6,
      name,
    );
    if (one.kwta_centroid_min_boundary_gap > 1e-5) {
      const codes = means.map((mean) => binarise(mean, one.sparsity));
      assertEquals(flat(codes), Array.from(float32(one.centroids_kwta).data), name);
    }
    assertAlmostEquals(sparsity(train), one.compute_sparsity, 1e-6, name);
    const first = { ...train, count: 1, ...firstRow(train) };
    assertAlmostEquals(sparsity(first), one.compute_sparsity_row0, 1e-6, name);
    const norms = unitNorms(train);
    assertAlmostEquals(norms.reduce((a, b) => a + b) / norms.length, one.compute_sparsity, 1e-6);
  }
  for (const form of ["plain", "kwta"] as const) {
    const { shape: [, width], data } = float32(one[`centroids_${form}`]);
    const centroids = stored.map((_, c) => data.slice(c * width, (c + 1) * width));
    for (const distance of scorings) {
      checkScored(one, one[`${form}_${distance}`], centroids, distance, labels, testLabels);
    }
  }
});

/** Returns the first row of a set. */
const firstRow = (embeddings: ReturnType<typeof goldenForms>[number]) =>
  embeddings.kind === "dense"
    ? { values: embeddings.values.subarray(0, embeddings.width) }
    : { words: embeddings.words.subarray(0, Math.ceil(embeddings.width / 32)) };

function checkScored(
  one: Centroids,
  scored: Scored,
  centroids: readonly Float32Array[],
  distance: typeof scorings[number],
  labels: Int32Array,
  testLabels: Int32Array,
): void {
  const margins = float32(scored.margins).data;
  const expected = int32(scored.predictions).data;
  for (const test of goldenForms(one.test_embeddings)) {
    const distances = centroidDistances(test, centroids, distance);
    // 2e-6, relative above 1: float32 sums of at most 30 terms, and a difference from 1.
    assertClose(distances, float32(scored.distances).data, 2e-6, one.name);
    if (scored.proba !== undefined) {
      const closeness = centroidCloseness(distances, centroids.length);
      assertClose(closeness, float32(scored.proba).data, 2e-6, one.name);
    }
    const predicted = nearestCentroids(test, centroids, distance);
    predicted.forEach((prediction, i) => {
      // Rounding decides between distances that are nearly equal.
      if (margins[i] < 1e-5) return;
      assertEquals(one.labels_stored[prediction], expected[i], one.name);
    });
    if (margins.every((margin) => margin >= 1e-5)) {
      assertAlmostEquals(accuracy(predicted, testLabels), scored.accuracy, 1e-6, one.name);
    }
  }
  if (scored.min_margin_train < 1e-5) return;
  for (const train of goldenForms(one.embeddings)) {
    const reached = accuracy(nearestCentroids(train, centroids, distance), labels);
    assertAlmostEquals(reached, scored.train_accuracy, 1e-6, one.name);
  }
}

golden<{ embeddings: GoldenArray; labels: GoldenArray; centroids: GoldenArray }>(
  "kwta_none",
  1,
  ({ embeddings, labels, centroids }) => {
    const { shape: [classes], data } = float32(centroids);
    const means = classMeans(goldenForms(embeddings)[0], int32(labels).data, classes);
    assertClose(flat(means), data, 1e-6, "kwta_none");
  },
);

golden<{ x: GoldenArray; value: number }>("compute_sparsity", 4, ({ x, value }) => {
  for (const form of goldenForms(x)) assertAlmostEquals(sparsity(form), value, 1e-6);
});

golden<{ name: string; vec1: GoldenArray; vec2: GoldenArray; value: GoldenNumber }>(
  "calc_overlap",
  5,
  ({ name, vec1, vec2, value }) => {
    const [left, right] = [goldenForms(vec1), goldenForms(vec2)];
    assertEquals(left.length, 2, "codes, in both forms");
    for (const a of left) {
      for (const b of right) {
        const overlap = meanDiceOverlap(a, b);
        // There the reference's own mean is NaN: its other pair shares 1 bit of 2 and 2.
        if (value === "NaN") assertEquals([name, overlap], ["calc_overlap_zero_row", 0.5]);
        // 1e-7: one float32 rounding of a number below 1.
        else assertAlmostEquals(overlap!, number(value), 1e-7, name);
      }
    }
  },
);

golden<{ values: readonly (readonly [number, number, number])[] }>(
  "factors_root",
  1,
  ({ values }) => {
    assert(values.length >= 64);
    for (const [n, rows, columns] of values) assertEquals(factorsRoot(n), [rows, columns]);
  },
);

interface Step {
  readonly x: GoldenArray;
  readonly mean: GoldenArray;
  readonly mean_online_batch: GoldenArray;
  readonly std_unbiased: GoldenArray;
  readonly std_biased: GoldenArray;
  readonly count: number;
}

golden<{ steps: readonly Step[] }>("online_mean_variance", 1, ({ steps }) => {
  let moments = noMoments(steps[0].x.shape[1]);
  for (const step of steps) {
    moments = addToMoments(moments, float32(step.x).data);
    assertEquals(moments.count, step.count);
    // 1e-6: the reference updates in float32.
    assertClose(moments.mean, float32(step.mean).data, 1e-6, "mean");
    assertClose(moments.mean, float32(step.mean_online_batch).data, 1e-6, "mean by batch");
    assertClose(standardDeviation(moments), float32(step.std_unbiased).data, 1e-6, "unbiased");
    assertClose(standardDeviation(moments, false), float32(step.std_biased).data, 1e-6, "biased");
  }
});

golden<{ orig: GoldenArray; estimated: GoldenArray; value: number }>(
  "psnr",
  1,
  ({ orig, estimated, value }) => {
    const { shape: [, width], data } = float32(orig);
    const ratio = peakSignalToNoise(data, float32(estimated).data, width);
    // 1e-6 dB: the reference's logarithms are float32; 8 has steps of 5e-7 there.
    assertAlmostEquals(ratio!, value, 1e-6);
  },
);

sharedTest("no kind of golden metrics goes untested", "golden", () => {
  for (const { name, kind } of goldenJson("metrics")) assert(kinds.has(String(kind)), name);
});
