/**
 * The nodes as functions, each a graph of one node. They accept any number as an argument; shape inference says
 * which are out of range.
 *
 * @module
 */
import type { Gate, Graph, Over, Soft } from "./node.ts";
import type { Alike, First, Pair, Same, Shape } from "./types.ts";

// ---- Layers, activations and changes of shape

/** Options of {@linkcode linear}. */
export interface LinearOptions {
  /** Whether a bias is added. @default true */
  readonly bias?: boolean;
}

/**
 * y = x·W + b, on vectors.
 *
 * Params: "weight" of shape [inputs, outputs] and "bias" of shape [outputs].
 *
 * @param inputs At least 1. Left out, as in `linear(64)`, it is what the node before gives.
 * @param outputs At least 1.
 * @param options Options, as {@linkcode LinearOptions} describes them.
 *
 * @example
 * ```ts
 * import { linear } from "./constructors.ts";
 * import { show } from "./show.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(show(linear(784, 64)), "linear(784, 64)");
 * assertEquals(show(linear(64, { bias: false })), "linear(64, bias=false)");
 * ```
 */
export function linear<const I extends number, const O extends number>(
  inputs: I,
  outputs: O,
  options?: LinearOptions,
): Graph<readonly [I], readonly [O]>;
/**
 * Makes a linear layer whose number of inputs is left to shape inference.
 *
 * @param outputs Units of the layer, at least 1.
 * @param options Options, as {@linkcode LinearOptions} describes them.
 */
export function linear<const O extends number>(
  outputs: O,
  options?: LinearOptions,
): Graph<readonly [number], readonly [O]>;
export function linear(a: number, b?: number | LinearOptions, c?: LinearOptions): Graph {
  const [inputs, outputs, options] = typeof b === "number" ? [a, b, c] : [null, a, b];
  return { nodes: [{ _tag: "linear", inputs, outputs, bias: options?.bias ?? true }] };
}

/** max(x, 0), elementwise. */
export const relu: Graph<Shape, Same> = { nodes: [{ _tag: "relu" }] };

/** Logistic function, elementwise: 1 / (1 + exp(−x)). */
export const sigmoid: Graph<Shape, Same> = { nodes: [{ _tag: "sigmoid" }] };

/** The hyperbolic tangent, elementwise. */
export const tanh: Graph<Shape, Same> = { nodes: [{ _tag: "tanh" }] };

/**
 * x where x ≥ 0, else slope · x, elementwise.
 *
 * @param slope Any finite number; 0.01 where it is left out, as in torch.nn.LeakyReLU.
 */
export const leakyRelu = (slope = 0.01): Graph<Shape, Same> => ({
  nodes: [{ _tag: "leaky_relu", slope }],
});

/**
 * min(max(x, min), max), elementwise; the gradient is 1 from `min` to `max`, both included. `clip(0, 6)` is
 * ReLU6.
 *
 * @param min Any finite number.
 * @param max A finite number above `min`.
 *
 * @example
 * ```ts
 * import { clip } from "./constructors.ts";
 * import { show } from "./show.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(show(clip(0, 6)), "clip(0, 6)");
 * ```
 */
export const clip = (min: number, max: number): Graph<Shape, Same> => ({
  nodes: [{ _tag: "clip", min, max }],
});

/**
 * x · Φ(x), elementwise, exact by the error function.
 *
 * Source: Hendrycks & Gimpel 2016, and torch.nn.GELU.
 */
export const gelu: Graph<Shape, Same> = { nodes: [{ _tag: "gelu" }] };

/** exp(x_i) / Σ exp(x_j) along the last axis. */
export const softmax: Graph<Shape, Same> = { nodes: [{ _tag: "softmax" }] };

/** x_i − log Σ exp(x_j) along the last axis. */
export const logSoftmax: Graph<Shape, Same> = { nodes: [{ _tag: "log_softmax" }] };

/**
 * Reshapes a tensor to another shape of the same size, row-major.
 *
 * @param shape Integers of at least 1, batch axis left out.
 */
export const reshape = <const S extends Shape>(shape: S): Graph<Shape, S> => ({
  nodes: [{ _tag: "reshape", shape }],
});

/** Options of {@linkcode batchNorm}. */
export interface BatchNormOptions {
  /** Whether a learned scale and shift follow. @default true */
  readonly affine?: boolean;
  /** Share of a batch in the new running statistics, in (0, 1]. @default 0.1 */
  readonly momentum?: number;
  /** Number added to the variance, above 0. @default 1e-5 */
  readonly epsilon?: number;
}

