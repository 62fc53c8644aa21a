/**
 * The training of a critic, and its bound on the pairs that are held out: with the weights of the last step, or with
 * those of the step that was best.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import {
  type GpuError,
  type InvalidOption,
  invalidOption,
  type NonFinite,
  type SparrowError,
} from "../../graph/error.ts";
import { initialParams } from "../../graph/params.ts";
import type { Rng } from "../../graph/rng.ts";
import { adam } from "../optimisers/adam.ts";
import type { Weights } from "../lowered.ts";
import { type Params, tf } from "../tfjs.ts";
import { type TrainState, trainStep } from "../train_step.ts";
import type { Critic } from "./neural_critics.ts";
import { type Pairs, type PairSource, selectPairs } from "./neural_pairs.ts";
import { checkRanges, integerFrom } from "../ranges.ts";

/** Options of the training of a critic. */
export interface CriticTraining {
  /** Steps of Adam. */
  readonly steps: number;
  /** Pairs per step. */
  readonly batchSize: number;
  /** The learning rate of Adam. */
  readonly learningRate: number;
  /** L2, coupled to the gradient. */
  readonly weightDecay: number;
  /**
   * Steps between two judgements, of which there is one before the first step and one after the last;
   * 0: none.
   */
  readonly judgeEvery: number;
  /** Stops the training when it is aborted. */
  readonly signal?: AbortSignal;
  /** Returns the fault of the GPU, if any: `fault` of the backend. */
  readonly fault?: () => GpuError | null;
}

/** Training of a critic, and its evaluation. */
export interface Trial {
  /** The critic, not trained yet. */
  readonly critic: Critic;
  /** Source of the training pairs. */
  readonly source: PairSource;
  /** The pairs that judge it, at least four, in random order. */
  readonly heldOut: Pairs;
  /** Marginal pairs per held-out pair. */
  readonly shuffles: number;
  /** Options of the training. */
  readonly training: CriticTraining;
  /** Looks in a row without a better one that end the training; 0: none do. */
  readonly patience: number;
}

/** The bound that a critic has reached. */
export interface Judgement {
  /** The bound on the pairs held out, in bits. */
  readonly bits: number;
  /** The most that this could have been; null where there is no such limit. */
  readonly ceiling: number | null;
  /** The bound of every step on its own batch, before the update, in bits. */
  readonly history: Float64Array;
}

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

// ---- Training

/** Observes the weights of a critic in training, without owning them; returns whether to go on. */
type WatchWeights = (weights: Weights) => Promise<E.Either<SparrowError, boolean>>;

/** A critic that is trained. */
interface TrainedCritic {
  /** Weights of the critic; the caller disposes of them. */
  readonly weights: Weights;
  /** The bound of every step taken on its own batch, before the update, in bits. */
  readonly history: Float64Array;
}

const goOn: WatchWeights = () => Promise.resolve(E.right(true));

/** Losses that may wait on the device before they are read: reading each would stall a GPU. */
const MOST_PENDING = 16;

/**
 * Trains a critic on batches from a source, from weights that are drawn.
 *
 * @param watch Returns what is wrong with the weights, if anything, which ends the training.
 * @returns The critic; `NonFinite` when a loss is a NaN or infinite, `Interrupted` after the signal,
 * `GpuError`.
 */
