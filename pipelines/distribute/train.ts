/**
 * The task of a sweep: one run of a training program, as a process of its own.
 *
 * @module
 */
import { type InvalidOption, invalidOption, type SparrowError } from "../../graph/error.ts";
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import { fromJsonLines } from "../core/history.ts";
import { denoFiles, unavailable } from "../files/files.ts";
import { hexOf, type Task, type TaskContext } from "./task.ts";

/** Options of a program by name, without dashes; true for a switch. */
export type RunOptions = Readonly<Record<string, string | true>>;

/** The spec of {@linkcode train}. */
export type TrainSpec = {
  /** Name of a program in `pipelines/`, or the path of a file. */
  readonly program: string;
  /** SHA-256 of the file; null for a program in `pipelines/`, which the code's version covers. */
  readonly source: string | null;
  /** Options of the program. */
  readonly options: RunOptions;
  /** Backend: "cpu", "wasm" or "webgpu:ADAPTER". */
  readonly backend: string;
  /** Folder of the data, for `--data`; null for none. Not part of the task's key. */
  readonly data: string | null;
  /** Fingerprint of that folder's content; null where the dataset's own checksums are verified. */
  readonly content: string | null;
};

/** The row of {@linkcode train}: the last values of what the run has measured. */
export type TrainRow = {
  readonly epochs: number;
  /** Last values by split and name, "test accuracy". */
  readonly values: Readonly<Record<string, number>>;
};

/** The folder of the run in the task's output: what `--out` names. */
export const RUN_FOLDER = "run";

const METRICS_FILE = "metrics.jsonl";

/** Names of speeds, which differ from run to run and are left out of the row. */
const ofTime = /_per_second$/;

/** One run of a training program. Its output has the folder of the run in `run/`, and the last values as its row. */
export const train: Task<TrainSpec, TrainRow> = {
  name: "train",
  module: import.meta.url,
  backend: ({ backend }) => backend,
  essence: ({ data: _, ...rest }) => rest,
  isRow: (value): value is TrainRow => {
    const { epochs, values } = (value ?? {}) as Partial<TrainRow>;
    return typeof epochs === "number" && typeof values === "object" && values !== null &&
      Object.values(values).every((one) => typeof one === "number");
  },
  work: (spec, context) => {
    const out = `${context.folder}/${RUN_FOLDER}`;
    return pipe(
      runProgram(spec, ["--quiet", "--out", out], context),
      TE.chainW(() => denoFiles.read(`${out}/${METRICS_FILE}`)),
      TE.chainEitherKW((bytes) =>
        fromJsonLines(`${out}/${METRICS_FILE}`, new TextDecoder().decode(bytes))
      ),
      TE.map((history): TrainRow => ({
        epochs: history.at(-1)?.epoch ?? 0,
        values: Object.fromEntries(
          history.filter(({ name, value }) => !ofTime.test(name) && Number.isFinite(value))
            .map(({ split, name, value }) => [`${split} ${name}`, value]),
        ),
      })),
    );
  },
};

const root = new URL("../../", import.meta.url);

/** The address of a program; null for what is neither a name nor a path of one. */
const addressOf = (program: string): URL | null =>
  /^\w+$/.test(program)
    ? new URL(`pipelines/${program}.ts`, root)
    : program.endsWith(".ts")
    ? new URL(program, `file://${Deno.cwd()}/`)
    : null;

