/**
 * A calibration: jobs one after the other, what is finished written at once.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import { describe, invalidOption, type SparrowError } from "../../graph/error.ts";
import { plusMinus } from "../report/statistics.ts";
import type { Env } from "../env.ts";
import type { Task } from "./direct.ts";
import { estimatorsOf, isNeural } from "./estimators.ts";
import type { Estimating } from "./in_worker.ts";
import { estimateNeurally } from "./neural.ts";
import { calibrationPage, PAGE_FILE } from "./page.ts";
import { type Job, jobsOf, type Plan } from "./plan.ts";
import {
  type Circumstances,
  csvOf,
  type Progress,
  RECORD_FILE,
  recordOf,
  TABLE_FILE,
} from "./record.ts";
import type { Result } from "./result.ts";
import { type Setting, settingText } from "./setting.ts";

/** What is measured, how, and where the results go. */
export interface Calibration {
  /** What is measured. */
  readonly plan: Plan;
  /** What is said of it. */
  readonly circumstances: Circumstances;
  /** A folder that holds no calibration yet. */
  readonly folder: string;
  /** Makes the estimates that train nothing. */
  readonly estimate: Estimating;
}

/**
 * Measures the jobs of a plan, says a line for each, and writes `calibration.json`, `calibration.csv` and
 * `calibration.html` after each, so that what is finished stays whatever comes then. An estimator that
 * refuses samples, or whose training diverges, leaves a gap and its words.
 *
 * @returns The results; `InvalidOption` where the folder holds a calibration, `FileUnavailable` where it
 * cannot be written to, `Interrupted`, `GpuError`.
 */
export async function calibrate(
  { plan, circumstances, folder, estimate }: Calibration,
  env: Env,
): Promise<E.Either<SparrowError, readonly Result[]>> {
  const taken = await env.files.exists(`${folder}/${RECORD_FILE}`)();
  if (E.isRight(taken) && taken.right) {
    return E.left(invalidOption("--out", folder, "a folder that does not hold a calibration yet"));
  }
  const jobs = jobsOf(plan);
  const results: Result[] = [];
  const save = (done: number) =>
    write(results, circumstances, { done, total: jobs.length }, folder, env);
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

/** "pairs, d = 1, 2 bit, n = 500: KSG 1.98 ± 0.05, …" */
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

/** All repetitions of a job, by every estimator in turn. */
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

async function write(
  results: readonly Result[],
  circumstances: Circumstances,
  progress: Progress,
  folder: string,
  { files }: Env,
): Promise<E.Either<SparrowError, void>> {
  const record = JSON.stringify(recordOf(results, circumstances, progress), null, 2) + "\n";
  for (
    const [file, text] of [
      [RECORD_FILE, record],
      [TABLE_FILE, csvOf(results)],
      [PAGE_FILE, calibrationPage(results, circumstances, progress)],
    ]
  ) {
    const written = await files.write(`${folder}/${file}`, text)();
    if (E.isLeft(written)) return written;
  }
  return E.right(undefined);
}
