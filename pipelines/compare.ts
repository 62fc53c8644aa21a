/**
 * Compares several runs in one report: curves, final numbers, differences of their options.
 *
 *     deno run -P pipelines/compare.ts RUN_DIR…
 *
 * @module
 */
import { E } from "../graph/fp_ts.ts";
import { invalidOption, type SparrowError } from "../graph/error.ts";
import { program } from "./cli/program.ts";
import { compareRuns, readRun, type SavedRun } from "./report/comparison.ts";
import { denoFiles, type Files } from "./files/files.ts";

/** The name of the page in the output folder. */
export const COMPARE_FILE = "compare.html";

/**
 * Compares runs and writes the report, with its figures as SVG files beside it.
 *
 * @param folders Folders of runs; the others are compared with the first.
 * @param to The folder of the report.
 * @param files File system to read and write.
 * @param names Names of the runs in the report. @default the ends of their folders
 * @returns The lines to print; `InvalidOption` for no folder, one folder twice, or runs that share no
 * quantity, `FileUnavailable` and `CorruptFile` for what is not a run.
 */
export async function compare(
  folders: readonly string[],
  to: string,
  files: Files,
  names: readonly string[] = [],
): Promise<E.Either<SparrowError, readonly string[]>> {
  if (folders.length === 0) {
    return E.left(invalidOption("RUN_DIR", "nothing", "the folder of at least one run"));
  }
  const twice = folders.find((folder, i) => folders.indexOf(folder) < i);
  if (twice !== undefined) return E.left(invalidOption("RUN_DIR", twice, "each folder once"));
  const runs: SavedRun[] = [];
  for (const [i, folder] of folders.entries()) {
    const run = await readRun(folder, files)();
    if (E.isLeft(run)) return run;
    runs.push({ ...run.right, name: names[i] });
  }
  const comparison = compareRuns(runs);
  if (E.isLeft(comparison)) return comparison;
  // Loaded when it is wanted: drawing takes as long to load as everything else together.
  const { comparePage } = await import("./report/comparison_page.ts");
  const { page, drawings } = comparePage(comparison.right);
  for (const [file, text] of [...drawings, [COMPARE_FILE, page] as const]) {
    const written = await files.write(`${to}/${file}`, text)();
    if (E.isLeft(written)) return written;
  }
  const { quantities, differences } = comparison.right;
  return E.right([
    runs.length === 1
      ? "One run only: there is nothing to compare it with"
      : `${runs.length} runs share ${quantities.length} quantities; ` +
        `${differences.length} of their settings differ`,
    `${to}: ${COMPARE_FILE}, ${drawings.size} figures`,
  ]);
}

if (import.meta.main) {
  await program({
    name: "compare",
    summary:
      "Puts runs beside each other in one report: their curves, their final numbers with the\n" +
      "differences to the first, mean and deviation over seeds, and what differs in their settings.",
    operands: "RUN_DIR…",
    flags: {},
    results: "folder",
    work: (_, { operands, out }) => () => compare(operands, out, denoFiles),
  });
}
