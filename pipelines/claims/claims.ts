/**
 * Tests what is said of kWTA codes, and writes the verdicts down.
 *
 *     deno task claims -- --help
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import { describe, type SparrowError } from "../../graph/error.ts";
import { type BackendChoice, startBackend } from "../../ops/backend.ts";
import { exitAfter, listen, timestamp, USAGE } from "../cli/process.ts";
import { watched } from "../cli/with_dashboard.ts";
import { duration, epochBar } from "../cli/progress_bar.ts";
import { denoDataEnv } from "../data/environment.ts";
import { type DatasetName, loadImages } from "../data/images.ts";
import { consoleEnv, type Env } from "../env.ts";
import { claims, CLAIMS_FILE, PAGE_FILE, runClaims } from "./runner/run_claims.ts";
import { claimsHelp, type Command, readCommand, repeating } from "./runner/command_line.ts";

// As `launch` has them. It cannot be used here: it reads the arguments itself, of which the first
// may be the "--" of `deno task`, and demands a number of epochs.
async function main(): Promise<never> {
  const read = readCommand(Deno.args, claims.map(({ number }) => number));
  if (E.isLeft(read)) {
    console.error(`${describe(read.left)}. See --help`);
    Deno.exit(USAGE);
  }
  const command = read.right;
  if (command.help) {
    console.log(claimsHelp());
    Deno.exit(0);
  }
  const folder = command.out ?? `runs/claims-${timestamp(new Date())}`;
  const { dashboard: port, quiet } = command;
  const signal = listen();
  const work = watched(
    { title: "claims", port, quiet },
    (watch) => run(command, folder, signal, watch),
  );
  return await exitAfter(work, {
    ...command,
    interrupted: (error) => `${describe(error)}. What was finished is in ${folder}/${CLAIMS_FILE}`,
  });
}

/** Its work; returns the lines to print at the end. */
async function run(
  command: Command,
  folder: string,
  signal: AbortSignal,
  watch: (env: Env) => Env,
): Promise<E.Either<SparrowError, readonly string[]>> {
  const { quiet, quick, seeds, numbers } = command;
  const begun = performance.now();
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
  const dataset = loaded.right;
  if (dataset.notice !== null) env.log(dataset.notice);
  env.observer?.about({ dataset: dataset.name, notice: dataset.notice, config: { ...command } });
  const circumstances = { dataset, seeds, quick, backend: backend.right };
  const done = await runClaims({
    claims: claims.filter(({ number }) => numbers.includes(number)),
    circumstances,
    folder,
    commandOf: ({ number }) =>
      repeating(command, number, backend.right.name, denoDataEnv.variable("SPARROW_DATA")),
  }, env);
  if (E.isLeft(done)) return done;
  const holding = done.right.filter(({ findings }) => findings.holds).length;
  return E.right([
    `${holding} of ${done.right.length} hold, on ${dataset.name}, in ` +
    `${duration((performance.now() - begun) / 1000)} on ` +
    (backend.right.adapter ?? backend.right.name),
    `${folder}: ${CLAIMS_FILE}, ${PAGE_FILE}`,
  ]);
}

if (import.meta.main) await main();
