/**
 * What a graph remembers per unit beside its weights, and no gradient changes: the running statistics
 * of batch norm, the duty cycles of k winners.
 *
 * @module
 */
import { type Algebra, fold, leavesWithout } from "./fold.ts";
import type { Nodes } from "./node.ts";
import { type ArrayValue, knownInputs, type ParamArrays } from "./params.ts";
import type { StateSpec } from "./scaling.ts";
import { sizeOf } from "./space.ts";
import type { Shape } from "./types.ts";

const filled = (shape: Shape, value: number): ArrayValue => ({
  shape,
  data: new Float32Array(sizeOf(shape)).fill(value),
});

/** A tensor of what is remembered, and what it begins with. */
interface PlasticitySpec extends StateSpec {
  /** That of every element. */
  readonly value: number;
}

const algebra: Algebra<readonly PlasticitySpec[]> = {
  ...leavesWithout("state", () => []),
  batch_norm: (node, path) => {
    const shape = [knownInputs(node, path)];
    return [
      { path: `${path}.running_mean`, shape, value: 0 },
      { path: `${path}.running_var`, shape, value: 1 },
    ];
  },
  k_winners: (node, path) => [
    { path: `${path}.duty_cycle`, shape: [knownInputs(node, path)], value: 0 },
    { path: `${path}.samples`, shape: [], value: 0 },
  ],
  fanout: (first, second) => [...first, ...second],
  split: (first, second) => [...first, ...second],
  residual: (body) => body,
  drop_connect: (body) => body,
  sequence: (parts) => parts.flat(),
};

const specs = fold(algebra);

/**
 * The paths and shapes of {@linkcode initialPlasticity}, without a number of it: for a graph that comes from
 * elsewhere and may declare gigabytes.
 *
 * @throws {TypeError} When a dimension is unknown, as a mistake in the program.
 */
export const plasticitySpecs = (graph: Nodes): readonly StateSpec[] =>
  specs(graph).map(({ path, shape }) => ({ path, shape }));

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
export const initialPlasticity = (graph: Nodes): ParamArrays =>
  Object.fromEntries(
    specs(graph).map(({ path, shape, value }) => [path, filled(shape, value)]),
  );
