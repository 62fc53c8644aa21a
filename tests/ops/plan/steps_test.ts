import fc from "npm:fast-check@4.3.0";
import { E } from "../../../graph/fp_ts.ts";
import { initialParams } from "../../../graph/params.ts";
import { initialPlasticity } from "../../../graph/plasticity.ts";
import { parse } from "../../../graph/parse.ts";
import { draw as drawFrom, seed } from "../../../graph/rng.ts";
import { inferShapes } from "../../../graph/shape.ts";
import { startBackend } from "../../../ops/backend.ts";
import { lower } from "../../../ops/interpreter.ts";
import type { Loss } from "../../../ops/losses/loss.ts";
import { supConLoss } from "../../../ops/losses/contrastive.ts";
import { meanSquaredErrorLoss } from "../../../ops/losses/reconstruction.ts";
import { tripletCosineLoss } from "../../../ops/losses/triplet.ts";
import { adam, adamW } from "../../../ops/optimisers/adam.ts";
import { chain } from "../../../ops/optimisers/chain.ts";
import type { Optimiser } from "../../../ops/optimisers/transform.ts";
import { clipByNorm } from "../../../ops/optimisers/transforms.ts";
import type { GraphTrainer } from "../../../ops/plan/plan.ts";
import { startSteps } from "../../../ops/plan/steps.ts";
import { tf } from "../../../ops/tfjs.ts";
import { type TrainState, trainStep } from "../../../ops/train_step.ts";
import { assert, assertEquals } from "../../assert.ts";
import { right } from "../../pipelines/tiny.ts";
import { largestError, onEachBackend, tensor } from "../backends.ts";

/** A graph of the text with its trainer and a state to begin with. */
function training(text: string, inputs: number, loss: Loss, optimiser: Optimiser, number = 26) {
  const { graph } = right(inferShapes(right(parse(text)), [inputs]));
  const tensors = (arrays: ReturnType<typeof initialPlasticity>) =>
    Object.fromEntries(
      Object.entries(arrays).map(([path, { shape, data }]) => [path, tensor(data, shape)]),
    );
  const begin = (): TrainState => {
    const [arrays, rng] = initialParams(graph, seed(number));
    const params = tensors(arrays);
    const plasticity = tensors(initialPlasticity(graph));
    return { params, plasticity, optimiserState: optimiser.init(params), rng };
  };
  const trainer: GraphTrainer = { graph, model: lower(graph), input: [inputs], loss, optimiser };
  return { trainer, begin };
}

/** Rows of noise, of which a part is one number, with classes. */
function batchOf(rows: number, inputs: number, plainness: number, classes: number, number: number) {
  const [batch] = drawFrom(seed(number), ({ unit, integer }) => {
    const values = Float32Array.from(
      { length: rows * inputs },
      () => unit() < plainness ? -0.4 : 2 * unit() - 1,
    );
    return { values, labels: Uint8Array.from({ length: rows }, () => integer(0, classes - 1)) };
  });
  return batch;
}

type TrainingOf = ReturnType<typeof training>;

/** Losses and the last state of some steps, by the tape or by what `startSteps` chooses. */
function run(
  by: "tape" | "plan",
  { trainer, begin }: TrainingOf,
  batches: readonly ReturnType<typeof batchOf>[],
): { readonly losses: readonly number[]; readonly state: Readonly<Record<string, Float32Array>> } {
  const losses: number[] = [];
  const begun = begin();
  let state: TrainState;
  if (by === "tape") {
    const step = trainStep(trainer);
    state = begun;
    for (const batch of batches) {
      const stepped = step(state, batch);
      state = stepped.state;
      losses.push(stepped.loss.dataSync()[0], stepped.terms, ...state.rng.state);
      stepped.loss.dispose();
    }
  } else {
    const steps = startSteps(
      trainer,
      begun,
      Math.max(...batches.map(({ labels }) => labels.length)),
    );
    assertEquals(steps.tape, null);
    let { rng } = begun;
    for (const [i, batch] of batches.entries()) {
      // A device's batch is a tensor.
      const { values } = batch;
      const given = i % 2 === 0 ? { ...batch, values: tf.tensor1d(values) } : batch;
      const taken = steps.take(given, rng);
      rng = taken.rng;
      losses.push(taken.loss as number, taken.terms, ...rng.state);
    }
    state = steps.state();
    steps.dispose();
  }
  const { params, plasticity, optimiserState: { slots, step } } = state;
  const all = { params, plasticity, ...slots };
  const numbers = Object.fromEntries(
    Object.entries(all).flatMap(([name, tensors]) =>
      Object.entries(tensors).map(([path, one]) =>
        [`${name} ${path}`, one.dataSync<"float32">().slice()] as const
      )
    ),
  );
  tf.dispose(all as unknown as tf.TensorContainer);
  return { losses, state: { ...numbers, step: Float32Array.of(step) } };
}

