/**
 * The stage that trains for one epoch: its batches, its loop, its losses, and the search for the first number that
 * is not finite.
 *
 * @module
 */
import { invalidOption, type NonFinite, type SparrowError } from "../../graph/error.ts";
import { E } from "../../graph/fp_ts.ts";
import { findKwta } from "../../graph/rewrite.ts";
import type { Rng } from "../../graph/rng.ts";
import { inferShapes, isPair, showSpace, sizeOf } from "../../graph/shape.ts";
import type { Shape } from "../../graph/types.ts";
import { lower } from "../../ops/interpreter.ts";
import { finiteness, lossLog } from "../../ops/loss_log.ts";
import type { Loss } from "../../ops/losses/loss.ts";
import type { SampleOrder } from "../../ops/losses/samplers.ts";
import { notNegative } from "../../ops/ranges.ts";
import { type Params, tf } from "../../ops/tfjs.ts";
import {
  type ObserveGradients,
  type Stepped,
  type Trainer,
  type TrainState,
  trainStep,
} from "../../ops/train_step.ts";
import type { MeasuredAt, Model } from "../core/batches.ts";
import { breathe, type Env } from "../core/env.ts";
import type { Row } from "../core/history.ts";
import { copyState, copyTensors, free, type Run } from "../core/run.ts";
import { type Stage, stage } from "../core/stage.ts";
import type { Augmentation } from "../data/augment.ts";
import { checkSplit, type DataSplit, labelledSplit } from "../data/dataset.ts";
import { checkStream } from "../data/vectors/stream.ts";
import {
  type BatchAt,
  batchesOf,
  countOf,
  isStreamed,
  type TrainingData,
} from "./epoch_batches.ts";

/** Point of time within an epoch, after a step. */
export interface Midpoint extends MeasuredAt {
  /** Number of steps of this epoch that are done, at least 1. */
  readonly done: number;
  /** Number of steps of the epoch. */
  readonly total: number;
}

/**
 * A measurement of the model within an epoch, after a step. It leaves the model's tensors as they are. The
 * moment's `epoch` is the one that is under way, counted from 1.
 *
 * @returns The rows to add to the history; null, at once, where there is nothing to measure.
 */
export type Midway = (
  model: Model,
  moment: Midpoint,
  env: Env,
) => Promise<E.Either<SparrowError, readonly Row[]>> | null;

/** Options of {@linkcode train}. */
export interface TrainOptions {
  /**
   * The samples to train on, with their classes; a loss that is `unsupervised` needs none. Those that `streamVectors`
   * makes of a file are read meanwhile, so that they may be more than memory holds.
   */
  readonly data: TrainingData;
  /** The loss to minimise. */
  readonly loss: Loss;
  /**
   * Batch size: samples per training step, at least 1. The last batch of an epoch holds what is left.
   *
   * @default {@linkcode defaultBatchSize}: 256, or less where the data is small
   */
  readonly batchSize?: number;
  /**
   * Order of an epoch's samples, as `pairedOrder` draws one.
   *
   * @default every sample once, in a random order
   */
  readonly order?: SampleOrder;
  /** Random changes of every batch's images. @default none */
  readonly augment?: Augmentation;
  /**
   * Views of each sample in its batch: with 2 it stands there twice, one beside the other, each changed by `augment`
   * and by the graph's dropout on its own, as `pairContrastLoss` wants partners. The batch size counts samples, so that
   * a step has twice as many rows with 2.
   *
   * @default 1
   */
  readonly views?: 1 | 2;
  /** The shape of one image, for `augment`. @default the run's input */
  readonly shape?: Shape;
  /** Observer of every step's gradients, as {@linkcode watchGradients} has one. @default none */
  readonly observe?: ObserveGradients;
  /** Measurement of the model after every step, as {@linkcode infoPlane} has one. @default none */
  readonly midway?: Midway;
}

/** The largest batch that is chosen, which is the reference's, and the smallest. */
const [LARGEST_BATCH, SMALLEST_BATCH] = [256, 16];

