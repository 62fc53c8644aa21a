/**
 * Distribution of tasks over processes or machines: specs in, rows out, in the same order.
 *
 * @module
 */
import { invalidOption, type SparrowError, type TaskFailed } from "../../graph/error.ts";
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import {
  BEAT,
  type Ended,
  idOf,
  type Job,
  openLocalQueue,
  openSharedQueue,
  type Queue,
  refused,
} from "./queue.ts";
import { localFolders, outputFolder, readOutput, removeAttempts } from "./store.ts";
import { canonical, codeVersion, identityOf, type Json, keyOf, type Task } from "./task.ts";
import { patiently, pause, POLL, workOn } from "./work.ts";

/** A queue, a store and, on this machine, workers. */
export interface Engine {
  /** Folder of the outputs, for all workers. */
  readonly store: string;
  /** Workers of this process; 0 where they join from elsewhere. */
  readonly workers: number;
  /** Place of the queue: a folder of PGlite's, or the address of a PostgreSQL server. */
  readonly queue: { readonly folder: string } | { readonly url: string };
}

/** Options of {@linkcode local}. */
export interface LocalOptions {
  /** Folder of the outputs, and of the queue. */
  readonly store: string;
  /** Processes that work at the same time, at least 1. @default {1} */
  readonly workers?: number;
}

/**
 * Makes an engine of worker processes on this machine. Its queue is PGlite in `STORE/queue`, which only the process
 * that distributes opens; it is fetched when it is first used.
 *
 * @param options Folder of the outputs, and number of workers.
 */
export const local = ({ store, workers = 1 }: LocalOptions): Engine => ({
  store,
  workers,
  queue: { folder: `${store}/queue` },
});

/** Options of {@linkcode postgres}. */
export interface PostgresOptions {
  /** Folder of the outputs, which every worker reaches under this name or another. */
  readonly store: string;
}

/**
 * Makes an engine of the workers that have joined a queue in PostgreSQL, which `pipelines/worker.ts` starts on any
 * machine.
 *
 * @param url Address: "postgres://user:password@host:5432/database".
 * @param options Folder of the outputs.
 */
export const postgres = (url: string, { store }: PostgresOptions): Engine => ({
  store,
  workers: 0,
  queue: { url },
});

/** The state of a distribution. */
export interface Distribution {
  /** Tasks in all, equal ones counted once. */
  readonly total: number;
  /** Tasks whose output was there before. */
  readonly found: number;
  /** Tasks that were done since. */
  readonly done: number;
  /** Tasks that were set aside. */
  readonly failed: number;
}

/** Options of {@linkcode distribute}. */
export interface DistributeOptions {
  /** Signal at which the tasks are stopped; finished outputs are kept. @default it is never interrupted */
  readonly signal?: AbortSignal;
  /** Observer called at the beginning and after every task. @default none */
  readonly onProgress?: (distribution: Distribution) => void;
}

/** The output of a task. */
export interface TaskOutput<Row> {
  /** Row that the task has returned. */
  readonly row: Row;
  /** Folder of the files that the task has written. */
  readonly folder: string;
}

/**
 * Distributes tasks over the workers of an engine, each once: one whose output is in the store is not repeated, and equal
 * specs are one task. A task that fails, or whose worker ends, is retried three times and then set aside.
 *
 * @param engine Queue, store and workers.
 * @param options Signal and observer.
 * @returns For every spec, in order, its output, or why it was set aside. `Interrupted` where the signal was aborted,
 * with the number of tasks done as its step: the same call goes on from there. `DatabaseUnavailable`,
 * `FileUnavailable`, `CorruptFile` where queue or store fail.
 *
 * @example Two tasks of this module on one worker, in a store that already has both outputs.
 * ```ts ignore
 * const rows = await orThrow(distribute(local({ store: "runs/store", workers: 2 }))(squares)([1, 2, 3]));
 * ```
 */
export const distribute =
  (engine: Engine, options: DistributeOptions = {}): Distribute =>
  <Spec extends Json, Row extends Json>(task: Task<Spec, Row>) =>
  (specs: readonly Spec[]) =>
    pipe(
      TE.fromEither<SparrowError, void>(
        Number.isSafeInteger(engine.workers) && engine.workers >= 0
          ? E.right(undefined)
          : E.left(invalidOption("workers", engine.workers, "an integer of at least 1")),
      ),
      TE.chainW(() => codeVersion(task.module)),
      TE.chainW((code) => ledgerOf(engine.store, task, specs, code)),
      TE.chain((ledger): TE.TaskEither<SparrowError, Outputs<Row>> => {
        const { onProgress = () => {} } = options;
        const tell = () => onProgress(ledger.state());
        tell();
        return pipe(
          ledger.left.size === 0
            ? TE.right(undefined)
            : through(engine, task.module, ledger, tell, options),
          TE.map(() => ledger.outputs()),
        );
      }),
    );

/** Function of a task, then of its specs. */
export type Distribute = <Spec extends Json, Row extends Json>(
  task: Task<Spec, Row>,
) => (specs: readonly Spec[]) => TE.TaskEither<SparrowError, Outputs<Row>>;

/** Outputs in the order of the specs; `TaskFailed` for a task that was set aside. */
export type Outputs<Row> = readonly E.Either<TaskFailed, TaskOutput<Row>>[];

