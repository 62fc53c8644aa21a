import fc from "npm:fast-check@4.3.0";
import {
  anyMatchProbability,
  falseMatchTable,
  logMatchProbability,
  matchProbability,
} from "../../../ops/codes/false_match.ts";
import { pickCodes } from "../../../ops/codes/codes.ts";
import { overlap } from "../../../ops/codes/algebra.ts";
import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "../../assert.ts";
import { ok, random, refusal } from "./sets.ts";

/** C(n, k), exactly. */
function choose(n: number, k: number): bigint {
  if (k < 0 || k > n) return 0n;
  let product = 1n;
  for (let i = 1; i <= k; i++) product = product * BigInt(n - k + i) / BigInt(i);
  return product;
}

/** The logarithm of a large integer. */
function log(value: bigint): number {
  const digits = value.toString();
  return Math.log(Number(`0.${digits.slice(0, 17)}`)) + digits.length * Math.LN10;
}

Deno.test("the probability of a match is the exact sum's, however small", () => {
  const cases = fc.integer({ min: 1, max: 300 }).chain((n) =>
    fc.tuple(fc.constant(n), fc.nat(n), fc.nat(n), fc.nat(n))
  );
  fc.assert(
    fc.property(cases, ([units, first, second, threshold]) => {
      let sum = 0n;
      for (let j = threshold; j <= Math.min(first, second); j++) {
        sum += choose(first, j) * choose(units - first, second - j);
      }
      const found = ok(logMatchProbability({ units, first, second, threshold }));
      if (sum === 0n) return assertEquals(found, -Infinity);
      const expected = log(sum) - log(choose(units, second));
      assert(Math.abs(found - expected) <= 1e-12 * Math.max(1, -expected) + 1e-12);
    }),
    { numRuns: 200 },
  );
});

// J. Hawkins, S. Ahmad, "Why Neurons Have Thousands of Synapses", 2016, table 1, as its authors computed it
// to 15 digits: a segment of s synapses, θ of which must be active, among a of n cells.
for (
  const [units, second, first, threshold, published] of [
    [10_000, 300, 24, 12, 8.37584522709849e-13],
    [100_000, 2000, 6, 6, 6.35308872941916e-11],
    [100_000, 2000, 8, 8, 2.52507239284961e-14],
    [100_000, 2000, 10, 10, 1.00163216178113e-17],
    [100_000, 2000, 12, 6, 5.29386836275369e-8],
    [100_000, 2000, 16, 8, 2.81724528327272e-10],
    [100_000, 2000, 20, 10, 1.5419276725872e-12],
    [100_000, 2000, 24, 12, 8.58694100276592e-15],
  ]
) {
  Deno.test(`published: s = ${first}, θ = ${threshold}, a = ${second}, n = ${units}`, () => {
    const found = ok(matchProbability({ units, first, second, threshold }));
    assertAlmostEquals(found / published, 1, 1e-12);
  });
}

Deno.test("large codes neither overflow nor lose what is tiny or nearly sure", () => {
  const half = { units: 2 ** 20, first: 2 ** 19, second: 2 ** 19 };
  // By symmetry: P(X ≥ mean) = (1 + P(X = mean)) / 2.
  const [at, above] = [0, 1].map((more) =>
    ok(matchProbability({ ...half, threshold: 2 ** 18 + more }))
  );
  assertAlmostEquals(at + above, 1, 1e-9);
  assertAlmostEquals(ok(matchProbability({ ...half, threshold: 2 ** 17 })), 1, 1e-9);
  const all = ok(logMatchProbability({ ...half, threshold: 2 ** 19 }));
  // 1 / C(2^20, 2^19), by Stirling's series.
  const expected = -(2 ** 20) * Math.LN2 + Math.log(Math.PI * 2 ** 19) / 2;
  assertAlmostEquals(all / expected, 1, 1e-9);
});

Deno.test("random codes match as often as the formula says", () => {
  const [count, match] = [20_000, { units: 128, first: 16, second: 16, threshold: 4 }];
  const codes = random(count, 128, 16);
  const shifted = pickCodes(codes, Array.from({ length: count }, (_, i) => (i + 1) % count));
  const found = overlap(codes, shifted).filter((common) => common >= 4).length / count;
  const p = ok(matchProbability(match));
  assert(Math.abs(found - p) < 5 * Math.sqrt(p * (1 - p) / count), `${found}, ${p}`);
});

Deno.test("of many codes at least one matches: the union bound, and its limits", () => {
  const match = { units: 2048, first: 40, second: 40, threshold: 20 };
  const p = ok(matchProbability(match));
  assertAlmostEquals(ok(anyMatchProbability(match, 1e6)) / (1e6 * p), 1, 1e-9);
  assertAlmostEquals(ok(anyMatchProbability(match, 1)) / p, 1, 1e-12);
  const sure = { ...match, threshold: 0 };
  assertEquals([0, 1, 5].map((codes) => ok(anyMatchProbability(sure, codes))), [0, 1, 1]);
  assertStringIncludes(refusal(anyMatchProbability(match, -1)), "codes");
});

Deno.test("the table falls with the threshold, as tolerance does", () => {
  const table = ok(falseMatchTable(512, 26));
  assertEquals(table.length, 26);
  for (let i = 1; i < 26; i++) {
    assert(table[i].log10 < table[i - 1].log10 && table[i].noise < table[i - 1].noise);
  }
  assertEquals([table[12].threshold, table[12].noise, table[25].noise], [13, 0.5, 0]);
  // 1 / C(512, 26).
  assertAlmostEquals(table[25].log10, -log(choose(512, 26)) / Math.LN10, 1e-11);
});

Deno.test("numbers out of range are refused by name", () => {
  const match = { units: 10, first: 3, second: 3, threshold: 2 };
  assertStringIncludes(refusal(matchProbability({ ...match, units: 0 })), "units");
  assertStringIncludes(refusal(matchProbability({ ...match, first: 11 })), "from 0 to 10");
  assertStringIncludes(refusal(matchProbability({ ...match, second: 1.5 })), "second");
  assertStringIncludes(refusal(matchProbability({ ...match, threshold: -1 })), "threshold");
  assertStringIncludes(refusal(falseMatchTable(10, 0)), "active");
  assertStringIncludes(refusal(falseMatchTable(10, 11)), "first");
});
