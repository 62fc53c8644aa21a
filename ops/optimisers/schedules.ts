/**
 * Learning rate schedules: functions from the number of epochs done to a rate. An optimiser takes one as its
 * `learningRate`. Beside them {@linkcode plateauLr}, whose rate follows what was measured instead.
 *
 * @module
 */
import type { InvalidOption } from "../../graph/error.ts";
import {
  belowOne,
  checkRanges,
  integerFrom,
  notNegative,
  type OptionValues,
  positive,
  type Range,
} from "../ranges.ts";

/**
 * A function from the number of epochs done to a learning rate, with the name and the options that
 * configurations and reports show. Any function of epochs will do; its own name is the schedule's.
 */
export interface Schedule {
  /** The learning rate for the epoch after `epochs` are done, at least 0. */
  (epochs: number): number;
  /** The schedule's name: "stepLr". */
  readonly name: string;
  /** Settings of the schedule. @default {} */
  readonly options?: OptionValues;
  /** The option that is out of its range, which `createRun` refuses. @default null */
  readonly problem?: InvalidOption | null;
}

const scheduled = (
  name: string,
  rate: (epochs: number) => number,
  options: OptionValues,
  ranges: Parameters<typeof checkRanges>[0],
): Schedule =>
  // A function's own name can be redefined, and not assigned.
  Object.defineProperties(rate, {
    name: { value: name },
    options: { value: options, enumerable: true },
    problem: { value: checkRanges(ranges), enumerable: true },
  });

/** A learning rate as configurations keep it: a number, or a schedule's name and options. */
export const rateValue = (learningRate: number | Schedule): number | OptionValues =>
  typeof learningRate === "number"
    ? learningRate
    : { name: learningRate.name, ...learningRate.options };

// ---- By the epoch

/** Options of {@linkcode stepLr}, in torch's terms. */
export interface StepLrOptions {
  /** The rate of the first epoch, above 0. */
  readonly initial: number;
  /** Epochs between two changes, an integer of at least 1. */
  readonly stepSize: number;
  /** The factor of each change, above 0. */
  readonly gamma: number;
}

/**
 * Multiplies the rate by gamma every `stepSize` epochs: initial · gamma^⌊epochs / stepSize⌋.
 *
 * Source: torch.optim.lr_scheduler.StepLR.
 *
 * @param options Options, as {@linkcode StepLrOptions} describes them.
 *
 * @example
 * ```ts
 * import { stepLr } from "./schedules.ts";
 * import { adam } from "./adam.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const schedule = stepLr({ initial: 1e-3, stepSize: 10, gamma: 0.5 });
 * assertEquals([0, 9, 10, 20].map(schedule), [1e-3, 1e-3, 5e-4, 2.5e-4]);
 * assertEquals(adam({ learningRate: schedule }).options.learningRate, {
 *   name: "stepLr",
 *   initial: 1e-3,
 *   stepSize: 10,
 *   gamma: 0.5,
 * });
 * ```
 */
export const stepLr = ({ initial, stepSize, gamma }: StepLrOptions): Schedule =>
  scheduled(
    "stepLr",
    (epochs) => initial * gamma ** Math.floor(epochs / stepSize),
    { initial, stepSize, gamma },
    {
      initial: [initial, positive],
      stepSize: [stepSize, integerFrom(1)],
      gamma: [gamma, positive],
    },
  );

/** Options of {@linkcode exponentialLr}, in torch's terms. */
export interface ExponentialLrOptions {
  /** The rate of the first epoch, above 0. */
  readonly initial: number;
  /** The factor of each epoch, above 0. */
  readonly gamma: number;
}

/**
 * Multiplies the rate by gamma every epoch: initial · gamma^epochs.
 *
 * Source: torch.optim.lr_scheduler.ExponentialLR.
 *
 * @param options Options, as {@linkcode ExponentialLrOptions} describes them.
 *
 * @example
 * ```ts
 * import { exponentialLr } from "./schedules.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals([0, 1, 2].map(exponentialLr({ initial: 1, gamma: 0.5 })), [1, 0.5, 0.25]);
 * ```
 */