/**
 * Batch norm: (x − mean) / √(variance + epsilon) · scale + shift for each channel, which is the last axis: of vectors
 * every unit, of images every map.
 *
 * In training mean and (biased) variance are the batch's own, and the running ones move towards them:
 * running ← (1 − momentum) · running + momentum · batch, with the unbiased variance. Evaluated, the
 * running ones are used. A batch of one value per channel has no variance to learn from.
 *
 * Params: "weight" (the scale) and "bias" (the shift), of shape [channels], where `affine`.
 * Plasticity: "running_mean" and "running_var", of shape [channels].
 *
 * Source: Ioffe & Szegedy 2015, algorithm 1; torch.nn.BatchNorm1d and BatchNorm2d.
 *
 * @param channels At least 1. Left out or null, it is what the node before gives.
 * @param options Options, as {@linkcode BatchNormOptions} describes them.
 *
 * @example
 * ```ts
 * import { batchNorm } from "./constructors.ts";
 * import { show } from "./show.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(show(batchNorm(64, { affine: false })), "batch_norm(64, affine=false)");
 * ```
 */
export const batchNorm = (
  channels: number | null = null,
  { affine = true, momentum = 0.1, epsilon = 1e-5 }: BatchNormOptions = {},
): Graph<Shape, Same> => ({
  nodes: [{ _tag: "batch_norm", inputs: channels, affine, momentum, epsilon }],
});

/**
 * Dropout. In training, sets each value to 0 with probability `rate`, drawn from the run's generator, and divides the
 * others by 1 − rate. In evaluation, the identity.
 *
 * Source: Srivastava et al. 2014; torch.nn.Dropout.
 *
 * @param rate The probability, in [0, 1); 0.5 where it is left out.
 */
export const dropout = (rate = 0.5): Graph<Shape, Same> => ({ nodes: [{ _tag: "dropout", rate }] });

/** Flattens any tensor to a vector, row-major. */
export const flatten: Graph<Shape, readonly [number]> = { nodes: [{ _tag: "flatten" }] };

/** The sum of the two tensors of a pair, which have one shape. */
export const add: Graph<Alike, First> = { nodes: [{ _tag: "add" }] };

/** The two tensors of a pair joined along their last axis. */
export const concat: Graph<Pair<Shape, Shape>, Shape> = { nodes: [{ _tag: "concat" }] };

// ---- Windows on images

/** Options of {@linkcode conv2d}. */
export interface Conv2dOptions {
  /** Pixels from one window to the next, at least 1. @default 1 */
  readonly stride?: number;
  /** Rows and columns of zeros at each edge, at least 0. @default 0 */
  readonly padding?: number;
  /**
   * Groups of channels, at least 1, which divide inputs and outputs: the outputs of a group see the inputs of the
   * same group alone. As many as there are inputs: a depthwise convolution. @default 1
   */
  readonly groups?: number;
  /** Whether a bias is added. @default true */
  readonly bias?: boolean;
}

/**
 * A cross-correlation over images [height, width, inputs], as torch.nn.Conv2d computes it; channels
 * are the last axis here.
 *
 * Params: "weight" of shape [size, size, inputs / groups, outputs] and "bias" of shape [outputs].
 *
 * @param inputs Channels, at least 1; null: what the node before gives.
 * @param outputs Channels, at least 1.
 * @param size Height and width of the kernel, at least 1.
 * @param options Options, as {@linkcode Conv2dOptions} describes them.
 *
 * @example
 * ```ts
 * import { conv2d } from "./constructors.ts";
 * import { show } from "./show.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(show(conv2d(3, 16, 5, { padding: 2 })), "conv2d(3, 16, 5, padding=2)");
 * assertEquals(show(conv2d(null, 16, 5)), "conv2d(16, 5)");
 * assertEquals(show(conv2d(32, 32, 3, { groups: 32 })), "conv2d(32, 32, 3, groups=32)");
 * ```
 */
export const conv2d = <const I extends number | null, const O extends number>(
  inputs: I,
  outputs: O,
  size: number,
  { stride = 1, padding = 0, groups = 1, bias = true }: Conv2dOptions = {},
): Graph<
  readonly [number, number, I extends number ? I : number],
  readonly [number, number, O]
> => ({ nodes: [{ _tag: "conv2d", inputs, outputs, size, stride, padding, groups, bias }] });

