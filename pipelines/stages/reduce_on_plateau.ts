/**
 * The stage that lowers the learning rate where a metric does not improve any more.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import { invalidOption, type SparrowError } from "../../graph/error.ts";
import { plateauLr, type PlateauOptions } from "../../ops/plateau.ts";
import { rowsNamed, type SplitName } from "../history.ts";
import type { Run } from "../run.ts";
import { type Stage, stage } from "../stage.ts";

/**
 * Options of {@linkcode reduceOnPlateau}: those of `plateauLr`, whose initial rate is the optimiser's,
 * and the metric to watch.
 */
export interface ReduceOnPlateauOptions extends Omit<PlateauOptions, "initial"> {
  /** The metric's name in the history. @default "loss" */
  readonly name?: string;
  /** The split that the metric was measured on. @default "train" */
  readonly split?: SplitName;
}

/**
 * Sets the learning rate of the next epoch to what `plateauLr` makes of all values of a metric in the
 * run's history, from the optimiser's own rate on, so that a run that is resumed goes on as it would
 * have. The stage comes before `train`; a metric that was never measured leaves the initial rate.
 *
 * Errors: `InvalidOption` for an option out of its range, for a run without an optimiser, and for an
 * optimiser with a schedule, which would set the rate as well.
 *
 * @example
 * ```ts
 * import { reduceOnPlateau } from "./reduce_on_plateau.ts";
 *
 * const onLoss = reduceOnPlateau({ factor: 0.5, patience: 3 });
 * const onAccuracy = reduceOnPlateau({ mode: "max", name: "accuracy", split: "validation" });
 * ```
 */
export const reduceOnPlateau = (
  { name = "loss", split = "train", ...options }: ReduceOnPlateauOptions = {},
): Stage =>
  stage(({ optimiser, ...run }): Promise<E.Either<SparrowError, Run>> => {
    const initial = optimiser?.learningRate;
    if (typeof initial !== "number") {
      const actual = initial === undefined ? "no optimiser" : `the schedule ${initial.name}`;
      return Promise.resolve(
        E.left(invalidOption("learningRate", actual, "a number, which reduceOnPlateau lowers")),
      );
    }
    const schedule = plateauLr({ ...options, initial });
    if (schedule.problem !== null) return Promise.resolve(E.left(schedule.problem));
    const values = rowsNamed(run.history, name, split).map(({ value }) => value);
    const optimiserState = { ...run.optimiserState, learningRate: schedule(values) };
    return Promise.resolve(E.right({ ...run, optimiser, optimiserState }));
  });
