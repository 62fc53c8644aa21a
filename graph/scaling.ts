/**
 * What synaptic scaling remembers of a graph's kWTA layers.
 *
 * @module
 */
import type { InferredNode } from "./shape.ts";
import { traitsOf } from "./traits.ts";
import type { Shape } from "./types.ts";

/** A tensor of the state, by its path. */
export interface StateSpec {
  /** "3.duty_cycle". */
  readonly path: string;
  /** Its dimensions; [] for a scalar. */
  readonly shape: Shape;
}

/** Where a kWTA's state is. */
export interface ScalingPaths {
  /** The mean output of each unit over all samples so far. */
  readonly duty: string;
  /** How many those were. */
  readonly samples: string;
  /** How strongly a unit that is off its target is scaled. */
  readonly strength: string;
  /** The duty cycle at which a unit is left alone. */
  readonly target: string;
}

/** The paths of what the kWTA at a path remembers. */
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
 * What synaptic scaling remembers of those of a graph's kWTA layers that it is applied to.
 *
 * @param steps Of shape inference.
 * @param has Whether something is remembered under a path: a layer is scaled where any of its four is.
 *
 * @example
 * ```ts
 * import { scalingState } from "./scaling.ts";
 * import { inferShapes } from "./shape.ts";
 * import { graph } from "./parse.ts";
 * import { E } from "./fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const inferred = inferShapes(graph`linear(8, 4) ▷ kwta(0.25)`);
 * if (E.isLeft(inferred)) throw new Error("this fits");
 * const { steps } = inferred.right;
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
