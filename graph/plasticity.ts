/**
 * What a graph remembers per unit beside its weights, and no gradient changes: the running statistics
 * of batch norm, the duty cycles of k winners.
 *
 * @module
 */
import { type Algebra, fold, leaves } from "./fold.ts";
import type { Nodes } from "./node.ts";
import { type ArrayValue, knownInputs, type ParamArrays } from "./params.ts";
import { sizeOf } from "./space.ts";
import type { Shape } from "./types.ts";

const filled = (shape: Shape, value: number): ArrayValue => ({
  shape,
  data: new Float32Array(sizeOf(shape)).fill(value),
});

const algebra: Algebra<ParamArrays> = {
  ...leaves(() => ({})),
  batch_norm: (node, path) => {
    const shape = [knownInputs(node, path)];
    return {
      [`${path}.running_mean`]: filled(shape, 0),
      [`${path}.running_var`]: filled(shape, 1),
    };
  },
  k_winners: (node, path) => ({
    [`${path}.duty_cycle`]: filled([knownInputs(node, path)], 0),
    [`${path}.samples`]: filled([], 0),
  }),
  fanout: (first, second) => ({ ...first, ...second }),
  split: (first, second) => ({ ...first, ...second }),
  residual: (body) => body,
  drop_connect: (body) => body,
  sequence: (parts) => Object.assign({}, ...parts),
};

/**
 * The state, by path, that a graph whose dimensions are known (`inferShapes(…).graph`) begins with:
 * of every batch norm "running_mean", zeros, and "running_var", ones, both of shape [channels]; of every
 * k_winners "duty_cycle", zeros of shape [units] (of an image, [channels]), and "samples", 0.
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
