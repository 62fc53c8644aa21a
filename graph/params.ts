/**
 * The weights that a graph needs: their paths, shapes and seeded initial values, as plain arrays.
 *
 * @module
 */
import { declarationOf } from "./custom_node.ts";
import { type Algebra, fold, leavesWithout } from "./fold.ts";
import type { Custom, Node, Nodes } from "./node.ts";
import { draw, type Rng } from "./rng.ts";
import { showNode } from "./show.ts";
import { sizeOf } from "./shape.ts";
import type { Shape } from "./types.ts";

/** One weight tensor of a graph. */
export interface ParamSpec {
  /** Path of the weight: "0.weight", or "1.body.0.weight" inside a branch. */
  readonly path: string;
  /** Dimensions of the weight: those of a linear weight are [inputs, outputs], those of a bias [outputs]. */
  readonly shape: Shape;
  /** The initial values are uniform in mean ± bound. */
  readonly mean: number;
  /** Largest distance of an initial value from the mean. Where it is 0, all values are the mean. */
  readonly bound: number;
}

/** A tensor as plain data, row-major. */
export interface ArrayValue {
  /** Dimensions of the array; [] for a scalar. */
  readonly shape: Shape;
  /** Elements of the array, as many as the shape says. */
  readonly data: Float32Array;
}

/** Weights as plain data, by path. */
export type ParamArrays = Readonly<Record<string, ArrayValue>>;

/**
 * The inputs of a node, which shape inference has found.
 *
 * @throws {TypeError} When they are unknown, as a mistake in the program.
 */
export const knownInputs = <N extends Node & { readonly inputs: number | null }>(
  node: N,
  path: string,
): number => known(node.inputs, node, path);

/**
 * The shape of the input of a defined node, which shape inference has found.
 *
 * @throws {TypeError} When it is unknown, as a mistake in the program.
 */
export const knownInput = (node: Custom, path: string): Shape => known(node.input, node, path);

function known<A>(value: A | null, node: Node, path: string): A {
  if (value !== null) return value;
  throw new TypeError(
    `Cannot tell the weights of ${showNode(node)} at position ${path}: ` +
      "its inputs are unknown; infer the shapes first",
  );
}

/** The specs of a weight, and of a bias where there are any. */
function affine(
  path: string,
  shape: Shape,
  fanIn: number,
  biases: number,
): readonly ParamSpec[] {
  const bound = 1 / Math.sqrt(fanIn);
  const weight = { path: `${path}.weight`, shape, mean: 0, bound };
  return biases > 0
    ? [weight, { path: `${path}.bias`, shape: [biases], mean: 0, bound }]
    : [weight];
}

const algebra: Algebra<readonly ParamSpec[]> = {
  ...leavesWithout("weights", () => []),
  linear: (node, path) => {
    const { outputs } = node;
    const inputs = knownInputs(node, path);
    return affine(path, [inputs, outputs], inputs, node.bias ? outputs : 0);
  },
  conv2d: (node, path) => {
    const { outputs, size, groups } = node;
    const inputs = knownInputs(node, path) / groups;
    const fanIn = size * size * inputs;
    return affine(path, [size, size, inputs, outputs], fanIn, node.bias ? outputs : 0);
  },
  batch_norm: (node, path) => {
    const shape = [knownInputs(node, path)];
    return node.affine
      ? [
        { path: `${path}.weight`, shape, mean: 1, bound: 0 },
        { path: `${path}.bias`, shape, mean: 0, bound: 0 },
      ]
      : [];
  },
  learned_kwta: (node, path) => {
    const shape = known(node.shape, node, path);
    const bound = 1 / Math.sqrt(sizeOf(shape));
    return [{ path: `${path}.threshold`, shape, mean: 0, bound }];
  },
  predicted_kwta: (node, path) => {
    const inputs = knownInputs(node, path);
    return affine(path, [inputs, 1], inputs, 0);
  },
  custom: (node, path) => {
    const params = declarationOf(node.name)?.params ?? null;
    return params === null ? [] : params(knownInput(node, path), node.values).map((param) => ({
      path: `${path}.${param.name}`,
      shape: param.shape,
      mean: param.mean ?? 0,
      bound: param.bound,
    }));
  },
  fanout: (first, second) => [...first, ...second],
  split: (first, second) => [...first, ...second],
  residual: (body) => body,
  drop_connect: (body) => body,
  sequence: (parts) => parts.flat(),
};

/**
 * The weights of a graph whose dimensions are known (`inferShapes(…).graph`), in order of
 * evaluation.
 *
 * A linear weight has the shape [inputs, outputs], the transpose of PyTorch's; a convolution's
 * [size, size, inputs / groups, outputs], where PyTorch has [outputs, inputs / groups, size, size].
 *
 * @throws {TypeError} When a dimension is unknown, as a mistake in the program.
 *
 * @example
 * ```ts
 * import { paramSpecs } from "./params.ts";
 * import { graph } from "./parse.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(paramSpecs(graph`relu ▷ residual(linear(4, 4, bias=false))`), [
 *   { path: "1.body.0.weight", shape: [4, 4], mean: 0, bound: 1 / 2 },
 * ]);
 * ```
 */
export const paramSpecs: (graph: Nodes) => readonly ParamSpec[] = fold(algebra);

/**
 * Draws initial weights as PyTorch's `nn.Linear` and `nn.Conv2d` do: weights and biases uniform in
 * ±1 / √(inputs of one output); a batch norm's scale is 1 and its shift 0. The thresholds of a learned
 * kWTA of n units, and the weights of a predicted one, are uniform in ±1 / √n.
 *
 * Source: torch.nn.Linear.reset_parameters (kaiming_uniform with a = √5); models/kwta.py of
 * dizcza/EmbedderSDR.
 *
 * @param graph A graph whose dimensions are known.
 * @param rng Where the weights come from.
 * @returns The weights, and the generator to draw from next.
 * @throws {TypeError} When a dimension is unknown, as a mistake in the program.
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
      paramSpecs(graph).map(({ path, shape, mean, bound }) => [
        path,
        {
          shape,
          data: bound === 0
            ? new Float32Array(sizeOf(shape)).fill(mean)
            : Float32Array.from({ length: sizeOf(shape) }, () => mean + (2 * unit() - 1) * bound),
        },
      ]),
    ));
}
