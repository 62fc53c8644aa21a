/**
 * Measures how far the estimators of mutual information can be trusted, on Gaussians whose information is
 * known.
 *
 *     deno run -P pipelines/information_calibration.ts --help
 *
 * @module
 */
import { E } from "../graph/fp_ts.ts";
import { describe, type SparrowError } from "../graph/error.ts";
import { type BackendChoice, startBackend } from "../ops/backend.ts";
import { calibrate, startWorker } from "./calibration/calibrate.ts";
import {
  calibrationHelp,
  type Command,
  readCommand,
  repeating,
} from "./calibration/command_line.ts";
import { PAGE_FILE } from "./calibration/page.ts";
import { planOf } from "./calibration/plan.ts";
import { RECORD_FILE, TABLE_FILE } from "./calibration/results.ts";
import { exitAfter, listen, timestamp, USAGE } from "./cli/process.ts";
import { duration } from "./cli/progress_bar.ts";
import { watched } from "./cli/with_dashboard.ts";
import { consoleEnv, type Env } from "./env.ts";

// As `launch` has it, which demands a seed and a number of epochs.
async function main(): Promise<never> {
  const read = readCommand(Deno.args);
  if (E.isLeft(read)) {
    console.error(`${describe(read.left)}. See --help`);
    Deno.exit(USAGE);
  }
  const command = read.right;
  if (command.help) {
    console.log(calibrationHelp());
    Deno.exit(0);
  }
  const folder = command.out ?? `runs/calibration-${timestamp(new Date())}`;
  const { dashboard: port, quiet } = command;
  const signal = listen();
  const work = watched(
    { title: "information_calibration", port, quiet },
    (watch) => run(command, folder, signal, watch),
  );
  return await exitAfter(work, {
    ...command,
    interrupted: () => `Interrupted. What was finished is in ${folder}/${RECORD_FILE}`,
  });
}

/** Its work; returns the lines to print at the end. */
async function run(
  command: Command,
  folder: string,
  signal: AbortSignal,
  watch: (env: Env) => Env,
): Promise<E.Either<SparrowError, readonly string[]>> {
  const { quick, quiet, seeds, estimators } = command;
  const begun = performance.now();
  const backend = await startBackend(command.backend as BackendChoice, command)();
  if (E.isLeft(backend)) return backend;
  const env = watch(consoleEnv(backend.right, { quiet, signal }));
  const plan = planOf(quick, seeds, estimators);
  const circumstances = {
    quick,
    seeds: plan.seeds,
    steps: plan.steps,
    backend: backend.right,
    command: repeating(command),
  };
  const worker = startWorker(signal);
  try {
    const { estimate } = worker;
    const results = await calibrate({ plan, circumstances, folder, estimate }, env);
    if (E.isLeft(results)) return results;
    const estimates = results.right.reduce((sum, { estimates }) => sum + estimates.length, 0);
    return E.right([
      `${estimates} estimates in ${duration((performance.now() - begun) / 1000)}`,
      `${folder}: ${RECORD_FILE}, ${TABLE_FILE}, ${PAGE_FILE}`,
    ]);
  } finally {
    worker.close();
  }
}

if (import.meta.main) await main();
