import { describe } from "../../graph/error.ts";
import { initialPlasticity } from "../../graph/plasticity.ts";
import { graph } from "../../graph/parse.ts";
import { seed } from "../../graph/rng.ts";
import { inferShapes } from "../../graph/shape.ts";
import { defineNode } from "../../ops/custom_node.ts";
import { lower } from "../../ops/interpreter.ts";
import { tripletCosineLoss } from "../../ops/losses/triplet.ts";
import { type Params, tf } from "../../ops/tfjs.ts";
import { checkpointOf, resumeRun } from "../../pipelines/core/resume.ts";
import { createRun, dispose, toArrays } from "../../pipelines/core/run.ts";
import { readCheckpoint, writeCheckpoint } from "../../pipelines/files/checkpoint.ts";
import { pipeline, repeat } from "../../pipelines/core/stage.ts";
import { denoFiles } from "../../pipelines/files/files.ts";
import { loadModel } from "../../pipelines/files/model.ts";
import { save } from "../../pipelines/stages/save.ts";
import { train } from "../../pipelines/stages/train.ts";
import { assert, assertEquals, assertNotEquals, assertThrows } from "../assert.ts";
import { digits, envOn, left, optimiser, right } from "../pipelines/tiny.ts";
import { numbers, onEachBackend } from "./backends.ts";

/** Each unit less its mean over all batches so far, times a gain. */
defineNode({
  name: "centred",
  params: (input) => [{ name: "gain", shape: input, mean: 1, bound: 0 }],
  state: (input) => [{ name: "mean", shape: input }, { name: "batches", shape: [], value: 1 }],
  evaluate: (x, _values, { gain }, { mean }) => tf.mul(tf.sub(x, mean), gain),
  train: (x, _values, { gain }, { mean, batches }) => ({
    output: tf.mul(tf.sub(x, mean), gain),
    state: {
      mean: tf.add(mean, tf.div(tf.sub(tf.mean(x, 0), mean), batches)),
      batches: tf.add(batches, 1),
    },
    exposed: { before: x },
  }),
});

Deno.test("a state has a path, a shape and an initial value, wherever the node stands", () => {
  const { graph: known } = right(
    inferShapes(graph`linear(4, 3) ▷ residual(centred) ▷ fanout(identity, centred)`),
  );
  const state = initialPlasticity(known);
  assertEquals(
    Object.entries(state).map(([path, { shape, data }]) => [path, shape, [...data]]),
    [
      ["1.body.0.mean", [3], [0, 0, 0]],
      ["1.body.0.batches", [], [1]],
      ["2.second.0.mean", [3], [0, 0, 0]],
      ["2.second.0.batches", [], [1]],
    ],
  );
});

onEachBackend("training passes the state on, evaluation reads it and leaves it", async () => {
  const { train, evaluate } = lower(graph`centred ▷ residual(centred)`);
  const params = { "0.gain": tf.tensor1d([1, 2]), "1.body.0.gain": tf.tensor1d([1, 1]) };
  const plasticity: Params = Object.fromEntries(
    ["0", "1.body.0"].flatMap((path) => [
      [`${path}.mean`, tf.zeros([2])],
      [`${path}.batches`, tf.scalar(1)],
    ]),
  );
  const x = tf.tensor2d([[1, 2], [3, 4]]);
  const [first, mean, later, shown, gradient, evaluated] = await numbers(() => {
    const after = train(params, { value: x, plasticity, rng: seed(0) });
    const summed = (gain: tf.Tensor) =>
      tf.sum(
        train({ ...params, "0.gain": gain }, { ...after, value: x }).value as tf.Tensor,
      );
    return [
      after.value as tf.Tensor,
      after.plasticity["0.mean"],
      after.plasticity["1.body.0.mean"],
      after.exposed!["1.body.0.before"],
      tf.grad(summed)(params["0.gain"]),
      evaluate({ params, plasticity: after.plasticity }, x) as tf.Tensor,
    ];
  });
  assertEquals([...first], [2, 8, 6, 16]);
  assertEquals([...mean], [2, 3]);
  assertEquals([...later], [2, 6]);
  assertEquals([...shown], [1, 4, 3, 8]);
  // The means are constants: 2 Σ (x − mean).
  assertEquals([...gradient], [0, 0]);
  assertEquals([...evaluated], [-4, -10, 0, -2]);
  tf.dispose([params, plasticity, x] as unknown as tf.TensorContainer);
});

Deno.test("what a node must not do with its state is said", () => {
  defineNode({
    name: "forgetful",
    state: () => [{ name: "count", shape: [] }],
    evaluate: (x) => x,
    train: (x) => ({ output: tf.clone(x), state: { counts: tf.scalar(1) } }),
  });
  const given = { value: tf.ones([1, 2]), plasticity: {}, rng: seed(0) };
  assertThrows(
    () => tf.tidy(() => void lower(graph`forgetful`).train({}, given)),
    TypeError,
    'Cannot train forgetful at position 0: it has a new "counts"',
  );
  defineNode({
    name: "ambiguous",
    params: () => [{ name: "gain", shape: [], bound: 1 }],
    state: () => [{ name: "gain", shape: [] }],
    evaluate: (x) => tf.clone(x),
  });
  assertEquals(
    describe(left(inferShapes(graph`ambiguous`, [3]))),
    "Cannot apply ambiguous at position 0: expected a state of other names than its weights', " +
      'not "gain", current value is [3]',
  );
  tf.dispose(given.value);
});

onEachBackend(
  "a state is trained without leaks, saved, resumed and loaded to the bit",
  async (name) => {
    const folder = await Deno.makeTempDir();
    try {
      const data = await digits();
      const env = await envOn(name);
      const encoder = graph`linear(784, 16) ▷ centred ▷ top_k(8) ▷ linear(16, 32) ▷ kwta(0.1)`;
      const begun = right(createRun({ graph: encoder, optimiser, seed: 26 }));
      const epoch = train({ data: data.train, loss: tripletCosineLoss(), batchSize: 100 });
      const [held, once] = [tf.memory().numTensors, right(await epoch(begun)(env)())];
      // The optimiser's slots are there from the beginning.
      assertEquals(tf.memory().numTensors, held);
      const stages = pipeline(repeat(2)(epoch), save(folder, data));
      const before = await toArrays(once.plasticity);
      assertNotEquals([...before["1.mean"].data], new Array(16).fill(0));
      assertEquals([...before["1.batches"].data], [4]);
      const bytes = writeCheckpoint(right(await checkpointOf(once)()));
      const copy = right(resumeRun(right(readCheckpoint("a checkpoint", bytes)), optimiser));
      const done = right(await stages(once)(env)());
      const again = right(await repeat(2)(epoch)(copy)(env)());
      const [left, other] = [await toArrays(done.plasticity), await toArrays(again.plasticity)];
      assertEquals(left, other);
      assertEquals([...left["1.batches"].data], [10]);
      const loaded = right(await loadModel(`${folder}/model.safetensors`, denoFiles)());
      assertEquals(loaded.plasticity, left);
      assert("2.silent" in loaded.plasticity);
      dispose(done);
      dispose(again);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
