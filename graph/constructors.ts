/**
 * The nodes as functions, each a graph of one node. They accept any number; shape inference says
 * which are out of range.
 *
 * @module
 */
import type { Graph } from "./node.ts";
import type { Alike, First, Pair, Same, Shape } from "./types.ts";

export * from "./image_constructors.ts";
export * from "./kwta_constructors.ts";

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
/** The same with the inputs left to shape inference. */
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

/** 1 / (1 + exp(−x)), elementwise. */
export const sigmoid: Graph<Shape, Same> = { nodes: [{ _tag: "sigmoid" }] };

/** The hyperbolic tangent, elementwise. */
export const tanh: Graph<Shape, Same> = { nodes: [{ _tag: "tanh" }] };

/**
 * x where x ≥ 0, else slope · x, elementwise.
 *
 * @param slope Any finite number; 0.01, as in torch.nn.LeakyReLU.
 */
export const leakyRelu = (slope = 0.01): Graph<Shape, Same> => ({
  nodes: [{ _tag: "leaky_relu", slope }],
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
 * Another shape of the same size, row-major.
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
  /** Added to the variance, above 0. @default 1e-5 */
  readonly epsilon?: number;
}

/**
 * (x − mean) / √(variance + epsilon) · scale + shift for each channel, which is the last axis: of
 * vectors every unit, of images every map.
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
 * In training each value is 0 with probability `rate`, drawn from the run's generator, and the others
 * are divided by 1 − rate. Evaluated, nothing happens.
 *
 * Source: Srivastava et al. 2014; torch.nn.Dropout.
 *
 * @param rate In [0, 1); 0.5.
 */
export const dropout = (rate = 0.5): Graph<Shape, Same> => ({ nodes: [{ _tag: "dropout", rate }] });

/** Any tensor to a vector, row-major. */
export const flatten: Graph<Shape, readonly [number]> = { nodes: [{ _tag: "flatten" }] };

/** The sum of the two tensors of a pair. */
export const add: Graph<Alike, First> = { nodes: [{ _tag: "add" }] };

/** The two tensors of a pair joined along their last axis. */
export const concat: Graph<Pair<Shape, Shape>, Shape> = { nodes: [{ _tag: "concat" }] };
