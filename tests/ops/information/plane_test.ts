import { E } from "../../../graph/fp_ts.ts";
import { describe } from "../../../graph/error.ts";
import { draw, seed } from "../../../graph/rng.ts";
import { startBackend } from "../../../ops/backend.ts";
import type { Embeddings } from "../../../ops/embeddings.ts";
import {
  binnedPlane,
  codesPlane,
  gaussianPlane,
  kMeansPlane,
  nearestPlane,
  neuralPlane,
  type PlaneEstimator,
  type PlanePoint,
} from "../../../ops/information/plane.ts";
import { tf } from "../../../ops/tfjs.ts";
import { assert, assertAlmostEquals, assertEquals, assertLessOrEqual } from "../../assert.ts";
import { left, right } from "../../pipelines/tiny.ts";

const COUNT = 400;
const CLASSES = 4;
const WIDTH = 12;
const labels = Uint8Array.from({ length: COUNT }, (_, i) => i % CLASSES);

const dense = (width: number, value: (sample: number, noise: number) => number): Embeddings => {
  const [values] = draw(
    seed(width),
    ({ unit }) =>
      Float32Array.from(
        { length: COUNT * width },
        (_, i) => value(Math.floor(i / width), unit() - 0.5),
      ),
  );
  return { kind: "dense", count: COUNT, width, values };
};

/** Each class has its place, with noise around it. */
const separate = dense(WIDTH, (sample, noise) => 10 * labels[sample] + noise);
const unrelated = dense(WIDTH, (_, noise) => noise);
const constant = dense(WIDTH, () => 1);
/** One code per class. */
const codes: Embeddings = {
  kind: "binary",
  count: COUNT,
  width: 8,
  words: Uint32Array.from(labels, (label) => 1 << label),
};
/** The classes in other places, with noise of their own: of a layer they know no more than its class. */
const inputs = dense(WIDTH + 1, (sample, noise) => 5 * (labels[sample] ^ 1) + noise) as
  & Embeddings
  & { readonly kind: "dense" };

const neural = neuralPlane({ steps: 300, batchSize: 64, hidden: [20], learningRate: 3e-3 });
/** Estimators with their greatest error on 400 samples of four classes that are far apart. */
const all: readonly (readonly [PlaneEstimator, number])[] = [
  // 20 clusters of 400 samples: (20 − 1)(4 − 1) / (2 n ln 2) = 0.1 bits of bias where unrelated.
  [kMeansPlane(), 0.13],
  [nearestPlane(), 0.05],
  [gaussianPlane(), 0.05],
  // What 300 steps on 300 samples leave of two bits.
  [neural, 0.25],
];

async function located(
  estimator: PlaneEstimator,
  layer: Embeddings,
): Promise<E.Either<{ readonly _tag: string }, PlanePoint>> {
  const task = right(await estimator.prepare(inputs, labels, seed(26))());
  assert(task.inputEntropy > 0 && task.inputEntropy <= Math.log2(COUNT) + 1e-9);
  return await task.locate(layer)();
}

for (const [estimator, tolerance] of all) {
  Deno.test(`${estimator.name}: a layer that tells the classes apart, and one that does not`, async () => {
    right(await startBackend("wasm")());
    const before = tf.memory().numTensors;
    const far = right(await located(estimator, separate));
    assertAlmostEquals(far.label, 2, tolerance);
    const code = await located(estimator, codes);
    // A class of one and the same code has no Gaussian.
    if (estimator.name === "gaussian") assertEquals(left(code)._tag, "InvalidOption");
    else assertAlmostEquals(right(code).label, 2, tolerance);
    const none = right(await located(estimator, unrelated));
    // A mixture of Gaussians has a bias of its own, of 10 dimensions here.
    assertLessOrEqual(Math.abs(none.label), estimator.name === "gaussian" ? 0.7 : 2 * tolerance);
    assert(far.input > none.input);
    assertEquals(await located(estimator, separate), E.right(far), "it repeats itself");
    assertEquals(tf.memory().numTensors, before);
  });

  Deno.test(`${estimator.name}: a constant layer knows nothing, a NaN is an error`, async () => {
    right(await startBackend("wasm")());
    const point = right(await located(estimator, constant));
    // A critic that has learned little gives a little less than nothing, by Jensen's inequality.
    assertAlmostEquals(point.input, 0, 1e-3);
    assertAlmostEquals(point.label, 0, 1e-3);
    const broken = dense(WIDTH, (sample, noise) => sample === 7 ? NaN : noise);
    const error = left(await located(estimator, broken)) as Parameters<typeof describe>[0];
    assert(describe(error).includes("NaN in sample 7, unit 0"), describe(error));
  });
}

Deno.test("codes and bins: I(X;T) = H(T), exactly; bins want numbers, codes want codes", async () => {
  const point = { input: 2, label: 2, varianceKept: null };
  assertEquals(await located(codesPlane(), codes), E.right(point));
  assertEquals(await located(binnedPlane(), codes), E.right(point));
  assertEquals(await located(binnedPlane({ bins: 4 }), separate), E.right(point));
  assertEquals(await located(binnedPlane({ bins: 4, equal: "mass" }), separate), E.right(point));
  assertEquals(
    describe(left(await located(codesPlane(), separate)) as Parameters<typeof describe>[0]),
    "Cannot use layer: expected binary codes, those of a kWTA, " +
      'current value is "real-valued outputs"',
  );
});

Deno.test("options out of their ranges are problems; samples too few are errors", async () => {
  for (
    const estimator of [
      kMeansPlane({ clusters: 1 }),
      nearestPlane({ k: 0 }),
      nearestPlane({ components: 0 }),
      gaussianPlane({ components: 0.5 }),
      neuralPlane({ steps: 0 }),
      binnedPlane({ bins: 1 }),
    ]
  ) assert(estimator.problem !== null, estimator.name);

  const few = { count: 3, width: 1, values: Float32Array.of(1, 2, 3) };
  const layer: Embeddings = { kind: "dense", ...few };
  const task = right(await nearestPlane().prepare(few, [0, 1, 1], seed(1))());
  const error = left(await task.locate(layer)()) as Parameters<typeof describe>[0];
  assertEquals(
    describe(error),
    "Cannot use k: expected an integer from 1 to 2, samples less 1, current value is 4",
  );
  const alone = right(await nearestPlane({ k: 1 }).prepare(few, [0, 1, 2], seed(1))());
  assertEquals(left(await alone.locate(layer)())._tag, "InvalidOption");
});
