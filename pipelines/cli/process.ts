/**
 * A runnable pipeline as a process: exit codes, Ctrl-C, and the name of its results.
 *
 * @module
 */
/** The exit code of an error. */
export const FAILED = 1;

/** The exit code of a wrong command line, and of missing permissions. */
export const USAGE = 2;

/** The exit code of an interruption by Ctrl-C, by the custom of shells. */
export const INTERRUPTED = 130;

/** Listens for Ctrl-C: the first signal aborts what is returned, the second exits. */
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

/** A time as 2026-11-23T12-30-05, which sorts by time and is a file name on every system. */
export const timestamp = (date: Date): string =>
  date.toISOString().slice(0, 19).replaceAll(":", "-");
