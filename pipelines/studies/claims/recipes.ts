/**
 * Recipes that claims compare: variants of one experiment, each trained once per seed. Above all two ways of training:
 * softmax with cross entropy, and kWTA with the supervised contrastive loss, both on the same layers, of any dataset.
 *
 * Their settings are those of `mnist_softmax.ts` and of `mnist_kwta.ts --loss supcon`.
 *
 * @module
 */
import type { SparrowError } from "../../../graph/error.ts";
import { E, pipe, RTE } from "../../../graph/fp_ts.ts";
import type { Nodes } from "../../../graph/node.ts";
import { graph } from "../../../graph/parse.ts";
import { sizeOf } from "../../../graph/shape.ts";
import { supConLoss } from "../../../ops/losses/contrastive.ts";
import { crossEntropyLoss } from "../../../ops/losses/cross_entropy.ts";
import type { Loss } from "../../../ops/losses/loss.ts";
import { adam, adamW } from "../../../ops/optimisers/adam.ts";
import type { Chain } from "../../../ops/optimisers/chain.ts";
import { cosineWarmupLr, stepLr } from "../../../ops/optimisers/schedules.ts";
import type { Optimiser } from "../../../ops/optimisers/transform.ts";
import type { ObserveGradients } from "../../../ops/train_step.ts";
import { duration } from "../../cli/text.ts";
import type { Env } from "../../core/env.ts";
import { type History, newest, rowsNamed, type SplitName } from "../../core/history.ts";
import { createRun, dispose, type Run, type RunOptions } from "../../core/run.ts";
import { pipeline, repeat, type Stage } from "../../core/stage.ts";
import type { Dataset } from "../../data/dataset.ts";
import { evaluate } from "../../stages/evaluate.ts";
import { train } from "../../stages/train.ts";
import type { Length, Measured } from "./claim.ts";

/** One of the things that are compared. */
export interface Variant {
  /** Name that tells the variant from the others: "kWTA". */
  readonly name: string;
  /** Options of the run, the same for every seed. */
  readonly begin: Omit<RunOptions, "seed" | "rng">;
  /** Stages that train and measure. */
  readonly stages: Stage;
}

/** Histories of a variant's trainings, one per seed, in the order of the seeds. */
export type Outcome = readonly History[];

/**
 * Trains every variant with every seed, one after the other, and says a line after each.
 *
 * @returns The outcome of each variant, in their order; the first error of a stage.
 */
export const trainAll = (
  seeds: readonly number[],
  variants: readonly Variant[],
): RTE.ReaderTaskEither<Env, SparrowError, readonly Outcome[]> =>
  pipe(
    variants,
    RTE.traverseSeqArray((variant) =>
      pipe(seeds, RTE.traverseSeqArray((seed) => trained(variant, seed)))
    ),
  );

type Trained = RTE.ReaderTaskEither<Env, SparrowError, History>;

const trained = ({ name, begin, stages }: Variant, seed: number): Trained => (env) => async () => {
  const begun = env.now();
  const run = createRun({ ...begin, seed });
  if (E.isLeft(run)) return run;
  const done = await stages(run.right)(env)();
  env.progress.clear();
  if (E.isLeft(done)) return done;
  dispose(done.right);
  const { history } = done.right;
  const accuracy = newest(history, "accuracy", "test");
  env.log(
    [
      `  ${name}, seed ${seed}:`,
      ...(accuracy === null ? [] : [`test ${accuracy.toFixed(4)}`]),
      `in ${duration((env.now() - begun) / 1000)}`,
    ].join(" "),
  );
  return E.right(history);
};

/** Adds measurements of the test set to a run's history: `measure` finds them by their names. */
export const withTestRows = (run: Run, values: Readonly<Record<string, number>>): Run => {
  const { epoch, step } = run;
  const rows = Object.entries(values).map(([name, value]) =>
    ({ epoch, step, split: "test", name, value }) as const
  );
  return { ...run, history: [...run.history, ...rows] };
};

