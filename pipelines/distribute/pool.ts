/**
 * Processes of workers on this machine, each started for its first job, and restarted after its end.
 *
 * @module
 */
import { type Answer, linesOf, type Order } from "./worker_process.ts";
import { parseJson } from "../files/json.ts";
import type { Taken } from "./queue.ts";
import type { Folders } from "./store.ts";

/** Outcome of an attempt: null after success, else the reason of the failure. */
export type Outcome = { readonly failure: string | null };

/** Slot for one worker process. */
export interface Slot {
  /**
   * Does a job in the worker's process. It ends with a failure where the process ends; what the job has started is
   * ended then too.
   *
   * @param signal Cancels the job: the worker is asked to stop, and ended where it does not.
   */
  readonly run: (job: Taken, module: string, signal: AbortSignal) => Promise<Outcome>;
  /** Number of the worker's process; null where none was started. */
  readonly pid: () => number | null;
  /** Ends the worker. */
  readonly close: () => Promise<void>;
}

/** Milliseconds that a cancelled task has to end by itself. */
const PATIENCE = 5000;

/** Number of characters of a worker's standard error that a failure quotes. */
const LAST_WORDS = 400;

/** The kinds of permissions that a worker is given where the process that starts it has them in full. */
const KINDS = ["write", "env", "net", "sys", "ffi", "run"] as const;

/**
 * Makes a slot for a worker process.
 *
 * @param folders Folders within the store, which the worker may write to. It may read everything, and has besides the
 * permissions that this process has in full.
 */
export function slotOf(folders: Folders): Slot {
  let running: Process | null = null;
  return {
    pid: () => running?.child.pid ?? null,
    run: async ({ identity, spec }, module, signal) => {
      if (running?.ended !== false) running = await start(folders);
      const process = running;
      let timer: ReturnType<typeof setTimeout> | undefined;
      const cancel = () => {
        process.write({ order: "stop" });
        timer = setTimeout(() => kill(process.child.pid), PATIENCE);
      };
      const answered = process.next();
      await process.write({ order: "do", folders, module, identity, spec });
      if (signal.aborted) cancel();
      signal.addEventListener("abort", cancel, { once: true });
      const failure = await answered;
      signal.removeEventListener("abort", cancel);
      clearTimeout(timer);
      return { failure };
    },
    close: async () => await running?.close(),
  };
}

interface Process {
  readonly child: { readonly pid: number };
  /** Whether the process has ended. */
  ended: boolean;
  readonly write: (order: Order) => Promise<void>;
  /** Resolves with the outcome of the task that is written next. */
  readonly next: () => Promise<string | null>;
  readonly close: () => Promise<void>;
}

async function start({ store }: Folders): Promise<Process> {
  const granted = await Promise.all(
    KINDS.map(async (name) => (await Deno.permissions.query({ name })).state === "granted"),
  );
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      "--no-check",
      "--allow-read",
      ...granted[0] ? [] : [`--allow-write=${store}`],
      ...KINDS.filter((_, i) => granted[i]).map((name) => `--allow-${name}`),
      new URL("worker_process.ts", import.meta.url).href,
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  const children = new Set<number>();
  let [said, tell] = ["", (_: string | null) => {}];
  const listen = async () => {
    for await (const line of linesOf(child.stdout)) {
      // Native code may print to the same place.
      const answer = parseJson(line) as Answer | undefined;
      if (answer?.answer === "started") children.add(answer.pid);
      else if (answer?.answer !== undefined) {
        children.clear();
        tell(answer.answer === "done" ? null : answer.reason);
      }
    }
  };
  const hear = async () => {
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      said = (said + text).slice(-LAST_WORDS);
    }
  };
  const process: Process = {
    child,
    ended: false,
    // A pipe to a process that has ended is not an error of its own: its end is told below.
    write: (order) =>
      writer.write(new TextEncoder().encode(JSON.stringify(order) + "\n")).catch(() => {}),
    next: () => new Promise((resolve) => tell = resolve),
    close: async () => {
      await writer.close().catch(() => {});
      await over;
    },
  };
  const over = Promise.all([child.status, listen().catch(() => {}), hear().catch(() => {})])
    .then(([{ code, signal }]) => {
      process.ended = true;
      children.forEach(kill);
      const words = said.trim() === "" ? "" : `; its last words were: ${said.trim()}`;
      tell(`the worker was ended by ${signal ?? `its own exit, code ${code}`}${words}`);
    });
  return process;
}

function kill(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch { /* It has ended. */ }
}
