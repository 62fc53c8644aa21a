/**
 * The stage that trains for one epoch.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import { invalidOption, type SparrowError } from "../../graph/error.ts";
import { permutation, type Rng } from "../../graph/rng.ts";
import { findKwta } from "../../graph/rewrite.ts";
import { inferShapes, isPair, showSpace, sizeOf } from "../../graph/shape.ts";
import type { Shape } from "../../graph/types.ts";
import { lower } from "../../ops/interpreter.ts";
import { lossLog } from "../../ops/loss_log.ts";
import type { Loss } from "../../ops/losses/loss.ts";
import type { Optimiser } from "../../ops/optimiser.ts";
import {
  type Batch,
  type ObserveGradients,
  type TrainState,
  trainStep,
} from "../../ops/train_step.ts";
import { breathe } from "../breathe.ts";
import type { Augmentation } from "../data/augment.ts";
import { backgroundOf, gatherLabels } from "../data/batch.ts";
import { feedOf } from "../data/feed.ts";
import type { DataSplit, Normalisation } from "../data/dataset.ts";
import type { Env } from "../env.ts";
import type { Row } from "../history.ts";
import { dispose, type Run } from "../run.ts";
import { type Stage, stage } from "../stage.ts";
import { disposeState, findCulprit, kept, wellBeing } from "./culprit.ts";
import type { Midway } from "./midway.ts";

/** Options of {@linkcode train}. */
export interface TrainOptions {
  /** What is trained on. */
  readonly data: DataSplit;
  /** Of its bytes. */
  readonly normalisation: Normalisation;
  /** What is made small. */
  readonly loss: Loss;
  /** The one that the run was created with. */
  readonly optimiser: Optimiser;
  /** Samples per step, at least 1; 256. The last batch of an epoch holds what is left. */
  readonly batchSize?: number;
  /** Random changes of every batch's images; none. */
  readonly augment?: Augmentation;
  /** Of one image, for `augment`: the dataset's; the run's input. */
  readonly shape?: Shape;
  /** Sees the gradients of every step, as {@linkcode watchGradients} does; no one. */
  readonly observe?: ObserveGradients;
  /** Looks at the model after every step, as {@linkcode infoPlane} does; no one. */
  readonly midway?: Midway;
}

/**
 * Milliseconds between two readings of the losses, for the progress and to find what is not finite:
 * a GPU is stalled by each, so that most epochs have one at their end. Weights are looked at, which takes as
 * long as copying them, after the longest time and at the end.
 */
const [HOST_INTERVAL, GPU_INTERVAL, LOOK_INTERVAL] = [100, 2000, 10_000];

/**
 * Trains for one epoch: every sample once, in a fresh random order.
 *
 * Rows: "loss" (mean over the batches), "terms" (mean number of triplets or the like per batch),
 * "empty_batches" (how many had none, and nothing to learn from), "learning_rate", and of the first
 * kWTA "sparsity" and "hardness", as they were in this epoch; "samples_per_second", and
 * "training_seconds", what `midway` takes left out.
 *
 * Errors: `Interrupted` at the next step after the signal; `NonFinite` when a loss, a gradient or a weight
 * is a NaN or infinite, naming the first that was and its step; `InvalidOption` when a sample has not the size of the run's input, when an option of the
 * loss or of the augmentation is out of its range, and when one of them does not fit.
 */
export const train = (options: TrainOptions): Stage =>
  stage((run, env) => {
    const bad = check(options, run);
    return bad === null ? trainEpoch(options, run, env) : Promise.resolve(E.left(bad));
  });

function check(options: TrainOptions, run: Run): SparrowError | null {
  const { data, loss, augment, shape = run.input, batchSize = 256 } = options;
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    return invalidOption("batchSize", batchSize, "an integer of at least 1");
  }
  if (data.count < 1) return invalidOption("data", "0 samples", "at least one sample");
  const size = data.pixels.length / data.count;
  if (size !== sizeOf(run.input)) {
    return invalidOption("data", `samples of ${size}`, `samples of ${sizeOf(run.input)} numbers`);
  }
  if (augment !== undefined) {
    const bad = augment.problem ?? augment.fits(shape);
    if (bad !== null) return bad;
    if (sizeOf(shape) !== size) {
      return invalidOption("shape", showSpace(shape), `that of images of ${size} numbers`);
    }
  }
  return loss.problem ?? misfit(loss, data, run);
}

/** What keeps the loss from being used on this run and data. */
function misfit(loss: Loss, { labels }: DataSplit, run: Run): SparrowError | null {
  const inferred = inferShapes(run.graph, run.input);
  if (E.isLeft(inferred)) return inferred.left;
  const { output } = inferred.right;
  const ends = isPair(output) ? [output.first, output.second] : [output];
  if (ends.some(isPair)) {
    return invalidOption("graph", `a graph that ends in ${showSpace(output)}`, "one tensor or two");
  }
  return loss.fits?.({
    inputs: sizeOf(run.input),
    outputs: sizeOf(ends[ends.length - 1] as Shape),
    classes: labels.reduce((most, label) => Math.max(most, label + 1), 0),
  }) ?? null;
}