/**
 * The largest value of each window and channel of images [height, width, channels]; the gradient
 * goes to the first of equals, row by row.
 *
 * @param size Height and width of a window, at least 1.
 * @param stride Pixels from one window to the next, at least 1; the size where it is left out.
 * @param padding Rows and columns at each edge that windows may hang over by, from 0, which it is where it is
 * left out, to size − 1; the largest value is that of the pixels inside.
 */
export const maxPool2d = (
  size: number,
  stride?: number,
  padding = 0,
): Graph<readonly [number, number, number], readonly [number, number, number]> => ({
  nodes: [{ _tag: "max_pool2d", size, stride: stride ?? null, padding }],
});

/**
 * The mean of each window and channel of images [height, width, channels].
 *
 * @param size Height and width of a window, at least 1.
 * @param stride Pixels from one window to the next, at least 1; the size where it is left out.
 */
export const avgPool2d = (
  size: number,
  stride?: number,
): Graph<readonly [number, number, number], readonly [number, number, number]> => ({
  nodes: [{ _tag: "avg_pool2d", size, stride: stride ?? null }],
});

/**
 * The mean of each channel over an image of any height and width: [height, width, channels] → [1, 1, channels],
 * as torch.nn.AdaptiveAvgPool2d(1).
 */
export const globalAvgPool2d: Graph<
  readonly [number, number, number],
  readonly [1, 1, number]
> = { nodes: [{ _tag: "global_avg_pool2d" }] };

// ---- Competition

/** Options of {@linkcode kwta}. */
export interface KwtaOptions {
  /** Slope of the soft kWTA, above 0. @default 2 */
  readonly hardness?: number;
  /** The soft activation. @default "sigmoid" */
  readonly gate?: Gate;
  /** Whether the output is binary in training too, with a straight-through gradient. @default false */
  readonly hard?: boolean;
  /**
   * Units that compete with each other: all of a "sample"; of an image [height, width, channels] those of each
   * "channel", or the channels at each "location".
   *
   * @default "sample"
   */
  readonly over?: Over;
}

/** Options of {@linkcode learnedKwta}. */
export type LearnedKwtaOptions = Omit<KwtaOptions, "over">;

/** Options of {@linkcode predictedKwta}. */
export interface PredictedKwtaOptions extends LearnedKwtaOptions {
  /** Lowest sparsity, in (0, maxSparsity): a lower prediction is raised to it. @default 0.001 */
  readonly minSparsity?: number;
}

const soft = ({ hardness = 2, gate = "sigmoid", hard = false }: LearnedKwtaOptions): Soft | null =>
  hard ? null : { hardness, gate };

/**
 * k-winners-take-all: of the n units of a sample the k = ceil(sparsity · n) largest fire, at most
 * n − 1. Binary when evaluating; soft in training, unless `hard`. Of images the units of each channel
 * or at each location may compete on their own (`over`).
 *
 * Source: KWinnersTakeAll and KWinnersTakeAllSoft of dizcza/EmbedderSDR, models/kwta.py.
 *
 * @param sparsity Fraction of the units that win, in (0, 1].
 * @param options Options, as {@linkcode KwtaOptions} describes them.
 *
 * @example
 * ```ts
 * import { kwta } from "./constructors.ts";
 * import { show } from "./show.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(show(kwta(0.05)), "kwta(0.05)");
 * assertEquals(show(kwta(0.05, { hardness: 4 })), "kwta(0.05, hardness=4)");
 * assertEquals(show(kwta(0.05, { hard: true })), "kwta(0.05, hard)");
 * ```
 */
export const kwta = (sparsity: number, options: KwtaOptions = {}): Graph<Shape, Same> => ({
  nodes: [{ _tag: "kwta", sparsity, soft: soft(options), over: options.over ?? "sample" }],
});

/** Options of {@linkcode kWinners}. */
export interface KWinnersOptions {
  /** Strength with which a high duty cycle damps a unit, at least 0. @default 1 */
  readonly boost?: number;
  /** Period of the duty cycle's moving average, in samples, at least 1. @default 1000 */
  readonly period?: number;
  /** Factor on k when evaluated, above 0. @default 1 */
  readonly inferenceFactor?: number;
  /**
   * Units that compete with each other: all of a sample, or of an image those of each channel or location.
   *
   * @default "sample"
   */
  readonly over?: Over;
  /**
   * Whether only the first of equal units at the boundary win, so that there are exactly k.
   *
   * @default false
   */
  readonly breakTies?: boolean;
  /** Whether a winner below 0 is set to 0. @default false */
  readonly relu?: boolean;
}

