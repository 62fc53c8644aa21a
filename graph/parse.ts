/**
 * Graphs from text: `parse`, and the `graph` template. The grammar, with white space and new lines free:
 *
 *     graph    = step { ("▷" | "|>") step }
 *     step     = "identity" | splice | name [ "(" [ argument { "," argument } ] ")" ]
 *     argument = [ name "=" ] ( number | "true" | "false" | word | shape | graph )
 *                — a flag may stand alone
 *     shape    = "[" number { "," number } "]"
 *     splice   = "${" index "}"
 *
 * Which arguments a node has, `signature.ts` says. This is the one file that imports parser-ts, and its
 * version stands nowhere else.
 *
 * @module
 */
import { type Stream, stream } from "npm:parser-ts@0.7.0/lib/Stream.js";
import * as P from "npm:parser-ts@0.7.0/lib/Parser.js";
import { type ArgumentKind, isOfKind, kindInWords } from "./custom_node.ts";
import { E, pipe } from "./fp_ts.ts";
import type { Graph, Node, Nodes } from "./node.ts";
import {
  type Argument,
  nodeNames,
  type Parameter,
  type Signature,
  signatureNamed,
} from "./signature.ts";
import { describe, type ParseError } from "./error.ts";

/** Longer texts are refused: no graph that a person writes comes near. */
const LONGEST = 50_000;

/**
 * Parses the text of a graph.
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
 * Builds a graph from a template in the source code. `${…}` splices a sub-graph or a number.
 *
 * @param texts Parts of the template.
 * @param values Sub-graphs and numbers between the parts.
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

// ---- Combinators

// parser-ts has such combinators too, but their errors lose their place (`many`) or their finality (`alt`), and
// `many` takes quadratic time on long texts.

type Parser<A> = P.Parser<string, A>;

/** The characters from here on that pass, none or more. */
const takeWhile =
  (passes: (character: string) => boolean): Parser<string> => ({ buffer, cursor }) => {
    let end = cursor;
    while (end < buffer.length && passes(buffer[end])) end++;
    return E.right({
      value: buffer.slice(cursor, end).join(""),
      next: { buffer, cursor: end },
      start: { buffer, cursor },
    });
  };

/** Parses the given text itself. */
const literal = (text: string): Parser<string> => (input) => {
  const { buffer, cursor } = input;
  for (let i = 0; i < text.length; i++) {
    if (buffer[cursor + i] !== text[i]) return E.left({ input, expected: [], fatal: false });
  }
  return E.right({ value: text, next: { buffer, cursor: cursor + text.length }, start: input });
};

/** Labels a parser: where it fails without consuming input, the wanted words were expected at its start. */
const expecting =
  <A>(wanted: readonly string[], parser: Parser<A>): Parser<A> => (input: Stream<string>) => {
    const parsed = parser(input);
    return E.isRight(parsed) || parsed.left.fatal
      ? parsed
      : E.left({ input, expected: [...wanted], fatal: false });
  };

/** The first of the two that succeeds; an error after which there is no going back stays one. */
const or = <A>(first: Parser<A>, second: () => Parser<A>): Parser<A> => (input: Stream<string>) => {
  const one = first(input);
  if (E.isRight(one) || one.left.fatal) return one;
  const two = second()(input);
  if (E.isRight(two) || two.left.fatal) return two;
  const [a, b] = [one.left, two.left];
  if (a.input.cursor !== b.input.cursor) {
    return E.left(a.input.cursor > b.input.cursor ? a : b);
  }
  return E.left({ ...b, expected: [...a.expected, ...b.expected] });
};

/** An item and as many `separator item` as there are; after a separator an item must come. */
const separated =
  <A>(separator: Parser<unknown>, item: Parser<A>): Parser<readonly A[]> => (input) => {
    const head = item(input);
    if (E.isLeft(head)) return head;
    const values = [head.right.value];
    for (let at = head.right.next;;) {
      const separated = separator(at);
      if (E.isLeft(separated)) {
        return separated.left.fatal
          ? separated
          : E.right({ value: values, next: at, start: input });
      }
      const parsed = item(separated.right.next);
      if (E.isLeft(parsed)) return E.left({ ...parsed.left, fatal: true });
      values.push(parsed.right.value);
      at = parsed.right.next;
    }
  };

// ---- Words, numbers and signs, each with the white space after it

/** White space, none or more. */
const spaces: Parser<string> = takeWhile((c) => /\s/.test(c));

const lexeme = <A>(parser: Parser<A>): Parser<A> => pipe(parser, P.apFirst(spaces));

