/**
 * A runnable pipeline on one dataset: what all of them do before the first epoch and after the last.
 *
 * @module
 */
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import type { GpuError, SparrowError } from "../../graph/error.ts";
import type { Nodes } from "../../graph/node.ts";
import type { Shape } from "../../graph/types.ts";
import type { Loss } from "../../ops/losses/loss.ts";
import type { Optimiser } from "../../ops/optimiser.ts";
import type { ObserveGradients } from "../../ops/train_step.ts";
import { startBackend } from "../../ops/backend.ts";
import { CHECKPOINTS, epochOfName } from "../checkpoint/folder.ts";
import { configOf } from "../config.ts";
import type { Dataset } from "../data/dataset.ts";
import { denoDataEnv } from "../data/environment.ts";
import { type DatasetName, loadImages } from "../data/images.ts";
import { newest } from "../history.ts";
import type { Env } from "../env.ts";
import { dispose, type Run } from "../run.ts";
import { pipeline, type Stage } from "../stage.ts";
import { report } from "../stages/report.ts";
import { MODEL_FILE } from "../stages/save.ts";
import { watchGradients } from "../stages/watch_gradients.ts";
import { beginRun, type Config, continueRun } from "./begin_run.ts";
import { type CommonFlags, launch } from "./launch.ts";
import type { Flags, Values } from "./options.ts";
import { duration } from "./progress_bar.ts";

/** What stages are made for. */
export interface Setting {
  /** What is trained on. */
  readonly dataset: Dataset;
  /** Where results go. */
  readonly folder: string;
  /** As many as `--epochs` says. */
  readonly epochs: number;
  /**
   * Around a stage that trains: measures its gradients where the user asks for it, or else adds nothing.
   *
   * @param body Is given an observer for `train`, or none.
   */
  readonly watch: (body: (observe?: ObserveGradients) => Stage) => Stage;
}

/** An experiment once its data is there. */
export interface Plan {
  /** What is trained. */
  readonly graph: Nodes;
  /** Of one sample; what the graph tells. */
  readonly input?: Shape;
  /** What is made small. */
  readonly loss: Loss;
  /** What the run begins with. */
  readonly optimiser: Optimiser;
  /** What a run after so many epochs is trained with, where it is not always the same. */
  readonly optimiserAt?: (epoch: number) => Optimiser;
  /** What else the configuration is to hold. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** The data as it is used, where that is not as it was loaded. */
  readonly dataset?: Dataset;
  /** All training and measuring. */
  readonly stages: (setting: Setting) => Stage;
}

/** A runnable pipeline. */
export interface Experiment<F extends Flags> {
  /** As in `pipelines/<name>.ts`. */
  readonly name: string;
  /** One or two sentences for the help. */
  readonly summary: string;
  /** The datasets that it can be run on. */
  readonly datasets: readonly DatasetName[];
  /** The flags besides the common ones; none. */
  readonly flags?: F;
  /** What to do with the data. */
  readonly plan: (
    dataset: Dataset,
    options: Values<F & CommonFlags>,
  ) => E.Either<SparrowError, Plan>;
  /** Epochs of all its trainings together, for the progress bar; as many as `--epochs` says. */
  readonly total?: (options: Values<F & CommonFlags>) => number;
  /** What to print of the finished run, before where its files are; the test accuracy. */
  readonly results?: (run: Run) => readonly string[];
}

/**
 * Runs an experiment as a program: reads the command line, loads the data, writes the configuration,
 * runs the stages, writes the report, says what came out, and exits.
 */
