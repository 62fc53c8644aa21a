/**
 * A runnable pipeline as a process: exit codes, Ctrl-C, and the name of its results.
 *
 * @module
 */

/** The exit code of an error. */
export const FAILED = 1;

/** The exit code of a wrong command line. */
export const USAGE = 2;

/** The exit code of Ctrl-C, as shells have it. */
export const INTERRUPTED = 130;

/** The software Vulkan driver complains on standard error where this variable is missing. */
export function quietVulkan(): void {
  const name = "XDG_RUNTIME_DIR";
  if (Deno.permissions.querySync({ name: "env", variable: name }).state !== "granted") return;
  if (Deno.env.get(name) === undefined) Deno.env.set(name, "/tmp");
}

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
