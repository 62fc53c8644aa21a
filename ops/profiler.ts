/**
 * Time of a computation, by kernel: on webgpu from the GPU's own timestamps of every program, elsewhere from the
 * duration of calls.
 *
 * @module
 */
import { tf, type WebGPUBackend } from "./tfjs.ts";

/** The time that a kernel has taken. */
export interface KernelTime {
  /** The kernel as tfjs has it registered; on webgpu "other" where a program belongs to none. */
  readonly name: string;
  /** Number of calls; on webgpu the number of programs. */
  readonly calls: number;
  /** The time of all calls, without that of the kernels that it called. */
  readonly milliseconds: number;
}

/** Measurements of a profiler. */
export interface Profile {
  /** The longest first. */
  readonly kernels: readonly KernelTime[];
  /** Time from start to end, in milliseconds; the part that no kernel has is JavaScript, waiting and files. */
  readonly milliseconds: number;
  /** Whether the times are a GPU's own; else they are those of calls. */
  readonly onGpu: boolean;
}

/** A profiler at work. */
export interface Profiler {
  /** Ends the measurement. */
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

// ---- Timestamps of a GPU

/** The most timestamps that a query set may hold. */
const SLOTS = 4096;

/** Largest number of query sets: programs after the first 130,000 or so are not timed. */
const MOST_SETS = 64;

/** tfjs's flag for the number of programs that it submits at once: a pass of its own for each is timed alone. */
const BATCH = "WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE";

/** Times the programs of a device from its making on. */
interface GpuTimer {
  /** The nanoseconds of each program, with the name that there was when it was recorded. */
  readonly read: () => Promise<readonly (readonly [name: string, nanoseconds: number])[]>;
  /** Ends the timing, and frees what it holds. */
  readonly stop: () => void;
}

/**
 * Starts to time every program of a device.
 *
 * @param nameNow Returns the name of the present computation, whenever a program is recorded.
 * @returns null where the device has no timestamps.
 */
function timeGpu(backend: WebGPUBackend, nameNow: () => string): GpuTimer | null {
  const { device } = backend;
  if (!device.features.has("timestamp-query")) return null;
  const batch = tf.env().getNumber(BATCH);
  tf.env().set(BATCH, 1);
  const sets: { readonly queries: GPUQuerySet; readonly names: string[] }[] = [];
  const nextSlot = (): GPUComputePassTimestampWrites | null => {
    let last = sets.at(-1);
    if (last === undefined || 2 * last.names.length === SLOTS) {
      if (sets.length === MOST_SETS) return null;
      last = { queries: device.createQuerySet({ type: "timestamp", count: SLOTS }), names: [] };
      sets.push(last);
    }
    const at = 2 * last.names.length;
    last.names.push(nameNow());
    return {
      querySet: last.queries,
      beginningOfPassWriteIndex: at,
      endOfPassWriteIndex: at + 1,
    };
  };
  const { createCommandEncoder } = device;
  device.createCommandEncoder = (descriptor) => {
    const encoder = createCommandEncoder.call(device, descriptor);
    const { beginComputePass } = encoder;
    encoder.beginComputePass = (pass = {}) => {
      const timestampWrites = nextSlot();
      return beginComputePass.call(
        encoder,
        timestampWrites === null ? pass : { ...pass, timestampWrites },
      );
    };
    return encoder;
  };
  return {
    read: async () => {
      await device.queue.onSubmittedWorkDone();
      const all = await Promise.all(
        sets.map(({ queries, names }) =>
          ticks(device, queries, 2 * names.length).then((times) =>
            names.map((name, i) =>
              [name, Math.max(0, Number(times[2 * i + 1] - times[2 * i]))] as const
            )
          )
        ),
      );
      return all.flat();
    },
    stop: () => {
      device.createCommandEncoder = createCommandEncoder;
      tf.env().set(BATCH, batch);
      for (const { queries } of sets) queries.destroy();
    },
  };
}

async function ticks(
  device: GPUDevice,
  queries: GPUQuerySet,
  count: number,
): Promise<BigUint64Array> {
  const size = 8 * count;
  const { COPY_SRC, COPY_DST, QUERY_RESOLVE, MAP_READ } = GPUBufferUsage;
  const resolved = device.createBuffer({ size, usage: QUERY_RESOLVE | COPY_SRC });
  const mapped = device.createBuffer({ size, usage: MAP_READ | COPY_DST });
  const encoder = device.createCommandEncoder();
  encoder.resolveQuerySet(queries, 0, count, resolved, 0);
  encoder.copyBufferToBuffer(resolved, 0, mapped, 0, size);
  device.queue.submit([encoder.finish()]);
  await mapped.mapAsync(GPUMapMode.READ);
  const times = new BigUint64Array(mapped.getMappedRange().slice(0));
  for (const buffer of [resolved, mapped]) buffer.destroy();
  return times;
}