/** A sign of the grammar, such as "(". */
const symbol = (text: string): Parser<string> => expecting([`"${text}"`], lexeme(literal(text)));

/** The texts that {@linkcode arrow} expects. */
const arrows = ["▷", "|>"] as const;

/** ▷, which may be written |>. */
const arrow: Parser<string> = expecting(
  arrows,
  lexeme(or(literal("▷"), () => literal("|>"))),
);

/** A letter, and letters, digits and underscores after it. */
const word: Parser<string> = pipe(
  lexeme(takeWhile((c) => /[A-Za-z0-9_]/.test(c))),
  P.filter((text) => /^[A-Za-z]/.test(text)),
);

/** A decimal number; what starts like one must be one. */
const numeral: Parser<number> = pipe(
  P.withStart(lexeme(takeWhile((c) => /[-+0-9.eE]/.test(c)))),
  P.chain(([text, at]) =>
    /^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(text)
      ? P.of<string, number>(Number(text))
      : /^[-+0-9.]/.test(text)
      ? refuse<number>(at, "a number")
      : P.failAt<string, number>(at)
  ),
);

/** The place that `${i}` holds for the i-th spliced graph. */
const spliceMark: Parser<number> = pipe(
  lexeme(pipe(
    literal("${"),
    P.apSecond(takeWhile((c) => /[0-9]/.test(c))),
    P.filter((digits) => digits !== ""),
    P.apFirst(literal("}")),
  )),
  P.map(Number),
);

/** Fails without backtracking: the wanted words were expected at that place. */
const refuse = <A>(at: Stream<string>, ...wanted: readonly string[]): Parser<A> => () =>
  E.left({ input: at, expected: [...wanted], fatal: true });

// ---- The grammar

/** Branches may stand in branches this deep. */
const DEEPEST = 64;

const anyNode = (): string => `a node (${nodeNames().join(", ")}, identity)`;

/** Commits to `parser` once `start` has been seen. */
const after = <A, B>(start: Parser<A>, parser: () => Parser<B>): Parser<B> =>
  pipe(start, P.chain(() => P.cut(parser())));

/** One argument of a node. */
interface Given {
  /** Name of the argument; null where it is given by position. */
  readonly name: string | null;
  readonly value: Argument;
  readonly at: Stream<string>;
}

/** The arguments of a node, and where they end. */
interface AllGiven {
  readonly given: readonly Given[];
  readonly end: Stream<string>;
}

/** The parser of whole graphs; `spliced` are the graphs that `${0}`, `${1}`, … stand for. */
function graphParser(spliced: readonly Nodes[]): Parser<Nodes> {
  const aNode = anyNode();

  const steps = (depth: number): Parser<Nodes> =>
    pipe(
      separated(arrow, step(depth)),
      P.map((parts): Nodes => ({ nodes: parts.flatMap(({ nodes }) => nodes) })),
    );

  const step = (depth: number): Parser<Nodes> =>
    expecting(
      [aNode],
      or(splice(spliced, aNode), () =>
        pipe(
          P.withStart(word),
          P.chain(([name, at]) => {
            if (name === "identity") {
              return pipe(noArguments(name), P.map((): Nodes => ({ nodes: [] })));
            }
            const signature = signatureNamed(name);
            return signature === undefined
              ? refuse<Nodes>(at, aNode)
              : node(name, signature, depth);
          }),
        )),
    );

  const node = (name: string, signature: Signature<Node>, depth: number): Parser<Nodes> =>
    pipe(
      signature.parameters.length === 0 ? noArguments(name) : all(name, signature, depth),
      P.chain((given) => build(signature, given)),
    );

  const all = (
    name: string,
    signature: Signature<Node>,
    depth: number,
  ): Parser<AllGiven> => {
    const names = signature.parameters.map(({ name }) => name).join(", ");
    const kind = positionalKind(signature);
    const wanted = kind === "graph" ? aNode : `an argument of ${name} (${names})`;
    const closing = pipe(P.withStart(symbol(")")), P.map(([, end]) => end));
    const none = pipe(closing, P.map((end): AllGiven => ({ given: [], end })));
    const some = pipe(
      separated(symbol(","), expecting([wanted], argument(signature, depth))),
      P.chain((given) =>
        pipe(
          expecting([...(kind === "graph" ? arrows : []), '","', '")"'], closing),
          P.map((end): AllGiven => ({ given, end })),
        )
      ),
    );
    const written = after(symbol("("), () => or(none, () => P.cut(some)));
    const optional = signature.parameters.every(({ fallback }) => fallback !== undefined);
    // A node that cannot do without arguments must at least open its parentheses.
    return optional
      ? or(written, () => (end) => P.of<string, AllGiven>({ given: [], end })(end))
      : P.cut(written);
  };

  const argument = (signature: Signature<Node>, depth: number): Parser<Given> => {
    const byName = pipe(
      P.withStart(word),
      P.chain(([name, at]) => {
        const parameter = signature.parameters.find((known) => known.name === name);
        if (parameter === undefined) return P.failAt<string, Given>(at);
        const value = after(symbol("="), () => valueOf(parameter, depth));
        return pipe(
          parameter.kind === "flag" ? or(value, () => P.of<string, Argument>(true)) : P.cut(value),
          P.map((value): Given => ({ name, value, at })),
        );
      }),
    );
    return or(byName, () =>
      pipe(
        P.withStart(anyValue(positionalKind(signature), depth)),
        P.map(([value, at]): Given => ({ name: null, value, at })),
      ));
  };

  const valueOf = ({ name, kind }: Parameter, depth: number): Parser<Argument> => {
    const wanted = `${name}, ${kindInWords[kind]}`;
    return pipe(
      P.withStart(expecting([wanted], anyValue(kind, depth))),
      P.chain(([value, at]) => isOfKind(kind, value) ? P.of(value) : refuse<Argument>(at, wanted)),
    );
  };

  /** Parses a value written like those of a kind, whatever its range. */
  const anyValue = (kind: ArgumentKind, depth: number): Parser<Argument> => {
    switch (kind) {
      case "graph":
        return depth < DEEPEST
          ? steps(depth + 1)
          : (at) => refuse<Argument>(at, `at most ${DEEPEST} branches in each other`)(at);
      case "flag":
        return pipe(word, P.map((text) => text === "true" || (text === "false" ? false : text)));
      case "gate":
      case "over":
        return word;
      case "shape":
        return shape;
      default:
        return numeral;
    }
  };

  return pipe(
    spaces,
    P.chain(() => steps(0)),
    P.apFirst(expecting([...arrows, "the end"], P.eof())),
  );
}

