import { E } from "../../../graph/fp_ts.ts";
import { describe, type SparrowError } from "../../../graph/error.ts";
import { seed } from "../../../graph/rng.ts";
import { startBackend } from "../../../ops/backend.ts";
import { gaussianPairs, type PairSource } from "../../../ops/information/neural_pairs.ts";
import {
  type NeuralBound,
  neuralBounds,
  type NeuralInformation,
  neuralInformation,
  neuralInformationOfSource,
  type NeuralTask,
} from "../../../ops/information/neural_information.ts";
import type { Samples } from "../../../ops/information/samples.ts";
import { tf } from "../../../ops/tfjs.ts";
import { assert, assertAlmostEquals, assertEquals, fail } from "../../assert.ts";
import { assertClose, onEachBackend } from "../backends.ts";

const right = (found: E.Either<SparrowError, NeuralInformation>): NeuralInformation =>
  E.isRight(found) ? found.right : fail(describe(found.left));

const left = (found: E.Either<SparrowError, NeuralInformation>): SparrowError =>
  E.isLeft(found) ? found.left : fail(`${found.right.bits} bits`);

const gauss = gaussianPairs(1, 0.9);
const [{ x, y }] = gauss.draw(1200, seed(5));
const variable = (values: Float32Array | Float64Array): Samples => ({
  count: values.length,
  width: 1,
  values,
});
const sample = { x: variable(x), y: variable(y) };
const [small] = gauss.draw(60, seed(6));
const quick = { steps: 20, batchSize: 32, hidden: [16, 8] };

/** Histories of each backend, to compare them. */
const histories = new Map<NeuralBound, Float64Array>();

onEachBackend("every bound trains, leaves no tensor, and is the same again", async (backend) => {
  const tasks = [
    { bound: "mine", averageRate: 0.1, judgeEvery: 4, ceiling: null },
    { bound: "smile", judgeEvery: 0, ceiling: null },
    // Halves of 150 pairs, in blocks of at most 32: five of 30.
    { bound: "infonce", ceiling: Math.log2(30) },
  ] as const;
  for (const { ceiling, ...options } of tasks) {
    const task = { ...sample, ...quick, ...options, steps: 8 };
    const found = right(await neuralInformation(task, seed(26))());
    assertEquals(found.history.length, 8);
    assert(Number.isFinite(found.bits) && Number.isFinite(found.trainBits));
    assertEquals(found.ceiling, ceiling);
    assertEquals(await neuralInformation(task, seed(26))(), E.right(found));
    // float32 in another order: a few steps of Adam keep four digits.
    const { bound } = options;
    const known = histories.get(bound) ?? found.history;
    assertClose(found.history, known, 1e-4, `${bound} on ${backend}`);
    histories.set(bound, found.history);
  }
});

/** A test on wasm that leaves no tensor. */
const onWasm = (name: string, run: () => Promise<void>): void =>
  Deno.test(name, async () => {
    assert(E.isRight(await startBackend("wasm")()));
    const before = tf.memory().numTensors;
    await run();
    assertEquals(tf.memory().numTensors, before, "tensors were leaked");
  });

