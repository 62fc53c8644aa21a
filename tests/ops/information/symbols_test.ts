import fc from "npm:fast-check@4.3.0";
import { type BinaryEmbeddings, packRows, wordsPerCode } from "../../../ops/embeddings.ts";
import {
  jointSymbols,
  symbolCounts,
  symbolsOfCodes,
  symbolsOfLabels,
  symbolsOfRows,
} from "../../../ops/information/symbols.ts";
import { assertEquals, assertThrows } from "../../assert.ts";

const runs = { numRuns: 200, seed: 26 };

/** Rows, 0 to 40 of one width, of few values: equal rows are likely, so are nearly equal ones. */
const rows = (most: number): fc.Arbitrary<{ width: number; rows: readonly number[][] }> =>
  fc.integer({ min: 1, max: 70 }).chain((width) => {
    const row = fc.array(fc.integer({ min: 0, max: most }), { minLength: width, maxLength: width });
    return fc.array(row, { minLength: 1, maxLength: 6 }).chain((kinds) =>
      fc.array(fc.tuple(fc.nat(kinds.length - 1), fc.nat(width - 1), fc.boolean()), {
        maxLength: 40,
      }).map((picked) => ({
        width,
        rows: picked.map(([kind, unit, change]) =>
          kinds[kind].map((value, u) => change && u === unit ? most - value : value)
        ),
      }))
    );
  });

/** Symbols in order of first appearance, the slow way. */
const byText = (given: readonly (readonly number[])[]): readonly number[] => {
  const texts = given.map((row) => row.join());
  const kinds = [...new Set(texts)];
  return texts.map((text) => kinds.indexOf(text));
};

const codesOf = (width: number, given: readonly number[][]): BinaryEmbeddings => {
  const words = new Uint32Array(given.length * wordsPerCode(width));
  packRows(given.flat(), width, words, 0);
  return { kind: "binary", count: given.length, width, words };
};

Deno.test("codes have the same symbol if, and only if, all bits agree", () => {
  fc.assert(
    fc.property(rows(1), ({ width, rows }) => {
      assertEquals([...symbolsOfCodes(codesOf(width, rows))], byText(rows));
    }),
    runs,
  );
});

Deno.test("a view into a larger array of words is read at its place", () => {
  const words = Uint32Array.of(9, 1, 2, 1).subarray(1);
  assertEquals([...symbolsOfCodes({ kind: "binary", count: 3, width: 8, words })], [0, 1, 0]);
});

Deno.test("rows of bins have the same symbol if, and only if, all bins agree", () => {
  fc.assert(
    fc.property(rows(255), ({ width, rows }) => {
      const flat = rows.flat();
      assertEquals([...symbolsOfRows(Int32Array.from(flat), width)], byText(rows));
      assertEquals([...symbolsOfRows(Uint8Array.from(flat), width)], byText(rows));
    }),
    runs,
  );
});

Deno.test("codes are told apart though their hashes say the same", () => {
  // A table of 2^17 slots for 2^16 rows: by chance thousands of rows meet in a slot.
  const words = Uint32Array.from({ length: 2 ** 16 }, (_, i) => i);
  const symbols = symbolsOfCodes({ kind: "binary", count: words.length, width: 32, words });
  assertEquals(symbols, Int32Array.from(words));
});

Deno.test("labels are any numbers", () => {
  const odd = [NaN, -0, 0.5, NaN, 0, 2 ** 40, -Infinity, 2 ** 40];
  assertEquals([...symbolsOfLabels(odd)], [0, 1, 2, 0, 1, 3, 4, 3]);
});

Deno.test("pairs have the same symbol if, and only if, both agree", () => {
  const label = fc.integer({ min: -2, max: 2 });
  fc.assert(
    fc.property(fc.array(fc.tuple(label, label)), (pairs) => {
      const [x, y] = [pairs.map(([x]) => x), pairs.map(([, y]) => y)];
      assertEquals([...jointSymbols(x, y)], byText(pairs));
    }),
    runs,
  );
});

Deno.test("counts are how often each symbol occurs", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -3, max: 3 })), (labels) => {
      const kinds = [...new Set(labels)];
      const expected = kinds.map((kind) => labels.filter((label) => label === kind).length);
      assertEquals([...symbolCounts(symbolsOfLabels(labels))], expected);
    }),
    runs,
  );
});

Deno.test("half a row, half a code and half a pair are refused", () => {
  assertThrows(() => symbolsOfRows(new Int32Array(5), 2), RangeError, "expected length 4");
  const words = new Uint32Array(3);
  const codes = { kind: "binary", count: 2, width: 64, words } as const;
  assertThrows(() => symbolsOfCodes(codes), RangeError, "expected length 4");
  assertThrows(() => jointSymbols([1, 2], [1]), RangeError, "expected length 2");
});
