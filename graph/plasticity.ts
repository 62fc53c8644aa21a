/**
 * State of a graph's units beside their weights, which no gradient changes: the running statistics of batch norm, the
 * duty cycles of k winners, the states of nodes that a program has defined, and the scaling of kWTA layers. All but the
 * last belong to nodes and exist from the beginning; the last exists where a run has the stage `synapticScaling`.
 *
 * @module
 */
import { type InferredNode, sizeOf } from "./shape.ts";
import { traitsOf } from "./traits.ts";
import type { Shape } from "./types.ts";
import { type Algebra, fold, leavesWithout } from "./fold.ts";
import type { Nodes } from "./node.ts";
import { type ArrayValue, knownInput, knownInputs, type ParamArrays } from "./params.ts";
import { declarationOf } from "./custom_node.ts";

/** A tensor of the state, by its path. */
export interface StateSpec {
  /** Path of the tensor: "3.duty_cycle". */
  readonly path: string;
  /** Dimensions of the state; [] for a scalar. */
  readonly shape: Shape;
}

/** A tensor of the units' state, with its initial value. */
interface PlasticitySpec extends StateSpec {
  /** The initial value of every element. */
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
  custom: (node, path) => {
    const state = declarationOf(node.name)?.state ?? null;
    return state === null
      ? []
      : state(knownInput(node, path), node.values).map(({ name, shape, value = 0 }) => ({
        path: `${path}.${name}`,
        shape,
        value,
      }));
  },
  fanout: (first, second) => [...first, ...second],
  split: (first, second) => [...first, ...second],
  residual: (body) => body,
  drop_connect: (body) => body,
  sequence: (parts) => parts.flat(),
};

const specs = fold(algebra);

/**
 * The paths and shapes of {@linkcode initialPlasticity}, without its numbers: for a graph that comes from
 * elsewhere and may declare gigabytes.
 *
 * @throws {TypeError} When a dimension is unknown, as a mistake in the program.
 */
export const plasticitySpecs = (graph: Nodes): readonly StateSpec[] =>
  specs(graph).map(({ path, shape }) => ({ path, shape }));

/**
 * The state, by path, that a graph whose dimensions are known (`inferShapes(…).graph`) begins with:
 * of every batch norm "running_mean", zeros, and "running_var", ones, both of shape [channels]; of every
 * k_winners "duty_cycle", zeros of shape [units] (of an image, [channels]), and "samples", 0; of every node that a
 * program has defined what it declares as its state.
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

const filled = (shape: Shape, value: number): ArrayValue => ({
  shape,
  data: new Float32Array(sizeOf(shape)).fill(value),
});

// ---- Synaptic scaling

/** Paths of the state that synaptic scaling keeps of a kWTA. */
export interface ScalingPaths {
  /** The mean output of each unit over all samples so far. */
  readonly duty: string;
  /** Path of the number of samples that the duty cycles average. */
  readonly samples: string;
  /** Path of the strength with which units away from their target are scaled. */
  readonly strength: string;
  /** The duty cycle at which a unit is left alone. */
  readonly target: string;
}

/** Returns the paths of the scaling state of the kWTA at a path. */
export const scalingPaths = (path: string): ScalingPaths => ({
  duty: `${path}.duty_cycle`,
  samples: `${path}.samples`,
  strength: `${path}.strength`,
  target: `${path}.target`,
});

/** The paths of a graph's kWTA layers with the shape of a sample there, in order of evaluation. */
export const competitions = (steps: readonly InferredNode[]): readonly StateSpec[] =>
  steps.flatMap(({ node, path, input }) =>
    traitsOf(node).scalable ? [{ path, shape: input as Shape }] : []
  );

/**
 * Lists the state of synaptic scaling for those of a graph's kWTA layers that it is applied to.
 *
 * @param steps The steps that shape inference returns.
 * @param has Whether something is remembered under a path: a layer is scaled where any of its four paths is.
 *
 * @example
 * ```ts
 * import { scalingState } from "./plasticity.ts";
 * import { inferShapes } from "./shape.ts";
 * import { graph } from "./parse.ts";
 * import { orThrow } from "./error.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const inferred = orThrow(inferShapes(graph`linear(8, 4) ▷ kwta(0.25)`));
 * const { steps } = inferred;
 * const [duty] = scalingState(steps, (path) => path === "1.samples");
 * assertEquals(duty, { path: "1.duty_cycle", shape: [4] });
 * assertEquals(scalingState(steps, () => false), []);
 * ```
 */
export const scalingState = (
  steps: readonly InferredNode[],
  has: (path: string) => boolean,
): readonly StateSpec[] =>
  competitions(steps).flatMap(({ path, shape }) => {
    const paths = scalingPaths(path);
    if (!Object.values(paths).some(has)) return [];
    const { duty, samples, strength, target } = paths;
    return [
      { path: duty, shape },
      ...[samples, strength, target].map((scalar) => ({ path: scalar, shape: [] })),
    ];
  });