/** Steps that an epoch has at least, where the smallest batch allows it. */
const LEAST_STEPS = 16;

/**
 * Chooses a batch size by the number of samples: the largest power of two from 16 to 256 that leaves
 * at least 16 steps in an epoch, and 16 where none does. From 4096 samples on that is 256.
 *
 * @param count The number of samples, at least 0.
 *
 * @example
 * ```ts
 * import { defaultBatchSize } from "./train.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals([60_000, 4096, 2000, 235].map(defaultBatchSize), [256, 256, 64, 16]);
 * ```
 */
export function defaultBatchSize(count: number): number {
  let size = LARGEST_BATCH;
  while (size > SMALLEST_BATCH && size * LEAST_STEPS > count) size /= 2;
  return size;
}

/**
 * Milliseconds between two readings of the losses, for the progress and to find numbers that are not finite. A
 * GPU is stalled by each reading, so that most epochs have one, at their end. Weights are inspected,
 * which takes as long as copying them, after the longest time and at the end.
 */
const [HOST_INTERVAL, GPU_INTERVAL, WEIGHTS_INTERVAL] = [100, 2000, 10_000];

/**
 * Trains for one epoch with the run's optimiser: every sample once, in a fresh random order. Where the
 * optimiser has a schedule, the epoch's learning rate is what the schedule gives for the epochs done.
 *
 * Rows: "loss" (mean over the batches), "terms" (mean number of triplets or the like per batch),
 * "empty_batches" (how many had none, and nothing to learn from), "learning_rate", and of the first
 * kWTA "sparsity" and "hardness", as they were in this epoch; "samples_per_second", and
 * "training_seconds", what `midway` takes left out.
 *
 * Errors: `Interrupted` at the next step after the signal; `NonFinite` when a loss, a gradient or a
 * weight is a NaN or infinite, naming the first that was and its step; `InvalidOption` for a run
 * without an optimiser or without weights, when there is no sample, or one has not the size of the run's
 * input or no label, when there are no labels and the loss reads some, when an option of the loss
 * or of the augmentation is out of its range, when one of them does not fit, and when the schedule
 * gives a rate that is not a finite number of at least 0.
 *
 * @param options Options, as {@linkcode TrainOptions} describes them.
 */
export const train = (options: TrainOptions): Stage =>
  stage((run, env) => {
    const planned = plan(options, run);
    return E.isLeft(planned) ? Promise.resolve(planned) : trainEpoch(planned.right, run, env);
  });

/** An epoch to train, its options checked and complete. */
interface Epoch extends TrainOptions {
  readonly batchSize: number;
  readonly trainer: Trainer;
  readonly learningRate: number;
  /** The number of the epoch, counted from 1. */
  readonly epoch: number;
  /** Steps of the epoch. */
  readonly total: number;
}

function plan(options: TrainOptions, run: Run): E.Either<SparrowError, Epoch> {
  const { data, loss, observe, batchSize = defaultBatchSize(countOf(data)) } = options;
  const { optimiser, input } = run;
  if (optimiser === null) {
    return E.left(invalidOption("optimiser", "none", "one that is given to createRun"));
  }
  const learningRate = typeof optimiser.learningRate === "number"
    ? run.optimiserState.learningRate
    : optimiser.learningRate(run.epoch);
  if (!notNegative.holds(learningRate)) {
    return E.left(invalidOption("learningRate", learningRate, notNegative.words));
  }
  const bad = check({ ...options, batchSize }, run);
  if (bad !== null) return E.left(bad);
  return E.right({
    ...options,
    batchSize,
    trainer: { model: lower(run.graph), input, loss, optimiser, observe },
    learningRate,
    epoch: run.epoch + 1,
    total: Math.ceil(countOf(data) / batchSize),
  });
}

