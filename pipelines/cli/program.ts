/**
 * The shell of every program: it reads the command line, asks for permissions, starts the backend and
 * loads the dataset once the work wants them, listens for Ctrl-C, prints the result and exits.
 *
 * @module
 */
import {
  describe,
  type Interrupted,
  type InvalidOption,
  invalidOption,
  type SparrowError,
} from "../../graph/error.ts";
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import type { Backend, BackendChoice } from "../../ops/backend.ts";
import type { Profile, Profiler } from "../../ops/profiler.ts";
import { consoleEnv, type Env } from "../core/env.ts";
import type { DashboardOptions } from "../dashboard/dashboard.ts";
import { DASHBOARD_PORT } from "../dashboard/update.ts";
import {
  type Dataset,
  type ImageSplit,
  labelledDataset,
  type PictureSplit,
} from "../data/dataset.ts";
import type { DataEnv } from "../data/environment.ts";
import { type DatasetName, loadImages } from "../data/images.ts";
import type { FindImagesOptions } from "../encode/inputs.ts";
import type { OriginSplit } from "../files/codes.ts";
import { type CommandLine, type Flags, helpText, readCommandLine, type Values } from "./options.ts";
import { missingPermission, programDataEnv, startLine, withoutGpu } from "./permissions.ts";
import { loadingBar, plainProgress, progressBar } from "./progress_bar.ts";
import { showTime, table } from "./text.ts";
import { lockFolder, type Release } from "../files/lock.ts";

/** The exit code of an error. */
export const FAILED = 1;

/** The exit code of a wrong command line, and of missing permissions. */
export const USAGE = 2;

/** The exit code of an interruption by Ctrl-C, by the custom of shells. */
const INTERRUPTED = 130;

// ---- What a program declares

/** The flags that several programs have. The shell adds those of what a program needs. */
export const sharedFlags = {
  help: { kind: "switch", help: "print this help and stop" },
  seed: {
    kind: "integer",
    help: "seed of all randomness",
    least: 0,
    most: 0xffff_ffff,
    fallback: 0,
  },
  epochs: { kind: "integer", help: "epochs of training", least: 1, most: 1e6, fallback: 20 },
  dataset: {
    kind: "choice",
    help: "the images [mnist, or strokes where MNIST cannot be had]",
    choices: ["mnist", "fashion_mnist", "strokes"] as readonly DatasetName[],
    fallback: null,
  },
  data: { kind: "text", help: "folder of the dataset's files", value: "DIR" },
  "skip-bad": { kind: "switch", help: "name images that cannot be read, and go on without them" },
  backend: {
    kind: "choice",
    help: "where to compute",
    // Not `backendChoices`, which would load TensorFlow.js for programs that compute nothing on it.
    choices: ["auto", "webgpu", "wasm", "cpu"] as readonly BackendChoice[],
    fallback: "auto",
  },
  threads: {
    kind: "integer",
    help: "threads of the wasm backend; results do not depend on it",
    least: 1,
    most: 64,
    fallback: 1,
  },
  profile: { kind: "switch", help: "measure every kernel, and print a table at the end" },
  dashboard: {
    kind: "port",
    help: "show the run in a browser, at a port of 127.0.0.1 (0: any that is free)",
    usual: DASHBOARD_PORT,
  },
  out: { kind: "text", help: "where results go", value: "DIR" },
  quiet: { kind: "switch", help: "print nothing but errors" },
  debug: { kind: "switch", help: "print the stack of an unexpected error" },
} as const satisfies Flags;

