/**
 * Schedules as stages: kWTA becomes sparser and harder, top-k codes sparser, the learning rate falls on a plateau,
 * boosting fades.
 *
 * @module
 */
import { invalidOption, type SparrowError } from "../../graph/error.ts";
import { E } from "../../graph/fp_ts.ts";
import type { Graph, Nodes } from "../../graph/node.ts";
import { mapKwta, mapLeaves } from "../../graph/rewrite.ts";
import { plateauLr, type PlateauOptions } from "../../ops/optimisers/schedules.ts";
import { checkRanges, integerFrom } from "../../ops/ranges.ts";
import { rowsNamed, type SplitName } from "../core/history.ts";
import type { Run } from "../core/run.ts";
import { pure, type Stage, stage } from "../core/stage.ts";

/** Options of {@linkcode kwtaSchedule}. */
export interface KwtaScheduleOptions {
  /** Epochs between two changes, at least 1. @default {10} */
  readonly stepSize?: number;
  /** Factor of the sparsity, in (0, 1]. @default {0.7} */
  readonly gammaSparsity?: number;
  /** Lower bound of the sparsity. @default {0.05} */
  readonly minSparsity?: number;
  /** Factor of the hardness, at least 1. @default {2} */
  readonly gammaHardness?: number;
  /** Upper bound of the hardness. @default {20} */
  readonly maxHardness?: number;
}

/** The values that the schedule changes. */
export interface KwtaSettings {
  /** Sparsity, in (0, 1]. */
  readonly sparsity: number;
  /** Hardness, above 0. */
  readonly hardness: number;
}

/**
 * Computes the settings after an epoch, counted from 1: the arithmetic of {@linkcode kwtaSchedule}.
 *
 * @example
 * ```ts
 * import { scheduleKwta } from "./schedules.ts";
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
 *
 * @param options Options, as {@linkcode KwtaScheduleOptions} describes them.
 */
export const kwtaSchedule = (options: KwtaScheduleOptions = {}): Stage => {
  const change = scheduled(options);
  return pure((run) => ({ ...run, graph: change(run.epoch, run.graph) }));
};

/** Returns the function that sets a graph's kWTA for the epoch after a given number of epochs. */
const scheduled = (options: KwtaScheduleOptions) => {
  const next = scheduleKwta(options);
  return (epoch: number, graph: Nodes): Graph =>
    mapKwta((kwta) => {
      const now = { sparsity: kwta.sparsity, hardness: kwta.soft?.hardness ?? 1 };
      const { sparsity, hardness } = next(epoch, now);
      return { ...kwta, sparsity, soft: kwta.soft && { ...kwta.soft, hardness } };
    })(graph);
};

/**
 * Returns the graph of a run after some epochs of {@linkcode kwtaSchedule}, which a checkpoint of it has to have.
 *
 * @param graph Graph that the schedule began with.
 * @param epochs Epochs of the run, at least `begun`.
 * @param begun Epochs of the run before the schedule's first. @default 0
 */
export function graphAfterKwtaSchedule(
  graph: Nodes,
  epochs: number,
  options: KwtaScheduleOptions = {},
  begun = 0,
): Nodes {
  const change = scheduled(options);
  let now = graph;
  for (let epoch = begun; epoch < epochs; epoch++) now = change(epoch, now);
  return now;
}

/**
 * Options of {@linkcode reduceOnPlateau}: those of `plateauLr`, whose initial rate is the optimiser's,
 * and the metric to watch.
 */
export interface ReduceOnPlateauOptions extends Omit<PlateauOptions, "initial"> {
  /** The metric's name in the history. @default "loss" */
  readonly name?: string;
  /** The split that the metric was measured on. @default "train" */
  readonly split?: SplitName;
}

/**
 * Sets the learning rate of the next epoch to that of `plateauLr` for all values of a metric in the run's history,
 * starting from the optimiser's own rate, so that a resumed run goes on in the same way. The stage comes before
 * `train`; a metric that was never measured leaves the initial rate.
 *
 * Errors: `InvalidOption` for an option out of its range, for a run without an optimiser, and for an
 * optimiser with a schedule, which would set the rate as well.
 *
 * @param options Options, as {@linkcode ReduceOnPlateauOptions} describes them.
 *
 * @example
 * ```ts
 * import { reduceOnPlateau } from "./schedules.ts";
 *
 * const onLoss = reduceOnPlateau({ factor: 0.5, patience: 3 });
 * const onAccuracy = reduceOnPlateau({ mode: "max", name: "accuracy", split: "validation" });
 * ```
 */
