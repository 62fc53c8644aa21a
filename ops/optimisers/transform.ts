/**
 * Optimisers and transforms: rules that train weights, and their components.
 *
 * Both are pairs of pure functions, as in Optax. The gradients of a step enter the first transform,
 * each hands on its updates to the next, and the last one's updates are subtracted from the weights. A
 * path that a transform leaves out of its updates is not updated.
 *
 * @module
 */
import type { InvalidOption } from "../../graph/error.ts";
import type { OptionValues } from "../ranges.ts";
import type { Schedule } from "./schedules.ts";
import { type Params, tf } from "../tfjs.ts";

/** Tensors of the weights' own shapes, by role: Adam's "first" and "second" moments. */
export type Slots = Readonly<Record<string, Params>>;

/** State of an optimiser between steps. */
export interface OptimiserState {
  /** Steps taken. */
  readonly step: number;
  /** The learning rate of the next step; `train` and `reduceOnPlateau` change it between epochs. */
  readonly learningRate: number;
  /** The tensors that it remembers, by role, then by path. */
  readonly slots: Slots;
}

/** A rule that turns gradients into new weights. */
export interface Optimiser {
  /** Name of the optimiser in configurations and reports. */
  readonly name: string;
  /** Settings of the optimiser, for configurations. */
  readonly options: OptionValues;
  /** The learning rate to begin with, or the schedule that `train` follows from epoch to epoch. */
  readonly learningRate: number | Schedule;
  /** The state before the first step. */
  readonly init: (params: Params) => OptimiserState;
  /**
   * One step. New tensors are made; none is disposed of. A weight without a gradient is passed on
   * as it is.
   */
  readonly update: (
    gradients: Params,
    state: OptimiserState,
    params: Params,
  ) => readonly [Params, OptimiserState];
  /** Checks the options, given the paths of the weights; null where they are valid. `createRun` returns the error. */
  readonly check: (paths: readonly string[]) => InvalidOption | null;
}

/** Part of the optimiser's state that a transform sees. */
export interface TransformState {
  /** The number of this step, counted from 1. */
  readonly step: number;
  /** The learning rate of this step. */
  readonly learningRate: number;
  /** The tensors of this transform, by the names that its `init` gave them. */
  readonly slots: Slots;
}

/** A function from updates to updates that may keep tensors between steps. */
export interface Transform {
  /** Name of the transform in configurations. */
  readonly name: string;
  /** Settings of the transform, for configurations. */
  readonly options: OptionValues;
  /** New tensors that the slots begin with, for every path; the slots' names do not depend on it. */
  readonly init: (params: Params) => Slots;
  /**
   * The next updates, and new tensors for the slots of each path that it was given an update for;
   * the slots of other paths stay. What else it makes is disposed of by the chain.
   */
  readonly update: (
    updates: Params,
    state: TransformState,
    params: Params,
  ) => readonly [updates: Params, slots: Slots];
  /** Checks the options, given the paths of the weights; null where they are valid. */
  readonly check: (paths: readonly string[]) => InvalidOption | null;
  /**
   * Operation of a fused kernel that replaces this transform, together with its neighbours.
   *
   * @internal
   */
  readonly fusible?: Fusible;
}

/**
 * Transforms that fused kernels can replace.
 *
 * @internal
 */
export type Fusible =
  | { readonly _tag: "AddDecayedWeights"; readonly weightDecay: number }
  | {
    readonly _tag: "ScaleByAdam";
    readonly beta1: number;
    readonly beta2: number;
    readonly epsilon: number;
  }
  | { readonly _tag: "ScaleByLearningRate"; readonly learningRate: number | Schedule };

/**
 * Applies a function to each update.
 *
 * @param updates Updates by path.
 * @param change Function of an update and its path.
 */
export const mapUpdates = (
  updates: Params,
  change: (update: tf.Tensor, path: string) => tf.Tensor,
): Params =>
  Object.fromEntries(
    Object.entries(updates).map(([path, update]) => [path, change(update, path)]),
  );

/**
 * Zeros of the weights' shapes.
 *
 * @param params Weights by path.
 */
export const zerosLike = (params: Params): Params =>
  mapUpdates(params, ({ shape }) => tf.zeros(shape));

/**
 * Makes a transform without state.
 *
 * @param name Name of the transform in configurations.
 * @param options Settings of the transform, for configurations.
 * @param change Function from the updates to the next ones.
 * @param check Check of the options. @default all are valid
 *
 * @example Updates of a fixed length per weight: sign descent.
 * ```ts
 * import { chain } from "./chain.ts";
 * import { scaleByLearningRate } from "./transforms.ts";
 * import { mapUpdates, stateless } from "./transform.ts";
 * import { tf } from "../tfjs.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await tf.setBackend("cpu");
 * const sign = stateless("sign", {}, (updates) => mapUpdates(updates, (update) => tf.sign(update)));
 * const { init, update } = chain(sign, scaleByLearningRate(0.5));
 * const params = { w: tf.tensor1d([1, 2, 3]) };
 * const [{ w }] = update({ w: tf.tensor1d([-7, 0, 0.1]) }, init(params), params);
 * assertEquals([...w.dataSync()], [1.5, 2, 2.5]);
 * ```
 */
export const stateless = (
  name: string,
  options: OptionValues,
  change: (updates: Params, params: Params, state: TransformState) => Params,
  check: Transform["check"] = () => null,
): Transform => ({
  name,
  options,
  init: () => ({}),
  update: (updates, state, params) => [change(updates, params, state), {}],
  check,
});