/** A quantity of an outcome: the newest row of a name in each history; NaN where there is none. */
export const measure = (
  name: string,
  outcome: Outcome,
  row: string,
  split: SplitName = "test",
): Measured => measureAt(-1, name, outcome, row, split);

/** Returns the same of the oldest row: the measurement before training, or in its first epoch. */
export const measureFirst = (
  name: string,
  outcome: Outcome,
  row: string,
  split: SplitName = "test",
): Measured => measureAt(0, name, outcome, row, split);

const measureAt = (
  index: number,
  name: string,
  outcome: Outcome,
  row: string,
  split: SplitName,
): Measured => ({
  name,
  unit: "",
  values: outcome.map((history) => rowsNamed(history, row, split).at(index)?.value ?? NaN),
});

/** A way of training, whatever the graph. */
export interface Recipe {
  /** The loss to minimise. */
  readonly loss: Loss;
  /** Returns the optimiser of a training of the given number of epochs. */
  readonly optimiser: (epochs: number) => Optimiser;
}

const BATCH = 256;

const warmedUp = (peak: number, weightDecay: number) => (epochs: number): Optimiser =>
  adamW({
    learningRate: cosineWarmupLr({ peak, epochs, warmup: epochs > 1 ? 1 : 0 }),
    weightDecay,
  });

/** The reference's optimiser and schedule, whatever the number of epochs. */
export const referenceOptimiser = (): Chain =>
  adam({
    learningRate: stepLr({ initial: 1e-3, stepSize: 10, gamma: 0.5 }),
    weightDecay: 1e-5,
  });

/** The recipe of `mnist_softmax.ts`. */
const softmaxRecipe: Recipe = {
  loss: crossEntropyLoss(),
  optimiser: warmedUp(2e-3, 0.05),
};

/** The recipe of `mnist_kwta.ts --loss supcon`. */
export const kwtaRecipe: Recipe = {
  loss: supConLoss({ temperature: 0.1 }),
  optimiser: warmedUp(5e-3, 0.5),
};

/** The images of a dataset as `train` takes them. */
const trainingOf = ({ train: data }: Dataset) => ({ data });

/** One epoch of a recipe's loss, with the optimiser that the run has. */
export const epochOf = (
  { loss }: Pick<Recipe, "loss">,
  { dataset }: Pick<Length, "dataset">,
  observe?: ObserveGradients,
): Stage => train({ ...trainingOf(dataset), loss, batchSize: BATCH, observe });

/** The layers that both have: inputs-64-512, with as many inputs as the dataset's images have. */
const layers = ({ shape }: Dataset): Nodes =>
  graph`linear(${sizeOf(shape)}, 64) ▷ relu ▷ linear(64, 512)`;

/** The encoder: the layers with a kWTA of 5 %. */
export const encoderFor = (dataset: Dataset): Nodes => graph`${layers(dataset)} ▷ kwta(0.05)`;

/** Cross entropy of the layers with a relu and a read-out, judged by the largest output. */
export const softmax = (length: Length): Variant => ({
  name: `softmax on ${length.dataset.name}`,
  begin: {
    graph: graph`${layers(length.dataset)} ▷ relu ▷ linear(512, ${length.dataset.classes.length})`,
    optimiser: softmaxRecipe.optimiser(length.epochs),
  },
  stages: pipeline(
    repeat(length.epochs)(epochOf(softmaxRecipe, length)),
    evaluate(length.dataset, { by: "argmax" }),
  ),
});

/** The encoder, judged by the nearest class centroid: before training, and after. */
export const kwta = (length: Length): Variant => ({
  name: `kWTA on ${length.dataset.name}`,
  begin: { graph: encoderFor(length.dataset), optimiser: kwtaRecipe.optimiser(length.epochs) },
  stages: pipeline(
    evaluate(length.dataset),
    repeat(length.epochs)(epochOf(kwtaRecipe, length)),
    evaluate(length.dataset),
  ),
});
