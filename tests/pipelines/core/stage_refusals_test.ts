import { graph } from "../../../graph/parse.ts";
import { onlineKMeans } from "../../../ops/local/rules.ts";
import { crossEntropyLoss } from "../../../ops/losses/cross_entropy.ts";
import type { Loss } from "../../../ops/losses/loss.ts";
import { tripletCosineLoss } from "../../../ops/losses/triplet.ts";
import { tf } from "../../../ops/tfjs.ts";
import type { Dataset, DataSplit } from "../../../pipelines/data/dataset.ts";
import { createRun, dispose, type Run } from "../../../pipelines/core/run.ts";
import {
  every,
  pipeline,
  repeat,
  skip,
  type Stage,
  tap,
  until,
} from "../../../pipelines/core/stage.ts";
import { encode } from "../../../pipelines/encode/encode.ts";
import { evaluate } from "../../../pipelines/stages/evaluate.ts";
import { evaluateReconstruction } from "../../../pipelines/stages/evaluate_reconstruction.ts";
import { explain } from "../../../pipelines/stages/explain.ts";
import { weightHomeostasis } from "../../../pipelines/stages/homeostasis.ts";
import { infoPlane } from "../../../pipelines/stages/info_plane.ts";
import { learnLocally } from "../../../pipelines/stages/learn_locally.ts";
import { monitor } from "../../../pipelines/stages/monitor.ts";
import { readOut } from "../../../pipelines/stages/read_out.ts";
import { train } from "../../../pipelines/stages/train.ts";
import { assert, assertEquals, assertRejects } from "../../assert.ts";
import { onEachBackend } from "../../ops/backends.ts";
import { digits, envOn, left, optimiser, right } from "../tiny.ts";

const encoder = graph`linear(784, 16, bias=false) ▷ kwta(0.25, hard)`;
const soft = graph`linear(784, 16) ▷ kwta(0.25)`;
const autoencoder = graph`linear(784, 16) ▷ kwta(0.25) ▷ fanout(identity, linear(16, 784))`;
const classifier = graph`linear(784, 10)`;

const runOf = (nodes: typeof encoder): Run =>
  right(createRun({ graph: nodes, input: [784], optimiser, seed: 26 }));

/** A stage by its name, with the graph that it takes and the splits that it reads. */
const stages: readonly (readonly [
  name: string,
  nodes: typeof encoder,
  splits: readonly ("train" | "test")[],
  of: (dataset: Dataset) => Stage,
])[] = [
  ["train", soft, ["train"], ({ train: data }) => train({ data, loss: tripletCosineLoss() })],
  ["evaluate", encoder, ["train", "test"], (dataset) => evaluate(dataset)],
  [
    "evaluate by argmax",
    classifier,
    ["train", "test"],
    (dataset) => evaluate(dataset, { by: "argmax" }),
  ],
  [
    "evaluateReconstruction",
    autoencoder,
    ["train", "test"],
    (dataset) => evaluateReconstruction(dataset),
  ],
  ["explain", encoder, ["test"], (dataset) => explain(dataset, { images: 1 })],
  ["weightHomeostasis", encoder, ["train"], ({ train: data }) => weightHomeostasis({ data })],
  ["infoPlane", encoder, ["train"], (dataset) => infoPlane({ dataset })],
  ["monitor", encoder, ["train", "test"], (dataset) => monitor(dataset)],
  ["readOut", encoder, ["train", "test"], (dataset) => readOut({ dataset })],
];

/** A split that is not what it says. */
const broken: Readonly<Record<string, (split: DataSplit) => Partial<DataSplit>>> = {
  "no sample": () => ({ count: 0, values: new Uint8Array(), labels: new Uint8Array() }),
  "too few labels": ({ labels }) => ({ labels: labels!.subarray(0, 5) }),
  "too few pixels": ({ values: pixels }) => ({ values: pixels.subarray(0, 784) }),
  "half a sample": () => ({ count: 7.5 }),
  "NaN samples": () => ({ count: NaN }),
  "fewer than no samples": () => ({ count: -1 }),
  "a NaN": ({ values }) => ({ values: Float32Array.from(values, (x, i) => i === 9 ? NaN : x) }),
  "an infinity": ({ values }) => ({
    values: Float32Array.from(values, (x, i) => i === 784 ? -Infinity : x),
  }),
  "float64": ({ values }) => ({ values: Float64Array.from(values) as unknown as Float32Array }),
  "too few names": () => ({ names: ["one"] }),
  "no normalisation": () => ({ normalisation: { mean: [], std: [] } }),
  "a mean of NaN": () => ({ normalisation: { mean: [NaN], std: [1] } }),
  "a deviation of 0": () => ({ normalisation: { mean: [0], std: [0] } }),
  "channels that it has not": () => ({
    normalisation: { mean: [0, 0, 0, 0, 0], std: [1, 1, 1, 1, 1] },
  }),
};

/** A label that is none of the ten classes: train and homeostasis do not know how many there are. */
const beyond = ({ labels }: DataSplit) => ({
  labels: labels!.map((label: number, i: number) => i === 3 ? 200 : label),
});
const classless = ["train", "weightHomeostasis"];

