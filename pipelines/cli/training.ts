/**
 * The small layer of the programs that train, on top of {@linkcode program}: it loads the data, begins a
 * run or goes on with one, runs the program's stages, writes the report, and prints the results.
 *
 * @module
 */
import {
  describe,
  type GpuError,
  type InvalidOption,
  invalidOption,
  type SparrowError,
} from "../../graph/error.ts";
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import type { Nodes } from "../../graph/node.ts";
import type { Shape } from "../../graph/types.ts";
import { startBackend } from "../../ops/backend.ts";
import type { Loss } from "../../ops/losses/loss.ts";
import type { Optimiser } from "../../ops/optimisers/transform.ts";
import { notNegative, positive, type Range } from "../../ops/ranges.ts";
import { configOf } from "../core/config.ts";
import type { Env } from "../core/env.ts";
import { newest } from "../core/history.ts";
import { dispose, type Run } from "../core/run.ts";
import { pipeline, skip, type Stage, when } from "../core/stage.ts";
import type { Dataset } from "../data/dataset.ts";
import type { DatasetName } from "../data/images.ts";
import { withValidation } from "../data/splits.ts";
import { newestCheckpoint } from "../files/checkpoint.ts";
import { denoFiles } from "../files/files.ts";
import { type BestBy, checkpoint } from "../stages/checkpoint.ts";
import { count } from "../report/format.ts";
import { announce, report } from "../stages/report.ts";
import { MODEL_FILE, save } from "../stages/save.ts";
import { defaultBatchSize, train, type TrainOptions } from "../stages/train.ts";
import { watchGradients } from "../stages/watch.ts";
import { beginRun, continueRun, resumedOptions, savedConfig, type Start } from "./begin_run.ts";
import type { Flags, Values } from "./options.ts";
import { startLine } from "./permissions.ts";
import { type Context, deviceOf, type Options, program, sharedFlags } from "./program.ts";
import { duration } from "./text.ts";

/** A sparsity: (0, 1). */
const part: Range = {
  holds: (value) => value > 0 && value < 1,
  words: "a number above 0 and below 1",
};

/**
 * The flags of a training's settings, each with the value of the program's recipe; null where that depends
 * on another flag, which `note` then says.
 */
export const settingFlags = {
  learningRate: <T extends number | null>(fallback: T, note = "") =>
    ({ kind: "number", help: `highest learning rate${note}`, range: positive, fallback }) as const,
  weightDecay: <T extends number | null>(fallback: T, note = "") =>
    ({ kind: "number", help: `weight decay${note}`, range: notNegative, fallback }) as const,
  sparsity: <T extends number | null>(fallback: T, note = "") =>
    ({
      kind: "number",
      help: `part of a code's bits that are set${note}`,
      range: part,
      fallback,
    }) as const,
  units: (fallback: number, help = "bits of a code") =>
    ({ kind: "integer", help, least: 2, most: 1e6, fallback }) as const,
};

/** Default number of epochs, and the least number of steps that they make on a folder of images. */
const [EPOCHS, LEAST_STEPS] = [sharedFlags.epochs.fallback, 1000];

/** The flags that every training has. */
const trainingFlags = {
  seed: sharedFlags.seed,
  epochs: {
    ...sharedFlags.epochs,
    help:
      `epochs of training [${EPOCHS}; for a folder so many that there are ${LEAST_STEPS} steps]`,
    fallback: null,
  },
  batch: {
    kind: "integer",
    help: "images per training step [256; for a folder it follows the number of images]",
    least: 1,
    most: 1e6,
    fallback: null,
  },
  validation: {
    kind: "text",
    help:
      "hold out N training images, or a fraction of them; the best checkpoint is chosen by them",
    value: "N|FRACTION",
  },
  resume: {
    kind: "text",
    help: "go on with the run of a folder, after its last finished epoch",
    value: "DIR",
  },
  "on-gpu-loss": {
    kind: "choice",
    help: "what to do when the GPU is lost: stop, or go on with wasm from the last epoch",
    choices: ["fail", "wasm"],
    fallback: "fail",
  },
  gradients: {
    kind: "switch",
    help: "measure the gradients of every layer in each step, and draw them",
  },
} as const satisfies Flags;

