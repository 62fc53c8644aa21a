/**
 * Feeds every parser of Sparrow with inputs that are nearly right, and counts what becomes of them.
 *
 *     deno task fuzz                       # 100,000 inputs of all kinds
 *     deno task fuzz --inputs 3000000
 *     deno task fuzz --minutes 10 --kind onnx --seed 7
 *
 * An input that makes a reader throw, give an error that is none of Sparrow's, take more than a second or too much
 * memory, or end the process, is kept in `crashes/`, which a test replays. The exit code is 1 then, and where a kind's
 * inputs are all read or all refused, for then they test little.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import { describe } from "../../graph/error.ts";
import { readOptions } from "../../pipelines/cli/options.ts";
import { positive } from "../../ops/ranges.ts";
import { table } from "../../pipelines/cli/text.ts";
import type { Crash, Orders, Report, Task } from "./batches.ts";
import { makerOf } from "./inputs.ts";
import { type Kind, kinds } from "./kinds.ts";

const flags = {
  help: { kind: "switch", help: "print this help and stop" },
  inputs: { kind: "integer", help: "inputs of all kinds", least: 1, most: 1e9, fallback: null },
  minutes: {
    kind: "number",
    help: "minutes, in place of a number",
    range: positive,
    fallback: null,
  },
  kind: { kind: "names", help: "only these", choices: Object.keys(kinds) },
  seed: { kind: "integer", help: "seed", least: 0, most: 0xffff_ffff, fallback: 1 },
} as const;

/** Inputs where nothing else is said. */
const USUAL = 100_000;

/** Inputs of a kind at least, and the part of all that they may be; slower kinds than these have fewer. */
const [LEAST, LEAST_PART, LEAST_SHARE] = [2000, 50, 2];

/** Seconds of the processor, without a report, after which the process is taken to hang. */
const PATIENCE = 60;

/** Inputs that are read one by one where a process has ended among them; a batch has no more. */
const SUSPECTS = 512;

/** Seconds of the processor that a process has taken; those that have passed, where the system does not say. */
function secondsOf({ pid }: { readonly pid: number }): number {
  try {
    const fields = Deno.readTextFileSync(`/proc/${pid}/stat`).replace(/^.*\)/, "").split(" ");
    // User's and system's time are the fields 14 and 15, in hundredths.
    return (Number(fields[12]) + Number(fields[13])) / 100;
  } catch {
    return performance.now() / 1000;
  }
}

/** The largest input that is kept as a file, in bytes; of others the number says enough. */
const LARGEST = 65_536;

/** Everything that is known of a kind so far. */
interface Sum {
  count: number;
  bytes: number;
  verdicts: Record<string, number>;
  memory: number;
  reading: number;
  slowest: Report["slowest"];
  crashes: Crash[];
}

/** Runs a process over tasks, and calls the function with each line that it writes; resolves with its end. */
async function process(
  orders: Orders,
  onLine: (line: Report | { readonly begins: number }) => void,
): Promise<{ readonly code: number; readonly hung: boolean; readonly err: string }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--no-check", "--v8-flags=--expose-gc"],
      ...[`--lock=${new URL("../deno.lock", import.meta.url).pathname}`, "--frozen"],
      ...[new URL("batches.ts", import.meta.url).pathname, JSON.stringify(orders)],
    ],
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let hung = false;
  let last = secondsOf(child);
  const timer = setInterval(() => {
    if (secondsOf(child) - last <= PATIENCE) return;
    hung = true;
    child.kill("SIGKILL");
  }, 5000);
  const errors = new Response(child.stderr).text();
  let rest = "";
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    last = secondsOf(child);
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.startsWith("{")) onLine(JSON.parse(line));
  }
  const { code } = await child.status;
  clearInterval(timer);
  return { code, hung, err: (await errors).slice(-600) };
}

/** Returns the tasks that are left after a report on the first of them. */
function after([task, ...others]: readonly Task[], { from, count, done }: Report): Task[] {
  const next = from + count;
  const left = task.count === null ? null : task.count - (next - task.from);
  return done || left === 0 ? others : [{ ...task, from: next, count: left }, ...others];
}

/** Reads all inputs, whatever they do to the process that reads them. */
async function fuzz(tasks: readonly Task[], seed: number): Promise<ReadonlyMap<string, Sum>> {
  const sums = new Map<string, Sum>();
  const sumOf = (kind: string): Sum => {
    const sum = sums.get(kind) ?? {
      ...{ count: 0, bytes: 0, verdicts: {}, memory: 0, reading: 0, crashes: [] },
      slowest: { milliseconds: 0, bytes: 0 },
    };
    sums.set(kind, sum);
    return sum;
  };
  const add = (report: Report) => {
    const sum = sumOf(report.kind);
    sum.count += report.count;
    sum.bytes += report.bytes;
    sum.reading += report.reading;
    sum.memory = Math.max(sum.memory, report.memory);
    sum.crashes.push(...report.crashes);
    for (const [name, count] of Object.entries(report.verdicts)) {
      sum.verdicts[name] = (sum.verdicts[name] ?? 0) + count;
    }
    if (report.slowest.milliseconds > sum.slowest.milliseconds) sum.slowest = report.slowest;
    for (const { kind, number, reason } of report.crashes) {
      console.error(`${kind} ${number}: ${reason}`);
    }
  };
  /** Tasks that are left; a process has ended in the first. */
  let left = [...tasks];
  while (left.length > 0) {
    const ended = await process({ seed, tasks: left, single: false }, (line) => {
      if ("begins" in line) return;
      add(line);
      left = after(left, line);
    });
    if (left.length === 0 || (ended.code === 0 && !ended.hung)) break;
    // It is among the next inputs, which are read one by one.
    const [task] = left;
    const count = Math.min(task.count ?? Infinity, SUSPECTS);
    let begins = task.from;
    const alone = await process({ seed, tasks: [{ ...task, count }], single: true }, (line) => {
      if ("begins" in line) {
        begins = line.begins;
        return;
      }
      add(line);
      left = after(left, { ...line, done: false });
    });
    if (alone.code === 0 && !alone.hung) continue;
    const { kind } = task;
    const reason = alone.hung
      ? `it was not read in ${PATIENCE} s`
      : `the process ended: ${alone.code} ${alone.err}`;
    const report: Report = {
      ...{ kind, from: begins, count: 1, bytes: 0, verdicts: { crash: 1 }, memory: 0, reading: 0 },
      crashes: [{ kind, number: begins, reason }],
      slowest: { milliseconds: 0, bytes: 0 },
      done: false,
    };
    add(report);
    left = after(left, report);
  }
  return sums;
}

