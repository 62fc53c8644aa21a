/**
 * Feeds: batches of a split's images for a model, gathered by index and normalised, on the device that
 * computes where that is possible, else on the host.
 *
 * @module
 */
import { gatherBytes, gatherBytesOnWasm } from "../../ops/kernels/gather.ts";
import { TensorTooLarge } from "../../ops/kernels/gpu.ts";
import { tf } from "../../ops/tfjs.ts";
import type { Images } from "./dataset.ts";
import { normaliser, tablesOf } from "./normalise.ts";

/** Normalised images from which batches are taken, each by the indices of its images. */
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

/**
 * Makes a feed of images for tfjs's current backend. On webgpu their bytes are uploaded once, for as long as
 * the images live, and a batch is its indices; images too many for the device stay on the host.
 *
 * @param images Of less than 2^31 bytes.
 * @param most The most images of a batch.
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
 *   pixels: Uint8Array.of(0, 255, 0, 0, 255, 255),
 *   normalisation: { mean: [0], std: [1] },
 * };
 * const feed = feedOf(images, 2);
 * assertEquals(feed.hostRows(Uint32Array.of(2, 0)), Float32Array.of(1, 1, 0, 1));
 * feed.dispose();
 * ```
 */
export function feedOf(images: Images, most: number): Feed {
  const { normalisation } = images;
  const gather = normaliser(normalisation);
  const size = images.count === 0 ? 0 : images.pixels.length / images.count;
  let store: Float32Array<ArrayBuffer> | null = null;
  const hostRows = (picks: Uint32Array) => {
    // One buffer for all batches: fresh memory costs more than filling it.
    store ??= new Float32Array(Math.min(most, images.count) * size);
    return gather(images, size, picks, store.subarray(0, picks.length * size));
  };
  const tables = tablesOf(normalisation);
  if (tf.getBackend() === "wasm") {
    const rows = (picks: Uint32Array) =>
      gatherBytesOnWasm(images.pixels, size, picks, tables) ?? hostRows(picks);
    return { rows, hostRows, dispose: () => {} };
  }
  if (tf.getBackend() !== "webgpu") return { rows: hostRows, hostRows, dispose: () => {} };
  const values = tf.tensor2d(tables, [normalisation.mean.length, 256]);
  let fits = true;
  const rows = (picks: Uint32Array) => {
    if (!fits) return hostRows(picks);
    try {
      return gatherBytes(images.pixels, size, picks, values);
    } catch (thrown) {
      if (!(thrown instanceof TensorTooLarge)) throw thrown;
      fits = false;
      return hostRows(picks);
    }
  };
  return { rows, hostRows, dispose: () => values.dispose() };
}
