/**
 * kWTA on webgpu: a radix search over the order-preserving integer image of float32 finds the k-th
 * largest value exactly, without sorting.
 *
 * @module
 */
import type { tf, WebGPUBackend } from "../tfjs.ts";
import {
  float,
  type GpuProgram,
  int,
  LANES,
  registerGpuKernel,
  runElementwise,
  runPerRow,
  workgroupSum,
} from "./gpu.ts";
import {
  HARD_KWTA,
  type KwtaAttributes,
  SOFT_KWTA,
  SOFT_KWTA_GRADIENT,
  type SoftKwtaAttributes,
  WINNERS,
  type WinnersAttributes,
} from "./kwta.ts";

/** x [rows, n] → the positions of the k-th and the (k+1)-th largest, int32 [rows, 2]. */
const selectEdges: GpuProgram = {
  key: "select_edges",
  variables: ["x"],
  uniforms: "n : i32, k : i32",
  before: `
    var<workgroup> histogram : array<atomic<i32>, 16>;
    var<workgroup> best : atomic<u32>;
    var<workgroup> place : atomic<i32>;

    // Unsigned integers in the order of the numbers; both zeros are one.
    fn image(value : f32) -> u32 {
      if (value == 0.0) { return 0x80000000u; }
      let bits = bitcast<u32>(value);
      return select(bits | 0x80000000u, ~bits, (bits >> 31u) == 1u);
    }`,
  main: `
    let base = row * uniforms.n;
    // The k-th largest image, four bits at a time from the top; 'rank' is its rank among those that
    // share the bits found so far, 'same' how many do.
    var prefix = 0u;
    var rank = uniforms.k;
    var same = 0;
    for (var level = 0; level < 8; level = level + 1) {
      let shift = u32(28 - 4 * level);
      workgroupBarrier();
      if (lane < 16) { atomicStore(&histogram[lane], 0); }
      workgroupBarrier();
      for (var i = lane; i < uniforms.n; i = i + ${LANES}) {
        let value = image(x[base + i]);
        if (level == 0 || (value >> (shift + 4u)) == prefix) {
          atomicAdd(&histogram[(value >> shift) & 15u], 1);
        }
      }
      workgroupBarrier();
      var bin = 15;
      same = atomicLoad(&histogram[15]);
      while (bin > 0 && rank > same) {
        rank = rank - same;
        bin = bin - 1;
        same = atomicLoad(&histogram[bin]);
      }
      prefix = (prefix << 4u) | u32(bin);
    }
    // The largest image below it, and the first position that has that.
    workgroupBarrier();
    if (lane == 0) { atomicStore(&best, 0u); atomicStore(&place, uniforms.n - 1); }
    workgroupBarrier();
    for (var i = lane; i < uniforms.n; i = i + ${LANES}) {
      let value = image(x[base + i]);
      if (value < prefix) { atomicMax(&best, value); }
    }
    workgroupBarrier();
    let runnerUp = atomicLoad(&best);
    for (var i = lane; i < uniforms.n; i = i + ${LANES}) {
      if (image(x[base + i]) == runnerUp) { atomicMin(&place, i); }
    }
    workgroupBarrier();
    if (lane == 0) {
      // Among equals the lower index comes first.
      var last = 0;
      var next = atomicLoad(&place);
      var equals = 0;
      for (var i = 0; i < uniforms.n && equals <= rank && equals < same; i = i + 1) {
        if (image(x[base + i]) == prefix) {
          equals = equals + 1;
          if (equals == rank) { last = i; }
          if (equals == rank + 1) { next = i; }
        }
      }
      result[2 * row] = last;
      result[2 * row + 1] = next;
    }`,
};

const threshold = `
  let row = index / uniforms.n;
  let base = row * uniforms.n;
  let threshold = (x[base + edges[2 * row]] + x[base + edges[2 * row + 1]]) * 0.5;`;

const hardKwta: GpuProgram = {
  key: "hard_kwta",
  variables: ["x", "edges"],
  uniforms: "n : i32",
  main: `${threshold} result[index] = select(0.0, 1.0, x[index] > threshold);`,
};

