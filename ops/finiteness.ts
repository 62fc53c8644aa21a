/**
 * Whether numbers are finite, told by one number.
 *
 * @module
 */
import { tf } from "./tfjs.ts";

/**
 * 0 where every number of all tensors is finite, and NaN otherwise: a NaN or an infinity times 0 is NaN, and
 * so is every sum with it. It stays on the backend, so that it can be read with others.
 *
 * @param tensors At least one, of float32.
 *
 * @example
 * ```ts
 * import { finiteness } from "./finiteness.ts";
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
