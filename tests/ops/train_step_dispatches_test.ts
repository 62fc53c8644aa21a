import { graph } from "../../graph/parse.ts";
import { startBackend } from "../../ops/backend.ts";
import { lower } from "../../ops/interpreter.ts";
import { tripletCosineLoss } from "../../ops/losses/triplet.ts";
import { adam } from "../../ops/optimisers/adam.ts";
import { tf, type WebGPUBackend } from "../../ops/tfjs.ts";
import { type TrainState, trainStep } from "../../ops/train_step.ts";
import { quietEnv } from "../../pipelines/core/env.ts";
import { createRun, dispose } from "../../pipelines/core/run.ts";
import { train } from "../../pipelines/stages/train.ts";
import { assert, assertEquals } from "../assert.ts";
import { digits, right } from "../pipelines/tiny.ts";

// In a file of its own: it counts what the whole process does on the GPU.
if (Deno.env.get("XDG_RUNTIME_DIR") === undefined) Deno.env.set("XDG_RUNTIME_DIR", "/tmp");
const adapter = await navigator.gpu?.requestAdapter().catch(() => null) ?? null;

/**
 * Programs that update the four weights by Adam: one, where a program may have their 28 arrays, as Vulkan
 * devices let it; an adapter by OpenGL has 16.
 */
const programsOfAdam = (): number => {
  const { maxStorageBuffersPerShaderStage } = (tf.backend() as WebGPUBackend).device.limits;
  return Math.ceil(4 / Math.floor(maxStorageBuffersPerShaderStage / 7));
};

/** Counts the dispatches and transfers of the GPU while `f` runs. */
async function counted(
  f: () => Promise<void>,
): Promise<
  { readonly dispatches: number; readonly bytesRead: number; readonly bytesMade: number }
> {
  const pass = GPUComputePassEncoder.prototype;
  const buffer = GPUBuffer.prototype;
  const { dispatchWorkgroups } = pass;
  const { mapAsync } = buffer;
  const queue = GPUQueue.prototype;
  const { writeBuffer } = queue;
  const { getMappedRange } = buffer;
  let [dispatches, bytesRead, bytesMade] = [0, 0, 0];
  pass.dispatchWorkgroups = function (...extent) {
    dispatches++;
    return dispatchWorkgroups.apply(this, extent);
  };
  buffer.mapAsync = function (mode, ...range) {
    if (mode === GPUMapMode.READ) bytesRead += this.size;
    return mapAsync.call(this, mode, ...range);
  };
  // Both ways of an upload; reading maps a range, too.
  queue.writeBuffer = function (this: GPUQueue, ...args: unknown[]) {
    bytesMade += (args[2] as ArrayBufferView).byteLength;
    return (writeBuffer as (...args: unknown[]) => undefined).apply(this, args);
  } as typeof writeBuffer;
  buffer.getMappedRange = function (...range) {
    bytesMade += this.size;
    return getMappedRange.apply(this, range);
  };
  try {
    await f();
  } finally {
    queue.writeBuffer = writeBuffer;
    buffer.getMappedRange = getMappedRange;
    pass.dispatchWorkgroups = dispatchWorkgroups;
    buffer.mapAsync = mapAsync;
  }
  return { dispatches, bytesRead, bytesMade };
}

Deno.test({
  name: "a training step of the MNIST encoder: its dispatches on a GPU, and nothing read back" +
    (adapter === null ? " (no WebGPU adapter: apt install mesa-vulkan-drivers)" : ""),
  ignore: adapter === null && Deno.env.get("CI") !== "true",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    const { fault } = right(await startBackend("webgpu")());
    const encoder = graph`linear(784, 64) ▷ relu ▷ linear(64, 512) ▷ kwta(0.05)`;
    const optimiser = adam({ learningRate: 1e-3, weightDecay: 1e-5 });
    const run = right(createRun({ graph: encoder, optimiser, seed: 26 }));
    const step = trainStep({
      model: lower(run.graph),
      input: [784],
      loss: tripletCosineLoss(),
      optimiser,
    });
    const labels = Uint8Array.from({ length: 256 }, (_, i) => i % 10);
    // Samples of a class are alike, so that there is something to learn.
    const values = Float32Array.from(
      { length: 256 * 784 },
      (_, at) => Math.sin(at % 784 * (1 + labels[Math.floor(at / 784)])),
    );
    let state: TrainState = run;
    const losses: tf.Scalar[] = [];
    const next = () => {
      const stepped = step(state, { values, labels });
      state = stepped.state;
      losses.push(stepped.loss);
    };
    const steps = 4;
    next();
    const { dispatches, bytesRead } = await counted(() => {
      for (let i = 0; i < steps; i++) next();
      return Promise.resolve();
    });
    assertEquals(bytesRead, 0);
    // With its gradients and one Adam for all weights; the tape of plain tfjs needs 177.
    assertEquals(dispatches / steps, 14 + programsOfAdam());
    // The counter counts: one loss is read, in four bytes.
    const read = await counted(async () => void await losses[steps].data());
    assertEquals(read.bytesRead, 4);
    const curve = await Promise.all(losses.map(async (loss) => (await loss.data())[0]));
    assert(curve[steps] < curve[0] - 0.01, `it learns: ${curve}`);
    assertEquals(fault(), null);
    tf.dispose([state.params, state.optimiserState.slots, losses] as unknown as tf.TensorContainer);
  },
});

Deno.test({
  name: "an epoch on a GPU: its images are there already, and its losses are read once" +
    (adapter === null ? " (no WebGPU adapter: apt install mesa-vulkan-drivers)" : ""),
  ignore: adapter === null && Deno.env.get("CI") !== "true",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    const env = quietEnv(right(await startBackend("webgpu")()));
    const { train: data } = await digits();
    const encoder = graph`linear(784, 64) ▷ relu ▷ linear(64, 512) ▷ kwta(0.05)`;
    const optimiser = adam({ learningRate: 1e-3, weightDecay: 1e-5 });
    let run = right(createRun({ graph: encoder, optimiser, seed: 26 }));
    const loss = tripletCosineLoss();
    const epoch = train({ data, loss, batchSize: 50 });
    const next = async () => {
      run = right(await epoch({ ...run })(env)());
    };
    await next();
    const { dispatches, bytesRead, bytesMade } = await counted(next);
    const steps = data.count / 50;
    // And one number that says whether the weights are finite.
    assertEquals(bytesRead, 4 * (steps + 1));
    // One gathers the batch, one logs the loss; once an epoch the weights are looked at.
    const looking = dispatches - (16 + programsOfAdam()) * steps;
    assert(looking > 0 && looking <= 10, `${looking} dispatches to look at the weights`);
    // Batches alone would have 157 kB per step; picks, triplets and their like are a tenth of it.
    assert(
      bytesMade > 0 && bytesMade / steps < 16_000,
      `${bytesMade / steps} bytes uploaded per step`,
    );
    dispose(run);
    assertEquals(tf.memory().numTensors, 0);
  },
});
