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
