/**
 * What the neural bounds can be told, and their ranges.
 *
 * @module
 */
import { type GpuError, type InvalidOption, invalidOption } from "../../../graph/error.ts";
import { checkRanges, integerFrom, notNegative, positive } from "../../ranges.ts";
import type { Critic } from "./critic.ts";
import { checkAverageRate, dvBound, mineLoss } from "./dv_bound.ts";
import { jointCritic } from "./joint_critic.ts";
import { checkClip, smileBound, smileLoss } from "./smile_bound.ts";
import { twoTowers } from "./two_towers.ts";

/** A neural bound of information. */
export type NeuralBound = "mine" | "smile" | "infonce";

/** Every bound, for messages and checks. */
export const neuralBounds: readonly NeuralBound[] = ["mine", "smile", "infonce"];

/** What all the neural bounds can be told. */
export interface NeuralOptions {
  /** Which bound; "mine". */
  readonly bound?: NeuralBound;
  /** Steps of Adam, at least 1; 1000. */
  readonly steps?: number;
  /** Pairs per step, at least 2; 256. With "infonce" their log2 is the most that can be found. */
  readonly batchSize?: number;
  /** Units of the hidden layers, at least one layer; [100, 50]. With "infonce" those of each tower. */
  readonly hidden?: readonly number[];
  /** Of Adam, above 0; 1e-3. */
  readonly learningRate?: number;
  /** L2, coupled to the gradient, at least 0; 1e-5. */
  readonly weightDecay?: number;
  /** Of {@linkcode mineLoss}, in (0, 1]; 1. */
  readonly averageRate?: number;
  /** Of {@linkcode smileBound}, above 0; 5. */
  readonly clip?: number;
  /**
   * Steps between the judgements of which the best one's weights are taken: a critic that goes on
   * learning a small sample unlearns the law. 0 takes the last step's weights.
   */
  readonly judgeEvery?: number;
  /**
   * Judgements in a row without a better one that end the training; 0: none do, 8 by default. A small
   * sample is learnt within a few hundred steps, and what comes after them is not used.
   */
  readonly patience?: number;
  /** Marginal pairs per held-out pair, at least 1; 10. "infonce" has no use for it. */
  readonly shuffles?: number;
  /** Stops the training; never. */
  readonly signal?: AbortSignal;
  /** What the GPU has to say: `fault` of the backend that runs. */
  readonly fault?: () => GpuError | null;
}

/** Options without gaps. */
export type FullOptions =
  & Required<Omit<NeuralOptions, "signal" | "fault">>
  & Pick<NeuralOptions, "signal" | "fault">;

/** The options with the defaults in their gaps. */
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
 * @param widths Of x and of y, numbers per sample.
 */
export function criticOf(widths: readonly [number, number], options: FullOptions): Critic {
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