/** The flags of programs that encode images: which images, and how they are taken. */
export const inputFlags = {
  seed: { ...sharedFlags.seed, help: "seed of the built-in digits" },
  data: { ...sharedFlags.data, help: "folder of the datasets' files" },
  split: {
    kind: "choice",
    help: "of datasets",
    choices: ["train", "test"],
    fallback: "test",
  },
  first: {
    kind: "integer",
    help: "so many images of each dataset, from its first on; 0 for all",
    least: 0,
    most: 1e9,
    fallback: 0,
  },
  invert: {
    kind: "switch",
    help: "invert image files: dark ink on light paper for a model of MNIST",
  },
  "skip-bad": sharedFlags["skip-bad"],
  trunk: { kind: "text", help: "the model's trunk, where it has moved", value: "FILE" },
} as const satisfies Flags;

/** Returns the options of `findImages` that {@linkcode inputFlags} give. */
export const inputOptions = (
  { data, split, first, seed }: Pick<
    Values<typeof inputFlags>,
    "data" | "split" | "first" | "seed"
  >,
): FindImagesOptions => ({ data: data ?? undefined, split: split as OriginSplit, first, seed });

/** The options that a program's work is given: its own, and those of the flags that the shell has added. */
export type Options<F extends Flags> = Values<F> & Partial<Values<typeof sharedFlags>>;

/** A started backend and a loaded dataset. */
type Beginning<Split extends PictureSplit> = TE.TaskEither<
  SparrowError,
  { readonly env: Env; readonly dataset: Dataset<Split> }
>;

/** The surroundings of a program's work. */
export interface Context {
  /** The arguments that belong to no flag, in order. */
  readonly operands: readonly string[];
  /** The folder of the results, or their file: as `--out` says, or a new one in `runs/`. */
  readonly out: string;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** Prints a line for a person on standard error; standard output is for results. */
  readonly note: (line: string) => void;
  /** Starts the backend that `--backend` names, and makes an environment on it. */
  readonly env: TE.TaskEither<SparrowError, Env>;
  /**
   * Starts the backend as `env` does, loads the dataset that `--dataset` and `--data` name, with `--seed`, and prints
   * its notice. A folder of images without labels is refused.
   */
  readonly begin: Beginning<ImageSplit>;
  /** Begins the work as `begin` does, but takes a folder of images without labels. */
  readonly beginUnlabelled: Beginning<PictureSplit>;
  /** Environment that datasets are loaded from. */
  readonly data: DataEnv;
}

/** The declaration of a program. */
export interface Program<F extends Flags> {
  /** Name of the program, as in `pipelines/<name>.ts`. */
  readonly name: string;
  /** Summary of the program for the help, in a few sentences. */
  readonly summary: string;
  /** Height and width that the images of a folder are brought to. @default {[32, 32]} */
  readonly size?: readonly [height: number, width: number];
  /** The operands as the help shows them: `MODEL [INPUT…]`. @default none */
  readonly operands?: string;
  /** The flags besides those of what the program needs. */
  readonly flags: F;
  /**
   * The datasets that it can be run on; adds `--dataset` and `--data`, and `--skip-bad` where a folder is among
   * them.
   *
   * @default no dataset
   */
  readonly datasets?: readonly DatasetName[];
  /** Whether it computes on a backend; adds `--backend`, `--threads`, `--profile`. @default false */
  readonly backend?: boolean;
  /** Whether it is a server on this machine. @default false */
  readonly serves?: boolean;
  /** Whether a browser can show its progress; adds `--dashboard`. @default false */
  readonly dashboard?: boolean;
  /**
   * Kind of its results: a folder, or one file of this name; adds `--out`.
   *
   * @default it writes nothing of its own accord
   */
  readonly results?: "folder" | `${string}.${string}`;
  /**
   * The epochs that the progress bar counts to; null where they follow the data, and the run's description says them.
   *
   * @default it has several trainings, or none
   */
  readonly epochs?: (options: Options<F>) => number | null;
  /** Checks options that are valid one by one. @default they are valid */
  readonly refuse?: (options: Options<F>, operands: readonly string[]) => InvalidOption | null;
  /**
   * Completes the options with those of a run that goes on, checked by the flags.
   *
   * @default they are as given
   */
  readonly resume?: (
    options: Options<F>,
    args: readonly string[],
    flags: Flags,
  ) => TE.TaskEither<SparrowError, Options<F>>;
  /** Does the work; returns the lines to print at the end. */
  readonly work: (
    options: Options<F>,
    context: Context,
  ) => TE.TaskEither<SparrowError, readonly string[]>;
  /** Returns the message after an interruption. @default "Interrupted. Nothing was written" */
  readonly interrupted?: (error: Interrupted, out: string) => string | Promise<string>;
}

