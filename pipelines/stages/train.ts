/**
 * The stage that trains for one epoch: its options, its loop, and its rows.
 *
 * @module
 */
import { invalidOption, type SparrowError } from "../../graph/error.ts";
import { E } from "../../graph/fp_ts.ts";
import { findKwta } from "../../graph/rewrite.ts";
import type { Rng } from "../../graph/rng.ts";
import { inferShapes, isPair, showSpace, sizeOf } from "../../graph/shape.ts";
import type { Shape } from "../../graph/types.ts";
import { lower } from "../../ops/interpreter.ts";
import type { Loss } from "../../ops/losses/loss.ts";
import type { SampleOrder } from "../../ops/losses/samplers.ts";
import { notNegative } from "../../ops/ranges.ts";
import type { GraphTrainer } from "../../ops/plan/plan.ts";
import { startSteps, type Steps } from "../../ops/plan/steps.ts";
import type { ObserveGradients, TrainState } from "../../ops/train_step.ts";
import type { MeasuredAt, Model } from "../core/batches.ts";
import { breathe, type Env } from "../core/env.ts";
import type { Row } from "../core/history.ts";
import { free, type Run } from "../core/run.ts";
import { type Stage, stage } from "../core/stage.ts";
import type { Augmentation } from "../data/augment.ts";
import { checkSplit, type DataSplit, labelledSplit } from "../data/dataset.ts";
import { checkStream } from "../data/vectors/stream.ts";
import { batchesOf, countOf, isStreamed, type TrainingData } from "./epoch_batches.ts";
import { type Sums, watchLosses } from "./watch_losses.ts";

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
  readonly trainer: GraphTrainer;
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
    trainer: { graph: run.graph, model: lower(run.graph), input, loss, optimiser, observe },
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
  const batches = batchesOf({ ...plan, shape: plan.shape ?? run.input }, run.rng);
  let { rng } = batches;
  const first = beginning(plan, run, rng);
  const losses = watchLosses(plan, run, first, batches.at, env);
  const steps = startSteps(trainer, first, batchSize * (plan.views ?? 1));
  env.debug?.(
    `Epoch ${epoch}: ` +
      (steps.tape === null ? "a compiled plan" : `tfjs's tape, because ${steps.tape}`),
  );
  const watch = stopwatch(env);
  const pace = paceOf(total, env);
  let seen: readonly Row[] = [];
  let state: TrainState;
  const fail = (error: SparrowError): E.Either<SparrowError, never> => {
    free({ ...run, ...steps.state() });
    return E.left(error);
  };

  try {
    for (let done = 1; done <= total; done++) {
      if (env.signal.aborted) {
        return fail({ _tag: "Interrupted", epoch, step: run.step + done - 1 });
      }
      const made = await batches.at(done - 1, rng);
      if (E.isLeft(made)) return fail(made.left);
      const [batch, drawn] = made.right;
      const taken = steps.take(batch, drawn);
      rng = taken.rng;
      await losses.add(taken);
      const due = pace.due(done);
      if (due !== null) {
        const bad = await losses.settle(steps.state, done, due === "weights");
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
        modelOf(run, steps),
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
    state = steps.state();
  } catch (thrown) {
    // Of a loss, or of a device that was lost while it was read.
    free({ ...run, ...steps.state() });
    throw thrown;
  } finally {
    losses.dispose();
    steps.dispose();
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

/** The model within an epoch, whose tensors are read where they are used. */
const modelOf = ({ graph, input }: Run, steps: Steps): Model => ({
  graph,
  input,
  get params() {
    return steps.state().params;
  },
  get plasticity() {
    return steps.state().plasticity;
  },
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

// ---- Pace

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
