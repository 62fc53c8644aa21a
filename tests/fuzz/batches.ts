/**
 * Reads inputs by their numbers and reports on standard output, a line of JSON for each batch: the process that
 * `fuzz.ts` starts, and starts again where an input has ended it.
 *
 *     deno run -A --v8-flags=--expose-gc tests/fuzz/batches.ts '{"seed": 1, "tasks": [{"kind": "idx", "from": 0, "count": 9, "seconds": null}], "single": false}'
 *
 * @module
 */
import { makerOf } from "./inputs.ts";
import { MOST_MEMORY, MOST_TIME, SPARE, timeOf, verdictOf } from "./judge.ts";
import { kinds, type Verdict } from "./kinds.ts";

/** Inputs of a kind to be read. */
export interface Task {
  readonly kind: string;
  /** Number of the first. */
  readonly from: number;
  /** Number of inputs; null for as many as there is time for. */
  readonly count: number | null;
  /** Seconds after which no more are read; null for all of them. */
  readonly seconds: number | null;
}

/** Orders of the process. */
export interface Orders {
  readonly seed: number;
  readonly tasks: readonly Task[];
  /** Whether each input is a batch of its own, whose number is written before it is read. */
  readonly single: boolean;
}

/** An input that was not survived. */
export interface Crash {
  readonly kind: string;
  readonly number: number;
  readonly reason: string;
}

/** The report on a batch. */
export interface Report {
  readonly kind: string;
  readonly from: number;
  readonly count: number;
  readonly bytes: number;
  /** Inputs by what became of them. */
  readonly verdicts: Readonly<Record<string, number>>;
  readonly crashes: readonly Crash[];
  /** The most bytes that the process took above where it was at rest. */
  readonly memory: number;
  /** Milliseconds of reading, the longest of one input, and its bytes. */
  readonly reading: number;
  readonly slowest: { readonly milliseconds: number; readonly bytes: number };
  /** Whether the kind's task is done. */
  readonly done: boolean;
}

const gc = (globalThis as { readonly gc?: () => void }).gc ?? (() => {});

/** Milliseconds of a batch, and its most inputs. */
const [BATCH_TIME, BATCH_SIZE] = [100, 512];

/** A wait after which the time of the thread is measured: the machine may only be busy. */
const SUSPICIOUS = 250;

const kilobytes = (name: string): number =>
  1024 * Number(
    new RegExp(`${name}:\\s*(\\d+)`).exec(Deno.readTextFileSync("/proc/self/status"))?.[1] ?? 0,
  );

/** Memory of this process: by the kernel's mark of the highest on Linux, else as it is when it is asked for. */
const memory = (() => {
  try {
    Deno.writeTextFileSync("/proc/self/clear_refs", "5");
    return {
      now: () => kilobytes("VmRSS"),
      highest: () => kilobytes("VmHWM"),
      lower: () => Deno.writeTextFileSync("/proc/self/clear_refs", "5"),
    };
  } catch {
    const now = () => Deno.memoryUsage().rss;
    return { now, highest: now, lower: () => {} };
  }
})();

const wordsOf = (thrown: unknown): string =>
  String(thrown instanceof Error ? thrown.stack ?? thrown.message : thrown).slice(0, 600);

const say = (report: Report): void => console.log(JSON.stringify(report));

/** Reads the inputs of one kind. */
async function work({ kind: name, from, count, seconds }: Task, { seed, single }: Orders) {
  const kind = kinds[name];
  const subject = await kind.begin();
  const maker = makerOf(kind, subject, seed);
  const { output = () => 0 } = kind;
  // What is loaded or compiled with the first belongs to the program at rest.
  for (const good of subject.good) await subject.read(good);
  const begun = performance.now();
  gc();
  let rest = memory.now();
  const isLate = () => seconds !== null && performance.now() - begun > 1000 * seconds;
  for (let at = from, end = from + (count ?? Infinity); at < end && !isLate();) {
    const [first, start] = [at, performance.now()];
    const [verdicts, crashes]: [Record<string, number>, Crash[]] = [{}, []];
    let [bytes, reading, largest] = [0, 0, 0];
    let slowest = { milliseconds: 0, bytes: 0 };
    memory.lower();
    do {
      const input = maker.at(at);
      if (single) console.log(JSON.stringify({ begins: at }));
      const before = performance.now();
      const crash = (reason: string) => crashes.push({ kind: name, number: at, reason });
      let verdict = "crash";
      let made = 0;
      try {
        const result: Verdict = await subject.read(input);
        verdict = verdictOf(result);
        made = output(result);
      } catch (thrown) {
        crash(wordsOf(thrown));
      }
      const milliseconds = performance.now() - before;
      if (milliseconds > SUSPICIOUS && verdict !== "crash") {
        const took = await timeOf(() => subject.read(input));
        if (took > MOST_TIME) crash(`it took ${Math.round(took)} ms for ${input.length} bytes`);
      }
      verdicts[verdict] = (verdicts[verdict] ?? 0) + 1;
      if (milliseconds > slowest.milliseconds) slowest = { milliseconds, bytes: input.length };
      largest = Math.max(largest, input.length + made);
      bytes += input.length;
      reading += milliseconds;
      at++;
    } while (
      !single && at < end && at - first < BATCH_SIZE && performance.now() - start < BATCH_TIME
    );
    let highest = memory.highest() - rest;
    if (highest > SPARE / 2) {
      // The waste of many inputs, or one that takes too much: each is read alone.
      highest = 0;
      for (let number = first; number < at; number++) {
        const input = maker.at(number);
        gc();
        // What the process keeps does not count for the next.
        const now = memory.now();
        memory.lower();
        let made = 0;
        try {
          made = output(await subject.read(input));
        } catch { /* It was reported. */ }
        const took = memory.highest() - now;
        highest = Math.max(highest, took);
        if (took > MOST_MEMORY * (input.length + made) + SPARE) {
          const reason = `it took ${took} bytes of memory for ${input.length} bytes`;
          crashes.push({ kind: name, number, reason });
        }
      }
      gc();
      rest = Math.max(rest, memory.now());
    }
    say({
      ...{ kind: name, from: first, count: at - first, bytes, verdicts, crashes, reading, slowest },
      memory: highest,
      done: seconds === null ? at >= end : isLate(),
    });
  }
}

if (import.meta.main) {
  const orders = JSON.parse(Deno.args[0]) as Orders;
  for (const task of orders.tasks) await work(task, orders);
}
