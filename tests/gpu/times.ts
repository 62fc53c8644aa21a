/**
 * Timings on a GPU: training steps, transfers, encoding and search.
 *
 * @module
 */
import { seed } from "../../graph/rng.ts";
import type { Backend } from "../../ops/backend.ts";
import { startProfiler } from "../../ops/profiler.ts";
import { codeIndex } from "../../ops/codes/search.ts";
import { searchOnGpu } from "../../ops/codes/search_gpu.ts";
import { randomCodes } from "../../ops/codes/noise.ts";
import { tf, type WebGPUBackend } from "../../ops/tfjs.ts";
import type { Dataset, ImageSplit } from "../../pipelines/data/dataset.ts";
import { encode } from "../../pipelines/encode/encode.ts";
import { quietEnv } from "../../pipelines/core/env.ts";
import { dispose } from "../../pipelines/core/run.ts";
import { first, freshRun, unwrap } from "../bench/mnist_encoder.ts";
import { summarise } from "../bench/summary.ts";
import type { Note } from "./checks.ts";
import { type NetName, startTrainer, type Trainer } from "./trainer.ts";

/** Rounds of a timing, each of as many steps. */
const ROUNDS = 3;

/** Steps whose programs are timed by the GPU's own clock. */
const PROFILED = 10;

/** Four digits after the point are more than any clock here has. */
const rounded = (value: number): number => Number(value.toFixed(4));

/** Milliseconds that a function takes. */
async function timed(f: () => unknown): Promise<number> {
  const begun = performance.now();
  await f();
  return performance.now() - begun;
}

/** Counts the programs and the submissions of the whole process until it is stopped. */
function countCommands() {
  const [pass, queue] = [GPUComputePassEncoder.prototype, GPUQueue.prototype];
  const { dispatchWorkgroups } = pass;
  const { submit } = queue;
  const counts = { dispatches: 0, submits: 0 };
  pass.dispatchWorkgroups = function (...extent) {
    counts.dispatches++;
    return dispatchWorkgroups.apply(this, extent);
  };
  queue.submit = function (...buffers) {
    counts.submits++;
    return submit.apply(this, buffers);
  };
  return {
    counts,
    stop: () => {
      pass.dispatchWorkgroups = dispatchWorkgroups;
      queue.submit = submit;
    },
  };
}

/** Makes steps without waiting, then reads the last loss: milliseconds per step of the host, and of all. */
async function manySteps({ next }: Trainer, steps: number) {
  const begun = performance.now();
  for (let step = 1; step < steps; step++) next().dispose();
  const last = next();
  const host = (performance.now() - begun) / steps;
  const [loss] = await last.data();
  last.dispose();
  return { host, all: (performance.now() - begun) / steps, loss };
}

/**
 * Times a training step: `ms` as many steps in a row take, each; `hostMs` until the last of them is handed
 * over, of which `drawMs` is the drawing of triplets; `gpuMs` of the GPU's timestamps, by kernel.
 */
export async function timeSteps(
  net: NetName,
  data: Dataset<ImageSplit>,
  batch: number,
  steps: number,
  note: Note,
): Promise<void> {
  const trainer = startTrainer(net, data, batch);
  await manySteps(trainer, Math.min(20, steps));
  const { counts, stop } = countCommands();
  const drawnBefore = trainer.drawing();
  const rounds: Awaited<ReturnType<typeof manySteps>>[] = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push(await manySteps(trainer, steps));
  stop();
  const all = ROUNDS * steps;
  note({
    step: net,
    batch,
    ms: rounds.map(({ all }) => rounded(all)),
    hostMs: rounded(summarise(rounds.map(({ host }) => host)).median),
    drawMs: rounded((trainer.drawing() - drawnBefore) / all),
    dispatches: rounded(counts.dispatches / all),
    submits: rounded(counts.submits / all),
    loss: rounds[ROUNDS - 1].loss,
  });
  await profileSteps(net, batch, trainer, note);
  trainer.dispose();
}

