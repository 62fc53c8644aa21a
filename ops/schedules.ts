/**
 * Learning rate schedules: functions from the number of epochs done to a rate.
 *
 * @module
 */

/** The learning rate for the epoch after `epochs` are done. */
export type Schedule = (epochs: number) => number;

/**
 * Multiplies the rate by gamma every `stepSize` epochs: initial · gamma^⌊epochs / stepSize⌋.
 *
 * Source: torch.optim.lr_scheduler.StepLR.
 *
 * @param stepSize Epochs between two changes, at least 1.
 * @param gamma The factor, above 0.
 *
 * @example
 * ```ts
 * import { stepLr } from "./schedules.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const schedule = stepLr(1e-3, 10, 0.5);
 * assertEquals([0, 9, 10, 20].map(schedule), [1e-3, 1e-3, 5e-4, 2.5e-4]);
 * ```
 */
export const stepLr = (initial: number, stepSize: number, gamma: number): Schedule => (epochs) =>
  initial * gamma ** Math.floor(epochs / stepSize);
