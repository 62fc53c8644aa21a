/**
 * Codes packed where they were made.
 *
 * @module
 */
import { PACK_BITS } from "./kernels/pack_bits.ts";
import { tf } from "./tfjs.ts";

/**
 * Packs rows of zeros and ones, 32 units per word, on the backend that has them.
 *
 * @param x [rows, units]; whatever is above 0 is a 1.
 * @returns int32 [rows, ⌈units / 32⌉]: the words of binary `Embeddings`, read as signed.
 *
 * @example
 * ```ts
 * import { packBits } from "./pack_bits.ts";
 * import { startBackend } from "./backend.ts";
 * import { tf } from "./tfjs.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await startBackend("cpu")();
 * const words = packBits(tf.tensor2d([[1, 0, 0], [0, 1, 1]]));
 * assertEquals([...words.dataSync()], [1, 6]);
 * words.dispose();
 * ```
 */
export const packBits = (x: tf.Tensor2D): tf.Tensor2D =>
  tf.engine().runKernel(PACK_BITS, { x }) as tf.Tensor2D;
