/**
 * kWTA on webgpu: a radix search over the order-preserving integer image of float32 finds the k-th
 * largest value exactly, without sorting.
 *
 * @module
 */
import type { tf, WebGPUBackend } from "../tfjs.ts";
import {
  float,
  type GpuOutput,
  int,
  LANES,
  type RawProgram,
  registerGpuKernel,
  runRawPerRow,
  type Uniform,
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

/** Values of a row that an invocation keeps, so that it reads them once, if that is enough. */
const MOST_KEPT = 16;

/** Last part of a program: the output of a row, computed once its edges are known. */
interface Finish {
  readonly key: string;
  readonly uniforms?: string;
  /** Whether the rows of edges are an output. @default false */
  readonly edges?: boolean;
  /**
   * Expression of the output for `value`, at `i`. In scope: `last` and `least`, the last winner's place and value, and
   * `limit`, midway between it and the next.
   */
  readonly result: string;
}

/**
 * x [rows, n] → y [rows, n] and the positions of the k-th and the (k+1)-th largest, int32 [rows, 2],
 * in one program, a workgroup per row.
 *
 * @param kept Values per invocation that stay in registers, at least n / LANES; 0: they are read again
 * every time.
 */
const kwtaProgram = (
  { key, uniforms = "", edges = false, result }: Finish,
  kept: number,
): RawProgram => ({
  key: `${key}_${kept}`,
  inputs: [{ name: "x", type: "f32" }],
  outputs: [{ name: "y", type: "f32" }, ...edges ? [{ name: "edges", type: "i32" } as const] : []],
  uniforms: `rows : i32, n : i32, k : i32${uniforms}`,
  lanes: LANES,
  before: `
    ${kept > 0 ? `var<private> kept : array<f32, ${kept}>;` : ""}
    var<workgroup> histogram : array<atomic<i32>, 16>;
    // Bits found so far, rank among those that share them, and how many these are.
    var<workgroup> found : array<i32, 3>;
    var<workgroup> equals : array<i32, ${LANES}>;
    var<workgroup> best : atomic<u32>;
    var<workgroup> place : atomic<i32>;
    var<workgroup> ends : array<i32, 2>;

    // Unsigned integers in the order of the numbers; both zeros are one.
    fn image(value : f32) -> u32 {
      if (value == 0.0) { return 0x80000000u; }
      let bits = bitcast<u32>(value);
      return select(bits | 0x80000000u, ~bits, (bits >> 31u) == 1u);
    }

    // Among equals the lower index comes first: the position of the rank-th that equals the k-th.
    fn positionOf(base : i32, segment : i32, least : u32, rank : i32) -> i32 {
      var rest = rank;
      var part = 0;
      while (part < ${LANES - 1} && rest > equals[part]) {
        rest = rest - equals[part];
        part = part + 1;
      }
      let end = min((part + 1) * segment, uniforms.n);
      for (var i = part * segment; i < end; i = i + 1) {
        if (image(x[base + i]) == least) {
          rest = rest - 1;
          if (rest == 0) { return i; }
        }
      }
      return uniforms.n - 1;
    }`,
  main: `
    let row = min(group, uniforms.rows - 1);
    let base = row * uniforms.n;
    ${kept > 0 ? each(kept, "", "kept[t] = x[base + i];") : ""}
    // The k-th largest image, four bits at a time from the top.
    if (lane == 0) { found[0] = 0; found[1] = uniforms.k; }
    for (var level = 0; level < 8; level = level + 1) {
      let shift = u32(28 - 4 * level);
      if (lane < 16) { atomicStore(&histogram[lane], 0); }
      workgroupBarrier();
      let prefix = bitcast<u32>(found[0]);
      ${
    each(
      kept,
      VALUE,
      `let bits = image(value);
       if (level == 0 || (bits >> (shift + 4u)) == prefix) {
         atomicAdd(&histogram[(bits >> shift) & 15u], 1);
       }`,
    )
  }
      workgroupBarrier();
      if (lane == 0) {
        var rank = found[1];
        var bin = 15;
        var same = atomicLoad(&histogram[15]);
        while (bin > 0 && rank > same) {
          rank = rank - same;
          bin = bin - 1;
          same = atomicLoad(&histogram[bin]);
        }
        found[0] = bitcast<i32>((prefix << 4u) | u32(bin));
        found[1] = rank;
        found[2] = same;
      }
      workgroupBarrier();
    }
    let kth = bitcast<u32>(found[0]);
    // The largest image below it, and how many equal it in each invocation's part of the row.
    if (lane == 0) { atomicStore(&best, 0u); atomicStore(&place, uniforms.n - 1); }
    workgroupBarrier();
    let segment = (uniforms.n + ${LANES - 1}) / ${LANES};
    let end = min((lane + 1) * segment, uniforms.n);
    var mine = 0u;
    var first = uniforms.n - 1;
    var equal = 0;
    for (var i = lane * segment; i < end; i = i + 1) {
      let bits = image(x[base + i]);
      if (bits == kth) { equal = equal + 1; }
      if (bits < kth && bits > mine) { mine = bits; first = i; }
    }
    equals[lane] = equal;
    atomicMax(&best, mine);
    workgroupBarrier();
    if (mine == atomicLoad(&best)) { atomicMin(&place, first); }
    workgroupBarrier();
    if (lane == 0) {
      let rank = found[1];
      ends[0] = positionOf(base, segment, kth, rank);
      ends[1] = atomicLoad(&place);
      if (found[2] > rank) { ends[1] = positionOf(base, segment, kth, rank + 1); }
      ${edges ? "edges[2 * row] = ends[0]; edges[2 * row + 1] = ends[1];" : ""}
    }
    workgroupBarrier();
    let last = ends[0];
    let least = x[base + last];
    let limit = (least + x[base + ends[1]]) * 0.5;
    ${each(kept, VALUE, `y[base + i] = ${result};`)}`,
});

const VALUE = "let value = ";

/** WGSL that visits an invocation's values of the row, next to its neighbours'. */
const each = (kept: number, value: string, body: string): string =>
  kept === 0
    ? `for (var i = lane; i < uniforms.n; i = i + ${LANES}) { ${
      value && `${value}x[base + i];`
    } ${body} }`
    : `for (var t = 0; t < ${kept}; t = t + 1) {
        let i = t * ${LANES} + lane;
        if (i < uniforms.n) { ${value && `${value}kept[t];`} ${body} }
      }`;

const hardKwta: Finish = {
  key: "hard_kwta",
  result: "select(0.0, 1.0, value > limit)",
};

const winners = (ties: boolean): Finish => ({
  key: `winners_${ties ? "all" : "first"}`,
  result: `select(0.0, 1.0, value > least || value == least${ties ? "" : " && i <= last"})`,
});

const softKwta = (gate: SoftKwtaAttributes["gate"]): Finish => ({
  key: `soft_kwta_${gate}`,
  uniforms: ", hardness : f32",
  edges: true,
  result: gate === "sigmoid"
    ? "1.0 / (1.0 + exp(-uniforms.hardness * (value - limit)))"
    : "clamp(uniforms.hardness * (value - limit) + 3.0, 0.0, 6.0) / 6.0",
});

/**
 * The gradient reads y or x, whichever its gate needs: a binding that the shader does not use makes
 * the pipeline invalid.
 */
const softKwtaGradient = (gate: SoftKwtaAttributes["gate"]): RawProgram => ({
  key: `soft_kwta_gradient_${gate}`,
  inputs: [
    { name: "dy", type: "f32" },
    { name: gate === "sigmoid" ? "y" : "x", type: "f32" },
    { name: "edges", type: "i32" },
  ],
  outputs: [{ name: "dx", type: "f32" }],
  uniforms: "rows : i32, n : i32, hardness : f32",
  lanes: LANES,
  before: workgroupSum,
  main: `
    // A workgroup too many goes along for the barriers.
    let owned = group < uniforms.rows;
    let row = min(group, uniforms.rows - 1);
    let base = row * uniforms.n;
    let last = edges[2 * row];
    let next = edges[2 * row + 1];
    ${gate === "sigmoid" ? "" : "let threshold = (x[base + last] + x[base + next]) * 0.5;"}
    var mine = 0.0;
    for (var i = lane; i < uniforms.n; i = i + ${LANES}) {
      let at = base + i;
      ${
    gate === "sigmoid"
      ? "let open = y[at]; let a = uniforms.hardness * open * (1.0 - open) * dy[at];"
      : `let z = uniforms.hardness * (x[at] - threshold);
         let a = select(0.0, uniforms.hardness / 6.0 * dy[at], z > -3.0 && z < 3.0);`
  }
      mine = mine + a;
      if (owned) { dx[at] = a; }
    }
    let share = total(lane, mine) * 0.5;
    // Each element has one writer: the lane that made it.
    if (owned && last % ${LANES} == lane) { dx[base + last] = dx[base + last] - share; }
    if (owned && next % ${LANES} == lane) { dx[base + next] = dx[base + next] - share; }`,
});

/** Runs a kWTA on the rows of x. */
function onRows(
  backend: WebGPUBackend,
  finish: Finish,
  x: tf.TensorInfo,
  k: number,
  uniforms: readonly Uniform[] = [],
): tf.TensorInfo[] {
  const [rows, n] = x.shape;
  const outputs: readonly GpuOutput[] = [
    { shape: [rows, n], dtype: "float32" },
    ...finish.edges ? [{ shape: [rows, 2], dtype: "int32" } as const] : [],
  ];
  if (rows === 0) {
    return outputs.map(({ shape, dtype }) =>
      backend.makeTensorInfo([...shape], dtype, new Float32Array(0))
    );
  }
  // Powers of two, so that few programs are compiled.
  const least = 2 ** Math.ceil(Math.log2(n / LANES));
  const kept = least > MOST_KEPT ? 0 : Math.max(1, least);
  const program = kwtaProgram(finish, kept);
  return runRawPerRow(backend, program, [x], outputs, [int(n), int(k), ...uniforms]);
}

registerGpuKernel<KwtaAttributes>(
  HARD_KWTA,
  ["x"],
  (backend, [x], { k }) => onRows(backend, hardKwta, x, k)[0],
);

registerGpuKernel<WinnersAttributes>(
  WINNERS,
  ["x"],
  (backend, [x], { k, ties }) => onRows(backend, winners(ties), x, k)[0],
);

registerGpuKernel<SoftKwtaAttributes>(
  SOFT_KWTA,
  ["x"],
  (backend, [x], { k, hardness, gate }) => onRows(backend, softKwta(gate), x, k, [float(hardness)]),
);

registerGpuKernel<SoftKwtaAttributes>(
  SOFT_KWTA_GRADIENT,
  ["dy", "x", "y", "edges"],
  (backend, [dy, x, y, edges], { hardness, gate }) => {
    const output = { shape: x.shape, dtype: "float32" } as const;
    if (x.shape[0] === 0) return backend.makeTensorInfo(x.shape, "float32", new Float32Array(0));
    const inputs = [dy, gate === "sigmoid" ? y : x, edges];
    const uniforms = [int(x.shape[1]), float(hardness)];
    return runRawPerRow(backend, softKwtaGradient(gate), inputs, [output], uniforms)[0];
  },
);
