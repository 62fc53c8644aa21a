/**
 * Mutual information by neural lower bounds: MINE, SMILE and InfoNCE. A critic is trained on a part of
 * the pairs, and the bound is read off the rest.
 *
 * @module
 */
import {
  type GpuError,
  type InvalidOption,
  invalidOption,
  type SparrowError,
} from "../../graph/error.ts";
import { checkRanges, integerFrom, notNegative, positive } from "../ranges.ts";
import { type Critic, jointCritic, twoTowers } from "./neural_critics.ts";
import {
  checkAverageRate,
  checkClip,
  dvBound,
  mineLoss,
  smileBound,
  smileLoss,
} from "./neural_bounds.ts";
import { E, pipe, type TE } from "../../graph/fp_ts.ts";
import type { Rng } from "../../graph/rng.ts";
import { checkPairs, checkSamples, type Samples } from "./samples.ts";
import {
  fixedPairs,
  oneHotRows,
  type Pairs,
  type PairSource,
  partPairs,
  standardColumns,
} from "./neural_pairs.ts";
import { exponentialAverage, judgeBest, judgeLast } from "./neural_training.ts";

/** A neural bound of information. */
export type NeuralBound = "mine" | "smile" | "infonce";

/** Names of all bounds, for messages and checks. */
export const neuralBounds: readonly NeuralBound[] = ["mine", "smile", "infonce"];

/** Options of all neural bounds. */
export interface NeuralOptions {
  /** The bound that is raised. @default "mine" */
  readonly bound?: NeuralBound;
  /** Steps of Adam, at least 1. @default 1000 */
  readonly steps?: number;
  /** Pairs per step, at least 2. With "infonce" their log2 is the most that can be found. @default 256 */
  readonly batchSize?: number;
  /**
   * Units of the hidden layers, at least one layer; with "infonce" those of each tower.
   *
   * @default [100, 50]
   */
  readonly hidden?: readonly number[];
  /** The learning rate of Adam, above 0. @default 1e-3 */
  readonly learningRate?: number;
  /** L2, coupled to the gradient, at least 0. @default 1e-5 */
  readonly weightDecay?: number;
  /** The rate of the moving average of {@linkcode mineLoss}, in (0, 1]. @default 1 */
  readonly averageRate?: number;
  /** The clip of {@linkcode smileBound}, above 0. @default 5 */
  readonly clip?: number;
  /**
   * Steps between the judgements of which the best one's weights are taken: a critic that goes on
   * learning a small sample unlearns the law. 0 takes the last step's weights.
   *
   * @default 50
   */
  readonly judgeEvery?: number;
  /**
   * Judgements in a row without a better one that end the training; 0: none do. A small sample is learnt
   * within a few hundred steps, and what comes after them is not used.
   *
   * @default 8
   */
  readonly patience?: number;
  /** Marginal pairs per held-out pair, at least 1. "infonce" has no use for it. @default 10 */
  readonly shuffles?: number;
  /** Stops the training when it is aborted. */
  readonly signal?: AbortSignal;
  /** Returns the fault of the GPU, if any: `fault` of the backend that runs. */
  readonly fault?: () => GpuError | null;
}

/** The information that a neural bound found. */
export interface NeuralInformation {
  /**
   * The bound on pairs that have not trained the critic, in bits: the estimate. Negative where the
   * critic has learned what is not so; information never is.
   */
  readonly bits: number;
  /**
   * Estimate as the reference reports it: the largest of an exponential moving average over 30 training batches,
   * started at 0, in bits. It is biased up, and may exceed the true value.
   */
  readonly trainBits: number;
  /** The most that `bits` could have been: log2 of InfoNCE's block; null for the other bounds. */
  readonly ceiling: number | null;
  /** The bound of every step on its own batch, before the update, in bits. */
  readonly history: Float64Array;
}

/** A sample of two variables, the second one continuous or a class. */
export type NeuralSamples =
  | { readonly x: Samples; readonly y: Samples; readonly labels?: undefined }
  | { readonly x: Samples; readonly labels: ArrayLike<number>; readonly y?: undefined };

/** The sample that {@linkcode neuralInformation} is given, with its options. */
export type NeuralTask = NeuralSamples & NeuralOptions & {
  /** The share of the pairs that judges the critic and does not train it, in (0, 1). @default 0.25 */
  readonly heldOut?: number;
};

/** The source that {@linkcode neuralInformationOfSource} is given, with its options. */
export interface SourceTask extends NeuralOptions {
  /** Source of pairs: every batch is fresh. */
  readonly source: PairSource;
  /** Pairs that judge the critic, at least 4. @default 10000 */
  readonly heldOutPairs?: number;
}