/** State of a distribution: finished and remaining jobs. */
interface Ledger<Row> {
  /** Version of the code. */
  readonly code: string;
  /** Backends that the tasks need. */
  readonly backends: readonly string[];
  /** Jobs that have not ended, by their number in the database. */
  readonly left: ReadonlyMap<string, Job>;
  /** Records the end of a job; after success, its row is read. */
  readonly settle: (ended: Ended) => Promise<E.Either<SparrowError, void>>;
  readonly state: () => Distribution;
  /** Returns the outputs in the order of the specs; complete when no job is left. */
  readonly outputs: () => Outputs<Row>;
}

/** Compares the specs with the store. */
const ledgerOf = <Spec extends Json, Row extends Json>(
  store: string,
  task: Task<Spec, Row>,
  specs: readonly Spec[],
  code: string,
): TE.TaskEither<SparrowError, Ledger<Row>> =>
async () => {
  const identities = specs.map((spec) => identityOf(task, spec, code));
  const ids = identities.map(idOf);
  const known = new Map<string, E.Either<TaskFailed, TaskOutput<Row>>>();
  const left = new Map<string, Job>();
  let failed = 0;
  /** Whether the output of a job is in the store. */
  const read = async ({ identity }: Job): Promise<E.Either<SparrowError, boolean>> => {
    const row = await readOutput(store, task, identity)();
    if (E.isLeft(row)) return row;
    if (row.right === null) return E.right(false);
    const folder = outputFolder(store, keyOf(identity));
    known.set(idOf(identity), E.right({ row: row.right, folder }));
    return E.right(true);
  };
  for (const [i, id] of ids.entries()) {
    if (left.has(id) || known.has(id)) continue;
    const job = { identity: identities[i], spec: specs[i] };
    const there = await read(job);
    if (E.isLeft(there)) return there;
    if (!there.right) left.set(id, job);
  }
  const found = known.size;
  const total = found + left.size;
  return E.right({
    code,
    backends: [...new Set(identities.map(({ backend }) => backend))],
    left,
    settle: async ({ id, failure }) => {
      const job = left.get(id);
      if (job === undefined) return E.right(undefined);
      if (failure === null) {
        const there = await read(job);
        if (E.isLeft(there)) return there;
        if (!there.right) return E.left(elsewhere(store, job));
      } else {
        const spec = canonical(job.spec);
        known.set(id, E.left({ _tag: "TaskFailed", task: task.name, spec, ...failure }));
        failed++;
      }
      left.delete(id);
      return E.right(undefined);
    },
    state: () => ({ total, found, done: known.size - found - failed, failed }),
    outputs: () => ids.flatMap((id) => known.get(id) ?? []),
  });
};

/** Returns the error of an output that a worker has written to another store. */
const elsewhere = (store: string, { identity }: Job): SparrowError => ({
  _tag: "FileUnavailable",
  operation: "read",
  file: outputFolder(store, keyOf(identity)),
  reason: "a worker has done the task, but its output is not there",
  advice: "Give all workers the store that the tasks were given out with",
});

/** Puts the jobs that are left through the queue. */
const through = <Row extends Json>(
  { store, workers, queue: place }: Engine,
  module: string,
  ledger: Ledger<Row>,
  tell: () => void,
  { signal = never }: DistributeOptions,
): TE.TaskEither<SparrowError, void> =>
async () => {
  const { code, left } = ledger;
  const opened =
    await ("folder" in place ? openLocalQueue(place.folder) : openSharedQueue(place.url))();
  if (E.isLeft(opened)) return opened;
  const queue = opened.right;
  const finished = new AbortController();
  const stop = AbortSignal.any([signal, finished.signal]);
  try {
    const folders = localFolders(store);
    if (workers > 0) await removeAttempts(folders);
    await patiently(() => queue.submit([...left.values()]), stop);
    const working = workers === 0 ? undefined : workOn({
      queue,
      folders,
      slots: Math.min(workers, left.size),
      modules: new Map([[code, module]]),
      backends: () => ledger.backends,
      signal: stop,
    });
    // Where one of the two ends, for good or ill, so does the other.
    const end = () => finished.abort();
    const following = follow(queue, ledger, tell, stop).finally(end);
    const [followed, worked] = await Promise.allSettled([following, working?.finally(end)]);
    for (const part of [followed, worked]) if (part.status === "rejected") throw part.reason;
    if (followed.status === "fulfilled" && followed.value !== null) return E.left(followed.value);
    if (left.size === 0) return E.right(undefined);
    await queue.cancel([...left.values()]);
    const { found, done } = ledger.state();
    return E.left({ _tag: "Interrupted", epoch: 0, step: found + done });
  } catch (cause) {
    return E.left(refused(queue.place, cause));
  } finally {
    finished.abort();
    await queue.close().catch(() => {});
  }
};

/** Polls of {@linkcode follow} between two searches for lost jobs. */
const SELDOM = 60_000 / POLL;

/** Polls the queue until no job is left or the signal is aborted; returns the error that ends the distribution. */
async function follow<Row>(
  queue: Queue,
  { code, left, settle }: Ledger<Row>,
  tell: () => void,
  stop: AbortSignal,
): Promise<SparrowError | null> {
  for (let turn = 1; !stop.aborted; turn++) {
    for (const ended of await patiently(() => queue.ended(code), stop)) {
      const before = left.size;
      const settled = await settle(ended);
      if (E.isLeft(settled)) return settled.left;
      if (left.size < before) tell();
    }
    if (left.size === 0) return null;
    if (turn % (1000 * BEAT / POLL) === 0) await patiently(() => queue.supervise(), stop);
    if (turn % SELDOM === 0) await patiently(() => queue.restore([...left.values()]), stop);
    await pause(POLL, stop);
  }
  return null;
}

const never = new AbortController().signal;
