import fc from "npm:fast-check@4.3.0";
import { encoderOf } from "../../../graph/rewrite.ts";
import { describe } from "../../../graph/error.ts";
import type { Nodes } from "../../../graph/node.ts";
import type { ParamArrays } from "../../../graph/params.ts";
import { graph } from "../../../graph/parse.ts";
import { type Embeddings, wordsPerCode } from "../../../ops/embeddings.ts";
import { lower, type Value } from "../../../ops/interpreter.ts";
import { winnerCount } from "../../../ops/kernels/select_edges.ts";
import { classMoments, classSpread } from "../../../ops/metrics/centroids.ts";
import { tf } from "../../../ops/tfjs.ts";
import { normaliser } from "../../../pipelines/data/normalise.ts";
import type { Dataset, DataSplit } from "../../../pipelines/data/dataset.ts";
import { withValidation } from "../../../pipelines/data/splits.ts";
import { encode } from "../../../pipelines/encode/encode.ts";
import type { Env } from "../../../pipelines/core/env.ts";
import {
  type History,
  newest,
  rowsNamed,
  type SplitName,
} from "../../../pipelines/core/history.ts";
import { createRun, dispose, type Run, toArrays } from "../../../pipelines/core/run.ts";
import { evaluate } from "../../../pipelines/stages/evaluate.ts";
import { assert, assertAlmostEquals, assertEquals, assertStrictEquals } from "../../assert.ts";
import { onEachBackend } from "../../ops/backends.ts";
import { begin, digits, envOn, left, optimiser, right } from "../tiny.ts";

const samples = (rows: readonly (readonly number[])[], labels: readonly number[]): DataSplit => ({
  count: rows.length,
  values: Uint8Array.from(rows.flat()),
  labels: Uint8Array.from(labels),
  normalisation: { mean: [0], std: [1 / 255] },
});

/** Bytes that a model is given as they are, so that sums of them are exact in float32. */
const handmade = (classes: number, train: DataSplit, test: DataSplit): Dataset => ({
  name: "handmade",
  shape: [train.values.length / train.count],
  classes: Array.from({ length: classes }, (_, c) => `class ${c}`),
  train,
  validation: null,
  test,
  source: "a test",
  sha256: {},
  notice: null,
});

const runOf = (nodes: Nodes, params: ParamArrays = {}): Run =>
  right(createRun({ graph: nodes, optimiser, params, seed: 26 }));

const withoutTime = (history: History): History =>
  history.filter(({ name }) => name !== "evaluation_seconds");

const rowNames = (history: History): readonly string[] =>
  history.map(({ split, name }) => `${split} ${name}`);

/** Makes an environment whose signal is aborted at the given number of reads of the clock. */
async function stoppedAfter(reads: number): Promise<Env> {
  const abort = new AbortController();
  let left = reads;
  const now = () => {
    if (--left === 0) abort.abort();
    return performance.now();
  };
  return await envOn("cpu", { signal: abort.signal, now });
}

const INPUTS = 3, CLASSES = 4;

/** Whole numbers: what the classifier computes is exact on every backend, and ties are real. */
const linearCase = fc.record({
  weight: fc.array(fc.integer({ min: -4, max: 4 }), {
    minLength: INPUTS * CLASSES,
    maxLength: INPUTS * CLASSES,
  }),
  bias: fc.array(fc.integer({ min: -9, max: 9 }), { minLength: CLASSES, maxLength: CLASSES }),
  rows: fc.array(
    fc.record({
      pixels: fc.tuple(...Array.from({ length: INPUTS }, () => fc.integer({ min: 0, max: 255 }))),
      label: fc.nat(CLASSES - 2),
    }),
    { minLength: 2, maxLength: 9 },
  ),
});