// ---- Running it

/**
 * Runs a program and exits: 0 when it is done, 1 after an error, 2 for a wrong command line or missing
 * permissions, 130 when it was interrupted.
 */
export async function program<F extends Flags>(declared: Program<F>): Promise<never> {
  const { work, interrupted } = declared;
  const { options, operands, out, release } = await prepare(declared);
  const { quiet = false, debug = false, dashboard: port = null } = options;
  const total = declared.epochs?.(options) ?? null;
  const signal = listen();
  try {
    const title = declared.name;
    const task = watched({ title, epochs: total ?? undefined, port, quiet }, (watch) => {
      const { env, profiled } = backendOf(declared, options, total, signal, watch);
      return profiled(work(options, contextOf(declared, options, operands, out, signal, env)))();
    });
    const result = await task().finally(release);
    if (E.isRight(result)) {
      if (!quiet) { for (const line of result.right) console.log(line); }
      Deno.exit(0);
    }
    if (result.left._tag !== "Interrupted") return fail(result.left, codeOf(result.left, declared));
    console.error(await interrupted?.(result.left, out) ?? "Interrupted. Nothing was written");
    Deno.exit(INTERRUPTED);
  } catch (thrown) {
    console.error(`Unexpected: ${thrown instanceof Error ? thrown.message : thrown}`);
    if (debug && thrown instanceof Error) console.error(thrown.stack);
    else console.error("Add --debug for the stack, and please report it");
    Deno.exit(FAILED);
  }
}

/** Listens for Ctrl-C: the first signal aborts what is returned, the second exits. */
function listen(): AbortSignal {
  const abort = new AbortController();
  const onSignal = () => {
    if (abort.signal.aborted) Deno.exit(INTERRUPTED);
    abort.abort();
  };
  Deno.addSignalListener("SIGINT", onSignal);
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", onSignal);
  return abort.signal;
}

/** Writes a time as 2026-11-23T12-30-05, which sorts by time and is a file name on every system. */
const timestamp = (date: Date): string => date.toISOString().slice(0, 19).replaceAll(":", "-");

/** All flags of a program, in the order of its help. */
function flagsOf<F extends Flags>(
  { name, flags, datasets, backend, dashboard, results }: Program<F>,
): Flags {
  const { help, dataset, data, threads, profile, out, quiet, debug } = sharedFlags;
  const ofFolder = datasets?.includes("folder") ? { "skip-bad": sharedFlags["skip-bad"] } : {};
  const inRuns = `runs/${name}-<time>`;
  return {
    help,
    ...flags,
    ...(datasets === undefined
      ? {}
      : { dataset: { ...dataset, choices: datasets }, data, ...ofFolder }),
    ...(backend ? { backend: sharedFlags.backend, threads, profile } : {}),
    ...(dashboard ? { dashboard: sharedFlags.dashboard } : {}),
    ...(results === undefined
      ? {}
      : results === "folder"
      ? { out: { ...out, help: `folder for the results [${inRuns}]` } }
      : { out: { ...out, help: `file for the results [${inRuns}/${results}]`, value: "FILE" } }),
    quiet,
    debug,
  };
}

/**
 * Reads a program's command line.
 *
 * @param args `Deno.args`.
 * @returns Options and operands; `InvalidOption` for what {@linkcode readCommandLine} or the program
 * itself refuses.
 */