/** Times each program of some steps by the GPU's timestamps: [programs per step, milliseconds per step]. */
async function profileSteps(net: NetName, batch: number, { next }: Trainer, note: Note) {
  const profiler = startProfiler();
  for (let step = 0; step < PROFILED; step++) next().dispose();
  const { onGpu, kernels } = await profiler.stop();
  note({
    profile: net,
    batch,
    onGpu,
    gpuMs: rounded(kernels.reduce((sum, { milliseconds }) => sum + milliseconds, 0) / PROFILED),
    kernels: Object.fromEntries(
      kernels.slice(0, 14).map(({ name, calls, milliseconds }) => [
        name,
        [calls / PROFILED, rounded(milliseconds / PROFILED)],
      ]),
    ),
  });
}

/** Times how long the host waits for one number that the GPU has made. */
export async function timeReadBack(note: Note): Promise<void> {
  const x = tf.zeros([4]);
  const times: number[] = [];
  for (let i = 0; i < 50; i++) {
    const y = tf.add(x, i);
    times.push(await timed(() => y.data()));
    y.dispose();
  }
  x.dispose();
  note({ readBackMs: rounded(summarise(times).median), least: rounded(Math.min(...times)) });
}

/**
 * Times transfers of a number of MiB, until a number made of the last is read: up as a new tensor, which is how tfjs
 * uploads, and by the queue's `writeBuffer`; down as a tensor's data.
 */
export async function timeTransfers(mebibytes: number, note: Note): Promise<void> {
  const { device } = tf.backend() as WebGPUBackend;
  const bytes = mebibytes * 2 ** 20;
  const values = new Float32Array(bytes / 4).fill(1);
  const [tensor, queue, down]: number[][] = [[], [], []];
  const usage = GPUBufferUsage.COPY_DST | GPUBufferUsage.STORAGE;
  const buffer = device.createBuffer({ size: bytes, usage });
  for (let round = 0; round < ROUNDS; round++) {
    const x = tf.tensor1d(values);
    tensor.push(await timed(() => tf.tidy(() => tf.slice(x, 0, 1)).data()));
    const y = tf.add(x, 1);
    await tf.tidy(() => tf.slice(y, 0, 1)).data();
    down.push(await timed(() => y.data()));
    tf.dispose([x, y]);
    queue.push(
      await timed(() => {
        device.queue.writeBuffer(buffer, 0, values);
        return device.queue.onSubmittedWorkDone();
      }),
    );
  }
  buffer.destroy();
  const rows = { tensorMs: tensor, writeBufferMs: queue, downMs: down };
  const ms = Object.entries(rows).map(([name, times]) => [name, times.map(rounded)]);
  note({ transfer: mebibytes, ...Object.fromEntries(ms) });
}

/** Times the encoding of training images to packed codes; the first pass uploads their bytes. */
export async function timeEncoding(
  data: Dataset<ImageSplit>,
  count: number,
  passes: number,
  backend: Backend,
  note: Note,
): Promise<void> {
  const run = freshRun();
  const images = first(data.train, count);
  const env = quietEnv(backend);
  const rates: number[] = [];
  for (let pass = 0; pass < passes; pass++) {
    const ms = await timed(async () => unwrap(await encode(run, images, { env })()));
    rates.push(Math.round(images.count / ms * 1000));
  }
  dispose(run);
  note({ encode: images.count, imagesPerSecond: rates });
}

/** Times the search of the 10 nearest of `count` random codes of 512 bits, their upload included. */
export async function timeSearch(
  count: number,
  queries: number,
  active: number,
  backend: Backend,
  note: Note,
): Promise<void> {
  const [codes, rng] = unwrap(randomCodes(count, 512, active, seed(1)));
  const [asked] = unwrap(randomCodes(queries, 512, active, rng));
  const index = codeIndex(codes);
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    times.push(
      await timed(async () => unwrap(await searchOnGpu(index, asked, { k: 10 }, backend)())),
    );
  }
  note({ search: count, queries, active, ms: times.map(rounded) });
}