onEachBackend("by argmax a linear classifier is as good as its own arithmetic", async (name) => {
  const env = await envOn(name);
  await fc.assert(
    fc.asyncProperty(linearCase, async ({ weight, bias, rows }) => {
      const split = (from: number, to?: number) => {
        const part = rows.slice(from, to);
        return samples(part.map(({ pixels }) => pixels), part.map(({ label }) => label));
      };
      // One output more than classes: what it wins is wrong.
      const data = handmade(CLASSES - 1, split(0, -1), split(-1));
      const classifier = runOf(graph`linear(${INPUTS}, ${CLASSES})`, {
        "0.weight": { shape: [INPUTS, CLASSES], data: Float32Array.from(weight) },
        "0.bias": { shape: [CLASSES], data: Float32Array.from(bias) },
      });
      const done = right(await evaluate(data, { by: "argmax" })(classifier)(env)());
      dispose(done);

      const outputs = rows.map(({ pixels }) =>
        bias.map((shift, c) =>
          pixels.reduce((sum, x, i) => sum + x * weight[i * CLASSES + c], shift)
        )
      );
      const isRight = rows.map(({ label }, i) =>
        outputs[i].indexOf(Math.max(...outputs[i])) === label
      );
      const mean = (values: readonly number[]) =>
        values.reduce((sum, value) => sum + value, 0) / values.length;
      const expected = ([["train", 0, -1], ["test", -1, rows.length]] as const)
        .flatMap(([split, from, to]) => {
          const row = (name: string, value: number) => ({ epoch: 0, step: 0, split, name, value });
          return [
            row("accuracy", mean(isRight.slice(from, to).map(Number))),
            row("sparsity", mean(outputs.slice(from, to).flat().map(Math.abs))),
          ];
        });
      assertEquals(withoutTime(done.history), expected);
      assertEquals(done.findings.classCodes, null);
    }),
    { seed: 26, numRuns: 20 },
  );
});