const readProgram = <F extends Flags>(
  program: Program<F>,
  args: readonly string[],
): E.Either<InvalidOption, CommandLine<F> & { readonly options: Options<F> }> =>
  pipe(
    readCommandLine(flagsOf(program), args, program.operands),
    E.map(({ options, operands }) => ({ options: options as Options<F>, operands })),
    E.chain((line) => {
      const wrong = line.options.help
        ? null
        : program.refuse?.(line.options, line.operands) ?? null;
      return wrong === null ? E.right(line) : E.left(wrong);
    }),
  );

/** Prepares the work; exits where the program only prints help, or may not or cannot start. */
async function prepare<F extends Flags>(declared: Program<F>) {
  const { name, summary, operands: words, results, resume } = declared;
  const read = readProgram(declared, Deno.args);
  if (E.isLeft(read)) return fail(read.left, USAGE, "See --help");
  const { options: given, operands } = read.right;
  if (given.help) {
    console.log(helpText(name, summary, flagsOf(declared), words));
    Deno.exit(0);
  }
  const out = outOf(declared, given);
  const isFile = results !== undefined && results !== "folder";
  const folder = out === "" ? null : isFile ? folderOf(out) : out;
  const serves = declared.serves === true
    ? "It answers on 127.0.0.1."
    : typeof given.dashboard === "number"
    ? "It serves the dashboard to this machine's browser."
    : null;
  const missing = missingPermission(name, folder, serves);
  if (missing !== null) {
    console.error(
      `Deno was not given a permission that is needed (--allow-${missing}). Run: ${
        startLine(name)
      }`,
    );
    Deno.exit(USAGE);
  }
  const misplaced = await misplacedOut(given.out, isFile ? results : null);
  if (misplaced !== null) return fail(misplaced, USAGE);
  const lock = results === "folder" ? await lockResults(declared, out, given)() : unlocked;
  if (E.isLeft(lock)) return fail(lock.left, FAILED);
  const release = lock.right;
  const options = resume === undefined ? E.right(given) : await pipe(
    resume(given, Deno.args, flagsOf(declared)),
    TE.chain((complete): TE.TaskEither<SparrowError, Options<F>> => {
      const wrong = declared.refuse?.(complete, operands) ?? null;
      return wrong === null ? TE.right(complete) : TE.left(wrong);
    }),
  )();
  if (E.isRight(options)) return { options: options.right, operands, out, release };
  await release();
  return fail(options.left, codeOf(options.left, declared));
}

/** Locks the folder of the results against other processes. One to go on in that is missing is not made. */
const lockResults = <F extends Flags>(
  { name }: Program<F>,
  folder: string,
  options: Options<F>,
): TE.TaskEither<SparrowError, Release> =>
async () => {
  const { resume } = options as { readonly resume?: string | null };
  const begins = resume === null || resume === undefined;
  const there = begins || await Deno.stat(folder).then(() => true, () => false);
  return there ? await lockFolder(folder, name)() : unlocked;
};

const unlocked: E.Either<never, Release> = E.right(async () => {});

/** Makes the context of the work, with an environment that has not started yet. */
function contextOf<F extends Flags>(
  { name, size }: Program<F>,
  { dataset, data: folder, seed = 0, "skip-bad": skipBad, quiet }: Options<Flags>,
  operands: readonly string[],
  out: string,
  signal: AbortSignal,
  env: Context["env"],
): Context {
  const onRead = quiet || !Deno.stderr.isTerminal()
    ? undefined
    : loadingBar(() => performance.now());
  const data = { ...programDataEnv(), signal, onRead };
  const named = (dataset ?? undefined) as DatasetName | undefined;
  const loaded = pipe(
    loadImages({ dataset: named, data: folder ?? undefined, seed, size, skipBad }, data),
    TE.map((dataset) => {
      if (dataset.notice !== null && !quiet) console.log(dataset.notice);
      return dataset;
    }),
  );
  const beginUnlabelled = pipe(
    env,
    TE.chain((env) => pipe(loaded, TE.map((dataset) => ({ env, dataset })))),
  );
  return {
    operands,
    out,
    signal,
    note: quiet ? () => {} : (line) => console.error(line),
    env,
    begin: pipe(
      beginUnlabelled,
      TE.chainEitherKW(({ env, dataset }) =>
        pipe(labelledDataset(dataset, name), E.map((dataset) => ({ env, dataset })))
      ),
    ),
    beginUnlabelled,
    data,
  };
}

