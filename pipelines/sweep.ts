/**
 * Runs a training program with many settings and seeds, and says which settings differ.
 *
 *     deno run -P=cluster pipelines/sweep.ts mnist_kwta sparsity=0.02,0.05,0.1 epochs=5
 *
 * @module
 */
import {
  describe,
  type InvalidOption,
  invalidOption,
  type SparrowError,
  type TaskFailed,
} from "../graph/error.ts";
import { E, pipe, TE } from "../graph/fp_ts.ts";
import { startLine } from "./cli/permissions.ts";
import { type Context, program, sharedFlags } from "./cli/program.ts";
import { duration, table } from "./cli/text.ts";
import { compare } from "./compare.ts";
import {
  distribute,
  type Engine,
  local,
  postgres,
  type TaskOutput,
} from "./distribute/distribute.ts";
import {
  grid,
  labelOf,
  listed,
  mainQuantity,
  type Measured,
  partedSettings,
  summaryRows,
} from "./distribute/sweep.ts";
import {
  checkOptions,
  RUN_FOLDER,
  type RunOptions,
  train,
  type TrainRow,
  type TrainSpec,
  trainSpec,
} from "./distribute/train.ts";
import { denoFiles } from "./files/files.ts";
import { toCsv } from "./report/csv.ts";
import { count } from "./report/format.ts";

/** The table of all runs in the output folder. */
const SWEEP_FILE = "sweep.csv";

const flags = {
  seeds: {
    kind: "integers",
    help: "seeds that every setting is run with",
    most: 0xffff_ffff,
    fallback: [0, 1, 2],
  },
  list: { kind: "text", help: "take the settings from a JSON array of objects", value: "FILE" },
  measure: {
    kind: "text",
    help: "quantity of the table, by split and name [test accuracy]",
    value: "NAME",
  },
  backend: { ...sharedFlags.backend, help: "where the runs compute; auto is that of this machine" },
  workers: {
    kind: "integer",
    help: "runs at the same time on this machine [as many as it has processors; 1 on a GPU]",
    least: 1,
    most: 256,
    fallback: null,
  },
  engine: {
    kind: "text",
    help: "local, or the queue in PostgreSQL that workers on other machines have joined [local]",
    value: "local|postgres://…",
  },
  store: {
    kind: "text",
    help: "folder that keeps what was run, so that it is not run again [runs/store]",
    value: "DIR",
  },
} as const;

/** The options of a sweep. */
interface SweepOptions {
  readonly seeds: readonly number[];
  readonly list: string | null;
  readonly measure: string | null;
  readonly backend: string;
  readonly workers: number | null;
  readonly engine: string | null;
  readonly store: string | null;
}

/** One run of a sweep: its setting and seed, and what came out. */
interface SweepRun {
  readonly label: string;
  readonly seed: number;
  readonly output: E.Either<TaskFailed, TaskOutput<TrainRow>>;
}

/** The settings, of the command line or of a file. */
const settingsOf = (
  axes: readonly string[],
  list: string | null,
): TE.TaskEither<SparrowError, readonly RunOptions[]> =>
  list === null
    ? TE.fromEither(grid(axes))
    : axes.length > 0
    ? TE.left(invalidOption("--list", list, "either a list or NAME=VALUE, not both"))
    : pipe(
      denoFiles.read(list),
      TE.chainEitherKW((bytes) => listed(new TextDecoder().decode(bytes))),
    );

/** The backend as tasks name it: "auto" is settled here, so that all runs have the same. */
const backendOf = (choice: string): TE.TaskEither<SparrowError, string> => async () => {
  if (choice === "cpu" || choice === "wasm") return E.right(choice);
  const { startBackend } = await import("../ops/backend.ts");
  return pipe(
    await startBackend(choice as "auto" | "webgpu")(),
    E.map(({ name, adapter }) => adapter === null ? name : `${name}:${adapter}`),
  );
};

