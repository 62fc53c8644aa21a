/**
 * The words, numbers and signs that graphs are written with, each with the white space after it.
 *
 * @module
 */
import { P, type Stream } from "./parser_ts.ts";
import { expecting, literal, or, takeWhile } from "./combinators.ts";
import { E, pipe } from "./fp_ts.ts";

type Parser<A> = P.Parser<string, A>;

/** White space, none or more. */
export const spaces: Parser<string> = takeWhile((c) => /\s/.test(c));

const lexeme = <A>(parser: Parser<A>): Parser<A> => pipe(parser, P.apFirst(spaces));

/** A sign of the grammar, such as "(". */
export const symbol = (text: string): Parser<string> =>
  expecting([`"${text}"`], lexeme(literal(text)));

/** What {@linkcode arrow} expects. */
export const arrows = ["▷", "|>"] as const;

/** ▷, which may be written |>. */
export const arrow: Parser<string> = expecting(
  arrows,
  lexeme(or(literal("▷"), () => literal("|>"))),
);

/** A letter, and letters, digits and underscores after it. */
export const word: Parser<string> = pipe(
  lexeme(takeWhile((c) => /[A-Za-z0-9_]/.test(c))),
  P.filter((text) => /^[A-Za-z]/.test(text)),
);

/** A decimal number; what starts like one must be one. */
export const numeral: Parser<number> = pipe(
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
export const spliceMark: Parser<number> = pipe(
  lexeme(pipe(
    literal("${"),
    P.apSecond(takeWhile((c) => /[0-9]/.test(c))),
    P.filter((digits) => digits !== ""),
    P.apFirst(literal("}")),
  )),
  P.map(Number),
);

/** There is no going back from here: this was expected at that place. */
export const refuse = <A>(at: Stream<string>, ...wanted: readonly string[]): Parser<A> => () =>
  E.left({ input: at, expected: [...wanted], fatal: true });
