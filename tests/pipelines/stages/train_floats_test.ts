import { E } from "../../../graph/fp_ts.ts";
import { describe } from "../../../graph/error.ts";
import { draw, seed } from "../../../graph/rng.ts";
import { graph } from "../../../graph/parse.ts";
import { show } from "../../../graph/show.ts";
import { crossEntropyLoss } from "../../../ops/losses/cross_entropy.ts";
import { penalised } from "../../../ops/losses/penalty.ts";
import { meanSquaredErrorLoss } from "../../../ops/losses/reconstruction.ts";
import { tripletCosineLoss } from "../../../ops/losses/triplet.ts";
import { supConLoss } from "../../../ops/losses/contrastive.ts";
import { onlineKMeans } from "../../../ops/local/rules.ts";
import { adam } from "../../../ops/optimisers/adam.ts";
import { newest, rowsNamed } from "../../../pipelines/core/history.ts";
import { checkpointOf, resumeRun } from "../../../pipelines/core/resume.ts";
import { createRun, dispose, fork, type Run, toArrays } from "../../../pipelines/core/run.ts";
import { pipeline, repeat } from "../../../pipelines/core/stage.ts";
import { augment } from "../../../pipelines/data/augment.ts";
import { fromArrays } from "../../../pipelines/data/arrays.ts";
import type { Dataset, DataSplit } from "../../../pipelines/data/dataset.ts";
import { take } from "../../../pipelines/data/splits.ts";
import { encode } from "../../../pipelines/encode/encode.ts";
import { readCheckpoint, writeCheckpoint } from "../../../pipelines/files/checkpoint.ts";
import { readModel, writeModel } from "../../../pipelines/files/model.ts";
import { reportFiles } from "../../../pipelines/report/report.ts";
import { evaluate } from "../../../pipelines/stages/evaluate.ts";
import { evaluateReconstruction } from "../../../pipelines/stages/evaluate_reconstruction.ts";
import { explain } from "../../../pipelines/stages/explain.ts";
import { weightHomeostasis } from "../../../pipelines/stages/homeostasis.ts";
import { infoPlane } from "../../../pipelines/stages/info_plane.ts";
import { learnLocally } from "../../../pipelines/stages/learn_locally.ts";
import { monitor } from "../../../pipelines/stages/monitor.ts";
import { readOut } from "../../../pipelines/stages/read_out.ts";
import { modelOf } from "../../../pipelines/stages/save.ts";
import { train } from "../../../pipelines/stages/train.ts";
import { assert, assertEquals, assertStringIncludes } from "../../assert.ts";
import { assertClose, onEachBackend } from "../../ops/backends.ts";
import { begin, digits, envOn, left, right } from "../tiny.ts";
import { bestAccuracy, vectors } from "../vectors.ts";

const encoder = graph`linear(20, 64) ▷ relu ▷ linear(64, 256) ▷ kwta(0.05)`;
const optimiser = adam({ learningRate: 2e-3 });
const triplets = tripletCosineLoss();

Deno.test("codes of normal vectors classify within 0.02 of the best classifier", async () => {
  const env = await envOn("wasm");
  for (const seed of [1, 2, 3]) {
    const dataset = vectors({ train: 2000, test: 1000, seed });
    const best = bestAccuracy(dataset.test);
    assert(best > 0.78 && best < 0.83, `the best is ${best}`);
    const run = right(createRun({ graph: encoder, optimiser, seed }));
    const epoch = train({ data: dataset.train, loss: triplets, batchSize: 256 });
    const done = right(await pipeline(repeat(10)(epoch), evaluate(dataset))(run)(env)());
    const accuracy = newest(done.history, "accuracy", "test")!;
    assert(accuracy >= best - 0.02, `seed ${seed}: ${accuracy} of ${best}`);
    dispose(done);
  }
});

