/**
 * Optimisers as pairs of pure functions.
 *
 * @module
 */
import type { InvalidOption } from "../graph/error.ts";
import type { OptionValues } from "./ranges.ts";
import type { Schedule } from "./schedules.ts";
import type { Params } from "./tfjs.ts";

/** Tensors of the weights' own shapes, by role: Adam's "first" and "second" moments. */
export type Slots = Readonly<Record<string, Params>>;

/** What an optimiser remembers between steps. */
export interface OptimiserState {
  /** Steps taken. */
  readonly step: number;
  /** The learning rate of the next step; `train` and `reduceOnPlateau` change it between epochs. */
  readonly learningRate: number;
  /** By role, then by path. */
  readonly slots: Slots;
}

/** A rule that turns gradients into new weights. */
export interface Optimiser {
  /** As configurations and reports name it. */
  readonly name: string;
  /** Its settings, for configurations. */
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
  /**
   * What is wrong with the options, given the paths of the weights; null where nothing is.
   * `createRun` returns it.
   */
  readonly check: (paths: readonly string[]) => InvalidOption | null;
}