/**
 * Checks every option of the settings with the program's own help, which reads the command line and trains nothing.
 * Each value is checked once, not each combination.
 */
const checked = (specs: readonly TrainSpec[]): TE.TaskEither<SparrowError, void> => async () => {
  const values = Map.groupBy(
    specs.flatMap(({ options }) => Object.entries(options)),
    ([name]) => name,
  );
  const distinct = [...values].map(([name, entries]) =>
    [name, [...new Set(entries.map(([, value]) => value))]] as const
  );
  const turns = Math.max(1, ...distinct.map(([, values]) => values.length));
  for (let turn = 0; turn < turns; turn++) {
    const options = Object.fromEntries(
      distinct.map(([name, values]) => [name, values[turn % values.length]]),
    );
    const right = await checkOptions({ ...specs[0], options })();
    if (E.isLeft(right)) return right;
  }
  return E.right(undefined);
};

/** The specs of all runs: for each setting, one of each seed. */
const specsOf = (
  name: string,
  settings: readonly RunOptions[],
  seeds: readonly number[],
  backend: string,
): TE.TaskEither<SparrowError, readonly TrainSpec[]> =>
  pipe(
    TE.sequenceSeqArray(settings.map((options) => trainSpec(name, options, backend))),
    TE.map((specs) =>
      specs.flatMap((spec) =>
        seeds.map((seed) => ({ ...spec, options: { ...spec.options, seed: String(seed) } }))
      )
    ),
  );

const engineOf = (
  { engine, workers, store }: SweepOptions,
  backend: string,
): E.Either<InvalidOption, Engine> => {
  const folder = store ?? "runs/store";
  if (engine === null || engine === "local") {
    const usual = backend.startsWith("webgpu") ? 1 : navigator.hardwareConcurrency;
    return E.right(local({ store: folder, workers: workers ?? usual }));
  }
  if (!/^postgres(ql)?:\/\//.test(engine)) {
    return E.left(
      invalidOption(
        "--engine",
        engine,
        "local, or an address such as postgres://user@host/database",
      ),
    );
  }
  return workers === null ? E.right(postgres(engine, { store: folder })) : E.left(
    invalidOption("--workers", workers, "nothing: workers of a database join by worker.ts"),
  );
};

/** Runs all, and says so as it goes on. */
const runsOf = (
  engine: Engine,
  specs: readonly TrainSpec[],
  { signal, note }: Context,
): TE.TaskEither<SparrowError, readonly E.Either<TaskFailed, TaskOutput<TrainRow>>[]> =>
async () => {
  const begun = performance.now();
  return await distribute(engine, {
    signal,
    onProgress: ({ total, found, done, failed }) => {
      const ended = done + failed;
      if (ended === 0) {
        const there = found === 0 ? "" : `, ${found} of them were run before`;
        return note(`${count(total, "run")}${there}`);
      }
      const seconds = (performance.now() - begun) / 1000;
      const rest = total - found - ended;
      note(
        `${found + ended} of ${total}` + (failed === 0 ? "" : `, ${failed} set aside`) +
          (rest === 0 ? "" : `, about ${duration(seconds / ended * rest)} left`),
      );
    },
  })(train)(specs)();
};

/** Puts the runs of a setting together, of those that have ended well. */
const measured = (runs: readonly SweepRun[], quantity: string): readonly Measured[] =>
  [...Map.groupBy(runs, ({ label }) => label)].map(([label, some]) => ({
    label,
    values: new Map(
      some.flatMap(({ seed, output }) =>
        E.isRight(output) ? [[seed, output.right.row.values[quantity]] as const] : []
      ),
    ),
  })).filter(({ values }) => values.size > 0);

/** The table of all runs: a row per run and quantity, as tidy data. */
const csvOf = (runs: readonly SweepRun[]): string =>
  toCsv({
    header: ["setting", "seed", "quantity", "value", "folder"],
    rows: runs.flatMap(({ label, seed, output }) =>
      E.isLeft(output)
        ? [[label, seed, "failed", output.left.reason, null]]
        : Object.entries(output.right.row.values).map((
          [name, value],
        ) => [label, seed, name, value, `${output.right.folder}/${RUN_FOLDER}`])
    ),
  });

