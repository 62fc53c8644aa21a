/**
 * Measures the capacity of Willshaw memories against the predictions of theory for their size, and
 * their completion of damaged cues.
 *
 *     deno run -P pipelines/willshaw_capacity.ts --help
 *
 * @module
 */
import { E } from "../graph/fp_ts.ts";
import { seed as seeded } from "../graph/rng.ts";
import type { Flags } from "./cli/options.ts";
import { type Context, type Options, program, sharedFlags } from "./cli/program.ts";
import { denoFiles } from "./files/files.ts";
import { circumstancesOf, writeResults } from "./studies/record.ts";
import { FULL, measureCapacity, QUICK } from "./studies/willshaw/capacity.ts";
import { capacityPage } from "./studies/willshaw/page.ts";

const flags = {
  seed: sharedFlags.seed,
  quick: { kind: "switch", help: "measure small memories only" },
} as const satisfies Flags;

const RECORD_FILE = "willshaw.json";
const PAGE_FILE = "willshaw.html";

const work = ({ quick, seed }: Options<typeof flags>, { out, signal }: Context) => async () => {
  const begun = performance.now();
  const plan = quick ? QUICK : FULL;
  const results = measureCapacity(plan, seeded(seed), () => !signal.aborted);
  if (E.isLeft(results)) return results;
  const seconds = (performance.now() - begun) / 1000;
  const config = { seed, ...plan, ...circumstancesOf({ quick }) };
  const written = await writeResults(out, {
    [RECORD_FILE]: { config, seconds, ...results.right },
    [PAGE_FILE]: capacityPage(results.right, plan, { quick, seeds: [seed] }, config),
  }, denoFiles)();
  if (E.isLeft(written)) return written;
  return E.right([
    ...results.right.sizes.map(({ units, active, measured, predicted }) =>
      `n = ${units}, k = ${active}: ${measured?.bitsPerSynapse.toFixed(3) ?? "no"} bits per ` +
      `synapse, predicted ${predicted.toFixed(3)}`
    ),
    `${out}: ${RECORD_FILE}, ${PAGE_FILE}`,
  ]);
};

if (import.meta.main) {
  await program({
    name: "willshaw_capacity",
    summary:
      "Measures what Willshaw memories hold against what theory predicts for their size, and writes\n" +
      `${RECORD_FILE} and ${PAGE_FILE}.`,
    flags,
    results: "folder",
    work,
  });
}