export const exponentialLr = ({ initial, gamma }: ExponentialLrOptions): Schedule =>
  scheduled("exponentialLr", (epochs) => initial * gamma ** epochs, { initial, gamma }, {
    initial: [initial, positive],
    gamma: [gamma, positive],
  });

/** Interpolates from `high` at progress 0 to `low` at progress 1, along half a cosine. */
const halfCosine = (high: number, low: number, progress: number): number =>
  low + (high - low) * (1 + Math.cos(Math.PI * progress)) / 2;

/** Options of {@linkcode cosineLr}. */
export interface CosineLrOptions {
  /** The rate of the first epoch, above 0. */
  readonly initial: number;
  /** Epochs from the initial rate to the minimum, an integer of at least 1: torch's `T_max`. */
  readonly period: number;
  /** The lowest rate, at least 0: torch's `eta_min`. @default 0 */
  readonly minimum?: number;
}

/**
 * Half a cosine from the initial rate to the minimum, and back, for ever:
 * minimum + (initial − minimum) · (1 + cos(π · epochs / period)) / 2.
 *
 * Source: Loshchilov & Hutter 2017 (arXiv 1608.03983), equation 5, as
 * torch.optim.lr_scheduler.CosineAnnealingLR, which rises again after `T_max` too.
 *
 * @param options Options, as {@linkcode CosineLrOptions} describes them.
 *
 * @example
 * ```ts
 * import { cosineLr } from "./schedules.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals([0, 10, 20].map(cosineLr({ initial: 1, period: 10, minimum: 0.5 })), [1, 0.5, 1]);
 * ```
 */
export const cosineLr = ({ initial, period, minimum = 0 }: CosineLrOptions): Schedule =>
  scheduled(
    "cosineLr",
    (epochs) => halfCosine(initial, minimum, epochs / period),
    { initial, period, minimum },
    {
      initial: [initial, positive],
      period: [period, integerFrom(1)],
      minimum: [minimum, notNegative],
    },
  );

