/**
 * Everything that can go wrong, as values of one union, and `orThrow`, which makes an exception of one.
 *
 * Library code returns these in `Either` or `TaskEither`; only the runnable files print them, with
 * {@linkcode describe}, and scripts and notebooks unwrap them with {@linkcode orThrow}. Each carries the facts that a
 * person needs to act on it.
 *
 * @module
 */
import { E, type TE } from "./fp_ts.ts";

/** Two shapes that do not fit, or a dimension that nothing determines. */
export interface ShapeMismatch {
  /** Names the error. */
  readonly _tag: "ShapeMismatch";
  /** The node as {@linkcode show} prints it. */
  readonly node: string;
  /** Position of the node in its graph: "2", or "1.body.0" inside a branch. */
  readonly path: string;
  /** The input that the node takes, in words. */
  readonly expected: string;
  /** The input that it was given: "[64]". */
  readonly actual: string;
}

/** A graph's text that does not parse. */
export interface ParseError {
  /** Names the error. */
  readonly _tag: "ParseError";
  /** Line of the error, counted from 1. */
  readonly line: number;
  /** Column of the error in characters, counted from 1. */
  readonly column: number;
  /** The texts that could have stood there. */
  readonly expected: readonly string[];
  /** The offending line with a caret under the place. */
  readonly frame: string;
}

/** No place that was tried had the dataset. */
export interface DatasetUnavailable {
  /** Names the error. */
  readonly _tag: "DatasetUnavailable";
  /** Name of the dataset: "MNIST". */
  readonly dataset: string;
  /** Every place that was tried, in order, and why it did not do. */
  readonly tried: readonly { readonly place: string; readonly reason: string }[];
  /** Advice on what to do, without a full stop. */
  readonly advice: string;
}

/** A file that is whole but is not the published one. */
export interface ChecksumMismatch {
  /** Names the error. */
  readonly _tag: "ChecksumMismatch";
  /** Path of the file. */
  readonly file: string;
  /** SHA-256 of the uncompressed content, in hexadecimal. */
  readonly expected: string;
  /** SHA-256 of the content that was found. */
  readonly actual: string;
}

/** A file whose bytes are not what its format demands. */
export interface CorruptFile {
  /** Names the error. */
  readonly _tag: "CorruptFile";
  /** Path of the file. */
  readonly file: string;
  /** The fault: its place, and the expected and the actual content. */
  readonly reason: string;
}

/** A file that cannot be read or written. */
export interface FileUnavailable {
  /** Names the error. */
  readonly _tag: "FileUnavailable";
  /** The operation that was tried. */
  readonly operation: "read" | "write";
  /** Path of the file. */
  readonly file: string;
  /** The reason, in words. */
  readonly reason: string;
  /** Advice on what to do, without a full stop. */
  readonly advice: string;
}

/** A database that cannot be opened, or that refuses a statement. */
export interface DatabaseUnavailable {
  /** Names the error. */
  readonly _tag: "DatabaseUnavailable";
  /** Place of the database, without a password: "memory", a folder or an address. */
  readonly database: string;
  /** The reason, in words. */
  readonly reason: string;
  /** Advice on what to do, without a full stop. */
  readonly advice: string;
}

/** A tfjs backend that does not start here. */
export interface BackendUnavailable {
  /** Names the error. */
  readonly _tag: "BackendUnavailable";
  /** Name of the backend: "webgpu", "wasm" or "cpu". */
  readonly backend: string;
  /** The reason, in words. */
  readonly reason: string;
  /** Advice on what to do, without a full stop. */
  readonly advice: string;
}

/** The GPU refused a shader, ran out of memory or was lost. */
export interface GpuError {
  /** Names the error. */
  readonly _tag: "GpuError";
  /** The reason, in words. */
  readonly reason: string;
}

/** A NaN or an infinity where a finite number must be. */
export interface NonFinite {
  /** Names the error. */
  readonly _tag: "NonFinite";
  /** Name of the tensor: "loss", "the gradient of 0.weight", or the path of a parameter. */
  readonly tensor: string;
  /** NaN, Infinity or −Infinity. */
  readonly value: number;
  /** Counted from 1. */
  readonly epoch: number;
  /** The step that made it. */
  readonly step: number;
  /** The file of the last model that was saved, or null. */
  readonly lastGood: string | null;
}

/** An option outside its range. */
export interface InvalidOption {
  /** Names the error. */
  readonly _tag: "InvalidOption";
  /** Name of the option as the user writes it: "--epochs". */
  readonly option: string;
  /** The value that was given. */
  readonly actual: string;
  /** The allowed range, in words. */
  readonly expected: string;
  /** Allowed name nearest to the given one, where that may be a misspelling. */
  readonly nearest?: string;
}

/** The user has stopped the program. */
export interface Interrupted {
  /** Names the error. */
  readonly _tag: "Interrupted";
  /** The epoch in which it happened, counted from 1. */
  readonly epoch: number;
  /** The step in which it happened. */
  readonly step: number;
}

/** A run whose tensors are gone: a stage has taken them over, or they were disposed of. */
export interface ConsumedRun {
  /** Names the error. */
  readonly _tag: "ConsumedRun";
  /** Epochs that the run had done. */
  readonly epoch: number;
  /** Steps that the run had done. */
  readonly step: number;
}

/** Any error that Sparrow returns. */
export type SparrowError =
  | ShapeMismatch
  | ParseError
  | DatasetUnavailable
  | ChecksumMismatch
  | CorruptFile
  | FileUnavailable
  | DatabaseUnavailable
  | BackendUnavailable
  | GpuError
  | NonFinite
  | InvalidOption
  | Interrupted
  | ConsumedRun;

