/**
 * k-winners-take-all on tensors.
 *
 * Source: models/kwta.py of dizcza/EmbedderSDR.
 *
 * @module
 */
import { tf } from "./tfjs.ts";
import type { Gate, Over, Soft } from "../graph/node.ts";
import "./kernels/kwta_simd.ts";
import "./kernels/kwta_gpu.ts";
import { HARD_KWTA, SOFT_KWTA } from "./kernels/kwta.ts";
import { linear } from "./linear.ts";
import { upperQuantile } from "./normal_quantile.ts";

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
 * import { winnerCount } from "./kwta.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(winnerCount(0.05, 512), 26);
 * assertEquals(winnerCount(1, 7), 6);
 * ```
 */
export const winnerCount = (sparsity: number, n: number): number =>
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
      tf.engine().runKernel(HARD_KWTA, { x: rows }, { k: winnerCount(sparsity, rows.shape[1]) }),
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
    const k = winnerCount(sparsity, rows.shape[1]);
    const outputs = tf.engine().runKernel(SOFT_KWTA, { x: rows }, { k, hardness, gate });
    return (outputs as unknown as tf.Tensor[])[0];
  });

/**
 * A function of competing units made one on images: with `over` "channel" those of each channel
 * compete, with "location" the channels at each place, with "sample" all.
 *
 * @param x [samples, height, width, channels]; any shape for "sample".
 * @param f Of tensors whose first axis tells the competitions apart; keeps their shape.
 * @returns The same shape.
 */
export function competing(x: tf.Tensor, over: Over, f: (rows: tf.Tensor) => tf.Tensor): tf.Tensor {
  if (over === "sample") return f(x);
  const [samples, height, width, channels] = x.shape;
  if (over === "location") {
    return tf.reshape(f(tf.reshape(x, [samples * height * width, channels])), x.shape);
  }
  const maps = tf.transpose(x, [0, 3, 1, 2]);
  const result = f(tf.reshape(maps, [samples * channels, height * width]));
  return tf.transpose(tf.reshape(result, maps.shape), [0, 2, 3, 1]);
}

/** clamp(z + 3, 0, 6) / 6, or 1 / (1 + exp(−z)). */
const open = (z: tf.Tensor, gate: Gate): tf.Tensor =>
  gate === "sigmoid" ? tf.sigmoid(z) : tf.div(tf.clipByValue(tf.add(z, 3), 0, 6), 6);

/**
 * 1 where x is above a threshold, else 0, with a gradient that is straight through to x and none to
 * the threshold; or, soft, gate(hardness · (x − threshold)), with gradients to both.
 *
 * @param x [samples, …units], float32.
 * @param threshold Broadcast to the shape of x.
 * @param soft null: hard.
 * @returns The shape of x.
 */
export function thresholded(x: tf.Tensor, threshold: tf.Tensor, soft: Soft | null): tf.Tensor {
  if (soft !== null) return open(tf.mul(tf.sub(x, threshold), soft.hardness), soft.gate);
  const above = tf.customGrad((values) => ({
    // The sign of the difference: a comparison that broadcasts is slow on wasm.
    value: tf.step(tf.sub(values as tf.Tensor, threshold)),
    gradFunc: (dy: tf.Tensor) => tf.clone(dy),
  }));
  return above(x);
}

/**
 * The threshold that a predicted fraction of a sample's units exceeds, if they are normally
 * distributed: mean + std · z(s), s = max(sigmoid(x·w) · most, least), P(Z > z(s)) = s, of the units'
 * mean and unbiased standard deviation.
 *
 * Source: SparsityPredictor of dizcza/EmbedderSDR, models/kwta.py.
 *
 * @param rows [samples, units].
 * @param weight [units, 1].
 * @param most In (0, 1].
 * @param least In (0, most).
 * @returns [samples, 1].
 */
export function predictedThreshold(
  rows: tf.Tensor2D,
  weight: tf.Tensor2D,
  most: number,
  least: number,
): tf.Tensor2D {
  const units = rows.shape[1];
  const sparsity = tf.maximum(tf.mul(tf.sigmoid(linear(rows, weight)), most), least);
  const mean = tf.mean(rows, 1, true);
  const squares = tf.sum(tf.square(tf.sub(rows, mean)), 1, true);
  // Of a constant row the root would have an infinite slope.
  const deviation = tf.sqrt(tf.maximum(tf.div(squares, units - 1), 1e-20));
  return tf.add(mean, tf.mul(deviation, upperQuantile(sparsity))) as tf.Tensor2D;
}
