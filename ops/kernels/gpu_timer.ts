/**
 * How long every program takes on a GPU, by its timestamps.
 *
 * @module
 */
import { tf, type WebGPUBackend } from "../tfjs.ts";

/** The most timestamps that a query set may hold. */
const SLOTS = 4096;

/** Query sets at the most: what comes after some 130,000 programs is not timed. */
const MOST_SETS = 64;

/** tfjs's flag for how many programs it submits at once: a pass of its own for each is timed alone. */
const BATCH = "WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE";

/** Times the programs of a device from its making on. */
export interface GpuTimer {
  /** The nanoseconds of each program, with the name that there was when it was recorded. */
  readonly read: () => Promise<readonly (readonly [name: string, nanoseconds: number])[]>;
  /** Ends the timing, and frees what it holds. */
  readonly stop: () => void;
}

/**
 * Starts timing.
 *
 * @param nameNow What is being computed, whenever a program is recorded.
 * @returns null where the device has no timestamps.
 */
export function timeGpu(backend: WebGPUBackend, nameNow: () => string): GpuTimer | null {
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
