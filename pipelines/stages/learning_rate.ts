/**
 * The stage that sets the learning rate.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import type { Schedule } from "../../ops/schedules.ts";
import { type Stage, stage } from "../stage.ts";

/**
 * Sets the optimiser's learning rate for the next epoch: what the schedule says of the epochs that
 * are done. It comes before `train`.
 *
 * Errors: `InvalidOption` where the schedule has a `problem`.
 */
export const learningRate = (schedule: Schedule): Stage =>
  stage((run) => {
    const { problem = null } = schedule;
    if (problem !== null) return Promise.resolve(E.left(problem));
    const optimiser = { ...run.optimiser, learningRate: schedule(run.epoch) };
    return Promise.resolve(E.right({ ...run, optimiser }));
  });