/** Keeps the inputs that were not survived, the first of each reason. */
async function keep(crashes: readonly Crash[], seed: number): Promise<void> {
  const known = new Set<string>();
  for (const { kind, number, reason } of crashes) {
    const about = `${kind} ${reason.replaceAll(/\d+/g, "").slice(0, 120)}`;
    if (known.has(about)) continue;
    known.add(about);
    const input = makerOf(kinds[kind], await kinds[kind].begin(), seed).at(number);
    if (input.length > LARGEST) continue;
    const digest = await crypto.subtle.digest("SHA-256", Uint8Array.from(input));
    const hash = new Uint8Array(digest).toHex().slice(0, 12);
    await Deno.mkdir(new URL("crashes/", import.meta.url), { recursive: true });
    await Deno.writeFile(new URL(`crashes/${kind}.${hash}`, import.meta.url), input);
  }
}

const share = (part: number, whole: number): string => `${(100 * part / whole).toFixed(0)} %`;

/** Rows of the table: the verdicts on the inputs of each kind. */
function rowsOf(sums: ReadonlyMap<string, Sum>): readonly (readonly string[])[] {
  return [...sums].map(([kind, { count, bytes, verdicts, memory, reading, slowest, crashes }]) => {
    const { read = 0, crash: _, ...refusals } = verdicts;
    const refused = Object.entries(refusals).toSorted(([, a], [, b]) => b - a)
      .map(([tag, count]) => `${tag} ${count}`).join(", ");
    return [
      kind,
      String(count),
      share(read, count),
      refused,
      String(crashes.length),
      `${(memory / 2 ** 20).toFixed(0)} MB`,
      `${(1e6 * reading / bytes).toFixed(0)} ns`,
      `${slowest.milliseconds.toFixed(0)} ms (${slowest.bytes} B)`,
    ];
  });
}

async function main(): Promise<number> {
  const read = readOptions(flags, Deno.args[0] === "--" ? Deno.args.slice(1) : Deno.args);
  if (E.isLeft(read)) {
    console.error(describe(read.left));
    return 2;
  }
  const { inputs, minutes, kind, seed, help } = read.right;
  if (help) {
    console.log("deno task fuzz [--inputs N | --minutes N] [--kind NAME,…] [--seed N]");
    console.log(`Kinds: ${Object.keys(kinds).join(", ")}`);
    return 0;
  }
  const names = kind ?? Object.keys(kinds);
  const whole = names.reduce((sum, name) => sum + kinds[name].share, 0);
  const all = inputs ?? USUAL;
  const countOf = ({ share }: Kind): number => {
    const least = share < LEAST_SHARE ? 0 : Math.min(LEAST, all / LEAST_PART);
    return Math.ceil(Math.max(least, all * share / whole));
  };
  const tasks = names.map((name): Task => ({
    kind: name,
    from: 0,
    count: minutes === null ? countOf(kinds[name]) : null,
    seconds: minutes === null ? null : 60 * minutes / names.length,
  }));
  const begun = performance.now();
  // Two processes share the kinds, where there are two processors.
  const lanes = Math.min(2, navigator.hardwareConcurrency);
  const found = await Promise.all(
    Array.from(
      { length: lanes },
      (_, lane) => fuzz(tasks.filter((_, i) => i % lanes === lane), seed),
    ),
  );
  const sums = new Map(
    names.flatMap((name) =>
      found.flatMap((lane) => lane.get(name) ?? []).map((sum) => [name, sum])
    ),
  );
  const header = [
    "kind",
    "inputs",
    "read",
    "refused as",
    "crashes",
    "memory",
    "per byte",
    "slowest",
  ];
  console.log(table([header, ...rowsOf(sums)]));
  const totals = [...sums.values()];
  const crashes = totals.flatMap(({ crashes }) => crashes);
  const count = totals.reduce((sum, { count }) => sum + count, 0);
  const seconds = Math.round((performance.now() - begun) / 1000);
  console.log(`${count} inputs in ${seconds} s, seed ${seed}: ${crashes.length} crashes`);
  await keep(crashes, seed);
  const dull = [...sums].filter(([, { count, verdicts: { read = 0 } }]) =>
    count >= 1000 && (read === 0 || read === count)
  ).map(([kind]) => kind);
  if (dull.length > 0) console.error(`All inputs are read, or all are refused: ${dull}`);
  return crashes.length > 0 || dull.length > 0 ? 1 : 0;
}

if (import.meta.main) Deno.exit(await main());
