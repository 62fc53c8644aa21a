/**
 * Tasks: pure functions from a JSON spec to outputs that are addressed by their input.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { E, type TE } from "../../graph/fp_ts.ts";
import type { FileUnavailable, SparrowError } from "../../graph/error.ts";
import { VERSION } from "../core/version.ts";
import { unavailable } from "../files/files.ts";

/** A JSON value. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/** The surroundings of a task's work, in a worker's process. */
export interface TaskContext {
  /** New folder for the task's files, which become its output when the task has ended well. */
  readonly folder: string;
  /** Aborted where the task is cancelled. */
  readonly signal: AbortSignal;
  /** Announces a process that the task has started: it is ended with the worker, however that ends. */
  readonly started: (pid: number) => void;
}

/**
 * A task. Its output is found again by spec, code version and backend, so nothing else may change it: neither time nor
 * worker nor what other tasks did.
 */
export interface Task<Spec extends Json, Row extends Json> {
  /** Name under which {@linkcode Task.module} exports it. */
  readonly name: string;
  /** Address of the module that exports it, which workers import: `import.meta.url`. */
  readonly module: string;
  /**
   * Backend that its bits depend on: "cpu", "wasm" or "webgpu:ADAPTER", which a worker must have.
   *
   * @default any
   */
  readonly backend?: (spec: Spec) => string;
  /** Part of the spec that determines the output. @default all of it */
  readonly essence?: (spec: Spec) => Json;
  /** Whether a value that was read from a file is a row of this task. */
  readonly isRow: (value: unknown) => value is Row;
  /** Does the work. The row and all files must follow from the spec alone. */
  readonly work: (spec: Spec, context: TaskContext) => TE.TaskEither<SparrowError, Row>;
}

/** The input that a task's output is addressed by. */
export interface Identity {
  /** Name of the task. */
  readonly task: string;
  /** Spec, or the part of it that determines the output. */
  readonly spec: Json;
  /** Version of the code, as {@linkcode codeVersion} gives it. */
  readonly code: string;
  /** Backend; "any" for tasks that depend on none. */
  readonly backend: string;
}

/** Returns the input that the output of a task is addressed by. */
export const identityOf = <Spec extends Json, Row extends Json>(
  { name, backend = () => "any", essence = (spec) => spec }: Task<Spec, Row>,
  spec: Spec,
  code: string,
): Identity => ({ task: name, spec: essence(spec), code, backend: backend(spec) });

/**
 * Writes a JSON value so that equal values give equal text: keys sorted by their UTF-16 units, no spaces, as RFC 8785
 * (the JSON Canonicalization Scheme) has it.
 *
 * @param value Value to write.
 * @throws {TypeError} Where a number is not finite, which JSON cannot say.
 *
 * @example
 * ```ts
 * import { canonical } from "./task.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(canonical({ seed: 1, options: { b: [1, 2], a: null } }), '{"options":{"a":null,"b":[1,2]},"seed":1}');
 * ```
 */
export function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value === "object" && value !== null) {
    const record = value as { readonly [key: string]: Json };
    const fields = Object.keys(record).sort()
      .map((key) => `${JSON.stringify(key)}:${canonical(record[key])}`);
    return `{${fields.join()}}`;
  }
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new TypeError(`Cannot write a spec: expected finite numbers, current value is ${value}`);
  }
  return JSON.stringify(value);
}

/**
 * Computes the name of a task's output: the SHA-256, in hexadecimal, of its canonical input.
 *
 * @param identity Input that the output depends on.
 *
 * @example
 * ```ts
 * import { keyOf } from "./task.ts";
 * import { assertEquals, assertNotEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const identity = { task: "train", spec: { seed: 1, epochs: 5 }, code: "0.2.0", backend: "wasm" };
 * assertEquals(keyOf(identity), keyOf({ ...identity, spec: { epochs: 5, seed: 1 } }));
 * assertNotEquals(keyOf(identity), keyOf({ ...identity, backend: "cpu" }));
 * ```
 */
export const keyOf = ({ task, spec, code, backend }: Identity): string =>
  hexOf(canonical({ task, spec, code, backend }));

/** Computes a SHA-256 in hexadecimal. */
export const hexOf = (data: string | Uint8Array): string =>
  createHash("sha256").update(data).digest("hex");

// ---- Code version

/** The folders whose sources make the code's version. They name their packages with versions. */
const SOURCES = ["graph", "ops", "pipelines"];

const root = new URL("../../", import.meta.url);

/**
 * Computes the version of the code that runs: Sparrow's version, the first twelve digits of a SHA-256 of its sources
 * and of the task's module (without what that imports of its own), and Deno's version. Where Sparrow was not loaded from files, its version stands for its
 * sources.
 *
 * @param module Address of the module that exports the task.
 * @returns Text such as "0.2.0-3f2a91bc04de-deno2.9.6"; `FileUnavailable` where the sources cannot be read.
 */
export const codeVersion = (module: string): TE.TaskEither<FileUnavailable, string> => async () => {
  const hashes: string[] = [];
  try {
    if (root.protocol === "file:") {
      for (const name of SOURCES) {
        for (const path of filesOf(new URL(name, root))) {
          hashes.push(`${path.href.slice(root.href.length)} ${hexOf(Deno.readFileSync(path))}`);
        }
      }
    }
    if (!SOURCES.some((name) => module.startsWith(new URL(`${name}/`, root).href))) {
      const text = module.startsWith("file:")
        ? await Deno.readFile(new URL(module))
        : new Uint8Array(await (await fetch(module)).arrayBuffer());
      hashes.push(hexOf(text));
    }
  } catch (cause) {
    return E.left(unavailable("read", module, cause));
  }
  const sources = hexOf(hashes.sort().join("\n")).slice(0, 12);
  return E.right(`${VERSION}-${sources}-deno${Deno.version.deno}`);
};

/** The files in a folder, but those that no program reads. */
function* filesOf(folder: URL): Generator<URL> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = new URL(`${folder.href}/${encodeURIComponent(name)}`);
    if (isDirectory) yield* filesOf(path);
    else if (!name.endsWith(".md")) yield path;
  }
}
