/**
 * The environment of a run: the effects that a stage is given as a record (backend, clock, files, progress, log,
 * signal, observer), and the turns of the event loop in which signals get through.
 *
 * @module
 */
import type { Backend } from "../../ops/backend.ts";
import { denoFiles, type Files } from "../files/files.ts";
import { print, printError } from "./print.ts";
import type { Run } from "./run.ts";

/** The progress of a training. */
export interface TrainingProgress {
  /** Number of the epoch, counted from 1. */
  readonly epoch: number;
  /** Steps of this epoch that are done. */
  readonly done: number;
  /** Steps of an epoch. */
  readonly total: number;
  /** Mean loss over the epoch so far. */
  readonly loss: number;
  /** Speed of training over the epoch so far. */
  readonly samplesPerSecond: number;
}

/** A display of progress. */
export interface Progress {
  /** Shows the progress; called often. */
  readonly update: (progress: TrainingProgress) => void;
  /** Removes the display, before something else is printed. */
  readonly clear: () => void;
}

/** The description of a program's run, known once its data is there. */
export interface RunDescription {
  /** Name of the dataset. */
  readonly dataset: string;
  /** Remark that a reader must know before any number; null for none. */
  readonly notice: string | null;
  /** Options, seed, backend, versions. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Number of epochs of the training, where it follows the data. @default as was known before */
  readonly epochs?: number;
}

/** An observer of a running program, such as a dashboard. */
export interface Observer {
  /** Called once, before training. */
  readonly about: (about: RunDescription) => void;
  /** Called with the run after every stage; its tensors may be freed as soon as this returns. */
  readonly run: (run: Run) => void;
}

/** The environment of a run. */
export interface Env {
  /** Backend that holds the tensors. */
  readonly backend: Backend;
  /** Monotonic clock, in milliseconds. */
  readonly now: () => number;
  /** File system that results are written to. */
  readonly files: Files;
  /** Display of progress. */
  readonly progress: Progress;
  /** Signal at which training stops, before the next step. */
  readonly signal: AbortSignal;
  /** Prints one line for a person. */
  readonly log: (line: string) => void;
  /** Prints one line for someone who looks for the reason of something. @default nothing is printed */
  readonly debug?: (line: string) => void;
  /** Observer called after every stage. @default none */
  readonly observer?: Observer;
}

/**
 * Makes an environment that prints nothing and is never interrupted, for tests and unattended programs.
 *
 * @param backend Backend that `startBackend` returned.
 */
export const quietEnv = (backend: Backend): Env => ({
  backend,
  now: () => performance.now(),
  files: denoFiles,
  progress: { update: () => {}, clear: () => {} },
  signal: new AbortController().signal,
  log: () => {},
});

/** Options of {@linkcode consoleEnv}. */
export interface ConsoleEnvOptions {
  /** Whether nothing is printed. @default {false} */
  readonly quiet?: boolean;
  /** Whether the reasons of what is done are printed too. @default {false} */
  readonly debug?: boolean;
  /** Signal at which training stops, before the next step. @default it is never interrupted */
  readonly signal?: AbortSignal;
  /** Display of progress. @default none */
  readonly progress?: Progress;
}

/**
 * Makes an environment that prints its lines to the console: for programs that a person watches.
 *
 * @param backend Backend that `startBackend` returned.
 * @param options Options, as {@linkcode ConsoleEnvOptions} describes them.
 *
 * @example At Ctrl-C what runs ends with `Interrupted`.
 * ```ts
 * import { consoleEnv } from "./env.ts";
 * import { tap } from "./stage.ts";
 * import { createRun, dispose } from "./run.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { graph } from "../../graph/parse.ts";
 * import { startBackend } from "../../ops/backend.ts";
 *
 * const backend = await orThrow(startBackend("cpu"));
 * const run = orThrow(createRun({ graph: graph`linear(4, 2)` }));
 * const stop = new AbortController();
 * const interrupt = () => stop.abort();
 * Deno.addSignalListener("SIGINT", interrupt);
 * const tell = tap(({ epoch }, { log }) => log(`${epoch} epochs are done`));
 * const done = await tell(run)(consoleEnv(backend, { signal: stop.signal }))();
 * Deno.removeSignalListener("SIGINT", interrupt);
 * if (E.isRight(done)) dispose(done.right);
 * ```
 */
export function consoleEnv(backend: Backend, options: ConsoleEnvOptions = {}): Env {
  const silent = quietEnv(backend);
  const { quiet = false, debug = false, signal = silent.signal, progress = silent.progress } =
    options;
  return {
    ...silent,
    signal,
    progress,
    log: quiet ? silent.log : print,
    ...(debug ? { debug: printError } : {}),
  };
}

// ---- Turns of the event loop

/** Milliseconds of work between two turns of the event loop: a turn costs about one. */
const INTERVAL = 80;

/** Time of the last turn, by the signal of the work. */
const last = new WeakMap<AbortSignal, number>();

/** The part of an environment that long work needs to be interrupted: a signal and a clock. */
export type Waiting = Pick<Env, "signal" | "now">;

/** The environment of work that nobody interrupts. */
export const uninterrupted: Waiting = {
  signal: new AbortController().signal,
  now: () => performance.now(),
};

/** Lets the event loop turn if it has not for a while, so that signals and timers get through. */
export async function breathe({ signal, now }: Waiting): Promise<void> {
  const time = now();
  if (time - (last.get(signal) ?? -Infinity) < INTERVAL) return;
  await new Promise((resolve) => setTimeout(resolve, 0));
  last.set(signal, now());
}