async function trainEpoch(
  {
    data,
    normalisation,
    loss,
    optimiser,
    augment,
    shape,
    observe,
    midway,
    batchSize = 256,
  }: TrainOptions,
  run: Run,
  env: Env,
): Promise<E.Either<SparrowError, Run>> {
  const epoch = run.epoch + 1;
  const total = Math.ceil(data.count / batchSize);
  const trainer = { model: lower(run.graph), input: run.input, loss, optimiser, observe };
  const step = trainStep(trainer);
  const layout = { shape: shape ?? run.input, background: backgroundOf(normalisation) };
  const [order, rng] = permutation(data.count, run.rng);

  let state: TrainState = {
    params: run.params,
    plasticity: run.plasticity,
    optimiser: run.optimiser,
    rng,
  };
  let [lossSum, read, terms, empty] = [0, 0, 0, 0];
  let seen: readonly Row[] = [];
  let looked = 0;
  const begun = env.now();
  /** Spent on training alone. */
  const seconds = () => (env.now() - begun - looked) / 1000;

  // One more is for the weights.
  const log = lossLog(total + 1);
  const feed = feedOf(data, normalisation, batchSize);
  /** The images of a batch, and what the augmentation leaves of the generator. */
  const rows = (picks: Uint32Array, rng: Rng): readonly [Batch["values"], Rng] => {
    if (augment === undefined) return [feed.rows(picks), rng];
    const values = feed.hostRows(picks);
    return [values, augment.apply(values, layout, rng)];
  };
  const batch = (done: number, rng: Rng): readonly [Batch, Rng] => {
    const picks = order.subarray(done * batchSize, (done + 1) * batchSize);
    const [values, left] = rows(picks, rng);
    return [{ values, labels: gatherLabels(data, picks) }, left];
  };
  /** When all was well for the last time. */
  let well = { state: kept(state), from: 0 };
  /** Reads the losses that wait; the error of the first number that is not finite, or null. */
  const settle = async (done: number, look: boolean): Promise<SparrowError | null> => {
    if (look) await log.add(wellBeing(state));
    const losses = await log.read();
    const fault = env.backend.fault();
    if (fault !== null) return fault;
    const bad = losses.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) {
      const isLoss = bad < losses.length - (look ? 1 : 0);
      const seen = { tensor: isLoss ? "loss" : "a weight", value: losses[bad], done: read + bad };
      const to = Math.min(read + bad + 1, done);
      const found = await findCulprit({ trainer, ...well, state: kept(well.state), to, batch });
      const { tensor, value, done: at } = found ?? { ...seen, done: to - 1 };
      return {
        ...{ _tag: "NonFinite", tensor, value, epoch, step: run.step + at + 1 },
        lastGood: run.saved,
      };
    }
    for (const value of look ? losses.subarray(0, -1) : losses) lossSum += value;
    read = done;
    if (!look) return null;
    disposeState(well.state);
    well = { state: kept(state), from: done };
    return null;
  };
  const interval = env.backend.name === "webgpu" ? GPU_INTERVAL : HOST_INTERVAL;
  let [readAt, lookedAt] = [begun, begun];
  const fail = (error: SparrowError): E.Either<SparrowError, never> => {
    dispose({ ...run, ...state });
    return E.left(error);
  };

  try {
    for (let done = 0; done < total; done++) {
      if (env.signal.aborted) {
        return fail({ _tag: "Interrupted", epoch, step: run.step + done });
      }
      const [next, rng] = batch(done, state.rng);
      const stepped = step({ ...state, rng }, next);
      state = stepped.state;
      terms += stepped.terms;
      if (stepped.terms === 0) empty++;
      await log.add(stepped.loss);
      if (done === total - 1 || env.now() - readAt >= interval) {
        const look = done === total - 1 || env.now() - lookedAt >= LOOK_INTERVAL;
        const bad = await settle(done + 1, look);
        if (bad !== null) return fail(bad);
        readAt = env.now();
        if (look) lookedAt = readAt;
        const samplesPerSecond = Math.min((done + 1) * batchSize, data.count) / seconds();
        env.progress.update({
          epoch,
          done: done + 1,
          total,
          loss: lossSum / read,
          samplesPerSecond,
        });
      }
      const looking = midway?.(
        { graph: run.graph, input: run.input, ...state },
        { epoch, step: run.step + done + 1, done: done + 1, total },
        env,
      );
      if (looking) {
        const from = env.now();
        const found = await looking;
        if (E.isLeft(found)) return fail(found.left);
        seen = [...seen, ...found.right];
        looked += env.now() - from;
      }
      await breathe(env);
    }
  } catch (thrown) {
    // Of a loss, or of a device that was lost while it was read.
    dispose({ ...run, ...state });
    throw thrown;
  } finally {
    disposeState(well.state);
    log.dispose();
    feed.dispose();
  }

  const spent = seconds();
  const stepsDone = run.step + total;
  const row = (split: Row["split"], name: string, value: number): Row => ({
    epoch,
    step: stepsDone,
    split,
    name,
    value,
  });
  const [kwta] = findKwta(run.graph);
  const made = [
    row("train", "loss", lossSum / total),
    row("train", "terms", terms / total),
    row("train", "empty_batches", empty),
    row("run", "learning_rate", run.optimiser.learningRate),
    ...(kwta === undefined ? [] : [row("run", "sparsity", kwta.sparsity)]),
    ...(kwta?.soft ? [row("run", "hardness", kwta.soft.hardness)] : []),
    row("run", "samples_per_second", data.count / spent),
    row("run", "training_seconds", spent),
  ];
  return E.right({
    ...run,
    ...state,
    epoch,
    step: stepsDone,
    history: [...run.history, ...seen, ...made],
  });
}
