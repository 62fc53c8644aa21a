/**
 * Many rows through a function on tensors, to packed codes.
 *
 * @module
 */
import type { Interrupted, SparrowError } from "../../../graph/error.ts";
import { E } from "../../../graph/fp_ts.ts";
import {
  type BinaryEmbeddings,
  type DenseEmbeddings,
  wordsPerCode,
} from "../../../ops/embeddings.ts";
import { packBits } from "../../../ops/pack_bits.ts";
import { tf } from "../../../ops/tfjs.ts";
import { breathe } from "../../breathe.ts";
import type { Env } from "../../env.ts";

/** Rows per batch: codes of 8,192 units take 8 MB. */
const BATCH = 250;

/**
 * Sends all rows through a function, batch by batch, and packs what comes out.
 *
 * @param make From [samples, width] to tensors [samples, units] of zeros and ones, as many for every
 * batch; it runs in a `tf.tidy`.
 * @returns Of each of the tensors the codes of all rows; `Interrupted` at the next batch after the
 * signal, `GpuError`.
 */
export async function inBatches(
  { count, width, values }: DenseEmbeddings,
  make: (x: tf.Tensor2D) => readonly tf.Tensor2D[],
  env: Env,
): Promise<E.Either<SparrowError, readonly BinaryEmbeddings[]>> {
  const codes: BinaryEmbeddings[] = [];
  for (let from = 0; from < count; from += BATCH) {
    await breathe(env);
    if (env.signal.aborted) return E.left(interrupted);
    const samples = Math.min(BATCH, count - from);
    const rows = values.subarray(from * width, (from + samples) * width);
    let widths: readonly number[] = [];
    const packed = tf.tidy(() => {
      const made = make(tf.tensor2d(rows, [samples, width]));
      widths = made.map(({ shape: [, units] }) => units);
      return made.map(packBits);
    });
    const outputs = await Promise.all(packed.map((tensor) => tensor.data<"int32">()));
    tf.dispose(packed);
    outputs.forEach((output, i) => {
      codes[i] ??= emptyCodes(count, widths[i]);
      codes[i].words.set(output, from * wordsPerCode(widths[i]));
    });
  }
  const fault = env.backend.fault();
  return fault === null ? E.right(codes) : E.left(fault);
}

const emptyCodes = (count: number, width: number): BinaryEmbeddings => ({
  kind: "binary",
  count,
  width,
  words: new Uint32Array(count * wordsPerCode(width)),
});

/** Nothing is trained: it is all one epoch without a step. */
const interrupted: Interrupted = { _tag: "Interrupted", epoch: 1, step: 0 };
