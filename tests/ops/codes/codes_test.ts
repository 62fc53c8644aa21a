import fc from "npm:fast-check@4.3.0";
import {
  appendCodes,
  concatenate,
  emptyCodes,
  fromDense,
  fromIndices,
  fromWords,
  pickCodes,
  toDense,
  toIndices,
} from "../../../ops/codes/codes.ts";
import { codeSizes } from "../../../ops/codes/algebra.ts";
import { assertEquals, assertStringIncludes, assertThrows } from "../../assert.ts";
import { codesOf, ok, refusal, setsOf } from "./sets.ts";

Deno.test("codes come back from indices, numbers and words", () => {
  fc.assert(fc.property(setsOf(1), ([codes]) => {
    const { width, words, count } = codes;
    assertEquals(ok(fromIndices(toIndices(codes), width)), codes);
    assertEquals(ok(fromDense(toDense(codes), width)), codes);
    assertEquals(ok(fromWords(words, width)), codes);
    assertEquals([...codeSizes(codes)], toIndices(codes).map((units) => units.length));
    assertEquals(pickCodes(codes, Array.from({ length: count }, (_, i) => i)), codes);
  }));
});

Deno.test("a concatenation has the units of both, moved by the first one's width", () => {
  const pairs = fc.tuple(setsOf(1), fc.integer({ min: 1, max: 100 })).map(([[a], width]) => {
    const lists = toIndices(a).map((units) => units.map((unit) => (unit * 7) % width));
    return [a, codesOf(lists, width)] as const;
  });
  fc.assert(fc.property(pairs, ([a, b]) => {
    const joined = concatenate(a, b);
    const expected = toIndices(a).map((units, i) => [
      ...units,
      ...toIndices(b)[i].map((unit) => a.width + unit),
    ]);
    assertEquals(toIndices(joined), expected);
    assertEquals(ok(fromWords(joined.words, joined.width)), joined);
  }));
});

Deno.test("sets are appended, and codes picked, over the borders of words", () => {
  const [a, b] = [codesOf([[0, 31, 32, 69], [5]], 70), codesOf([[69]], 70)];
  const all = appendCodes(a, b);
  assertEquals(toIndices(all), [[0, 31, 32, 69], [5], [69]]);
  assertEquals(toIndices(pickCodes(all, [2, 0, 2])), [[69], [0, 31, 32, 69], [69]]);
  assertEquals(appendCodes(emptyCodes(0, 70), a), a);
});

Deno.test("what is no code is refused by name", () => {
  assertStringIncludes(refusal(fromIndices([[1], [2, 8]], 8)), "unit 1 of code 1");
  assertStringIncludes(refusal(fromIndices([[1.5]], 8)), "current value is 1.5");
  assertStringIncludes(refusal(fromIndices([[NaN]], 8)), "from 0 to 7");
  assertStringIncludes(refusal(fromIndices([], 0)), "width");
  assertStringIncludes(refusal(fromIndices([], 2 ** 40)), "16777216");
  assertStringIncludes(refusal(fromDense([1, 0, 1], 2)), "a multiple of the width, 2");
  assertStringIncludes(refusal(fromDense([1, NaN], 2)), "values[1]");
  assertStringIncludes(refusal(fromWords(new Uint32Array(3), 64)), "a multiple of 2");
  assertStringIncludes(refusal(fromWords(Uint32Array.of(1, 0b1000), 3)), "code 1");
  const [a, b] = [codesOf([[1]], 8), codesOf([[1]], 9)];
  assertThrows(() => appendCodes(a, b), RangeError, "current value is 9");
  assertThrows(() => concatenate(a, codesOf([], 8)), RangeError, "expected length 1");
});
