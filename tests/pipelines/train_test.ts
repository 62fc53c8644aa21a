import { describe } from "../../graph/error.ts";
import { graph } from "../../graph/parse.ts";
import { swapHead } from "../../graph/swap_head.ts";
import { chain } from "../../ops/optimisers/chain.ts";
import { freeze } from "../../ops/optimisers/freeze.ts";
import { adam } from "../../ops/optimisers/adam.ts";
import { tripletCosineLoss } from "../../ops/losses/triplet_cosine_loss.ts";
import { tf } from "../../ops/tfjs.ts";
import { latest, select } from "../../pipelines/history.ts";
import { createRun, dispose, toArrays } from "../../pipelines/run.ts";
import { pipeline, repeat } from "../../pipelines/stage.ts";
import { evaluate } from "../../pipelines/stages/evaluate.ts";
import { kwtaSchedule } from "../../pipelines/stages/kwta_schedule.ts";
import { learningRate } from "../../pipelines/stages/learning_rate.ts";
import { train } from "../../pipelines/stages/train.ts";
import { assert, assertEquals, assertRejects } from "../assert.ts";
import { onEachBackend } from "../ops/backends.ts";
import { begin, digits, encoder, envOn, left, optimiser, right, trainTiny } from "./tiny.ts";

const timing = new Set(["samples_per_second", "evaluation_seconds"]);

onEachBackend("training learns, evaluates and repeats itself to the bit", async (name) => {
  const data = await digits();
  const env = await envOn(name);
  const once = async () => {
    const body = pipeline(kwtaSchedule({ stepSize: 2 }), trainTiny(data), evaluate(data));
    const done = right(await repeat(3)(body)(begin())(env)());
    const weights = await toArrays(done.params);
    dispose(done);
    return { done, weights };
  };
  const { done, weights } = await once();
  const { history, epoch, step, classCodes } = done;
  assertEquals([epoch, step], [3, 30]);
  const losses = select(history, "loss", "train").map(({ value }) => value);
  assert(losses[2] < losses[0], `the loss went from ${losses[0]} to ${losses[2]}`);
  assert(latest(history, "accuracy", "test")! > 0.3, "better than the chance of 0.1");
  assertEquals(latest(history, "active_max", "test"), 4);
  assertEquals(select(history, "hardness").map(({ value }) => value), [2, 2, 4]);
  assertEquals(select(history, "sparsity", "run").map(({ value }) => value), [
    0.0625,
    0.0625,
    0.05,
  ]);
  assertEquals(classCodes!.codes.length, 10);
  for (
    const wanted of ["loss", "accuracy", "sparsity", "hardness", "learning_rate", ...timing]
  ) assert(history.some(({ name }) => name === wanted), wanted);

  const again = await once();
  assertEquals(again.weights, weights);
  const withoutTiming = (rows: typeof history) => rows.filter(({ name }) => !timing.has(name));
  assertEquals(withoutTiming(again.done.history), withoutTiming(history));
});

Deno.test("another seed gives another run", async () => {
  const data = await digits();
  const env = await envOn("cpu");
  const weights = async (seed: number) => {
    const done = right(await trainTiny(data)(begin(seed))(env)());
    const arrays = await toArrays(done.params);
    dispose(done);
    return arrays;
  };
  const [a, b] = [await weights(1), await weights(2)];
  assert(a["0.weight"].data.some((value, i) => value !== b["0.weight"].data[i]));
});

onEachBackend("an interruption stops at a step and frees everything", async (name) => {
  const data = await digits();
  const abort = new AbortController();
  let updates = 0;
  const env = await envOn(name, {
    signal: abort.signal,
    progress: {
      update: () => {
        if (++updates === 2) abort.abort();
      },
      clear: () => {},
    },
  });
  const stopped = left(await repeat(9)(trainTiny(data))(begin())(env)());
  // Progress is told at the end of each epoch of ten steps.
  assertEquals(stopped, { _tag: "Interrupted", epoch: 3, step: 20 });
});

Deno.test("an interruption stops the evaluation too", async () => {
  const data = await digits();
  const env = await envOn("cpu", { signal: AbortSignal.abort() });
  const before = tf.memory().numTensors;
  assertEquals(left(await evaluate(data)(begin())(env)())._tag, "Interrupted");
  assertEquals(tf.memory().numTensors, before);
});

onEachBackend("a loss that is not finite stops with its step", async (name) => {
  const data = await digits();
  const env = await envOn(name);
  const wild = adam({ learningRate: 1e38 });
  const run = right(createRun({ graph: encoder, optimiser: wild, seed: 1 }));
  const stage = train({
    data: data.train,
    normalisation: data.normalisation,
    loss: tripletCosineLoss(),
    optimiser: wild,
    batchSize: 32,
  });
  const error = left(await stage(run)(env)());
  assert(error._tag === "NonFinite", JSON.stringify(error));
  assertEquals([error.tensor, error.epoch, error.lastGood], ["loss", 1, null]);
  assert(error.step > 1 && error.step <= 10);
});