/** Nodes from vectors to vectors of any width, of which plan and tape compute the same bits. */
const exact = [
  "relu",
  "linear(7)",
  "linear(37)",
  "linear(5, bias=false)",
  "leaky_relu(0.2)",
  "clip(-0.6, 0.7)",
  "flatten",
  "identity",
  "dropout(0.3)",
  "kwta(0.3)",
  "kwta(0.3, hard)",
  "kwta(0.1, hardness=5)",
  "residual(relu)",
  "residual(linear(6) ▷ relu ▷ linear(9)) ",
  "fanout(relu, linear(9)) ▷ add",
  "fanout(relu, identity) ▷ split(linear(8), linear(8)) ▷ add",
];

/** Nodes that each of the two rounds in its own way. */
const rounded = ["sigmoid", "tanh", "residual(tanh)"];

/** A graph as text; before a residual with a layer stands one of its width. */
const textOf = (pieces: readonly string[], width: number): string =>
  [
    `linear(${width})`,
    ...pieces.map((piece) => piece.includes("linear(9)") ? `linear(9) ▷ ${piece}` : piece),
  ].join(" ▷ ");

const optimisers = [
  adam({ learningRate: 0.01, weightDecay: 1e-3 }),
  adamW({ learningRate: 0.02, beta1: 0.8 }),
];

const settings = fc.record({
  inputs: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 256, max: 280 })),
  width: fc.integer({ min: 2, max: 50 }),
  rows: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 2, maxLength: 4 }),
  classes: fc.integer({ min: 1, max: 4 }),
  plainness: fc.constantFrom(0, 0.4, 0.9),
  optimiser: fc.constantFrom(...optimisers),
  number: fc.nat(),
});

/**
 * Compares plan and tape on random graphs of these nodes.
 *
 * @param only The one optimiser, in place of all.
 */
const compared = (
  pieces: readonly string[],
  tolerance: number,
  numRuns: number,
  only?: Optimiser,
  loss: Loss = tripletCosineLoss(),
): Promise<void> => {
  const property = fc.property(
    fc.array(fc.constantFrom(...pieces), { maxLength: 5 }),
    settings,
    (chosen, { inputs, width, rows, classes, plainness, optimiser, number }) => {
      const text = textOf(chosen, width);
      const parsed = inferShapes(right(parse(text)), [inputs]);
      fc.pre(E.isRight(parsed));
      const batches = rows.map((rows, i) => batchOf(rows, inputs, plainness, classes, number ^ i));
      const what = training(text, inputs, loss, only ?? optimiser, number);
      const [expected, actual] = [run("tape", what, batches), run("plan", what, batches)];
      assertEquals(actual.losses.length, expected.losses.length);
      assert(largestError(actual.losses, expected.losses) <= tolerance, `losses of ${text}`);
      for (const [name, numbers] of Object.entries(expected.state)) {
        const error = largestError(actual.state[name], numbers);
        assert(error <= tolerance, `${name} of ${text} differs by ${error}`);
      }
    },
  );
  // Of what is bounded the bound is that of these runs.
  fc.assert(property, tolerance > 0 ? { numRuns, seed: 26 } : { numRuns });
  return Promise.resolve();
};

