/**
 * The nodes in which units compete.
 *
 * @module
 */
import type { Shape } from "./types.ts";

/** 1 for the largest unit of a sample, 0 for all others: kWTA with k = 1, hard in training too. */
export interface WinnerTakeAll {
  /** Names the node. */
  readonly _tag: "winner_take_all";
}

/** The activation of a soft kWTA: the logistic function, or clamp(z + 3, 0, 6) / 6. */
export type Gate = "sigmoid" | "hard_sigmoid";

/** A soft activation: its slope, and its form. */
export interface Soft {
  /** Above 0. */
  readonly hardness: number;
  /** The form. */
  readonly gate: Gate;
}

/**
 * Which units compete: all of a sample; of an image [height, width, channels] those of each channel;
 * or those at each location.
 */
export type Over = "sample" | "channel" | "location";

/**
 * k-winners-take-all over the n units that compete, k = ceil(sparsity · n) but at most n − 1.
 *
 * Evaluated, the output is 1 where x is above the threshold, midway between the k-th and the
 * (k+1)-th largest value, and 0 elsewhere. In training a soft one gives
 * gate(hardness · (x − threshold)) instead.
 */
export interface Kwta {
  /** Names the node. */
  readonly _tag: "kwta";
  /** In (0, 1]. */
  readonly sparsity: number;
  /** null: hard in training too, with a straight-through gradient. */
  readonly soft: Soft | null;
  /** Which units compete. */
  readonly over: Over;
}

/** A kWTA whose threshold is a weight, one per unit: nobody counts the winners. */
export interface LearnedKwta {
  /** Names the node. */
  readonly _tag: "learned_kwta";
  /** Of one sample; null where shape inference is to find it. */
  readonly shape: Shape | null;
  /** null: hard in training too, with a straight-through gradient; then the threshold learns nothing. */
  readonly soft: Soft | null;
}

/** A kWTA whose sparsity is predicted from the sample, its units taken as normally distributed. */
export interface PredictedKwta {
  /** Names the node. */
  readonly _tag: "predicted_kwta";
  /** Units of a sample; null where shape inference is to find them. */
  readonly inputs: number | null;
  /** In (0, 1]. */
  readonly max_sparsity: number;
  /** In (0, max_sparsity). */
  readonly min_sparsity: number;
  /** null: hard in training too, with a straight-through gradient; then nothing is learned. */
  readonly soft: Soft | null;
}

/**
 * k winners by boosted activation, transmitted as they are; all others are 0. A unit's boost falls with
 * its duty cycle.
 */
export interface KWinners {
  /** Names the node. */
  readonly _tag: "k_winners";
  /** In (0, 1]; k is this times the units that compete, rounded half to even. */
  readonly sparsity: number;
  /** Units, of an image channels: what has a duty cycle; null where shape inference is to find them. */
  readonly inputs: number | null;
  /** How strongly a duty cycle damps, at least 0. */
  readonly boost: number;
  /** Samples that a duty cycle remembers, at least 1. */
  readonly period: number;
  /** Evaluated, k is so many times as large; above 0. */
  readonly inference_factor: number;
  /** Which units compete. */
  readonly over: Over;
  /** Whether of equals at the boundary the first win, so that there are k; else all do. */
  readonly break_ties: boolean;
  /** Whether a winner below 0 counts as 0. */
  readonly relu: boolean;
}
