/**
 * The grammar of graphs as text:
 *
 *     graph    = step { ("▷" | "|>") step }
 *     step     = "identity" | splice | name [ "(" [ argument { "," argument } ] ")" ]
 *     argument = [ name "=" ] ( number | "true" | "false" | word | graph )   — a flag may stand alone
 *     splice   = "${" index "}"
 *
 * White space and new lines are free. Which arguments a node has, {@linkcode signatures} says.
 *
 * @module
 */
import { C, P, S, type Stream } from "./parser_ts.ts";
import { following, or, separated } from "./combinators.ts";
import { pipe } from "./fp_ts.ts";
import type { Node, Nodes } from "./node.ts";
import {
  type Argument,
  isOfKind,
  type Kind,
  kindInWords,
  nodeNames,
  type Parameter,
  type Signature,
  signatureOf,
} from "./signature.ts";

type Parser<A> = P.Parser<string, A>;

/** Branches may stand in branches this deep. */
const DEEPEST = 64;

const lexeme = <A>(parser: Parser<A>): Parser<A> => pipe(parser, P.apFirst(S.spaces));
const symbol = (text: string): Parser<string> => P.expected(lexeme(S.string(text)), `"${text}"`);
const arrow = P.expected(
  lexeme(pipe(S.string("▷"), P.alt(() => S.string("|>")))),
  "▷",
);
const word: Parser<string> = lexeme(
  pipe(
    C.letter,
    P.chain((head) =>
      pipe(C.many(P.sat((c: string) => /[A-Za-z0-9_]/.test(c))), P.map((tail) => head + tail))
    ),
  ),
);

const refuse = <A>(at: Stream<string>, wanted: string): Parser<A> =>
  P.cut(P.expected(P.failAt<string, A>(at), wanted));

/** Commits to `parser` once `start` has been seen. */
const after = <A, B>(start: Parser<A>, parser: () => Parser<B>): Parser<B> =>
  pipe(start, P.chain(() => P.cut(parser())));

const numeral: Parser<number> = pipe(
  P.withStart(lexeme(C.many1(P.sat((c: string) => /[-+0-9.eE]/.test(c))))),
  P.chain(([text, at]) => {
    const value = /^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(text) ? Number(text) : NaN;
    return Number.isNaN(value) ? refuse<number>(at, "a number") : P.of(value);
  }),
);

const truth: Parser<boolean> = pipe(
  word,
  P.chain((text) =>
    text === "true" || text === "false" ? P.of(text === "true") : P.fail<string, boolean>()
  ),
);

const aNode = `a node (${nodeNames.join(", ")}, identity)`;

interface Given {
  /** null: by position. */
  readonly name: string | null;
  readonly value: Argument;
  readonly at: Stream<string>;
}

