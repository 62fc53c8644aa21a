/**
 * The stage that sets the learning rate.
 *
 * @module
 */
import type { Schedule } from "../../ops/schedules.ts";
import { pure, type Stage } from "../stage.ts";

/**
 * Sets the optimiser's learning rate for the next epoch: what the schedule says of the epochs that
 * are done. It comes before `train`.
 */
export const learningRate = (schedule: Schedule): Stage =>
  pure((run) => ({
    ...run,
    optimiser: { ...run.optimiser, learningRate: schedule(run.epoch) },
  }));
