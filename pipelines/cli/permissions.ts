/**
 * Permissions of Deno for a program that was started without them. At a terminal Deno asks, at most three times, each
 * time after a line that gives the purpose; elsewhere one line shows how to start the program.
 *
 * `deno run -P` and `deno run -A` grant all permissions in advance.
 *
 * @module
 */
import { type DataEnv, denoDataEnv } from "../data/environment.ts";

/** Deno asks only where a person can read the question and answer it. */
const canAsk = (): boolean => Deno.stdin.isTerminal() && Deno.stderr.isTerminal();

const isGranted = (permission: Deno.PermissionDescriptor): boolean =>
  Deno.permissions.querySync(permission).state === "granted";

/** Requests a permission through Deno, after a line that gives the purpose. */
function ask(permission: Deno.PermissionDescriptor, purpose: string): boolean {
  console.error(purpose);
  return Deno.permissions.requestSync(permission).state === "granted";
}

/** The command line that starts a program with its permissions. */
export const startLine = (name: string): string => `deno run -P pipelines/${name}.ts`;

/**
 * Obtains the permissions that a program needs from the beginning: to read files, to write its results,
 * and to serve its dashboard.
 *
 * Where permissions were given as flags and no terminal can answer, no other permission is requested: the error of what
 * fails then names the flag.
 *
 * @param name The program's name, as in `pipelines/<name>.ts`.
 * @param folder The folder of its results; null where it writes none.
 * @param serves Service for this machine, in words for a person; null for none.
 * @returns The permission without which it cannot start; null where it may.
 */
export function missingPermission(
  name: string,
  folder: string | null,
  serves: string | null,
): "read" | "write" | "net" | null {
  const mayRead = isGranted({ name: "read" }) || isGranted({ name: "read", path: folder ?? "." });
  if (!mayRead) {
    const purpose = `${name} reads files: its own, datasets and models. ` +
      `(${startLine(name)} asks nothing.)`;
    if (!canAsk() || !ask({ name: "read" }, purpose)) return "read";
  }
  if (!canAsk()) return null;
  if (folder !== null && !isGranted({ name: "write", path: folder })) {
    // The whole of runs/ where results go there: downloaded datasets are kept in it too.
    const inRuns = /^(\.\/)?runs\//.test(folder) && !folder.includes("..");
    const path = inRuns ? "runs" : folder;
    if (!ask({ name: "write", path }, `It writes its results to ${folder}.`)) return "write";
  }
  const local = { name: "net", host: "127.0.0.1" } as const;
  return serves === null || isGranted(local) || ask(local, serves) ? null : "net";
}

/**
 * Whether `auto` leaves out the GPU. On Linux a graphics driver complains on standard error where the variable
 * XDG_RUNTIME_DIR is missing, and a program without permission for the variable cannot prevent it. A program that was
 * started without its permissions therefore runs on wasm, and prints how to start it with a GPU.
 */
export const withoutGpu = (): boolean =>
  Deno.build.os === "linux" && !isGranted({ name: "env", variable: "XDG_RUNTIME_DIR" });

/** Time for a download that began with a question: its own limit ran while a person read, in ms. */
const ASKED_LIMIT = 5 * 60_000;

/**
 * Environment in which programs load datasets: {@linkcode denoDataEnv}, but a permission is requested only for a
 * dataset that is not on this machine, and only for the first host that has it.
 */
export function programDataEnv(): DataEnv {
  let asked = false;
  return {
    ...denoDataEnv,
    variable: (name) =>
      isGranted({ name: "env", variable: name }) ? denoDataEnv.variable(name) : undefined,
    permitted: (operation, path) => Promise.resolve(isGranted({ name: operation, path })),
    fetch: async (url, options) => {
      const { host } = new URL(url);
      const net = { name: "net", host } as const;
      // Where nobody can answer, Deno's own error names the flag.
      if (isGranted(net) || !canAsk()) return await denoDataEnv.fetch(url, options);
      const purpose = `The dataset was not found on this machine: it is downloaded from ${host}.`;
      const mayFetch = !asked && ask(net, purpose);
      asked = true;
      if (!mayFetch) throw new Error(`Deno may not reach ${host}: --allow-net=${host}`);
      return await denoDataEnv.fetch(url, { signal: AbortSignal.timeout(ASKED_LIMIT) });
    },
  };
}