function fail(error: SparrowError, code: number, more = ""): never {
  const line = describe(error);
  console.error(more === "" ? line : `${line}${line.endsWith("?") ? "" : "."} ${more}`);
  Deno.exit(code);
}

/** Chooses the exit code: an error that names a flag or an operand is one of the command line, whenever it is found. */
const codeOf = <F extends Flags>(error: SparrowError, { operands = "" }: Program<F>): number =>
  error._tag === "InvalidOption" &&
    (error.option.startsWith("-") ||
      /^[A-Z_]+$/.test(error.option) && operands.includes(error.option))
    ? USAGE
    : FAILED;

/** Names the place of the results; empty where the program writes none. */
function outOf<F extends Flags>({ name, results }: Program<F>, options: Options<F>): string {
  const { resume } = options as { readonly resume?: string | null };
  const place = resume ?? options.out;
  if (place !== null && place !== undefined) return place;
  if (results === undefined) return "";
  const folder = `runs/${name}-${timestamp(new Date())}`;
  return results === "folder" ? folder : `${folder}/${results}`;
}

const folderOf = (file: string): string => file.includes("/") ? file.replace(/\/[^/]*$/, "/") : ".";

/**
 * Finds the error of `--out` where a folder stands in place of a file, or a file in place of a folder.
 *
 * @param file The usual name of the file; null where a folder is meant.
 */
async function misplacedOut(
  out: string | null | undefined,
  file: string | null,
): Promise<InvalidOption | null> {
  if (out === null || out === undefined) return null;
  const there = await Deno.stat(out).catch(() => null);
  if (file === null) {
    return there?.isFile ? invalidOption("--out", `${out}, a file`, "a folder") : null;
  }
  if (!there?.isDirectory && !out.endsWith("/")) return null;
  const inFolder = `${out.replace(/\/*$/, "")}/${file}`;
  return invalidOption("--out", `${out}, a folder`, `a file, such as ${inFolder}`);
}

/** Makes the environment of a program, and the profiler where `--profile` is given. */
function backendOf<F extends Flags>(
  { name, epochs }: Program<F>,
  { backend = "auto", threads, profile, quiet }: Options<Flags>,
  total: number | null,
  signal: AbortSignal,
  watch: (env: Env) => Env,
) {
  let measuring:
    | { readonly profiler: Profiler; readonly on: string }
    | null = null;
  const choice = backend === "auto" && withoutGpu() ? "wasm" : backend;
  const start = async (started: Backend): Promise<Env> => {
    if (choice !== backend && !quiet) {
      console.error(`It runs on wasm. To let it look for a GPU: ${startLine(name)}`);
    }
    const now = () => performance.now();
    const isOne = epochs !== undefined;
    const bar = quiet
      ? null
      : Deno.stderr.isTerminal()
      ? progressBar(total, now)
      : isOne
      ? plainProgress(total, now, (line) => console.log(line))
      : null;
    if (profile) {
      const { startProfiler } = await import("../../ops/profiler.ts");
      measuring = { profiler: startProfiler(), on: started.name };
    }
    // The bar's accuracies are those of one training: it does not watch where there are several.
    const shown = bar !== null && !isOne ? { progress: bar.progress } : bar;
    return watch({ ...consoleEnv(started, { quiet, signal }), ...shown });
  };
  return {
    // TensorFlow.js is loaded when a backend is asked for: a program may do without, and --help does.
    env: async () => {
      const { startBackend } = await import("../../ops/backend.ts");
      const started = await startBackend(choice as BackendChoice, { threads })();
      return E.isLeft(started) ? started : E.right(await start(started.right));
    },
    profiled: (work: TE.TaskEither<SparrowError, readonly string[]>): typeof work =>
      pipe(
        work,
        TE.chain((lines) => async () => {
          if (measuring === null) return E.right(lines);
          const { profiler, on } = measuring;
          return E.right([...lines, ...profileLines(await profiler.stop(), on)]);
        }),
      ),
  };
}