const shape: Parser<readonly number[]> = pipe(
  after(symbol("["), () => separated(symbol(","), expecting(["a number"], numeral))),
  P.apFirst(P.cut(expecting(['","', '"]"'], symbol("]")))),
);

/** A node that takes no argument may still have its parentheses. */
const noArguments = (name: string): Parser<AllGiven> => (end) =>
  pipe(
    or(
      after(symbol("("), () => expecting([`")" (${name} takes no arguments)`], symbol(")"))),
      () => P.of<string, string>(""),
    ),
    P.map((): AllGiven => ({ given: [], end })),
  )(end);

const splice = (spliced: readonly Nodes[], aNode: string): Parser<Nodes> =>
  pipe(
    P.withStart(spliceMark),
    P.chain(([i, at]) =>
      i in spliced ? P.of<string, Nodes>({ nodes: spliced[i].nodes }) : refuse<Nodes>(at, aNode)
    ),
  );

/** All arguments that a node takes by position are of one kind. */
const positionalKind = (signature: Signature<Node>): ArgumentKind =>
  kindOf(signature, signature.positional[0][0] ?? signature.parameters[0].name);

const kindOf = ({ parameters }: Signature<Node>, name: string): ArgumentKind =>
  (parameters.find((parameter) => parameter.name === name) as Parameter).kind;

/** The node of the given arguments, those left out filled in. */
function build(signature: Signature<Node>, { given, end }: AllGiven): Parser<Nodes> {
  const { parameters, positional } = signature;
  const placed = given.filter(({ name }) => name === null);
  const isNamed = (name: string) => given.some((argument) => argument.name === name);
  const names = positional.find((form) => form.length === placed.length && !form.some(isNamed)) ??
    positional[positional.length - 1];
  const values: Record<string, Argument> = {};
  let place = 0;
  for (const { name, value, at } of given) {
    const target = name ?? names[place++];
    if (target === undefined) {
      const named = parameters.filter(({ name }) => !(name in values) && !isNamed(name));
      return named.length === 0
        ? refuse(at, '")" (there is one argument too many)')
        : refuse(at, '")"', ...named.map(({ name }) => `${name}=…`));
    }
    if (target in values) return refuse(at, `${target} only once`);
    const kind = kindOf(signature, target);
    if (!isOfKind(kind, value)) return refuse(at, `${target}, ${kindInWords[kind]}`);
    values[target] = value;
  }
  for (const { name, kind, fallback } of parameters) {
    if (name in values) continue;
    if (fallback === undefined) return refuse(end, `${name}, ${kindInWords[kind]}`);
    values[name] = fallback;
  }
  return P.of({ nodes: [signature.build(values)] });
}
