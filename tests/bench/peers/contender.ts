/**
 * A contender: Sparrow or a peer, as a program that is run and prints JSON lines.
 *
 * @module
 */

/** A program that is measured. */
export interface Contender {
  /** Name of the contender in the table. */
  readonly name: string;
  /** Command that is run. */
  readonly command: readonly [program: string, ...args: readonly string[]];
  /** The contest's measures, by what its lines say and the seconds of the whole process. */
  readonly read: (lines: readonly Line[], seconds: number) => readonly number[];
  /** Removes what it leaves; nothing by default. */
  readonly clean?: () => Promise<void>;
}

/** A JSON line of a program. */
export type Line = Readonly<Record<string, unknown>>;

/** The same work by several. */
export interface Contest {
  /** Name of the contest, which `--filter` matches. */
  readonly name: string;
  /** Names of the measures of one run, with their units: "training step, ms". */
  readonly measures: readonly string[];
  /** Whether more is better, as of images per second. */
  readonly rate: boolean;
  /** Sparrow, which the others are compared with, is the first. */
  readonly contenders: readonly Contender[];
}

/**
 * A number of the last line that has it.
 *
 * @throws {Error} Where none has.
 */
export function lastNumber(lines: readonly Line[], field: string): number {
  const value = lines.findLast((line) => typeof line[field] === "number")?.[field];
  if (typeof value === "number") return value;
  throw new Error(`it printed no ${field}`);
}

/** Runs a contender in the project's root, to its end. */
export async function contend({ command, read, clean }: Contender): Promise<readonly number[]> {
  const [program, ...args] = command;
  const begun = performance.now();
  try {
    const { success, stdout, stderr } = await new Deno.Command(program, {
      args,
      cwd: new URL("../../../", import.meta.url).pathname,
      stdin: "null",
    }).output();
    const seconds = (performance.now() - begun) / 1000;
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    if (!success) throw new Error(text(stderr).trim().split("\n").at(-1) || "it failed");
    const lines = text(stdout).split("\n").filter((line) => line.startsWith("{"));
    return read(lines.map((line) => JSON.parse(line)), seconds);
  } finally {
    await clean?.();
  }
}