onEachBackend("vectors are learnt, and again to the bit, resumed or not", async (name) => {
  const env = await envOn(name);
  const dataset = vectors({ train: 300, test: 200, seed: 4 });
  const { train: data } = dataset;
  const epoch = pipeline(train({ data, loss: triplets, batchSize: 50 }), evaluate(dataset));
  const start = right(createRun({ graph: encoder, optimiser, seed: 4 }));
  const untrained = right(await evaluate(dataset)(right(fork(start)))(env)());
  const one = right(await epoch(start)(env)());
  const file = writeCheckpoint(right(await checkpointOf(one)()));
  const two = right(await epoch(one)(env)());
  const again = right(resumeRun(right(readCheckpoint("a-file", file)), optimiser));
  const resumed = right(await epoch(again)(env)());
  assertEquals(await toArrays(resumed.params), await toArrays(two.params));
  const [before, after] = [untrained, two].map(({ history }) =>
    newest(history, "accuracy", "test")!
  );
  assert(after > before + 0.05 && after > 0.5, `${before} to ${after}`);
  for (const run of [untrained, two, resumed]) dispose(run);
});

onEachBackend("a model file normalises floats by feature, as training did", async (name) => {
  const env = await envOn(name);
  const rows = Array.from({ length: 64 }, (_, i) => [1e4 + i, (i * 37) % 64 / 1e3, (i * 11) % 7]);
  const labels = Array.from({ length: 64 }, (_, i) => i % 2);
  const dataset = right(fromArrays({ train: { values: rows, labels }, normalisation: "feature" }));
  const nodes = graph`linear(3, 32) ▷ kwta(0.25)`;
  const run = right(createRun({ graph: nodes, optimiser, seed: 1 }));
  const done = right(await train({ data: dataset.train, loss: triplets })(run)(env)());
  const own = right(await encode(done, dataset.test)());
  const bytes = writeModel(right(await modelOf(done, dataset)()));
  const model = right(readModel("a-file", bytes));
  dispose(done);
  assertEquals(model.normalisation, dataset.train.normalisation);
  // What the caller says of them is not asked: the model knows.
  const normalisation = { mean: [0], std: [1] };
  assertEquals(right(await encode(model, { ...dataset.test, normalisation })()), own);
});

// ---- Without labels

const autoencoder = graph`linear(20, 64) ▷ kwta(0.25) ▷ fanout(identity, linear(64, 20))`;

Deno.test("what reads no label works on samples that have none", async () => {
  const env = await envOn("wasm");
  const dataset = vectors({ train: 400, test: 100, seed: 5, labelled: false });
  assertEquals([dataset.classes, dataset.train.labels], [[], null]);
  const { train: data } = dataset;
  const run = right(createRun({ graph: autoencoder, optimiser, seed: 5 }));
  const loss = penalised(meanSquaredErrorLoss(), { weight: 0.01 });
  const epoch = pipeline(
    train({ data, loss }),
    evaluate(dataset),
    evaluateReconstruction(dataset, { activation: "identity" }),
    monitor(dataset),
  );
  const done = right(await repeat(3)(epoch)(run)(env)());
  const losses = rowsNamed(done.history, "loss", "train").map(({ value }) => value);
  assert(losses[2] < losses[0], `the loss went from ${losses[0]} to ${losses[2]}`);
  const of = (what: string) => newest(done.history, what, "test");
  assertEquals([of("active_mean"), of("sparsity"), of("l1_sparsity")], [16, 0.25, 0.25]);
  assert(of("reconstruction_error")! < 1.3 && of("duty_entropy")! > 0.5);
  for (const absent of ["accuracy", "inter_class_distance", "knn_accuracy"]) {
    assertEquals(of(absent), null, absent);
  }
  const { evaluation, classCodes, reconstructions } = done.findings;
  assertEquals([evaluation?.classes, evaluation?.duty?.length], [[], 64]);
  assertEquals([classCodes, reconstructions], [null, []]);

  const file = writeCheckpoint(right(await checkpointOf(done)()));
  assertEquals(right(readCheckpoint("a-file", file)).findings, done.findings);
  const { findings, history } = done;
  const shown = { title: "vectors", graph: show(run.graph), dataset: "arrays", notice: null };
  const { page } = reportFiles({ ...shown, history, findings, config: {}, finished: true });
  assertStringIncludes(page, "Duty cycle");
  for (const absent of ["Confusion", "centroid", "Reconstructions"]) {
    assert(!page.includes(absent), absent);
  }
  dispose(done);

  const coded = right(createRun({ graph: encoder, optimiser, seed: 5 }));
  const balanced = right(await weightHomeostasis({ data })(coded)(env)());
  const codes = right(await encode(balanced, data)());
  assertEquals([codes.kind, codes.count], ["binary", 400]);
  dispose(balanced);
});

