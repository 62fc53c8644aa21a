/**
 * Three combinators that parser-ts has too, but whose errors lose their place (`many`) or their
 * finality (`alt`) there.
 *
 * @module
 */
import { E } from "./fp_ts.ts";
import type { P, Stream } from "./parser_ts.ts";

type Parser<A> = P.Parser<string, A>;

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

/** As many `separator item` as there are; after a separator an item must come. */
export const following =
  <A>(separator: Parser<unknown>, item: Parser<A>): Parser<readonly A[]> => (input) => {
    const values: A[] = [];
    for (let at = input;;) {
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

/** None or more items with separators between them. */
export const separated =
  <A>(separator: Parser<unknown>, item: Parser<A>): Parser<readonly A[]> => (input) => {
    const head = item(input);
    if (E.isLeft(head)) {
      return head.left.fatal ? head : E.right({ value: [], next: input, start: input });
    }
    const tail = following(separator, item)(head.right.next);
    return E.isLeft(tail)
      ? tail
      : E.right({ ...tail.right, value: [head.right.value, ...tail.right.value] });
  };
