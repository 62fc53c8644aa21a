/**
 * The stage that sets the learning rate.
 *
 * @module
 */
import type { Schedule } from "../../ops/schedules.ts";
import { pure, type Stage } from "../stage.ts";

/** Sets the optimiser's learning rate to what the schedule says once an epoch is over. */
export const learningRate = (schedule: Schedule): Stage =>
  pure((run) => ({
    ...run,
    optimiser: { ...run.optimiser, learningRate: schedule(run.epoch) },
  }));