/** The parser of whole graphs; `spliced` are the graphs that `${0}`, `${1}`, … stand for. */
export function graphParser(spliced: readonly Nodes[]): Parser<Nodes> {
  const steps = (depth: number): Parser<Nodes> =>
    pipe(
      step(depth),
      P.chain((head) =>
        pipe(
          following(arrow, step(depth)),
          P.map((tail): Nodes => ({ nodes: [head, ...tail].flatMap(({ nodes }) => nodes) })),
        )
      ),
    );

  const step = (depth: number): Parser<Nodes> =>
    or(splice(spliced), () =>
      pipe(
        P.withStart(P.expected(word, aNode)),
        P.chain(([name, at]) =>
          name === "identity"
            ? pipe(P.of<string, Nodes>({ nodes: [] }), P.apFirst(noArguments))
            : (nodeNames as readonly string[]).includes(name)
            ? node(name as Node["_tag"], depth)
            : refuse<Nodes>(at, aNode)
        ),
      ));

  const node = (name: Node["_tag"], depth: number): Parser<Nodes> => {
    const signature = signatureOf(name);
    const bare = signature.parameters.length === 0;
    return pipe(
      bare ? P.of<string, readonly Given[]>([]) : given(signature, depth),
      P.apFirst(bare ? noArguments : P.of<string, void>(undefined)),
      P.chain((all) => build(signature, all)),
    );
  };

  const given = (signature: Signature<Node>, depth: number): Parser<readonly Given[]> =>
    pipe(
      after(
        P.withStart(symbol("(")),
        () => separated(symbol(","), argument(signature, depth)),
      ),
      P.chain((all) =>
        pipe(
          P.withStart(P.cut(P.expected(symbol(")"), `"," or ")"`))),
          P.map(([, at]): readonly Given[] => [...all, { name: ")", value: null, at }]),
        )
      ),
    );

  const argument = (signature: Signature<Node>, depth: number): Parser<Given> => {
    const kind = kindOf(signature, signature.positional[0][0]);
    const byName = pipe(
      P.withStart(word),
      P.chain(([name, at]) => {
        const parameter = signature.parameters.find((known) => known.name === name);
        if (parameter === undefined) return P.fail<string, Given>();
        const flag = parameter.kind === "flag" ? P.of<string, Argument>(true) : undefined;
        const value = after(symbol("="), () => valueOf(parameter.kind, depth));
        return pipe(
          flag === undefined ? value : or(value, () => flag),
          P.map((value): Given => ({ name, value, at })),
        );
      }),
    );
    return or(byName, () =>
      pipe(
        P.withStart(valueOf(kind, depth)),
        P.map(([value, at]): Given => ({ name: null, value, at })),
      ));
  };

  const valueOf = (kind: Kind, depth: number): Parser<Argument> =>
    pipe(
      P.withStart(anyValue(kind, depth)),
      P.chain(([value, at]) =>
        isOfKind(kind, value) ? P.of(value) : refuse<Argument>(at, kindInWords[kind])
      ),
    );

  const anyValue = (kind: Kind, depth: number): Parser<Argument> => {
    switch (kind) {
      case "graph":
        return depth >= DEEPEST
          ? P.cut(P.expected(P.fail(), `at most ${DEEPEST} branches in each other`))
          : steps(depth + 1);
      case "flag":
        return P.expected<string, Argument>(truth, kindInWords[kind]);
      case "gate":
        return P.expected<string, Argument>(word, kindInWords[kind]);
      default:
        return P.expected<string, Argument>(numeral, kindInWords[kind]);
    }
  };

  return pipe(S.spaces, P.chain(() => steps(0)), P.apFirst(P.expected(P.eof(), "▷ or the end")));
}

/** A node that takes no argument may still have its parentheses. */
const noArguments: Parser<void> = pipe(
  P.optional(after(symbol("("), () => symbol(")"))),
  P.map(() => undefined),
);

/** What is expected in its place is a node: a splice is there, or it is not. */
const splice = (spliced: readonly Nodes[]): Parser<Nodes> =>
  pipe(
    P.withStart(
      P.expected(
        lexeme(pipe(S.string("${"), P.chain(() => S.int), P.apFirst(S.string("}")))),
        aNode,
      ),
    ),
    P.chain(([i, at]) =>
      i in spliced ? P.of<string, Nodes>({ nodes: spliced[i].nodes }) : refuse<Nodes>(at, aNode)
    ),
  );

const kindOf = ({ parameters }: Signature<Node>, name: string): Kind =>
  (parameters.find((parameter) => parameter.name === name) as Parameter).kind;

/** The node of the given arguments, the last of which marks the closing parenthesis. */
function build(signature: Signature<Node>, given: readonly Given[]): Parser<Nodes> {
  const { parameters, positional } = signature;
  const arguments_ = given.slice(0, -1);
  const placed = arguments_.filter(({ name }) => name === null);
  const names = positional.find((form) => form.length === placed.length) ??
    positional[positional.length - 1];
  const values: Record<string, Argument> = {};
  let place = 0;
  for (const { name, value, at } of arguments_) {
    const target = name ?? names[place++];
    if (target === undefined) return refuse(at, `")" (there is one argument too many)`);
    if (target in values) return refuse(at, `${target} only once`);
    const kind = kindOf(signature, target);
    if (!isOfKind(kind, value)) return refuse(at, `${target}, ${kindInWords[kind]}`);
    values[target] = value;
  }
  for (const { name, kind, fallback } of parameters) {
    if (name in values) continue;
    if (fallback === undefined) {
      return refuse(given[given.length - 1].at, `${name}, ${kindInWords[kind]}`);
    }
    values[name] = fallback;
  }
  return P.of({ nodes: [signature.build(values)] });
}
