import fc from "npm:fast-check@4.3.0";
import { classMeans, classMoments, classSpread } from "../../../ops/metrics/centroids.ts";
import { meanDiceOverlap } from "../../../ops/metrics/distances.ts";
import { factorsRoot } from "../../../ops/metrics/factors_root.ts";
import {
  addToMoments,
  mergeMoments,
  noMoments,
  standardDeviation,
} from "../../../ops/metrics/moments.ts";
import {
  deadUnits,
  dutyCycles,
  dutyEntropy,
  maximumDutyEntropy,
  overactiveUnits,
  unitNorms,
} from "../../../ops/metrics/activity.ts";
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "../../assert.ts";
import { assertClose } from "../backends.ts";
import { codeSets, dense, integerRows, packed, row } from "./embeddings.ts";

const runs = { numRuns: 100, seed: 26 };

Deno.test("moments do not depend on how the rows are cut into batches", () => {
  fc.assert(
    fc.property(integerRows(9), fc.nat({ max: 9 }), fc.nat({ max: 9 }), (x, i, j) => {
      const [from, to] = [Math.min(i, j) * x.width, Math.max(i, j) * x.width];
      const [a, b, c] = [
        x.values.subarray(0, from),
        x.values.subarray(from, to),
        x.values.subarray(to),
      ].map((rows) => addToMoments(noMoments(x.width), rows));
      const whole = addToMoments(noMoments(x.width), x.values);
      for (
        const parts of [
          mergeMoments(mergeMoments(a, b), c),
          mergeMoments(a, mergeMoments(b, c)),
          mergeMoments(c, mergeMoments(b, a)),
        ]
      ) {
        assertEquals(parts.count, 9);
        assertClose(parts.mean, whole.mean, 1e-12, "mean");
        assertClose(parts.squares, whole.squares, 1e-12, "squares");
      }
      standardDeviation(whole).forEach((std, u) => {
        const column = Array.from({ length: 9 }, (_, n) => row(x, n)[u]);
        const mean = column.reduce((s, v) => s + v, 0) / 9;
        const square = column.reduce((s, v) => s + (v - mean) ** 2, 0);
        assertAlmostEquals(std, Math.sqrt(square / 8), 1e-12);
      });
    }),
    runs,
  );
});

Deno.test("a small variance on a large mean is not lost", () => {
  const batches = [[1e9 + 4], [1e9 + 7], [1e9 + 13], [1e9 + 16]];
  assertEquals([...standardDeviation(batches.reduce(addToMoments, noMoments(1)))], [Math.sqrt(30)]);
});

Deno.test("fewer than two vectors deviate by 0; half a row is refused", () => {
  assertEquals([...standardDeviation(noMoments(2))], [0, 0]);
  assertEquals([...standardDeviation(addToMoments(noMoments(2), [5, 6]), false)], [0, 0]);
  assertThrows(() => addToMoments(noMoments(2), [1, 2, 3]), RangeError, "expected length 2");
  assertThrows(() => mergeMoments(noMoments(1), noMoments(2)), RangeError);
});

Deno.test("class moments are the moments of each class, packed or not", () => {
  fc.assert(
    fc.property(codeSets(1), ([x]) => {
      const labels = Array.from({ length: x.count }, (_, i) => (i * 2) % 3);
      const moments = classMoments(x, labels, 4);
      assertEquals(classMoments(packed(x), labels, 4), moments);
      moments.forEach((one, c) => {
        const rows = labels.flatMap((label, i) => label === c ? row(x, i) : []);
        const expected = addToMoments(noMoments(x.width), rows);
        assertEquals(one.count, expected.count);
        assertClose(one.mean, expected.mean, 1e-12, "mean");
        assertClose(one.squares, expected.squares, 1e-12, "squares");
      });
      classMeans(x, labels, 4).forEach((mean, c) =>
        assertEquals(mean, Float32Array.from(moments[c].mean))
      );
    }),
    runs,
  );
});

