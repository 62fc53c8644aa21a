/**
 * k-winners-take-all on tensors.
 *
 * Source: models/kwta.py of dizcza/EmbedderSDR.
 *
 * @module
 */
import { tf } from "./tfjs.ts";
import type { Gate } from "../graph/node.ts";
import "./kernels/kwta_host.ts";
import "./kernels/kwta_gpu.ts";
import { HARD_KWTA, SOFT_KWTA } from "./kernels/kwta.ts";

/**
 * How many of n units win: ceil(sparsity · n) in float64, at most n − 1.
 *
 * The product is rounded before the ceiling, as in the reference: 0.14 · 50 → 8.
 *
 * @param sparsity In (0, 1].
 * @param n At least 2.
 *
 * @example
 * ```ts
 * import { winners } from "./kwta.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(winners(0.05, 512), 26);
 * assertEquals(winners(1, 7), 6);
 * ```
 */
export const winners = (sparsity: number, n: number): number =>
  Math.min(Math.ceil(sparsity * n), n - 1);

/** A function on rows [samples, units] made one on any shape, a sample's units flattened. */
const onRows = <T extends tf.Tensor>(x: T, f: (rows: tf.Tensor2D) => tf.Tensor): T => {
  if (x.rank === 2) return f(x as unknown as tf.Tensor2D) as T;
  const rows = x.shape[0];
  return tf.reshape(f(tf.reshape(x, [rows, x.size / Math.max(rows, 1)])), x.shape) as T;
};

/**
 * 1 where a unit is above the threshold of its sample, else 0.
 *
 * The threshold is midway between the k-th and the (k+1)-th largest value; the comparison is
 * strict, so a tie at the boundary loses as a whole, and fewer than k units may fire. The gradient
 * is straight through: that of the identity.
 *
 * @param x [samples, …units], float32.
 * @param sparsity In (0, 1].
 * @returns The same shape, zeros and ones.
 */
export const hardKwta = <T extends tf.Tensor>(x: T, sparsity: number): T =>
  onRows(
    x,
    (rows) =>
      tf.engine().runKernel(HARD_KWTA, { x: rows }, { k: winners(sparsity, rows.shape[1]) }),
  );

/**
 * 1 for the largest unit of a sample, 0 for all others: {@linkcode hardKwta} with k = 1.
 *
 * @param x [samples, …units], float32.
 * @returns The same shape; of a sample whose largest value stands twice, zeros.
 */
export const winnerTakeAll = <T extends tf.Tensor>(x: T): T =>
  onRows(x, (rows) => tf.engine().runKernel(HARD_KWTA, { x: rows }, { k: 1 }));

/**
 * gate(hardness · (x − threshold)), which tends to {@linkcode hardKwta} as the hardness grows.
 *
 * The gradient flows through the threshold too: with a_i = h·gate′(z_i)·dy_i it is a_i − ½ Σ a_j
 * for the k-th and the (k+1)-th largest and a_i for all others; it sums to 0 in every sample.
 *
 * @param x [samples, …units], float32.
 * @param sparsity In (0, 1].
 * @param hardness Above 0.
 * @param gate "sigmoid", or "hard_sigmoid": clamp(z + 3, 0, 6) / 6.
 * @returns The same shape, in [0, 1].
 */
export const softKwta = <T extends tf.Tensor>(
  x: T,
  sparsity: number,
  hardness: number,
  gate: Gate = "sigmoid",
): T =>
  onRows(x, (rows) => {
    const k = winners(sparsity, rows.shape[1]);
    const outputs = tf.engine().runKernel(SOFT_KWTA, { x: rows }, { k, hardness, gate });
    return (outputs as unknown as tf.Tensor[])[0];
  });
