/**
 * Cost of a graph: parameters, arithmetic, memory.
 *
 * @module
 */
import { declarationOf } from "./custom_node.ts";
import { E, pipe } from "./fp_ts.ts";
import { type InferenceError, type InferredNode, inferShapes, isPair, sizeOf } from "./shape.ts";
import { paramSpecs } from "./params.ts";
import type { Nodes } from "./node.ts";
import { traitsOf } from "./traits.ts";
import type { Shape, Space } from "./types.ts";

/** The cost of one sample's forward pass. */
export interface Cost {
  /** Trainable numbers. */
  readonly parameters: number;
  /** Additions, multiplications, comparisons and function values; a multiply-add counts 2. */
  readonly flops: number;
  /** The bytes of the parameters, and of every node's output, in float32. */
  readonly bytes: { readonly parameters: number; readonly activations: number };
}

/**
 * Computes the cost of a graph for one sample.
 *
 * @param graph Any graph.
 * @param input The shape of one sample; it may be left out where the graph tells it.
 *
 * @example
 * ```ts
 * import { cost } from "./cost.ts";
 * import { graph } from "./parse.ts";
 * import { E } from "./fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(
 *   cost(graph`linear(784, 64)`),
 *   E.right({
 *     parameters: 784 * 64 + 64,
 *     flops: 2 * 784 * 64 + 64,
 *     bytes: { parameters: 4 * (784 * 64 + 64), activations: 4 * 64 },
 *   }),
 * );
 * ```
 */
export const cost = (graph: Nodes, input?: Space): E.Either<InferenceError, Cost> =>
  pipe(
    inferShapes(graph, input),
    E.map(({ graph, steps }) => {
      const parameters = paramSpecs(graph).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
      const flops = steps.reduce((sum, step) => sum + flopsOf(step), 0);
      // A branch hands on its parts' outputs, and a dropout its input; only a residual's sum is new.
      const outputs = steps.filter(({ node }) => traitsOf(node).ownOutput);
      const units = outputs.reduce((sum, { output }) => sum + spaceSize(output), 0);
      return { parameters, flops, bytes: { parameters: 4 * parameters, activations: 4 * units } };
    }),
  );

const spaceSize = (space: Space): number =>
  isPair(space) ? spaceSize(space.first) + spaceSize(space.second) : sizeOf(space as Shape);

function flopsOf({ node, input, output }: InferredNode): number {
  switch (node._tag) {
    case "linear":
      return 2 * spaceSize(input) * node.outputs + (node.bias ? node.outputs : 0);
    case "conv2d":
      return spaceSize(output) *
        (2 * node.size ** 2 * (node.inputs as number) / node.groups + (node.bias ? 1 : 0));
    case "max_pool2d":
    case "avg_pool2d":
      return spaceSize(output) * node.size ** 2;
    case "global_avg_pool2d":
      return spaceSize(input);
    // The largest, the difference, the exponential, the sum, the quotient or the logarithm's difference.
    case "softmax":
    case "log_softmax":
      return 5 * spaceSize(output);
    // The weights' product, mean and variance, then one comparison.
    case "predicted_kwta":
      return 6 * spaceSize(output);
    case "learned_kwta":
    case "relu":
    case "leaky_relu":
    case "clip":
    case "gelu":
    case "sigmoid":
    case "tanh":
    case "add":
    case "residual":
      return spaceSize(output);
    // One comparison per unit to find the threshold, one to apply it.
    case "kwta":
    case "winner_take_all":
    case "k_winners":
    // A scale and a shift, both known beforehand.
    case "batch_norm":
      return 2 * spaceSize(output);
    case "custom": {
      const flops = declarationOf(node.name)?.flops ?? null;
      return flops === null ? spaceSize(output) : flops(input as Shape, node.values);
    }
    case "dropout":
    case "drop_connect":
    case "flatten":
    case "reshape":
    case "concat":
    case "fanout":
    case "split":
      return 0;
  }
}
