/**
 * Configuration of a run, as `config.json` keeps it: all that is needed to run it again.
 *
 * @module
 */
import { invalidOption, type SparrowError } from "../../graph/error.ts";
import { pipe, TE } from "../../graph/fp_ts.ts";
import type { Nodes } from "../../graph/node.ts";
import { show } from "../../graph/show.ts";
import type { Loss } from "../../ops/losses/loss.ts";
import type { Optimiser } from "../../ops/optimisers/transform.ts";
import { tf } from "../../ops/tfjs.ts";
import type { Dataset, Normalisation } from "../data/dataset.ts";
import type { Files } from "../files/files.ts";
import type { Env } from "./env.ts";
import { type Stage, stage } from "./stage.ts";
import { VERSION } from "./version.ts";

/** The name of the configuration in the output folder. */
export const CONFIG_FILE = "config.json";

/** The parts of a configuration. */
export interface ConfigParts {
  /** The pipeline's name: "mnist_kwta". */
  readonly pipeline: string;
  /** Every option of the command line, defaults included. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Settings that are not options. @default {} */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Graph as it was declared. */
  readonly graph: Nodes;
  /** Loss, whose name and options are kept; null where none is minimised. */
  readonly loss: Loss | null;
  /** Optimiser, whose name, options and schedule are kept; null where nothing is trained by gradients. */
  readonly optimiser: Optimiser | null;
  /** Dataset, whose name, source, hashes and notice are kept. */
  readonly dataset: Dataset;
}

/** The configuration as a JSON value. */
export const configOf = (
  parts: ConfigParts,
  { backend }: Env,
): Readonly<Record<string, unknown>> => ({
  pipeline: parts.pipeline,
  graph: show(parts.graph),
  options: parts.options,
  settings: parts.settings ?? {},
  loss: parts.loss && { name: parts.loss.name, ...parts.loss.options },
  optimiser: parts.optimiser && { name: parts.optimiser.name, ...parts.optimiser.options },
  dataset: {
    name: parts.dataset.name,
    source: parts.dataset.source,
    train: parts.dataset.train.count,
    ...(parts.dataset.validation === null ? {} : { validation: parts.dataset.validation.count }),
    test: parts.dataset.test.count,
    normalisation: shortened(parts.dataset.train.normalisation),
    sha256: parts.dataset.sha256,
    ...(parts.dataset.notice === null ? {} : { notice: parts.dataset.notice }),
  },
  backend: { name: backend.name, adapter: backend.adapter },
  versions: {
    sparrow: VERSION,
    deno: Deno.version.deno,
    v8: Deno.version.v8,
    tfjs: tf.version_core,
  },
  platform: { os: Deno.build.os, arch: Deno.build.arch },
});

/** The most channels whose means are listed: of thousands of features they are in the model's file. */
const MOST_LISTED = 16;

const shortened = (normalisation: Normalisation) => {
  const { length } = normalisation.mean;
  return length <= MOST_LISTED ? normalisation : { features: length };
};

/**
 * Writes `config.json` to a folder that holds none yet: results are never overwritten.
 *
 * @param option Name by which the user gave the folder, for the error.
 * @returns Nothing; `InvalidOption` where the folder holds a run, `FileUnavailable` where it cannot
 * be written to.
 */
export const beginFolder = (
  folder: string,
  config: Readonly<Record<string, unknown>>,
  files: Files,
  option = "--out",
): TE.TaskEither<SparrowError, void> =>
  pipe(
    files.exists(`${folder}/${CONFIG_FILE}`),
    TE.chainW((taken): TE.TaskEither<SparrowError, void> =>
      taken
        ? TE.left(invalidOption(option, folder, "a folder that does not hold a run yet"))
        : replaceConfig(folder, config, files)
    ),
  );

/** Writes `config.json` to a folder, in place of the one before. */
export const replaceConfig = (
  folder: string,
  config: Readonly<Record<string, unknown>>,
  files: Files,
): TE.TaskEither<SparrowError, void> =>
  files.write(`${folder}/${CONFIG_FILE}`, JSON.stringify(config, null, 2) + "\n");

/** Options of {@linkcode writeConfig}: facts that the run itself does not hold. */
export interface WriteConfigOptions {
  /** The pipeline's name: "my_pipeline". */
  readonly pipeline: string;
  /** The dataset, whose name, source, counts and hashes are kept. */
  readonly dataset: Dataset;
  /** The loss, whose name and options are kept. @default none */
  readonly loss?: Loss;
  /**
   * Options of this run, as JSON values. `compare.ts` takes runs that differ in `seed` alone for repetitions of one
   * experiment.
   *
   * @default {}
   */
  readonly options?: Readonly<Record<string, unknown>>;
}

/**
 * Writes `config.json` to a folder: the graph, the optimiser with its schedule, the loss, the dataset, the
 * options, the backend and the versions. With what `save` writes there, the folder is one that `compare.ts`
 * reads. The stage comes before the training.
 *
 * Errors: `InvalidOption` where the run has no epoch yet and the folder holds a configuration, because results
 * are never overwritten; `FileUnavailable`.
 *
 * @param folder Output folder of the run.
 * @param options Options, as {@linkcode WriteConfigOptions} describes them.
 *
 * @example
 * ```ts
 * import { writeConfig } from "./config.ts";
 * import { loadStrokes } from "../data/strokes.ts";
 * import { quietEnv } from "./env.ts";
 * import { createRun, dispose } from "./run.ts";
 * import { pipeline } from "./stage.ts";
 * import { save } from "../stages/save.ts";
 * import { train } from "../stages/train.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { graph } from "../../graph/parse.ts";
 * import { startBackend } from "../../ops/backend.ts";
 * import { supConLoss } from "../../ops/losses/contrastive.ts";
 * import { adam } from "../../ops/optimisers/adam.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const dataset = await orThrow(loadStrokes({ seed: 1, train: 60, test: 10 }));
 * const { train: data } = dataset;
 * const loss = supConLoss();
 * const env = quietEnv(await orThrow(startBackend("cpu")));
 * const encoder = graph`linear(784, 32) ▷ kwta(0.25)`;
 * const run = orThrow(createRun({ graph: encoder, optimiser: adam(), seed: 1 }));
 * const folder = await Deno.makeTempDir();
 * const experiment = pipeline(
 *   writeConfig(folder, { pipeline: "mine", dataset, loss, options: { seed: 1 } }),
 *   train({ data, loss }),
 *   save(folder, dataset),
 * );
 * dispose(await orThrow(experiment(run)(env)));
 * const { pipeline: name, optimiser } = JSON.parse(await Deno.readTextFile(`${folder}/config.json`));
 * assertEquals([name, optimiser.name], ["mine", "adam"]);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export const writeConfig = (
  folder: string,
  { loss, options = {}, ...named }: WriteConfigOptions,
): Stage =>
  stage((run, env) => {
    const { graph, optimiser } = run;
    const config = configOf({ ...named, graph, optimiser, loss: loss ?? null, options }, env);
    const written = run.epoch === 0
      ? beginFolder(folder, config, env.files, "folder")
      : replaceConfig(folder, config, env.files);
    return pipe(written, TE.map(() => run))();
  });
