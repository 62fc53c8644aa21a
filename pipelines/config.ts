/**
 * The configuration of a run, as `config.json` keeps it: whatever it takes to run it again.
 *
 * @module
 */
import { pipe, TE } from "../graph/fp_ts.ts";
import { invalidOption, type SparrowError } from "../graph/error.ts";
import type { Nodes } from "../graph/node.ts";
import { show } from "../graph/show.ts";
import type { Loss } from "../ops/losses/loss.ts";
import type { Optimiser } from "../ops/optimiser.ts";
import { tf } from "../ops/tfjs.ts";
import type { Dataset } from "./data/dataset.ts";
import type { Env } from "./env.ts";
import type { Files } from "./files.ts";
import { VERSION } from "./version.ts";

/** The name of the configuration in the output folder. */
export const CONFIG_FILE = "config.json";

/** What a configuration is made of. */
export interface ConfigParts {
  /** The pipeline's name: "mnist_kwta". */
  readonly pipeline: string;
  /** Every option of the command line, defaults included. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Settings that are not options. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** As declared. */
  readonly graph: Nodes;
  /** With its settings. */
  readonly loss: Loss;
  /** Whose name, options and schedule are kept; null where nothing is trained by gradients. */
  readonly optimiser: Optimiser | null;
  /** Whose name, source and hashes are kept. */
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
  settings: parts.settings,
  loss: { name: parts.loss.name, ...parts.loss.options },
  optimiser: parts.optimiser && { name: parts.optimiser.name, ...parts.optimiser.options },
  dataset: {
    name: parts.dataset.name,
    source: parts.dataset.source,
    train: parts.dataset.train.count,
    ...(parts.dataset.validation === null ? {} : { validation: parts.dataset.validation.count }),
    test: parts.dataset.test.count,
    normalisation: parts.dataset.normalisation,
    sha256: parts.dataset.sha256,
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

/**
 * Writes `config.json` to a folder that holds none yet: results are never overwritten.
 *
 * @returns Nothing; `InvalidOption` where the folder holds a run, `FileUnavailable` where it cannot
 * be written to.
 */
export const beginFolder = (
  folder: string,
  config: Readonly<Record<string, unknown>>,
  files: Files,
): TE.TaskEither<SparrowError, void> =>
  pipe(
    files.exists(`${folder}/${CONFIG_FILE}`),
    TE.chainW((taken): TE.TaskEither<SparrowError, void> =>
      taken
        ? TE.left(invalidOption("--out", folder, "a folder that does not hold a run yet"))
        : writeConfig(folder, config, files)
    ),
  );

/** Writes `config.json` to a folder, in place of the one before. */
export const writeConfig = (
  folder: string,
  config: Readonly<Record<string, unknown>>,
  files: Files,
): TE.TaskEither<SparrowError, void> =>
  files.write(`${folder}/${CONFIG_FILE}`, JSON.stringify(config, null, 2) + "\n");
