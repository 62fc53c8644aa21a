/**
 * Combinators that parser-ts has too, but whose errors lose their place (`many`) or their finality
 * (`alt`) there, and which take quadratic time on long texts (`many`).
 *
 * @module
 */
import { E } from "./fp_ts.ts";
import type { P, Stream } from "./parser_ts.ts";

type Parser<A> = P.Parser<string, A>;

/** The characters from here on that pass, none or more. */
export const takeWhile =
  (passes: (character: string) => boolean): Parser<string> => ({ buffer, cursor }) => {
    let end = cursor;
    while (end < buffer.length && passes(buffer[end])) end++;
    return E.right({
      value: buffer.slice(cursor, end).join(""),
      next: { buffer, cursor: end },
      start: { buffer, cursor },
    });
  };

/** This very text. */
export const literal = (text: string): Parser<string> => (input) => {
  const { buffer, cursor } = input;
  for (let i = 0; i < text.length; i++) {
    if (buffer[cursor + i] !== text[i]) return E.left({ input, expected: [], fatal: false });
  }
  return E.right({ value: text, next: { buffer, cursor: cursor + text.length }, start: input });
};

/** The same parser; when it fails where one can go back, these were expected at its start. */
export const expecting =
  <A>(wanted: readonly string[], parser: Parser<A>): Parser<A> => (input: Stream<string>) => {
    const parsed = parser(input);
    return E.isRight(parsed) || parsed.left.fatal
      ? parsed
      : E.left({ input, expected: [...wanted], fatal: false });
  };

/** The first of the two that succeeds; an error after which there is no going back stays one. */
export const or =
  <A>(first: Parser<A>, second: () => Parser<A>): Parser<A> => (input: Stream<string>) => {
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
export const separated =
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