for (const bound of neuralBounds) {
  onWasm(
    `${bound} comes near the truth, and held out stays below it within the noise`,
    async () => {
      const task = { source: gauss, bound, steps: 200, heldOutPairs: 4000, judgeEvery: 100 };
      const { bits } = right(await neuralInformationOfSource(task, seed(26))());
      // The truth is 1.198 bits. The standard deviation of the log density ratio is ρ / ln 2 = 1.3 bits,
      // that of a mean of 4,000 hence 0.02: at most three of them above. Below, 0.9 of the truth.
      assert(bits > 1.078 && bits < 1.26, `${bits}`);
    },
  );

  onWasm(`${bound} finds nothing in independent variables that it learns by heart`, async () => {
    const [{ x: a, y: b }] = gaussianPairs(8, 0).draw(200, seed(7));
    const eight = (values: Float32Array): Samples => ({ count: 200, width: 8, values });
    const learning = { x: eight(a), y: eight(b), bound, steps: 150, hidden: [64, 32] };
    const task = { ...learning, learningRate: 3e-3, judgeEvery: 25 };
    const chosen = right(await neuralInformation(task, seed(26))());
    assert(chosen.trainBits > 0.8, `learned by heart: ${chosen.trainBits}`);
    // An untrained critic finds 0; a later step may be wrong by as much as 25 pairs in a half are.
    assert(Math.abs(chosen.bits) < 0.3, `best step: ${chosen.bits}`);
    const last = right(await neuralInformation({ ...task, judgeEvery: 0 }, seed(26))());
    assert(last.bits < -0.5, `last step: ${last.bits}`);
    assertEquals(last.history, chosen.history);
  });

  onWasm(`${bound} finds the entropy of a label that the variable decides`, async () => {
    const labels = Array.from(x, (value) => value > 0 ? 1 : 0);
    const task = { x: sample.x, labels, bound, steps: 150, batchSize: 128 };
    const { bits } = right(await neuralInformation(task, seed(26))());
    // 1 bit; a net cannot quite make a step of its slope, and 300 pairs are noisy by some 0.02.
    assert(bits > 0.8 && bits < 1.05, `${bits}`);
  });
}

onWasm("a training that only learns by heart ends when patience does", async () => {
  const [{ x: a, y: b }] = gaussianPairs(8, 0).draw(200, seed(7));
  const eight = (values: Float32Array): Samples => ({ count: 200, width: 8, values });
  const task = { x: eight(a), y: eight(b), steps: 100, learningRate: 3e-3, judgeEvery: 5 };
  const short = right(await neuralInformation({ ...task, patience: 2 }, seed(26))());
  const whole = right(await neuralInformation({ ...task, patience: 0 }, seed(26))());
  assertEquals(whole.history.length, 100);
  // A look in vain at least twice, each five steps after the last.
  assert(short.history.length >= 10 && short.history.length < 100, `${short.history.length}`);
  assertEquals(short.history.length % 5, 0);
  assertEquals(short.history, whole.history.subarray(0, short.history.length));
});

onWasm("constant variables have no information", async () => {
  const constant = variable(new Float64Array(1200).fill(0.1));
  for (const bound of neuralBounds) {
    const task = { ...quick, bound };
    for (
      const samples of [
        { ...sample, x: constant },
        { ...sample, y: constant },
        { x: constant, y: constant },
        { x: sample.x, labels: new Uint8Array(1200) },
      ]
    ) {
      const { bits } = right(await neuralInformation({ ...samples, ...task }, seed(26))());
      // Below 0 by Jensen's inequality, as far as an untrained critic depends on x alone; above by
      // float32's rounding.
      assert(bits > -0.01 && bits < 1e-5, `${bound}: ${bits}`);
    }
  }
});

onWasm("neither scale nor place of a column matters, nor the names of classes", async () => {
  const task = { ...quick, ...sample };
  const { bits } = right(await neuralInformation(task, seed(26))());
  const moved = variable(Float64Array.from(x, (value) => value * 1e200));
  const scaled = right(await neuralInformation({ ...task, x: moved }, seed(26))());
  // Standardised in float64, then rounded to the same float32 but for the last digit.
  assertAlmostEquals(scaled.bits, bits, 1e-4);
  const labels = Array.from(y, (value) => value > 0 ? 1 : 0);
  const named = labels.map((label) => 5 - 7.5 * label);
  const withLabels = (labels: readonly number[]) =>
    neuralInformation({ ...quick, x: sample.x, labels }, seed(26))();
  assertEquals(await withLabels(named), await withLabels(labels));
});

