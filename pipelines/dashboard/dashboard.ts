/**
 * The dashboard: a page on this machine that shows a run as it goes on.
 *
 * @module
 */
import { describe, type InvalidOption, type SparrowError } from "../../graph/error.ts";
import { E, type TE } from "../../graph/fp_ts.ts";
import type { Graph } from "../../graph/node.ts";
import { show } from "../../graph/show.ts";
import type { Backend } from "../../ops/backend.ts";
import { tf } from "../../ops/tfjs.ts";
import { secondsLeft } from "../cli/text.ts";
import type { Env, Observer, TrainingProgress } from "../core/env.ts";
import { serve } from "./serve.ts";
import {
  DASHBOARD_PORT,
  type Known,
  nothing,
  type RunEnd,
  type Status,
  unknown,
  updateSince,
  withFindings,
  withHistory,
  withModel,
} from "./update.ts";

/** Milliseconds that a slow page is waited for at the end. */
const PATIENCE = 500;

/** Options of {@linkcode startDashboard}. */
export interface DashboardOptions {
  /** Title of the page: the pipeline's name. */
  readonly title: string;
  /** Port to listen on at 127.0.0.1, 0 for any that is free. @default {7377} */
  readonly port?: number;
  /** Number of epochs of the training. @default not known */
  readonly epochs?: number | null;
}

/** A dashboard that is served. */
export interface Dashboard {
  /** Address of the page: "http://127.0.0.1:7377/". */
  readonly url: string;
  /** Returns the environment, with the dashboard as an observer. */
  readonly watch: (env: Env) => Env;
  /** Shows on the pages how the program ended, and stops serving; it takes half a second at most. */
  readonly close: (end: RunEnd) => Promise<void>;
}

/**
 * Serves a page that shows a run as it goes on: the figures of the report, the epoch, the time that is
 * left, samples per second, backend and memory. It draws in the browser; it costs the training a message of
 * half a kilobyte four times a second and page, and none without a page. Any number of pages
 * may come and go, each gets the whole history. Other machines, and pages of other sites, are refused.
 *
 * It does not keep the process alive.
 *
 * @param options Options, as {@linkcode DashboardOptions} describes them.
 * @returns The dashboard; `InvalidOption` where the port is taken, or Deno's permissions forbid it.
 *
 * @example
 * ```ts
 * import { startDashboard } from "./dashboard.ts";
 * import { quietEnv } from "../core/env.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { startBackend } from "../../ops/backend.ts";
 * import { assertStringIncludes } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const backend = await orThrow(startBackend("cpu"));
 * const dashboard = await orThrow(startDashboard({ title: "mine", port: 0, epochs: 3 }));
 * const { url, watch, close } = dashboard;
 * const env = watch(quietEnv(backend));
 * // … stages are run in env …
 * env.progress.update({ epoch: 1, done: 1, total: 9, loss: 0.5, samplesPerSecond: 100 });
 * assertStringIncludes(await (await fetch(url)).text(), "<h1>mine</h1>");
 * await close({ how: "finished", lines: ["Test accuracy 0.9"] });
 * ```
 */
export const startDashboard = (
  { title, port = DASHBOARD_PORT, epochs = null }: DashboardOptions,
): TE.TaskEither<InvalidOption, Dashboard> =>
async () => {
  const broadcast = createBroadcast();
  let known: Known = unknown;
  let seen: Seen = nothingSeen(epochs);

  const change = (next: Partial<Seen>, facts: Partial<Known> = {}) => {
    seen = { ...seen, ...next };
    known = { ...known, ...facts };
    broadcast.changed();
  };
  const reader = () => {
    let told = nothing;
    return broadcast.reader(() => {
      const [update, cursor] = updateSince(known, statusOf(seen), told);
      told = cursor;
      return encoder.encode(`data: ${JSON.stringify(update)}\n\n`);
    });
  };
  const all = () => updateSince(known, statusOf(seen), nothing)[0];
  const served = await serve(port, title, all, reader);
  if (E.isLeft(served)) return served;
  const { url, stop } = served.right;

  const trainingFrom = () => seen.trainingFrom ?? performance.now();
  const observer: Observer = {
    about: (about) =>
      change({ trainingFrom: trainingFrom(), epochs: about.epochs ?? seen.epochs }, { about }),
    run: (run) => {
      const { graph, history, findings } = run;
      const next = withModel(withFindings(withHistory(known, history), findings), run);
      // How far the last run was says nothing of a new one.
      const progress = next.run === known.run ? seen.progress : null;
      change({ graph, progress }, next);
    },
  };
  return E.right({
    url,
    watch: (env) => {
      change({ backend: env.backend });
      return {
        ...env,
        observer: {
          about: (about) => {
            env.observer?.about(about);
            observer.about(about);
          },
          run: (run) => {
            env.observer?.run(run);
            observer.run(run);
          },
        },
        log: (line) => {
          env.log(line);
          change({ said: line });
        },
        progress: {
          ...env.progress,
          update: (progress) => {
            env.progress.update(progress);
            const from = seen.from ?? progress.epoch - 1;
            change({ progress, trainingFrom: trainingFrom(), from });
          },
        },
      };
    },
    close: async (end) => {
      change({}, { end });
      broadcast.close();
      await stop(PATIENCE);
    },
  });
};

