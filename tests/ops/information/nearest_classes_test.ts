import fc from "npm:fast-check@4.3.0";
import { E } from "../../../graph/fp_ts.ts";
import { permutation, seed } from "../../../graph/rng.ts";
import { classConditionalInformation, rossInformation } from "../../../ops/information/nearest.ts";
import { digamma } from "../../../ops/information/digamma.ts";
import type { Samples } from "../../../ops/information/samples.ts";
import { assert, assertAlmostEquals, assertEquals } from "../../assert.ts";
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

/** The formula as the docstring has it, from all distances; null where no class has two samples. */
function naiveRoss(x: Samples, labels: readonly number[], k: number): number | null {
  const size = (i: number) => labels.filter((label) => label === labels[i]).length;
  const kept = labels.map((_, i) => i).filter((i) => size(i) > 1);
  if (kept.length === 0) return null;
  const all = allDistances(x);
  let nats = digamma(kept.length);
  for (const i of kept) {
    const own = kept.filter((j) => labels[j] === labels[i]);
    const near = Math.min(k, own.length - 1);
    const radius = own.map((j) => all[i][j]).sort((a, b) => a - b)[near];
    const within = (j: number) => all[i][j] <= radius;
    const tied = own.filter((j) => all[i][j] === radius).length > 1 || radius === 0;
    const inside = tied ? within : (j: number) => all[i][j] < radius;
    const neighbours = tied ? own.filter(within).length : near;
    const m = kept.filter(inside).length;
    nats += (digamma(neighbours) - digamma(own.length) - digamma(m)) / kept.length;
  }
  return nats / Math.LN2;
}

const labelled = fc.integer({ min: 2, max: 40 }).chain((count) =>
  fc.tuple(
    tiedSamples(fc.integer({ min: 1, max: 4 }), fc.constant(count)),
    fc.array(fc.integer({ min: -2, max: 6 }), { minLength: count, maxLength: count }),
    fc.integer({ min: 1, max: 8 }),
  )
);

Deno.test("Ross's estimate is its formula, and finite, whatever repeats", () => {
  fc.assert(
    fc.property(labelled, ([x, labels, k]) => {
      const expected = naiveRoss(x, labels, k);
      const estimate = rossInformation(x, labels, { k });
      if (expected === null) return assert(errorOf(estimate).includes("a class of 2 samples"));
      assert(Number.isFinite(expected));
      // 1e-12: at most 40 terms in another order.
      assertAlmostEquals(bitsOf(estimate), expected, 1e-12);
    }),
    runs,
  );
});

Deno.test("Ross's estimate sees neither the order, nor the names, nor where x is", () => {
  fc.assert(
    fc.property(labelled, fc.nat({ max: 1000 }), ([x, labels, k], from) => {
      const estimate = rossInformation(x, labels, { k });
      fc.pre(E.isRight(estimate));
      const moved = map(x, (v) => 2 ** 40 * (v - 5));
      assertEquals(rossInformation(moved, labels.map((label) => 0.5 - label), { k }), estimate);
      const [order] = permutation(x.count, seed(from));
      const other = rossInformation(reordered(x, order), Array.from(order, (i) => labels[i]), {
        k,
      });
      // 1e-12: at most 40 terms in another order.
      assertAlmostEquals(bitsOf(other), estimate.right, 1e-12);
    }),
    runs,
  );
});

Deno.test("Ross's estimate is scikit-learn's", () => {
  // _compute_mi_cd(x, labels, k) / ln 2 of scikit-learn 1.2.1 on these very numbers, with its k-d
  // tree for all k. For k of half a class or more it would take inner products, whose rounding
  // moves samples across ε: 0.1009 for k = 10 and 0.0718 for k = 30.
  const values = Float64Array.from(
    { length: 60 },
    (_, i) => Number((Math.sin(i * i * 0.7 + 1) * 3 + i % 3).toFixed(4)),
  );
  assertEquals([...values.subarray(0, 5)], [2.5244, 3.975, 0.1644, 2.5513, -0.0747]);
  const x = { count: 60, width: 1, values };
  const labels = Array.from(values, (_, i) => i % 3);
  const few = labels.with(0, 7).with(1, 8).with(2, 8);
  const known: readonly (readonly [readonly number[], number, number])[] = [
    [labels, 1, 0.3468877240145591],
    [labels, 3, 0.3370130612193535],
    [labels, 4, 0.2585496210089881],
    [labels, 10, 0.11325418219750032],
    [labels, 30, 0.07439343424481051],
    // One class of one sample and one of two.
    [few, 3, 0.3114526652537517],
    [few, 4, 0.2198875691626387],
  ];
  for (const [classes, k, bits] of known) {
    // 1e-12: 60 terms in another order.
    assertAlmostEquals(bitsOf(rossInformation(x, classes, { k })), bits, 1e-12);
  }
});

