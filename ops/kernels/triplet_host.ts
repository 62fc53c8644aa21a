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
      const hinge = margin + inverse[a] *
          (inverse[q] * dot(codes, a * n, q * n, n) - inverse[p] * dot(codes, a * n, p * n, n));
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
    inverse[row] = 1 / Math.max(Math.sqrt(dot(codes, row * n, row * n, n)), EPSILON);
  }
  return inverse;
}

/** Four sums side by side: a single one would wait for itself at every addition. */
function dot(x: View, a: number, b: number, n: number): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  let i = 0;
  for (; i + 3 < n; i += 4) {
    s0 += x[a + i] * x[b + i];
    s1 += x[a + i + 1] * x[b + i + 1];
    s2 += x[a + i + 2] * x[b + i + 2];
    s3 += x[a + i + 3] * x[b + i + 3];
  }
  for (; i < n; i++) s0 += x[a + i] * x[b + i];
  return (s0 + s1) + (s2 + s3);
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
