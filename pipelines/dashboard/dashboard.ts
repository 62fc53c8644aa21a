/**
 * The dashboard: a page on this machine that shows a run as it goes on.
 *
 * @module
 */
import { E, type TE } from "../../graph/fp_ts.ts";
import { describe, type InvalidOption, type SparrowError } from "../../graph/error.ts";
import type { Env, Observer } from "../env.ts";
import { createBroadcast } from "./broadcast.ts";
import { serve } from "./serve.ts";
import { DASHBOARD_PORT } from "./port.ts";
import { nothingSeen, type Seen, statusOf } from "./status.ts";
import {
  type Known,
  nothing,
  type RunEnd,
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
  /** What the page is called: the pipeline's name. */
  readonly title: string;
  /** To listen on at 127.0.0.1, 0 for any that is free; 7377. */
  readonly port?: number;
  /** How many epochs there will be; null where nobody knows. */
  readonly epochs?: number | null;
}

/** A dashboard that is served. */
export interface Dashboard {
  /** Where the page is: "http://127.0.0.1:7377/". */
  readonly url: string;
  /** The environment, with the dashboard looking on. */
  readonly watch: (env: Env) => Env;
  /** Tells the pages how it ended, and stops serving; half a second at most. */
  readonly close: (end: RunEnd) => Promise<void>;
}

/**
 * Serves a page that shows a run as it goes on: the figures of the report, the epoch, the time that is
 * left, samples per second, backend and memory. It draws in the browser; what it costs the training is a
 * message of half a kilobyte four times a second and page, and none without a page. Any number of pages
 * may come and go, each gets the whole history. Other machines, and pages of other sites, are refused.
 *
 * It does not keep the process alive.
 *
 * @returns The dashboard; `InvalidOption` where the port is taken, or Deno's permissions forbid it.
 *
 * @example
 * ```ts
 * import { startDashboard } from "./dashboard.ts";
 * import { quietEnv } from "../env.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { startBackend } from "../../ops/backend.ts";
 * import { assertStringIncludes } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const backend = await startBackend("cpu")();
 * const dashboard = await startDashboard({ title: "mine", port: 0, epochs: 3 })();
 * if (E.isLeft(backend) || E.isLeft(dashboard)) throw new Error("no start");
 * const { url, watch, close } = dashboard.right;
 * const env = watch(quietEnv(backend.right));
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
    about: (about) => change({ trainingFrom: trainingFrom() }, { about }),
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
            change({ progress, trainingFrom: trainingFrom() });
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

/** How a program's result reads as an end. */
export const endOf = (result: E.Either<SparrowError, readonly string[]>): RunEnd =>
  E.isRight(result) ? { how: "finished", lines: result.right } : {
    how: result.left._tag === "Interrupted" ? "interrupted" : "failed",
    lines: [describe(result.left)],
  };

const encoder = new TextEncoder();
