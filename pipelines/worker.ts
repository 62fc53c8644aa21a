/**
 * Joins the workers of a queue in PostgreSQL: takes tasks, does them, leaves.
 *
 *     deno run -P=cluster --allow-net=HOST:5432 pipelines/worker.ts postgres://user@HOST/database --store DIR
 *
 * @module
 */
import { invalidOption, type SparrowError } from "../graph/error.ts";
import { E, type TE } from "../graph/fp_ts.ts";
import { type Context, program } from "./cli/program.ts";
import { duration } from "./cli/text.ts";
import { openSharedQueue, type Queue, refused, type Waiting } from "./distribute/queue.ts";
import { sharedFolders } from "./distribute/store.ts";
import { codeVersion } from "./distribute/task.ts";
import { train } from "./distribute/train.ts";
import { type JobEvent, pause, workOn } from "./distribute/work.ts";
import { count } from "./report/format.ts";

/** Milliseconds between two searches for tasks that this worker cannot do. */
const LOOK = 5000;

const flags = {
  store: {
    kind: "text",
    help: "folder of the outputs, which the one who gives tasks out must reach too [runs/store]",
    value: "DIR",
  },
  slots: { kind: "integer", help: "tasks at the same time", least: 1, most: 256, fallback: 1 },
  tasks: {
    kind: "text",
    help: "a module of tasks of your own, besides the runs of a sweep",
    value: "FILE",
  },
  once: { kind: "switch", help: "leave when no task waits" },
} as const;

/** The options of a worker. */
interface WorkerOptions {
  readonly store: string | null;
  readonly slots: number;
  readonly tasks: string | null;
  readonly once: boolean;
}

/** Returns the modules of the tasks that this worker does, by the version of their code. */
async function modulesOf(
  file: string | null,
): Promise<E.Either<SparrowError, ReadonlyMap<string, string>>> {
  const own = file === null ? [] : [new URL(file, `file://${Deno.cwd()}/`).href];
  const modules = new Map<string, string>();
  for (const module of [train.module, ...own]) {
    const code = await codeVersion(module)();
    if (E.isLeft(code)) return code;
    modules.set(code.right, module);
  }
  return E.right(modules);
}

/** Returns the backend of this machine's GPU, as tasks name it; none where there is no GPU. */
async function gpu(): Promise<readonly string[]> {
  const { startBackend } = await import("../ops/backend.ts");
  const started = await startBackend("webgpu")();
  return E.isRight(started) ? [`webgpu:${started.right.adapter}`] : [];
}

/** Names the tasks that this worker refuses, each once, and starts its GPU where a task needs one. */
async function lookOut(
  queue: Queue,
  codes: ReadonlyMap<string, string>,
  backends: string[],
  note: Context["note"],
  signal: AbortSignal,
): Promise<void> {
  const said = new Set<string>();
  let sought = false;
  while (!signal.aborted) {
    const waiting = await queue.waiting().catch((): readonly Waiting[] => []);
    for (const { task, code, backend, count: n } of waiting) {
      if (!sought && codes.has(code) && backend.startsWith("webgpu:")) {
        sought = true;
        backends.push(...await gpu());
      }
      const why = !codes.has(code)
        ? `of the code ${code}: this worker has ${[...codes.keys()].join(" and ")}`
        : !backends.includes(backend)
        ? `for the backend ${backend}: this worker has ${backends.join(", ")}`
        : null;
      const words = `Refuses ${count(n, `task "${task}"`, `tasks "${task}"`)} ${why}`;
      if (why !== null && !said.has(`${task} ${why}`)) note(words);
      said.add(`${task} ${why}`);
    }
    await pause(LOOK, signal);
  }
}

/** Does tasks until the signal is aborted or, with `--once`, until none waits. */
const work = (
  { store, slots, tasks, once }: WorkerOptions,
  { operands: [url], signal, note }: Context,
): TE.TaskEither<SparrowError, readonly string[]> =>
async () => {
  if (!/^postgres(ql)?:\/\//.test(url)) {
    return E.left(
      invalidOption("URL", url, "an address such as postgres://user@host:5432/database"),
    );
  }
  const modules = await modulesOf(tasks);
  if (E.isLeft(modules)) return modules;
  const opened = await openSharedQueue(url)();
  if (E.isLeft(opened)) return opened;
  const queue = opened.right;
  const backends = ["any", "cpu", "wasm"];
  const done = new AbortController();
  const begun = new Map<string, number>();
  let [well, ill] = [0, 0];
  const observe = ({ job: { id, identity }, what, reason }: JobEvent) => {
    const name = `${identity.task} ${id.slice(0, 8)}`;
    if (what === "begun") begun.set(id, performance.now());
    if (what === "done") well++;
    if (what === "failed") ill++;
    const seconds = (performance.now() - (begun.get(id) ?? 0)) / 1000;
    note(
      what === "begun"
        ? `${name} begun`
        : `${name} ${what} after ${duration(seconds)}${reason === undefined ? "" : `: ${reason}`}`,
    );
  };
  note(`Takes tasks from ${queue.place}, of the code ${[...modules.right.keys()].join(" and ")}`);
  try {
    const watching = lookOut(
      queue,
      modules.right,
      backends,
      note,
      AbortSignal.any([signal, done.signal]),
    );
    await workOn({
      queue,
      folders: sharedFolders(store ?? "runs/store"),
      slots,
      modules: modules.right,
      backends: () => backends,
      once,
      signal,
      observe,
    }).finally(() => done.abort());
    await watching;
    return signal.aborted
      ? E.left({ _tag: "Interrupted", epoch: 0, step: well })
      : E.right([`${count(well, "task")} done, ${ill} failed`]);
  } catch (cause) {
    return E.left(refused(queue.place, cause));
  } finally {
    await queue.close().catch(() => {});
  }
};

if (import.meta.main) {
  await program({
    name: "worker",
    summary:
      "Joins the workers of a queue in PostgreSQL: it takes the tasks that a sweep or another program gives out,\n" +
      "does them on this machine, and leaves at Ctrl-C, giving back what it has begun.",
    operands: "URL",
    flags,
    work,
    interrupted: ({ step }) => `Left after ${count(step, "task")}; what was begun is given back`,
  });
}
