/**
 * Times Sparrow as the peers' own programs time themselves: one training step of the MNIST encoder
 * (batch 256, 784-64-512, soft kWTA at 5 %, random triplets, Adam with weight decay), batch gathering
 * included, or with `--encode` the encoding of the 60,000 training images to packed codes.
 *
 *     deno run -P tests/bench/train_step.ts --data ../shared/mnist --backend wasm
 *
 * The mean over the steps, after those of warm-up, until the last loss is read; or the quickest of
 * `--passes`, from bytes to words. Prints one JSON object.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import { describe } from "../../graph/error.ts";
import { type BackendChoice, backendChoices, startBackend } from "../../ops/backend.ts";
import type { tf } from "../../ops/tfjs.ts";
import { readOptions } from "../../pipelines/cli/options.ts";
import { sharedFlags, USAGE } from "../../pipelines/cli/program.ts";
import type { Dataset, ImageSplit } from "../../pipelines/data/dataset.ts";
import { encode } from "../../pipelines/encode/encode.ts";
import { type Env, quietEnv } from "../../pipelines/core/env.ts";
import { BATCH, freshRun, images, startTraining, unwrap } from "./mnist_encoder.ts";

const count = { least: 1, most: 1e6 } as const;
const read = readOptions({
  data: { kind: "text", help: "folder of MNIST", value: "DIR" },
  backend: { kind: "choice", help: "", choices: backendChoices, fallback: "wasm" },
  steps: { kind: "integer", help: "steps that are timed", fallback: 230, ...count },
  warmup: { kind: "integer", help: "steps before them", fallback: 20, ...count },
  encode: { kind: "switch", help: "encode in place of training" },
  threads: sharedFlags.threads,
  passes: { kind: "integer", help: "over the images", fallback: 5, ...count },
}, Deno.args);
if (E.isLeft(read)) {
  console.error(describe(read.left));
  Deno.exit(USAGE);
}
const options = read.right;
const backend = unwrap(await startBackend(options.backend as BackendChoice, options)());
const data = await images(options.data);
const result = options.encode ? await encoding(data, quietEnv(backend)) : await training(data);
console.log(JSON.stringify({ peer: "sparrow", backend: backend.name, ...result }));
Deno.exit(0);

async function training(data: Dataset<ImageSplit>): Promise<Readonly<Record<string, number>>> {
  const { next } = startTraining(data);
  const losses: (tf.Scalar | number)[] = [];
  const read = async (loss: tf.Scalar | number) =>
    typeof loss === "number" ? loss : (await loss.data())[0];
  const steps = async (many: number) => {
    for (let i = 0; i < many; i++) losses.push(next());
    await read(losses[losses.length - 1]);
  };
  await steps(options.warmup);
  const begun = performance.now();
  await steps(options.steps);
  const milliseconds = (performance.now() - begun) / options.steps;
  const curve = await Promise.all(losses.map(read));
  const mean = curve.reduce((sum, value) => sum + value, 0) / curve.length;
  return {
    batch: BATCH,
    steps: options.steps,
    ms_per_step: Number(milliseconds.toFixed(3)),
    loss_mean: Number(mean.toFixed(5)),
  };
}

async function encoding(
  { train }: Dataset<ImageSplit>,
  env: Env,
): Promise<Readonly<Record<string, number>>> {
  const run = freshRun();
  let least = Infinity;
  for (let pass = 0; pass < options.passes; pass++) {
    const begun = performance.now();
    unwrap(await encode(run, train, { env })());
    least = Math.min(least, performance.now() - begun);
  }
  return { images: train.count, images_per_s: Math.round(train.count / least * 1000) };
}
