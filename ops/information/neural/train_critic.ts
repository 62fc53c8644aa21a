/**
 * The training of a critic.
 *
 * @module
 */
import { E } from "../../../graph/fp_ts.ts";
import type { GpuError, SparrowError } from "../../../graph/error.ts";
import { initialParams } from "../../../graph/params.ts";
import type { Rng } from "../../../graph/rng.ts";
import { adam } from "../../optimisers/adam.ts";
import type { Weights } from "../../lowered.ts";
import { tf } from "../../tfjs.ts";
import { type TrainState, trainStep } from "../../train_step.ts";
import type { Critic } from "./critic.ts";
import type { PairSource } from "./pairs.ts";

/** How a critic is trained. */
export interface CriticTraining {
  /** Steps of Adam. */
  readonly steps: number;
  /** Pairs per step. */
  readonly batchSize: number;
  /** Of Adam. */
  readonly learningRate: number;
  /** L2, coupled to the gradient. */
  readonly weightDecay: number;
  /** Steps between two looks of `watch`, which also looks before the first and after the last; 0: none. */
  readonly judgeEvery: number;
  /** Stops the training; never. */
  readonly signal?: AbortSignal;
  /** What the GPU has to say: `fault` of the backend. */
  readonly fault?: () => GpuError | null;
}

/** Looks at the weights of a critic in training, which are not its own; returns whether to go on. */
export type WatchWeights = (weights: Weights) => Promise<E.Either<SparrowError, boolean>>;

/** A critic that is trained. */
export interface TrainedCritic {
  /** Whoever holds them disposes of them. */
  readonly weights: Weights;
  /** Of every step taken the bound on its own batch, before the update, in bits. */
  readonly history: Float64Array;
}

/** Losses that may wait on the device before they are read: reading each would stall a GPU. */
const MOST_PENDING = 16;

/**
 * Trains a critic on batches from a source, from weights that are drawn.
 *
 * @param watch Returns what is wrong with the weights, if anything, which ends the training.
 * @returns The critic; `NonFinite` when a loss is a NaN or infinite, `Interrupted` after the signal,
 * `GpuError`.
 */
export async function trainCritic(
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
  /** Reads the losses that wait; what is wrong with the first that is not finite. */
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
export const disposeWeights = ({ params, plasticity }: Weights): void =>
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
