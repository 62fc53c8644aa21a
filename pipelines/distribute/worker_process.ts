/**
 * The process of a worker: it does the tasks that the process which has started it writes to its standard input, one
 * at a time, and ends with that process.
 *
 * @module
 */
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import { describe, type SparrowError } from "../../graph/error.ts";
import { type Folders, produce } from "./store.ts";
import { codeVersion, type Identity, type Json, type Task } from "./task.ts";

/** A line to the worker. */
export type Order =
  | {
    readonly order: "do";
    readonly folders: Folders;
    readonly module: string;
    readonly identity: Identity;
    readonly spec: Json;
  }
  | { readonly order: "stop" };

/** A line from the worker. */
export type Answer =
  /** A task has started a process. */
  | { readonly answer: "started"; readonly pid: number }
  | { readonly answer: "done" }
  | { readonly answer: "failed"; readonly reason: string };

async function serve(): Promise<void> {
  // What tasks print must not be taken for answers.
  console.log = console.info = console.debug = console.error;
  // Ctrl-C at a terminal goes to all processes: the one that gives the orders says what stops.
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, () => {});
  const children = new Set<number>();
  let abort = new AbortController();
  const run = async ({ folders, module, identity, spec }: Order & { readonly order: "do" }) => {
    abort = new AbortController();
    const { signal } = abort;
    const started = (pid: number) => {
      children.add(pid);
      answer({ answer: "started", pid });
    };
    // What runs must be what the output is filed under: sources may have changed since the task was given out.
    const checked = sameCode(module, identity).then((wrong) => {
      if (wrong !== null) abort.abort();
      return wrong;
    });
    try {
      const { [identity.task]: task } = await import(module) as Readonly<
        Record<string, Task<Json, Json>>
      >;
      if (typeof task?.work !== "function") {
        throw new Error(`${module} exports no task of the name ${identity.task}`);
      }
      const produced = await produce(folders, identity, (folder) =>
        pipe(
          task.work(spec, { folder, signal, started }),
          TE.chainFirst(() => async () => {
            const wrong = await checked;
            return wrong === null ? E.right(undefined) : E.left(wrong);
          }),
          TE.orElse((error) => async () => E.left(await checked ?? error)),
        ))();
      children.clear();
      answer(
        E.isRight(produced)
          ? { answer: "done" }
          : { answer: "failed", reason: reasonOf(produced.left) },
      );
    } catch (thrown) {
      const reason = thrown instanceof Error ? thrown.message : String(thrown);
      answer({ answer: "failed", reason });
    }
  };
  for await (const line of linesOf(Deno.stdin.readable)) {
    const order: Order = JSON.parse(line);
    if (order.order === "do") run(order);
    else abort.abort();
  }
  for (const pid of children) {
    try {
      Deno.kill(pid, "SIGKILL");
    } catch { /* It has ended. */ }
  }
  Deno.exit(0);
}

/** Finds whether the code that runs is another than a task is for; null where it is the same. */
async function sameCode(module: string, { task, code }: Identity): Promise<SparrowError | null> {
  const version = await codeVersion(module)();
  if (E.isRight(version) && version.right === code) return null;
  const actual = E.isLeft(version) ? describe(version.left) : version.right;
  const reason = `it is for the code ${code}, and the sources are now ${actual}`;
  return { _tag: "TaskFailed", task, spec: "", attempts: 1, reason };
}

/** The reason of a failure: of a task's own, without its name, which the one who gave it out knows. */
const reasonOf = (error: SparrowError): string =>
  error._tag === "TaskFailed" ? error.reason : describe(error);

function answer(line: Answer): void {
  const bytes = new TextEncoder().encode(JSON.stringify(line) + "\n");
  for (let done = 0; done < bytes.length;) done += Deno.stdout.writeSync(bytes.subarray(done));
}

/** Reads lines as they come. */
export async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream() as TextDecoding)) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

/** The stream's type by what is used: the library's names the buffer's type too. */
type TextDecoding = ReadableWritablePair<string, Uint8Array>;

if (import.meta.main) await serve();
