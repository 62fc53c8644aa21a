/**
 * What every runnable pipeline does around its own work: read the command line, start the backend,
 * listen for Ctrl-C, print errors, exit.
 *
 * @module
 */
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import { describe, type SparrowError } from "../../graph/error.ts";
import { type BackendChoice, startBackend } from "../../ops/backend.ts";
import { startProfiler } from "../../ops/profiler.ts";
import { watched } from "./with_dashboard.ts";
import { consoleEnv, type Env } from "../env.ts";
import { denoFiles } from "../files.ts";
import { commonFlags, type Flags, helpText, readOptions, type Values } from "./options.ts";
import { exitAfter, FAILED, listen, timestamp, USAGE } from "./process.ts";
import { profileLines } from "./profile.ts";
import { resumedOptions, savedConfig } from "./saved_config.ts";
import { progressBar } from "./progress_bar.ts";

/** The flags that {@linkcode launch} itself reads. */
export type CommonFlags = typeof commonFlags;

/** A runnable pipeline. */
export interface Program<F extends Flags> {
  /** As in `pipelines/<name>.ts`. */
  readonly name: string;
  /** One or two sentences for the help. */
  readonly summary: string;
  /** The flags besides the common ones. */
  readonly flags: F;
  /** How many epochs the progress bar counts to; as many as `--epochs` says. */
  readonly epochs?: (options: Values<F & CommonFlags>) => number;
  /** Its work; returns the lines to print at the end. */
  readonly run: (
    options: Values<F & CommonFlags>,
    env: Env,
    folder: string,
  ) => Promise<E.Either<SparrowError, readonly string[]>>;
  /** What to say after an interruption, of the folder's state. */
  readonly interrupted: (folder: string) => Promise<string>;
}

/**
 * Runs a pipeline as a program and exits: 0 when it is done, 1 after an error, 2 for a wrong command
 * line, 130 when it was interrupted.
 */
export async function launch<F extends Flags>(program: Program<F>): Promise<never> {
  const flags = { ...commonFlags, ...program.flags } as F & CommonFlags;
  const read = readOptions(flags, Deno.args);
  if (E.isLeft(read)) {
    console.error(`${describe(read.left)}. See --help`);
    Deno.exit(USAGE);
  }
  const resumed = await resuming(read.right, Deno.args);
  if (E.isLeft(resumed)) {
    console.error(describe(resumed.left));
    Deno.exit(resumed.left._tag === "InvalidOption" ? USAGE : FAILED);
  }
  const options = resumed.right as Values<F & CommonFlags>;
  const { help, quiet, debug, profile, epochs, backend: choice, threads, out, dashboard: port } =
    options as Values<
      CommonFlags
    >;
  if (help) {
    console.log(helpText(program.name, program.summary, flags));
    Deno.exit(0);
  }

  const signal = listen();
  const { resume = null } = options as { readonly resume?: string | null };
  const folder = resume ?? out ?? `runs/${program.name}-${timestamp(new Date())}`;
  const total = program.epochs?.(options) ?? epochs;
  const work = watched({ title: program.name, epochs: total, port, quiet }, async (watch) => {
    const backend = await startBackend(choice as BackendChoice, { threads })();
    if (E.isLeft(backend)) return backend;
    const now = () => performance.now();
    const bar = !quiet && Deno.stderr.isTerminal() ? progressBar(total, now) : null;
    const env = watch({
      ...consoleEnv(backend.right, { quiet, signal }),
      ...bar,
    });
    if (!profile) return await program.run(options, env, folder);
    const profiler = startProfiler();
    const lines = await program.run(options, env, folder);
    const measured = profileLines(await profiler.stop(), backend.right.name);
    return E.map((before: readonly string[]) => [...before, ...measured])(lines);
  });
  return await exitAfter(work, {
    quiet,
    debug,
    interrupted: async (error) => `${describe(error)}. ${await program.interrupted(folder)}`,
  });
}

/** The options as they are, or those of the run that goes on. */
async function resuming(
  options: Readonly<Record<string, unknown>>,
  args: readonly string[],
): Promise<E.Either<SparrowError, Readonly<Record<string, unknown>>>> {
  const { resume, help } = options;
  if (typeof resume !== "string" || help === true) return E.right(options);
  return await pipe(
    savedConfig(resume, denoFiles),
    TE.chainEitherK((before) => resumedOptions(options, args, resume, before)),
  )();
}
