/**
 * A calibration: jobs one after the other, estimates in a worker or by training, finished ones written at once.
 *
 * @module
 */
import { describe, type SparrowError } from "../../../graph/error.ts";
import { E } from "../../../graph/fp_ts.ts";
import {
  type NeuralBound,
  neuralInformation,
} from "../../../ops/information/neural_information.ts";
import type { Env } from "../../core/env.ts";
import { toCsv } from "../../report/csv.ts";
import { plusMinus } from "../../report/format.ts";
import { refuseResults, writeResults } from "../record.ts";
import { drawSamples, type Task, type Timed } from "./direct.ts";
import { type Setting, settingText } from "./laws.ts";
import { calibrationPage, PAGE_FILE } from "./page.ts";
import { estimatorsOf, isNeural, type Job, jobsOf, type Plan } from "./plan.ts";
import {
  type Conditions,
  RECORD_FILE,
  recordOf,
  type Result,
  TABLE_FILE,
  tableOf,
} from "./results.ts";

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

/** An estimate in bits, and its duration. */
export interface Trained {
  /** The bound on pairs that were held out, in bits. */
  readonly bits: number;
  /** Duration in seconds, without drawing the samples. */
  readonly seconds: number;
}

/**
 * Trains a critic on the samples of a repetition and takes its bound on the held-out ones.
 *
 * @param steps Number of training steps.
 * @returns The estimate, or the errors of `neuralInformation`.
 */
async function estimateNeurally(
  { setting, repetition, estimator }: Task & { readonly estimator: NeuralBound },
  steps: number,
  { now, signal, backend: { fault } }: Env,
): Promise<E.Either<SparrowError, Trained>> {
  const { kind, data, rng } = drawSamples(setting, repetition);
  const samples = kind === "pairs" ? data : { x: data.x, labels: data.labels };
  const begun = now();
  const found = await neuralInformation(
    { ...samples, bound: estimator, steps, signal, fault },
    rng,
  )();
  return E.map(({ bits }: { readonly bits: number }) => ({
    bits,
    seconds: (now() - begun) / 1000,
  }))(found);
}

/** Options of {@linkcode calibrate}. */
export interface Calibration {
  /** The settings, estimators and repetitions. */
  readonly plan: Plan;
  /** Circumstances for the record and the page. */
  readonly circumstances: Conditions;
  /** A folder that holds no calibration yet. */
  readonly folder: string;
  /** Makes the estimates that need no training. */
  readonly estimate: Estimating;
}

/**
 * Measures the jobs of a plan, prints a line for each, and writes `calibration.json`, `calibration.csv` and
 * `calibration.html` after each, so that finished jobs are kept. An estimator that refuses samples, or whose training
 * diverges, leaves a gap and its words.
 *
 * @returns The results; `InvalidOption` where the folder holds a calibration, `FileUnavailable` where it
 * cannot be written to, `Interrupted`, `GpuError`.
 */
export async function calibrate(
  { plan, circumstances, folder, estimate }: Calibration,
  env: Env,
): Promise<E.Either<SparrowError, readonly Result[]>> {
  const free = await refuseResults(
    folder,
    RECORD_FILE,
    env.files,
    "a folder that does not hold a calibration yet",
  )();
  if (E.isLeft(free)) return free;
  const jobs = jobsOf(plan);
  const results: Result[] = [];
  const save = (done: number) => {
    const progress = { done, total: jobs.length };
    return writeResults(folder, {
      [RECORD_FILE]: recordOf(results, circumstances, progress),
      [TABLE_FILE]: toCsv(tableOf(results)),
      [PAGE_FILE]: calibrationPage(results, circumstances, progress),
    }, env.files)();
  };
  // Once before the first, so that a folder that cannot be written to is found out at once.
  const begun = await save(0);
  if (E.isLeft(begun)) return begun;
  for (const [i, job] of jobs.entries()) {
    const measured = await measure(job, plan.steps, estimate, env);
    if (E.isLeft(measured)) return measured;
    results.push(...measured.right);
    const saved = await save(i + 1);
    if (E.isLeft(saved)) return saved;
    env.log(`${i + 1} of ${jobs.length}, ${jobLine(job.setting, measured.right)}`);
  }
  return E.right(results);
}

/** Formats the results of a job: "pairs, d = 1, 2 bit, n = 500: KSG 1.98 ± 0.05, …" */
const jobLine = (setting: Setting, results: readonly Result[]): string =>
  `${settingText(setting)}: ` + results.map(({ estimator, estimates }) => {
    const found = estimates.filter((estimate) => estimate !== null);
    const label = estimatorsOf(setting.kind)[estimator]?.label;
    return `${label} ${found.length === 0 ? "refused" : plusMinus(found)}`;
  }).join(", ");

interface Measured {
  readonly bits: number | null;
  readonly seconds: number;
  readonly refused: string | null;
}

/** Measures all repetitions of a job, by every estimator in turn. */
async function measure(
  { setting, estimators, seeds }: Job,
  steps: number,
  estimate: Estimating,
  env: Env,
): Promise<E.Either<SparrowError, readonly Result[]>> {
  const all = estimators.map((estimator) => ({ estimator, measured: [] as Measured[] }));
  for (let repetition = 0; repetition < seeds; repetition++) {
    for (const { estimator, measured } of all) {
      if (env.signal.aborted) return E.left({ _tag: "Interrupted", epoch: 1, step: repetition });
      const one = await measureOnce({ setting, repetition, estimator }, steps, estimate, env);
      if (E.isLeft(one)) return one;
      measured.push(one.right);
    }
  }
  return E.right(all.map(({ estimator, measured }): Result => ({
    ...setting,
    estimator,
    estimates: measured.map(({ bits }) => bits),
    seconds: measured.map(({ seconds }) => seconds),
    refused: measured.find(({ refused }) => refused !== null)?.refused ?? null,
  })));
}

async function measureOnce(
  task: Task,
  steps: number,
  estimate: Estimating,
  env: Env,
): Promise<E.Either<SparrowError, Measured>> {
  const { estimator } = task;
  const begun = env.now();
  const refusal = (error: SparrowError, seconds: number): E.Either<SparrowError, Measured> =>
    error._tag === "InvalidOption" || error._tag === "NonFinite"
      ? E.right({ bits: null, seconds, refused: describe(error) })
      : E.left(error);
  if (isNeural(estimator)) {
    const found = await estimateNeurally({ ...task, estimator }, steps, env);
    return E.isLeft(found)
      ? refusal(found.left, (env.now() - begun) / 1000)
      : E.right({ ...found.right, refused: null });
  }
  const found = await estimate(task);
  if (E.isLeft(found)) return found;
  const { estimate: made, seconds } = found.right;
  return E.isLeft(made)
    ? refusal(made.left, seconds)
    : E.right({ bits: made.right, seconds, refused: null });
}
