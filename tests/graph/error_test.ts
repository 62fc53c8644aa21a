import { assert, assertEquals, assertFalse } from "../assert.ts";
import { describe, invalidOption } from "../../graph/error.ts";
import { cases } from "./error_cases.ts";

Deno.test("every error is described with its facts", () => {
  for (const [error, text] of Object.values(cases)) assertEquals(describe(error), text);
});

Deno.test("every error is described in one line, but for a parse error, which has three", () => {
  for (const [error] of Object.values(cases)) {
    const lines = describe(error).split("\n").length;
    assertEquals(lines, error._tag === "ParseError" ? 3 : 1, error._tag);
    assertFalse(describe(error).endsWith("."), error._tag);
  }
});

Deno.test("nothing that an error names steers a terminal or breaks its line", () => {
  const steers = "\x1b]0;title\x07\x9b31m\r\n\u202eexe";
  const within = (value: unknown): unknown =>
    typeof value === "string"
      ? value + steers
      : Array.isArray(value)
      ? value.map(within)
      : typeof value === "object" && value !== null
      ? Object.fromEntries(
        Object.entries(value).map(([key, of]) => [
          key,
          key === "_tag" ? of : within(of),
        ]),
      )
      : value;
  for (const [error] of Object.values(cases)) {
    const said = describe(within(error) as typeof error);
    const lines = error._tag === "ParseError"
      ? /[^\n\P{Cc}]|\p{Bidi_Control}/u
      : /\p{Cc}|\p{Bidi_Control}/u;
    assertFalse(lines.test(said), said);
    if (Object.values(error).length > 3) assert(said.includes("\\u001b]0;title\\u0007"), said);
  }
});

Deno.test("every error is plain data", () => {
  for (const [error] of Object.values(cases)) assertEquals(structuredClone(error), error);
});

Deno.test("what was expected is listed as one says it", () => {
  const parseError = { ...cases.ParseError[0], frame: "  \n  ^" };
  const said = (...expected: readonly string[]) =>
    describe({ ...parseError, expected }).split(" at line")[0];
  assertEquals(said("a node"), "Cannot parse the graph: expected a node");
  assertEquals(said("a", "b"), "Cannot parse the graph: expected a or b");
  assertEquals(said("a", "b", "c"), "Cannot parse the graph: expected a, b or c");
  assertEquals(said(), "Cannot parse the graph: expected something else");
});

Deno.test("without a saved model a non-finite number says so", () => {
  assert(
    describe({ ...cases.NonFinite[0], lastGood: null }).includes("; no model was saved before. "),
  );
});

Deno.test("invalidOption shows the value as the user wrote it", () => {
  const actual = (value: unknown) => invalidOption("x", value, "a number").actual;
  assertEquals(
    ["a b", 2.5, NaN, true, null, undefined, 3n].map(actual),
    ['"a b"', "2.5", "NaN", "true", "null", "undefined", "3"],
  );
});
