/**
 * Times one training step of the MNIST encoder (batch 256, 784-64-512, soft kWTA at 5 %, random
 * triplets, Adam with weight decay), batch gathering included, as the peers' own programs do.
 *
 *     deno run -P tests/bench/train_step.ts --data ../shared/mnist --backend wasm
 *
 * Prints one JSON object.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import { describe } from "../../graph/error.ts";
import { graph } from "../../graph/parse.ts";
import { permutation, type Rng } from "../../graph/rng.ts";
import { adam } from "../../ops/optimisers/adam.ts";
import { type BackendChoice, backendChoices, startBackend } from "../../ops/backend.ts";
import { lower } from "../../ops/interpreter.ts";
import { tripletCosineLoss } from "../../ops/losses/triplet_cosine_loss.ts";
import { type TrainState, trainStep } from "../../ops/train_step.ts";
import type { tf } from "../../ops/tfjs.ts";
import { readOptions } from "../../pipelines/cli/options.ts";
import { gatherLabels, normaliser } from "../../pipelines/data/batch.ts";
import { denoDataEnv } from "../../pipelines/data/environment.ts";
import { loadMnist } from "../../pipelines/data/mnist.ts";
import { createRun } from "../../pipelines/run.ts";

const BATCH = 256;

function unwrap<A>(result: E.Either<Parameters<typeof describe>[0], A>): A {
  if (E.isRight(result)) return result.right;
  console.error(describe(result.left));
  Deno.exit(1);
}

const count = { least: 1, most: 1e6 } as const;
const options = unwrap(readOptions({
  data: { kind: "text", help: "folder of MNIST", value: "DIR" },
  backend: { kind: "choice", help: "", choices: backendChoices, fallback: "wasm" },
  steps: { kind: "integer", help: "steps that are timed", fallback: 230, ...count },
  warmup: { kind: "integer", help: "steps before them", fallback: 20, ...count },
}, Deno.args));
const backend = unwrap(await startBackend(options.backend as BackendChoice)());
const { train, normalisation } = unwrap(
  await loadMnist({ data: options.data ?? undefined }, denoDataEnv)(),
);

const encoder = graph`linear(784, 64) ▷ relu ▷ linear(64, 512) ▷ kwta(0.05)`;
const optimiser = adam({ learningRate: 1e-3, weightDecay: 1e-5 });
const run = unwrap(createRun({ graph: encoder, optimiser, seed: 26 }));
const model = lower(run.graph);
const step = trainStep({ model, input: [784], loss: tripletCosineLoss(), optimiser });
const gather = normaliser(normalisation);
const values = new Float32Array(BATCH * 784);

/** Batches for ever, in a fresh order each epoch. */
function* batches(rng: Rng): Generator<Uint32Array> {
  const [order, next] = permutation(train.count, rng);
  for (let at = 0; at < order.length; at += BATCH) yield order.subarray(at, at + BATCH);
  yield* batches(next);
}

const stream = batches(run.rng);
const losses: tf.Scalar[] = [];
let state: TrainState = run;
const next = () => {
  const picks = stream.next().value;
  const stepped = step(state, {
    values: gather(train, 784, picks, values.subarray(0, picks.length * 784)),
    labels: gatherLabels(train, picks),
  });
  state = stepped.state;
  losses.push(stepped.loss);
};

for (let i = 0; i < options.warmup; i++) next();
await losses[losses.length - 1].data();
const begun = performance.now();
for (let i = 0; i < options.steps; i++) next();
await losses[losses.length - 1].data();
const milliseconds = (performance.now() - begun) / options.steps;
const curve = await Promise.all(losses.map(async (loss) => (await loss.data())[0]));
const mean = curve.reduce((sum, value) => sum + value, 0) / curve.length;
console.log(JSON.stringify({
  peer: "sparrow",
  backend: backend.name,
  batch: BATCH,
  steps: options.steps,
  ms_per_step: Number(milliseconds.toFixed(3)),
  loss_mean: Number(mean.toFixed(5)),
}));
Deno.exit(0);