onWasm("variables of infinite information leave a finite number", async () => {
  for (const bound of neuralBounds) {
    const task = { x: sample.x, y: sample.x, bound, steps: 100, batchSize: 64 };
    const { bits, ceiling } = right(await neuralInformation(task, seed(26))());
    assert(bits > 2 && bits < (ceiling ?? 40), `${bound}: ${bits}`);
  }
});

onWasm("a training that diverges is an error, and so is a source of NaN", async () => {
  for (const bound of neuralBounds) {
    for (const judgeEvery of [0, 1]) {
      const task = { ...sample, ...quick, bound, judgeEvery, learningRate: 1e30 };
      const error = left(await neuralInformation(task, seed(26))());
      assert(error._tag === "NonFinite" && error.step >= 1 && error.step <= quick.steps);
      const numbers = (count: number) => new Float32Array(count).fill(NaN);
      const source: PairSource = {
        widths: [1, 1],
        draw: (count, rng) => [{ count, x: numbers(count), y: numbers(count) }, rng],
      };
      const nan = left(
        await neuralInformationOfSource({ source, ...quick, bound, judgeEvery }, seed(26))(),
      );
      assertEquals(nan._tag, "NonFinite");
    }
  }
});

onWasm("a signal stops the training, and a fault of the GPU comes through", async () => {
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 50);
  const task = { ...sample, steps: 1e6, signal: stop.signal };
  const interrupted = left(await neuralInformation(task, seed(26))());
  assert(interrupted._tag === "Interrupted" && interrupted.step > 0 && interrupted.step < 1e5);
  const fault = () => ({ _tag: "GpuError", reason: "lost" }) as const;
  assertEquals(left(await neuralInformation({ ...sample, ...quick, fault }, seed(26))()), fault());
});

onWasm("samples and options out of their ranges are errors", async () => {
  const few = { x: variable(small.x), y: variable(small.y), ...quick };
  const refused: readonly [string, Record<string, unknown>][] = [
    ["bound", { bound: "nwj" }],
    ["steps", { steps: 0 }],
    ["batchSize", { batchSize: 1 }],
    ["hidden", { hidden: [] }],
    ["hidden 1", { hidden: [10, 2.5] }],
    ["learningRate", { learningRate: 0 }],
    ["weightDecay", { weightDecay: -1 }],
    ["averageRate", { averageRate: 0 }],
    ["clip", { clip: 0 }],
    ["judgeEvery", { judgeEvery: -1 }],
    ["patience", { patience: 0.5 }],
    ["shuffles", { shuffles: 0 }],
    ["heldOut", { heldOut: 0 }],
    ["heldOut", { heldOut: 0.99 }],
    ["heldOut", { heldOut: NaN }],
    ["x", { x: variable(Float32Array.of(1, 2, 3, 4, 5)) }],
    ["x", { x: { ...variable(small.x), width: 2 } }],
    ["y", { y: variable(small.y.map((value, i) => i === 7 ? NaN : value)) }],
    ["y", { y: variable(small.y.subarray(1)) }],
    ["y", { y: undefined }],
    ["y", { labels: new Uint8Array(60) }],
    ["labels", { y: undefined, labels: new Uint8Array(59) }],
  ];
  for (const [option, change] of refused) {
    const error = left(await neuralInformation({ ...few, ...change } as NeuralTask, seed(26))());
    assertEquals(error._tag === "InvalidOption" ? error.option : error, option);
  }
  const task = { source: gauss, heldOutPairs: 3 };
  const error = left(await neuralInformationOfSource(task, seed(26))());
  assert(error._tag === "InvalidOption" && error.option === "heldOutPairs");
});

onWasm("the smallest samples and batches work", async () => {
  const six = (values: Float32Array) => variable(values.subarray(0, 6));
  for (const bound of neuralBounds) {
    const task = { x: six(x), y: six(y), bound, heldOut: 0.67, steps: 3 };
    assert(Number.isFinite(right(await neuralInformation(task, seed(26))()).bits));
  }
});