/**
 * An {@linkcode InvalidOption}, for code that checks its options.
 *
 * @param option The option's name as the user writes it.
 * @param actual The value that was given.
 * @param expected The allowed range, in words.
 *
 * @example
 * ```ts
 * import { invalidOption } from "./error.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(invalidOption("--backend", "gpu", "auto, webgpu, wasm or cpu"), {
 *   _tag: "InvalidOption",
 *   option: "--backend",
 *   actual: '"gpu"',
 *   expected: "auto, webgpu, wasm or cpu",
 * });
 * ```
 */
export const invalidOption = (
  option: string,
  actual: unknown,
  expected: string,
): InvalidOption => ({
  _tag: "InvalidOption",
  option,
  actual: typeof actual === "string" ? `"${actual}"` : String(actual),
  expected,
});

/**
 * Describes an error for a person: the failed action, the facts, and the remedy. One line, but for a parse error, which
 * shows the place.
 *
 * @param error Any error of Sparrow's.
 *
 * @example
 * ```ts
 * import { describe, invalidOption } from "./error.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(
 *   describe(invalidOption("--epochs", -1, "an integer of at least 1")),
 *   "Cannot use --epochs: expected an integer of at least 1, current value is -1",
 * );
 * ```
 */
export function describe(error: SparrowError): string {
  switch (error._tag) {
    case "ShapeMismatch":
      return `Cannot apply ${error.node} at position ${error.path}: ` +
        `expected ${error.expected}, current value is ${error.actual}`;
    case "ParseError":
      return `Cannot parse the graph: expected ${oneOf(error.expected)} ` +
        `at line ${error.line}, column ${error.column}\n${error.frame}`;
    case "DatasetUnavailable":
      return `Cannot find ${error.dataset}: ` +
        error.tried.map(({ place, reason }) => `${place}: ${reason}`).join("; ") +
        `. ${error.advice}`;
    case "ChecksumMismatch":
      return `Cannot use ${error.file}: expected SHA-256 ${error.expected}, ` +
        `current value is ${error.actual}. Delete it and fetch it anew`;
    case "CorruptFile":
      return `Cannot use ${error.file}: ${error.reason}`;
    case "FileUnavailable":
      return `Cannot ${error.operation} ${error.file}: ${error.reason}. ${error.advice}`;
    case "DatabaseUnavailable":
      return `Cannot use the database ${error.database}: ${error.reason}. ${error.advice}`;
    case "BackendUnavailable":
      return `Cannot start the ${error.backend} backend: ${error.reason}. ${error.advice}`;
    case "GpuError":
      return `Cannot go on with the GPU: ${error.reason}`;
    case "NonFinite":
      return `Cannot go on training: ${error.tensor} is ${error.value} ` +
        `in epoch ${error.epoch}, step ${error.step}; ` +
        (error.lastGood === null
          ? "no model was saved before"
          : `the last good model is ${error.lastGood}`) +
        ". A lower learning rate may help";
    case "InvalidOption":
      return `Cannot use ${error.option}: expected ${error.expected}, ` +
        `current value is ${error.actual}` +
        (error.nearest === undefined ? "" : `. Did you mean "${error.nearest}"?`);
    case "Interrupted":
      return `Interrupted in epoch ${error.epoch} at step ${error.step}`;
    case "ConsumedRun":
      return `Cannot use the run of epoch ${error.epoch}, step ${error.step} again: ` +
        "a stage has consumed it, or it was disposed of. " +
        "Use the run that the stage returned, or give the stage a copy, fork(run)";
  }
}

function oneOf(expected: readonly string[]): string {
  if (expected.length < 2) return expected[0] ?? "something else";
  return `${expected.slice(0, -1).join(", ")} or ${expected[expected.length - 1]}`;
}

/**
 * Runs a `TaskEither` and returns a promise of its value, or throws its error in words.
 *
 * @param task Task to run.
 * @throws {Error} With the message of {@linkcode describe}, and the {@linkcode SparrowError} as its
 * `cause`, where the task ends in an error: the promise is rejected.
 *
 * @example
 * ```ts
 * import { orThrow } from "./error.ts";
 * import { TE } from "./fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(await orThrow(TE.right(26)), 26);
 * ```
 */
export function orThrow<A>(task: TE.TaskEither<SparrowError, A>): Promise<A>;
/**
 * Returns the value of an `Either`, or throws its error in words.
 *
 * @param result Result to open.
 * @throws {Error} With the message of {@linkcode describe}, and the {@linkcode SparrowError} as its
 * `cause`, where the result is an error.
 *
 * @example
 * ```ts
 * import { orThrow } from "./error.ts";
 * import { parse } from "./parse.ts";
 * import { show } from "./show.ts";
 * import { assertEquals, assertThrows } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(show(orThrow(parse("relu |> kwta(0.05)"))), "relu ▷ kwta(0.05)");
 * assertThrows(() => orThrow(parse("relu |> kwta(5%)")), Error, "line 1, column 15");
 * ```
 */
export function orThrow<A>(result: E.Either<SparrowError, A>): A;
export function orThrow<A>(
  given: E.Either<SparrowError, A> | TE.TaskEither<SparrowError, A>,
): A | Promise<A> {
  return typeof given === "function" ? awaited(given) : valueOf(given, orThrow);
}

async function awaited<A>(task: TE.TaskEither<SparrowError, A>): Promise<A> {
  return valueOf(await task(), awaited);
}

/** @param inner The innermost function of this file that an error's stack leaves out. */
function valueOf<A>(result: E.Either<SparrowError, A>, inner: (given: never) => unknown): A {
  if (E.isRight(result)) return result.right;
  const error = new Error(describe(result.left), { cause: result.left });
  // A stack that begins with the caller shows the caller's line where nothing catches the error.
  Error.captureStackTrace?.(error, inner);
  throw error;
}