Deno.test("what reads labels refuses samples that have none, and says which it was", async () => {
  const env = await envOn("cpu");
  const dataset = vectors({ train: 40, test: 20, seed: 6, labelled: false });
  const { train: data } = dataset;
  const cases = [
    [train({ data, loss: triplets }), "the loss triplet_cosine"],
    [train({ data, loss: supConLoss() }), "the loss supervised_contrastive"],
    [train({ data, loss: crossEntropyLoss() }), "the loss cross_entropy"],
    [evaluate(dataset, { by: "argmax" }), "evaluate by argmax"],
    [infoPlane({ dataset }), "the information plane"],
    [readOut({ dataset }), "readOut"],
  ] as const;
  for (const [stage, what] of cases) {
    const run = right(createRun({ graph: encoder, optimiser }));
    assertEquals(
      describe(left(await stage(run)(env)()) as Parameters<typeof describe>[0]),
      `Cannot use labels: expected one class per sample, which ${what} needs, current value is none`,
    );
  }
});

// ---- What may be odd about samples

const one = (values: readonly (readonly number[])[], labels?: readonly number[]): Dataset =>
  right(fromArrays({ train: { values, labels }, test: { values, labels } }));

Deno.test("a thousand classes are learnt, evaluated and read out", async () => {
  const env = await envOn("wasm");
  const classes = 1000;
  const labels = Array.from({ length: 2 * classes }, (_, i) => i % classes);
  const [centres] = draw(seed(1), ({ unit }) => Float32Array.from({ length: 16_000 }, unit));
  const values = labels.map((label, i) =>
    Array.from({ length: 16 }, (_, j) => centres[16 * label + j] + 0.01 * Math.cos(i + j))
  );
  const dataset = one(values, labels);
  assertEquals([dataset.classes.length, dataset.train.labels?.constructor], [1000, Uint32Array]);
  const run = right(createRun({ graph: graph`linear(16, 128) ▷ kwta(0.1)`, optimiser, seed: 2 }));
  const epoch = train({ data: dataset.train, loss: supConLoss(), batchSize: 500 });
  const stage = pipeline(epoch, evaluate(dataset), readOut({ dataset: take(dataset, 1200) }));
  const done = right(await stage(run)(env)());
  assert(newest(done.history, "accuracy", "test")! > 0.9);
  assert(newest(done.history, "accuracy_nearest", "test")! > 0.9);
  assertEquals(done.findings.evaluation?.confusion.classes, classes);
  dispose(done);
});

onEachBackend("zero vectors, duplicates, and one vector alone have codes", async () => {
  const run = right(createRun({ graph: graph`linear(3, 16, bias=false) ▷ kwta(0.25)`, seed: 3 }));
  const codes = async (...rows: readonly number[][]) => {
    const made = right(await encode(run, one(rows).test)());
    assert(made.kind === "binary");
    return Array.from(made.words);
  };
  const [first] = await codes([1, 2, 3]);
  assertEquals(first.toString(2).replaceAll("0", "").length, 4);
  // Of equal activations none is above the threshold.
  assertEquals(await codes([1, 2, 3], [0, 0, 0], [1, 2, 3], [-0, 0, 0]), [first, 0, first, 0]);
  dispose(run);
});

onEachBackend(
  "one vector alone, zeros and duplicates are trained on without a fault",
  async (name) => {
    const env = await envOn(name);
    for (
      const [values, labels, hasTriplets] of [
        [[[1, 2, 3]], [0], false],
        [[[0, 0, 0], [0, 0, 0]], [0, 1], false],
        [[[1, 2, 3], [1, 2, 3], [3, 2, 1], [3, 2, 1]], [0, 0, 1, 1], true],
      ] as const
    ) {
      const dataset = one(values, labels);
      const run = right(createRun({ graph: graph`linear(3, 16) ▷ kwta(0.25)`, optimiser }));
      const stage = pipeline(train({ data: dataset.train, loss: triplets }), evaluate(dataset));
      const done = right(await stage(run)(env)());
      assertEquals(newest(done.history, "terms", "train")! > 0, hasTriplets);
      dispose(done);
    }
  },
);

