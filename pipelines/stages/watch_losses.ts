/**
 * The losses of an epoch of training: their sums, and the search for the first number that is not finite.
 *
 * @module
 */
import type { NonFinite, SparrowError } from "../../graph/error.ts";
import { E } from "../../graph/fp_ts.ts";
import { finiteness, lossLog } from "../../ops/loss_log.ts";
import type { Taken } from "../../ops/plan/steps.ts";
import { type Params, tf } from "../../ops/tfjs.ts";
import { type Trainer, type TrainState, trainStep } from "../../ops/train_step.ts";
import type { Env } from "../core/env.ts";
import { copyState, copyTensors, free, type Run } from "../core/run.ts";
import type { BatchAt } from "./epoch_batches.ts";

/** Sums over the steps of an epoch. */
export interface Sums {
  readonly loss: number;
  readonly terms: number;
  /** Batches without a term. */
  readonly empty: number;
}

/**
 * Adds up the losses of an epoch, and searches for the first number that is not finite. Losses wait on
 * the device until they are settled.
 *
 * @param begun The state before the first step, which stays the caller's.
 */
export function watchLosses(
  { trainer, total }: { readonly trainer: Trainer; readonly total: number },
  run: Run,
  begun: TrainState,
  batch: BatchAt,
  env: Env,
) {
  // One more is for the weights.
  const log = lossLog(total + 1);
  let [loss, terms, empty, read] = [0, 0, 0, 0];
  /** The last state in which everything was finite, and the steps done by then. */
  let well = { state: copyState(begun), from: 0 };

  return {
    sums: (): Sums => ({ loss, terms, empty }),
    add: (taken: Taken): Promise<void> => {
      terms += taken.terms;
      if (taken.terms === 0) empty++;
      return log.add(taken.loss);
    },
    /**
     * Reads the pending losses, and returns the error of the first that is not finite, or null.
     *
     * @param state Reads the state after the last step.
     * @param weights Whether the weights are inspected too.
     */
    settle: async (
      state: () => TrainState,
      done: number,
      weights: boolean,
    ): Promise<SparrowError | null> => {
      if (weights) await log.add(wellBeing(state()));
      const values = await log.read();
      const fault = env.backend.fault();
      if (fault !== null) return fault;
      const count = done - read;
      const bad = values.findIndex((value) => !Number.isFinite(value));
      if (bad >= 0) {
        const seen = { tensor: bad < count ? "loss" : "a weight", value: values[bad] };
        const steps = { trainer, batch, ...well, to: Math.min(read + bad + 1, done) };
        return await nonFinite(seen, steps, run);
      }
      for (const value of values.subarray(0, count)) loss += value;
      read = done;
      if (weights) {
        free(well.state);
        well = { state: copyState(state()), from: done };
      }
      return null;
    },
    dispose: (): void => {
      free(well.state);
      log.dispose();
    },
  };
}

// ---- What is not finite

/**
 * Makes the error of the first number that is not finite.
 *
 * @param seen The number that was read and is not finite, for where doing the steps again finds nothing.
 * @param steps The steps among which it is; their state stays the caller's.
 */
async function nonFinite(
  seen: Pick<NonFinite, "tensor" | "value">,
  steps: Steps,
  { epoch, step, saved }: Run,
): Promise<NonFinite> {
  const found = await findCulprit({ ...steps, state: copyState(steps.state) });
  const { tensor, value, done } = found ?? { ...seen, done: steps.to - 1 };
  return {
    _tag: "NonFinite",
    tensor,
    value,
    epoch: epoch + 1,
    step: step + done + 1,
    lastGood: saved,
  };
}

/** The first number of a training that was not finite. */
export interface Culprit {
  /** Name of its tensor: "loss", "the gradient of 0.weight", or the path of a weight or of a unit's state. */
  readonly tensor: string;
  /** The first such number in it. */
  readonly value: number;
  /** Step of the epoch, counted from 0. */
  readonly done: number;
}

/** The steps of an epoch that are done again. */
export interface Steps {
  /** Trainer of the epoch, whose observer is not called again. */
  readonly trainer: Trainer;
  /** State before the first of them, which is consumed. */
  readonly state: TrainState;
  /** First of the steps, counted from 0. */
  readonly from: number;
  /** The step after the last one. */
  readonly to: number;
  /** Makes the batch of a step. */
  readonly batch: BatchAt;
}

/** Returns one number for the weights and the units' state: 0 where all are finite. */
const wellBeing = ({ params, plasticity }: TrainState): tf.Scalar =>
  finiteness([...Object.values(params), ...Object.values(plasticity)]);

/**
 * Does steps again, one by one, until one has a number that is not finite. Within a step the loss comes
 * first, then its gradients, then the weights that they lead to: what came first is the cause.
 *
 * To read gradients and weights after every step would stall the GPU each time. So a training reads its
 * losses and weights now and then, keeps the last state in which all was finite, and only where something
 * is not are the steps since then done again, with the same numbers, for randomness is threaded.
 *
 * @returns The first such number; null where there is none, as on a device that does not compute the same twice.
 */
async function findCulprit(
  { trainer, state, from, to, batch }: Steps,
): Promise<Culprit | null> {
  let now = state;
  let gradients: Params = {};
  const step = trainStep({
    ...trainer,
    observe: (seen) => {
      gradients = copyTensors(seen);
      for (const gradient of Object.values(gradients)) tf.keep(gradient);
    },
  });
  try {
    for (let done = from; done < to; done++) {
      const made = await batch(done, now.rng);
      if (E.isLeft(made)) return null;
      const [next, rng] = made.right;
      const stepped = step({ ...now, rng }, next);
      now = stepped.state;
      const looked = [
        ["loss", stepped.loss] as const,
        ...Object.entries(gradients).map(([path, one]) =>
          [`the gradient of ${path}`, one] as const
        ),
        ...Object.entries({ ...now.params, ...now.plasticity }),
      ];
      const found = await firstOf(looked);
      tf.dispose([stepped.loss, gradients] as unknown as tf.TensorContainer);
      if (found !== null) return { ...found, done };
    }
    return null;
  } finally {
    free(now);
  }
}

/** Finds the first number that is not finite; the tensors are read only where there is one. */
async function firstOf(
  tensors: readonly (readonly [string, tf.Tensor])[],
): Promise<Omit<Culprit, "done"> | null> {
  const sum = finiteness(tensors.map(([, tensor]) => tensor));
  const [well] = await sum.data<"float32">();
  sum.dispose();
  if (well === 0) return null;
  for (const [tensor, { data }] of await Promise.all(tensors.map(read))) {
    const value = data.find((x) => !Number.isFinite(x));
    if (value !== undefined) return { tensor, value };
  }
  return null;
}

const read = async ([name, tensor]: readonly [string, tf.Tensor]) =>
  [name, { data: await tensor.data<"float32">() }] as const;
