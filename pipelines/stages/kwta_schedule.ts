/**
 * The stage that hardens and thins a kWTA as training goes on.
 *
 * @module
 */
import { mapKwta } from "../../graph/rewrite.ts";
import { pure, type Stage } from "../stage.ts";

/** Options of {@linkcode kwtaSchedule}. */
export interface KwtaScheduleOptions {
  /** Epochs between two changes, at least 1; 10. */
  readonly stepSize?: number;
  /** The factor of the sparsity, in (0, 1]; 0.7. */
  readonly gammaSparsity?: number;
  /** The sparsity does not fall below this; 0.05. */
  readonly minSparsity?: number;
  /** The factor of the hardness, at least 1; 2. */
  readonly gammaHardness?: number;
  /** The hardness does not rise above this; 20. */
  readonly maxHardness?: number;
}

/** The values that the schedule changes. */
export interface KwtaSettings {
  /** In (0, 1]. */
  readonly sparsity: number;
  /** Above 0. */
  readonly hardness: number;
}

/**
 * The settings after an epoch, counted from 1: the arithmetic of {@linkcode kwtaSchedule}.
 *
 * @example
 * ```ts
 * import { scheduleKwta } from "./kwta_schedule.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const before = { sparsity: 0.3, hardness: 2 };
 * assertEquals(scheduleKwta({ gammaSparsity: 0.5 })(9, before), before);
 * assertEquals(scheduleKwta({ gammaSparsity: 0.5 })(10, before), { sparsity: 0.15, hardness: 4 });
 * ```
 */
export const scheduleKwta = (
  options: KwtaScheduleOptions = {},
): (epoch: number, now: KwtaSettings) => KwtaSettings =>
(epoch, now) => {
  const {
    stepSize = 10,
    gammaSparsity = 0.7,
    minSparsity = 0.05,
    gammaHardness = 2,
    maxHardness = 20,
  } = options;
  if (epoch < 1 || epoch % stepSize !== 0) return now;
  const exponent = epoch / stepSize;
  return {
    sparsity: Math.max(now.sparsity * gammaSparsity ** exponent, minSparsity),
    hardness: Math.min(now.hardness * gammaHardness ** exponent, maxHardness),
  };
};

/**
 * Sets the sparsity and the hardness of every kWTA in the run's graph for the next epoch. It comes
 * before `train`, so that what is evaluated and saved has the settings it was trained with.
 *
 * Every `stepSize` epochs the current value is multiplied by gamma^(epoch / stepSize), so that after m
 * changes it is v · gamma^(m(m+1)/2), and clamped.
 *
 * Source: KWTAScheduler of dizcza/EmbedderSDR, trainer/kwta.py. Two mistakes there are not repeated
 * here: a run that is resumed may have a change applied twice, and a sparsity that was written as a
 * Python integer (1) is never changed.
 */
export const kwtaSchedule = (options: KwtaScheduleOptions = {}): Stage => {
  const next = scheduleKwta(options);
  return pure((run) => ({
    ...run,
    graph: mapKwta((kwta) => {
      const now = { sparsity: kwta.sparsity, hardness: kwta.soft?.hardness ?? 1 };
      const { sparsity, hardness } = next(run.epoch, now);
      return { ...kwta, sparsity, soft: kwta.soft && { ...kwta.soft, hardness } };
    })(run.graph),
  }));
};
