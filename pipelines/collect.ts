/**
 * Batches of outputs gathered into embeddings.
 *
 * @module
 */
import { type Embeddings, packRows, stride } from "../ops/embeddings.ts";

/** Embeddings that are being gathered. */
export interface Collector {
  /** Takes the outputs of `samples` samples, row-major, the first of which is number `from`. */
  readonly add: (values: Float32Array, from: number, samples: number) => void;
  /** All that were given. */
  readonly embeddings: () => Embeddings;
}

/**
 * Gathers the outputs of `count` samples, batch by batch; their width is that of the first batch.
 *
 * @param binary Whether they are zeros and ones, to be packed.
 *
 * @example
 * ```ts
 * import { collector } from "./collect.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const { add, embeddings } = collector(2, true);
 * add(Float32Array.of(1, 0, 0), 0, 1);
 * add(Float32Array.of(0, 1, 1), 1, 1);
 * assertEquals(embeddings(), { kind: "binary", count: 2, width: 3, words: Uint32Array.of(1, 6) });
 * ```
 */
export function collector(count: number, binary: boolean): Collector {
  let width = 0;
  let words = new Uint32Array();
  let numbers = new Float32Array();
  return {
    add: (values, from, samples) => {
      if (width === 0) {
        width = values.length / samples;
        if (binary) words = new Uint32Array(count * stride(width));
        else numbers = new Float32Array(count * width);
      }
      if (binary) packRows(values, width, words, from * stride(width));
      else numbers.set(values, from * width);
    },
    embeddings: () =>
      binary
        ? { kind: "binary", count, width, words }
        : { kind: "dense", count, width, values: numbers },
  };
}
