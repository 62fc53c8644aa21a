/**
 * The command line of `deno task bench`.
 *
 * @module
 */
import type { E } from "../../graph/fp_ts.ts";
import type { InvalidOption } from "../../graph/error.ts";
import { type Flags, helpText, readOptions, type Values } from "../../pipelines/cli/options.ts";
import { sharedFlags } from "../../pipelines/cli/program.ts";

const flags = {
  help: sharedFlags.help,
  filter: { kind: "text", help: "only cases whose subject or name has this in it", value: "TEXT" },
  backend: {
    kind: "choice",
    help: "only this one [all at hand]",
    choices: ["webgpu", "wasm", "cpu"],
    fallback: null,
  },
  rounds: { kind: "integer", help: "samples of each case", least: 1, most: 1000, fallback: 7 },
  short: { kind: "switch", help: "small sizes, one call each: only to see that all of it runs" },
  data: {
    kind: "text",
    help: "folder of MNIST [../shared/mnist, or else built-in digits]",
    value: "DIR",
  },
  out: { kind: "text", help: "a file for the results as JSON lines", value: "FILE" },
  json: { kind: "switch", help: "print JSON lines in place of tables" },
} as const satisfies Flags;

/** Options of the benchmark. */
export type BenchOptions = Values<typeof flags>;

/** Reads the command line; `InvalidOption` as `readOptions` has it. */
export const readBenchOptions = (
  args: readonly string[],
): E.Either<InvalidOption, BenchOptions> => readOptions(flags, args);

/** Returns the text of `--help`. */
export const benchHelp = (): string =>
  helpText(
    "bench",
    "Measures the training step, an epoch, encoding, each kernel, the information-plane estimators\n" +
      "and the search for nearest codes, on every backend at hand.",
    flags,
  ).replace("deno run -P pipelines/bench.ts", "deno task bench --");
