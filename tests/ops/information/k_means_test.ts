import fc from "npm:fast-check@4.3.0";
import { draw, seed } from "../../../graph/rng.ts";
import {
  quantise,
  type QuantiseOptions,
  sampleProducts,
} from "../../../ops/information/k_means.ts";
import type { Samples } from "../../../ops/information/samples.ts";
import { symbolsOfLabels } from "../../../ops/information/symbols.ts";
import { assert, assertAlmostEquals, assertEquals, assertNotEquals } from "../../assert.ts";
import { assertError, right } from "./results.ts";

const runs = { numRuns: 100, seed: 26 };

/** Samples, 1 to 40 of 1 to 6 numbers, some of which are 0, so that both loops and ties occur. */
const layers: fc.Arbitrary<Samples> = fc.tuple(fc.integer({ min: 1, max: 6 }), fc.nat(4)).chain((
  [width, zeros],
) =>
  fc.array(
    fc.array(fc.tuple(fc.nat(zeros), fc.integer({ min: -8, max: 8 })), {
      minLength: width,
      maxLength: width,
    }),
    { minLength: 1, maxLength: 40 },
  ).map((rows) => ({
    count: rows.length,
    width,
    values: Float64Array.from(rows.flat(), ([zero, x]) => zero > 0 ? 0 : x),
  }))
);

const someClusters = fc.integer({ min: 1, max: 9 });

const row = ({ width, values }: Samples, i: number) =>
  Array.from(values.subarray(i * width, (i + 1) * width));

const squared = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((sum, x, u) => sum + (x - b[u]) ** 2, 0);

const cluster = (samples: Samples, options: QuantiseOptions, start = 26) =>
  right(quantise(samples, options, seed(start)))[0];

Deno.test("every sample is in the cluster of the nearest centroid, and the inertia is the sum", () => {
  fc.assert(
    fc.property(layers, someClusters, fc.constantFrom(5, 1024), (layer, clusters, batchSize) => {
      const found = cluster(layer, { clusters, batchSize });
      assertEquals(found.centroids.length, clusters * layer.width);
      let inertia = 0;
      found.clusters.forEach((mine, i) => {
        const distances = Array.from(
          { length: clusters },
          (_, c) => squared(row(layer, i), row({ ...layer, values: found.centroids }, c)),
        );
        const least = Math.min(...distances);
        // Sums of 6 squares of at most 16, in another order.
        assertAlmostEquals(distances[mine], least, 1e-11);
        inertia += least;
      });
      assertAlmostEquals(found.inertia, inertia, 1e-9);
    }),
    runs,
  );
});

Deno.test("steps on all samples never raise the inertia", () => {
  fc.assert(
    fc.property(layers, someClusters, (layer, clusters) => {
      const inertias = [0, 1, 2, 3, 10].map((steps) =>
        cluster(layer, { clusters, steps, restarts: 1 }).inertia
      );
      for (let i = 1; i < inertias.length; i++) {
        assert(inertias[i] <= inertias[i - 1] + 1e-9, inertias.join());
      }
    }),
    runs,
  );
});

Deno.test("without steps the centroids are samples", () => {
  fc.assert(
    fc.property(layers, someClusters, (layer, clusters) => {
      const { centroids } = cluster(layer, { clusters, steps: 0 });
      const samples = Array.from({ length: layer.count }, (_, i) => row(layer, i).join());
      for (let c = 0; c < clusters; c++) {
        assert(samples.includes(row({ ...layer, values: centroids }, c).join()));
      }
    }),
    runs,
  );
});

Deno.test("with enough steps a centroid is the mean of its cluster", () => {
  fc.assert(
    fc.property(layers, someClusters, (layer, clusters) => {
      const found = cluster(layer, { clusters, steps: 100 });
      for (let c = 0; c < clusters; c++) {
        const members = [...found.clusters.keys()].filter((i) => found.clusters[i] === c);
        if (members.length === 0) continue;
        for (let u = 0; u < layer.width; u++) {
          const sum = members.reduce((sum, i) => sum + row(layer, i)[u], 0);
          assertAlmostEquals(found.centroids[c * layer.width + u], sum / members.length, 1e-12);
        }
      }
    }),
    runs,
  );
});

Deno.test("more clusters than distinct samples: each is alone, the others are empty", () => {
  fc.assert(
    fc.property(layers, fc.integer({ min: 0, max: 5 }), (layer, more) => {
      const rows = Array.from({ length: layer.count }, (_, i) => row(layer, i).join());
      const distinct = new Set(rows).size;
      const found = cluster(layer, { clusters: distinct + more });
      assertAlmostEquals(found.inertia, 0, 1e-9);
      const kinds = rows.map((text) => rows.indexOf(text));
      assertEquals(symbolsOfLabels(found.clusters), symbolsOfLabels(kinds));
      assert(found.centroids.every(Number.isFinite));
    }),
    runs,
  );
});

