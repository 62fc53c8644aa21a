/**
 * Layers without a competition, as functions of tensors: the linear map, convolution and pooling on images [samples,
 * height, width, channels], batch norm, dropout, and the activations that tfjs lacks or computes in another way.
 *
 * @module
 */
import { type Params, tf } from "./tfjs.ts";
import { LINEAR, LINEAR_RELU } from "./kernels/linear.ts";
import { dropoutMask, type Rng } from "../graph/rng.ts";
import { sizeOf } from "../graph/shape.ts";
import type { Lowered } from "./lowered.ts";
import { depthwise } from "./kernels/depthwise.ts";
import { grid, IM2COL, type WindowAttributes } from "./kernels/im2col.ts";
import { MAX_POOL } from "./kernels/max_pool.ts";
import { BATCH_NORM } from "./kernels/batch_norm.ts";

// ---- Linear map

/**
 * x·W + b.
 *
 * @param x [samples, inputs].
 * @param weight [inputs, outputs].
 * @param bias [outputs], if any.
 * @returns [samples, outputs].
 */
export const linear = (
  x: tf.Tensor2D,
  weight: tf.Tensor2D,
  bias?: tf.Tensor1D,
): tf.Tensor2D =>
  tf.engine().runKernel(LINEAR, bias === undefined ? { x, weight } : { x, weight, bias });

/** max(0, x·W + b), of the arguments of {@linkcode linear}: on webgpu one kernel, elsewhere two. */
export const linearRelu: typeof linear = (x, weight, bias) =>
  tf.getBackend() === "webgpu"
    ? tf.engine().runKernel(LINEAR_RELU, bias === undefined ? { x, weight } : { x, weight, bias })
    : tf.relu(linear(x, weight, bias));

// ---- Activations

/**
 * x · Φ(x) = x/2 · (1 + erf(x / √2)), elementwise.
 *
 * Source: Hendrycks & Gimpel 2016, equation 1.
 */
export const gelu = <T extends tf.Tensor>(x: T): T =>
  tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)) as T;

/** x_i − max − log Σ exp(x_j − max) along the last axis: no exponential overflows. */
export function logSoftmax<T extends tf.Tensor>(x: T): T {
  const shifted = tf.sub(x, tf.max(x, -1, true));
  return tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), -1, true))) as T;
}

/** exp(x_i) / Σ exp(x_j) along the last axis. */
export const softmax = <T extends tf.Tensor>(x: T): T => tf.softmax(x, -1);

// ---- Windows on images

/** Layout of windows on an image. */
export interface Windows {
  /** Height and width of a window, at least 1. */
  readonly size: number;
  /** Pixels from one to the next, at least 1. */
  readonly stride: number;
  /** Rows and columns of zeros at each edge, at least 0. */
  readonly padding: number;
}

/** Returns windows as rows [samples·rows·columns, size·size·channels], and their number. */
function windowsOf(x: tf.Tensor4D, { size, stride, padding }: Windows) {
  const [samples, height, width, channels] = x.shape;
  const attributes: WindowAttributes = { height, width, channels, size, stride, padding };
  const patches: tf.Tensor2D = tf.engine().runKernel(
    IM2COL,
    { x },
    attributes as unknown as tf.NamedAttrMap,
  );
  const [rows, columns] = grid(attributes);
  return { patches, samples, rows, columns, channels };
}

/** Options of {@linkcode conv2d}. */
export interface ConvolutionOptions extends Omit<Windows, "size"> {
  /** Groups of channels; a divisor of inputs and outputs. @default 1 */
  readonly groups?: number;
}

/**
 * A cross-correlation, as torch.nn.functional.conv2d computes it but for the order of the axes.
 *
 * @param x [samples, height, width, inputs].
 * @param weight [size, size, inputs / groups, outputs].
 * @param bias [outputs], if any.
 * @returns [samples, rows, columns, outputs], rows = ⌊(height + 2·padding − size) / stride⌋ + 1.
 */
export function conv2d(
  x: tf.Tensor4D,
  weight: tf.Tensor4D,
  bias: tf.Tensor1D | undefined,
  { stride, padding, groups = 1 }: ConvolutionOptions,
): tf.Tensor4D {
  const [size, , inputs, outputs] = weight.shape;
  if (groups > 1) {
    const y = inputs === 1
      ? depthwise(x, weight, { stride, padding })
      : inGroups(x, weight, { stride, padding, groups });
    return bias === undefined ? y : tf.add(y, bias);
  }
  const matrix = tf.reshape(weight, [size * size * inputs, outputs]) as tf.Tensor2D;
  // The windows of one pixel are the pixels.
  if (size === 1 && stride === 1 && padding === 0) {
    const pixels = tf.reshape(x, [-1, inputs]) as tf.Tensor2D;
    const [samples, height, width] = x.shape;
    return tf.reshape(linear(pixels, matrix, bias), [samples, height, width, outputs]);
  }
  const { patches, samples, rows, columns } = windowsOf(x, { size, stride, padding });
  return tf.reshape(linear(patches, matrix, bias), [samples, rows, columns, outputs]);
}

