/**
 * The triplet cosine loss with its gradient as one kernel on all backends. On webgpu it is three programs without
 * atomics, so that the same input gives the same bits.
 *
 * @module
 */
import { tf } from "../tfjs.ts";
import { registerHostKernel } from "./host.ts";
import type { View } from "./select_edges.ts";
import { registerSimdKernel } from "./simd/register.ts";
import {
  float,
  type GpuProgram,
  int,
  LANES,
  type RawProgram,
  registerGpuKernel,
  runPerRow,
  runRaw,
  workgroupSum,
} from "./gpu.ts";

/**
 * Kernel of the triplet loss: (codes [rows, units], triplets int32 [count, 3], incidence int32 [rows + 1 + 3·count]) →
 * [loss, gradient [rows, units]].
 *
 * The incidence says in which triplets a row takes part: entry `row` is where its list begins in
 * the incidence itself, entry `row + 1` where it ends.
 *
 * The loss and its gradient come of one pass over the codes: training always wants both.
 */
export const TRIPLET_COSINE = "SparrowTripletCosine";

/** Norms are clamped from below at this, as in torch.nn.functional.cosine_similarity. */
const EPSILON = 1e-8;

/** Attributes of the triplet cosine kernel. */
export interface TripletAttributes {
  /** Margin: the least excess of a positive's similarity over a negative's at which the loss is 0. */
  readonly margin: number;
}

tf.registerGradient({
  kernelName: TRIPLET_COSINE,
  outputsToSave: [false, true],
  gradFunc: (dy, [gradient]) => ({
    codes: () => tf.mul((dy as tf.Tensor[])[0], gradient),
  }),
});

/**
 * The incidence of triplets: which row takes part in which, as {@linkcode TRIPLET_COSINE} wants it.
 *
 * @param triplets [anchor, positive, negative, anchor, …].
 * @param rows Number of rows; every entry of `triplets` is below it.
 */
export function incidence(triplets: Int32Array, rows: number): Int32Array {
  const lists = new Int32Array(rows + 1 + triplets.length);
  const eachMember = (visit: (row: number, triplet: number) => void) => {
    for (let t = 0; 3 * t < triplets.length; t++) {
      const [a, p, q] = [triplets[3 * t], triplets[3 * t + 1], triplets[3 * t + 2]];
      visit(a, t);
      if (p !== a) visit(p, t);
      if (q !== a && q !== p) visit(q, t);
    }
  };
  lists[0] = rows + 1;
  eachMember((row) => lists[row + 1]++);
  for (let row = 0; row < rows; row++) lists[row + 1] += lists[row];
  const next = lists.slice(0, rows);
  eachMember((row, t) => lists[next[row]++] = t);
  return lists;
}

// ---- wasm and cpu

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

/** Computes 1 / max(norm, epsilon) for each row. */
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

// ---- wasm, with SIMD

registerSimdKernel<TripletAttributes>({
  name: TRIPLET_COSINE,
  inputs: ["codes", "triplets"],
  integers: ["triplets"],
  outputs: ([codes]) => [{ shape: [], dtype: "float32" }, { shape: codes, dtype: "float32" }],
  work: ([[rows]]) => 8 * rows,
  run: (
    { simd },
    { inputs: [codes, triplets], outputs: [loss, gradient], work },
    [[rows, n], [count]],
    { margin },
  ) => simd.tripletCosine(codes, rows, n, triplets, count, margin, EPSILON, loss, gradient, work),
});

// ---- webgpu

/** Units of a row, over {@linkcode LANES}, whose slopes an invocation keeps in registers. */
const BLOCK = 8;

/** codes → 1 / max(norm, epsilon) per row. */
const inverseNormsProgram: GpuProgram = {
  key: "inverse_norms",
  variables: ["codes"],
  uniforms: "n : i32, epsilon : f32",
  before: workgroupSum,
  main: `
    var mine = 0.0;
    for (var i = lane; i < uniforms.n; i = i + ${LANES}) {
      let value = codes[row * uniforms.n + i];
      mine = mine + value * value;
    }
    let square = total(lane, mine);
    if (lane == 0) { result[row] = 1.0 / max(sqrt(square), uniforms.epsilon); }`,
};

/** One row per triplet: relu(cos(a, q) − cos(a, p) + margin), a NaN kept. */
const hinges: GpuProgram = {
  key: "triplet_hinges",
  variables: ["codes", "triplets", "inverse"],
  uniforms: "n : i32, margin : f32",
  before: workgroupSum,
  main: `
    let a = triplets[3 * row] * uniforms.n;
    let p = triplets[3 * row + 1] * uniforms.n;
    let q = triplets[3 * row + 2] * uniforms.n;
    let byA = inverse[triplets[3 * row]];
    let byP = inverse[triplets[3 * row + 1]];
    let byQ = inverse[triplets[3 * row + 2]];
    var mine = 0.0;
    for (var i = lane; i < uniforms.n; i = i + ${LANES}) {
      mine = mine + codes[a + i] * (codes[q + i] * byQ - codes[p + i] * byP);
    }
    let hinge = uniforms.margin + byA * total(lane, mine);
    if (lane == 0) { result[row] = select(hinge, 0.0, hinge <= 0.0); }`,
};

