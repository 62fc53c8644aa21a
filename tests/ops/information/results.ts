/**
 * Assertions on the results of estimators.
 *
 * @module
 */
import { E } from "../../../graph/fp_ts.ts";
import { describe, type SparrowError } from "../../../graph/error.ts";
import { assertStringIncludes, fail } from "../../assert.ts";

/** The value; fails with the error's words if there is none. */
export function right<A>(result: E.Either<SparrowError, A>): A {
  return E.isRight(result) ? result.right : fail(describe(result.left));
}

/** Fails unless the result is an error whose words contain all of these. */
export function assertError(result: E.Either<SparrowError, unknown>, ...words: string[]): void {
  if (E.isRight(result)) fail(`expected an error, got ${JSON.stringify(result.right)}`);
  const said = describe(result.left);
  for (const word of words) assertStringIncludes(said, word);
}
