/**
 * The nodes as functions, each a graph of one node. They accept any number; shape inference says
 * which are out of range.
 *
 * @module
 */
import type { Gate, Graph } from "./node.ts";
import type { Alike, First, Pair, Same, Shape } from "./types.ts";

/** Options of {@linkcode linear}. */
export interface LinearOptions {
  /** Whether a bias is added; true. */
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

/** 1 for the largest unit of a sample, 0 for all others; the gradient is straight through. */
export const winnerTakeAll: Graph<Shape, Same> = { nodes: [{ _tag: "winner_take_all" }] };

/**
 * Another shape of the same size, row-major.
 *
 * @param shape Integers of at least 1, batch axis left out.
 */
export const reshape = <const S extends Shape>(shape: S): Graph<Shape, S> => ({
  nodes: [{ _tag: "reshape", shape }],
});

/** Options of {@linkcode conv2d}. */
export interface Conv2dOptions {
  /** Pixels from one window to the next, at least 1; 1. */
  readonly stride?: number;
  /** Rows and columns of zeros at each edge, at least 0; 0. */
  readonly padding?: number;
  /** Whether a bias is added; true. */
  readonly bias?: boolean;
}

/**
 * A cross-correlation over images [height, width, inputs], as torch.nn.Conv2d computes it; channels
 * are the last axis here.
 *
 * Params: "weight" of shape [size, size, inputs, outputs] and "bias" of shape [outputs].
 *
 * @param inputs Channels, at least 1; null: what the node before gives.
 * @param outputs Channels, at least 1.
 * @param size Height and width of the kernel, at least 1.
 *
 * @example
 * ```ts
 * import { conv2d } from "./constructors.ts";
 * import { show } from "./show.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(show(conv2d(3, 16, 5, { padding: 2 })), "conv2d(3, 16, 5, padding=2)");
 * assertEquals(show(conv2d(null, 16, 5)), "conv2d(16, 5)");
 * ```
 */
export const conv2d = <const I extends number | null, const O extends number>(
  inputs: I,
  outputs: O,
  size: number,
  { stride = 1, padding = 0, bias = true }: Conv2dOptions = {},
): Graph<
  readonly [number, number, I extends number ? I : number],
  readonly [number, number, O]
> => ({ nodes: [{ _tag: "conv2d", inputs, outputs, size, stride, padding, bias }] });

/** An image [height, width, channels] of any size. */
type Image = readonly [number, number, number];

/**
 * The largest value of each window and channel of images [height, width, channels]; the gradient
 * goes to the first of equals, row by row.
 *
 * @param size Height and width of a window, at least 1.
 * @param stride Pixels from one window to the next; the size.
 */
export const maxPool2d = (size: number, stride?: number): Graph<Image, Image> => ({
  nodes: [{ _tag: "max_pool2d", size, stride: stride ?? null }],
});

/**
 * The mean of each window and channel of images [height, width, channels].
 *
 * @param size Height and width of a window, at least 1.
 * @param stride Pixels from one window to the next; the size.
 */
export const avgPool2d = (size: number, stride?: number): Graph<Image, Image> => ({
  nodes: [{ _tag: "avg_pool2d", size, stride: stride ?? null }],
});

/** Any tensor to a vector, row-major. */
export const flatten: Graph<Shape, readonly [number]> = { nodes: [{ _tag: "flatten" }] };

/** The sum of the two tensors of a pair. */
export const add: Graph<Alike, First> = { nodes: [{ _tag: "add" }] };

/** The two tensors of a pair joined along their last axis. */
export const concat: Graph<Pair<Shape, Shape>, Shape> = { nodes: [{ _tag: "concat" }] };

/** Options of {@linkcode kwta}. */
export interface KwtaOptions {
  /** Slope of the soft kWTA, above 0; 2. */
  readonly hardness?: number;
  /** The soft activation; "sigmoid". */
  readonly gate?: Gate;
  /** true: binary in training too, with a straight-through gradient; false. */
  readonly hard?: boolean;
}

/**
 * k-winners-take-all: of the n units of a sample the k = ceil(sparsity · n) largest fire, at most
 * n − 1. Binary when evaluating; soft in training, unless `hard`.
 *
 * Source: KWinnersTakeAll and KWinnersTakeAllSoft of dizcza/EmbedderSDR, models/kwta.py.
 *
 * @param sparsity In (0, 1].
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
  nodes: [{
    _tag: "kwta",
    sparsity,
    soft: options.hard
      ? null
      : { hardness: options.hardness ?? 2, gate: options.gate ?? "sigmoid" },
  }],
});
