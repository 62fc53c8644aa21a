/**
 * Log of the losses of many steps, kept where they are computed until they are read: on webgpu as numbers in one array,
 * which is read back at once, elsewhere as plain numbers. Beside it stands {@linkcode finiteness}, one number that
 * shows whether tensors are finite, so that it can be logged as a loss is.
 *
 * @module
 */
import { tf, type WebGPUBackend } from "./tfjs.ts";
import { int, runRawInto, submit } from "./kernels/gpu.ts";

/** Losses of steps, in order. */
export interface LossLog {
  /**
   * Takes a step's loss over, and disposes of it. On webgpu nothing is read back; what is awaited is
   * that the device is no more than some steps behind.
   */
  readonly add: (loss: tf.Scalar) => Promise<void>;
  /** The losses since the last time that they were read. */
  readonly read: () => Promise<Float32Array>;
  /** Frees the losses that were not read. */
  readonly dispose: () => void;
}

/**
 * An empty log on tfjs's current backend.
 *
 * @param capacity The most losses between two readings, at least 1.
 *
 * @example
 * ```ts
 * import { lossLog } from "./loss_log.ts";
 * import { startBackend } from "./backend.ts";
 * import { tf } from "./tfjs.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await startBackend("cpu")();
 * const log = lossLog(10);
 * await log.add(tf.scalar(0.5));
 * await log.add(tf.scalar(NaN));
 * assertEquals(await log.read(), Float32Array.of(0.5, NaN));
 * assertEquals(await log.read(), new Float32Array(0));
 * assertEquals(tf.memory().numTensors, 0);
 * ```
 */
export const lossLog = (capacity: number): LossLog =>
  tf.getBackend() === "webgpu" ? onDevice(tf.backend() as WebGPUBackend, capacity) : onHost();

function onHost(): LossLog {
  let losses: number[] = [];
  return {
    add: (loss) => {
      losses.push(loss.dataSync<"float32">()[0]);
      loss.dispose();
      return Promise.resolve();
    },
    read: () => {
      const read = Float32Array.from(losses);
      losses = [];
      return Promise.resolve(read);
    },
    dispose: () => {},
  };
}

/** Steps that a GPU may be behind: enough to keep it busy, few enough to stop within a second. */
const MOST_UNDER_WAY = 4;

/** Writes one number to a place of the log. */
const program = {
  key: "log_scalar",
  inputs: [{ name: "value", type: "f32" }],
  outputs: [{ name: "log", type: "f32" }],
  uniforms: "at : i32",
  lanes: 1,
  main: `if (group == 0) { log[uniforms.at] = value[0]; }`,
} as const;

/**
 * An array of that many numbers. It is no tensor that tfjs counts, for it is written in place; its
 * `dataId` is for `disposeData`.
 */
const makeLog = (backend: WebGPUBackend, capacity: number): tf.TensorInfo =>
  backend.makeTensorInfo([capacity], "float32");

/** Writes a scalar to a place of a log. */
const writeLog = (
  backend: WebGPUBackend,
  log: tf.TensorInfo,
  at: number,
  scalar: tf.Scalar,
): void => runRawInto(backend, program, 1, [scalar], [log], [int(at)]);

/**
 * Waits until at most that many steps are under way on the device. Steps that the host is ahead cannot be interrupted,
 * and hold memory.
 *
 * @param underWay Losses handed to the device before, the oldest first; the list is changed.
 */
async function waitForDevice(
  backend: WebGPUBackend,
  underWay: Promise<undefined>[],
  most: number,
): Promise<void> {
  submit(backend);
  underWay.push(backend.device.queue.onSubmittedWorkDone());
  while (underWay.length > most) await underWay.shift();
}

function onDevice(backend: WebGPUBackend, capacity: number): LossLog {
  let log: tf.TensorInfo | null = null;
  let count = 0;
  const underWay: Promise<undefined>[] = [];
  const dispose = () => {
    if (log !== null) backend.disposeData(log.dataId);
    [log, count] = [null, 0];
  };
  return {
    add: async (loss) => {
      if (count === capacity) throw new RangeError(`Cannot log more than ${capacity} losses`);
      writeLog(backend, log ??= makeLog(backend, capacity), count++, loss);
      loss.dispose();
      await waitForDevice(backend, underWay, MOST_UNDER_WAY);
    },
    read: async () => {
      if (log === null) return new Float32Array(0);
      // tfjs keeps what it has read: the next losses need an array of their own.
      const [full, length] = [log, count];
      [log, count] = [null, 0];
      try {
        return (await backend.read(full.dataId) as Float32Array).slice(0, length);
      } finally {
        backend.disposeData(full.dataId);
      }
    },
    dispose,
  };
}

// ---- Finiteness

/**
 * Tests for finite numbers: 0 where every number of all tensors is finite, and NaN otherwise. A NaN or an infinity
 * times 0 is NaN, and so is every sum with it. It stays on the backend, so that it can be logged as a loss is.
 *
 * @param tensors At least one, of float32.
 *
 * @example
 * ```ts
 * import { finiteness } from "./loss_log.ts";
 * import { startBackend } from "./backend.ts";
 * import { tf } from "./tfjs.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await startBackend("cpu")();
 * const [good, bad] = [tf.tensor1d([1e38, -3e38]), tf.tensor1d([0, Infinity])];
 * assertEquals(finiteness([good, good]).dataSync()[0], 0);
 * assertEquals(finiteness([good, bad]).dataSync()[0], NaN);
 * ```
 */
export const finiteness = (tensors: readonly tf.Tensor[]): tf.Scalar =>
  tf.tidy(() => {
    const zero = tf.scalar(0);
    return tf.addN(tensors.map((tensor) => tf.sum(tf.mul(tensor, zero)))) as tf.Scalar;
  });
