import fc from "npm:fast-check@4.3.0";
import {
  accuracy,
  argmax,
  classScores,
  confusionMatrix,
  macroScores,
} from "../../../ops/metrics/classification.ts";
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "../../assert.ts";

const runs = { numRuns: 200, seed: 26 };
const pairs = fc.array(fc.tuple(fc.nat({ max: 4 }), fc.nat({ max: 4 })), { maxLength: 40 });
const split = (both: readonly (readonly [number, number])[]) =>
  [both.map(([p]) => p), both.map(([, l]) => l)] as const;

Deno.test("argmax takes the first of equal outputs and no NaN", () => {
  assertEquals([...argmax([1, 3, 3, -1, -2, -3, NaN, 0, -1], 3)], [1, 0, 1]);
  assertEquals([...argmax([], 3)], []);
  assertThrows(() => argmax([1, 2], 3), RangeError);
});

Deno.test("a confusion matrix sums to the samples, its rows to labels, its trace to accuracy", () => {
  fc.assert(
    fc.property(pairs, (both) => {
      const [predicted, labels] = split(both);
      const matrix = confusionMatrix(predicted, labels, 5);
      const sum = (keep: (label: number, prediction: number) => boolean) =>
        matrix.counts.reduce((s, n, at) => s + (keep(Math.floor(at / 5), at % 5) ? n : 0), 0);
      assertEquals(sum(() => true), both.length);
      for (let c = 0; c < 5; c++) {
        assertEquals(sum((label) => label === c), labels.filter((l) => l === c).length);
        assertEquals(sum((_, p) => p === c), predicted.filter((p) => p === c).length);
      }
      const right = sum((label, prediction) => label === prediction);
      assertAlmostEquals(right / Math.max(1, both.length), accuracy(predicted, labels), 1e-12);
    }),
    runs,
  );
});

Deno.test("scores are what counting true and false positives gives, in [0, 1]", () => {
  fc.assert(
    fc.property(pairs, (both) => {
      const [predicted, labels] = split(both);
      const scores = classScores(confusionMatrix(predicted, labels, 5));
      scores.forEach(({ precision, recall, f1, support }, c) => {
        const tp = both.filter(([p, l]) => p === c && l === c).length;
        const fp = both.filter(([p, l]) => p === c && l !== c).length;
        const fn = both.filter(([p, l]) => p !== c && l === c).length;
        assertEquals(support, tp + fn);
        assertEquals(precision, tp === 0 ? 0 : tp / (tp + fp));
        assertEquals(recall, tp === 0 ? 0 : tp / (tp + fn));
        const harmonic = tp === 0 ? 0 : 2 * precision * recall / (precision + recall);
        assertAlmostEquals(f1, harmonic, 1e-12);
      });
      const macro = macroScores(scores);
      assertEquals(macro.support, both.length);
      assert([macro.precision, macro.recall, macro.f1].every((x) => x >= 0 && x <= 1));
    }),
    runs,
  );
});

Deno.test("scores follow a permutation of the classes, and not the order of the samples", () => {
  const order = [3, 0, 4, 1, 2];
  fc.assert(
    fc.property(pairs, (both) => {
      const [predicted, labels] = split(both);
      const scores = classScores(confusionMatrix(predicted, labels, 5));
      const renamed = classScores(
        confusionMatrix(predicted.map((p) => order[p]), labels.map((l) => order[l]), 5),
      );
      scores.forEach((score, c) => assertEquals(renamed[order[c]], score));
      assertEquals(
        classScores(confusionMatrix(predicted.toReversed(), labels.toReversed(), 5)),
        scores,
      );
    }),
    runs,
  );
});

Deno.test("scores of nothing are zeros; what does not fit is refused", () => {
  const nothing = { precision: 0, recall: 0, f1: 0, support: 0 };
  assertEquals(classScores(confusionMatrix([], [], 1)), [nothing]);
  assertEquals(macroScores([]), nothing);
  assertEquals(accuracy([], []), 0);
  assertThrows(() => confusionMatrix([2], [0], 2), RangeError, "expected a class below 2");
  assertThrows(() => confusionMatrix([0], [-1], 2), RangeError, "current value is -1");
  assertThrows(() => accuracy([0], []), RangeError, "expected length 1, current value is 0");
});