Deno.test("one sample, and samples that are all the same, are one cluster", () => {
  for (const count of [1, 7, 3000]) {
    const same = { count, width: 2, values: new Float32Array(2 * count).fill(0.1) };
    const found = cluster(same, {});
    assertEquals(new Set(found.clusters).size, 1);
    assertAlmostEquals(found.inertia, 0, 1e-12);
    assert(found.centroids.every(Number.isFinite));
  }
});

/** Uniform noise of width 1 about some centres; which centre it was is the truth. */
function blobs(count: number, centres: readonly (readonly number[])[], start: number) {
  const width = centres[0].length;
  const [made] = draw(seed(start), ({ integer, unit }) => {
    const truth = Int32Array.from({ length: count }, () => integer(0, centres.length - 1));
    const values = new Float64Array(count * width);
    truth.forEach((blob, i) => {
      for (let u = 0; u < width; u++) values[i * width + u] = centres[blob][u] + unit() - 0.5;
    });
    return { truth, samples: { count, width, values } };
  });
  return made;
}

const corners = [[0, 0, 0], [9, 0, 0], [0, 9, 0], [0, 0, 9], [9, 9, 9]];

Deno.test("mini-batches find blobs, wherever they are", () => {
  // At 1e9 the rounding of ‖x‖² is larger than the squared distance of two blobs.
  for (const offset of [0, 1e9]) {
    const centres = corners.map((centre) => centre.map((x) => x + offset));
    for (let start = 0; start < 10; start++) {
      const { truth, samples } = blobs(3000, centres, start);
      const found = cluster(samples, { clusters: 5, batchSize: 200 }, start);
      assertEquals(symbolsOfLabels(found.clusters), symbolsOfLabels(truth));
      // 3 units of variance 1/12 each.
      assertAlmostEquals(found.inertia / 3000, 3 / 12, 0.02);
    }
  }
});

Deno.test("mini-batches improve on their seeds", () => {
  const { samples } = blobs(3000, [[0, 0, 0, 0], [0.5, 0, 0, 0]], 1);
  for (let start = 0; start < 10; start++) {
    const options = { clusters: 8, batchSize: 200, restarts: 1 };
    const before = cluster(samples, { ...options, steps: 0 }, start).inertia;
    assert(cluster(samples, options, start).inertia < 0.9 * before);
  }
});

Deno.test("more starts are no worse", () => {
  const { samples } = blobs(300, corners, 2);
  for (let start = 0; start < 10; start++) {
    const [one, ten] = [1, 10].map((restarts) =>
      cluster(samples, { clusters: 7, restarts, steps: 3 }, start).inertia
    );
    // The first of the ten starts is the one.
    assert(ten <= one * 1.05, `${ten} above ${one}`);
  }
});

Deno.test("the same seed gives the same clusters, and the generator goes on", () => {
  const { samples } = blobs(2000, corners, 3);
  const [first, next] = right(quantise(samples, {}, seed(5)));
  assertEquals(right(quantise(samples, {}, seed(5))), [first, next]);
  assertNotEquals(right(quantise(samples, {}, next))[0].centroids, first.centroids);
  assertNotEquals(next, seed(5));
});

Deno.test("samples are left as they are", () => {
  const { samples } = blobs(300, corners, 4);
  const kept = samples.values.slice();
  cluster(samples, {});
  assertEquals(samples.values, kept);
});

Deno.test("zeros left out or not, products are the sums that they stand for", () => {
  fc.assert(
    fc.property(layers, fc.integer({ min: 1, max: 9 }), (layer, many) => {
      const vectors = Float64Array.from({ length: many * layer.width }, (_, at) => at * at % 17);
      const out = new Float64Array(many);
      const multiply = sampleProducts(layer)(vectors);
      for (let i = 0; i < layer.count; i++) {
        multiply(i, out);
        const expected = Array.from(
          out,
          (_, v) => row(layer, i).reduce((sum, x, u) => sum + x * vectors[v * layer.width + u], 0),
        );
        assertEquals([...out].map((x) => x + 0), expected.map((x) => x + 0));
      }
    }),
    runs,
  );
});

Deno.test("bad samples and options are errors", () => {
  const { samples } = blobs(10, corners, 4);
  const refused = (options: QuantiseOptions, ...words: string[]) =>
    assertError(quantise(samples, options, seed(1)), ...words);
  refused({ clusters: 0 }, "clusters", "at least 1");
  refused({ batchSize: 0.5 }, "batchSize", "0.5");
  refused({ steps: -1 }, "steps", "at least 0");
  refused({ restarts: NaN }, "restarts", "NaN");
  const of = (...values: number[]) => ({
    count: values.length,
    width: 1,
    values: Float64Array.from(values),
  });
  assertError(quantise(of(), {}, seed(1)), "samples", "0 samples");
  assertError(quantise(of(1, Infinity), {}, seed(1)), "samples", "Infinity in sample 1");
  for (const large of [of(1e200, -1e200), of(1.7e308, 1.7e308), of(1e160, 1e160)]) {
    assertError(quantise(large, {}, seed(1)), "samples", "squares");
  }
});