/** Writes table, report and figures; returns the lines to print. */
const reported = (
  runs: readonly SweepRun[],
  measure: string | null,
  out: string,
): TE.TaskEither<SparrowError, readonly string[]> =>
async () => {
  const written = await denoFiles.write(`${out}/${SWEEP_FILE}`, csvOf(runs))();
  if (E.isLeft(written)) return written;
  const ended = runs.flatMap(({ label, seed, output }) =>
    E.isRight(output) ? [{ ...output.right, name: `${label}, seed ${seed}` }] : []
  );
  const failed = runs.flatMap(({ output }) => E.isLeft(output) ? [output.left] : []);
  if (ended.length === 0) return E.left(failed[0]);
  const rows = ended.map(({ row }) => row.values);
  const quantity = measure ?? mainQuantity(rows);
  if (quantity === null || !rows.every((row) => quantity in row)) {
    const known = [...new Set(rows.flatMap(Object.keys))].join(", ");
    return E.left(
      invalidOption(
        "--measure",
        quantity ?? "nothing",
        `one that all runs have measured: ${known}`,
      ),
    );
  }
  const folders = ended.map(({ folder }) => `${folder}/${RUN_FOLDER}`);
  const page = await compare(folders, out, denoFiles, ended.map(({ name }) => name));
  if (E.isLeft(page)) return page;
  return E.right([
    table(summaryRows(measured(runs, quantity), quantity)),
    ...failed.map(describe),
    `${out}: ${SWEEP_FILE}, compare.html and its figures`,
  ]);
};

/** Runs a sweep; returns the lines to print. */
const sweep = (
  options: SweepOptions,
  context: Context,
): TE.TaskEither<SparrowError, readonly string[]> =>
async () => {
  const [name, ...axes] = context.operands;
  const { seeds, list, measure } = options;
  const settings = await settingsOf(axes, list)();
  if (E.isLeft(settings)) return settings;
  const backend = await backendOf(options.backend)();
  if (E.isLeft(backend)) return backend;
  const engine = engineOf(options, backend.right);
  if (E.isLeft(engine)) return engine;
  const specs = await specsOf(name, settings.right, seeds, backend.right)();
  if (E.isLeft(specs)) return specs;
  const right = await checked(specs.right)();
  if (E.isLeft(right)) return right;
  if ("url" in engine.right.queue) {
    const { store, queue: { url } } = engine.right;
    const address = url.replace(/:[^:@/]*@/, ":…@");
    context.note(`Workers join with: ${startLine("worker")} ${address} --store ${store}`);
  }
  const outputs = await runsOf(engine.right, specs.right, context)();
  if (E.isLeft(outputs)) return outputs;
  const { shared, own } = partedSettings(settings.right);
  const runs = own.flatMap((setting, i) =>
    seeds.map((seed, j): SweepRun => ({
      label: labelOf(setting),
      seed,
      output: outputs.right[i * seeds.length + j],
    }))
  );
  const title = `${[name, labelOf(shared)].join(" ").trim()} on ${backend.right}`;
  return await pipe(
    reported(runs, measure, context.out),
    TE.map((lines) => [title, ...lines]),
  )();
};

if (import.meta.main) {
  await program({
    name: "sweep",
    summary:
      "Runs a training program with every combination of the values that are given, and with several seeds,\n" +
      "on the processors of this machine or on others. What was run before is not run again.",
    operands: "PROGRAM [NAME=VALUES…]",
    flags,
    results: "folder",
    work: (options, context) => sweep(options, context),
    interrupted: ({ step }) =>
      `Interrupted: ${count(step, "run")} of the sweep ${step === 1 ? "is" : "are"} kept. ` +
      "The same command goes on",
  });
}
