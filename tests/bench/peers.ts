/**
 * Sparrow beside its peers, in one go: PyTorch, TensorFlow.js, jax-js.
 *
 *     deno task bench:peers
 *     deno task bench:peers -- --rounds 5 --epochs 20 --filter run,encoding
 *
 * Each contender is a process of its own; in a round each runs once, one after the other, so that all
 * have the same share of whatever else the machine does. Printed are medians over the rounds with the
 * quartiles, and the median of the ratios within a round: how many times as fast Sparrow is.
 *
 * What is in a time: for the training step, the mean over the steps after a warm-up, batch included;
 * for whole runs, either the whole process, start-up and reading of the data included, or what the
 * program itself says of training and evaluation, summed over the epochs; for encoding, 60,000 images
 * from bytes (Sparrow) or numbers (PyTorch) to packed codes. A peer that is missing is skipped by name.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import { describe, invalidOption } from "../../graph/error.ts";
import { type Flags, helpText, readOptions, type Values } from "../../pipelines/cli/options.ts";
import { FAILED, sharedFlags, USAGE } from "../../pipelines/cli/program.ts";
import { compact } from "../../pipelines/report/format.ts";
import { shared } from "../shared.ts";
import { machine, showMachine } from "./machine.ts";
import { contend, type Contest } from "./peers/contender.ts";
import { fixture } from "./peers/contests.ts";
import { summarise } from "./summary.ts";
import { table } from "../../pipelines/cli/text.ts";

const many = { least: 1, most: 1e6 } as const;
const flags = {
  help: sharedFlags.help,
  filter: {
    kind: "text",
    help: "only these contests: step, webgpu, run, encoding",
    value: "NAME,…",
  },
  rounds: { kind: "integer", help: "times that each is run", fallback: 3, ...many },
  steps: { kind: "integer", help: "training steps that are timed", fallback: 200, ...many },
  epochs: { kind: "integer", help: "of a whole run", fallback: 2, ...many },
  data: { kind: "text", help: "folder of MNIST [../shared/mnist]", value: "DIR" },
  peers: { kind: "text", help: "folder of the peers' programs [../shared/peers]", value: "DIR" },
  out: { kind: "text", help: "a file for the results as JSON lines", value: "FILE" },
} as const satisfies Flags;

/** Measures by round and contender; null where it failed. */
type Rounds = readonly (readonly (readonly number[] | null)[])[];

async function run(options: Values<typeof flags>): Promise<void> {
  const here = machine();
  console.log(`${showMachine(here)}; ${options.rounds} alternating rounds`);
  const { contests, missing } = await fixture({
    // Absolute: the contenders are run in the project's root.
    data: await absolute(options.data, "mnist"),
    peers: await absolute(options.peers, "peers"),
    steps: options.steps,
    epochs: options.epochs,
  });
  for (const line of missing) console.log(`Skipped ${line}`);
  const wanted = options.filter?.split(",");
  const unknown = wanted?.find((name) => contests.every((contest) => contest.name !== name));
  if (unknown !== undefined) {
    const names = contests.map(({ name }) => name).join(", ");
    throw new Error(describe(invalidOption("--filter", unknown, `some of ${names}`)));
  }
  const lines: string[] = [];
  for (const contest of contests) {
    if (wanted !== undefined && !wanted.includes(contest.name)) continue;
    const rounds = await hold(contest, options.rounds);
    contest.measures.forEach((_, at) => console.log(`\n${contestTable(contest, rounds, at)}`));
    lines.push(...contest.contenders.map(({ name }, i) => {
      const values = rounds.map((round) => round[i]);
      const { measures } = contest;
      return JSON.stringify({ measures, contender: name, values, machine: here });
    }));
  }
  if (options.out !== null) await Deno.writeTextFile(options.out, lines.join("\n") + "\n");
}

const absolute = (folder: string | null, otherwise: string): Promise<string> =>
  Deno.realPath(folder ?? shared(otherwise).pathname);

/** Runs the contenders in turns: A B C, A B C, … */
async function hold({ name, contenders }: Contest, rounds: number): Promise<Rounds> {
  const all: (readonly number[] | null)[][] = [];
  for (let round = 1; round <= rounds; round++) {
    const taken: (readonly number[] | null)[] = [];
    for (const contender of contenders) {
      const values = await contend(contender).catch((thrown: Error) => {
        console.error(`Skipped ${contender.name}: ${thrown.message}`);
        return null;
      });
      taken.push(values);
      const shown = values?.map(compact).join(", ") ?? "failed";
      console.error(`${name}, round ${round} of ${rounds}: ${contender.name}: ${shown}`);
    }
    all.push(taken);
  }
  return all;
}

function contestTable({ measures, rate, contenders }: Contest, rounds: Rounds, at: number): string {
  const known = (values: readonly (number | null)[]) => values.filter((value) => value !== null);
  const rows = contenders.map((contender, i) => {
    const values = known(rounds.map((round) => round[i]?.[at] ?? null));
    if (values.length === 0) return [contender.name, "failed", "", ""];
    const { lower, median, upper } = summarise(values);
    const ratios = known(rounds.map((round) => {
      const [ours, theirs] = [round[0]?.[at], round[i]?.[at]];
      if (ours === undefined || theirs === undefined) return null;
      return rate ? ours / theirs : theirs / ours;
    }));
    return [
      contender.name,
      compact(median),
      `${compact(lower)} to ${compact(upper)}`,
      ratios.length === 0 ? "" : `× ${summarise(ratios).median.toFixed(2)}`,
    ];
  });
  return table([[measures[at], "median", "quartiles", "Sparrow is"], ...rows]);
}

if (import.meta.main) {
  const options = readOptions(flags, Deno.args);
  if (E.isLeft(options)) {
    console.error(describe(options.left));
    Deno.exit(USAGE);
  }
  if (options.right.help) {
    const summary =
      "Measures Sparrow beside PyTorch, TensorFlow.js and jax-js, in alternating rounds.";
    console.log(
      helpText("peers", summary, flags)
        .replace("deno run -P pipelines/peers.ts", "deno task bench:peers --"),
    );
    Deno.exit(0);
  }
  try {
    await run(options.right);
    Deno.exit(0);
  } catch (thrown) {
    console.error(thrown instanceof Error ? thrown.message : thrown);
    Deno.exit(FAILED);
  }
}