/** The window of the reference's moving average, in steps. */
const WINDOW = 30;

/**
 * Estimates I(X;Y) in bits, from below, by a network that learns to distinguish pairs that belong together from others.
 *
 * It trains on a random part of the sample and reports the bound on the rest; the samples have to be
 * independent, or the rest is not new. A small sample is overfitted after few steps: of the weights on the way, those
 * are taken that were best on the other half of the rest. Columns of x and y are
 * standardised over the whole sample; labels become one column per class, without noise. It runs on
 * tfjs's current backend; the same generator, backend and machine give the same bits.
 *
 * Of 0.2, 1, 3 and 6 bits between Gaussians, 10,000 pairs, MINE finds 0.20, 0.98, 2.88 and 5.6 in one
 * dimension, 0.17, 0.93, 2.8 and 5.7 in five, 0.12, 0.87, 2.6 and 4.6 in twenty. With few pairs and much
 * information the noise of a mean of exponentials takes a held-out value above the truth: 6.9 of 6 bits,
 * of 500 pairs. At 6 bits SMILE finds 5.7, 5.9 and 6.1, and is no bound; InfoNCE 5.1, 5.3 and 4.9, and
 * less than 8 of a batch of 256 whatever there is.
 *
 * Source: "mine" is Belghazi et al. 2018, as dizcza/pytorch-mighty has it (mighty/monitor/mutual_info/
 * neural_estimation.py); "smile" Song & Ermon 2020; "infonce" van den Oord et al. 2018.
 *
 * @param task Samples of X and Y, and the options of the training.
 * @param rng Draws the parts, the weights and the batches. Fork it: what is left is not returned.
 * @returns Bits; `InvalidOption` for samples or options out of range, `NonFinite` where the training
 * diverges, `Interrupted`, `GpuError`.
 *
 * @example
 * ```ts
 * import { neuralInformation } from "./neural_information.ts";
 * import { gaussianPairs } from "./neural_pairs.ts";
 * import { startBackend } from "../backend.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { seed } from "../../graph/rng.ts";
 * import { assertAlmostEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await startBackend("wasm")();
 * const [{ x, y }] = gaussianPairs(1, 0.9).draw(4000, seed(26));
 * const variable = (values: Float32Array) => ({ count: 4000, width: 1, values });
 * const found = await neuralInformation(
 *   { x: variable(x), y: variable(y), steps: 200 },
 *   seed(26),
 * )();
 * // The truth is 1.198 bits.
 * if (E.isLeft(found)) throw new Error(found.left._tag);
 * assertAlmostEquals(found.right.bits, 1.198, 0.15);
 * ```
 */
export const neuralInformation = (
  task: NeuralTask,
  rng: Rng,
): TE.TaskEither<SparrowError, NeuralInformation> =>
async () => {
  const { x, y, labels, heldOut = 0.25, ...rest } = task;
  const options = withDefaults(rest);
  const bad = checkSample(x, y, labels) ?? checkOptions(options);
  if (bad !== null) return E.left(bad);
  const judging = Math.floor(heldOut * x.count);
  if (!(judging >= 4 && x.count - judging >= 2)) {
    const expected = `a share of ${x.count} pairs that holds out 4 or more and leaves 2`;
    return E.left(invalidOption("heldOut", heldOut, expected));
  }
  const pairs = {
    count: x.count,
    x: standardColumns(x),
    y: y === undefined ? oneHotRows(labels) : standardColumns(y),
  };
  const [training, judges, next] = partPairs(pairs, judging, rng);
  return await estimate(fixedPairs(training), judges, options, next);
};

/**
 * Estimates information like {@linkcode neuralInformation}, but for a law from which pairs can be drawn: every batch is
 * fresh, and so are the pairs of the evaluation. Values are taken as they are.
 *
 * @param task Source of the pairs, and the options of the training.
 * @param rng Generator to draw from.
 *
 * @example
 * ```ts
 * import { neuralInformationOfSource } from "./neural_information.ts";
 * import { correlationInformation, gaussianPairs } from "./neural_pairs.ts";
 * import { startBackend } from "../backend.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { seed } from "../../graph/rng.ts";
 * import { assertAlmostEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await startBackend("wasm")();
 * const source = gaussianPairs(1, 0.9);
 * const task = { source, bound: "smile", steps: 200, heldOutPairs: 2000 } as const;
 * const found = await neuralInformationOfSource(task, seed(26))();
 * if (E.isLeft(found)) throw new Error(found.left._tag);
 * assertAlmostEquals(found.right.bits, correlationInformation(1, 0.9), 0.15);
 * ```
 */