/** Makes the end of a program of its result. */
export const endOf = (result: E.Either<SparrowError, readonly string[]>): RunEnd =>
  E.isRight(result) ? { how: "finished", lines: result.right } : {
    how: result.left._tag === "Interrupted" ? "interrupted" : "failed",
    lines: [describe(result.left)],
  };

const encoder = new TextEncoder();

// ---- Status

/** The observations of a training so far, of which its status is made when a page asks. */
export interface Seen {
  /** Time at which the program began, by `performance.now()`. */
  readonly begun: number;
  /** Time at which the training began; null before. */
  readonly trainingFrom: number | null;
  /** Epochs that were done at that time, of a training that goes on; null before the first progress. */
  readonly from: number | null;
  /** Number of epochs of the training; null where it is unknown. */
  readonly epochs: number | null;
  /** Backend; null before it is started. */
  readonly backend: Backend | null;
  /** Graph; null before there is one. */
  readonly graph: Graph | null;
  /** Newest progress; null before the first. */
  readonly progress: TrainingProgress | null;
  /** Newest line; null before the first. */
  readonly said: string | null;
}

/** Makes the observations of a program that begins now. */
export const nothingSeen = (epochs: number | null): Seen => ({
  begun: performance.now(),
  trainingFrom: null,
  from: null,
  epochs,
  backend: null,
  graph: null,
  progress: null,
  said: null,
});

/** Texts of graphs, cached because the same one is needed four times a second. */
const shown = new WeakMap<Graph, string>();

function textOf(graph: Graph): string {
  const text = shown.get(graph) ?? show(graph);
  shown.set(graph, text);
  return text;
}

/** Makes the status at this moment. */
export function statusOf(
  { begun, trainingFrom, from, epochs, backend, graph, progress, said }: Seen,
): Status {
  const now = performance.now();
  const trained = trainingFrom === null ? 0 : (now - trainingFrom) / 1000;
  const left = progress === null || epochs === null || trained < 1
    ? Infinity
    : secondsLeft(progress, epochs, trained, from ?? 0);
  // tfjs would start a backend of its own if it was asked before there is one.
  const tensors = backend === null ? null : tf.memory();
  return {
    seconds: (now - begun) / 1000,
    epoch: progress?.epoch ?? 0,
    epochs,
    part: progress === null ? 0 : progress.done / progress.total,
    secondsLeft: Number.isFinite(left) ? Math.max(0, left) : null,
    loss: progress?.loss ?? null,
    samplesPerSecond: progress?.samplesPerSecond ?? null,
    backend: backend === null ? null : backend.adapter ?? backend.name,
    memory: Deno.memoryUsage().rss,
    tensors: { bytes: tensors?.numBytes ?? 0, count: tensors?.numTensors ?? 0 },
    graph: graph === null ? null : textOf(graph),
    said,
  };
}

// ---- Broadcast

/** Milliseconds between two messages. */
const INTERVAL = 250;

/** Milliseconds after which there is a message in any case, with the time that has passed. */
const BEAT = 2000;

/** The most readers at once. */
const MOST_READERS = 64;

/** One source of news for many readers, of whom none can hold up the others or the source. */
export interface Broadcast {
  /**
   * Makes a stream that begins at once; null where there are too many readers.
   *
   * @param next Makes the next message of this reader. It is called when the reader has taken the one
   * before, so that messages do not pile up for a slow reader.
   */
  readonly reader: (next: () => Uint8Array) => ReadableStream<Uint8Array> | null;
  /** Announces news: readers get theirs within a quarter of a second. It costs nothing without a reader. */
  readonly changed: () => void;
  /** Ends all streams with the last news. */
  readonly close: () => void;
}

/** Makes a broadcast without a reader. Its timers do not keep the process alive. */
export function createBroadcast(): Broadcast {
  // A reader that has seen as many editions as there are waits for the next one.
  let edition = 0;
  let closed = false;
  let issued = -Infinity;
  let timer: ReturnType<typeof setTimeout> | null = null;
  let due = Infinity;
  const waiting = new Set<() => void>();
  const readers = new Set<symbol>();

  const issue = () => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    due = Infinity;
    edition++;
    issued = performance.now();
    const woken = [...waiting];
    waiting.clear();
    for (const wake of woken) wake();
    if (!closed && readers.size > 0) issueAt(issued + BEAT);
  };
  const issueAt = (time: number) => {
    if (time >= due) return;
    if (timer !== null) clearTimeout(timer);
    due = time;
    timer = setTimeout(issue, Math.max(0, time - performance.now()));
    Deno.unrefTimer(timer);
  };

  return {
    reader: (next) => {
      if (closed || readers.size >= MOST_READERS) return null;
      let seen = -1;
      let gone = false;
      const self = Symbol();
      readers.add(self);
      issueAt(performance.now() + BEAT);
      return new ReadableStream<Uint8Array>({
        pull: async (controller) => {
          while (seen === edition && !closed) {
            await new Promise<void>((wake) => waiting.add(wake));
          }
          if (gone) return;
          seen = edition;
          const last = closed;
          controller.enqueue(next());
          if (!last) return;
          controller.close();
          readers.delete(self);
        },
        cancel: () => {
          gone = true;
          readers.delete(self);
        },
      }, { highWaterMark: 0 });
    },
    changed: () => {
      if (!closed && readers.size > 0) issueAt(issued + INTERVAL);
    },
    close: () => {
      closed = true;
      issue();
    },
  };
}