Deno.test("where the reference's spread is NaN or Infinity, ours is null", () => {
  const spread = (rows: readonly (readonly number[])[], labels: readonly number[]) =>
    classSpread(classMoments(dense(rows), labels, 3));
  assertEquals(spread([[1, 0], [3, 0]], [1, 1]), {
    interClass: null,
    intraClass: Math.SQRT2 / 2,
    ratio: null,
  });
  const stiff = spread([[1, 0], [1, 0], [0, 1]], [0, 0, 2]);
  assertEquals(stiff, { interClass: 2, intraClass: 0, ratio: null });
  const none = { interClass: null, intraClass: null, ratio: null };
  assertEquals(spread([[0, 0], [0, 0]], [0, 1]), none);
  assertEquals(classSpread([]), none);
});

Deno.test("overlap is 1 with itself, symmetric, the same packed, and null for empty codes", () => {
  fc.assert(
    fc.property(codeSets(2), ([a, b]) => {
      const count = Math.min(a.count, b.count);
      const [x, y] = [a, b].map((all) => ({
        ...all,
        count,
        values: all.values.slice(0, count * all.width),
      }));
      const overlap = meanDiceOverlap(x, y);
      assertEquals(meanDiceOverlap(y, x), overlap);
      assertEquals(meanDiceOverlap(packed(x), packed(y)), overlap);
      assertEquals(meanDiceOverlap(x, packed(y)), overlap);
      if (overlap !== null) assert(overlap >= 0 && overlap <= 1);
      assertEquals(meanDiceOverlap(x, x), x.values.every((bit) => bit === 0) ? null : 1);
    }),
    runs,
  );
  assertThrows(() => meanDiceOverlap(dense([[1]]), dense([[1], [0]])), RangeError);
});

Deno.test("norms and duty cycles are the same packed, in any order, and equal for codes", () => {
  fc.assert(
    fc.property(codeSets(1), ([x]) => {
      const duty = dutyCycles(x);
      assertEquals(unitNorms(x), duty);
      assertEquals(dutyCycles(packed(x)), duty);
      assertEquals(unitNorms(packed(x)), duty);
      const turned = dense(Array.from({ length: x.count }, (_, i) => row(x, x.count - 1 - i)));
      assertEquals(dutyCycles(turned), duty);
      const mean = duty.reduce((s, p) => s + p, 0) / duty.length;
      assert(dutyEntropy(duty) <= maximumDutyEntropy(mean) + 1e-12);
    }),
    runs,
  );
  assertEquals([...unitNorms(dense([[-1, 2], [3, 0]]))], [2, 1]);
  assertEquals([...dutyCycles(dense([[-1, 2], [3, 0]]))], [0.5, 0.5]);
});

Deno.test("duty-cycle entropy in bits; never NaN", () => {
  assertEquals(dutyEntropy([0, 1]), 0);
  assertEquals(dutyEntropy([0.5]), 1);
  assertEquals(dutyEntropy([]), 0);
  assertAlmostEquals(maximumDutyEntropy(0.05), 0.2863969571159562, 1e-12);
  assertEquals([maximumDutyEntropy(0), maximumDutyEntropy(1)], [0, 0]);
  const none = { kind: "binary", count: 0, width: 2, words: new Uint32Array() } as const;
  assertEquals([...dutyCycles(none)], [0, 0]);
});

Deno.test("dead is below 0.1 %, over-active above five times the target", () => {
  const duty = [0, 0.00099, 0.001, 0.05, 0.25, 0.26];
  assertEquals(deadUnits(duty), [0, 1]);
  assertEquals(overactiveUnits(duty, 0.05), [5]);
  assertEquals(deadUnits(duty, 0.01), [0, 1, 2]);
  assertEquals(overactiveUnits(duty, 0.05, 4), [4, 5]);
});

Deno.test("factors of what is not a count are refused", () => {
  for (const count of [0, -4, 2.5, NaN]) assertThrows(() => factorsRoot(count), RangeError);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), (n) => {
      const [rows, columns] = factorsRoot(n);
      assertEquals(rows * columns, n);
      for (let r = rows + 1; r * r <= n; r++) assert(n % r !== 0);
    }),
    runs,
  );
});
