/**
 * Graphs from text: `parse`, and the `graph` template.
 *
 * @module
 */
import { E, pipe } from "./fp_ts.ts";
import { describe, type ParseError } from "./error.ts";
import { graphParser } from "./grammar.ts";
import type { Graph, Nodes } from "./node.ts";
import { stream } from "./parser_ts.ts";

/** Longer texts are refused: no graph that a person writes comes near. */
const LONGEST = 50_000;

/**
 * The graph that a text describes.
 *
 * @param source Nodes with ▷ or |> between them: `linear(784, 64) ▷ relu`.
 * @returns The graph, or a `ParseError` that shows the place and what was expected there.
 *
 * @example
 * ```ts
 * import { parse } from "./parse.ts";
 * import { describe } from "./error.ts";
 * import { E, pipe } from "./fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(
 *   pipe(parse("linear(784, 64) ▷ kwta(5)"), E.mapLeft(describe)),
 *   E.left(
 *     "Cannot parse the graph: expected sparsity, a number above 0 and at most 1 " +
 *     "at line 1, column 24\n" +
 *     "  linear(784, 64) ▷ kwta(5)\n" +
 *     "                         ^",
 *   ),
 * );
 * ```
 */
export const parse = (source: string): E.Either<ParseError, Graph> => parseWith(source, []);

/**
 * A graph written in the source code. `${…}` splices a sub-graph or a number.
 *
 * @returns The graph. Shapes are left to shape inference.
 * @throws {SyntaxError} When the text does not parse, as a mistake in the program; its `cause` is
 * the `ParseError`. For text that comes from elsewhere use {@linkcode parse}.
 *
 * @example
 * ```ts
 * import { graph } from "./parse.ts";
 * import { show } from "./show.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const trunk = graph`linear(784, 64) ▷ relu`;
 * const encoder = graph`
 *   ${trunk}
 *   ▷ linear(64, ${512})
 *   ▷ kwta(0.05)
 * `;
 * assertEquals(show(encoder), "linear(784, 64) ▷ relu ▷ linear(64, 512) ▷ kwta(0.05)");
 * ```
 */
export function graph(
  texts: TemplateStringsArray,
  ...values: readonly (Nodes | number)[]
): Graph {
  const spliced: Nodes[] = [];
  const source = texts.reduce((written, text, i) => {
    const value = values[i - 1];
    if (typeof value === "number") return written + value + text;
    return written + "${" + (spliced.push(value) - 1) + "}" + text;
  });
  const parsed = parseWith(source, spliced);
  if (E.isLeft(parsed)) throw new SyntaxError(describe(parsed.left), { cause: parsed.left });
  return parsed.right;
}

const parseWith = (source: string, spliced: readonly Nodes[]): E.Either<ParseError, Graph> =>
  source.length > LONGEST
    ? E.left(errorAt(source, LONGEST, [`a text of at most ${LONGEST} characters`]))
    : pipe(
      graphParser(spliced)(stream(source.split(""))),
      E.bimap(
        ({ input, expected }) => errorAt(source, input.cursor, expected),
        ({ value }): Graph => value,
      ),
    );

function errorAt(source: string, cursor: number, expected: readonly string[]): ParseError {
  const before = source.slice(0, cursor).split(/\r\n|\n|\r/);
  const column = before[before.length - 1].length;
  const line = source.split(/\r\n|\n|\r/)[before.length - 1];
  // A window, so that the caret stays in sight in a long line.
  const from = Math.max(0, column - 60);
  // Tabs would move the caret, and escape sequences more than that.
  const window = line.slice(from, from + 80).replace(/\p{Cc}/gu, " ");
  return {
    _tag: "ParseError",
    line: before.length,
    column: column + 1,
    expected: [...new Set(expected)],
    frame: `  ${window}\n  ${" ".repeat(column - from)}^`,
  };
}