Deno.test("too few or binary outputs are refused for argmax, and everything is freed", async () => {
  const env = await envOn("cpu");
  const data = handmade(3, samples([[1, 2], [3, 4]], [0, 2]), samples([[5, 6]], [1]));
  const before = tf.memory().numTensors;
  const refused = async (nodes: Nodes) =>
    describe(left(await evaluate(data, { by: "argmax" })(runOf(nodes))(env)()));
  assertEquals(
    await refused(graph`linear(2, 2)`),
    "Cannot use evaluate by argmax: expected an output for each of the 3 classes, " +
      'current value is "2 outputs"',
  );
  assertEquals(
    await refused(graph`linear(2, 4) ▷ kwta(0.5)`),
    "Cannot use evaluate by argmax: expected an output for each of the 3 classes, " +
      'current value is "4 binary outputs"',
  );
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("samples that are not as large as the run's input are refused", async () => {
  const env = await envOn("cpu");
  const before = tf.memory().numTensors;
  const data = handmade(3, samples([[1, 2], [3, 4]], [0, 2]), samples([[5, 6]], [1]));
  const refused = async (dataset: Dataset) =>
    describe(left(await evaluate(dataset)(runOf(graph`linear(3, 4)`))(env)()));
  assertEquals(
    await refused(data),
    'Cannot use data: expected samples of 3 numbers, current value is "samples of 2"',
  );
  const wide = { ...data, train: samples([[1, 2, 3]], [0]) };
  assertEquals(
    await refused({ ...wide, test: samples([[1, 2, 3, 4]], [0]) }),
    'Cannot use data: expected samples of 3 numbers, current value is "samples of 4"',
  );
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("a validation set is measured between the other two, by the training set's centroids", async () => {
  const env = await envOn("cpu");
  const loaded = await digits();
  const parted = right(withValidation(loaded, { fraction: 0.2, seed: 1 }));
  const measure = async (data: Dataset, by: "argmax" | "centroid", nodes?: Nodes) => {
    const run = nodes === undefined ? begin() : runOf(nodes);
    const done = right(await evaluate(data, { by })(run)(env)());
    dispose(done);
    return done.history;
  };
  const spread = ["inter_class_distance", "intra_class_deviation"];
  const names = (splits: readonly SplitName[], values: readonly string[]) => [
    ...splits.flatMap((split) =>
      [...values, ...split === "train" || values === dense ? [] : spread]
        .map((value) => `${split} ${value}`)
    ),
    "run evaluation_seconds",
  ];
  const all = ["train", "validation", "test"] as const;
  const binary = ["accuracy", "sparsity", "active_min", "active_mean", "active_max"];
  const dense = ["accuracy", "sparsity"];
  const classifier = graph`linear(784, 10)`;
  assertEquals(rowNames(await measure(parted, "centroid")), names(all, binary));
  assertEquals(rowNames(await measure(loaded, "centroid")), names(["train", "test"], binary));
  assertEquals(rowNames(await measure(parted, "argmax", classifier)), names(all, dense));
  assertEquals(
    rowNames(await measure(loaded, "argmax", classifier)),
    names(["train", "test"], dense),
  );

  // The same images have the same numbers, in whichever of the two sets they are.
  const twice = withoutTime(await measure({ ...loaded, validation: loaded.test }, "centroid"));
  const values = (split: SplitName) =>
    twice.filter((row) => row.split === split).map(({ name, value }) => ({ name, value }));
  assertEquals(values("validation"), values("test"));
  // The training set's do not depend on whether there is another.
  assertEquals(
    twice.filter(({ split }) => split !== "validation"),
    withoutTime(await measure(loaded, "centroid")),
  );
});

const numbersOf = (embeddings: Embeddings): readonly (readonly number[])[] => {
  const { count, width } = embeddings;
  return Array.from({ length: count }, (_, i) =>
    Array.from(
      { length: width },
      (_, unit) =>
        embeddings.kind === "dense"
          ? embeddings.values[i * width + unit]
          : embeddings.words[i * wordsPerCode(width) + (unit >>> 5)] >>> (unit & 31) & 1,
    ));
};

onEachBackend(
  "the codes of an autoencoder are those of its encoder alone, packed",
  async (name) => {
    const env = await envOn(name);
    const { test } = await digits();
    const rows = { ...test, count: 10, values: test.values.subarray(0, 7840) };
    const autoencoders = [
      // 40 units: the last word of a code is not full. The decoder's kWTA is none of its business.
      graph`dropout(0.25) ▷ linear(784, 40) ▷ kwta(0.1) ▷
          fanout(identity, dropout(0.25) ▷ linear(40, 784) ▷ kwta(0.5))`,
      graph`linear(784, 40) ▷ relu ▷ fanout(identity, linear(40, 784))`,
      graph`fanout(identity, linear(784, 2))`,
    ];
    for (const [i, whole] of autoencoders.entries()) {
      const run = runOf(whole);
      const coded = right(await encode(run, rows, { env })());
      const params = Object.fromEntries(
        Object.entries(await toArrays(run.params)).filter(([path]) =>
          Number.parseInt(path) < encoderOf(whole).nodes.length
        ),
      );
      // The whole graph's own latent, without the packing.
      const x = tf.tensor(
        normaliser(test.normalisation)(
          rows,
          784,
          Uint32Array.from({ length: 10 }, (_, row) => row),
        ),
        [10, 784],
      );
      const latent = tf.tidy(() => {
        const { first } = lower(run.graph).evaluate(run, x) as { readonly first: Value };
        return tf.clone(first as tf.Tensor);
      });
      const [values, width] = [await latent.data(), latent.shape[1]!];
      tf.dispose([x, latent]);
      dispose(run);
      assertEquals(coded.kind, i === 0 ? "binary" : "dense");
      assertEquals([coded.count, coded.width], [10, width]);
      assertEquals(numbersOf(coded).flat(), [...values]);
      if (i === 2) continue;

      const alone = runOf(encoderOf(whole), params);
      const same = right(await encode(alone, rows, { env })());
      dispose(alone);
      assertEquals(coded, same);
      if (coded.kind === "binary") assertEquals(coded.words.length, 10 * 2);
    }
  },
);

Deno.test("of a graph that ends in pairs of pairs the first of all is the code", async () => {
  const env = await envOn("cpu");
  const run = runOf(graph`linear(2, 3, bias=false) ▷ fanout(fanout(relu, identity), identity)`, {
    "0.weight": { shape: [2, 3], data: Float32Array.of(1, -1, 2, 0, 3, -2) },
  });
  const split = samples([[1, 0], [0, 1]], [0, 1]);
  const coded = right(await encode(run, split, { env })());
  dispose(run);
  assertEquals(coded, {
    kind: "dense",
    count: 2,
    width: 3,
    values: Float32Array.of(1, 0, 2, 0, 3, 0),
  });
});

Deno.test("the class codes are the means by class, made binary by the encoder's last kWTA", async () => {
  const env = await envOn("cpu");
  const data = await digits();
  const kinds = [
    [
      graph`linear(784, 32) ▷ kwta(0.25) ▷ linear(32, 64) ▷ kwta(0.125) ▷
            fanout(identity, linear(64, 10) ▷ kwta(0.5) ▷ linear(10, 784))`,
      0.125,
    ],
    [graph`linear(784, 16) ▷ relu ▷ fanout(identity, linear(16, 784) ▷ kwta(0.5))`, null],
  ] as const;
  for (const [whole, sparsity] of kinds) {
    const run = runOf(whole);
    const codes = numbersOf(right(await encode(run, data.train, { env })()));
    const done = right(await evaluate(data)(run)(env)());
    dispose(done);
    const { classCodes } = done.findings;
    assert(classCodes !== null);
    assertEquals(classCodes.classes, data.classes);
    for (const label of data.classes.keys()) {
      const own = codes.filter((_, i) => data.train.labels[i] === label);
      const mean = Float32Array.from(
        own[0],
        (_, unit) => own.reduce((sum, code) => sum + code[unit], 0) / own.length,
      );
      assertEquals(classCodes.means[label], mean);
      if (sparsity === null) {
        assertEquals(classCodes.codes[label], mean);
        continue;
      }
      const sorted = mean.toSorted((a, b) => b - a);
      const k = winnerCount(sparsity, mean.length);
      const threshold = (sorted[k - 1] + sorted[k]) / 2;
      assertEquals(classCodes.codes[label], mean.map((x) => x > threshold ? 1 : 0));
    }
    const bits = rowsNamed(done.history, "active_max", "test").map(({ value }) => value);
    assertEquals(bits, sparsity === null ? [] : [8]);
  }
});

Deno.test("what is found in the test set is what its codes say, binary or not", async () => {
  const env = await envOn("cpu");
  const data = await digits();
  const { labels } = data.test;
  for (const nodes of [graph`linear(784, 32) ▷ kwta(0.25)`, graph`linear(784, 32) ▷ relu`]) {
    const run = runOf(nodes);
    const done = right(await evaluate(data)(run)(env)());
    const coded = right(await encode(run, data.test, { env })());
    dispose(done);
    const { findings: { evaluation }, history } = done;
    assert(evaluation !== null);
    const rate = newest(history, "accuracy", "test")!;
    const { classes, counts } = evaluation.confusion;
    const correct = Array.from({ length: classes }, (_, c) => counts[c * classes + c]);
    assertEquals(correct.reduce((sum, n) => sum + n, 0), Math.round(rate * labels.length));
    const spread = classSpread(classMoments(coded, labels, data.classes.length));
    const measured = (name: string) => newest(history, name, "test")!;
    assertAlmostEquals(measured("inter_class_distance"), spread.interClass!, 1e-9);
    assertAlmostEquals(measured("intra_class_deviation"), spread.intraClass!, 1e-9);
    if (coded.kind === "dense") {
      assertEquals([evaluation.duty, evaluation.samples], [null, []]);
      continue;
    }
    const codes = numbersOf(coded);
    evaluation.duty!.forEach((p, unit) =>
      assertAlmostEquals(p, codes.filter((code) => code[unit] === 1).length / codes.length, 1e-12)
    );
    assertEquals(evaluation.samples.length, 3 * data.classes.length);
    for (const { index, label, bits } of [...evaluation.samples, ...evaluation.confused]) {
      assertEquals(label, labels[index]);
      assertEquals(codes[index].flatMap((bit, unit) => bit === 1 ? [unit] : []), [...bits!]);
    }
    assert(evaluation.confused.length > 0);
  }
  // Outputs of classes are no codes, whether or not they are binary.
  const classifier = runOf(graph`linear(784, 10)`);
  const done = right(await evaluate(data, { by: "argmax" })(classifier)(env)());
  dispose(done);
  assertEquals([done.findings.evaluation!.duty, done.findings.evaluation!.samples], [null, []]);
  assert(done.findings.evaluation!.confused.every(({ bits }) => bits === null));
});

Deno.test("an interruption in any of the sets frees everything", async () => {
  const data = right(withValidation(await digits(), { fraction: 0.2, seed: 1 }));
  const before = tf.memory().numTensors;
  // The clock is read when it begins and before every set, so each of them is stopped at once.
  let stopped = 0;
  for (let reads = 1;; reads++) {
    const done = await evaluate(data)({ ...begin(), epoch: 3, step: 30 })(
      await stoppedAfter(reads),
    )();
    if (done._tag === "Right") {
      dispose(done.right);
      break;
    }
    stopped++;
    assertEquals(left(done), { _tag: "Interrupted", epoch: 3, step: 30 });
    assertEquals(tf.memory().numTensors, before);
  }
  assert(stopped >= 3, `it stopped in ${stopped} places`);
  assertEquals(tf.memory().numTensors, before);
});

onEachBackend("an evaluation leaves the run's tensors and no more", async (name) => {
  const env = await envOn(name);
  const data = await digits();
  const run = begin();
  const before = tf.memory().numTensors;
  const done = right(await evaluate(data)(run)(env)());
  assertEquals(tf.memory().numTensors, before);
  assertStrictEquals(done.params, run.params);
  dispose(done);
});