Deno.test("a number that is not finite is named by its place, whoever is given it", async () => {
  const env = await envOn("cpu");
  const dataset = vectors({ train: 50, test: 20, seed: 7 });
  const names = Array.from({ length: 50 }, (_, i) => `doc ${i}`);
  for (const [value, shown] of [[NaN, "NaN"], [-Infinity, "-Infinity"]] as const) {
    const values = dataset.train.values.slice() as Float32Array;
    values[17 * 20 + 3] = value;
    const bad: DataSplit = { ...dataset.train, values, names };
    const run = right(createRun({ graph: encoder, optimiser }));
    const place = `Cannot use data: expected finite numbers, current value is ` +
      `"${shown} at position 3 of sample 17, doc 17"`;
    assertEquals(E.mapLeft(describe)(await encode(run, bad)()), E.left(place));
    const stages = [
      train({ data: bad, loss: triplets }),
      evaluate({ ...dataset, train: bad }),
      weightHomeostasis({ data: bad }),
    ];
    for (const stage of stages) {
      const error = left(await stage(right(fork(run)))(env)());
      assertStringIncludes(describe(error as Parameters<typeof describe>[0]), place);
    }
    dispose(run);
  }
});

Deno.test("images as floats from 0 to 1 are learnt and shown as their bytes are", async () => {
  const env = await envOn("wasm");
  const { train: data, test } = await digits();
  const floats = (split: DataSplit): DataSplit => ({
    ...split,
    values: Float32Array.from(split.values, (byte) => byte / 255),
  });
  const found: Run[] = [];
  for (const kind of [(split: DataSplit) => split, floats]) {
    const dataset = { ...await digits(), train: kind(data), test: kind(test) };
    const learn = train({
      data: dataset.train,
      loss: triplets,
      batchSize: 32,
      augment: augment({ shift: 1 }),
      shape: [28, 28],
    });
    const stage = pipeline(
      infoPlane({ dataset, samples: 100 }, () => repeat(2)(learn)),
      evaluate(dataset),
      explain(dataset, { images: 1, saliency: { steps: 2 } }),
    );
    found.push(right(await stage(begin())(env)()));
  }
  const [bytes, numbers] = found;
  for (const what of ["accuracy", "information_label:kmeans:3.kwta"]) {
    const [one, other] = found.map(({ history }) => rowsNamed(history, what).at(-1)!.value);
    assert(Math.abs(one - other) <= 0.1, `${what}: ${one} and ${other}`);
  }
  const { confused } = numbers.findings.evaluation!;
  assert(confused.length > 0 && confused.every(({ image }) => image.shape.join() === "28,28,1"));
  const [image, other] = [bytes, numbers].map(({ findings }) => findings.explanations[0].image);
  assertClose(other.data, image.data, 1e-6, "the image that is explained");
  found.forEach(dispose);
});

Deno.test("a layer learns floats by a local rule as it does bytes", async () => {
  const env = await envOn("cpu");
  const bytes = Uint8Array.from({ length: 40 * 12 }, (_, i) => (i * i * 7) % 251);
  const normalisation = { mean: [0], std: [1] };
  const weights: Float32Array[] = [];
  for (const values of [bytes, Float32Array.from(bytes, (byte) => byte / 255)]) {
    const data = { count: 40, values, normalisation };
    const run = right(createRun({ graph: graph`linear(12, 4, bias=false) ▷ kwta(0.5, hard)` }));
    const stage = learnLocally({ data, path: 0, rule: onlineKMeans() });
    const done = right(await stage(run)(env)());
    weights.push((await toArrays(done.params))["0.weight"].data as Float32Array);
    dispose(done);
  }
  assertClose(weights[1], weights[0], 1e-5, "the weights");
});
