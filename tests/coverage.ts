/**
 * Prints what the tests cover: branches, functions and lines of all sources, and the files of which they cover least.
 *
 *     deno task coverage                          # runs the tests that may share the processors, and prints
 *     deno run -A tests/coverage.ts FOLDER graph  # prints what was counted into a folder before, of graph/ alone
 *
 * Programs that tests start as processes are not counted. Tests count where the environment variable
 * SPARROW_COVERAGE names a folder (`run.ts`); that takes about a quarter more time, so CI names in SPARROW_COVERED
 * those folders of tests that count.
 *
 * @module
 */

/** Files that are named. */
const NAMED = 25;

interface Covered {
  readonly file: string;
  /** Percentages of branches, functions and lines. */
  readonly branches: number;
  readonly functions: number;
  readonly lines: number;
}

const root = new URL("..", import.meta.url);

/** Reads the table that `deno coverage` prints. */
export function parseTable(text: string): readonly Covered[] {
  return text.split("\n").flatMap((line) => {
    const cells = line.split("|").map((cell) => cell.trim()).filter((cell) => cell !== "");
    const numbers = cells.slice(1).map(Number);
    if (numbers.length !== 3 || numbers.some(Number.isNaN)) return [];
    const [branches, functions, lines] = numbers;
    return [{ file: cells[0], branches, functions, lines }];
  });
}

const written = ({ file, branches, functions, lines }: Covered): string =>
  `${file}: ${branches} % of branches, ${functions} % of functions, ${lines} % of lines`;

async function deno(args: readonly string[], env: Record<string, string>): Promise<string | null> {
  const show = args[0] !== "coverage";
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: root,
    env: { ...env, NO_COLOR: "1" },
    stdout: show ? "inherit" : "piped",
    stderr: "inherit",
  }).output();
  return success ? show ? "" : new TextDecoder().decode(stdout) : null;
}

async function main(): Promise<number> {
  const [given, ...sources] = Deno.args;
  const included = sources.length === 0 ? [] : [`--include=^${root}(${sources.join("|")})/`];
  const folder = given ?? await Deno.makeTempDir({ prefix: "sparrow-coverage-" });
  try {
    if (given === undefined) {
      const args = ["run", "--frozen", "-P=test", "--lock=tests/deno.lock", "tests/run.ts"];
      // What has failed is said, and what was covered until then is printed nevertheless.
      await deno(args, { SPARROW_COVERAGE: folder });
    }
    const table = await deno(
      ["coverage", ...included, "--exclude=/tests/|/npm/|^data:|bundle\\.js", folder],
      {},
    );
    if (table === null) return 1;
    const files = parseTable(table);
    const total = files.find(({ file }) => file === "All files");
    const least = files.filter(({ file }) => file !== "All files")
      .toSorted((a, b) => a.branches + a.lines - b.branches - b.lines).slice(0, NAMED);
    console.log(
      `The tests cover least of:\n${least.map((file) => `  ${written(file)}`).join("\n")}`,
    );
    console.log(total === undefined ? "Nothing was counted" : written(total));
    return total === undefined ? 1 : 0;
  } finally {
    if (given === undefined) await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) Deno.exit(await main());