function check(
  options: TrainOptions & { readonly batchSize: number },
  run: Run,
): SparrowError | null {
  const { data, loss, augment, shape = run.input, batchSize, views = 1 } = options;
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    return invalidOption("batchSize", batchSize, "an integer of at least 1");
  }
  if (views !== 1 && views !== 2) return invalidOption("views", views, "1 or 2");
  const size = sizeOf(run.input);
  const wrong = isStreamed(data) ? checkStream(data, size) : checkSplit(data, { size });
  if (wrong !== null) return wrong;
  if (options.order !== undefined && isStreamed(data)) {
    return invalidOption(
      "order",
      "an order for samples that are read in blocks",
      "samples in memory",
    );
  }
  if (!loss.unsupervised) {
    const labelled = labelledSplit(data as DataSplit, `the loss ${loss.name}`);
    if (E.isLeft(labelled)) return labelled.left;
  }
  if (Object.keys(run.params).length === 0) {
    return invalidOption("graph", "one without weights", "a graph with weights to train");
  }
  if (augment !== undefined) {
    const bad = augment.problem ?? augment.fits(shape);
    if (bad !== null) return bad;
    if (sizeOf(shape) !== size) {
      return invalidOption("shape", showSpace(shape), `that of images of ${size} numbers`);
    }
    const { length } = data.normalisation.mean;
    if (length !== 1 && length !== (shape[2] ?? 1)) {
      const expected = "one mean, or one per channel, of images that are augmented";
      return invalidOption("normalisation", `${length} means`, expected);
    }
  }
  return loss.problem ?? misfit(loss, data, run);
}

/** Checks that the loss can be used on this run and data. */
function misfit(loss: Loss, { labels }: TrainingData, run: Run): SparrowError | null {
  const inferred = inferShapes(run.graph, run.input);
  if (E.isLeft(inferred)) return inferred.left;
  const { output } = inferred.right;
  const ends = isPair(output) ? [output.first, output.second] : [output];
  if (ends.some(isPair)) {
    return invalidOption("graph", `a graph that ends in ${showSpace(output)}`, "one tensor or two");
  }
  return loss.fits?.({
    graph: inferred.right.graph,
    inputs: sizeOf(run.input),
    outputs: sizeOf(ends[ends.length - 1] as Shape),
    classes: labels === null ? 0 : mostOf(labels) + 1,
  }) ?? null;
}

function mostOf(labels: ArrayLike<number>): number {
  let most = -1;
  for (let i = 0; i < labels.length; i++) if (labels[i] > most) most = labels[i];
  return most;
}

async function trainEpoch(
  plan: Epoch,
  run: Run,
  env: Env,
): Promise<E.Either<SparrowError, Run>> {
  const { data, batchSize, trainer, midway, epoch, total } = plan;
  const { graph, input } = run;
  const step = trainStep(trainer);
  const batches = batchesOf({ ...plan, shape: plan.shape ?? input }, run.rng);
  let state = beginning(plan, run, batches.rng);
  const watch = stopwatch(env);
  const losses = watchLosses(plan, run, state, batches.at, env);
  const pace = paceOf(total, env);
  let seen: readonly Row[] = [];
  const fail = (error: SparrowError): E.Either<SparrowError, never> => {
    free({ ...run, ...state });
    return E.left(error);
  };

  try {
    for (let done = 1; done <= total; done++) {
      if (env.signal.aborted) {
        return fail({ _tag: "Interrupted", epoch, step: run.step + done - 1 });
      }
      const made = await batches.at(done - 1, state.rng);
      if (E.isLeft(made)) return fail(made.left);
      const [batch, rng] = made.right;
      const stepped = step({ ...state, rng }, batch);
      state = stepped.state;
      await losses.add(stepped);
      const due = pace.due(done);
      if (due !== null) {
        const bad = await losses.settle(state, done, due === "weights");
        if (bad !== null) return fail(bad);
        pace.settled(due);
        const samplesPerSecond = Math.min(done * batchSize, countOf(data)) / watch.seconds();
        env.progress.update({
          epoch,
          done,
          total,
          loss: losses.sums().loss / done,
          samplesPerSecond,
        });
      }
      const looking = midway?.(
        { graph, input, ...state },
        { epoch, step: run.step + done, done, total },
        env,
      );
      if (looking) {
        const found = await watch.paused(looking);
        if (E.isLeft(found)) return fail(found.left);
        seen = [...seen, ...found.right];
      }
      await breathe(env);
    }
  } catch (thrown) {
    // Of a loss, or of a device that was lost while it was read.
    free({ ...run, ...state });
    throw thrown;
  } finally {
    losses.dispose();
    await batches.dispose();
  }
  const rows = rowsOf(plan, run, losses.sums(), watch.seconds());
  return E.right({
    ...run,
    ...state,
    epoch,
    step: run.step + total,
    history: [...run.history, ...seen, ...rows],
  });
}

