/**
 * The queue of tasks: pg-boss, in PGlite where one process has it, in PostgreSQL where several machines join.
 *
 * @module
 */
import type { DatabaseUnavailable, SparrowError } from "../../graph/error.ts";
import { E, type TE } from "../../graph/fp_ts.ts";
import { lockFolder } from "../files/lock.ts";
import { type Identity, type Json, keyOf } from "./task.ts";

// None of the packages is imported as a literal or by its types: Deno would fetch them for every program that
// imports this module, used or not. PGlite's version is that of `database/database.ts`.
const BOSS: string = "npm:pg-boss@12.38.0";
const PGLITE: string = "npm:@electric-sql/pglite@0.5.14";

/** The schema of the queue's tables. */
const SCHEMA = "sparrow";

/** Number of retries of a failed task. */
const RETRIES = 3;

/** Seconds without a heartbeat after which a task is assigned to another worker; at least 10 in pg-boss. */
const HEARTBEAT = 15;

/** Seconds between two heartbeats, and between two searches for workers without one. */
export const BEAT = 4;

/** Longest duration of a task, in seconds: the limit of pg-boss, a day. */
const LONGEST = 24 * 3600;

/** Number of jobs per insertion. */
const BATCH = 500;

/** A task in the queue. */
export interface Job {
  /** Input of the task. */
  readonly identity: Identity;
  /** Spec in full, with what does not determine the output. */
  readonly spec: Json;
}

/** A job that a worker has taken. */
export interface Taken extends Job {
  /** Identifier in the database: the first half of the job's key. */
  readonly id: string;
  /** Number of earlier attempts. */
  readonly attempt: number;
}

/** The end of a job. */
export interface Ended {
  readonly id: string;
  /** Failure of the last attempt; null after success. */
  readonly failure: { readonly attempts: number; readonly reason: string } | null;
}

/** Number of waiting jobs of one task, code version and backend. */
export interface Waiting {
  readonly task: string;
  readonly code: string;
  readonly backend: string;
  readonly count: number;
}

/** Open queue of jobs. Its functions throw the errors of the database. */
export interface Queue {
  /** Place of the database, without a password. */
  readonly place: string;
  /** Adds jobs, each at most once: one that waits or runs stays as it is, one that has ended is repeated. */
  readonly submit: (jobs: readonly Job[]) => Promise<void>;
  /** Adds the jobs that are missing from the database; all others stay as they are. */
  readonly restore: (jobs: readonly Job[]) => Promise<void>;
  /** Takes a job of one of the code versions and backends; null where none waits. */
  readonly take: (
    codes: readonly string[],
    backends: readonly string[],
  ) => Promise<Taken | null>;
  readonly complete: (job: Taken) => Promise<void>;
  /** Reports a failed attempt; the job waits for the next attempt, or is set aside. */
  readonly fail: (job: Taken, reason: string) => Promise<void>;
  /** Returns a job to the queue, without counting the attempt. */
  readonly release: (job: Taken) => Promise<void>;
  /** Sends the heartbeat of jobs; returns the identifiers of those that still belong to this worker. */
  readonly beat: (jobs: readonly Taken[]) => Promise<ReadonlySet<string>>;
  /** Returns the jobs of workers without a heartbeat to the queue. */
  readonly supervise: () => Promise<void>;
  /** Removes jobs, waiting or running. */
  readonly cancel: (jobs: readonly Job[]) => Promise<void>;
  /** Returns the jobs of a code version that have ended since the previous call; some are returned more than once. */
  readonly ended: (code: string) => Promise<readonly Ended[]>;
  /** Counts the waiting jobs, by task, code version and backend. */
  readonly waiting: () => Promise<readonly Waiting[]>;
  readonly close: () => Promise<void>;
}

/** Returns the identifier of a job in the database. */
export const idOf = (identity: Identity): string =>
  keyOf(identity).slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");

/** The name of a queue: letters, digits and -._/ are allowed. */
const queueName = (code: string, backend: string): string =>
  `${code}/${backend.replaceAll(/[^\w.-]+/g, "_")}`;

/** Payload of a job in the database. */
interface Stored {
  readonly identity: Identity;
  readonly spec: Json;
}

