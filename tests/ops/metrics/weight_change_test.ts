import fc from "npm:fast-check@4.3.0";
import {
  addGradients,
  type ArraysByPath,
  type GradientMoments,
  gradientNorms,
  gradientSignals,
} from "../../../ops/gradient_signal.ts";
import {
  missedPixels,
  peakSignalToNoise,
  reconstructionError,
} from "../../../ops/metrics/reconstruction.ts";
import { distanceFromInitial, signFlips } from "../../../ops/metrics/weight_change.ts";
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "../../assert.ts";

const runs = { numRuns: 100, seed: 26 };
const numbers = (length: number) =>
  fc.array(fc.integer({ min: -5, max: 5 }), { minLength: length, maxLength: length });
const norm = (xs: readonly number[]): number => Math.sqrt(xs.reduce((s, x) => s + x * x, 0));
const fold = (steps: readonly ArraysByPath[]): GradientMoments =>
  steps.reduce<GradientMoments>(addGradients, {});

Deno.test("gradient norms are L2 norms by path", () => {
  assertEquals(gradientNorms({ a: [3, 4], b: Float32Array.of(-2), c: [] }), { a: 5, b: 2, c: 0 });
});

Deno.test("signal and noise are those of all steps at once", () => {
  fc.assert(
    fc.property(fc.array(numbers(3), { minLength: 2, maxLength: 12 }), numbers(3), (steps, w) => {
      const { mean, deviation, signalToNoise } =
        gradientSignals(fold(steps.map((g) => ({ g }))), { g: w }).g;
      const means = w.map((_, u) => steps.reduce((s, g) => s + g[u], 0) / steps.length);
      const stds = means.map((m, u) =>
        norm(steps.map((g) => g[u] - m)) / Math.sqrt(steps.length - 1)
      );
      if (norm(w) === 0) assertEquals([mean, deviation], [null, null]);
      else {
        assertAlmostEquals(mean!, norm(means) / norm(w), 1e-12);
        assertAlmostEquals(deviation!, norm(stds) / norm(w), 1e-12);
      }
      // Equal steps have no deviation but for rounding in the fold.
      if (norm(stds) > 1e-9) assertAlmostEquals(signalToNoise!, norm(means) / norm(stds), 1e-9);
    }),
    runs,
  );
});

Deno.test("one step has no noise; a bias that is zero keeps its ratio; a layer may join late", () => {
  const once = gradientSignals(fold([{ a: [2] }]), { a: [1] }).a;
  assertEquals(once, { mean: 2, deviation: 0, signalToNoise: null });
  const moments = fold([{ a: [1] }, { a: [3], b: [1] }]);
  const { a, b } = gradientSignals(moments, { a: [0], b: [1] });
  assertEquals(a, { mean: null, deviation: null, signalToNoise: 2 / Math.SQRT2 });
  assertEquals(b.signalToNoise, null);
  assertEquals([moments.a.count, moments.b.count], [2, 1]);
  assertThrows(() => addGradients(moments, { a: [1, 2] }), RangeError);
});

Deno.test("adding gradients leaves the earlier moments as they were", () => {
  const before = fold([{ a: [1] }]);
  const copy = structuredClone(before);
  addGradients(before, { a: [5] });
  assertEquals(before, copy);
});

Deno.test("sign flips: both ways alike, none against itself, all against the negative", () => {
  fc.assert(
    fc.property(numbers(20), numbers(20), (a, b) => {
      assertEquals(signFlips(a, b), a.filter((x, i) => x * b[i] < 0).length);
      assertEquals(signFlips(a, b), signFlips(b, a));
      assertEquals(signFlips(a, a), 0);
      assertEquals(signFlips(a, a.map((x) => -x)), a.filter((x) => x !== 0).length);
    }),
    runs,
  );
  // In float32 their product is 0.
  assertEquals(signFlips(Float32Array.of(1e-30), Float32Array.of(-1e-30)), 1);
  assertEquals(signFlips([0, -0, 1], [1, -1, 0]), 0);
  assertThrows(() => signFlips([1], []), RangeError);
});

Deno.test("distance from the initial weights, in units of theirs", () => {
  assertEquals(distanceFromInitial([3, 4], [3, 4]), 0);
  assertEquals(distanceFromInitial([3, 4], [0, 0]), 1);
  assertEquals(distanceFromInitial([3, 4], [6, 8]), 1);
  assertEquals(distanceFromInitial([0], [1]), null);
  assertEquals(distanceFromInitial([], []), null);
  assertThrows(() => distanceFromInitial([1], []), RangeError);
});

Deno.test("PSNR leaves flat rows out: null for none, Infinity for a perfect one, never NaN", () => {
  assertEquals(peakSignalToNoise([1, 1], [0, 1], 2), null);
  assertEquals(peakSignalToNoise([], [], 2), null);
  assertEquals(peakSignalToNoise([0, 1], [0, 1], 2), Infinity);
  assertAlmostEquals(peakSignalToNoise([0, 2, 5, 5], [0.2, 2.2, 0, 0], 2)!, 20, 1e-9);
  assertThrows(() => peakSignalToNoise([1, 2, 3], [1, 2, 3], 2), RangeError);
});

Deno.test("PSNR does not change with the scale or the order of rows; error grows with its square", () => {
  fc.assert(
    fc.property(numbers(8), numbers(8), (a, b) => {
      const ratio = peakSignalToNoise(a, b, 4);
      const double = (xs: readonly number[]) => xs.map((x) => 2 * x);
      const swapped = (xs: readonly number[]) => [...xs.slice(4), ...xs.slice(0, 4)];
      assertEquals(peakSignalToNoise(double(a), double(b), 4), ratio);
      assertEquals(peakSignalToNoise(swapped(a), swapped(b), 4), ratio);
      assertEquals(reconstructionError(double(a), double(b)), 4 * reconstructionError(a, b));
      assert(ratio === null || !Number.isNaN(ratio));
    }),
    runs,
  );
});

Deno.test("reconstruction errors: squared, and in binary pixels", () => {
  assertEquals(reconstructionError([1, 2], [1, 4]), 2);
  assertEquals(reconstructionError([], []), 0);
  const thresholds = { original: 0, estimated: 0.5 };
  assertEquals(missedPixels([0, 1, 1, 1], [0.4, 0.5, 0.4, 0.5], thresholds), 1);
  assertEquals(missedPixels([0], [0.5], thresholds), 1);
  assertThrows(() => missedPixels([0], [], thresholds), RangeError);
});
