import fc from "npm:fast-check@4.3.0";
import { permutation, seed } from "../../../graph/rng.ts";
import { toIndices } from "../../../ops/codes/codes.ts";
import {
  bind,
  bundle,
  codeSizes,
  difference,
  hamming,
  intersection,
  inverseOrder,
  overlap,
  union,
} from "../../../ops/codes/algebra.ts";
import {
  addUnits,
  dropUnits,
  moveUnits,
  randomCodes,
  subsample,
} from "../../../ops/codes/noise.ts";
import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "../../assert.ts";
import { codesOf, ok, random, refusal, setsOf } from "./sets.ts";

const fraction = fc.double({ min: 0, max: 1, noNaN: true });
const seeds = fc.nat();

Deno.test("noise moves, drops and adds as many units as it says, and no others", () => {
  fc.assert(fc.property(setsOf(1), fraction, seeds, ([codes], part, number) => {
    const rng = seed(number);
    const [moved] = ok(moveUnits(codes, part, rng));
    const [dropped] = ok(dropUnits(codes, part, rng));
    const [added] = ok(addUnits(codes, part, rng));
    const [kept] = ok(subsample(codes, 3, rng));
    codeSizes(codes).forEach((size, i) => {
      const wanted = Math.round(part * size);
      const room = Math.min(wanted, codes.width - size);
      assertEquals(codeSizes(moved)[i], size);
      assertEquals(hamming(codes, moved)[i], 2 * room);
      assertEquals(codeSizes(dropped)[i], size - wanted);
      assertEquals(codeSizes(added)[i], size + room);
      assertEquals(codeSizes(kept)[i], Math.min(3, size));
    });
    assertEquals(intersection(codes, dropped), dropped);
    assertEquals(intersection(codes, kept), kept);
    assertEquals(union(codes, added), added);
    assertEquals(ok(moveUnits(codes, part, rng))[0], moved);
  }));
});

Deno.test("every unit is dropped, added and drawn as often as any other", () => {
  const [width, many] = [40, 4000];
  const codes = codesOf(Array.from({ length: many }, () => [0, 7, 31, 32, 39]), width);
  const counts = (of: ReturnType<typeof random>) => {
    const sums = new Uint32Array(width);
    for (const units of toIndices(of)) for (const unit of units) sums[unit]++;
    return sums;
  };
  const [dropped] = ok(dropUnits(codes, 0.4, seed(1)));
  const [added] = ok(addUnits(codes, 1.4, seed(2)));
  const drawn = random(many, width, 8);
  const near = (count: number, p: number) =>
    assert(Math.abs(count - many * p) < 5 * Math.sqrt(many * p * (1 - p)), `${count}`);
  for (const unit of [0, 7, 31, 32, 39]) near(counts(dropped)[unit], 0.6);
  counts(difference(added, codes)).forEach((count, unit) => {
    if ([0, 7, 31, 32, 39].includes(unit)) assertEquals(count, 0);
    else near(count, 7 / 35);
  });
  counts(drawn).forEach((count) => near(count, 0.2));
});

Deno.test("a bundle lies between union and intersection, and knows its members", () => {
  fc.assert(fc.property(setsOf(1), ([codes]) => {
    const sums = new Map<number, number>();
    for (const units of toIndices(codes)) {
      for (const unit of units) sums.set(unit, (sums.get(unit) ?? 0) + 1);
    }
    for (let threshold = 1; threshold <= codes.count + 1; threshold++) {
      const expected = [...sums].filter(([, sum]) => sum >= threshold).map(([unit]) => unit);
      assertEquals(toIndices(ok(bundle(codes, threshold))), [expected.sort((a, b) => a - b)]);
    }
  }));
  // Of dense codes: a majority of 5 is nearer to each than to others, 11/16 of the units agree.
  const members = random(6, 2048, 1024);
  const majority = ok(bundle({ ...members, count: 5, words: members.words.subarray(0, 5 * 64) }));
  const six = { ...members, words: new Uint32Array(6 * 64) };
  for (let i = 0; i < 6; i++) six.words.set(majority.words, i * 64);
  const distances = [...hamming(six, members)].map((distance) => distance / 2048);
  for (const near of distances.slice(0, 5)) assert(Math.abs(near - 5 / 16) < 0.05, `${near}`);
  assert(Math.abs(distances[5] - 0.5) < 0.05);
});

Deno.test("binding keeps sizes, overlaps and set operations, and is undone by its inverse", () => {
  fc.assert(fc.property(setsOf(2), seeds, ([a, b], number) => {
    const [order] = permutation(a.width, seed(number));
    const of = (codes: typeof a) => ok(bind(codes, order));
    assertEquals(overlap(of(a), of(b)), overlap(a, b));
    assertEquals(of(union(a, b)), union(of(a), of(b)));
    assertEquals(ok(bind(of(a), inverseOrder(order))), a);
  }));
  const codes = random(1, 1024, 51);
  const [order] = permutation(1024, seed(1));
  // Unrelated codes share 51²/1024, two and a half units.
  assert(overlap(codes, ok(bind(codes, order)))[0] < 10);
});

Deno.test("what cannot be drawn is refused by name; the generator moves on", () => {
  const [codes, rng] = [codesOf([[1, 2]], 8), seed(1)];
  assertStringIncludes(refusal(moveUnits(codes, 1.1, rng)), "fraction");
  assertStringIncludes(refusal(dropUnits(codes, NaN, rng)), "current value is NaN");
  assertStringIncludes(refusal(addUnits(codes, -1, rng)), "at least 0");
  assertStringIncludes(refusal(subsample(codes, 1.5, rng)), "units");
  assertStringIncludes(refusal(randomCodes(1, 8, 9, rng)), "active");
  assertStringIncludes(refusal(randomCodes(-1, 8, 1, rng)), "count");
  assertStringIncludes(refusal(bundle(codes, 0)), "threshold");
  assertStringIncludes(refusal(bind(codes, [0, 1, 2, 3, 4, 5, 6, 6])), "7 are different");
  assertStringIncludes(refusal(bind(codes, [0])), "each of 0 to 7 once");
  const [, next] = ok(dropUnits(codes, 0.5, rng));
  assertNotEquals(next, rng);
});
