import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "../assert.ts";
import { invalidOption, orThrow, type ParseError, type SparrowError } from "../../graph/error.ts";
import { E, TE } from "../../graph/fp_ts.ts";
import { cases } from "./error_cases.ts";

Deno.test("orThrow: the value of an Either, and a promise of that of a TaskEither, typed", async () => {
  const value: number = orThrow(E.right(26));
  const later: Promise<string> = orThrow(TE.right("26"));
  assertEquals([value, await later], [26, "26"]);
  const either: E.Either<ParseError, readonly number[]> = E.right([1]);
  const numbers: readonly number[] = orThrow(either);
  assertEquals(numbers, [1]);
  // @ts-expect-error the value is a number
  const text: string = orThrow(E.right(26));
  assertEquals(typeof text, "number");
});

Deno.test("orThrow: every kind of error is thrown as its description, with itself as the cause", async () => {
  for (const [error, text] of Object.values(cases)) {
    const thrown = assertThrows(() => orThrow(E.left<SparrowError>(error)), Error);
    assertEquals([thrown.message, thrown.cause], [text, error]);
    const rejected = await assertRejects(() => orThrow(TE.left<SparrowError>(error)), Error);
    assertEquals([rejected.message, rejected.cause], [text, error]);
  }
});

Deno.test("orThrow: the stack begins at the caller's line", async () => {
  const error = invalidOption("x", 1, "2");
  const thrown = assertThrows(() => orThrow(E.left(error)), Error);
  const rejected = await assertRejects(async () => await orThrow(TE.left(error)), Error);
  for (const { stack } of [thrown, rejected]) {
    assert(!stack!.includes("graph/error.ts"), stack);
    assertStringIncludes(stack!, "or_throw_test.ts");
  }
});
