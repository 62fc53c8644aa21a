import * as fc from "npm:fast-check@4.3.0";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertLess,
  assertNotEquals,
} from "../assert.ts";
import { type Dice, draw, permutation, type Rng, seed, splitRng } from "../../graph/rng.ts";
import { runs } from "./arbitrary.ts";

const units = (count: number) => ({ unit }: Dice) => Array.from({ length: count }, unit);
const unitsOf = (rng: Rng, count: number) => draw(rng, units(count))[0];
const anySeed = fc.integer({ min: 0, max: 2 ** 32 - 1 });

/** Σ (observed − expected)² / expected; for n cells about n ± √(2n), so that 2n is very far. */
const chiSquare = (counts: readonly number[], expected: number): number =>
  counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);

Deno.test("a seed stands for the same numbers for ever", () => {
  assertEquals(draw(seed(26), units(3))[0], [
    0.5898688203178865,
    0.4178962453343916,
    0.7766679938955827,
  ]);
  assertEquals(draw(seed(26), ({ integer }) => [1, 2, 3, 4].map(() => integer(1, 6)))[0], [
    5,
    2,
    5,
    6,
  ]);
  assertEquals([...permutation(8, seed(26))[0]], [1, 5, 0, 7, 3, 6, 4, 2]);
});

Deno.test("drawing changes no generator: the same state gives the same numbers", () => {
  fc.assert(
    fc.property(anySeed, fc.nat(20), (from, count) => {
      const rng = seed(from);
      const before = structuredClone(rng);
      Object.freeze(rng.state);
      const once = draw(rng, units(count));
      assertEquals(draw(rng, units(count)), once);
      permutation(5, rng);
      splitRng(rng);
      assertEquals(rng, before);
    }),
    runs(200),
  );
});

Deno.test("drawing twice is drawing once and going on", () => {
  fc.assert(
    fc.property(anySeed, fc.nat(20), fc.nat(20), (from, a, b) => {
      const [first, next] = draw(seed(from), units(a));
      const [second, last] = draw(next, units(b));
      assertEquals(draw(seed(from), units(a + b)), [[...first, ...second], last]);
    }),
    runs(200),
  );
});

Deno.test("a generator is plain data", () => {
  const [, rng] = draw(seed(26), units(5));
  assertEquals(unitsOf(JSON.parse(JSON.stringify(rng)), 5), unitsOf(rng, 5));
});

Deno.test("neighbouring seeds differ, in the first number already", () => {
  const firsts = Array.from({ length: 1001 }, (_, i) => unitsOf(seed(i), 1)[0]);
  assertEquals(new Set(firsts).size, 1001);
  const tenths = new Array<number>(10).fill(0);
  for (const u of firsts) tenths[Math.floor(u * 10)]++;
  assertLess(chiSquare(tenths, 100.1), 30);
});

Deno.test("the numbers are uniform", () => {
  const all = unitsOf(seed(26), 20_000);
  assert(all.every((u) => u >= 0 && u < 1));
  assertAlmostEquals(all.reduce((sum, u) => sum + u, 0) / all.length, 1 / 2, 0.01);
  const cells = new Array<number>(100).fill(0);
  for (const u of all) cells[Math.floor(u * 100)]++;
  assertLess(chiSquare(cells, 200), 160);
  // Neighbours, too: pairs fill the square evenly.
  const squares = new Array<number>(100).fill(0);
  for (let i = 0; i < all.length; i += 2) {
    squares[Math.floor(all[i] * 10) * 10 + Math.floor(all[i + 1] * 10)]++;
  }
  assertLess(chiSquare(squares, 100), 160);
});

Deno.test("integers are uniform in their range, both ends included", () => {
  const [pips] = draw(seed(26), ({ integer }) => Array.from({ length: 6000 }, () => integer(1, 6)));
  const counts = [1, 2, 3, 4, 5, 6].map((face) => pips.filter((pip) => pip === face).length);
  assertEquals(counts.reduce((sum, count) => sum + count), 6000);
  assertLess(chiSquare(counts, 1000), 20);
  assertEquals(draw(seed(26), ({ integer }) => integer(7, 7))[0], 7);
});

Deno.test("a permutation has every index once", () => {
  fc.assert(
    fc.property(anySeed, fc.nat(300), (from, n) => {
      const [order] = permutation(n, seed(from));
      assertEquals([...order].sort((a, b) => a - b), Array.from({ length: n }, (_, i) => i));
    }),
    runs(100),
  );
  assertEquals(permutation(0, seed(26)), [new Uint32Array(), seed(26)]);
  assertEquals([...permutation(1, seed(26))[0]], [0]);
});

Deno.test("all permutations are equally likely", () => {
  const counts = new Map<string, number>();
  let rng = seed(26);
  for (let i = 0; i < 6000; i++) {
    const [order, next] = permutation(4, rng);
    counts.set(order.join(), (counts.get(order.join()) ?? 0) + 1);
    rng = next;
  }
  assertEquals(counts.size, 24);
  assertLess(chiSquare([...counts.values()], 250), 55);
});

Deno.test("a fork has two parts, and drawing from one does not change the other", () => {
  const [part, next] = splitRng(seed(26));
  assertEquals(splitRng(seed(26)), [part, next]);
  assertNotEquals(unitsOf(part, 5), unitsOf(next, 5));
  assertNotEquals(unitsOf(part, 5), unitsOf(seed(26), 5));
});

Deno.test("forks of forks share no number", () => {
  const leaves = (rng: Rng, depth: number): readonly Rng[] =>
    depth === 0 ? [rng] : splitRng(rng).flatMap((part) => leaves(part, depth - 1));
  const all = [seed(26), ...leaves(seed(27), 6)].flatMap((rng) => unitsOf(rng, 50));
  assertEquals(new Set(all).size, 65 * 50);
});

Deno.test("the two parts of a fork are not correlated", () => {
  const pairs = Array.from(
    { length: 2000 },
    (_, i) => splitRng(seed(i)).map((rng) => unitsOf(rng, 1)[0]),
  );
  const squares = new Array<number>(25).fill(0);
  for (const [a, b] of pairs) squares[Math.floor(a * 5) * 5 + Math.floor(b * 5)]++;
  assertLess(chiSquare(squares, 80), 60);
  assertEquals(new Set(pairs.flat()).size, 4000);
});

Deno.test("a generator forked again and again gives parts that look random together", () => {
  const firsts: number[] = [];
  let rng = seed(26);
  for (let i = 0; i < 4000; i++) {
    const [part, next] = splitRng(rng);
    firsts.push(unitsOf(part, 1)[0]);
    rng = next;
  }
  const cells = new Array<number>(100).fill(0);
  for (let i = 1; i < firsts.length; i++) {
    cells[Math.floor(firsts[i - 1] * 10) * 10 + Math.floor(firsts[i] * 10)]++;
  }
  assertLess(chiSquare(cells, 39.99), 160);
});
