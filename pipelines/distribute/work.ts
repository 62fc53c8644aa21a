/**
 * The loop of a worker: take a job from the queue, run it in a process, report its end.
 *
 * @module
 */
import { BEAT, type Queue, type Taken } from "./queue.ts";
import { type Slot, slotOf } from "./pool.ts";
import type { Folders } from "./store.ts";

/** Milliseconds between two requests to the queue while no job waits. */
export const POLL = 500;

/** Event in the life of a job at this worker. */
export interface JobEvent {
  readonly job: Taken;
  /** Process that runs the job; null before its first start. */
  readonly pid: number | null;
  readonly what: "begun" | "done" | "failed" | "given back";
  /** The reason of a failure. */
  readonly reason?: string;
}

/** Options of {@linkcode workOn}. */
export interface WorkOptions {
  readonly queue: Queue;
  /** Store of the outputs, and folder of running tasks. */
  readonly folders: Folders;
  /** Number of jobs at the same time, each in its own process. */
  readonly slots: number;
  /** Modules of the supported tasks, by the version of their code. */
  readonly modules: ReadonlyMap<string, string>;
  /** Backends of this machine; called before each job, since a GPU may be found later. */
  readonly backends: () => readonly string[];
  /** Whether to end when no job waits. */
  readonly once?: boolean;
  /** Signal at which running jobs are returned to the queue and the loop ends. */
  readonly signal: AbortSignal;
  readonly observe?: (event: JobEvent) => void;
}

/** Does jobs until the signal is aborted; throws what the database refuses for longer than a minute. */
export async function workOn(options: WorkOptions): Promise<void> {
  const { queue, folders, slots, signal } = options;
  const places = Array.from({ length: slots }, () => slotOf(folders));
  const held = new Map<Taken, AbortController>();
  // Where one place fails for good, the others end as well.
  const broken = new AbortController();
  const stop = AbortSignal.any([signal, broken.signal]);
  const beat = setInterval(() => void alive(queue, held).catch(() => {}), BEAT * 1000);
  try {
    await Promise.all(
      places.map((slot) =>
        place(options, slot, held, stop).catch((cause) => {
          broken.abort();
          throw cause;
        })
      ),
    );
  } finally {
    clearInterval(beat);
    await Promise.all(places.map((slot) => slot.close()));
  }
}

async function place(
  { queue, modules, backends, once = false, observe = () => {} }: WorkOptions,
  slot: Slot,
  held: Map<Taken, AbortController>,
  stop: AbortSignal,
): Promise<void> {
  while (!stop.aborted) {
    const job = await patiently(() => queue.take([...modules.keys()], backends()), stop);
    if (job === null) {
      if (once) return;
      await pause(POLL, stop);
      continue;
    }
    const mine = new AbortController();
    held.set(job, mine);
    observe({ job, pid: slot.pid(), what: "begun" });
    const either = AbortSignal.any([stop, mine.signal]);
    const { failure } = await slot.run(job, modules.get(job.identity.code) ?? "", either);
    held.delete(job);
    const event = { job, pid: slot.pid() };
    // The outcome must be stored even after the signal.
    if (failure === null) {
      await patiently(() => queue.complete(job));
      observe({ ...event, what: "done" });
    } else if (stop.aborted) {
      await patiently(() => queue.release(job));
      observe({ ...event, what: "given back" });
    } else if (!mine.signal.aborted) {
      await patiently(() => queue.fail(job, failure));
      observe({ ...event, what: "failed", reason: failure });
    }
  }
}

/** Sends the heartbeat of the running jobs, and stops those that were cancelled or assigned to another worker. */
async function alive(queue: Queue, held: ReadonlyMap<Taken, AbortController>): Promise<void> {
  const jobs = [...held.keys()];
  const ours = await queue.beat(jobs);
  for (const job of jobs) if (!ours.has(job.id)) held.get(job)?.abort();
  await queue.supervise();
}

/** Waits for some milliseconds, or until a signal is aborted. */
export const pause = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener("abort", end);
  });

/** Milliseconds for which a database may be unreachable, and between two attempts meanwhile. */
const [AWAY, AGAIN] = [60_000, 1000];

const never = new AbortController().signal;

/** Repeats a request to a database that does not answer, for a minute; then throws its error. */
export async function patiently<A>(ask: () => Promise<A>, signal = never): Promise<A> {
  for (const begun = Date.now();;) {
    try {
      return await ask();
    } catch (cause) {
      if (signal.aborted || Date.now() - begun > AWAY) throw cause;
      await pause(AGAIN, signal);
    }
  }
}