/** The parts of pg-boss that are used. */
interface Boss {
  readonly on: (event: "error" | "warning", listener: (error: unknown) => void) => void;
  readonly start: () => Promise<unknown>;
  readonly stop: (options: { readonly graceful: boolean }) => Promise<void>;
  readonly createQueue: (name: string, options: Readonly<Record<string, unknown>>) => Promise<void>;
  readonly insert: (
    name: string,
    jobs: readonly { readonly id: string; readonly data: Stored }[],
  ) => Promise<unknown>;
  readonly fetch: (name: string) => Promise<
    readonly { readonly id: string; readonly data: Stored; readonly retryCount: number }[]
  >;
  readonly complete: (name: string, job: Attempt) => Promise<unknown>;
  readonly fail: (name: string, job: Attempt, output: object) => Promise<unknown>;
  readonly touch: (name: string, job: Attempt) => Promise<{ readonly affected: number }>;
  readonly deleteJob: (name: string, ids: readonly string[]) => Promise<unknown>;
  readonly deleteAllJobs: () => Promise<unknown>;
  readonly supervise: (name: string) => Promise<void>;
  readonly getDb: () => {
    readonly executeSql: (
      statement: string,
      values: readonly unknown[],
    ) => Promise<{ readonly rows: readonly Readonly<Record<string, unknown>>[] }>;
  };
}

interface Attempt {
  readonly id: string;
  readonly retryCount: number;
}

interface BossModule {
  readonly PgBoss: new (options: Readonly<Record<string, unknown>>) => Boss;
  readonly fromPglite: (database: unknown) => unknown;
}

interface PGliteModule {
  readonly PGlite: {
    readonly create: (folder: string) => Promise<{ readonly close: () => Promise<void> }>;
  };
}

/**
 * Opens the queue in PGlite, in a folder that is locked until it is closed: two processes that open one destroy it.
 * Jobs of an earlier process are deleted: their outputs are in the store.
 */
export const openLocalQueue = (folder: string): TE.TaskEither<SparrowError, Queue> => async () => {
  const locked = await lockFolder(folder, "distribute")();
  if (E.isLeft(locked)) return locked;
  const database = `${folder}/pglite`;
  try {
    const { PGlite } = await import(PGLITE) as PGliteModule;
    // One that was killed while it wrote may have left a database that does not open. It holds nothing of worth.
    const pglite = await PGlite.create(database).catch(async () => {
      await Deno.remove(database, { recursive: true }).catch(() => {});
      return await PGlite.create(database);
    });
    const queue = await queueOf(folder, (module) => ({
      db: module.fromPglite(pglite),
      backend: "pglite",
    }), async () => {
      await pglite.close();
      await locked.right();
    });
    await queue.boss.deleteAllJobs();
    return E.right(queue);
  } catch (cause) {
    await locked.right();
    return E.left(refused(folder, cause));
  }
};

/** Opens the queue in PostgreSQL, where its tables are made if they are missing. */
export const openSharedQueue = (url: string): TE.TaskEither<SparrowError, Queue> => async () => {
  const place = url.replace(/^([^/]*\/\/)?.*@/, "$1");
  try {
    return E.right(
      await queueOf(place, () => ({ connectionString: url, max: 2 }), () => Promise.resolve()),
    );
  } catch (cause) {
    return E.left(refused(place, cause));
  }
};

/** Converts an exception of a database to an error. */
export function refused(database: string, cause: unknown): DatabaseUnavailable {
  const inner = cause instanceof AggregateError && cause.errors.length > 0
    ? cause.errors[0]
    : cause;
  const reason = inner instanceof Error ? inner.message || inner.name : String(inner);
  const denied = inner instanceof Deno.errors.NotCapable || /Requires .* access/.test(reason);
  return {
    _tag: "DatabaseUnavailable",
    database,
    reason,
    advice: denied
      ? "Give Deno the permission that it asks for"
      : "Check the address, that the server runs, and what its user may do",
  };
}

