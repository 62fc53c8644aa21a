/**
 * A critic trained, and its bound on the pairs that are held out.
 *
 * @module
 */
import { E } from "../../../graph/fp_ts.ts";
import type { SparrowError } from "../../../graph/error.ts";
import type { Rng } from "../../../graph/rng.ts";
import { type Checkpoint, keepBetter } from "./checkpoint.ts";
import type { Critic } from "./critic.ts";
import { type Pairs, type PairSource, selectPairs } from "./pairs.ts";
import {
  type CriticTraining,
  disposeWeights,
  trainCritic,
  type WatchWeights,
} from "./train_critic.ts";

/** How a critic is trained and judged. */
export interface Trial {
  /** Not trained yet. */
  readonly critic: Critic;
  /** What it trains on. */
  readonly source: PairSource;
  /** What judges it, at least four pairs in random order. */
  readonly heldOut: Pairs;
  /** Marginal pairs per held-out pair. */
  readonly shuffles: number;
  /** How it trains. */
  readonly training: CriticTraining;
  /** Looks in a row without a better one that end the training; 0: none do. */
  readonly patience: number;
}

/** What came of it. */
export interface Judgement {
  /** The bound on the pairs held out, in bits. */
  readonly bits: number;
  /** The most that this could have been; null where there is no such limit. */
  readonly ceiling: number | null;
  /** Of every step the bound on its own batch, before the update, in bits. */
  readonly history: Float64Array;
}

const goOn: WatchWeights = () => Promise.resolve(E.right(true));

/** Judges by the weights of the last step. */
export async function judgeLast(
  { critic, source, heldOut, shuffles, training }: Trial,
  rng: Rng,
): Promise<E.Either<SparrowError, Judgement>> {
  const trained = await trainCritic(critic, source, training, goOn, rng);
  if (E.isLeft(trained)) return trained;
  const { weights, history } = trained.right;
  try {
    const judged = await critic.judge(weights, heldOut, shuffles);
    if (E.isLeft(judged)) return E.left({ ...judged.left, step: training.steps });
    return E.right({ bits: judged.right, ceiling: critic.ceiling(heldOut.count), history });
  } finally {
    disposeWeights(weights);
  }
}

/**
 * Judges by the weights of the best step. Which one that is, each half of the pairs says for the
 * other: a half that chose its own step would find too much.
 */
export async function judgeBest(
  { critic, source, heldOut, shuffles, training, patience }: Trial,
  rng: Rng,
): Promise<E.Either<SparrowError, Judgement>> {
  const halves = inHalves(heldOut);
  const checkpoints: [Checkpoint | null, Checkpoint | null] = [null, null];
  let at = 0;
  let inVain = 0;
  const watch: WatchWeights = async (weights) => {
    inVain++;
    for (const [half, pairs] of halves.entries()) {
      const better = await keepBetter(critic, checkpoints[half], weights, pairs);
      if (E.isLeft(better)) return E.left({ ...better.left, step: at });
      if (better.right !== checkpoints[half]) inVain = 0;
      checkpoints[half] = better.right;
    }
    at = Math.min(at + training.judgeEvery, training.steps);
    return E.right(patience === 0 || inVain < patience);
  };
  try {
    const trained = await trainCritic(critic, source, training, watch, rng);
    if (E.isLeft(trained)) return trained;
    disposeWeights(trained.right.weights);
    let sum = 0;
    for (const [half, pairs] of halves.entries()) {
      const judged = await critic.judge(checkpoints[1 - half]!.weights, pairs, shuffles);
      if (E.isLeft(judged)) return E.left({ ...judged.left, step: training.steps });
      sum += judged.right * pairs.count;
    }
    const ceiling = critic.ceiling(halves[0].count);
    return E.right({ bits: sum / heldOut.count, ceiling, history: trained.right.history });
  } finally {
    for (const checkpoint of checkpoints) {
      if (checkpoint !== null) disposeWeights(checkpoint.weights);
    }
  }
}

/** The second has one more where they cannot be equal. */
function inHalves(pairs: Pairs): readonly [Pairs, Pairs] {
  const middle = Math.floor(pairs.count / 2);
  const from = (begin: number, end: number) =>
    selectPairs(pairs, Array.from({ length: end - begin }, (_, i) => begin + i));
  return [from(0, middle), from(middle, pairs.count)];
}
