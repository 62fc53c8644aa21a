import fc from "npm:fast-check@4.3.0";
import { describe } from "../../../graph/error.ts";
import { graph } from "../../../graph/parse.ts";
import { swapHead } from "../../../graph/rewrite.ts";
import { chain } from "../../../ops/optimisers/chain.ts";
import { freeze } from "../../../ops/optimisers/transforms.ts";
import { adam } from "../../../ops/optimisers/adam.ts";
import { tripletCosineLoss } from "../../../ops/losses/triplet.ts";
import { addGradients, gradientNorms, gradientSignals } from "../../../ops/gradient_signal.ts";
import { distanceFromInitial, signFlips } from "../../../ops/metrics/weight_change.ts";
import { type Params, tf } from "../../../ops/tfjs.ts";
import type { ObserveGradients } from "../../../ops/train_step.ts";
import type { Dataset } from "../../../pipelines/data/dataset.ts";
import { take } from "../../../pipelines/data/splits.ts";
import { newest, rowsNamed } from "../../../pipelines/core/history.ts";
import { createRun, dispose, type RunOptions, toArrays } from "../../../pipelines/core/run.ts";
import { pipeline, repeat, tap } from "../../../pipelines/core/stage.ts";
import { evaluate } from "../../../pipelines/stages/evaluate.ts";
import { kwtaSchedule } from "../../../pipelines/stages/schedules.ts";
import { defaultBatchSize, train } from "../../../pipelines/stages/train.ts";
import { watchGradients, watchWeights, withWeights } from "../../../pipelines/stages/watch.ts";
import { assert, assertEquals, assertRejects } from "../../assert.ts";
import { onEachBackend } from "../../ops/backends.ts";
import { begin, digits, encoder, envOn, left, optimiser, right, trainTiny } from "../tiny.ts";

const timing = new Set(["samples_per_second", "training_seconds", "evaluation_seconds"]);

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
  const { history, epoch, step, findings: { classCodes } } = done;
  assertEquals([epoch, step], [3, 30]);
  const losses = rowsNamed(history, "loss", "train").map(({ value }) => value);
  assert(losses[2] < losses[0], `the loss went from ${losses[0]} to ${losses[2]}`);
  assert(newest(history, "accuracy", "test")! > 0.3, "better than the chance of 0.1");
  assertEquals(newest(history, "active_max", "test"), 4);
  assertEquals(rowsNamed(history, "hardness").map(({ value }) => value), [2, 2, 4]);
  assertEquals(rowsNamed(history, "sparsity", "run").map(({ value }) => value), [
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
    // Time stands still: a slow machine would be told of its progress more often.
    now: () => 0,
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
    loss: tripletCosineLoss(),
    batchSize: 32,
  });
  const error = left(await stage(run)(env)());
  assert(error._tag === "NonFinite", JSON.stringify(error));
  // Which comes first depends on how the backend rounds; non_finite_test.ts has the rest.
  assert(["loss", "0.weight"].includes(error.tensor), error.tensor);
  assertEquals([error.epoch, error.lastGood], [1, null]);
  assert(error.step >= 1 && error.step <= 10);
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
  const options = { data: data.train };
  const none = train({ ...options, loss: tripletCosineLoss(), batchSize: 0 });
  assertEquals(left(await none(begin())(env)())._tag, "InvalidOption");
});