Deno.test("both are near the truth for classes that lie apart, and near 0 for none", () => {
  const x = gaussians(1200, 2, 7);
  const labels = Array.from({ length: 1200 }, (_, i) => i % 4);
  const apart = map(x, (v) => v);
  for (let i = 0; i < 1200; i++) apart.values[2 * i] += 100 * labels[i];
  // ψ(1200) − ψ(300) nats: no sample has one of another class near, so that both are at their
  // bound.
  const bound = (digamma(1200) - digamma(300)) / Math.LN2;
  assertAlmostEquals(bound, 2, 0.002);
  // 1e-12: sums of 1,200 terms.
  assertAlmostEquals(bitsOf(rossInformation(apart, labels)), bound, 1e-12);
  assertAlmostEquals(bitsOf(classConditionalInformation(apart, labels)), bound, 1e-12);
  // 0.15: over 20 seeds the means were −0.003 and 0.039, the standard deviations 0.025 and 0.027.
  assertAlmostEquals(bitsOf(rossInformation(x, labels)), 0, 0.15);
  assertAlmostEquals(bitsOf(classConditionalInformation(x, labels)), 0, 0.15);
});

Deno.test("Ross's estimate is at most ψ(n) − ⟨ψ(n_c)⟩, on a lattice too", () => {
  fc.assert(
    fc.property(
      fc.nat(),
      fc.integer({ min: 2, max: 9 }),
      fc.integer({ min: 0, max: 40 }),
      fc.constantFrom(null, 4, 1, 0.5),
      (from, classes, by, cells) => {
        const x = gaussians(90, 2, from);
        const labels = Array.from({ length: 90 }, (_, i) => i % classes);
        for (let i = 0; i < 90; i++) x.values[2 * i] += by / 10 * labels[i];
        if (cells !== null) x.values.forEach((v, i) => x.values[i] = Math.round(v * cells) / cells);
        const sizes = labels.map((label) => labels.filter((other) => other === label).length);
        const mean = sizes.reduce((sum, size) => sum + digamma(size), 0) / 90;
        const bits = bitsOf(rossInformation(x, labels));
        // 1e-12: 90 terms in another order.
        assert(bits <= (digamma(90) - mean) / Math.LN2 + 1e-12);
      },
    ),
    runs,
  );
});

Deno.test("one class tells nothing, and neither does a constant", () => {
  const x = gaussians(50, 2, 8);
  const one = new Uint8Array(50).fill(3);
  assertEquals(bitsOf(classConditionalInformation(x, one)), 0);
  // ψ(n) + ψ(k) − ψ(n) − ψ(k); 1e-14 for the rounding of means.
  assertAlmostEquals(bitsOf(rossInformation(x, one)), 0, 1e-14);
  const constant = rows(...Array.from({ length: 50 }, () => [1, 2]));
  const labels = Array.from({ length: 50 }, (_, i) => i % 7);
  // 1e-14: as above.
  assertAlmostEquals(bitsOf(rossInformation(constant, labels)), 0, 1e-14);
});

Deno.test("codes that repeat have about the information that counting gives, by Ross", () => {
  const codes = rows(...Array.from({ length: 800 }, (_, i) => [i & 1, (i >> 1) & 1]));
  const labels = Array.from({ length: 800 }, (_, i) => i % 2);
  // 0.01: ψ(m) is ln m − 1 / (2m), m being 200 and more.
  assertAlmostEquals(bitsOf(rossInformation(codes, labels)), 1, 0.01);
  assertAlmostEquals(bitsOf(rossInformation(codes, labels.map((_, i) => (i >> 2) % 2))), 0, 0.01);
});

Deno.test("a class of k samples or fewer adds nothing to the difference of entropies", () => {
  const x = gaussians(104, 2, 9);
  const labels = Array.from({ length: 104 }, (_, i) => i < 100 ? 0 : i);
  const lone = Array.from({ length: 104 }, (_, i) => i < 100 ? 0 : 1);
  // Four classes of one and one class of four: with k = 4 neither has an entropy of its own.
  const bits = bitsOf(classConditionalInformation(x, labels));
  // 1e-14: the same terms, summed differently.
  assertAlmostEquals(bitsOf(classConditionalInformation(x, lone)), bits, 1e-14);
  assert(bitsOf(classConditionalInformation(x, lone, { k: 3 })) !== bits);
});

Deno.test("both say what they cannot use", () => {
  const x = rows([1], [2], [4], [8]);
  const both = [classConditionalInformation, rossInformation] as const;
  for (const estimate of both) {
    const errors = [
      [estimate(x, [0, 1]), "labels: expected 4, as x has"],
      [estimate(x, [0, 0, 1, 1], { k: 0 }), "k: expected an integer"],
      [estimate(rows([1]), [0]), "x: expected at least 2"],
      [estimate(rows([1], [NaN]), [0, 0], { k: 1 }), "NaN in sample 1"],
      [estimate(rows([-1e308], [1e308]), [0, 0], { k: 1 }), "a distance above 1.8e308"],
    ] as const;
    for (const [found, words] of errors) assert(errorOf(found).includes(words), errorOf(found));
  }
  assert(errorOf(rossInformation(x, [0, 1, 2, 3])).includes("a class of 2 samples or more"));
  const repeated = rows([1], [1], [1], [2], [3], [5]);
  const found = classConditionalInformation(repeated, [0, 0, 0, 1, 1, 1], { k: 2 });
  assert(errorOf(found).includes("x: expected a continuous variable"), errorOf(found));
});