/** Options of a program that trains, before defaults: epochs may follow the data. */
type GivenOptions<F extends Flags> = Options<F & typeof trainingFlags>;

/** The options of a program that trains. */
export type TrainingOptions<F extends Flags> =
  & Omit<GivenOptions<F>, "epochs">
  & { readonly epochs: number };

/** The options of a recipe's stages. */
export interface Setting {
  /** Dataset. With `--validation`, its training set lacks the validation set. */
  readonly dataset: Dataset;
  /** Samples per training step; undefined for the default of {@linkcode train}. */
  readonly batchSize: number | undefined;
  /** Trains for one epoch on the training set; measures gradients where `--gradients` is given. */
  readonly train: (
    options: Pick<TrainOptions, "loss" | "augment" | "views" | "midway">,
  ) => Stage;
  /**
   * Ends an epoch: writes a checkpoint, then the model and the metrics, which a run that goes on from the
   * checkpoint can write again, and prints the epoch's line.
   *
   * @param best The quantity by which the best checkpoint is chosen. @default the accuracy
   */
  readonly keep: (best?: Pick<BestBy, "name" | "mode">) => Stage;
}

/** The recipe of a training program. */
export interface Recipe {
  /** The graph to train; dimensions may be left out where inference finds them. */
  readonly graph: Nodes;
  /** Shape of one sample. @default as the graph requires */
  readonly input?: Shape;
  /** The loss to minimise, for the configuration. */
  readonly loss: Loss;
  /** The optimiser that the run begins with. */
  readonly optimiser: Optimiser;
  /** Returns the optimiser of a run after the given number of epochs. @default always the same */
  readonly optimiserAt?: (epoch: number) => Optimiser;
  /** Returns the graph of a run after the given number of epochs, where stages change it. @default always `graph` */
  readonly graphAt?: (epoch: number) => Nodes;
  /** Further settings, for the configuration. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Stages of training and measuring, composed. */
  readonly stages: Stage;
}

/** A backend that is started, and a dataset that is loaded. */
export type Begun = TE.TaskEither<
  SparrowError,
  { readonly env: Env; readonly dataset: Dataset }
>;

/** A program that trains. */
export interface Training<F extends Flags> {
  /** Name of the program, as in `pipelines/<name>.ts`. */
  readonly name: string;
  /** Summary of the program for the help, in a few sentences. */
  readonly summary: string;
  /** The datasets that it can be run on. */
  readonly datasets: readonly DatasetName[];
  /** Height and width that the images of a folder are brought to. @default {[32, 32]} */
  readonly size?: readonly [height: number, width: number];
  /** The flags besides those of every training. */
  readonly flags: F;
  /** Starts the backend and loads the dataset. @default as the context's `begin` does */
  readonly begin?: (options: GivenOptions<F>, context: Context) => Begun;
  /** Changes the dataset before it is used. @default it is used as it was loaded */
  readonly prepare?: (dataset: Dataset) => Dataset;
  /** Checks options that are valid one by one. @default they are valid */
  readonly refuse?: (options: GivenOptions<F>) => InvalidOption | null;
  /** Makes the recipe of the options. */
  readonly recipe: (
    options: TrainingOptions<F>,
    setting: Setting,
  ) => E.Either<SparrowError, Recipe>;
  /** Epochs of all its trainings together. @default as many as `--epochs` says */
  readonly total?: (options: TrainingOptions<F>) => number;
  /** The lines to print of the finished run, before where its files are. @default its accuracies */
  readonly results?: (run: Run) => readonly string[];
}

