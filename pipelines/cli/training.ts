/**
 * The small layer of the programs that train, on top of {@linkcode program}: it loads the data, begins a
 * run or goes on with one, runs the program's stages, writes the report, and says what came out.
 *
 * @module
 */
import { describe, type GpuError, invalidOption, type SparrowError } from "../../graph/error.ts";
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import type { Nodes } from "../../graph/node.ts";
import type { Shape } from "../../graph/types.ts";
import { startBackend } from "../../ops/backend.ts";
import type { Loss } from "../../ops/losses/loss.ts";
import type { Optimiser } from "../../ops/optimisers/transform.ts";
import { notNegative, positive, type Range } from "../../ops/ranges.ts";
import { beginFolder, CONFIG_FILE, configOf, replaceConfig } from "../core/config.ts";
import type { Env } from "../core/env.ts";
import { newest } from "../core/history.ts";
import { checkpointOf, resumeRun } from "../core/resume.ts";
import { createRun, dispose, type Run } from "../core/run.ts";
import { pipeline, skip, type Stage, when } from "../core/stage.ts";
import type { Dataset } from "../data/dataset.ts";
import type { DatasetName } from "../data/images.ts";
import { withValidation } from "../data/splits.ts";
import { CHECKPOINTS, newestCheckpoint, writeCheckpoint } from "../files/checkpoint.ts";
import { denoFiles, type Files } from "../files/files.ts";
import { isRecord, parseJson } from "../files/json.ts";
import { type BestBy, checkpoint } from "../stages/checkpoint.ts";
import { announce, epochOfReport, report, REPORT_FILE } from "../stages/report.ts";
import { MODEL_FILE, save } from "../stages/save.ts";
import { train, type TrainOptions } from "../stages/train.ts";
import { watchGradients } from "../stages/watch.ts";
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
  sparsity: (fallback: number) =>
    ({
      kind: "number",
      help: "part of a code's bits that are set",
      range: part,
      fallback,
    }) as const,
  units: (fallback: number, help = "bits of a code") =>
    ({ kind: "integer", help, least: 2, most: 1e6, fallback }) as const,
};