/** Names the device that a program has computed on, for a person: the GPU's name, or the backend's. */
export const deviceOf = ({ adapter, name }: Backend): string => adapter ?? name;

// ---- Dashboard

type Result = E.Either<SparrowError, readonly string[]>;

/** Options of the dashboard beside a program's work. */
export interface Watching extends Pick<DashboardOptions, "title" | "epochs"> {
  /** Port that `--dashboard` names; null for no dashboard. */
  readonly port: number | null;
  /** Whether the page's address is not printed. */
  readonly quiet: boolean;
}

/**
 * Does a program's work. With a port it starts a dashboard before, says where it is, and tells the pages
 * how the work ended, also where it throws.
 *
 * @param work The work, which is given a function that lets the dashboard observe an environment.
 * @returns The result of the work; `InvalidOption` for a port that cannot be had, before any work.
 */
const watched =
  ({ port, quiet, ...options }: Watching, work: (watch: (env: Env) => Env) => Promise<Result>) =>
  async (): Promise<Result> => {
    if (port === null) return await work((env) => env);
    // Loaded when it is wanted: most runs have no dashboard.
    const { endOf, startDashboard } = await import("../dashboard/dashboard.ts");
    const started = await startDashboard({ ...options, port })();
    if (E.isLeft(started)) return started;
    const { url, watch, close } = started.right;
    if (!quiet) console.log(`Dashboard: ${url}`);
    try {
      const result = await work(watch);
      await close(endOf(result));
      return result;
    } catch (thrown) {
      const line = `Unexpected: ${thrown instanceof Error ? thrown.message : thrown}`;
      await close({ how: "failed", lines: [line] });
      throw thrown;
    }
  };

// ---- Profile

/**
 * Writes a profile as lines: a summary, then a table of the kernels, the longest first.
 *
 * @param backend Name of the backend that was measured, for the first line.
 *
 * @example
 * ```ts
 * import { profileLines } from "./program.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const kernels = [{ name: "SparrowLinear", calls: 4, milliseconds: 30 }];
 * assertEquals(profileLines({ kernels, milliseconds: 120, onGpu: false }, "wasm"), [
 *   "Profile of 120 ms on wasm: kernels 30 ms, the rest is JavaScript, files and waiting",
 *   "kernel         calls  together    each  share",
 *   "SparrowLinear      4     30 ms  7.5 ms   25 %",
 * ]);
 * ```
 */
export function profileLines(
  { kernels, milliseconds, onGpu }: Profile,
  backend: string,
): readonly string[] {
  const all = kernels.reduce((sum, kernel) => sum + kernel.milliseconds, 0);
  const times = onGpu
    ? "programs, by its own clock,"
    : backend === "webgpu"
    ? "calls of kernels (it has no timestamps)"
    : "kernels";
  const rows = kernels.map(({ name, calls, milliseconds: total }) => [
    name,
    String(calls),
    showTime(total),
    showTime(total / calls),
    `${(100 * total / milliseconds).toFixed(total < milliseconds / 20 ? 1 : 0)} %`,
  ]);
  return [
    `Profile of ${showTime(milliseconds)} on ${backend}: ${times} ${showTime(all)}, ` +
    "the rest is JavaScript, files and waiting",
    ...table([["kernel", "calls", "together", "each", "share"], ...rows]).split("\n"),
  ];
}
