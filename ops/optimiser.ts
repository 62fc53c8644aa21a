/**
 * Optimisers as pairs of pure functions.
 *
 * @module
 */
import type { Params } from "./tfjs.ts";

/** What an optimiser remembers between steps. */
export interface OptimiserState {
  /** Steps taken. */
  readonly step: number;
  /** The rate of the next step; schedules change it. */
  readonly learningRate: number;
  /** Tensors of the weights' own shapes, by role: Adam's "first" and "second" moments. */
  readonly slots: Readonly<Record<string, Params>>;
}

/** A rule that turns gradients into new weights. */
export interface Optimiser {
  /** As configurations and reports name it. */
  readonly name: string;
  /** Its settings, for configurations. */
  readonly options: Readonly<Record<string, number>>;
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
}
