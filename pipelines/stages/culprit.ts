/**
 * Which number was the first that was not finite: steps of training done again, and looked at one by one.
 *
 * To look at gradients and weights in every step would take a reading from the GPU each time. So a training
 * looks at its losses and weights now and then, keeps the state of the last time that all was well, and only
 * where it was not are the steps since then done again: the same numbers, for randomness is threaded.
 *
 * @module
 */
import type { Rng } from "../../graph/rng.ts";
import { finiteness } from "../../ops/finiteness.ts";
import { type Params, tf } from "../../ops/tfjs.ts";
import { type Batch, type Trainer, type TrainState, trainStep } from "../../ops/train_step.ts";
import { copyTensors } from "../run.ts";

/** A number that is not finite. */
export interface Culprit {
  /** "loss", "the gradient of 0.weight", or the path of a weight or of what a unit remembers. */
  readonly tensor: string;
  /** The first such number in it. */
  readonly value: number;
  /** The step of the epoch, counted from 0. */
  readonly done: number;
}

/** Steps to do again. */
export interface Steps {
  /** As in the training; its observer is not told. */
  readonly trainer: Trainer;
  /** Before the first of them; it is consumed. */
  readonly state: TrainState;
  /** The first of them, counted from 0. */
  readonly from: number;
  /** The one after the last. */
  readonly to: number;
  /** The batch of a step, and what making it leaves of the generator. */
  readonly batch: (done: number, rng: Rng) => readonly [Batch, Rng];
}

/** The same tensors under handles of their own, so that a step may consume the others. */
export function kept({ params, plasticity, optimiserState, rng }: TrainState): TrainState {
  const slots = Object.fromEntries(
    Object.entries(optimiserState.slots).map(([role, slot]) => [role, copyTensors(slot)]),
  );
  return {
    params: copyTensors(params),
    plasticity: copyTensors(plasticity),
    optimiserState: { ...optimiserState, slots },
    rng,
  };
}

/** Frees a state. */
export const disposeState = ({ params, plasticity, optimiserState }: TrainState): void =>
  tf.dispose([params, plasticity, optimiserState.slots] as unknown as tf.TensorContainer);

/** One number for the weights and what units remember, as {@linkcode finiteness} has it. */
export const wellBeing = ({ params, plasticity }: TrainState): tf.Scalar =>
  finiteness([...Object.values(params), ...Object.values(plasticity)]);

/**
 * Does steps again until one has a number that is not finite. Within a step the loss comes first, then its
 * gradients, then the weights that they lead to: what came first is the cause.
 *
 * @returns The first one; null where there is none, as on a device that does not compute the same twice.
 */
export async function findCulprit(
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
      const [next, rng] = batch(done, now.rng);
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
    disposeState(now);
  }
}

/** Each is read only where one of them is not finite. */
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
