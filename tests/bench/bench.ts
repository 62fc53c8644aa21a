/**
 * Benchmarks: every subject on every backend that is available.
 *
 *     deno task bench
 *     deno task bench -- --filter kWTA --backend wasm
 *
 * One table per subject: the median time of a call, the quartiles, and the rate where a call does
 * something that can be counted. `--out FILE` writes the same as JSON lines, times in milliseconds,
 * with the machine in each: {"subject", "case", "backend", "adapter", "dataset", "median", "lower",
 * "upper", "samples", "calls", "work", "machine"}. What is in a time, each subject's file says, and
 * `measure.ts` for all of them.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import { describe } from "../../graph/error.ts";
import { type Backend, type BackendName, startBackend } from "../../ops/backend.ts";
import { FAILED, USAGE } from "../../pipelines/cli/program.ts";
import { compact } from "../../pipelines/report/format.ts";
import { benchHelp, type BenchOptions, readBenchOptions } from "./command_line.ts";
import { machine, showMachine } from "./machine.ts";
import { type Effort, measure, type Measured } from "./measure.ts";
import { images } from "./mnist_encoder.ts";
import type { Bed, Subject } from "./subject.ts";
import { decoding } from "./subjects/decoding.ts";
import { encoding, encodingOnHost } from "./subjects/encoding.ts";
import { epoch } from "./subjects/epoch.ts";
import { information, neuralInformation } from "./subjects/information.ts";
import { kernels } from "./subjects/kernels.ts";
import { gpuSearch, indexSearch, search } from "./subjects/search.ts";
import { trainingBatch, trainingStep } from "./subjects/training.ts";
import { showTime, table } from "../../pipelines/cli/text.ts";

/** Subjects in the order in which they are measured. */
const subjects: readonly Subject[] = [
  trainingStep,
  trainingBatch,
  epoch,
  encoding,
  encodingOnHost,
  kernels,
  information,
  neuralInformation,
  search,
  indexSearch,
  gpuSearch,
  decoding,
];

/** The quickest first: it is the one that prepares what is measured on the host. */
const backendNames: readonly BackendName[] = ["wasm", "webgpu", "cpu"];

const SHORT: Effort = { rounds: 1, sample: 0, most: 0 };

/** Results of a subject on one backend. */
interface Outcome {
  readonly where: string;
  readonly results: readonly Measured[];
}

async function bench(options: BenchOptions): Promise<void> {
  const lines: string[] = [];
  const [here, data] = [machine(), await images(options.data, options.short ? 300 : undefined)];
  const say = (line: string) => {
    if (!options.json) console.log(line);
  };
  say(`${showMachine(here)}; ${data.name}${options.short ? "; short: the times mean little" : ""}`);
  const backends = await backendsAtHand(options.backend as BackendName | null);
  const effort = options.short ? SHORT : { rounds: options.rounds, sample: 50, most: 20_000 };
  for (const subject of subjects) {
    const outcomes: Outcome[] = [];
    for (const { name } of subject.where === "host" ? backends.slice(0, 1) : backends) {
      // Made current again: another one was measured in between.
      const backend = await start(name);
      const results = await measureSubject(
        subject,
        { backend, data, short: options.short },
        options,
        effort,
      );
      const where = subject.where === "host" ? "host" : name;
      lines.push(
        ...results.map((result) =>
          jsonLine(subject, { where, adapter: backend.adapter }, result, {
            dataset: data.name,
            machine: here,
          })
        ),
      );
      outcomes.push({ where, results });
    }
    if (outcomes.some(({ results }) => results.length > 0)) {
      say(`\n${subjectTable(subject, outcomes)}`);
    }
  }
  if (lines.length === 0) throw new Error(`Nothing has "${options.filter}" in its name`);
  if (options.json) { for (const line of lines) console.log(line); }
  if (options.out !== null) await Deno.writeTextFile(options.out, lines.join("\n") + "\n");
}

const jsonLine = (
  { name: subject }: Subject,
  { where: backend, adapter }: { readonly where: string; readonly adapter: string | null },
  { name, time, samples, calls, work }: Measured,
  rest: Readonly<Record<string, unknown>>,
): string =>
  JSON.stringify({ subject, case: name, backend, adapter, ...time, samples, calls, work, ...rest });

const measureSubject = (
  subject: Subject,
  bed: Bed,
  { filter }: BenchOptions,
  effort: Effort,
): Promise<readonly Measured[]> => {
  const wanted = (text: string) => text.toLowerCase().includes((filter ?? "").toLowerCase());
  const all = subject.cases(bed);
  const cases = wanted(subject.name) ? all : all.filter(({ name }) => wanted(name));
  return measure(cases, bed.backend, effort);
};

async function start(name: BackendName): Promise<Backend> {
  const backend = await startBackend(name)();
  if (E.isRight(backend)) return backend.right;
  throw new Error(describe(backend.left));
}

/**
 * Starts all backends that are available, and prints why the others are not. A backend that was
 * named must start.
 */
async function backendsAtHand(only: BackendName | null): Promise<readonly Backend[]> {
  if (only !== null) return [await start(only)];
  const found: Backend[] = [];
  for (const name of backendNames) {
    const backend = await startBackend(name)();
    if (E.isRight(backend)) found.push(backend.right);
    else console.error(`Skipped ${name}: ${describe(backend.left)}`);
  }
  return found;
}

function subjectTable({ name }: Subject, outcomes: readonly Outcome[]): string {
  const rows = outcomes.flatMap(({ where, results }) =>
    results.map(({ name, time, work, samples, calls }) => [
      name,
      where,
      showTime(time.median),
      `${showTime(time.lower)} to ${showTime(time.upper)}`,
      `${samples} × ${calls}`,
      work === null ? "" : `${compact(work.count / time.median * 1000)} ${work.what}/s`,
    ])
  );
  return table([[name, "backend", "median", "quartiles", "samples", "rate"], ...rows]);
}

if (import.meta.main) {
  const options = readBenchOptions(Deno.args);
  if (E.isLeft(options)) {
    console.error(describe(options.left));
    Deno.exit(USAGE);
  }
  if (options.right.help) {
    console.log(benchHelp());
    Deno.exit(0);
  }
  try {
    await bench(options.right);
    Deno.exit(0);
  } catch (thrown) {
    console.error(thrown instanceof Error ? thrown.message : thrown);
    Deno.exit(FAILED);
  }
}
