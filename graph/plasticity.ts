/**
 * What a graph remembers per unit beside its weights, and no gradient changes: the running statistics
 * of batch norm.
 *
 * @module
 */
import { type Algebra, fold, leaves } from "./fold.ts";
import type { Nodes } from "./node.ts";
import { knownInputs, type ParamArrays } from "./params.ts";

const algebra: Algebra<ParamArrays> = {
  ...leaves(() => ({})),
  batch_norm: (node, path) => {
    const channels = knownInputs(node, path);
    const filled = (value: number) => ({
      shape: [channels],
      data: new Float32Array(channels).fill(value),
    });
    return { [`${path}.running_mean`]: filled(0), [`${path}.running_var`]: filled(1) };
  },
  fanout: (first, second) => ({ ...first, ...second }),
  split: (first, second) => ({ ...first, ...second }),
  residual: (body) => body,
  drop_connect: (body) => body,
  sequence: (parts) => Object.assign({}, ...parts),
};

/**
 * The state, by path, that a graph whose dimensions are known (`inferShapes(…).graph`) begins with:
 * of every batch norm "running_mean", zeros, and "running_var", ones, both of shape [channels].
 *
 * @throws {TypeError} When a dimension is unknown, as a mistake in the program.
 *
 * @example
 * ```ts
 * import { initialPlasticity } from "./plasticity.ts";
 * import { graph } from "./parse.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const state = initialPlasticity(graph`linear(8, 4) ▷ batch_norm(4) ▷ relu`);
 * assertEquals(Object.keys(state), ["1.running_mean", "1.running_var"]);
 * ```
 */
export const initialPlasticity: (graph: Nodes) => ParamArrays = fold(algebra);