const winners = (ties: boolean): GpuProgram => ({
  key: `winners_${ties ? "all" : "first"}`,
  variables: ["x", "edges"],
  uniforms: "n : i32",
  main: `
    let row = index / uniforms.n;
    let last = edges[2 * row];
    let least = x[row * uniforms.n + last];
    let equal = x[index] == least${ties ? "" : " && index % uniforms.n <= last"};
    result[index] = select(0.0, 1.0, x[index] > least || equal);`,
});

const softKwta = (gate: SoftKwtaAttributes["gate"]): GpuProgram => ({
  key: `soft_kwta_${gate}`,
  variables: ["x", "edges"],
  uniforms: "n : i32, hardness : f32",
  main: `${threshold}
    let z = uniforms.hardness * (x[index] - threshold);
    result[index] = ${
    gate === "sigmoid" ? "1.0 / (1.0 + exp(-z))" : "clamp(z + 3.0, 0.0, 6.0) / 6.0"
  };`,
});

/**
 * The gradient reads y or x, whichever its gate needs: a binding that the shader does not use makes
 * the pipeline invalid.
 */
const softKwtaGradient = (gate: SoftKwtaAttributes["gate"]): GpuProgram => ({
  key: `soft_kwta_gradient_${gate}`,
  variables: ["dy", gate === "sigmoid" ? "y" : "x", "edges"],
  uniforms: "n : i32, hardness : f32",
  before: workgroupSum,
  main: `
    let base = row * uniforms.n;
    let last = edges[2 * row];
    let next = edges[2 * row + 1];
    ${gate === "sigmoid" ? "" : "let threshold = (x[base + last] + x[base + next]) * 0.5;"}
    var mine = 0.0;
    for (var i = lane; i < uniforms.n; i = i + ${LANES}) {
      let at = base + i;
      ${
    gate === "sigmoid"
      ? "let a = uniforms.hardness * y[at] * (1.0 - y[at]) * dy[at];"
      : `let z = uniforms.hardness * (x[at] - threshold);
         let a = select(0.0, uniforms.hardness / 6.0 * dy[at], z > -3.0 && z < 3.0);`
  }
      mine = mine + a;
      result[at] = a;
    }
    let share = total(lane, mine) * 0.5;
    // Each element has one writer: the lane that made it.
    if (last % ${LANES} == lane) { result[base + last] = result[base + last] - share; }
    if (next % ${LANES} == lane) { result[base + next] = result[base + next] - share; }`,
});

const edgesOf = (backend: WebGPUBackend, x: tf.TensorInfo, k: number): tf.TensorInfo => {
  const [rows, n] = x.shape;
  return runPerRow(backend, selectEdges, [x], rows, { shape: [rows, 2], dtype: "int32" }, [
    int(n),
    int(k),
  ]);
};

registerGpuKernel<KwtaAttributes>(HARD_KWTA, ["x"], (backend, [x], { k }) => {
  const edges = edgesOf(backend, x, k);
  const output = { shape: x.shape, dtype: "float32" } as const;
  const y = runElementwise(backend, hardKwta, [x, edges], output, [int(x.shape[1])]);
  backend.disposeData(edges.dataId);
  return y;
});

registerGpuKernel<WinnersAttributes>(WINNERS, ["x"], (backend, [x], { k, ties }) => {
  const edges = edgesOf(backend, x, k);
  const output = { shape: x.shape, dtype: "float32" } as const;
  const y = runElementwise(backend, winners(ties), [x, edges], output, [int(x.shape[1])]);
  backend.disposeData(edges.dataId);
  return y;
});

registerGpuKernel<SoftKwtaAttributes>(
  SOFT_KWTA,
  ["x"],
  (backend, [x], { k, hardness, gate }) => {
    const edges = edgesOf(backend, x, k);
    const output = { shape: x.shape, dtype: "float32" } as const;
    const uniforms = [int(x.shape[1]), float(hardness)];
    return [runElementwise(backend, softKwta(gate), [x, edges], output, uniforms), edges];
  },
);

registerGpuKernel<SoftKwtaAttributes>(
  SOFT_KWTA_GRADIENT,
  ["dy", "x", "y", "edges"],
  (backend, [dy, x, y, edges], { hardness, gate }) => {
    const [rows, n] = x.shape;
    const output = { shape: x.shape, dtype: "float32" } as const;
    const uniforms = [int(n), float(hardness)];
    const inputs = [dy, gate === "sigmoid" ? y : x, edges];
    return runPerRow(backend, softKwtaGradient(gate), inputs, rows, output, uniforms);
  },
);