for (const [name, nodes, splits, stageOf] of stages) {
  Deno.test(`${name}: a split that is not what it says is an InvalidOption, and the run is freed`, async () => {
    const env = await envOn("cpu");
    const dataset = await digits();
    const tensors = tf.memory().numTensors;
    const cases = classless.includes(name) ? broken : { ...broken, "a label of no class": beyond };
    for (const [what, change] of Object.entries(cases)) {
      for (const split of splits) {
        const bad = { ...dataset, [split]: { ...dataset[split], ...change(dataset[split]) } };
        const error = left(await stageOf(bad)(runOf(nodes))(env)());
        assertEquals(error._tag, "InvalidOption", `${what}, ${split}`);
        assertEquals(tf.memory().numTensors, tensors, `${what}, ${split}`);
      }
    }
  });
}

Deno.test("encode and learnLocally: images that are not what they say are an InvalidOption", async () => {
  const env = await envOn("cpu");
  const { train: data } = await digits();
  const { "no sample": none, "too few labels": _, ...cases } = broken;
  for (const [what, change] of Object.entries(cases)) {
    const bad = { ...data, ...change(data) };
    const run = runOf(encoder);
    assertEquals(left(await encode(run, bad)())._tag, "InvalidOption", what);
    const stage = learnLocally({ data: bad, path: 0, rule: onlineKMeans() });
    assertEquals(left(await stage(run)(env)())._tag, "InvalidOption", what);
  }
  const run = runOf(encoder);
  assertEquals(right(await encode(run, { ...data, ...none(data) })()).count, 0);
  dispose(run);
});

Deno.test("a run without weights is not trained", async () => {
  const env = await envOn("cpu");
  const { train: data } = await digits();
  for (const nodes of [graph`kwta(0.25)`, graph`relu`]) {
    for (const loss of [tripletCosineLoss(), crossEntropyLoss()]) {
      const error = left(await train({ data, loss })(runOf(nodes))(env)());
      assert(error._tag === "InvalidOption" && error.actual.includes("without weights"));
    }
  }
});

Deno.test("repeat, until and every refuse what is no number of times or epochs, and free the run", async () => {
  const env = await envOn("cpu");
  const tensors = tf.memory().numTensors;
  const combined = [
    ...[-1, NaN, 0.5, Infinity].map((n) => repeat(n)(skip)),
    ...[-1, NaN, 0.5].map((n) => until(n)(skip)),
    ...[-1, NaN, 0.5, 0, Infinity].map((n) => every(n, skip)),
  ];
  for (const stage of combined) {
    assertEquals(left(await stage(runOf(encoder))(env)())._tag, "InvalidOption");
    assertEquals(tf.memory().numTensors, tensors);
  }
});

Deno.test("a run that two stages are given at once: one goes on, and the other is told", async () => {
  const env = await envOn("cpu");
  const dataset = await digits();
  const { train: data } = dataset;
  const one = train({ data, loss: tripletCosineLoss(), batchSize: 8 });
  for (const other of [one, evaluate(dataset), pipeline(skip, monitor(dataset))]) {
    const tensors = tf.memory().numTensors;
    const run = runOf(soft);
    const outcomes = await Promise.all([one(run)(env)(), other(run)(env)()]);
    const tags = outcomes.flatMap((outcome) => outcome._tag === "Left" ? [outcome.left._tag] : []);
    for (const tag of tags) assertEquals(tag, "ConsumedRun");
    for (const outcome of outcomes) if (outcome._tag === "Right") dispose(outcome.right);
    assertEquals(tf.memory().numTensors, tensors);
  }
});

onEachBackend(
  "whoever throws, a loss or who looks on, is heard, and no tensor is left",
  async (name) => {
    const quiet = await envOn(name);
    const { train: data } = await digits();
    const fail = (): never => {
      throw new Error("it is mine");
    };
    const loss = tripletCosineLoss();
    const failing: readonly Loss[] = [
      { ...loss, draw: fail },
      {
        ...loss,
        draw: (labels, rng) => {
          const [objective, next] = loss.draw(labels, rng);
          return [{ ...objective, evaluate: fail }, next];
        },
      },
    ];
    const observer = { about: () => {}, run: fail };
    const progress = { update: fail, clear: () => {} };
    const cases: readonly (readonly [Stage, typeof quiet])[] = [
      ...failing.map((loss) => [train({ data, loss }), quiet] as const),
      [train({ data, loss }), { ...quiet, observer }],
      [train({ data, loss }), { ...quiet, progress }],
      [train({ data, loss, observe: fail }), quiet],
      [train({ data, loss, midway: fail }), quiet],
      [tap(fail), quiet],
      [pipeline(tap(() => {}), tap(fail)), quiet],
    ];
    // What a backend makes once and keeps.
    await assertRejects(() => cases[1][0](runOf(soft))(quiet)(), Error, "it is mine");
    const tensors = tf.memory().numTensors;
    for (const [i, [stage, env]] of cases.entries()) {
      await assertRejects(() => stage(runOf(soft))(env)(), Error, "it is mine");
      assertEquals(tf.memory().numTensors, tensors, `case ${i}`);
    }
  },
);
