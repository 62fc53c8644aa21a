/**
 * The weights that a graph needs: their paths, shapes and seeded initial values, as plain arrays.
 *
 * @module
 */
import { type Algebra, fold } from "./fold.ts";
import type { Nodes } from "./node.ts";
import { draw, type Rng } from "./rng.ts";
import { sizeOf } from "./shape.ts";
import type { Shape } from "./types.ts";

/** One weight tensor of a graph. */
export interface ParamSpec {
  /** "0.weight", or "1.body.0.weight" inside a branch. */
  readonly path: string;
  readonly shape: Shape;
  /** The initial values are uniform in ±bound. */
  readonly bound: number;
}

/** A tensor as plain data, row-major. */
export interface ArrayValue {
  readonly shape: Shape;
  readonly data: Float32Array;
}

/** Weights as plain data, by path. */
export type ParamArrays = Readonly<Record<string, ArrayValue>>;

const none = () => [];

const algebra: Algebra<readonly ParamSpec[]> = {
  linear: ({ inputs, outputs, bias }, path) => {
    // Shape inference has filled the inputs in; without it a graph has no weights to speak of.
    const fanIn = inputs ?? 0;
    const bound = 1 / Math.sqrt(fanIn);
    const weight = { path: `${path}.weight`, shape: [fanIn, outputs], bound };
    return bias ? [weight, { path: `${path}.bias`, shape: [outputs], bound }] : [weight];
  },
  relu: none,
  sigmoid: none,
  tanh: none,
  flatten: none,
  kwta: none,
  add: none,
  concat: none,
  fanout: (first, second) => [...first, ...second],
  split: (first, second) => [...first, ...second],
  residual: (body) => body,
  sequence: (parts) => parts.flat(),
};

/**
 * The weights of a graph whose dimensions are known (`inferShapes(…).graph`), in order of
 * evaluation.
 *
 * A linear weight has the shape [inputs, outputs]: the transpose of PyTorch's.
 */
export const paramSpecs: (graph: Nodes) => readonly ParamSpec[] = fold(algebra);

/**
 * Initial weights as PyTorch's `nn.Linear` draws them: weights and biases uniform in
 * ±1 / √inputs.
 *
 * Source: torch.nn.Linear.reset_parameters (kaiming_uniform with a = √5).
 *
 * @param graph A graph whose dimensions are known.
 * @returns The weights, and the generator to draw from next.
 *
 * @example
 * ```ts
 * import { initialParams } from "./params.ts";
 * import { graph } from "./parse.ts";
 * import { seed } from "./rng.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const [params] = initialParams(graph`linear(16, 4) ▷ relu`, seed(26));
 * assertEquals(Object.keys(params), ["0.weight", "0.bias"]);
 * assertEquals(params["0.weight"].data.every((w) => Math.abs(w) <= 1 / 4), true);
 * ```
 */
export function initialParams(graph: Nodes, rng: Rng): readonly [ParamArrays, Rng] {
  return draw(rng, ({ unit }) =>
    Object.fromEntries(
      paramSpecs(graph).map(({ path, shape, bound }) => [
        path,
        {
          shape,
          data: Float32Array.from({ length: sizeOf(shape) }, () => (2 * unit() - 1) * bound),
        },
      ]),
    ));
}
