/**
 * The nodes in which units compete, as functions.
 *
 * @module
 */
import type { Gate, Graph, Over, Soft } from "./node.ts";
import type { Same, Shape } from "./types.ts";

/** Options of {@linkcode kwta}. */
export interface KwtaOptions {
  /** Slope of the soft kWTA, above 0. @default 2 */
  readonly hardness?: number;
  /** The soft activation. @default "sigmoid" */
  readonly gate?: Gate;
  /** Whether the output is binary in training too, with a straight-through gradient. @default false */
  readonly hard?: boolean;
  /**
   * Which units compete: all of a "sample"; of an image [height, width, channels] those of each
   * "channel", or the channels at each "location"; "sample".
   */
  readonly over?: Over;
}

/** Options of {@linkcode learnedKwta}. */
export type LearnedKwtaOptions = Omit<KwtaOptions, "over">;

/** Options of {@linkcode predictedKwta}. */
export interface PredictedKwtaOptions extends LearnedKwtaOptions {
  /** Lowest sparsity, in (0, maxSparsity): a lower prediction is raised to it. @default 0.001 */
  readonly minSparsity?: number;
}

const soft = ({ hardness = 2, gate = "sigmoid", hard = false }: LearnedKwtaOptions): Soft | null =>
  hard ? null : { hardness, gate };

/**
 * k-winners-take-all: of the n units of a sample the k = ceil(sparsity · n) largest fire, at most
 * n − 1. Binary when evaluating; soft in training, unless `hard`. Of images the units of each channel
 * or at each location may compete on their own (`over`).
 *
 * Source: KWinnersTakeAll and KWinnersTakeAllSoft of dizcza/EmbedderSDR, models/kwta.py.
 *
 * @param sparsity In (0, 1].
 *
 * @example
 * ```ts
 * import { kwta } from "./kwta_constructors.ts";
 * import { show } from "./show.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(show(kwta(0.05)), "kwta(0.05)");
 * assertEquals(show(kwta(0.05, { hardness: 4 })), "kwta(0.05, hardness=4)");
 * assertEquals(show(kwta(0.05, { hard: true })), "kwta(0.05, hard)");
 * ```
 */
export const kwta = (sparsity: number, options: KwtaOptions = {}): Graph<Shape, Same> => ({
  nodes: [{ _tag: "kwta", sparsity, soft: soft(options), over: options.over ?? "sample" }],
});

/** Options of {@linkcode kWinners}. */
export interface KWinnersOptions {
  /** How strongly a high duty cycle damps a unit, at least 0. @default 1 */
  readonly boost?: number;
  /** Period of the duty cycle's moving average, in samples, at least 1. @default 1000 */
  readonly period?: number;
  /** Factor on k when evaluated, above 0. @default 1 */
  readonly inferenceFactor?: number;
  /** Which units compete: all of a sample, or of an image those of each channel or location. @default "sample" */
  readonly over?: Over;
  /** Whether only the first of equal units at the boundary win, so that there are exactly k. @default false */
  readonly breakTies?: boolean;
  /** Whether a winner below 0 is set to 0. @default false */
  readonly relu?: boolean;
}

/**
 * k winners that are transmitted as they are, all others 0: a layer between others, where
 * {@linkcode kwta} makes the code. Winners are chosen by x · exp(−boost · duty cycle), in training and
 * evaluated; k is sparsity · n rounded half to even, and `inferenceFactor` as large when evaluated (of
 * vectors truncated, of images rounded). With `breakTies: false` equals at the boundary all win, so
 * that there may be more than k.
 *
 * A unit's duty cycle is how often its output was above 0, over about the last `period` samples; of
 * images it is that of a channel, averaged over its locations. The gradient flows where a value is
 * transmitted.
 *
 * Plasticity: "duty_cycle" of shape [units] (of images [channels]) and "samples".
 *
 * Source: Ahmad & Scheinkman 2019, "How Can We Be So Dense? The Benefits of Using Highly Sparse
 * Representations" (arXiv 1903.11257); values checked against those of nupic.torch's KWinners and
 * KWinners2d.
 *
 * @param sparsity In (0, 1].
 *
 * @example
 * ```ts
 * import { kWinners } from "./kwta_constructors.ts";
 * import { show } from "./show.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const layer = kWinners(0.1, { inferenceFactor: 1.5, over: "location" });
 * assertEquals(show(layer), "k_winners(0.1, inference_factor=1.5, over=location)");
 * ```
 */
export const kWinners = (
  sparsity: number,
  {
    boost = 1,
    period = 1000,
    inferenceFactor = 1,
    over = "sample",
    breakTies = false,
    relu = false,
  }: KWinnersOptions = {},
): Graph<Shape, Same> => ({
  nodes: [{
    _tag: "k_winners",
    sparsity,
    inputs: null,
    boost,
    period,
    inference_factor: inferenceFactor,
    over,
    break_ties: breakTies,
    relu,
  }],
});

/**
 * A kWTA whose thresholds are weights, one per unit: 1 where x is above its own. In training
 * gate(hardness · (x − threshold)), through which the thresholds learn, unless `hard`.
 *
 * Params: "threshold", of the shape of a sample.
 *
 * Source: KWinnersTakeAllSoft(emb_size=…) of dizcza/EmbedderSDR, models/kwta.py.
 *
 * @example
 * ```ts
 * import { learnedKwta } from "./kwta_constructors.ts";
 * import { show } from "./show.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(show(learnedKwta({ hardness: 4 })), "learned_kwta(hardness=4)");
 * ```
 */
export const learnedKwta = (options: LearnedKwtaOptions = {}): Graph<Shape, Same> => ({
  nodes: [{ _tag: "learned_kwta", shape: null, soft: soft(options) }],
});

/**
 * A kWTA whose sparsity is predicted from the sample: s = max(sigmoid(x·w) · maxSparsity,
 * minSparsity). The threshold is the one that a fraction s of a normal distribution exceeds, of the
 * mean and the (unbiased) standard deviation of the sample's units: mean + std · √2 · erfinv(1 − 2s).
 * In training gate(hardness · (x − threshold)), unless `hard`; gradients flow through s, the mean and
 * the standard deviation.
 *
 * Params: "weight", of shape [units, 1].
 *
 * Source: SparsityPredictor of dizcza/EmbedderSDR, models/kwta.py.
 *
 * @param maxSparsity In (0, 1].
 *
 * @example
 * ```ts
 * import { predictedKwta } from "./kwta_constructors.ts";
 * import { show } from "./show.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(show(predictedKwta(0.3)), "predicted_kwta(0.3)");
 * ```
 */
export const predictedKwta = (
  maxSparsity: number,
  options: PredictedKwtaOptions = {},
): Graph<Shape, Same> => ({
  nodes: [{
    _tag: "predicted_kwta",
    inputs: null,
    max_sparsity: maxSparsity,
    min_sparsity: options.minSparsity ?? 0.001,
    soft: soft(options),
  }],
});

/** 1 for the largest unit of a sample, 0 for all others; the gradient is straight through. */
export const winnerTakeAll: Graph<Shape, Same> = { nodes: [{ _tag: "winner_take_all" }] };
