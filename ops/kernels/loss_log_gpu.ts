/**
 * Numbers of many steps in one array on the GPU, to be read back at once.
 *
 * @module
 */
import type { tf, WebGPUBackend } from "../tfjs.ts";
import { int } from "./gpu.ts";
import { runRawInto, submit } from "./gpu_raw.ts";

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
export const makeLog = (backend: WebGPUBackend, capacity: number): tf.TensorInfo =>
  backend.makeTensorInfo([capacity], "float32");

/** Writes a scalar to a place of a log. */
export const writeLog = (
  backend: WebGPUBackend,
  log: tf.TensorInfo,
  at: number,
  scalar: tf.Scalar,
): void => runRawInto(backend, program, 1, [scalar], [log], [int(at)]);

/**
 * Waits until no more than that many steps are under way on the device: what the host is ahead cannot
 * be interrupted, and holds memory.
 *
 * @param underWay What was handed to the device before, the oldest first; it is changed.
 */
export async function waitForDevice(
  backend: WebGPUBackend,
  underWay: Promise<undefined>[],
  most: number,
): Promise<void> {
  submit(backend);
  underWay.push(backend.device.queue.onSubmittedWorkDone());
  while (underWay.length > most) await underWay.shift();
}