/** Makes the state before the first step, with the epoch's learning rate. */
const beginning = (
  { learningRate }: Epoch,
  { params, plasticity, optimiserState }: Run,
  rng: Rng,
): TrainState => ({
  params,
  plasticity,
  optimiserState: { ...optimiserState, learningRate },
  rng,
});

/** Makes a clock of the seconds since then, without those that are spent in `paused`. */
function stopwatch(env: Env) {
  const begun = env.now();
  let paused = 0;
  return {
    seconds: (): number => (env.now() - begun - paused) / 1000,
    paused: async <A>(task: Promise<A>): Promise<A> => {
      const from = env.now();
      const value = await task;
      paused += env.now() - from;
      return value;
    },
  };
}

/** Makes the rows of an epoch that has ended. */
function rowsOf(
  { data, learningRate, epoch, total }: Epoch,
  { graph, step }: Run,
  { loss, terms, empty }: Sums,
  seconds: number,
): readonly Row[] {
  const row = (split: Row["split"], name: string, value: number): Row => ({
    epoch,
    step: step + total,
    split,
    name,
    value,
  });
  const [kwta] = findKwta(graph);
  return [
    row("train", "loss", loss / total),
    row("train", "terms", terms / total),
    row("train", "empty_batches", empty),
    row("run", "learning_rate", learningRate),
    ...(kwta === undefined ? [] : [row("run", "sparsity", kwta.sparsity)]),
    ...(kwta?.soft ? [row("run", "hardness", kwta.soft.hardness)] : []),
    row("run", "samples_per_second", countOf(data) / seconds),
    row("run", "training_seconds", seconds),
  ];
}

// ---- Losses

/** The values to read after a step: the losses so far, and with "weights" whether all weights are finite. */
type Due = "losses" | "weights";

/** Decides after which steps something is read. */
function paceOf(total: number, env: Env) {
  const interval = env.backend.name === "webgpu" ? GPU_INTERVAL : HOST_INTERVAL;
  const begun = env.now();
  const readAt: Record<Due, number> = { losses: begun, weights: begun };
  const after = (due: Due, least: number) => env.now() - readAt[due] >= least;
  return {
    due: (done: number): Due | null => {
      if (done === total) return "weights";
      if (!after("losses", interval)) return null;
      return after("weights", WEIGHTS_INTERVAL) ? "weights" : "losses";
    },
    settled: (due: Due): void => {
      readAt[due] = readAt.losses = env.now();
    },
  };
}

/** Sums over the steps of an epoch. */
interface Sums {
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
function watchLosses(
  { trainer, total }: Epoch,
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
    add: (stepped: Stepped): Promise<void> => {
      terms += stepped.terms;
      if (stepped.terms === 0) empty++;
      return log.add(stepped.loss);
    },
    /** Reads the pending losses, and returns the error of the first that is not finite, or null. */
    settle: async (
      state: TrainState,
      done: number,
      weights: boolean,
    ): Promise<SparrowError | null> => {
      if (weights) await log.add(wellBeing(state));
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
        well = { state: copyState(state), from: done };
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