/** Runs a program to its end; the reason of a failure is the last line that it printed. */
const runProgram = (
  { program, options, backend, data }: TrainSpec,
  more: readonly string[],
  { folder, signal, started }: TaskContext,
): TE.TaskEither<SparrowError, void> =>
async () => {
  const address = addressOf(program);
  if (address === null) return E.left(noProgram(program));
  const flags = Object.entries(options)
    .map(([name, value]) => value === true ? `--${name}` : `--${name}=${value}`);
  // Programs of the project have their set of permissions; others are given the like.
  const permissions = address.href.startsWith(root.href)
    ? ["-P"]
    : ["--allow-read", "--allow-env", "--allow-net"];
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      ...permissions,
      `--allow-write=${folder}`,
      address.href,
      ...flags,
      `--backend=${backend.split(":")[0]}`,
      ...data === null ? [] : [`--data=${data}`],
      ...more,
    ],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  started(child.pid);
  const stop = () => child.kill("SIGINT");
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  const [{ code, signal: by }, said] = await Promise.all([
    child.status,
    new Response(child.stderr).text(),
  ]);
  signal.removeEventListener("abort", stop);
  if (code === 0) return E.right(undefined);
  if (signal.aborted) return E.left({ _tag: "Interrupted", epoch: 0, step: 0 });
  const words = said.trim().split("\n").at(-1) ?? "";
  return E.left(
    usageError(words) ?? {
      _tag: "TaskFailed",
      task: train.name,
      spec: program,
      attempts: 1,
      reason: by === null ? words || `its exit code was ${code}` : `it was ended by ${by}`,
    },
  );
};

const noProgram = (program: string): InvalidOption =>
  invalidOption(
    "PROGRAM",
    program,
    "the name of a program in pipelines/, or the path of a .ts file",
  );

/** Parses the line that reports an invalid option; null for another line. */
function usageError(line: string): InvalidOption | null {
  const found =
    /^Cannot use (--?[\w-]+): expected (.*), current value is (.*?)(?:\. Did you mean "(.*)"\?)?\.? See --help$/
      .exec(line);
  if (found === null) return null;
  const [, option, expected, actual, nearest] = found;
  return {
    _tag: "InvalidOption",
    option,
    actual,
    expected,
    ...nearest === undefined ? {} : { nearest },
  };
}

/**
 * Checks options by the program's own command line, without a run.
 *
 * @returns Nothing; the program's own `InvalidOption`, and one for a program that is not there.
 */
export const checkOptions = (
  spec: TrainSpec,
): TE.TaskEither<SparrowError, void> =>
  runProgram(spec, ["--help"], {
    folder: "runs",
    signal: new AbortController().signal,
    started: () => {},
  });

/**
 * Makes a spec of a program and its options: a program of the project that names no dataset trains on MNIST, paths are made absolute, and the content of a
 * folder of data is noted by the names and sizes of its files.
 *
 * @returns The spec; `InvalidOption` for a program that is none, `FileUnavailable` for data that cannot be read.
 */
export const trainSpec = (
  program: string,
  options: RunOptions,
  backend: string,
): TE.TaskEither<SparrowError, TrainSpec> =>
async () => {
  const address = addressOf(program);
  if (address === null) return E.left(noProgram(program));
  let data: string | null = null;
  try {
    const text = await Deno.readFile(address).catch(() => null);
    if (text === null) return E.left(noProgram(program));
    const { data: given, ...others } = options;
    data = typeof given === "string" ? await Deno.realPath(given) : null;
    // Without the flag, programs take what they find on their machine.
    const isOurs = address.href.startsWith(new URL("pipelines/", root).href);
    const named: RunOptions = isOurs ? { dataset: "mnist" } : {};
    const all: RunOptions = { ...named, ...others };
    const verified = all.dataset !== undefined && all.dataset !== "folder";
    return E.right({
      program: /^\w+$/.test(program) ? program : address.pathname,
      source: isOurs ? null : hexOf(text),
      options: all,
      backend,
      data,
      content: data === null || verified ? null : await contentOf(data),
    });
  } catch (cause) {
    return E.left(unavailable("read", String(data ?? options.data ?? program), cause));
  }
};

/** SHA-256 of the names and sizes of all files at a path; of a single file, of its bytes. */
async function contentOf(path: string): Promise<string> {
  if ((await Deno.stat(path)).isFile) return hexOf(await Deno.readFile(path));
  const lines: string[] = [];
  const walk = async (folder: string, name: string): Promise<void> => {
    for await (const entry of Deno.readDir(folder)) {
      const [inner, path] = [`${name}/${entry.name}`, `${folder}/${entry.name}`];
      if (entry.isDirectory) await walk(path, inner);
      else lines.push(`${inner} ${(await Deno.stat(path)).size}`);
    }
  };
  await walk(path, "");
  return hexOf(lines.sort().join("\n"));
}