/** A convolution for each group of channels. */
function inGroups(
  x: tf.Tensor4D,
  weight: tf.Tensor4D,
  { groups = 1, ...windows }: ConvolutionOptions,
): tf.Tensor4D {
  const filters = tf.split<tf.Tensor4D>(weight, groups, 3);
  return tf.concat(
    tf.split<tf.Tensor4D>(x, groups, 3).map((channels, i) =>
      conv2d(channels, filters[i], undefined, windows)
    ),
    3,
  );
}

/** Windows as [samples, rows, columns, pixels, channels]. */
function pixelsOf(x: tf.Tensor4D, size: number, stride: number): tf.Tensor5D {
  const { patches, samples, rows, columns, channels } = windowsOf(x, { size, stride, padding: 0 });
  return tf.reshape(patches, [samples, rows, columns, size * size, channels]);
}

/**
 * The largest value of each window and channel, of those of its pixels that are inside the image. The gradient
 * goes to the first of equals, row by row, as in torch.nn.functional.max_pool2d.
 *
 * @param x [samples, height, width, channels].
 * @param padding Below `size`.
 * @returns [samples, rows, columns, channels], rows = ⌊(height + 2·padding − size) / stride⌋ + 1.
 */
export function maxPool2d(
  x: tf.Tensor4D,
  size: number,
  stride: number,
  padding = 0,
): tf.Tensor4D {
  const [, height, width] = x.shape;
  const [y]: tf.Tensor4D[] = tf.engine().runKernel(MAX_POOL, { x }, {
    height,
    width,
    size,
    stride,
    padding,
  });
  return y;
}

/**
 * The mean of each window and channel.
 *
 * @param x [samples, height, width, channels].
 * @returns [samples, rows, columns, channels], rows = ⌊(height − size) / stride⌋ + 1.
 */
export const avgPool2d = (x: tf.Tensor4D, size: number, stride: number): tf.Tensor4D =>
  tf.mean(pixelsOf(x, size, stride), 3);

/** The mean of each channel: [samples, height, width, channels] → [samples, 1, 1, channels]. */
export function globalAvgPool2d(x: tf.Tensor4D): tf.Tensor4D {
  const [samples, height, width, channels] = x.shape;
  const pixels = tf.reshape(x, [samples, height * width, channels]);
  return tf.reshape(tf.mean(pixels, 1), [samples, 1, 1, channels]);
}

// ---- Batch norm

/** The mean and the variance of each channel, both [channels]. */
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
 * Batch norm in training: (x − mean) / √(variance + epsilon) · weight + bias by the batch's own mean and biased
 * variance, through both of which the gradient flows.
 *
 * Source: Ioffe & Szegedy 2015, algorithm 1; torch.nn.BatchNorm2d.
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

/**
 * Batch norm by given statistics: (x − mean) / √(variance + epsilon) · weight + bias, an affine map per channel.
 *
 * Source: Ioffe & Szegedy 2015, algorithm 2.
 */
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

// ---- Dropout

/** A tensor with each element 0 with a probability and otherwise times a factor. */
function thinned<T extends tf.Tensor>(
  x: T,
  rate: number,
  factor: number,
  rng: Rng,
): readonly [T, Rng] {
  const [kept, rest] = dropoutMask(sizeOf(x.shape), rate, factor, rng);
  return [tf.mul(x, tf.tensor(kept, x.shape)) as T, rest];
}

/**
 * A dropout of values: each is 0 with the probability `rate`, in [0, 1), and otherwise divided by 1 −
 * rate.
 */
export const dropout = (rate: number): Lowered => ({
  evaluate: (_, x) => x,
  train: (_, signal) => {
    if (rate === 0) return signal;
    const [value, rng] = thinned(signal.value as tf.Tensor, rate, 1 / (1 - rate), signal.rng);
    return { ...signal, value, rng };
  },
});

/**
 * f with some of its weights 0 in training.
 *
 * @param prefix Beginning of the paths of the node's params.
 * @param rate The probability that a weight is 0, in [0, 1).
 * @param factor Factor on the weights that stay.
 */
export const dropConnect = (
  f: Lowered,
  prefix: string,
  rate: number,
  factor: number,
): Lowered => ({
  evaluate: f.evaluate,
  train: (params, signal) => {
    let rng = signal.rng;
    const thin = ([path, tensor]: readonly [string, tf.Tensor]) => {
      if (rate === 0 || !isConnection(path, tensor, prefix)) return [path, tensor] as const;
      const [kept, rest] = thinned(tensor, rate, factor, rng);
      rng = rest;
      return [path, kept] as const;
    };
    const thinner: Params = Object.fromEntries(Object.entries(params).map(thin));
    return f.train(thinner, { ...signal, rng });
  },
});

/** Weights that connect units are matrices at least; a bias, a scale or a threshold is not. */
const isConnection = (path: string, { rank }: tf.Tensor, prefix: string): boolean =>
  path.startsWith(prefix) && path.endsWith(".weight") && rank >= 2;