export const neuralInformationOfSource = (
  { source, heldOutPairs = 10_000, ...rest }: SourceTask,
  rng: Rng,
): TE.TaskEither<SparrowError, NeuralInformation> =>
async () => {
  const options = withDefaults(rest);
  const bad = checkOptions(options) ??
    checkRanges({ heldOutPairs: [heldOutPairs, integerFrom(4)] });
  if (bad !== null) return E.left(bad);
  const [judges, next] = source.draw(heldOutPairs, rng);
  return await estimate(source, judges, options, next);
};

function checkSample(
  x: Samples,
  y: Samples | undefined,
  labels: ArrayLike<number> | undefined,
): InvalidOption | null {
  if ((y === undefined) === (labels === undefined)) {
    const given = y === undefined ? "neither y nor labels" : "both y and labels";
    return invalidOption("y", given, "one of the two");
  }
  const other = y === undefined
    ? { name: "labels", count: labels!.length }
    : { name: "y", count: y.count };
  return checkSamples("x", x, 6) ?? (y === undefined ? null : checkSamples("y", y, 6)) ??
    checkPairs({ name: "x", count: x.count }, other);
}

async function estimate(
  source: PairSource,
  heldOut: Pairs,
  options: FullOptions,
  rng: Rng,
): Promise<E.Either<SparrowError, NeuralInformation>> {
  const critic = criticOf(source.widths, options);
  const { shuffles, patience, ...training } = options;
  const trial = { critic, source, heldOut, shuffles, training, patience };
  const found = await (options.judgeEvery === 0 ? judgeLast : judgeBest)(trial, rng);
  const fault = options.fault?.() ?? null;
  if (fault !== null) return E.left(fault);
  return pipe(found, E.map((result) => ({ ...result, trainBits: largestAverage(result.history) })));
}

/** The largest moving average, of a history that begins with 0 as the reference's does. */
function largestAverage(history: Float64Array): number {
  const averages = exponentialAverage([0, ...history], WINDOW);
  if (E.isLeft(averages)) throw new RangeError(`Cannot average: ${averages.left.actual}`);
  return averages.right.reduce((largest, value) => Math.max(largest, value));
}

// ---- Options

/** Options with none left out. */
export type FullOptions =
  & Required<Omit<NeuralOptions, "signal" | "fault">>
  & Pick<NeuralOptions, "signal" | "fault">;

/** The options, with the defaults for those that are left out. */
export const withDefaults = (options: NeuralOptions): FullOptions => ({
  bound: "mine",
  steps: 1000,
  batchSize: 256,
  hidden: [100, 50],
  learningRate: 1e-3,
  weightDecay: 1e-5,
  averageRate: 1,
  clip: 5,
  judgeEvery: 50,
  patience: 8,
  shuffles: 10,
  // An undefined option is one that was left out.
  ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)),
});

/** The first option that is out of its range, or null. */
export function checkOptions(options: FullOptions): InvalidOption | null {
  const { bound, steps, batchSize, hidden, learningRate, weightDecay } = options;
  const { judgeEvery, patience, shuffles } = options;
  if (!neuralBounds.includes(bound)) {
    return invalidOption("bound", bound, neuralBounds.join(", "));
  }
  if (hidden.length === 0) return invalidOption("hidden", "no layers", "at least 1");
  return checkRanges({
    steps: [steps, integerFrom(1)],
    batchSize: [batchSize, integerFrom(2)],
    ...Object.fromEntries(hidden.map((units, i) => [`hidden ${i}`, [units, integerFrom(1)]])),
    learningRate: [learningRate, positive],
    weightDecay: [weightDecay, notNegative],
    judgeEvery: [judgeEvery, integerFrom(0)],
    patience: [patience, integerFrom(0)],
    shuffles: [shuffles, integerFrom(1)],
  }) ?? checkAverageRate(options.averageRate) ?? checkClip(options.clip);
}

/**
 * The critic that the options ask for.
 *
 * @param widths Numbers per sample of x and of y.
 */
function criticOf(widths: readonly [number, number], options: FullOptions): Critic {
  const { bound, hidden, averageRate, clip, batchSize } = options;
  switch (bound) {
    case "mine": {
      const loss = mineLoss({ averageRate });
      return jointCritic({ widths, hidden, loss, bound: dvBound, averageRate });
    }
    case "smile":
      return jointCritic({
        widths,
        hidden,
        loss: smileLoss({ clip }),
        bound: (joint, marginal) => smileBound(joint, marginal, clip),
        averageRate: 1,
      });
    case "infonce":
      return twoTowers({ widths, hidden, block: batchSize });
  }
}
