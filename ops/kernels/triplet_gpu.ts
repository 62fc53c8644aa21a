/**
 * The triplet cosine loss on webgpu, in four programs without atomics, so that the same input gives
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
import { EPSILON, TRIPLET_COSINE, type TripletAttributes } from "./triplet.ts";

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
    let a = triplets[3 * row];
    let p = triplets[3 * row + 1];
    let q = triplets[3 * row + 2];
    var mine = 0.0;
    for (var i = lane; i < uniforms.n; i = i + ${LANES}) {
      mine = mine + codes[a * uniforms.n + i] *
        (codes[q * uniforms.n + i] * inverse[q] - codes[p * uniforms.n + i] * inverse[p]);
    }
    let hinge = uniforms.margin + inverse[a] * total(lane, mine);
    if (lane == 0) { result[row] = select(hinge, 0.0, hinge <= 0.0); }`,
};

const mean: GpuProgram = {
  key: "mean_of_hinges",
  variables: ["hinge"],
  uniforms: "count : i32",
  before: workgroupSum,
  main: `
    var mine = 0.0;
    for (var i = lane; i < uniforms.count; i = i + ${LANES}) { mine = mine + hinge[i]; }
    let sum = total(lane, mine);
    if (lane == 0) { result[0] = sum / f32(uniforms.count); }`,
};

/** Each row collects from the triplets that it takes part in, which `incidence` lists. */
const gradient: GpuProgram = {
  key: "triplet_gradient",
  variables: ["codes", "triplets", "incidence", "inverse", "hinge"],
  uniforms: "n : i32, count : i32, epsilon : f32",
  before: workgroupSum,
  main: `
    let base = row * uniforms.n;
    let begin = incidence[row];
    let end = incidence[row + 1];
    var mine = 0.0;
    for (var i = lane; i < uniforms.n; i = i + ${LANES}) {
      var slope = 0.0;
      for (var entry = begin; entry < end; entry = entry + 1) {
        let t = incidence[entry];
        let a = triplets[3 * t];
        let p = triplets[3 * t + 1];
        let q = triplets[3 * t + 2];
        if (hinge[t] > 0.0) {
          let toAnchor = f32(q == row) - f32(p == row);
          slope = slope + toAnchor * codes[a * uniforms.n + i] * inverse[a];
          if (a == row) {
            slope = slope + codes[q * uniforms.n + i] * inverse[q] -
              codes[p * uniforms.n + i] * inverse[p];
          }
        }
      }
      result[base + i] = slope;
      mine = mine + slope * codes[base + i];
    }
    let clamped = inverse[row] * uniforms.epsilon >= 1.0;
    let along = select(total(lane, mine) * inverse[row] * inverse[row], 0.0, clamped);
    let factor = inverse[row] / f32(uniforms.count);
    for (var i = lane; i < uniforms.n; i = i + ${LANES}) {
      result[base + i] = (result[base + i] - along * codes[base + i]) * factor;
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
    const loss = runPerRow(backend, mean, [hinge], 1, vector(1), [int(count)]);
    const slope = runPerRow(
      backend,
      gradient,
      [codes, triplets, incidence, inverse, hinge],
      rows,
      { shape: codes.shape, dtype: "float32" },
      [int(n), int(count), float(EPSILON)],
    );
    backend.disposeData(inverse.dataId);
    backend.disposeData(hinge.dataId);
    return [{ ...loss, shape: [] }, slope];
  },
);