/** The flags that every training has. */
const trainingFlags = {
  seed: sharedFlags.seed,
  epochs: sharedFlags.epochs,
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

/** The options of a program that trains. */
export type TrainingOptions<F extends Flags> = Options<F & typeof trainingFlags>;

/** The options of a recipe's stages. */
export interface Setting {
  /** The data: without the validation set in its training set where `--validation` is given. */
  readonly dataset: Dataset;
  /** Samples per training step; undefined for the default of {@linkcode train}. */
  readonly batchSize: number | undefined;
  /** Trains for one epoch on the training set; measures gradients where `--gradients` is given. */
  readonly train: (
    options: Pick<TrainOptions, "loss" | "augment" | "midway">,
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
  /** The shape of one sample. @default what the graph says */
  readonly input?: Shape;
  /** The loss to minimise, for the configuration. */
  readonly loss: Loss;
  /** The optimiser that the run begins with. */
  readonly optimiser: Optimiser;
  /** The optimiser of a run after so many epochs. @default always the same */
  readonly optimiserAt?: (epoch: number) => Optimiser;
  /** Further settings, for the configuration. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** All training and measuring. */
  readonly stages: Stage;
}

/** A program that trains. */
export interface Training<F extends Flags> {
  /** Name of the program, as in `pipelines/<name>.ts`. */
  readonly name: string;
  /** A few sentences for the help: what the program does. */
  readonly summary: string;
  /** The datasets that it can be run on. */
  readonly datasets: readonly DatasetName[];
  /** The flags besides those of every training. */
  readonly flags: F;
  /** Changes the dataset before it is used. @default it is used as it was loaded */
  readonly prepare?: (dataset: Dataset) => Dataset;
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
  const { name, summary, datasets, flags } = declared;
  const total = declared.total ?? (({ epochs }) => epochs as number);
  return program<F & typeof trainingFlags>({
    name,
    summary,
    flags: { ...trainingFlags, ...flags },
    datasets,
    backend: true,
    dashboard: true,
    results: "folder",
    epochs: total,
    refuse: ({ validation }) =>
      validation === null || sizeOf(validation as string) !== null ? null : invalidOption(
        "--validation",
        validation,
        "a number of images of at least 1, or a fraction above 0 and below 1",
      ),
    resume: resumed,
    work: (options, context) => work({ ...declared, total }, options, context),
    interrupted: async (error, folder) => {
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

/** `--validation` as a number of images or as a fraction; null for what is neither. */
function sizeOf(text: string): number | null {
  const size = /^\d*\.?\d+$/.test(text) ? Number(text) : NaN;
  return size > 0 && (size < 1 || Number.isInteger(size)) ? size : null;
}

type Lines = readonly string[];

/** The program's work, from the data to the lines that say what came out. */
const work = <F extends Flags>(
  declared: Training<F> & { readonly total: (options: TrainingOptions<F>) => number },
  given: TrainingOptions<F>,
  context: Context,
): TE.TaskEither<SparrowError, Lines> =>
async () => {
  const options = given as Options<typeof trainingFlags>;
  const loaded = await context.begin();
  if (E.isLeft(loaded)) return loaded;
  const { env, dataset: all } = loaded.right;
  const begun = env.now();
  const parted = partedBy(declared.prepare?.(all) ?? all, options.validation, options.seed);
  if (E.isLeft(parted)) return parted;
  const dataset = parted.right;

  const folder = context.out;
  const total = declared.total(given);
  const batchSize = options.batch ?? (options.dataset === "folder" ? undefined : 256);
  const recipe = declared.recipe(given, settingOf(dataset, folder, total, batchSize, options));
  if (E.isLeft(recipe)) return recipe;
  const { name } = declared;
  const whole = wholeRun({ name, folder, total, dataset, batchSize, options, ...recipe.right });

  const first = await whole(options.resume !== null)(env)();
  const done = E.isLeft(first) && first.left._tag === "GpuError" &&
      options["on-gpu-loss"] === "wasm"
    ? await onWasm(first.left, options.threads, env, whole(true))
    : first;
  if (E.isLeft(done)) {
    if (done.left._tag !== "Interrupted" && await hasCheckpoint(folder, env)) {
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

/** Everything that a run is made of. */
interface Whole extends Recipe {
  readonly name: string;
  readonly folder: string;
  readonly total: number;
  readonly dataset: Dataset;
  readonly batchSize: number | undefined;
  readonly options: Options<typeof trainingFlags>;
}

/** A run that has ended well, null where nothing was left to do, and where it ran. */
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
      config: configOf({ ...whole, pipeline: name, settings }, env),
      graph: whole.graph,
      input: whole.input,
      seed: options.seed,
      optimiserAt: whole.optimiserAt ?? (() => optimiser),
    };
    return pipe(
      continues ? continueRun({ ...start, epochs: total }, env) : beginRun(start, env),
      TE.chain(({ run, config }): TE.TaskEither<SparrowError, Run | null> => {
        env.observer?.about({ dataset: dataset.name, notice: dataset.notice, config });
        if (run === null) return TE.right(null);
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
  const validation = newest(history, "accuracy", "validation");
  return [
    ...(validation === null ? [] : [`Validation accuracy ${validation.toFixed(4)}`]),
    `Test accuracy ${newest(history, "accuracy", "test")?.toFixed(4)}`,
  ];
}

/** A configuration, as `config.json` holds it. */
type Config = Readonly<Record<string, unknown>>;

/** The beginning of a run, new or after its last checkpoint. */
interface Start {
  /** The folder of the results. */
  readonly folder: string;
  /** The configuration to write there. */
  readonly config: Config;
  readonly graph: Nodes;
  readonly input?: Shape;
  readonly seed: number;
  /** The optimiser of a run after so many epochs. */
  readonly optimiserAt: (epoch: number) => Optimiser;
}

/** A run to train; null where nothing is left to do. */
interface Begun {
  readonly run: Run | null;
  /** The configuration as it is in the folder now. */
  readonly config: Config;
}

/**
 * Begins a run and writes its configuration to a folder that holds none. A folder without room for its
 * checkpoints is refused before anything is trained, and a run that cannot begin leaves no configuration behind.
 */
const beginRun =
  (start: Start, { files }: Pick<Env, "files">): TE.TaskEither<SparrowError, Begun> => async () => {
    const { folder, config } = start;
    const run = fresh(start);
    if (E.isLeft(run)) return run;
    await removeUnfinished(folder, files);
    const begun = await beginFolder(folder, config, files)();
    const ready = E.isLeft(begun) ? begun : await hasRoom(run.right, folder, files);
    if (E.isRight(ready)) return E.right({ run: run.right, config });
    dispose(run.right);
    if (E.isRight(begun)) await files.remove(`${folder}/${CONFIG_FILE}`)();
    return ready;
  };

/** Checkpoints that are there at once: two that are kept, the best, and one that is being written. */
const CHECKPOINTS_AT_ONCE = 4;

/** Checks that a folder has room for checkpoints: writes as many bytes, and removes them. */
async function hasRoom(
  run: Run,
  folder: string,
  files: Files,
): Promise<E.Either<SparrowError, void>> {
  const made = await checkpointOf(run)();
  if (E.isLeft(made)) return made;
  const { length } = writeCheckpoint(made.right);
  const probe = `${folder}/${CHECKPOINTS}/room.tmp`;
  const written = await files.write(probe, new Uint8Array(CHECKPOINTS_AT_ONCE * length))();
  if (E.isRight(written)) return await files.remove(probe)();
  const advice = `A run of this model needs ${
    Math.ceil(CHECKPOINTS_AT_ONCE * length / 1e6)
  } MB there for its checkpoints: choose another folder with --out, or make room`;
  return E.left({ ...written.left, advice });
}

const fresh = ({ graph, input, seed, optimiserAt }: Start): E.Either<SparrowError, Run> =>
  createRun({ graph, input, seed, optimiser: optimiserAt(0) });

/** The keys of a configuration that must not differ where a run goes on. */
const identity = ["pipeline", "graph", "settings", "loss"] as const;

/**
 * Goes on with the run of a folder after its last finished epoch, or from the beginning where none was finished.
 *
 * @param start What the run began with, and the number of epochs that it is to have in all.
 * @returns The run; `InvalidOption` where the folder's was another program's, or of other data;
 * `FileUnavailable` and `CorruptFile` where there is nothing whole to go on from.
 */
const continueRun = (
  { epochs, ...start }: Start & { readonly epochs: number },
  env: Pick<Env, "files" | "log">,
): TE.TaskEither<SparrowError, Begun> =>
async () => {
  const { folder, config, optimiserAt } = start;
  const { files, log } = env;
  const before = await savedConfig(folder, files)();
  if (E.isLeft(before)) return before;
  const other = otherwise(before.right, config, folder);
  if (other !== null) return E.left(other);
  const newest = await newestCheckpoint(folder, files)();
  if (E.isLeft(newest)) return newest;
  await removeUnfinished(folder, files);
  const { checkpoint, damaged } = newest.right;
  for (const error of damaged) log(`${describe(error)}. The one before it is taken`);
  if (checkpoint === null) {
    log(`No epoch of ${folder} was finished: it begins anew`);
    return E.map((run: Run): Begun => ({ run, config: before.right }))(fresh(start));
  }
  const { epoch } = checkpoint;
  if (epoch >= epochs && await reportedEpoch(folder, files) === epoch) {
    return E.right({ run: null, config: before.right });
  }
  const resumed = resumeRun(checkpoint, optimiserAt(epoch));
  if (E.isLeft(resumed)) return resumed;
  const now = { ...config, resumed: [...listOf(before.right.resumed), { epoch }] };
  const written = await replaceConfig(folder, now, files)();
  if (E.isLeft(written)) {
    dispose(resumed.right);
    return written;
  }
  log(`Goes on after epoch ${epoch} of ${epochs}`);
  return E.right({ run: resumed.right, config: now });
};

/** The last epoch of the run that the report in a folder shows; null where there is none, or an older one. */
async function reportedEpoch(folder: string, files: Files): Promise<number | null> {
  const page = await files.read(`${folder}/${REPORT_FILE}`)();
  return E.isLeft(page) ? null : epochOfReport(new TextDecoder().decode(page.right));
}

const listOf = (value: unknown): readonly unknown[] => Array.isArray(value) ? value : [];

/** A part of a configuration, without the schedule that Sparrow 0.1 kept in the settings. */
function identityOf(config: Config, key: typeof identity[number]): unknown {
  if (key !== "settings") return config[key];
  const { schedule: _, ...settings } = config.settings as Config;
  return settings;
}

/** The error of the first part of a configuration that differs from the saved one, if any. */
function otherwise(before: Config, now: Config, folder: string) {
  const text = (value: unknown) => typeof value === "string" ? value : JSON.stringify(value);
  for (const key of identity) {
    if (text(identityOf(before, key)) === text(identityOf(now, key))) continue;
    const expected = `a folder whose ${CONFIG_FILE} has the ${key} ${text(now[key])}`;
    return invalidOption("--resume", `${folder} (${text(before[key])})`, expected);
  }
  const hashes = (config: Config) => text((config.dataset as Config | undefined)?.sha256);
  return hashes(before) === hashes(now) ? null : invalidOption(
    "--data",
    (now.dataset as Config | undefined)?.source,
    `the files that ${folder}/${CONFIG_FILE} has the hashes of`,
  );
}

/** The names of temporary files, as `Files.write` and `hasRoom` give them. */
const TEMPORARY = /(\.[0-9a-f]{4,8}|^room)\.tmp$/;

/** Removes the temporary files that a process leaves which is killed while it writes. */
async function removeUnfinished(folder: string, files: Files): Promise<void> {
  const names = await files.list(folder)();
  const inside = E.isRight(names) ? names.right.filter((name) => !name.includes(".")) : [];
  for (const place of [folder, ...inside.map((name) => `${folder}/${name}`)]) {
    const found = await files.list(place)();
    // What is a file has no names in it, and one that cannot be removed does no harm.
    for (const name of E.isRight(found) ? found.right : []) {
      if (TEMPORARY.test(name)) await files.remove(`${place}/${name}`)();
    }
  }
}

/** Reads the configuration in a folder; `CorruptFile` where it is no JSON object. */
const savedConfig = (folder: string, files: Files): TE.TaskEither<SparrowError, Config> =>
  pipe(
    files.read(`${folder}/${CONFIG_FILE}`),
    TE.chainEitherKW((bytes): E.Either<SparrowError, Config> => {
      const config = parseJson(new TextDecoder().decode(bytes));
      if (isRecord(config)) return E.right(config);
      const file = `${folder}/${CONFIG_FILE}`;
      return E.left({ _tag: "CorruptFile", file, reason: "expected a JSON object" });
    }),
  );

/** Options that say how a program is run, not what it computes: they are never taken from before. */
const ofThisTime = ["help", "quiet", "debug", "profile", "dashboard", "resume", "on-gpu-loss"];

/** Options that may differ from the saved ones. */
const free = [...ofThisTime, "threads", "data", "backend", "epochs"];

/**
 * Completes the options of a run that goes on with the saved ones.
 *
 * @param given Every option, defaults included.
 * @param args The command line: an option that is not on it has the saved value.
 * @returns The options; `InvalidOption` for one that contradicts those of before, and for fewer epochs.
 */
function resumedOptions(
  given: Config,
  args: readonly string[],
  folder: string,
  before: Config,
): E.Either<SparrowError, Config> {
  const place = `${folder}/${CONFIG_FILE}`;
  const saved = before.options as Config | undefined;
  if (typeof saved !== "object" || saved === null) {
    return E.left({ _tag: "CorruptFile", file: place, reason: "expected options" });
  }
  const isGiven = (name: string) =>
    args.some((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`));
  const options: Record<string, unknown> = { ...given };
  for (const name of Object.keys(given)) {
    if (ofThisTime.includes(name) || !Object.hasOwn(saved, name)) continue;
    if (!isGiven(name)) options[name] = saved[name];
    else if (!free.includes(name) && given[name] !== saved[name]) {
      return E.left(invalidOption(
        `--${name}`,
        given[name],
        `${saved[name] ?? "nothing"}, as in ${place}: a run goes on as it was begun`,
      ));
    }
  }
  const [epochs, begun] = [Number(options.epochs), Number(saved.epochs)];
  if (epochs < begun) {
    return E.left(invalidOption("--epochs", epochs, `at least ${begun}, as in ${place}`));
  }
  // A run of Sparrow 0.1, whose batch size was not an option.
  const { batchSize } = (before.settings ?? {}) as Config;
  if (!Object.hasOwn(saved, "batch") && !isGiven("batch")) options.batch = batchSize ?? null;
  // "auto" might find another backend today.
  const { name } = (before.backend ?? {}) as Config;
  if (!isGiven("backend") && typeof name === "string") options.backend = name;
  return E.right(options);
}

/** The options as they are, or completed with those of the run that `--resume` names. */
const resumed = <F extends Flags>(
  options: TrainingOptions<F>,
  args: readonly string[],
): TE.TaskEither<SparrowError, TrainingOptions<F>> => {
  const { resume } = options as Options<typeof trainingFlags>;
  return resume === null ? TE.right(options) : pipe(
    savedConfig(resume, denoFiles),
    TE.chainEitherK((before) => resumedOptions(options, args, resume, before)),
    TE.map((complete) => complete as TrainingOptions<F>),
  );
};
