/**
 * A runnable pipeline as a process: exit codes, Ctrl-C, and the name of its results.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import { describe, type Interrupted, type SparrowError } from "../../graph/error.ts";

/** The exit code of an error. */
export const FAILED = 1;

/** The exit code of a wrong command line. */
export const USAGE = 2;

/** The exit code of Ctrl-C, as shells have it. */
const INTERRUPTED = 130;

/** Aborted at the first signal; the second exits. */
export function listen(): AbortSignal {
  const abort = new AbortController();
  const onSignal = () => {
    if (abort.signal.aborted) Deno.exit(INTERRUPTED);
    abort.abort();
  };
  Deno.addSignalListener("SIGINT", onSignal);
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", onSignal);
  return abort.signal;
}

/** 2026-11-23T12-30-05: sorts by time, and is a file name everywhere. */
export const timestamp = (date: Date): string =>
  date.toISOString().slice(0, 19).replaceAll(":", "-");

/** How a program speaks of its end. */
export interface Ending {
  /** Prints nothing but errors. */
  readonly quiet: boolean;
  /** Prints the stack of an unexpected error. */
  readonly debug: boolean;
  /** What to say after an interruption. */
  readonly interrupted: (error: Interrupted) => string | Promise<string>;
}

/**
 * Does a program's work, prints the lines that it returns, or what went wrong, and exits: 0 when it is
 * done, 1 after an error, 130 when it was interrupted.
 */
export async function exitAfter(
  work: () => Promise<E.Either<SparrowError, readonly string[]>>,
  { quiet, debug, interrupted }: Ending,
): Promise<never> {
  try {
    const result = await work();
    if (E.isRight(result)) {
      if (!quiet) { for (const line of result.right) console.log(line); }
      Deno.exit(0);
    }
    if (result.left._tag === "Interrupted") {
      console.error(await interrupted(result.left));
      Deno.exit(INTERRUPTED);
    }
    console.error(describe(result.left));
    Deno.exit(FAILED);
  } catch (thrown) {
    console.error(`Unexpected: ${thrown instanceof Error ? thrown.message : thrown}`);
    if (debug && thrown instanceof Error) console.error(thrown.stack);
    else console.error("Add --debug for the stack, and please report it");
    Deno.exit(FAILED);
  }
}