/**
 * The gradient: each row collects from the triplets that it takes part in, which `incidence` lists. One
 * workgroup more adds up the loss.
 *
 * The entries are the outer loop: what is known of a triplet is read once for all units, or, where they
 * are too many for the registers, once for each block of them.
 */
const gradient: RawProgram = {
  key: "triplet_gradient",
  inputs: [
    { name: "codes", type: "f32" },
    { name: "triplets", type: "i32" },
    { name: "incidence", type: "i32" },
    { name: "inverse", type: "f32" },
    { name: "hinge", type: "f32" },
  ],
  outputs: [{ name: "loss", type: "f32" }, { name: "result", type: "f32" }],
  uniforms: "rows : i32, n : i32, count : i32, epsilon : f32",
  lanes: LANES,
  before: `
    ${workgroupSum}
    fn sloped(row : i32, base : i32, lane : i32, block : i32) -> f32 {
      var slopes : array<f32, ${BLOCK}>;
      let begin = block * ${LANES * BLOCK} + lane;
      for (var entry = incidence[row]; entry < incidence[row + 1]; entry = entry + 1) {
        let t = incidence[entry];
        if (hinge[t] > 0.0) {
          let a = triplets[3 * t];
          let p = triplets[3 * t + 1];
          let q = triplets[3 * t + 2];
          // Two rows suffice: an anchor's slope is of the others, the others' of the anchor.
          let anchors = a == row;
          let toAnchor = inverse[a] * (f32(q == row) - f32(p == row));
          let one = select(a, q, anchors) * uniforms.n;
          let byOne = select(toAnchor, inverse[q] + inverse[a] * f32(q == row), anchors);
          let other = p * uniforms.n;
          let byOther = select(0.0, -inverse[p] - inverse[a] * f32(p == row), anchors);
          for (var u = 0; u < ${BLOCK}; u = u + 1) {
            let i = begin + u * ${LANES};
            if (i < uniforms.n) {
              slopes[u] = slopes[u] + byOne * codes[one + i] + byOther * codes[other + i];
            }
          }
        }
      }
      var along = 0.0;
      for (var u = 0; u < ${BLOCK}; u = u + 1) {
        let i = begin + u * ${LANES};
        if (i < uniforms.n) {
          result[base + i] = slopes[u];
          along = along + slopes[u] * codes[base + i];
        }
      }
      return along;
    }`,
  main: `
    let row = min(group, uniforms.rows);
    let base = row * uniforms.n;
    let sums = row == uniforms.rows;
    var mine = 0.0;
    if (sums) {
      for (var t = lane; t < uniforms.count; t = t + ${LANES}) { mine = mine + hinge[t]; }
    } else {
      for (var block = 0; block * ${LANES * BLOCK} < uniforms.n; block = block + 1) {
        mine = mine + sloped(row, base, lane, block);
      }
    }
    let all = total(lane, mine);
    if (sums) {
      if (lane == 0) { loss[0] = all / f32(uniforms.count); }
    } else {
      let clamped = inverse[row] * uniforms.epsilon >= 1.0;
      let along = select(all * inverse[row] * inverse[row], 0.0, clamped);
      let factor = inverse[row] / f32(uniforms.count);
      for (var i = lane; i < uniforms.n; i = i + ${LANES}) {
        result[base + i] = (result[base + i] - along * codes[base + i]) * factor;
      }
    }`,
};

registerGpuKernel<TripletAttributes>(
  TRIPLET_COSINE,
  ["codes", "triplets", "incidence"],
  (backend, [codes, triplets, incidence], { margin }) => {
    const [rows, n] = codes.shape;
    const [count] = triplets.shape;
    const vector = (length: number) => ({ shape: [length], dtype: "float32" } as const);
    const inverse = runPerRow(backend, inverseNormsProgram, [codes], rows, vector(rows), [
      int(n),
      float(EPSILON),
    ]);
    const hinge = runPerRow(backend, hinges, [codes, triplets, inverse], count, vector(count), [
      int(n),
      float(margin),
    ]);
    const [loss, slope] = runRaw(
      backend,
      gradient,
      rows + 1,
      [codes, triplets, incidence, inverse, hinge],
      [{ shape: [], dtype: "float32" }, { shape: codes.shape, dtype: "float32" }],
      [int(rows), int(n), int(count), float(EPSILON)],
    );
    backend.disposeData(inverse.dataId);
    backend.disposeData(hinge.dataId);
    return [loss, slope];
  },
);
