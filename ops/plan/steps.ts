/**
 * The steps of a training, by a compiled plan where there can be one, else by tfjs's tape.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import type { Rng } from "../../graph/rng.ts";
import { tf } from "../tfjs.ts";
import { type Batch, type Trainer, type TrainState, trainStep } from "../train_step.ts";
import { compile, type GraphTrainer, type Plan, type Start } from "./plan.ts";

/** Results of a step beside the state. */
export interface Taken {
  /** The batch's loss before the update; a tensor is the caller's. */
  readonly loss: tf.Scalar | number;
  /** Number of terms that the loss is the mean of. */
  readonly terms: number;
  /** The generator that the step leaves. */
  readonly rng: Rng;
}

/** A training that takes one step after the other. It holds the tensors of its state. */
export interface Steps {
  /** Reason for which tfjs's tape takes them; null where a plan does. */
  readonly tape: string | null;
  /** Takes a step; a batch whose values are a tensor is disposed of, and may be written over before. */
  readonly take: (batch: Batch, rng: Rng) => Taken;
  /**
   * Reads the state. Its tensors are good until the state is read again after another step; those that are read last
   * are the caller's.
   */
  readonly state: () => TrainState;
  /** Frees what the steps need beside the state. */
  readonly dispose: () => void;
}

/**
 * Starts to take steps: by a plan where {@linkcode compile} makes one, else by {@linkcode trainStep}. Both give the same
 * numbers, but for the sigmoid and the tangent, which each rounds in its own way.
 *
 * @param state Is consumed.
 * @param most The most rows of a batch.
 */
export function startSteps(trainer: GraphTrainer, state: TrainState, most: number): Steps {
  const plan = planFor(trainer, state, most);
  return E.isLeft(plan) ? byTape(trainer, state, plan.left) : byPlan(plan.right, state);
}

function planFor(trainer: GraphTrainer, state: TrainState, most: number): E.Either<string, Plan> {
  const [unit] = Object.keys(state.plasticity);
  if (unit !== undefined) return E.left(`the plan does not know the state ${unit}`);
  return E.chain((start: Start) => start(state, most))(compile(trainer));
}

function byPlan(plan: Plan, begun: TrainState): Steps {
  let now = begun;
  let read = true;
  return {
    tape: null,
    take: (batch, rng) => {
      read = false;
      const taken = plan.take(batch, rng);
      now = { ...now, rng: taken.rng };
      return taken;
    },
    state: () => {
      if (read) return now;
      read = true;
      tf.dispose([now.params, now.optimiserState.slots] as unknown as tf.TensorContainer);
      now = { ...now, ...plan.state() };
      return now;
    },
    dispose: plan.dispose,
  };
}

function byTape(trainer: Trainer, begun: TrainState, tape: string): Steps {
  const step = trainStep(trainer);
  let now = begun;
  return {
    tape,
    take: (batch, rng) => {
      const { state, loss, terms } = step({ ...now, rng }, batch);
      now = state;
      return { loss, terms, rng: now.rng };
    },
    state: () => now,
    dispose: () => {},
  };
}