/** Options of {@linkcode cosineWarmupLr}. */
export interface CosineWarmupLrOptions {
  /** The highest rate, above 0. */
  readonly peak: number;
  /** Epochs of the whole schedule, an integer above `warmup`. */
  readonly epochs: number;
  /** Epochs before the peak, an integer of at least 0. @default 0 */
  readonly warmup?: number;
  /** The rate that the schedule falls to and keeps from then on, at least 0. @default 0 */
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
 * @param options Options, as {@linkcode CosineWarmupLrOptions} describes them.
 *
 * @example
 * ```ts
 * import { cosineWarmupLr } from "./schedules.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const schedule = cosineWarmupLr({ peak: 1, epochs: 7, warmup: 3 });
 * assertEquals([0, 1, 2, 3, 5, 7, 100].map(schedule), [0.25, 0.5, 0.75, 1, 0.5, 0, 0]);
 * ```
 */
export const cosineWarmupLr = (
  { peak, epochs: total, warmup = 0, minimum = 0 }: CosineWarmupLrOptions,
): Schedule =>
  scheduled(
    "cosineWarmupLr",
    (epochs) =>
      epochs < warmup
        ? peak * (epochs + 1) / (warmup + 1)
        : halfCosine(peak, minimum, Math.min(1, (epochs - warmup) / (total - warmup))),
    { peak, epochs: total, warmup, minimum },
    {
      peak: [peak, positive],
      warmup: [warmup, integerFrom(0)],
      epochs: [total, integerFrom(warmup + 1)],
      minimum: [minimum, notNegative],
    },
  );

// ---- By a metric

/** Options of {@linkcode plateauLr}, in torch's terms and with its defaults. */
export interface PlateauOptions {
  /** The rate to begin with, above 0. */
  readonly initial: number;
  /** Whether the metric is to fall ("min": a loss) or to rise ("max": an accuracy). @default "min" */
  readonly mode?: "min" | "max";
  /** Factor on the rate at a plateau, between 0 and 1. @default 0.1 */
  readonly factor?: number;
  /** Values without improvement that are let pass, an integer of at least 0. @default 10 */
  readonly patience?: number;
  /** The least relative improvement that counts, in [0, 1). @default 1e-4 */
  readonly threshold?: number;
  /** Values after a reduction that count neither way, an integer of at least 0. @default 0 */
  readonly cooldown?: number;
  /** Lower bound of the rate, at least 0. @default 0 */
  readonly minimum?: number;
  /** A reduction by no more than this is not made, at least 0. @default 1e-8 */
  readonly epsilon?: number;
}

/** A function from the values of a metric to a rate. */
export interface PlateauSchedule {
  /** The learning rate after all values so far, oldest first. */
  (values: readonly number[]): number;
  /** The option that is out of its range, if any: `reduceOnPlateau` refuses it. */
  readonly problem: InvalidOption | null;
}

interface Patience {
  readonly rate: number;
  readonly best: number;
  /** Values without improvement since the best, or since the last reduction. */
  readonly bad: number;
  /** Values until bad ones count again. */
  readonly cooling: number;
}

const defaults: Required<Omit<PlateauOptions, "initial">> = {
  mode: "min",
  factor: 0.1,
  patience: 10,
  threshold: 1e-4,
  cooldown: 0,
  minimum: 0,
  epsilon: 1e-8,
};

/**
 * Multiplies the rate by the factor whenever more than `patience` values in a row were not better
 * than the best so far. Better is value < best · (1 − threshold), or value > best · (1 + threshold)
 * where the metric is to rise; a NaN is never better. A fold over the values: the same history gives
 * the same rate, so there is no state to save.
 *
 * The relative threshold is for metrics above 0: where the best is negative, an equal value counts as
 * better. That is torch's, kept.
 *
 * Source: torch.optim.lr_scheduler.ReduceLROnPlateau, threshold_mode "rel".
 *
 * @param options Options, as {@linkcode PlateauOptions} describes them.
 *
 * @example
 * ```ts
 * import { plateauLr } from "./schedules.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const schedule = plateauLr({ initial: 1, factor: 0.5, patience: 1 });
 * assertEquals(schedule([]), 1);
 * assertEquals(schedule([0.9, 0.8, 0.8]), 1);
 * assertEquals(schedule([0.9, 0.8, 0.8, 0.8]), 0.5);
 * assertEquals(plateauLr({ initial: 1, factor: 2 }).problem?.option, "factor");
 * ```
 */
export function plateauLr(options: PlateauOptions): PlateauSchedule {
  const settings = { ...defaults, ...options };
  const begin: Patience = {
    rate: settings.initial,
    best: settings.mode === "min" ? Infinity : -Infinity,
    bad: 0,
    cooling: 0,
  };
  return Object.assign(
    (values: readonly number[]) =>
      values.reduce((state, value) => observe(settings, state, value), begin).rate,
    { problem: checkPlateau(settings) },
  );
}

function observe(settings: Required<PlateauOptions>, state: Patience, value: number): Patience {
  const { mode, factor, patience, threshold, cooldown, minimum, epsilon } = settings;
  const better = mode === "min"
    ? value < state.best * (1 - threshold)
    : value > state.best * (1 + threshold);
  const best = better ? value : state.best;
  const bad = better || state.cooling > 0 ? 0 : state.bad + 1;
  const cooling = Math.max(0, state.cooling - 1);
  if (bad <= patience) return { rate: state.rate, best, bad, cooling };
  const reduced = Math.max(state.rate * factor, minimum);
  const rate = state.rate - reduced > epsilon ? reduced : state.rate;
  return { rate, best, bad: 0, cooling: cooldown };
}

const withinOne: Range = {
  holds: (value) => value > 0 && value < 1,
  words: "a number above 0 and below 1",
};

const checkPlateau = (
  { initial, factor, patience, threshold, cooldown, minimum, epsilon }: Required<PlateauOptions>,
): InvalidOption | null =>
  checkRanges({
    initial: [initial, positive],
    factor: [factor, withinOne],
    patience: [patience, integerFrom(0)],
    threshold: [threshold, belowOne],
    cooldown: [cooldown, integerFrom(0)],
    minimum: [minimum, notNegative],
    epsilon: [epsilon, notNegative],
  });