export function experiment<F extends Flags>(
  { name, summary, datasets, flags, plan, total, results = accuracyOf }: Experiment<F>,
): Promise<never> {
  return launch({
    name,
    summary,
    epochs: total as ((options: Values<CommonFlags>) => number) | undefined,
    flags: { ...experimentFlags(datasets), ...flags } as F & ReturnType<typeof experimentFlags>,
    run: async (options, env, folder) => {
      const begun = env.now();
      const { dataset: named, data, seed, epochs, gradients, resume, ...rest } = options as Values<
        CommonFlags & ReturnType<typeof experimentFlags>
      >;
      const choice = {
        dataset: (named ?? undefined) as DatasetName | undefined,
        data: data ?? undefined,
        seed,
      };
      const loaded = await loadImages(choice, denoDataEnv)();
      if (E.isLeft(loaded)) return loaded;
      if (loaded.right.notice !== null) env.log(loaded.right.notice);
      const planned = plan(loaded.right, options as Values<F & CommonFlags>);
      if (E.isLeft(planned)) return planned;
      const { graph, input, loss, optimiser, settings, dataset = loaded.right, stages } =
        planned.right;
      const { optimiserAt = () => optimiser } = planned.right;

      const parts = { pipeline: name, options, settings, graph, loss, optimiser, dataset };
      const startIn = (env: Env) => ({
        folder,
        config: configOf(parts, env),
        graph,
        input,
        seed,
        optimiserAt,
      });
      const ends = total?.(options as Values<F & CommonFlags>) ?? epochs;
      const whole = (config: Config) =>
        pipeline(
          stages({
            dataset,
            folder,
            epochs,
            watch: (body) => gradients ? watchGradients(body) : body(),
          }),
          report(folder, { title: name, dataset, config }),
        );
      const begin = (continues: boolean, env: Env) =>
        continues
          ? continueRun({ ...startIn(env), epochs: ends }, env)
          : beginRun(startIn(env), env);
      const attempt = (continues: boolean, env: Env): Promise<E.Either<SparrowError, Ended>> =>
        pipe(
          begin(continues, env),
          TE.chain(({ run, config }) => {
            env.observer?.about({ dataset: dataset.name, notice: dataset.notice, config });
            return run === null ? TE.right(null) : whole(config)(run)(env);
          }),
          TE.map((run) => ({ run, backend: env.backend })),
        )();
      const first = await attempt(resume !== null, env);
      const done = E.isLeft(first) && first.left._tag === "GpuError" &&
          rest["on-gpu-loss"] === "wasm"
        ? await onWasm(first.left, rest.threads, env, (next) => attempt(true, next))
        : first;
      if (E.isLeft(done) && done.left._tag !== "Interrupted" && await hasCheckpoint(folder, env)) {
        env.log(`The last finished epoch is kept. ${goOn(name, folder)}`);
      }
      return pipe(
        done,
        E.map(({ run: finished, backend }) => {
          if (finished === null) {
            return [`Nothing is left to do: ${folder} has all of ${ends} epochs`];
          }
          dispose(finished);
          const seconds = (env.now() - begun) / 1000;
          return [
            ...results(finished),
            `${finished.epoch} epoch${finished.epoch === 1 ? "" : "s"} on ${dataset.name}, in ${
              duration(seconds)
            } on ` +
            (backend.adapter ?? backend.name),
            `${folder}: model.safetensors, metrics.jsonl, config.json, report.html`,
          ];
        }),
      );
    },
    interrupted: async (folder) => {
      const model = `${folder}/${MODEL_FILE}`;
      const kept = await Deno.stat(model).then(() => true, () => false);
      return (kept
        ? `The model of the last finished epoch is ${model}`
        : "No epoch was finished, so no model was saved") +
        `. ${goOn(name, folder)}`;
    },
  });
}

/** A run that has ended well, null where nothing was left to do, and where. */
interface Ended {
  readonly run: Run | null;
  readonly backend: Env["backend"];
}

const goOn = (name: string, folder: string): string =>
  `Go on with: deno run -P pipelines/${name}.ts --resume ${folder}`;

async function hasCheckpoint(folder: string, { files }: Env): Promise<boolean> {
  const names = await files.list(`${folder}/${CHECKPOINTS}`)();
  return E.isRight(names) && names.right.some((name) => epochOfName(name) !== null);
}

/** Goes on without the GPU. */
async function onWasm(
  { reason }: GpuError,
  threads: number,
  env: Env,
  attempt: (env: Env) => Promise<E.Either<SparrowError, Ended>>,
): Promise<E.Either<SparrowError, Ended>> {
  const backend = await startBackend("wasm", { threads })();
  if (E.isLeft(backend)) return backend;
  env.progress.clear();
  env.log(`The GPU failed: ${reason}. Goes on with wasm from the last finished epoch`);
  return await attempt({ ...env, backend: backend.right });
}

const experimentFlags = (choices: readonly DatasetName[]) => ({
  dataset: {
    kind: "choice",
    help: "the images [mnist, or strokes where it is nowhere to be had]",
    choices,
    fallback: null,
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
} as const);

const accuracyOf = ({ history }: Run): readonly string[] => [
  `Test accuracy ${newest(history, "accuracy", "test")?.toFixed(4)}`,
];
