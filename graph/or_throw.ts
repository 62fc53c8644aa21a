/**
 * From errors as values to exceptions, for scripts and notebooks.
 *
 * @module
 */
import { E, type TE } from "./fp_ts.ts";
import { describe, type SparrowError } from "./error.ts";

/**
 * Runs a `TaskEither` and returns a promise of its value, or throws its error in words.
 *
 * @throws {Error} With the message of {@linkcode describe}, and the {@linkcode SparrowError} as its
 * `cause`, where the task ends in an error: the promise is rejected.
 *
 * @example
 * ```ts
 * import { orThrow } from "./or_throw.ts";
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
 * @throws {Error} With the message of {@linkcode describe}, and the {@linkcode SparrowError} as its
 * `cause`, where the result is an error.
 *
 * @example
 * ```ts
 * import { orThrow } from "./or_throw.ts";
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