Deno.test("a run without an optimiser, and a schedule that gives no rate, are refused", async () => {
  const data = await digits();
  const env = await envOn("cpu");
  const before = tf.memory().numTensors;
  const refused = async (options: Pick<RunOptions, "optimiser">) =>
    describe(
      left(await trainTiny(data)(right(createRun({ graph: encoder, ...options })))(env)()),
    );
  assertEquals(
    await refused({}),
    'Cannot use optimiser: expected one that is given to createRun, current value is "none"',
  );
  for (const rate of [NaN, -1, Infinity]) {
    assertEquals(
      await refused({ optimiser: adam({ learningRate: () => rate }) }),
      `Cannot use learningRate: expected a finite number of at least 0, current value is ${rate}`,
    );
  }
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("the batch size follows the size of the data, and is 256 from 4096 samples on", () => {
  const cases = [[60_000, 256], [4096, 256], [4095, 128], [1000, 32], [235, 16], [10, 16], [0, 16]];
  for (const [count, size] of cases) assertEquals(defaultBatchSize(count), size, String(count));
  fc.assert(fc.property(fc.integer({ min: 256, max: 1e6 }), (count) => {
    assert(Math.ceil(count / defaultBatchSize(count)) >= 16);
  }));
});

Deno.test("without a batch size an epoch of 300 samples has 19 steps of 16", async () => {
  const data = await digits();
  const env = await envOn("cpu");
  const { train: split } = take(data, 300);
  const stage = train({ data: split, loss: tripletCosineLoss() });
  const done = right(await stage(begin())(env)());
  assertEquals(done.step, 19);
  dispose(done);
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
  const nodes = graph`linear(784, 16) ▷ relu ▷ linear(16, 32)`;
  const falling = adam({ learningRate: (epochs) => 3e-3 / (epochs + 1) });
  const run = right(createRun({ graph: nodes, optimiser: falling, seed: 1 }));
  const body = pipeline(trainTiny(data), evaluate(data));
  const done = right(await repeat(3)(body)(run)(env)());
  assert(newest(done.history, "accuracy", "test")! > 0.3);
  assertEquals(rowsNamed(done.history, "active_min"), []);
  assertEquals(rowsNamed(done.history, "learning_rate").map(({ value }) => value), [
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
    loss: {
      ...fine,
      draw: (labels, rng) => {
        if (++draws === 5) throw new Error("a mistake");
        return fine.draw(labels, rng);
      },
    },
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
    loss: tripletCosineLoss(),
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

/** Options of `trainTiny`. */
const optionsOf = ({ train: data }: Dataset) => ({
  data,
  loss: tripletCosineLoss(),
  batchSize: 32,
});

/** Copies the gradients of every step, and hands them on. */
const keepInto = (kept: Params[], next: ObserveGradients): ObserveGradients => (gradients) => {
  kept.push(Object.fromEntries(
    Object.entries(gradients).map(([path, one]) => [path, tf.keep(tf.clone(one))]),
  ));
  next(gradients);
};

/** Tensors as numbers by path. */
const numbersOf = async (params: Params) =>
  Object.fromEntries(
    Object.entries(await toArrays(params)).map(([path, { data }]) => [path, data] as const),
  );

onEachBackend("watched gradients are the metrics' own, and training is the same", async (name) => {
  const data = await digits();
  const env = await envOn(name);
  const plain = right(await trainTiny(data)(begin())(env)());
  const weights = await numbersOf(plain.params);
  dispose(plain);

  const once = async () => {
    const kept: Params[] = [];
    const epoch = watchGradients((observe) =>
      train({ ...optionsOf(data), observe: keepInto(kept, observe) })
    );
    const done = right(await epoch(begin())(env)());
    const steps = await Promise.all(kept.map(numbersOf));
    assertEquals(await numbersOf(done.params), weights);
    tf.dispose(kept as unknown as tf.TensorContainer);
    dispose(done);
    return { steps, rows: done.history.filter(({ name }) => name.startsWith("gradient_")) };
  };
  const { steps, rows } = await once();
  const signals = gradientSignals(steps.reduce(addGradients, {}), weights);
  const norms = steps.map(gradientNorms);
  assertEquals([steps.length, rows.length], [10, 16]);
  for (const [path, { mean, deviation, signalToNoise }] of Object.entries(signals)) {
    const norm = norms.reduce((sum, step) => sum + step[path], 0) / steps.length;
    const wanted = { norm, mean, deviation, snr: signalToNoise };
    for (const [what, value] of Object.entries(wanted)) {
      const actual = newest(rows, `gradient_${what}:${path}`, "train") ?? NaN;
      // float32 sums against float64.
      assert(Math.abs(actual / value! - 1) < 1e-5, `${what} of ${path}: ${actual}, not ${value}`);
    }
  }
  assertEquals((await once()).rows, rows);
});

onEachBackend(
  "watching ends with every ending of the epoch, and frees what it holds",
  async (name) => {
    const data = await digits();
    const options = optionsOf(data);
    const abort = new AbortController();
    const env = await envOn(name);
    /** Watches, and does something after some steps. */
    const after = (steps: number, act: () => void) =>
      watchGradients((observe) => {
        let seen = 0;
        return train({
          ...options,
          observe: (gradients) => {
            observe(gradients);
            if (++seen === steps) act();
          },
        });
      });
    const stopped = await after(3, () => abort.abort())(begin())({
      ...env,
      signal: abort.signal,
    })();
    assertEquals(left(stopped), { _tag: "Interrupted", epoch: 1, step: 3 });
    const mistaken = after(3, () => {
      throw new Error("a mistake");
    });
    await assertRejects(() => mistaken(begin())(env)(), Error, "a mistake");

    const wild = adam({ learningRate: 1e38 });
    const run = right(createRun({ graph: encoder, optimiser: wild, seed: 1 }));
    const diverging = watchGradients((observe) => train({ ...options, observe }));
    assertEquals(left(await diverging(run)(env)())._tag, "NonFinite");

    // Of a single step nothing is known about the noise; over two epochs all steps count.
    const single = watchGradients((observe) => train({ ...options, batchSize: 300, observe }));
    const done = right(await single(begin())(env)());
    assertEquals(newest(done.history, "gradient_deviation:0.weight"), 0);
    assertEquals(newest(done.history, "gradient_snr:0.weight"), null);
    const two = watchGradients((observe) =>
      repeat(2)(train({ ...options, batchSize: 300, observe }))
    );
    const longer = right(await two(done)(env)());
    assert(newest(longer.history, "gradient_snr:0.weight")! > 0);
    assertEquals(rowsNamed(longer.history, "gradient_snr:0.weight").map(({ epoch }) => epoch), [3]);
    dispose(longer);
  },
);

onEachBackend(
  "watched weights: sign flips of each epoch, the distance from the initial",
  async (name) => {
    const data = await digits();
    const env = await envOn(name);
    const weights: Readonly<Record<string, ArrayLike<number>>>[] = [];
    const look = tap(async ({ params }) => void weights.push(await numbersOf(params)));
    const body = withWeights((initial) =>
      pipeline(look, repeat(2)(pipeline(watchWeights(trainTiny(data), initial), look)))
    );
    const done = right(await body(begin())(env)());
    dispose(done);
    const [initial, ...epochs] = weights;
    epochs.forEach((now, e) => {
      for (const path of Object.keys(now)) {
        const value = (what: string) =>
          done.history.find(({ name, epoch }) => name === `${what}:${path}` && epoch === e + 1)
            ?.value ?? null;
        assertEquals(value("sign_flips"), signFlips(weights[e][path], now[path]));
        const distance = distanceFromInitial(initial[path], now[path]);
        assertEquals(value("distance_from_initial"), distance);
        assert(distance !== null && distance > 0, path);
      }
    });
    assert(newest(done.history, "sign_flips:0.weight", "run")! > 0);
    assertEquals(weights.length, 3);
  },
);

Deno.test("weights without a beginning have no distance, and a failure frees them", async () => {
  const data = await digits();
  const env = await envOn("cpu");
  const before = tf.memory().numTensors;
  const other = { "0.weight": { shape: [1], data: Float32Array.of(1) } };
  const zero = { "0.bias": { shape: [16], data: new Float32Array(16) } };
  for (const initial of [other, zero, {}, undefined]) {
    const done = right(await watchWeights(trainTiny(data), initial)(begin())(env)());
    assertEquals(done.history.filter(({ name }) => name.startsWith("distance")), []);
    assertEquals(done.history.filter(({ name }) => name.startsWith("sign_flips")).length, 4);
    dispose(done);
  }
  const stopped = { ...env, signal: AbortSignal.abort() };
  assertEquals(left(await watchWeights(trainTiny(data))(begin())(stopped)())._tag, "Interrupted");
  const broken = withWeights(() => {
    throw new Error("a mistake");
  });
  await assertRejects(() => broken(begin())(env)(), Error, "a mistake");
  assertEquals(tf.memory().numTensors, before);
});

onEachBackend(
  "batches without a valid triplet are counted; their loss is 0, and so is the gradient",
  async (name) => {
    const data = await digits();
    const env = await envOn(name);
    const labelled = (labels: Uint8Array) => {
      const options = { ...optionsOf(data), data: { ...data.train, labels } };
      return watchGradients((observe) => train({ ...options, observe }));
    };
    const run = begin();
    const initial = await numbersOf(run.params);
    const alike = right(await labelled(Uint8Array.from(data.train.labels, () => 3))(run)(env)());
    const of = (what: string) => newest(alike.history, what, "train");
    assertEquals([of("empty_batches"), of("terms"), of("loss")], [10, 0, 0]);
    assertEquals([of("gradient_norm:0.weight"), of("gradient_snr:0.weight")], [0, null]);
    assertEquals(await numbersOf(alike.params), initial);
    dispose(alike);

    // One sample is unlike the others, so nine of ten batches are of one class.
    const odd = right(
      await labelled(Uint8Array.from(data.train.labels, (_, i) => i === 0 ? 1 : 3))(begin())(env)(),
    );
    assertEquals(newest(odd.history, "empty_batches", "train"), 9);
    assert(newest(odd.history, "loss", "train")! > 0);
    dispose(odd);
    const usual = right(await trainTiny(data)(begin())(env)());
    assertEquals(newest(usual.history, "empty_batches", "train"), 0);
    dispose(usual);
  },
);
