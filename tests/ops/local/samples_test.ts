import { E } from "../../../graph/fp_ts.ts";
import { conv2d, flatten, kwta, maxPool2d, relu } from "../../../graph/constructors.ts";
import { sequence } from "../../../graph/compose.ts";
import { draw, seed } from "../../../graph/rng.ts";
import {
  cutPatch,
  normaliseContrast,
  toUnitLength,
  whitening,
} from "../../../ops/local/samples.ts";
import { randomSynapses } from "../../../ops/local/rules.ts";
import { isBinary } from "../../../graph/traits.ts";
import { assert, assertEquals, assertThrows, fail } from "../../assert.ts";

Deno.test("whitened samples vary equally in all directions, and do not vary together", () => {
  const [count, width] = [2000, 4];
  const [values] = draw(seed(1), ({ unit }) => {
    const drawn = new Float32Array(count * width);
    for (let i = 0; i < count; i++) {
      const [a, b, c] = [unit(), 3 * unit(), 0.5 * unit()];
      // The last is determined by the others: there is no fourth direction.
      drawn.set([a, a + b, c, a - c], i * width);
    }
    return drawn;
  });
  const matrix = whitening({ count, width, values }, 1e-9);
  if (E.isLeft(matrix)) fail(matrix.left.actual);
  const z = matrix.right;
  for (let i = 0; i < width; i++) {
    for (let j = 0; j < width; j++) assertEquals(z[i * width + j], z[j * width + i]);
  }
  const mean = new Float64Array(width);
  values.forEach((value, i) => mean[i % width] += value / count);
  const whitened = Array.from({ length: count }, (_, s) =>
    Array.from({ length: width }, (_, j) => {
      let sum = 0;
      for (let i = 0; i < width; i++) sum += (values[s * width + i] - mean[i]) * z[i * width + j];
      return sum;
    }));
  const covariance = (i: number, j: number) =>
    whitened.reduce((sum, row) => sum + row[i] * row[j], 0) / (count - 1);
  // A projection onto the three directions: its square is itself, and its trace is 3.
  let trace = 0;
  for (let i = 0; i < width; i++) {
    trace += covariance(i, i);
    for (let j = 0; j < width; j++) {
      let squared = 0;
      for (let k = 0; k < width; k++) squared += covariance(i, k) * covariance(k, j);
      assert(Math.abs(squared - covariance(i, j)) < 1e-3, `${squared} at ${i}, ${j}`);
    }
  }
  assert(Math.abs(trace - 3) < 1e-3, `a trace of ${trace}`);
  assert(E.isLeft(whitening({ count, width, values }, 0)));
});

Deno.test("a patch is a window of its image", () => {
  const [height, width, channels, size] = [5, 4, 2, 3];
  const image = Float32Array.from({ length: height * width * channels }, (_, i) => i);
  const seen = new Set<number>();
  draw(seed(2), (dice) => {
    for (let times = 0; times < 200; times++) {
      const patch = new Float32Array(size * size * channels);
      cutPatch(image, { height, width, channels, size }, dice, patch);
      seen.add(patch[0]);
      for (let y = 0; y < size; y++) {
        for (let x = 0; x < size * channels; x++) {
          assertEquals(patch[y * size * channels + x], patch[0] + y * width * channels + x);
        }
      }
    }
  });
  // All 3 × 2 places.
  assertEquals([...seen].sort((a, b) => a - b), [0, 2, 8, 10, 16, 18]);
});

Deno.test("contrast is what is left of a sample, whatever its brightness and scale", () => {
  const [a, b] = [Float32Array.of(1, 2, 4, 3), Float32Array.of(12, 14, 18, 16)];
  assert(normaliseContrast(a, 0.01) && normaliseContrast(b, 0.01));
  a.forEach((value, i) => assert(Math.abs(value - b[i]) < 1e-6));
  assertEquals(normaliseContrast(Float32Array.of(0, 0.01), 0.05), false);
  assertEquals(normaliseContrast(Float32Array.of(3, 3), 0), false);
  toUnitLength(a);
  assert(Math.abs(Math.hypot(...a) - 1) < 1e-6);
  const nothing = new Float32Array(2);
  toUnitLength(nothing);
  assertEquals([...nothing], [0, 0]);
});

Deno.test("random synapses are so many per unit", () => {
  const [weights] = randomSynapses(20, 30, 4, seed(3));
  for (let unit = 0; unit < 30; unit++) {
    let sum = 0;
    for (let i = 0; i < 20; i++) sum += weights[i * 30 + unit];
    assertEquals(sum, 4);
  }
  assertThrows(() => randomSynapses(20, 30, 21, seed(3)), RangeError, "from 1 to 20");
});

Deno.test("max pooling and changes of shape leave codes binary, nothing else does", () => {
  const codes = sequence(conv2d(1, 8, 3), kwta(0.2, { over: "location" }));
  assert(isBinary(sequence(codes, maxPool2d(2), flatten)));
  assert(!isBinary(sequence(codes, relu)));
  assert(!isBinary(sequence(maxPool2d(2), flatten)));
  assert(!isBinary(sequence(codes, conv2d(8, 8, 3), flatten)));
});
