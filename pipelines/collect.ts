/**
 * Batches of outputs gathered into embeddings.
 *
 * @module
 */
import { type Embeddings, wordsPerCode } from "../ops/embeddings.ts";
import { packBits } from "../ops/pack_bits.ts";
import { tf } from "../ops/tfjs.ts";

/** Embeddings that are being gathered. */
export interface Collector {
  /** What is to be read of the outputs [samples, …] of a batch: packed codes where they are binary. */
  readonly compact: (outputs: tf.Tensor) => tf.Tensor;
  /** Takes what was read of a batch, the first sample of which is number `from`. */
  readonly add: (read: Float32Array | Int32Array, from: number) => void;
  /** All that were given. */
  readonly embeddings: () => Embeddings;
}

/**
 * Gathers the outputs of `count` samples, batch by batch; their width is that of the first batch.
 *
 * @param binary Whether they are zeros and ones, to be packed on the backend that has them.
 *
 * @example
 * ```ts
 * import { collector } from "./collect.ts";
 * import { startBackend } from "../ops/backend.ts";
 * import { tf } from "../ops/tfjs.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await startBackend("cpu")();
 * const { compact, add, embeddings } = collector(2, true);
 * const packed = compact(tf.tensor2d([[1, 0, 0], [0, 1, 1]]));
 * add(await packed.data<"int32">(), 0);
 * assertEquals(embeddings(), { kind: "binary", count: 2, width: 3, words: Uint32Array.of(1, 6) });
 * ```
 */
export function collector(count: number, binary: boolean): Collector {
  let width = 0;
  let words = new Uint32Array();
  let numbers = new Float32Array();
  const begin = (units: number) => {
    width = units;
    if (binary) words = new Uint32Array(count * wordsPerCode(width));
    else numbers = new Float32Array(count * width);
  };
  return {
    compact: (outputs) => {
      if (width === 0) begin(outputs.size / outputs.shape[0]);
      return binary ? packBits(tf.reshape(outputs, [-1, width])) : outputs;
    },
    add: (read, from) => {
      if (binary) words.set(read, from * wordsPerCode(width));
      else numbers.set(read, from * width);
    },
    embeddings: () =>
      binary
        ? { kind: "binary", count, width, words }
        : { kind: "dense", count, width, values: numbers },
  };
}