/**
 * k winners that are transmitted as they are, all others 0: a layer between others, where
 * {@linkcode kwta} makes the code. Winners are chosen by x · exp(−boost · duty cycle), in training and
 * evaluated; k is sparsity · n rounded half to even, and `inferenceFactor` as large when evaluated (of
 * vectors truncated, of images rounded). With `breakTies: false` equals at the boundary all win, so
 * that there may be more than k.
 *
 * A unit's duty cycle is how often its output was above 0, over about the last `period` samples; of
 * images it is that of a channel, averaged over its locations. The gradient flows where a value is
 * transmitted.
 *
 * Plasticity: "duty_cycle" of shape [units] (of images [channels]) and "samples".
 *
 * Source: Ahmad & Scheinkman 2019, "How Can We Be So Dense? The Benefits of Using Highly Sparse
 * Representations" (arXiv 1903.11257); values checked against those of nupic.torch's KWinners and
 * KWinners2d.
 *
 * @param sparsity Fraction of the units that win, in (0, 1].
 * @param options Options, as {@linkcode KWinnersOptions} describes them.
 *
 * @example
 * ```ts
 * import { kWinners } from "./constructors.ts";
 * import { show } from "./show.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const layer = kWinners(0.1, { inferenceFactor: 1.5, over: "location" });
 * assertEquals(show(layer), "k_winners(0.1, inference_factor=1.5, over=location)");
 * ```
 */
export const kWinners = (
  sparsity: number,
  {
    boost = 1,
    period = 1000,
    inferenceFactor = 1,
    over = "sample",
    breakTies = false,
    relu = false,
  }: KWinnersOptions = {},
): Graph<Shape, Same> => ({
  nodes: [{
    _tag: "k_winners",
    sparsity,
    inputs: null,
    boost,
    period,
    inference_factor: inferenceFactor,
    over,
    break_ties: breakTies,
    relu,
  }],
});

/**
 * A kWTA whose thresholds are weights, one per unit: 1 where x is above its own. In training
 * gate(hardness · (x − threshold)), through which the thresholds learn, unless `hard`.
 *
 * Params: "threshold", of the shape of a sample.
 *
 * Source: KWinnersTakeAllSoft(emb_size=…) of dizcza/EmbedderSDR, models/kwta.py.
 *
 * @param options Options, as {@linkcode LearnedKwtaOptions} describes them.
 *
 * @example
 * ```ts
 * import { learnedKwta } from "./constructors.ts";
 * import { show } from "./show.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(show(learnedKwta({ hardness: 4 })), "learned_kwta(hardness=4)");
 * ```
 */
export const learnedKwta = (options: LearnedKwtaOptions = {}): Graph<Shape, Same> => ({
  nodes: [{ _tag: "learned_kwta", shape: null, soft: soft(options) }],
});

/**
 * A kWTA whose sparsity is predicted from the sample: s = max(sigmoid(x·w) · maxSparsity,
 * minSparsity). The threshold is the one that a fraction s of a normal distribution exceeds, of the
 * mean and the (unbiased) standard deviation of the sample's units: mean + std · √2 · erfinv(1 − 2s).
 * In training gate(hardness · (x − threshold)), unless `hard`; gradients flow through s, the mean and
 * the standard deviation.
 *
 * Params: "weight", of shape [units, 1].
 *
 * Source: SparsityPredictor of dizcza/EmbedderSDR, models/kwta.py.
 *
 * @param maxSparsity Upper bound of the sparsity, in (0, 1].
 * @param options Options, as {@linkcode PredictedKwtaOptions} describes them.
 *
 * @example
 * ```ts
 * import { predictedKwta } from "./constructors.ts";
 * import { show } from "./show.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(show(predictedKwta(0.3)), "predicted_kwta(0.3)");
 * ```
 */
export const predictedKwta = (
  maxSparsity: number,
  options: PredictedKwtaOptions = {},
): Graph<Shape, Same> => ({
  nodes: [{
    _tag: "predicted_kwta",
    inputs: null,
    max_sparsity: maxSparsity,
    min_sparsity: options.minSparsity ?? 0.001,
    soft: soft(options),
  }],
});

/** Winner-take-all: 1 for the largest unit of a sample, 0 for all others; the gradient is straight through. */
export const winnerTakeAll: Graph<Shape, Same> = { nodes: [{ _tag: "winner_take_all" }] };
