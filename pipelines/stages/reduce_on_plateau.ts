/**
 * The stage that lowers the learning rate where a metric does not improve any more.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import type { PlateauSchedule } from "../../ops/plateau.ts";
import { rowsNamed, type SplitName } from "../history.ts";
import { type Stage, stage } from "../stage.ts";

/** Options of {@linkcode reduceOnPlateau}: the metric that it watches, one value per epoch, or as it is measured. */
export interface ReduceOnPlateauOptions {
  /** As in the history's rows; "loss". */
  readonly name?: string;
  /** What it was measured on; "train". */
  readonly split?: SplitName;
}

/**
 * Sets the optimiser's learning rate for the next epoch: what the schedule says of all values of a
 * metric in the run's history, so that a run that is taken up again goes on as it would have. It
 * comes before `train`; a metric that was never measured leaves the initial rate.
 *
 * Errors: `InvalidOption` where the schedule has a `problem`.
 *
 * @example
 * ```ts
 * import { plateauLr } from "../../ops/plateau.ts";
 * import { reduceOnPlateau } from "./reduce_on_plateau.ts";
 *
 * const onLoss = reduceOnPlateau(plateauLr(1e-3, { factor: 0.5, patience: 3 }));
 * const onAccuracy = reduceOnPlateau(
 *   plateauLr(1e-3, { mode: "max" }),
 *   { name: "accuracy", split: "test" },
 * );
 * ```
 */
export const reduceOnPlateau = (
  schedule: PlateauSchedule,
  { name = "loss", split = "train" }: ReduceOnPlateauOptions = {},
): Stage =>
  stage((run) => {
    if (schedule.problem !== null) return Promise.resolve(E.left(schedule.problem));
    const values = rowsNamed(run.history, name, split).map(({ value }) => value);
    const optimiser = { ...run.optimiser, learningRate: schedule(values) };
    return Promise.resolve(E.right({ ...run, optimiser }));
  });