async function trainCritic(
  critic: Critic,
  source: PairSource,
  { steps, batchSize, learningRate, weightDecay, judgeEvery, signal, fault }: CriticTraining,
  watch: WatchWeights,
  rng: Rng,
): Promise<E.Either<SparrowError, TrainedCritic>> {
  const optimiser = adam({ learningRate, weightDecay });
  const input = [source.widths[0] + source.widths[1]];
  const step = trainStep({ model: critic.model, input, loss: critic.loss, optimiser });
  let state = begin(critic, optimiser.init, rng);
  let pending: tf.Scalar[] = [];
  const history = new Float64Array(steps);
  let read = 0;
  /** Reads the pending losses; returns the error of the first that is not finite. */
  const settle = async (): Promise<SparrowError | null> => {
    const values = await Promise.all(pending.map((scalar) => scalar.data()));
    tf.dispose(pending);
    pending = [];
    for (const [value] of values) {
      const at = { epoch: 1, step: read + 1, lastGood: null };
      if (!Number.isFinite(value)) return { _tag: "NonFinite", tensor: "loss", value, ...at };
      history[read++] = -value / Math.LN2;
    }
    return fault?.() ?? null;
  };
  let done = false;
  try {
    for (let taken = 0; taken <= steps; taken++) {
      if (signal?.aborted) return E.left({ _tag: "Interrupted", epoch: 1, step: taken });
      if (judgeEvery > 0 && (taken % judgeEvery === 0 || taken === steps)) {
        const looked = await watch(state);
        if (E.isLeft(looked)) return looked;
        if (!looked.right) break;
      }
      if (taken === steps) break;
      const [pairs, drawn] = source.draw(batchSize, state.rng);
      const [batch, mixed] = critic.batch(pairs, drawn);
      const stepped = step({ ...state, rng: mixed }, batch);
      state = stepped.state;
      pending.push(stepped.loss);
      if (pending.length < MOST_PENDING && taken < steps - 1) continue;
      const bad = await settle();
      if (bad !== null) return E.left(bad);
      // On the host nothing else has had a turn since the last time.
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    const bad = await settle();
    if (bad !== null) return E.left(bad);
    done = true;
    const { params, plasticity } = state;
    return E.right({ weights: { params, plasticity }, history: history.slice(0, read) });
  } finally {
    tf.dispose([pending, state.optimiserState.slots] as unknown as tf.TensorContainer);
    if (!done) disposeWeights(state);
  }
}

/** Frees the weights. */
const disposeWeights = ({ params, plasticity }: Weights): void =>
  tf.dispose([params, plasticity] as unknown as tf.TensorContainer);

function begin(
  { graph, plasticity }: Critic,
  init: (params: TrainState["params"]) => TrainState["optimiserState"],
  rng: Rng,
): TrainState {
  const [arrays, next] = initialParams(graph, rng);
  const params = Object.fromEntries(
    Object.entries(arrays).map(([path, { shape, data }]) => [path, tf.tensor(data, [...shape])]),
  );
  return { params, plasticity: plasticity(), optimiserState: init(params), rng: next };
}

// ---- The best step

/** Weights with their estimate. */
interface Checkpoint {
  /** The weights: copies of its own. */
  readonly weights: Weights;
  /** The bound, in bits. */
  readonly bits: number;
}

/** Pairs that a step is judged by, at most: all of them, at every look, would take longer than training. */
const MOST_PAIRS = 1024;

/**
 * The better of a checkpoint and of the weights as they are now. A checkpoint that is superseded is
 * disposed of.
 *
 * @param best The best so far; null before the first.
 * @param pairs Pairs that did not train the critic.
 */
async function keepBetter(
  critic: Critic,
  best: Checkpoint | null,
  now: Weights,
  pairs: Pairs,
): Promise<E.Either<NonFinite, Checkpoint>> {
  const some = pairs.count <= MOST_PAIRS
    ? pairs
    : selectPairs(pairs, Array.from({ length: MOST_PAIRS }, (_, i) => i));
  const judged = await critic.judge(now, some, 1);
  if (E.isRight(judged) && best !== null && judged.right <= best.bits) return E.right(best);
  if (E.isLeft(judged)) return judged;
  if (best !== null) disposeWeights(best.weights);
  const { params, plasticity } = now;
  const weights = { params: copies(params), plasticity: copies(plasticity) };
  return E.right({ weights, bits: judged.right });
}

const copies = (params: Params): Params =>
  Object.fromEntries(Object.entries(params).map(([path, tensor]) => [path, tf.clone(tensor)]));

// ---- Averages

/**
 * The averages e_i = (1 − α)·e_{i−1} + α·h_i with α = 2 / (window + 1), started at the first value.
 *
 * Source: exponential_moving_average of dizcza/pytorch-mighty, mighty/monitor/mutual_info/
 * neural_estimation.py, whose closed form overflows from some 1,300 values on; the recursion does not.
 *
 * @param history At least one finite number.
 * @param window Width of the window, in values: an integer of at least 1; 1 leaves all as it is.
 * @returns Smoothed values, as many as the history has; `InvalidOption` outside these ranges.
 *
 * @example
 * ```ts
 * import { exponentialAverage } from "./neural_training.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(exponentialAverage([0, 8, 0], 3), E.right(Float64Array.of(0, 4, 2)));
 * ```
 */
export function exponentialAverage(
  history: ArrayLike<number>,
  window: number,
): E.Either<InvalidOption, Float64Array> {
  const bad = checkRanges({ window: [window, integerFrom(1)] });
  if (bad !== null) return E.left(bad);
  if (history.length === 0) return E.left(invalidOption("history", "no values", "at least 1"));
  const alpha = 2 / (window + 1);
  const averages = new Float64Array(history.length);
  let average = history[0];
  for (let i = 0; i < history.length; i++) {
    if (!Number.isFinite(history[i])) {
      return E.left(invalidOption("history", `${history[i]} at ${i}`, "finite numbers"));
    }
    average = (1 - alpha) * average + alpha * history[i];
    averages[i] = average;
  }
  return E.right(averages);
}
