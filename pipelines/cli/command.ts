/**
 * What a program that trains nothing does around its own work: read operands and flags, start a
 * backend once it is wanted, listen for Ctrl-C, print errors, exit.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import {
  describe,
  type InvalidOption,
  invalidOption,
  type SparrowError,
} from "../../graph/error.ts";
import { type BackendChoice, startBackend } from "../../ops/backend.ts";
import { type Env, quietEnv } from "../env.ts";
import { separate } from "./operands.ts";
import { commonFlags, type Flags, helpText, readOptions, type Values } from "./options.ts";
import { exitAfter, listen, USAGE } from "./process.ts";

const { help, backend, threads, quiet, debug } = commonFlags;

/** The flags that {@linkcode command} itself reads. */
const commandFlags = { backend, threads, quiet, debug, help } as const satisfies Flags;

/** The flags that {@linkcode command} itself reads. */
export type CommandFlags = typeof commandFlags;

/** What a program's work is given besides its command line. */
export interface Tools {
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** A line for a person, on standard error: standard output is for results. */
  readonly note: (line: string) => void;
  /** Starts the backend that was asked for, and makes an environment on it. */
  readonly begin: () => Promise<E.Either<SparrowError, Env>>;
}

/** A program. */
export interface Command<F extends Flags> {
  /** As in `pipelines/<name>.ts`. */
  readonly name: string;
  /** A few sentences for the help. */
  readonly summary: string;
  /** What stands without a flag, as the help shows it: "MODEL INPUT…". */
  readonly operands: string;
  /** How many there must be: at least, at most. */
  readonly count: readonly [least: number, most: number];
  /** The flags besides the common ones. */
  readonly flags: F;
  /** What is wrong about a command line that each flag by itself allows; nothing. */
  readonly refuse?: (
    options: Values<F & CommandFlags>,
    operands: readonly string[],
  ) => InvalidOption | null;
  /** Its work; returns the lines to print at the end. */
  readonly run: (
    options: Values<F & CommandFlags>,
    operands: readonly string[],
    tools: Tools,
  ) => Promise<E.Either<SparrowError, readonly string[]>>;
}

/**
 * Runs a program and exits: 0 when it is done, 1 after an error, 2 for a wrong command line, 130 when
 * it was interrupted, and then nothing was written.
 */
export async function command<F extends Flags>(program: Command<F>): Promise<never> {
  const flags = { ...program.flags, ...commandFlags } as F & CommandFlags;
  const { operands, rest } = separate(flags, Deno.args);
  const read = readOptions(flags, rest);
  if (E.isLeft(read)) return misused(read.left);
  const { help, quiet, debug, backend: choice, threads } = read.right as Values<CommandFlags>;
  if (help) {
    console.log(helpText(program.name, program.summary, flags, program.operands));
    Deno.exit(0);
  }
  const [least, most] = program.count;
  const wrong = operands.length < least || operands.length > most
    ? invalidOption(
      "the command line",
      operands.length === 0 ? "nothing" : operands.join(" "),
      program.operands,
    )
    : program.refuse?.(read.right, operands) ?? null;
  if (wrong !== null) return misused(wrong);

  const signal = listen();
  const note = quiet ? () => {} : (line: string) => console.error(line);
  const begin = async (): Promise<E.Either<SparrowError, Env>> =>
    E.map((backend: Env["backend"]): Env => ({ ...quietEnv(backend), signal, log: note }))(
      await startBackend(choice as BackendChoice, { threads })(),
    );
  return await exitAfter(() => program.run(read.right, operands, { signal, note, begin }), {
    quiet,
    debug,
    interrupted: () => "Interrupted. Nothing was written",
  });
}

function misused(error: InvalidOption): never {
  console.error(`${describe(error)}. See --help`);
  Deno.exit(USAGE);
}
