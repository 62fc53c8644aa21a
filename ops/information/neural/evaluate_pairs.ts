/**
 * A critic's model on many pairs, read back as plain numbers.
 *
 * @module
 */
import type { NonFinite } from "../../../graph/error.ts";
import type { Lowered, Weights } from "../../lowered.ts";
import { tf } from "../../tfjs.ts";
import { type Pairs, writeRows } from "./pairs.ts";

/** Rows that are evaluated at once. */
const CHUNK = 8192;

/**
 * What the model makes of the rows (x_i, y_partner(i)), all i.
 *
 * @param model One that ends in one tensor, or in a pair of them.
 * @returns Of each end, in order, as many numbers per row as it has units, row-major.
 */
export async function evaluatePairs(
  model: Lowered,
  weights: Weights,
  pairs: Pairs,
  partner: (i: number) => number,
): Promise<readonly Float32Array[]> {
  const width = (pairs.x.length + pairs.y.length) / pairs.count;
  const parts: (readonly Float32Array[])[] = [];
  for (let from = 0; from < pairs.count; from += CHUNK) {
    const to = Math.min(from + CHUNK, pairs.count);
    const rows = new Float32Array((to - from) * width);
    writeRows(pairs, [from, to], partner, rows);
    const ends = tf.tidy(() => {
      const value = model.evaluate(weights, tf.tensor2d(rows, [to - from, width]));
      return (value instanceof tf.Tensor ? [value] : [value.first, value.second]) as tf.Tensor[];
    });
    try {
      parts.push(await Promise.all(ends.map((end) => end.data<"float32">())));
    } finally {
      tf.dispose(ends);
    }
  }
  return parts[0].map((_, end) => joined(parts.map((part) => part[end])));
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** The error of the first of a critic's numbers that is not finite, if any. */
export function nonFiniteScore(scores: ArrayLike<number>): NonFinite | null {
  for (let i = 0; i < scores.length; i++) {
    if (!Number.isFinite(scores[i])) {
      const place = { epoch: 1, step: 0, lastGood: null };
      return { _tag: "NonFinite", tensor: "scores of held-out pairs", value: scores[i], ...place };
    }
  }
  return null;
}
