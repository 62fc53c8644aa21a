/**
 * Runnable pipelines as a user runs them: as processes.
 *
 * @module
 */

/** The project's root. */
export const root = new URL("../../", import.meta.url).pathname;

/** Result of a process. */
export interface Finished {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Notice of Deno about permission sets, which is not ours. */
const NOTICE = /^.*Permissions in the config file is an experimental feature.*\n/m;

/** Runs deno in the project's root to its end. */
export async function deno(...args: readonly string[]): Promise<Finished> {
  const process = start(...args);
  return await process.finished;
}

/** A process that runs. */
export interface Running {
  readonly finished: Promise<Finished>;
  /** Resolves once standard output holds the text; rejects if the process ends before. */
  readonly until: (text: string) => Promise<void>;
  /** Returns the output so far. */
  readonly out: () => string;
  readonly kill: (signal: Deno.Signal) => void;
}

/** Starts deno in the project's root. */
export function start(...args: readonly string[]): Running {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: root,
    env: { NO_COLOR: "1", DENO_NO_PROMPT: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let out = "";
  let ended = false;
  const waiting: { text: string; resolve: () => void; reject: (error: Error) => void }[] = [];
  const notify = () => {
    for (const { text, resolve, reject } of waiting) {
      if (out.includes(text)) resolve();
      else if (ended) reject(new Error(`the process ended without printing ${text}: ${out}`));
    }
  };
  const read = async () => {
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      out += chunk;
      notify();
    }
    ended = true;
    notify();
  };
  const finished = Promise.all([child.status, read(), new Response(child.stderr).text()])
    .then(([{ code }, , err]) => ({ code, out, err: err.replace(NOTICE, "") }));
  return {
    finished,
    until: (text) =>
      new Promise((resolve, reject) => {
        waiting.push({ text, resolve, reject });
        notify();
      }),
    out: () => out,
    kill: (signal) => child.kill(signal),
  };
}

/** Gives a folder for results that the pipelines' permissions allow, and removes it afterwards. */
export async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = `runs/test-${crypto.randomUUID().slice(0, 8)}`;
  try {
    await use(folder);
  } finally {
    await Deno.remove(`${root}${folder}`, { recursive: true }).catch(() => {});
  }
}
