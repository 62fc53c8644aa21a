/**
 * Codes are a Boolean lattice, and their distances are metrics.
 */
import fc from "npm:fast-check@4.3.0";
import { permutation, seed } from "../../../graph/rng.ts";
import { dutyCycles, dutyEntropy } from "../../../ops/metrics/activity.ts";
import { embeddingDistances } from "../../../ops/metrics/distances.ts";
import { sparsity } from "../../../ops/embeddings.ts";
import { emptyCodes } from "../../../ops/codes/codes.ts";
import {
  chanceContainment,
  codeSizes,
  complement,
  containment,
  difference,
  hamming,
  intersection,
  jaccard,
  overlap,
  symmetricDifference,
  union,
} from "../../../ops/codes/algebra.ts";
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "../../assert.ts";
import { codesOf, setsOf } from "./sets.ts";

Deno.test("union and intersection are a Boolean lattice", () => {
  fc.assert(fc.property(setsOf(3), ([a, b, c]) => {
    const bottom = emptyCodes(a.count, a.width);
    const top = complement(bottom);
    for (
      const [join, meet, unit, zero] of [
        [union, intersection, bottom, top],
        [intersection, union, top, bottom],
      ] as const
    ) {
      assertEquals(join(a, b), join(b, a));
      assertEquals(join(a, join(b, c)), join(join(a, b), c));
      assertEquals(join(a, meet(a, b)), a);
      assertEquals(join(a, meet(b, c)), meet(join(a, b), join(a, c)));
      assertEquals(join(a, a), a);
      assertEquals(join(a, unit), a);
      assertEquals(join(a, complement(a)), zero);
      assertEquals(complement(join(a, b)), meet(complement(a), complement(b)));
    }
    assertEquals(complement(complement(a)), a);
    assertEquals(codeSizes(top), new Uint32Array(a.count).fill(a.width));
  }));
});

Deno.test("differences are what the lattice says, and symmetric difference a group", () => {
  fc.assert(fc.property(setsOf(3), ([a, b, c]) => {
    assertEquals(difference(a, b), intersection(a, complement(b)));
    assertEquals(symmetricDifference(a, b), union(difference(a, b), difference(b, a)));
    assertEquals(
      symmetricDifference(a, symmetricDifference(b, c)),
      symmetricDifference(symmetricDifference(a, b), c),
    );
    assertEquals(symmetricDifference(a, symmetricDifference(a, b)), b);
  }));
});

Deno.test("Hamming's and Jaccard's distances are metrics; sizes add up", () => {
  fc.assert(fc.property(setsOf(3), ([a, b, c]) => {
    const jaccards = [[a, b], [b, c], [a, c], [b, a], [a, a]].map(([x, y]) => jaccard(x, y));
    const hammings = [[a, b], [b, c], [a, c], [b, a], [a, a]].map(([x, y]) => hamming(x, y));
    const [common, sizes, both] = [overlap(a, b), codeSizes(union(a, b)), codeSizes(a)];
    for (let i = 0; i < a.count; i++) {
      const equal = codeSizes(symmetricDifference(a, b))[i] === 0;
      for (
        const [ab, bc, ac, ba, aa] of [
          hammings.map((one) => one[i]),
          jaccards.map((one) => 1 - one[i]),
        ]
      ) {
        assert(ab >= 0 && ab === ba && aa === 0 && (ab === 0) === equal);
        assert(ac <= ab + bc + 1e-12);
      }
      assertEquals(sizes[i], both[i] + codeSizes(b)[i] - common[i]);
      assertEquals(hammings[0][i], sizes[i] - common[i]);
    }
    const all = embeddingDistances(a, b, "hamming");
    for (let i = 0; i < a.count; i++) assertEquals(hammings[0][i], all[i * a.count + i]);
  }));
});

Deno.test("frequency, sparsity and entropy of a set", () => {
  const codes = codesOf([[0, 33], [0, 1], [0], [0, 1]], 40);
  const frequency = dutyCycles(codes);
  assertEquals([0, 1, 2, 33].map((unit) => frequency[unit]), [1, 0.5, 0, 0.25]);
  assertEquals(sparsity(codes), 7 / 160);
  const quarter = 0.25 * 2 + 0.75 * Math.log2(4 / 3);
  assertAlmostEquals(dutyEntropy(frequency), (1 + quarter) / 40, 1e-15);
});

Deno.test("sets that are no pairs are refused", () => {
  const a = codesOf([[1]], 8);
  assertThrows(() => union(a, codesOf([[1]], 9)), RangeError, "current value is 9");
  assertThrows(() => overlap(a, codesOf([], 8)), RangeError, "current value is 0");
});

Deno.test("containment over the borders of words; an empty code has nothing of any set", () => {
  const [a, b] = [codesOf([[0, 31, 32, 69], [5]], 70), codesOf([[31, 33], [6]], 70)];
  assertEquals([...containment(a, b)], [0.25, 0]);
  const [empty, set] = [codesOf([[]], 3), codesOf([[0, 1]], 3)];
  assertEquals([...containment(empty, set), ...chanceContainment(empty, set)], [0, 0]);
});

Deno.test("the chance level is what random codes reach", () => {
  const [width, size, many] = [96, 7, 20_000];
  const set = codesOf([Array.from({ length: 20 }, (_, i) => 5 * i)], width);
  let rng = seed(26);
  let sum = 0;
  for (let i = 0; i < many; i++) {
    const [order, next] = permutation(width, rng);
    rng = next;
    sum += order.subarray(0, size).filter((unit) => unit % 5 === 0).length / size;
  }
  const [chance] = chanceContainment(codesOf([[0, 1, 2, 3, 4, 5, 6]], width), set);
  assertEquals(chance, 20 / 96);
  // Its standard error is 0.15 / √20,000.
  assertAlmostEquals(sum / many, chance, 0.004);
});