export const reduceOnPlateau = (
  { name = "loss", split = "train", ...options }: ReduceOnPlateauOptions = {},
): Stage =>
  stage(({ optimiser, ...run }): Promise<E.Either<SparrowError, Run>> => {
    const initial = optimiser?.learningRate;
    if (typeof initial !== "number") {
      const actual = initial === undefined ? "no optimiser" : `the schedule ${initial.name}`;
      return Promise.resolve(
        E.left(invalidOption("learningRate", actual, "a number, which reduceOnPlateau lowers")),
      );
    }
    const schedule = plateauLr({ ...options, initial });
    if (schedule.problem !== null) return Promise.resolve(E.left(schedule.problem));
    const values = rowsNamed(run.history, name, split).map(({ value }) => value);
    const optimiserState = { ...run.optimiserState, learningRate: schedule(values) };
    return Promise.resolve(E.right({ ...run, optimiser, optimiserState }));
  });

/**
 * Multiplies the boost of every `k_winners` in the run's graph by a factor, but for the first epoch. It
 * comes before `train`.
 *
 * Source: Ahmad & Scheinkman 2019 (arXiv 1903.11257); nupic.torch's `boost_strength_factor`, 0.9.
 *
 * Errors: `InvalidOption` when the factor is not above 0 and at most 1.
 *
 * @param factor Factor of the boost, in (0, 1]. @default {0.9}
 */
export const boostDecay = (factor = 0.9): Stage => {
  const fade = mapLeaves((leaf) =>
    leaf._tag === "k_winners" ? { ...leaf, boost: leaf.boost * factor } : leaf
  );
  return stage((run) =>
    Promise.resolve(
      !(factor > 0 && factor <= 1)
        ? E.left(invalidOption("factor", factor, "a number above 0 and at most 1"))
        : E.right(run.epoch === 0 ? run : { ...run, graph: fade(run.graph) }),
    )
  );
};

/** Options of {@linkcode annealWinners}. */
export interface AnnealWinnersOptions {
  /** Winners in the first epoch, at least 1. */
  readonly initial: number;
  /** Winners from then on, at least 1. */
  readonly final: number;
  /** Epochs after which they are the final ones, at least 1. */
  readonly epochs: number;
}

/** Returns a graph with the winners of an epoch, by the number of epochs done. */
export const graphAfterAnnealing = (
  graph: Nodes,
  epoch: number,
  { initial, final, epochs }: AnnealWinnersOptions,
): Graph => {
  const progress = Math.min(1, epoch / epochs);
  const k = Math.round(initial * (1 - progress) + final * progress);
  return mapLeaves((leaf) =>
    leaf._tag === "custom" && (leaf.name === "top_k" || leaf.name === "batch_top_k")
      ? { ...leaf, values: { ...leaf.values, k } }
      : leaf
  )(graph);
};

/**
 * Sets the winners of every `top_k` and `batch_top_k` in the run's graph for the next epoch: from the initial number to
 * the final one, linearly over `epochs` epochs. It comes before `train`. Codes that are sparse from the beginning have
 * more dead units.
 *
 * Source: CSRv2 (arXiv 2602.05735), where k changes with every step, and is the final one after 0.7 of
 * the training.
 *
 * Errors: `InvalidOption` when an option is not an integer of at least 1.
 *
 * @param options Options, as {@linkcode AnnealWinnersOptions} describes them.
 *
 * @example
 * ```ts
 * import { annealWinners, graphAfterAnnealing } from "./schedules.ts";
 * import "../../ops/top_k.ts";
 * import { graph } from "../../graph/parse.ts";
 * import { show } from "../../graph/show.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const options = { initial: 64, final: 4, epochs: 3 };
 * const stage = annealWinners(options);
 * assertEquals(show(graphAfterAnnealing(graph`linear(9, 99) ▷ top_k(4)`, 1, options)),
 *   "linear(9, 99) ▷ top_k(44)");
 * ```
 */
export const annealWinners = (options: AnnealWinnersOptions): Stage =>
  stage((run) => {
    const bad = checkRanges({
      initial: [options.initial, integerFrom(1)],
      final: [options.final, integerFrom(1)],
      epochs: [options.epochs, integerFrom(1)],
    });
    return Promise.resolve(
      bad === null
        ? E.right({ ...run, graph: graphAfterAnnealing(run.graph, run.epoch, options) })
        : E.left(bad),
    );
  });
