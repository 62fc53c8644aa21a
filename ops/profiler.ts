/**
 * How the time of a computation divides among kernels.
 *
 * @module
 */
import { timeGpu } from "./kernels/gpu_timer.ts";
import { tf, type WebGPUBackend } from "./tfjs.ts";

/** What a kernel has taken. */
export interface KernelTime {
  /** The kernel as tfjs has it registered; on webgpu "other" where a program belongs to none. */
  readonly name: string;
  /** How often it ran; on webgpu how many programs it ran. */
  readonly calls: number;
  /** Of all calls, without the kernels that it called. */
  readonly milliseconds: number;
}

/** What a profiler has seen. */
export interface Profile {
  /** The longest first. */
  readonly kernels: readonly KernelTime[];
  /** From start to end; what no kernel has is JavaScript, waiting and files. */
  readonly milliseconds: number;
  /** Whether the times are a GPU's own; else they are those of calls. */
  readonly onGpu: boolean;
}

/** A profiler at work. */
export interface Profiler {
  /** Ends it. */
  readonly stop: () => Promise<Profile>;
}

/**
 * Starts to measure all kernels that tfjs's current backend runs. On webgpu every program is timed by
 * the GPU's timestamps, in a pass of its own, which makes it a little slower; where the device has none,
 * times are those of the calls, which return before the work is done.
 *
 * @example
 * ```ts
 * import { startProfiler } from "./profiler.ts";
 * import { startBackend } from "./backend.ts";
 * import { tf } from "./tfjs.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await startBackend("cpu")();
 * const profiler = startProfiler();
 * tf.tidy(() => tf.relu(tf.relu(tf.zeros([4]))));
 * const { kernels } = await profiler.stop();
 * assertEquals(kernels.find(({ name }) => name === "Relu")?.calls, 2);
 * ```
 */
export function startProfiler(): Profiler {
  const engine = tf.engine();
  const totals = new Map<string, { calls: number; milliseconds: number }>();
  const add = (name: string, calls: number, milliseconds: number) => {
    const total = totals.get(name) ?? { calls: 0, milliseconds: 0 };
    total.calls += calls;
    total.milliseconds += milliseconds;
    totals.set(name, total);
  };
  /** The kernels under way, with the time that those within them have taken. */
  const stack: { readonly name: string; inner: number }[] = [];
  const gpu = tf.getBackend() === "webgpu"
    ? timeGpu(tf.backend() as WebGPUBackend, () => stack.at(-1)?.name ?? "other")
    : null;
  const begun = performance.now();
  const { runKernel } = engine;
  engine.runKernel = ((...args: Parameters<typeof runKernel>) => {
    const frame = { name: args[0], inner: 0 };
    stack.push(frame);
    const from = performance.now();
    try {
      return runKernel.apply(engine, args);
    } finally {
      const taken = performance.now() - from;
      stack.pop();
      const outer = stack.at(-1);
      if (outer !== undefined) outer.inner += taken;
      if (gpu === null) add(frame.name, 1, taken - frame.inner);
    }
  }) as typeof runKernel;
  return {
    stop: async () => {
      engine.runKernel = runKernel;
      const milliseconds = performance.now() - begun;
      if (gpu !== null) {
        try {
          for (const [name, nanoseconds] of await gpu.read()) add(name, 1, nanoseconds / 1e6);
        } finally {
          gpu.stop();
        }
      }
      const kernels = [...totals].map(([name, total]) => ({ name, ...total }))
        .sort((a, b) => b.milliseconds - a.milliseconds);
      return { kernels, milliseconds, onGpu: gpu !== null };
    },
  };
}