const onWasm = (name: string, fn: () => Promise<void>): void =>
  Deno.test(`wasm: ${name}`, async () => {
    right(await startBackend("wasm")());
    const before = tf.memory();
    await fn();
    const { numTensors, numBytes } = tf.memory();
    assertEquals([numTensors, numBytes], [before.numTensors, before.numBytes]);
  });

onWasm("a plan's steps are the tape's, to the bit", () => compared(exact, 0, 60));

// Either is right to about 1e-7. Adam divides by a gradient's own size, of one that is nearly 0 too: an epsilon of 1 makes
// its steps as long as the gradients.
onWasm("with the sigmoid and the tangent they are the tape's within 2e-6", () => {
  const plain = adam({ learningRate: 0.1, epsilon: 1 });
  return compared([...exact, ...rounded], 2e-6, 40, plain);
});

// The pairs' sums come in another order. The errors of what is divided by the temperature are its inverse times as large.
onWasm("with the supervised contrast they are the tape's within 2e-5", () => {
  const plain = adam({ learningRate: 0.1, epsilon: 1 });
  // A hard code of which dropout leaves nothing has a gradient of 1e8 times what rounding leaves.
  const pieces = exact.filter((piece) => !piece.includes("hard)"));
  return compared(pieces, 2e-5, 40, plain, supConLoss({ temperature: 0.2 }));
});

onWasm("a training without a valid triplet decays its weights, as the tape does", async () => {
  const what = training("linear(5) ▷ relu ▷ kwta(0.4)", 6, tripletCosineLoss(), optimisers[0]);
  const batches = [batchOf(9, 6, 0, 1, 1), batchOf(9, 6, 0, 1, 2)];
  const [expected, actual] = [run("tape", what, batches), run("plan", what, batches)];
  assertEquals(actual.losses, expected.losses);
  assertEquals(actual.state, expected.state);
  await Promise.resolve();
});

onWasm("a loss that is not a number is one by the plan too", async () => {
  const what = training("linear(5) ▷ relu ▷ kwta(0.4)", 6, tripletCosineLoss(), optimisers[0]);
  const batch = batchOf(9, 6, 0, 2, 1);
  batch.values[7] = NaN;
  const { losses: [loss] } = run("plan", what, [batch]);
  assertEquals(loss, NaN);
  await Promise.resolve();
});

onEachBackend("what the plan does not know is the tape's, and says why", async (name) => {
  const reason = (text: string, loss: Loss, optimiser: Optimiser, observe = false) => {
    const { trainer, begin } = training(text, 8, loss, optimiser);
    const state = begin();
    const steps = startSteps(observe ? { ...trainer, observe: () => {} } : trainer, state, 4);
    steps.dispose();
    tf.dispose(
      [state.params, state.plasticity, state.optimiserState.slots] as unknown as tf.TensorContainer,
    );
    return steps.tape;
  };
  const text = "linear(16) ▷ relu ▷ kwta(0.25)";
  const [loss, optimiser] = [tripletCosineLoss(), adam()];
  if (name !== "wasm") {
    assertEquals(reason(text, loss, optimiser), `the backend is ${name}`);
    return;
  }
  assertEquals(reason(text, loss, optimiser), null);
  assertEquals(reason(text, loss, optimiser, true), "every gradient is observed");
  // Derived ones have functions of their own.
  const [{ draw }, { update }] = [loss, optimiser];
  assertEquals(
    reason(text, { ...loss, draw: (...given) => draw(...given) }, optimiser),
    "the plan does not know the loss triplet_cosine",
  );
  assertEquals(
    reason(text, loss, { ...optimiser, update: (...given) => update(...given) }),
    "the plan does not know the optimiser adam",
  );
  assertEquals(
    reason(text, meanSquaredErrorLoss(), optimiser),
    "the plan does not know the loss mean_squared_error",
  );
  assertEquals(
    reason(text, loss, chain(clipByNorm(1), adam())),
    "the plan does not know the optimiser clipByNorm ▷ scaleByAdam ▷ scaleByLearningRate",
  );
  assertEquals(
    reason("linear(16) ▷ residual(gelu)", loss, optimiser),
    "the plan does not know gelu",
  );
  await Promise.resolve();
});
