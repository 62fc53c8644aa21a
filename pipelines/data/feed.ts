/**
 * Feeds: batches of a split's samples for a model, gathered by index and normalised, on the device that
 * computes where that is possible, else on the host.
 *
 * @module
 */
import {
  gatherBytes,
  gatherBytesOnWasm,
  gatherFloats,
  gatherFloatsOnWasm,
} from "../../ops/kernels/gather.ts";
import { TensorTooLarge } from "../../ops/kernels/gpu.ts";
import { tf } from "../../ops/tfjs.ts";
import type { Samples } from "./dataset.ts";
import { leavesAsIs, normaliser, scalesOf, tablesOf } from "./normalise.ts";

/** Normalised samples from which batches are taken, each by the indices of its samples. */
export interface Feed {
  /**
   * Gathers a batch where it is needed: on webgpu and on wasm with SIMD a tensor [picks.length, size], which the
   * caller disposes of, else what `hostRows` returns.
   */
  readonly rows: (picks: Uint32Array) => tf.Tensor2D | Float32Array<ArrayBuffer>;
  /** Gathers a batch as numbers, row-major, in memory that the next call uses again. */
  readonly hostRows: (picks: Uint32Array) => Float32Array<ArrayBuffer>;
  /** Frees the feed's own tensors. */
  readonly dispose: () => void;
}

/** Gathers a batch on the device; null where it cannot. */
interface OnDevice {
  readonly rows: (picks: Uint32Array) => tf.Tensor2D | null;
  readonly dispose: () => void;
}

/**
 * Makes a feed of samples for tfjs's current backend. On webgpu their values are uploaded once, bytes as bytes,
 * for as long as the samples live, and a batch is its indices; samples too many for the device stay on the host.
 *
 * @param samples Samples of less than 2^31 values.
 * @param most The most samples of a batch.
 *
 * @example
 * ```ts
 * import { feedOf } from "./feed.ts";
 * import { startBackend } from "../../ops/backend.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await startBackend("wasm")();
 * const images = {
 *   count: 3,
 *   values: Uint8Array.of(0, 255, 0, 0, 255, 255),
 *   normalisation: { mean: [0], std: [1] },
 * };
 * const feed = feedOf(images, 2);
 * assertEquals(feed.hostRows(Uint32Array.of(2, 0)), Float32Array.of(1, 1, 0, 1));
 * feed.dispose();
 * ```
 */
export function feedOf(samples: Samples, most: number): Feed {
  const gather = normaliser(samples.normalisation);
  const size = samples.count === 0 ? 0 : samples.values.length / samples.count;
  let store: Float32Array<ArrayBuffer> | null = null;
  const hostRows = (picks: Uint32Array) => {
    // One buffer for all batches: fresh memory costs more than filling it.
    if (store === null || store.length < picks.length * size) {
      store = new Float32Array(Math.max(picks.length, Math.min(most, samples.count)) * size);
    }
    return gather(samples, size, picks, store.subarray(0, picks.length * size));
  };
  const backend = tf.getBackend();
  const { rows, dispose } = backend === "wasm"
    ? onWasm(samples, size)
    : backend === "webgpu"
    ? onGpu(samples, size)
    : onHost;
  return { rows: (picks) => rows(picks) ?? hostRows(picks), hostRows, dispose };
}

const onHost: OnDevice = { rows: () => null, dispose: () => {} };

function onWasm({ values, normalisation }: Samples, size: number): OnDevice {
  if (values instanceof Uint8Array) {
    const tables = tablesOf(normalisation);
    return { ...onHost, rows: (picks) => gatherBytesOnWasm(values, size, picks, tables) };
  }
  const { mean, factor } = scalesOf(normalisation);
  const spread = leavesAsIs(normalisation) ? null : Float32Array.from(
    { length: 2 * size },
    (_, i) => (i < size ? mean : factor)[i % size % mean.length],
  );
  return { ...onHost, rows: (picks) => gatherFloatsOnWasm(values, size, picks, spread) };
}

function onGpu({ values, normalisation }: Samples, size: number): OnDevice {
  const channels = normalisation.mean.length;
  const table = values instanceof Uint8Array
    ? tf.tensor2d(tablesOf(normalisation), [channels, 256])
    : scalesTensor(normalisation);
  const gather = (picks: Uint32Array) =>
    values instanceof Uint8Array
      ? gatherBytes(values, size, picks, table)
      : gatherFloats(values, size, picks, table);
  let fits = true;
  const rows = (picks: Uint32Array) => {
    if (!fits) return null;
    try {
      return gather(picks);
    } catch (thrown) {
      if (!(thrown instanceof TensorTooLarge)) throw thrown;
      fits = false;
      return null;
    }
  };
  return { rows, dispose: () => table.dispose() };
}

function scalesTensor(normalisation: Samples["normalisation"]): tf.Tensor2D {
  const { mean, factor } = scalesOf(normalisation);
  const both = new Float32Array(2 * mean.length);
  both.set(mean);
  both.set(factor, mean.length);
  return tf.tensor2d(both, [2, mean.length]);
}