/** Runs a training as a program, and exits. */
export const training = <F extends Flags>(declared: Training<F>): Promise<never> => {
  const { name, summary, datasets, size, flags } = declared;
  const total = declared.total ?? (({ epochs }) => epochs);
  return program<F & typeof trainingFlags>({
    name,
    summary,
    flags: { ...trainingFlags, ...flags },
    datasets,
    size,
    backend: true,
    dashboard: true,
    results: "folder",
    epochs: (options) => {
      const epochs = epochsBefore(options as Options<typeof trainingFlags>);
      return epochs === null ? null : total({ ...options, epochs });
    },
    refuse: (options) =>
      options.validation === null || sizeOf(options.validation as string) !== null
        ? declared.refuse?.(options) ?? null
        : invalidOption(
          "--validation",
          options.validation,
          "a number of images of at least 1, or a fraction above 0 and below 1",
        ),
    resume: resumed,
    work: (options, context) => work({ ...declared, total }, options, context),
    interrupted: async (error, folder) => {
      if (error.epoch === 0) return "Interrupted before the training began. Nothing was saved";
      const model = `${folder}/${MODEL_FILE}`;
      const kept = await Deno.stat(model).then(() => true, () => false);
      return `${describe(error)}. ` + (kept
        ? `The model of the last finished epoch is ${model}`
        : "No epoch was finished, so no model was saved") +
        `. ${goOn(name, folder)}`;
    },
  });
};

const goOn = (name: string, folder: string): string =>
  `Go on with: ${startLine(name)} --resume ${folder}`;

/** The number of epochs where it is known before the data is there; else null. */
const epochsBefore = (
  { epochs, dataset }: Pick<Options<typeof trainingFlags>, "epochs" | "dataset">,
): number | null => epochs ?? (dataset === "folder" ? null : EPOCHS);

/**
 * Chooses the number of epochs for a folder of images: 20, or as many as make at least 1,000 steps. A few hundred
 * images have a few steps in an epoch, and codes of so few are those of an untrained model.
 *
 * @param steps Steps of an epoch, at least 1.
 *
 * @example
 * ```ts
 * import { epochsFor } from "./training.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals([15, 50, 235].map(epochsFor), [67, 20, 20]);
 * ```
 */
export const epochsFor = (steps: number): number =>
  Math.max(EPOCHS, Math.ceil(LEAST_STEPS / steps));

/** Parses `--validation`: a number of images or a fraction; null for what is neither. */
function sizeOf(text: string): number | null {
  const size = /^\d*\.?\d+$/.test(text) ? Number(text) : NaN;
  return size > 0 && (size < 1 || Number.isInteger(size)) ? size : null;
}

type Lines = readonly string[];

/** Does the program's work, from the data to the lines of the results. */
const work = <F extends Flags>(
  declared: Training<F> & { readonly total: (options: TrainingOptions<F>) => number },
  given: GivenOptions<F>,
  context: Context,
): TE.TaskEither<SparrowError, Lines> =>
async () => {
  const asked = given as Options<typeof trainingFlags>;
  const begin: Begun = declared.begin?.(given, context) ?? context.beginUnlabelled;
  const loaded = await begin();
  if (E.isLeft(loaded)) return loaded;
  const { env, dataset: all } = loaded.right;
  const begun = env.now();
  const parted = partedBy(declared.prepare?.(all) ?? all, asked.validation, asked.seed);
  if (E.isLeft(parted)) return parted;
  const dataset = parted.right;

  const folder = context.out;
  const batchSize = asked.batch ??
    (asked.dataset === "folder" ? folderBatch(dataset.train.count) : 256);
  const steps = stepsOf(dataset, batchSize);
  const options = { ...asked, epochs: epochsBefore(asked) ?? epochsFor(steps) };
  const complete = { ...given, epochs: options.epochs };
  const total = declared.total(complete);
  const recipe = declared.recipe(complete, settingOf(dataset, folder, total, batchSize, options));
  if (E.isLeft(recipe)) return recipe;
  const { name } = declared;
  const unfit = unfitFor(declared, recipe.right.loss, dataset);
  if (unfit !== null) return E.left(unfit);
  const whole = wholeRun({ name, folder, total, dataset, batchSize, options, ...recipe.right });

  let trained = false;
  const { progress } = env;
  const observed: Env = {
    ...env,
    progress: {
      ...progress,
      update: (done) => {
        trained = true;
        progress.update(done);
      },
    },
  };
  const first = await whole(options.resume !== null)(observed)();
  const done = E.isLeft(first) && first.left._tag === "GpuError" &&
      options["on-gpu-loss"] === "wasm"
    ? await onWasm(first.left, options.threads, observed, whole(true))
    : first;
  if (E.isLeft(done)) {
    // Files that are damaged, or another run's, are found before anything is trained: none of them is promised.
    const stopped = done.left._tag === "Interrupted";
    if (trained && !stopped && await hasCheckpoint(folder, env)) {
      env.log(`The last finished epoch is kept. ${goOn(name, folder)}`);
    }
    return done;
  }
  const { run, backend } = done.right;
  if (run === null) return E.right([`Nothing is left to do: ${folder} has all of ${total} epochs`]);
  dispose(run);
  const { results = accuracies } = declared;
  const seconds = (env.now() - begun) / 1000;
  return E.right([
    ...results(run),
    `${run.epoch} epoch${run.epoch === 1 ? "" : "s"} on ${dataset.name}, in ` +
    `${duration(seconds)} on ${deviceOf(backend)}`,
    `${folder}: model.safetensors, metrics.jsonl, config.json, report.html`,
  ]);
};

