/**
 * Learning rate schedules: functions from the number of epochs done to a rate. For one that looks at
 * what was measured instead, see `plateauLr`.
 *
 * @module
 */
import type { InvalidOption } from "../graph/error.ts";
import { checkRanges, integerFrom, notNegative, positive } from "./ranges.ts";

/** A function from the number of epochs done to a rate; any such function will do. */
export interface Schedule {
  /** The learning rate for the epoch after `epochs` are done. */
  (epochs: number): number;
  /** What is wrong with the options; null where nothing is. The stages return it. */
  readonly problem?: InvalidOption | null;
}

const scheduled = (
  rate: (epochs: number) => number,
  ranges: Parameters<typeof checkRanges>[0],
): Schedule => Object.assign(rate, { problem: checkRanges(ranges) });

/**
 * Multiplies the rate by gamma every `stepSize` epochs: initial · gamma^⌊epochs / stepSize⌋.
 *
 * Source: torch.optim.lr_scheduler.StepLR.
 *
 * @param initial Above 0.
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
export const stepLr = (initial: number, stepSize: number, gamma: number): Schedule =>
  scheduled((epochs) => initial * gamma ** Math.floor(epochs / stepSize), {
    initial: [initial, positive],
    stepSize: [stepSize, integerFrom(1)],
    gamma: [gamma, positive],
  });

/**
 * Multiplies the rate by gamma every epoch: initial · gamma^epochs.
 *
 * Source: torch.optim.lr_scheduler.ExponentialLR.
 *
 * @param initial Above 0.
 * @param gamma The factor, above 0.
 *
 * @example
 * ```ts
 * import { exponentialLr } from "./schedules.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals([0, 1, 2].map(exponentialLr(1, 0.5)), [1, 0.5, 0.25]);
 * ```
 */
export const exponentialLr = (initial: number, gamma: number): Schedule =>
  scheduled((epochs) => initial * gamma ** epochs, {
    initial: [initial, positive],
    gamma: [gamma, positive],
  });

/** From `high` at progress 0 to `low` at progress 1, along half a cosine. */
const halfCosine = (high: number, low: number, progress: number): number =>
  low + (high - low) * (1 + Math.cos(Math.PI * progress)) / 2;

/**
 * Half a cosine from the initial rate to the minimum, and back, for ever:
 * minimum + (initial − minimum) · (1 + cos(π · epochs / period)) / 2.
 *
 * Source: Loshchilov & Hutter 2017 (arXiv 1608.03983), equation 5, as
 * torch.optim.lr_scheduler.CosineAnnealingLR, which rises again after `T_max` too.
 *
 * @param initial Above 0.
 * @param period Epochs from the initial rate to the minimum, at least 1.
 * @param minimum At least 0; 0.
 */
export const cosineLr = (initial: number, period: number, minimum = 0): Schedule =>
  scheduled((epochs) => halfCosine(initial, minimum, epochs / period), {
    initial: [initial, positive],
    period: [period, integerFrom(1)],
    minimum: [minimum, notNegative],
  });

/** Options of {@linkcode cosineWarmupLr}. */
export interface CosineWarmupLrOptions {
  /** Epochs of the whole schedule, above `warmup`. */
  readonly epochs: number;
  /** Epochs before the peak, at least 0; 0. */
  readonly warmup?: number;
  /** What the rate falls to, and keeps from then on, at least 0; 0. */
  readonly minimum?: number;
}

/**
 * A linear rise to the peak, then half a cosine down to the minimum, which stays. With e epochs
 * done and w of warm-up, of n:
 *
 * - e < w: peak · (e + 1) / (w + 1), so that no epoch is spent at a rate of 0;
 * - e ≥ w: minimum + (peak − minimum) · (1 + cos(π · min(1, (e − w) / (n − w)))) / 2.
 *
 * Without warm-up it is {@linkcode cosineLr} up to its first minimum.
 *
 * Source: Goyal et al. 2017 (arXiv 1706.02677), section 2.2, for the warm-up; Loshchilov & Hutter
 * 2017 (arXiv 1608.03983), equation 5, for the cosine.
 *
 * @param peak Above 0.
 *
 * @example
 * ```ts
 * import { cosineWarmupLr } from "./schedules.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const schedule = cosineWarmupLr(1, { epochs: 7, warmup: 3 });
 * assertEquals([0, 1, 2, 3, 5, 7, 100].map(schedule), [0.25, 0.5, 0.75, 1, 0.5, 0, 0]);
 * ```
 */
export function cosineWarmupLr(peak: number, options: CosineWarmupLrOptions): Schedule {
  const { epochs: total, warmup = 0, minimum = 0 } = options;
  return scheduled(
    (epochs) =>
      epochs < warmup
        ? peak * (epochs + 1) / (warmup + 1)
        : halfCosine(peak, minimum, Math.min(1, (epochs - warmup) / (total - warmup))),
    {
      peak: [peak, positive],
      warmup: [warmup, integerFrom(0)],
      epochs: [total, integerFrom(warmup + 1)],
      minimum: [minimum, notNegative],
    },
  );
}