async function queueOf(
  place: string,
  connection: (module: BossModule) => Readonly<Record<string, unknown>>,
  close: () => Promise<void>,
): Promise<Queue & { readonly boss: Boss }> {
  const module = await import(BOSS) as BossModule;
  const boss = new module.PgBoss({
    ...connection(module),
    schema: SCHEMA,
    // Supervised by whoever waits or works; nothing is done by the clock.
    supervise: false,
    schedule: false,
    monitorIntervalSeconds: BEAT,
    // This would need to know the machine's name.
    registerInstance: false,
    openTelemetry: { enabled: false },
  });
  // What fails is thrown by the call that failed; without a listener it would end the process too.
  boss.on("error", () => {});
  await boss.start();
  const made = new Set<string>();
  const ask = async (statement: string, ...values: readonly unknown[]) =>
    (await boss.getDb().executeSql(statement, values)).rows;
  const make = async ({ code, backend }: Pick<Identity, "code" | "backend">): Promise<string> => {
    const name = queueName(code, backend);
    if (made.has(name)) return name;
    await boss.createQueue(name, {
      retryLimit: RETRIES,
      heartbeatSeconds: HEARTBEAT,
      expireInSeconds: LONGEST,
    });
    made.add(name);
    return name;
  };
  const nameOf = ({ identity: { code, backend } }: Job) => queueName(code, backend);
  const byQueue = async (jobs: readonly Job[], use: Used): Promise<void> => {
    for (const group of Map.groupBy(jobs, nameOf).values()) {
      const name = await make(group[0].identity);
      for (let from = 0; from < group.length; from += BATCH) {
        const some = group.slice(from, from + BATCH);
        await use(name, some, some.map(({ identity }) => idOf(identity)));
      }
    }
  };
  const insert: Used = (name, jobs, ids) =>
    boss.insert(
      name,
      jobs.map(({ identity, spec }, i) => ({ id: ids[i], data: { identity, spec } })),
    );
  const attemptOf = ({ id, attempt }: Taken): Attempt => ({ id, retryCount: attempt });
  /** Time at which the latest of the returned jobs ended. */
  let last = "-infinity";
  return {
    boss,
    place,
    submit: (jobs) =>
      byQueue(jobs, async (name, some, ids) => {
        const over = await ask(
          `SELECT id::text FROM ${SCHEMA}.job WHERE name = $1 AND id = ANY($2::uuid[]) AND completed_on IS NOT NULL`,
          name,
          ids,
        );
        if (over.length > 0) await boss.deleteJob(name, over.map(({ id }) => String(id)));
        await insert(name, some, ids);
      }),
    restore: (jobs) => byQueue(jobs, insert),
    take: async (codes, backends) => {
      for (const code of codes) {
        for (const backend of backends) {
          const [job] = await boss.fetch(await make({ code, backend }));
          if (job !== undefined) return { id: job.id, attempt: job.retryCount, ...job.data };
        }
      }
      return null;
    },
    complete: async (job) => void await boss.complete(nameOf(job), attemptOf(job)),
    fail: async (job, reason) => void await boss.fail(nameOf(job), attemptOf(job), { reason }),
    release: async (job) => {
      await boss.deleteJob(nameOf(job), [job.id]);
      await insert(nameOf(job), [job], [job.id]);
    },
    beat: async (jobs) => {
      const ours = new Set<string>();
      for (const job of jobs) {
        const { affected } = await boss.touch(nameOf(job), attemptOf(job));
        if (affected > 0) ours.add(job.id);
      }
      return ours;
    },
    supervise: async () => {
      for (const name of made) await boss.supervise(name);
    },
    cancel: (jobs) => byQueue(jobs, (name, _, ids) => boss.deleteJob(name, ids)),
    ended: async (code) => {
      // The time is that of a transaction's beginning: one that began before may be seen after.
      const rows = await ask(
        `SELECT id::text, state::text, retry_count, output, completed_on::text FROM ${SCHEMA}.job ` +
          "WHERE starts_with(name, $1) AND completed_on > $2::timestamptz - interval '10 seconds' " +
          "ORDER BY completed_on",
        `${code}/`,
        last,
      );
      last = String(rows.at(-1)?.completed_on ?? last);
      return rows.map(endedOf);
    },
    waiting: async () => {
      const part = (name: string) => `data->'identity'->>'${name}' AS ${name}`;
      const rows = await ask(
        `SELECT ${
          ["task", "code", "backend"].map(part).join()
        }, count(*)::int AS count FROM ${SCHEMA}.job ` +
          "WHERE state IN ('created', 'retry') GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
      );
      return rows.map(({ task, code, backend, count }) => ({
        task: String(task),
        code: String(code),
        backend: String(backend),
        count: Number(count),
      }));
    },
    close: async () => {
      await boss.stop({ graceful: false });
      await close();
    },
  };
}

/** Operation on jobs of one queue and their identifiers. */
type Used = (name: string, jobs: readonly Job[], ids: readonly string[]) => Promise<unknown>;

function endedOf(
  { id, state, retry_count: retries, output }: Readonly<Record<string, unknown>>,
): Ended {
  const { reason } = (output ?? {}) as { readonly reason?: unknown };
  return {
    id: String(id),
    failure: state === "completed" ? null : {
      attempts: Number(retries) + 1,
      reason: typeof reason === "string"
        ? reason
        : "its worker fell silent: it was ended, or cut off",
    },
  };
}