/** Checks that a loss which learns from classes can be minimised on a dataset. */
function unfitFor<F extends Flags>(
  { name, flags }: Training<F>,
  { unsupervised = false, name: loss }: Loss,
  { name: data, train, classes }: Dataset,
): SparrowError | null {
  if (unsupervised || (train.labels !== null && classes.length > 1)) return null;
  const actual = train.labels === null ? "no folders of classes" : `one class, ${classes[0]}`;
  return invalidOption(
    "--data",
    `${data} with ${actual}`,
    `a folder with the images of each class in a folder of its own, at least two, because ${name} learns from ` +
      `classes (the loss ${loss})` + ("no-labels" in flags ? "; or --no-labels" : ""),
  );
}

/** The fewest images per training step of a folder: in a smaller batch, most of them are alone of their class. */
const LEAST_BATCH = 64;

const folderBatch = (count: number): number => Math.max(LEAST_BATCH, defaultBatchSize(count));

/** Samples of a training step; as many as there are at most. */
const perStep = ({ train }: Dataset, batchSize: number | undefined): number =>
  Math.min(train.count, batchSize ?? defaultBatchSize(train.count));

/** Steps of an epoch. */
const stepsOf = (dataset: Dataset, batchSize: number | undefined): number =>
  Math.ceil(dataset.train.count / perStep(dataset, batchSize));

/** Says how long a training is, in steps. */
function plannedLine(
  dataset: Dataset,
  batchSize: number | undefined,
  epochs: number,
): string {
  const { train, validation, test, classes } = dataset;
  const steps = stepsOf(dataset, batchSize);
  const number = (n: number) => n.toLocaleString("en-GB");
  return `Trains on ${count(train.count, "picture")}` +
    (train.labels === null
      ? " without labels"
      : ` of ${count(classes.length, "class", "classes")}`) +
    (validation === null ? "" : `, validates with ${number(validation.count)}`) +
    `, tests with ${number(test.count)}: ${count(steps, "step")} of ${
      number(perStep(dataset, batchSize))
    } pictures per epoch, ${count(epochs, "epoch")}, ${number(steps * epochs)} steps in all`;
}

/** The dataset with the validation set that `--validation` asks for. */
function partedBy(
  dataset: Dataset,
  validation: string | null,
  seed: number,
): E.Either<SparrowError, Dataset> {
  const size = validation === null ? null : sizeOf(validation);
  if (size === null) return E.right(dataset);
  const fraction = size < 1 ? size : size / dataset.train.count;
  return fraction < 1 ? withValidation(dataset, { fraction, seed }) : E.left(invalidOption(
    "--validation",
    validation,
    `fewer than the ${dataset.train.count} training images`,
  ));
}

const settingOf = (
  dataset: Dataset,
  folder: string,
  total: number,
  batchSize: number | undefined,
  { gradients }: Pick<Values<typeof trainingFlags>, "gradients">,
): Setting => {
  const { train: data, validation } = dataset;
  return {
    dataset,
    batchSize,
    train: (options) => {
      const epoch = (observe?: TrainOptions["observe"]) =>
        train({ data, batchSize, observe, ...options });
      return gradients ? watchGradients(epoch) : epoch();
    },
    keep: (best) =>
      pipeline(
        checkpoint(folder, {
          best: { ...best, split: validation === null ? "test" : "validation" },
        }),
        modelOf(folder, dataset),
        announce(total),
      ),
  };
};

