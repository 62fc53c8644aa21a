/**
 * Estimates in a worker, which a signal ends at once.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import type { SparrowError } from "../../graph/error.ts";
import type { Task, Timed } from "./direct.ts";

/** Makes an estimate; `Interrupted` after the signal. */
export type Estimating = (task: Task) => Promise<E.Either<SparrowError, Timed>>;

/** A worker that makes estimates, one at a time. */
export interface EstimateWorker {
  /** Rejects where the estimator throws. */
  readonly estimate: Estimating;
  /** Ends it. */
  readonly close: () => void;
}

const interrupted = E.left<SparrowError>({ _tag: "Interrupted", epoch: 1, step: 0 });

/** Starts the worker. */
export function startWorker(signal: AbortSignal): EstimateWorker {
  const worker = new Worker(new URL("./estimate_worker.ts", import.meta.url), { type: "module" });
  return {
    estimate: (task) =>
      new Promise((resolve, reject) => {
        const stop = () => {
          worker.terminate();
          resolve(interrupted);
        };
        if (signal.aborted) return stop();
        signal.addEventListener("abort", stop, { once: true });
        worker.onmessage = ({ data }: MessageEvent<Timed>) => {
          signal.removeEventListener("abort", stop);
          resolve(E.right(data));
        };
        worker.onerror = (event) => {
          event.preventDefault();
          signal.removeEventListener("abort", stop);
          reject(new Error(event.message));
        };
        worker.postMessage(task);
      }),
    close: () => worker.terminate(),
  };
}
