/**
 * Batch norm on tensors.
 *
 * Source: Ioffe & Szegedy 2015, algorithms 1 and 2; torch.nn.BatchNorm2d.
 *
 * @module
 */
import "./kernels/batch_norm_gpu.ts";
import "./kernels/batch_norm_host.ts";
import { BATCH_NORM } from "./kernels/batch_norm.ts";
import { tf } from "./tfjs.ts";

/** Per channel, each [channels]. */
export interface Statistics {
  /** The means. */
  readonly mean: tf.Tensor1D;
  /** The variances. */
  readonly variance: tf.Tensor1D;
}

/** A learned scale and shift, each [channels]; none for none. */
export interface Affine {
  /** The scale. */
  readonly weight?: tf.Tensor1D;
  /** The shift. */
  readonly bias?: tf.Tensor1D;
}

/**
 * (x − mean) / √(variance + epsilon) · weight + bias by the batch's own mean and biased variance,
 * through both of which the gradient flows.
 *
 * @param x [samples, …, channels], float32.
 * @param epsilon Above 0.
 * @returns The same shape, and the statistics; no gradient flows through those.
 */
export function batchNorm<T extends tf.Tensor>(
  x: T,
  { weight, bias }: Affine,
  epsilon: number,
): readonly [T, Statistics] {
  const channels = x.shape[x.rank - 1];
  const [y, statistics]: tf.Tensor2D[] = tf.engine().runKernel(
    BATCH_NORM,
    {
      x: tf.reshape(x, [-1, channels]),
      weight: weight ?? tf.ones([channels]),
      bias: bias ?? tf.zeros([channels]),
    },
    { epsilon },
  );
  const row = (i: number) => tf.reshape(tf.slice(statistics, [i, 0], [1, -1]), [-1]) as tf.Tensor1D;
  return [tf.reshape(y, x.shape) as T, { mean: row(0), variance: row(1) }];
}

/** The same by given statistics: an affine map per channel. */
export function normaliseBy<T extends tf.Tensor>(
  x: T,
  { mean, variance }: Statistics,
  { weight, bias }: Affine,
  epsilon: number,
): T {
  const inverse = tf.rsqrt(tf.add(variance, epsilon));
  const scale = weight === undefined ? inverse : tf.mul(inverse, weight);
  const shift = tf.neg(tf.mul(mean, scale));
  return tf.add(tf.mul(x, scale), bias === undefined ? shift : tf.add(shift, bias)) as T;
}

/**
 * The running statistics after a batch: (1 − momentum) · running + momentum · batch, with the unbiased
 * variance, samples / (samples − 1) times the biased one.
 *
 * @param samples Values per channel in the batch. One alone has no variance: the running one stays.
 */
export const track = (
  running: Statistics,
  batch: Statistics,
  samples: number,
  momentum: number,
): Statistics => {
  const towards = (from: tf.Tensor1D, to: tf.Tensor1D, factor: number) =>
    tf.add(tf.mul(from, 1 - momentum), tf.mul(to, momentum * factor)) as tf.Tensor1D;
  return {
    mean: towards(running.mean, batch.mean, 1),
    variance: samples > 1
      ? towards(running.variance, batch.variance, samples / (samples - 1))
      : tf.clone(running.variance),
  };
};