/** Writes the model and the metrics of a run, whose last good file remains its checkpoint. */
const modelOf = (folder: string, dataset: Dataset): Stage => (run) => (env) =>
  pipe(save(folder, dataset)(run)(env), TE.map((done) => ({ ...done, saved: run.saved })));

/** Parts of a run. */
interface Whole extends Recipe {
  readonly name: string;
  readonly folder: string;
  readonly total: number;
  readonly dataset: Dataset;
  readonly batchSize: number | undefined;
  readonly options: TrainingOptions<Record<never, never>>;
}

/** A run that has ended well, null where nothing was left to do, and its folder and backend. */
interface Ended {
  readonly run: Run | null;
  readonly backend: Env["backend"];
}

/** Trains from the first epoch, or from the last finished one, and writes the report. */
const wholeRun =
  (whole: Whole) => (continues: boolean) => (env: Env): TE.TaskEither<SparrowError, Ended> => {
    const { name, folder, total, dataset, batchSize, options, stages, optimiser } = whole;
    const settings = { batchSize, ...whole.settings };
    const start: Start = {
      folder,
      config: configOf({ ...whole, pipeline: name, settings, observed: options.gradients }, env),
      graph: whole.graph,
      input: whole.input,
      seed: options.seed,
      optimiserAt: whole.optimiserAt ?? (() => optimiser),
      graphAt: whole.graphAt ?? (() => whole.graph),
    };
    return pipe(
      continues ? continueRun({ ...start, epochs: total }, env) : beginRun(start, env),
      TE.chain(({ run, config }): TE.TaskEither<SparrowError, Run | null> => {
        const { name: data, notice } = dataset;
        env.observer?.about({ dataset: data, notice, config, epochs: total });
        if (run === null) return TE.right(null);
        env.log(plannedLine(dataset, batchSize, total));
        // A process that was killed may have left those of the epoch before beside its last checkpoint.
        const inStep = continues ? when(({ epoch }) => epoch > 0, modelOf(folder, dataset)) : skip;
        return pipeline(inStep, stages, report(folder, { title: name, dataset, config }))(run)(env);
      }),
      TE.map((run) => ({ run, backend: env.backend })),
    );
  };

/** Goes on with wasm from the last finished epoch after the GPU has failed. */
async function onWasm(
  { reason }: GpuError,
  threads: number | undefined,
  env: Env,
  attempt: (env: Env) => TE.TaskEither<SparrowError, Ended>,
): Promise<E.Either<SparrowError, Ended>> {
  const backend = await startBackend("wasm", { threads })();
  if (E.isLeft(backend)) return backend;
  env.progress.clear();
  env.log(`The GPU failed: ${reason}. Goes on with wasm from the last finished epoch`);
  return await attempt({ ...env, backend: backend.right })();
}

async function hasCheckpoint(folder: string, { files }: Env): Promise<boolean> {
  const newest = await newestCheckpoint(folder, files)();
  return E.isRight(newest) && newest.right.checkpoint !== null;
}

function accuracies({ history }: Run): Lines {
  const line = (title: string, split: "validation" | "test", name = "accuracy") => {
    const value = newest(history, name, split);
    return value === null ? [] : [`${title} ${value.toFixed(4)}`];
  };
  return [
    ...line("Validation accuracy", "validation"),
    ...line("Test accuracy", "test"),
    ...line(
      "Mean average precision of training images, searched with test images:",
      "test",
      "mean_average_precision",
    ),
    ...line("Changed copies of test images that find their image first:", "test", "copies_found"),
  ];
}

/** The options as they are, or completed with those of the run that `--resume` names. */
const resumed = <F extends Flags>(
  options: GivenOptions<F>,
  args: readonly string[],
  flags: Flags,
): TE.TaskEither<SparrowError, GivenOptions<F>> => {
  const { resume } = options as Options<typeof trainingFlags>;
  return resume === null ? TE.right(options) : pipe(
    savedConfig(resume, denoFiles),
    TE.chainEitherK((before) => resumedOptions(options, args, resume, before, flags)),
    TE.map((complete) => complete as GivenOptions<F>),
  );
};
