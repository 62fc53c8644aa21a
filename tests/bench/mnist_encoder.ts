/**
 * Encoder that every benchmark trains: that of `mnist_kwta.ts` with the reference's recipe, and the images for it.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import { describe, type SparrowError } from "../../graph/error.ts";
import { graph } from "../../graph/parse.ts";
import { permutation, type Rng } from "../../graph/rng.ts";
import { lower } from "../../ops/interpreter.ts";
import { tripletCosineLoss } from "../../ops/losses/triplet.ts";
import { adam } from "../../ops/optimisers/adam.ts";
import type { tf } from "../../ops/tfjs.ts";
import { type TrainState, trainStep } from "../../ops/train_step.ts";
import { gatherLabels, normaliser } from "../../pipelines/data/normalise.ts";
import type { Dataset, ImageSplit } from "../../pipelines/data/dataset.ts";
import { denoDataEnv } from "../../pipelines/data/environment.ts";
import { loadMnist } from "../../pipelines/data/mnist.ts";
import { loadStrokes } from "../../pipelines/data/strokes.ts";
import { createRun, dispose, type Run } from "../../pipelines/core/run.ts";
import { shared } from "../shared.ts";

/** Samples per training step. */
export const BATCH = 256;

/** Encoder 784-64-512, 26 bits set. */
export const encoder = graph`linear(784, 64) ▷ relu ▷ linear(64, 512) ▷ kwta(0.05)`;

/** Random triplets out of each batch. */
export const loss = tripletCosineLoss();

/** Optimiser with L2, as the peers have it. */
export const optimiser = adam({ learningRate: 1e-3, weightDecay: 1e-5 });

/** The value of a right; throws the error's own words otherwise. */
export function unwrap<A>(result: E.Either<SparrowError, A>): A {
  if (E.isRight(result)) return result.right;
  throw new Error(describe(result.left));
}

/** A run of the encoder before its first step, on the current backend. */
export const freshRun = (): Run => unwrap(createRun({ graph: encoder, optimiser, seed: 26 }));

/**
 * The images: MNIST from the folder, or from ../shared/mnist; where there is neither, as many digits of
 * the built-in kind.
 *
 * @param folder Value of `--data`; null for none.
 * @param most Images of the training set to keep, and a sixth as many of the test set.
 */
export async function images(folder: string | null, most = 60_000): Promise<Dataset<ImageSplit>> {
  const place = folder ?? (await isThere(shared("mnist/")) ? shared("mnist/").pathname : null);
  const [train, test] = [most, Math.ceil(most / 6)];
  if (place === null) return unwrap(await loadStrokes({ seed: 26, train, test })());
  const whole = unwrap(await loadMnist({ data: place }, denoDataEnv)());
  return { ...whole, train: first(whole.train, train), test: first(whole.test, test) };
}

/** A set's first samples. */
export function first(
  split: Dataset<ImageSplit>["train"],
  most: number,
): Dataset<ImageSplit>["train"] {
  const { count, values, labels } = split;
  const kept = Math.min(count, most);
  return {
    ...split,
    count: kept,
    values: values.subarray(0, values.length / count * kept),
    labels: labels.subarray(0, kept),
  };
}

const isThere = (folder: URL): Promise<boolean> => Deno.stat(folder).then(() => true, () => false);

/** A training that goes on for as long as someone asks for steps. */
export interface Training {
  /** One step on the next batch: gathered, normalised, uploaded; the caller disposes of its loss. */
  readonly next: () => tf.Scalar;
  /** Frees the run. */
  readonly dispose: () => void;
}

/** Starts a training on the current backend. */
export function startTraining({ train }: Dataset<ImageSplit>): Training {
  const run = freshRun();
  const step = trainStep({ model: lower(run.graph), input: run.input, loss, optimiser });
  const gather = normaliser(train.normalisation);
  const size = 784;
  const values = new Float32Array(BATCH * size);
  const stream = batches(train.count, run.rng);
  let state: TrainState = run;
  return {
    next: () => {
      const picks: Uint32Array = stream.next().value;
      const stepped = step(state, {
        values: gather(train, size, picks, values.subarray(0, picks.length * size)),
        labels: gatherLabels(train, picks),
      });
      state = stepped.state;
      return stepped.loss;
    },
    dispose: () => dispose(state),
  };
}

/** Batches for ever, in a fresh order each epoch. */
function* batches(count: number, rng: Rng): Generator<Uint32Array, never> {
  for (let now = rng;;) {
    const [order, next] = permutation(count, now);
    for (let at = 0; at < count; at += BATCH) yield order.subarray(at, at + BATCH);
    now = next;
  }
}
