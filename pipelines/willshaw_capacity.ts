/**
 * Measures what Willshaw memories hold, against what theory predicts for their size, and how they
 * complete damaged cues.
 *
 *     deno run -P pipelines/willshaw_capacity.ts --help
 *
 * @module
 */
import { E } from "../graph/fp_ts.ts";
import { describe, type SparrowError } from "../graph/error.ts";
import { seed as seeded } from "../graph/rng.ts";
import { commonFlags, type Flags, helpText, readOptions, type Values } from "./cli/options.ts";
import { exitAfter, listen, timestamp, USAGE } from "./cli/process.ts";
import { denoFiles } from "./files.ts";
import { circumstancesOf, writeResults } from "./studies/record.ts";
import { FULL, measureCapacity, QUICK } from "./willshaw/capacity.ts";
import { capacityPage } from "./willshaw/page.ts";

const { help, seed, out, quiet, debug } = commonFlags;

const flags = {
  help,
  seed,
  quick: { kind: "switch", help: "small memories only" },
  out: { ...out, help: "folder for the results [runs/willshaw_capacity-<time>]" },
  quiet,
  debug,
} as const satisfies Flags;

const RECORD_FILE = "willshaw.json";
const PAGE_FILE = "willshaw.html";

async function main(): Promise<never> {
  const read = readOptions(flags, Deno.args);
  if (E.isLeft(read)) {
    console.error(`${describe(read.left)}. See --help`);
    Deno.exit(USAGE);
  }
  const options = read.right;
  if (options.help) {
    console.log(helpText(
      "willshaw_capacity",
      "Measures what Willshaw memories hold against what theory predicts for their size, and writes\n" +
        `${RECORD_FILE} and ${PAGE_FILE}.`,
      flags,
    ));
    Deno.exit(0);
  }
  const folder = options.out ?? `runs/willshaw_capacity-${timestamp(new Date())}`;
  return await exitAfter(() => run(options, folder, listen()), {
    ...options,
    interrupted: () => "Interrupted. Nothing was written",
  });
}

/** Its work; returns the lines to print at the end. */
async function run(
  { quick, seed }: Values<typeof flags>,
  folder: string,
  signal: AbortSignal,
): Promise<E.Either<SparrowError, readonly string[]>> {
  const begun = performance.now();
  const plan = quick ? QUICK : FULL;
  const results = measureCapacity(plan, seeded(seed), () => !signal.aborted);
  if (E.isLeft(results)) return results;
  const seconds = (performance.now() - begun) / 1000;
  const config = { seed, ...plan, ...circumstancesOf({ quick }) };
  const written = await writeResults(folder, {
    [RECORD_FILE]: { config, seconds, ...results.right },
    [PAGE_FILE]: capacityPage(results.right, plan, { quick, seeds: [seed] }, config),
  }, denoFiles)();
  if (E.isLeft(written)) return written;
  return E.right([
    ...results.right.sizes.map(({ units, active, measured, predicted }) =>
      `n = ${units}, k = ${active}: ${measured?.bitsPerSynapse.toFixed(3) ?? "no"} bits per ` +
      `synapse, predicted ${predicted.toFixed(3)}`
    ),
    `${folder}: ${RECORD_FILE}, ${PAGE_FILE}`,
  ]);
}

if (import.meta.main) await main();
