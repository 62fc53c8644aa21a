/**
 * The grammar of graphs as text:
 *
 *     graph    = step { ("▷" | "|>") step }
 *     step     = "identity" | splice | name [ "(" [ argument { "," argument } ] ")" ]
 *     argument = [ name "=" ] ( number | "true" | "false" | word | shape | graph )
 *                — a flag may stand alone
 *     shape    = "[" number { "," number } "]"
 *     splice   = "${" index "}"
 *
 * White space and new lines are free. Which arguments a node has, {@linkcode signatureNamed} says.
 *
 * @module
 */
import { P, type Stream } from "./parser_ts.ts";
import { expecting, or, separated } from "./combinators.ts";
import { arrow, arrows, numeral, refuse, spaces, spliceMark, symbol, word } from "./lexeme.ts";
import { pipe } from "./fp_ts.ts";
import type { Node, Nodes } from "./node.ts";
import {
  type Argument,
  type ArgumentKind,
  isOfKind,
  kindInWords,
  nodeNames,
  type Parameter,
  type Signature,
  signatureNamed,
} from "./signature.ts";

type Parser<A> = P.Parser<string, A>;

/** Branches may stand in branches this deep. */
const DEEPEST = 64;

const anyNode = (): string => `a node (${nodeNames().join(", ")}, identity)`;

/** Commits to `parser` once `start` has been seen. */
const after = <A, B>(start: Parser<A>, parser: () => Parser<B>): Parser<B> =>
  pipe(start, P.chain(() => P.cut(parser())));

/** One argument of a node. */
interface Given {
  /** null: by position. */
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
export function graphParser(spliced: readonly Nodes[]): Parser<Nodes> {
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

  /** A value that is written like those of a kind; its range is not looked at. */
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
