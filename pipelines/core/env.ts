/**
 * What is effectful about a run, as a record that a stage is given.
 *
 * @module
 */
import type { Backend } from "../../ops/backend.ts";
import { denoFiles, type Files } from "../files/files.ts";
import type { Run } from "./run.ts";

// Turns of the event loop within long synchronous work, so that signals and timers get through.

/** Milliseconds of work between two turns: a turn costs about one. */
const INTERVAL = 80;

const last = new WeakMap<AbortSignal, number>();

/** The part of an environment that long work needs to be interrupted: a signal and a clock. */
export type Waiting = Pick<Env, "signal" | "now">;

/** Work that nobody interrupts. */
export const uninterrupted: Waiting = {
  signal: new AbortController().signal,
  now: () => performance.now(),
};

/** Lets the event loop turn if it has not for a while. */
export async function breathe({ signal, now }: Waiting): Promise<void> {
  const time = now();
  if (time - (last.get(signal) ?? -Infinity) < INTERVAL) return;
  await new Promise((resolve) => setTimeout(resolve, 0));
  last.set(signal, now());
}

/** How far the training is, for a person who waits. */
export interface TrainingProgress {
  /** Counted from 1. */
  readonly epoch: number;
  /** Steps of this epoch that are done. */
  readonly done: number;
  /** Steps of an epoch. */
  readonly total: number;
  /** The mean over the epoch so far. */
  readonly loss: number;
  /** Of training, over the epoch so far. */
  readonly samplesPerSecond: number;
}

/** Where progress is shown. */
export interface Progress {
  /** Shows how far it is; called often. */
  readonly update: (progress: TrainingProgress) => void;
  /** Takes the bar away, before something else is printed. */
  readonly clear: () => void;
}

/** What can be said of a program once its data is there. */
export interface RunDescription {
  /** The dataset's name. */
  readonly dataset: string;
  /** What a reader must know before any number; nothing. */
  readonly notice: string | null;
  /** Options, seed, backend, versions. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** Who looks on while a program runs: a dashboard. */
export interface Observer {
  /** Is told once, before training. */
  readonly about: (about: RunDescription) => void;
  /** Is shown the run after every stage; its tensors may be freed as soon as this returns. */
  readonly run: (run: Run) => void;
}

/** The environment of a run. */
export interface Env {
  /** Where tensors live. */
  readonly backend: Backend;
  /** Milliseconds that only grow. */
  readonly now: () => number;
  /** Where results are written. */
  readonly files: Files;
  /** Where progress is shown. */
  readonly progress: Progress;
  /** Training stops at the next step once it is aborted. */
  readonly signal: AbortSignal;
  /** One line for a person. */
  readonly log: (line: string) => void;
  /** Who looks on; no one. */
  readonly observer?: Observer;
}

/** An environment that says nothing and is never interrupted: for tests, and where nobody waits. */
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
  /** Prints nothing; false. */
  readonly quiet?: boolean;
  /** Training stops at the next step once it is aborted; one that never is. */
  readonly signal?: AbortSignal;
  /** Where progress is shown; nowhere. */
  readonly progress?: Progress;
}

/**
 * An environment whose lines are printed to the console: for programs that a person looks at.
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
  const { quiet = false, signal = silent.signal, progress = silent.progress } = options;
  return { ...silent, signal, progress, log: quiet ? silent.log : (line) => console.log(line) };
}
