/**
 * The triplet cosine loss on webgpu, in three programs without atomics, so that the same input gives
 * the same bits.
 *
 * @module
 */
import {
  float,
  type GpuProgram,
  int,
  LANES,
  registerGpuKernel,
  runPerRow,
  workgroupSum,
} from "./gpu.ts";
import { type RawProgram, runRaw } from "./gpu_raw.ts";
import { EPSILON, TRIPLET_COSINE, type TripletAttributes } from "./triplet.ts";

/** Units of a row, over {@linkcode LANES}, whose slopes an invocation keeps in registers. */
const BLOCK = 8;

/** codes → 1 / max(norm, epsilon) per row. */
const inverseNorms: GpuProgram = {
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
    const inverse = runPerRow(backend, inverseNorms, [codes], rows, vector(rows), [
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
