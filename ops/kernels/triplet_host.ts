/**
 * The triplet cosine loss on wasm and cpu.
 *
 * @module
 */
import { registerHostKernel, type View } from "./host.ts";
import { EPSILON, TRIPLET_COSINE, type TripletAttributes } from "./triplet.ts";

registerHostKernel<TripletAttributes>({
  name: TRIPLET_COSINE,
  inputs: ["codes", "triplets"],
  outputs: ([codes]) => [{ shape: [], dtype: "float32" }, { shape: codes, dtype: "float32" }],
  run: ([codes, triplets], [loss, gradient], [[rows, n], [count]], { margin }) => {
    const inverse = inverseNorms(codes, rows, n);
    gradient.fill(0);
    const touched = new Uint8Array(rows);
    let sum = 0;
    for (let t = 0; t < 3 * count; t += 3) {
      const [a, p, q] = [triplets[t], triplets[t + 1], triplets[t + 2]];
      const hinge = margin +
        inverse[a] * gap(codes, a * n, p * n, q * n, n, inverse[p], inverse[q]);
      if (!(hinge <= 0)) sum += hinge;
      if (!(hinge > 0)) continue;
      touched[a] = touched[p] = touched[q] = 1;
      pull(codes, gradient, a * n, p * n, q * n, n, inverse[a], inverse[p], inverse[q]);
    }
    loss[0] = sum / count;
    for (let row = 0; row < rows; row++) {
      if (touched[row]) normalise(codes, gradient, row * n, n, inverse[row], 1 / count);
    }
  },
});

/** 1 / max(norm, epsilon) per row. */
function inverseNorms(codes: View, rows: number, n: number): Float64Array {
  const inverse = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    inverse[row] = 1 / Math.max(Math.sqrt(squareOf(codes, row * n, n)), EPSILON);
  }
  return inverse;
}

/** x_a · (x_q unitQ − x_p unitP), in one pass. Two sums side by side: one would wait for itself. */
function gap(
  x: View,
  a: number,
  p: number,
  q: number,
  n: number,
  unitP: number,
  unitQ: number,
): number {
  let even = 0;
  let odd = 0;
  let i = 0;
  for (; i + 1 < n; i += 2) {
    even += x[a + i] * (x[q + i] * unitQ - x[p + i] * unitP);
    odd += x[a + i + 1] * (x[q + i + 1] * unitQ - x[p + i + 1] * unitP);
  }
  if (i < n) even += x[a + i] * (x[q + i] * unitQ - x[p + i] * unitP);
  return even + odd;
}

function squareOf(x: View, at: number, n: number): number {
  let even = 0;
  let odd = 0;
  let i = 0;
  for (; i + 1 < n; i += 2) {
    even += x[at + i] * x[at + i];
    odd += x[at + i + 1] * x[at + i + 1];
  }
  if (i < n) even += x[at + i] * x[at + i];
  return even + odd;
}

/** Adds one triplet's gradient with respect to the unit vectors: q − p to a, −a to p, a to q. */
function pull(
  x: View,
  gradient: View,
  a: number,
  p: number,
  q: number,
  n: number,
  unitA: number,
  unitP: number,
  unitQ: number,
): void {
  for (let i = 0; i < n; i++) {
    const anchor = x[a + i] * unitA;
    gradient[a + i] += x[q + i] * unitQ - x[p + i] * unitP;
    gradient[p + i] -= anchor;
    gradient[q + i] += anchor;
  }
}

/**
 * Carries a gradient g with respect to the unit vector u = x / |x| back to x: (g − (g·u) u) / |x|.
 * A clamped norm is a constant, so there it is g / epsilon.
 */
function normalise(
  x: View,
  gradient: View,
  at: number,
  n: number,
  inverse: number,
  scale: number,
): void {
  const clamped = inverse >= 1 / EPSILON;
  let along = 0;
  if (!clamped) {
    for (let i = at; i < at + n; i++) along += gradient[i] * x[i];
    along *= inverse * inverse;
  }
  const factor = inverse * scale;
  for (let i = at; i < at + n; i++) gradient[i] = (gradient[i] - along * x[i]) * factor;
}
