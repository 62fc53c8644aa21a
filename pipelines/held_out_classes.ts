/**
 * Measures how well images of classes that were held out of training are found by others of their class.
 *
 *     deno run -P pipelines/held_out_classes.ts --help
 *
 * @module
 */
import { E } from "../graph/fp_ts.ts";
import { describe, type SparrowError } from "../graph/error.ts";
import { type BackendChoice, startBackend } from "../ops/backend.ts";
import { exitAfter, listen, timestamp, USAGE } from "./cli/process.ts";
import { duration, epochBar } from "./cli/progress_bar.ts";
import { watched } from "./cli/with_dashboard.ts";
import { denoDataEnv } from "./data/environment.ts";
import { type DatasetName, loadImages } from "./data/images.ts";
import { take } from "./data/splits.ts";
import { consoleEnv, type Env } from "./env.ts";
import { denoFiles } from "./files.ts";
import { type Command, heldOutHelp, readCommand } from "./held_out/command_line.ts";
import { compareWays } from "./held_out/compare.ts";
import { heldOutPage, PAGE_FILE, RECORD_FILE, recordOf, resultTable } from "./held_out/page.ts";
import { refuseResults, writeResults } from "./studies/record.ts";

// As `launch` has it, which demands one seed.
async function main(): Promise<never> {
  const read = readCommand(Deno.args);
  if (E.isLeft(read)) {
    console.error(`${describe(read.left)}. See --help`);
    Deno.exit(USAGE);
  }
  const command = read.right;
  if (command.help) {
    console.log(heldOutHelp());
    Deno.exit(0);
  }
  const folder = command.out ?? `runs/held_out_classes-${timestamp(new Date())}`;
  const { dashboard: port, quiet } = command;
  const signal = listen();
  const work = watched(
    { title: "held_out_classes", port, quiet },
    (watch) => run(command, folder, signal, watch),
  );
  return await exitAfter(work, {
    ...command,
    interrupted: (error) => `${describe(error)}. Nothing was written`,
  });
}

/** Its work; returns the lines to print at the end. */
async function run(
  command: Command,
  folder: string,
  signal: AbortSignal,
  watch: (env: Env) => Env,
): Promise<E.Either<SparrowError, readonly string[]>> {
  const { quiet, seeds, epochs, heldOut, images } = command;
  const begun = performance.now();
  const free = await refuseResults(folder, RECORD_FILE, denoFiles)();
  if (E.isLeft(free)) return free;
  const backend = await startBackend(command.backend as BackendChoice, command)();
  if (E.isLeft(backend)) return backend;
  const bar = !quiet && Deno.stderr.isTerminal() ? { progress: epochBar() } : {};
  const env = watch(consoleEnv(backend.right, { quiet, signal, ...bar }));
  const loaded = await loadImages({
    dataset: (command.dataset ?? undefined) as DatasetName | undefined,
    data: command.data ?? undefined,
    seed: 0,
  }, denoDataEnv)();
  if (E.isLeft(loaded)) return loaded;
  const dataset = images === 0 ? loaded.right : take(loaded.right, images);
  if (dataset.notice !== null) env.log(dataset.notice);
  env.observer?.about({ dataset: dataset.name, notice: dataset.notice, config: { ...command } });
  const comparison = { dataset, unseen: heldOut, epochs };
  const judged = await compareWays(comparison, seeds, env);
  if (E.isLeft(judged)) return judged;

  const conditions = { ...comparison, seeds, backend: backend.right };
  const seconds = (performance.now() - begun) / 1000;
  const written = await writeResults(folder, {
    [RECORD_FILE]: recordOf(judged.right, conditions, seconds),
    [PAGE_FILE]: heldOutPage(judged.right, conditions),
  }, denoFiles)();
  if (E.isLeft(written)) return written;
  return E.right([
    resultTable(judged.right),
    `Without ${heldOut.map((label) => dataset.classes[label]).join(", ")} of ${dataset.name}, in ` +
    `${duration(seconds)} on ` +
    (backend.right.adapter ?? backend.right.name),
    `${folder}: ${RECORD_FILE}, ${PAGE_FILE}`,
  ]);
}

if (import.meta.main) await main();
