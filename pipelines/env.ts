/**
 * What is effectful about a run, as a record that a stage is given.
 *
 * @module
 */
import type { Backend } from "../ops/backend.ts";
import { denoFiles, type Files } from "./files.ts";
import type { Run } from "./run.ts";

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

/** An environment that says nothing and is never interrupted: for programs and tests. */
export const quietEnv = (backend: Backend): Env => ({
  backend,
  now: () => performance.now(),
  files: denoFiles,
  progress: { update: () => {}, clear: () => {} },
  signal: new AbortController().signal,
  log: () => {},
});