Deno.test("samples of another size and a batch size of 0 are refused", async () => {
  const data = await digits();
  const env = await envOn("cpu");
  const narrow = right(createRun({ graph: graph`linear(10, 4)`, optimiser, seed: 1 }));
  assertEquals(left(await trainTiny(data)(narrow)(env)()), {
    _tag: "InvalidOption",
    option: "data",
    actual: `"samples of 784"`,
    expected: "samples of 10 numbers",
  });
  const options = { data: data.train, normalisation: data.normalisation, optimiser };
  const none = train({ ...options, loss: tripletCosineLoss(), batchSize: 0 });
  assertEquals(left(await none(begin())(env)())._tag, "InvalidOption");
});

Deno.test("a seed out of range and a graph that starts with a pair are refused", () => {
  assertEquals(left(createRun({ graph: encoder, optimiser, seed: -1 }))._tag, "InvalidOption");
  assertEquals(left(createRun({ graph: encoder, optimiser, seed: 0.5 }))._tag, "InvalidOption");
  const pair = graph`split(linear(2, 3), linear(2, 3)) ▷ add`;
  assertEquals(left(createRun({ graph: pair, optimiser }))._tag, "InvalidOption");
});

Deno.test("a graph without kWTA is trained and evaluated on its real-valued outputs", async () => {
  const data = await digits();
  const env = await envOn("cpu");
  const run = right(
    createRun({ graph: graph`linear(784, 16) ▷ relu ▷ linear(16, 32)`, optimiser, seed: 1 }),
  );
  const rate = learningRate((epochs) => 3e-3 / (epochs + 1));
  const body = pipeline(rate, trainTiny(data), evaluate(data));
  const done = right(await repeat(3)(body)(run)(env)());
  assert(latest(done.history, "accuracy", "test")! > 0.3);
  assertEquals(select(done.history, "active_min"), []);
  assertEquals(select(done.history, "learning_rate").map(({ value }) => value), [
    3e-3,
    1.5e-3,
    1e-3,
  ]);
  dispose(done);
});

Deno.test("what a loss throws in the middle of an epoch is thrown on, and everything is freed", async () => {
  const data = await digits();
  const env = await envOn("cpu");
  const before = tf.memory().numTensors;
  let draws = 0;
  const fine = tripletCosineLoss();
  const stage = train({
    data: data.train,
    normalisation: data.normalisation,
    loss: {
      ...fine,
      draw: (labels, rng) => {
        if (++draws === 5) throw new Error("a mistake");
        return fine.draw(labels, rng);
      },
    },
    optimiser,
    batchSize: 32,
  });
  await assertRejects(() => stage(begin())(env)(), Error, "a mistake");
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("a new head on a trained trunk: old weights are kept, and frozen stay to the bit", async () => {
  const data = await digits();
  const env = await envOn("cpu");
  const trained = right(await trainTiny(data)(begin())(env)());
  const params = await toArrays(trained.params);
  dispose(trained);
  const swapped = swapHead(
    { graph: trained.graph, params },
    2,
    graph`linear(16, 32) ▷ kwta(0.125)`,
  );
  const frozen = chain(freeze("0"), adam({ learningRate: 3e-3 }));
  const run = right(createRun({ ...swapped, optimiser: frozen, seed: 3 }));
  const stage = train({
    data: data.train,
    normalisation: data.normalisation,
    loss: tripletCosineLoss(),
    optimiser: frozen,
    batchSize: 32,
  });
  const before = await toArrays(run.params);
  const done = right(await stage(run)(env)());
  const after = await toArrays(done.params);
  dispose(done);
  assertEquals(after["0.weight"], params["0.weight"]);
  assertEquals(after["0.bias"], params["0.bias"]);
  assert(after["2.weight"].data.some((value, i) => value !== before["2.weight"].data[i]));
});

Deno.test("weights that the graph has no place for are refused by name", async () => {
  await envOn("cpu");
  const run = begin();
  const params = await toArrays(run.params);
  dispose(run);
  const refused = (given: typeof params) =>
    describe(left(createRun({ graph: encoder, optimiser, params: given })));
  assertEquals(
    refused({ "7.weight": params["0.weight"] }),
    'Cannot use params: expected one of 0.weight, 0.bias, 2.weight, 2.bias, current value is "7.weight"',
  );
  assertEquals(
    refused({ "2.bias": params["0.bias"] }),
    'Cannot use params 2.bias: expected the shape [64], current value is "16 numbers of shape [16]"',
  );
});
