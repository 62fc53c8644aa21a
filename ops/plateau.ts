/**
 * A learning rate that falls where a metric does not improve any more.
 *
 * @module
 */
import type { InvalidOption } from "../graph/error.ts";
import { belowOne, checkRanges, integerFrom, notNegative, positive, type Range } from "./ranges.ts";

/** Options of {@linkcode plateauLr}, in torch's terms and with its defaults. */
export interface PlateauOptions {
  /** The rate to begin with, above 0. */
  readonly initial: number;
  /** Whether the metric is to fall ("min": a loss) or to rise ("max": an accuracy). @default "min" */
  readonly mode?: "min" | "max";
  /** What the rate is multiplied by, between 0 and 1. @default 0.1 */
  readonly factor?: number;
  /** Values without improvement that are let pass, an integer of at least 0. @default 10 */
  readonly patience?: number;
  /** The least relative improvement that counts, in [0, 1). @default 1e-4 */
  readonly threshold?: number;
  /** Values after a reduction that count neither way, an integer of at least 0. @default 0 */
  readonly cooldown?: number;
  /** What the rate does not fall below, at least 0. @default 0 */
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
 * @example
 * ```ts
 * import { plateauLr } from "./plateau.ts";
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

const defaults: Required<Omit<PlateauOptions, "initial">> = {
  mode: "min",
  factor: 0.1,
  patience: 10,
  threshold: 1e-4,
  cooldown: 0,
  minimum: 0,
  epsilon: 1e-8,
};

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
