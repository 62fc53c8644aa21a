/**
 * Kernels for webgpu: WGSL programs that the tfjs backend runs.
 *
 * Uniformity: workgroup barriers may only stand where control flow does not depend on the row, so
 * programs clamp the row instead of returning early.
 *
 * @module
 */
import { tf, type WebGPUBackend } from "../tfjs.ts";

/** Invocations per workgroup. */
export const LANES = 64;

/** Workgroups per dispatch dimension that every WebGPU device allows. */
const MOST_GROUPS = 65_535;

/** A WGSL program. */
export interface GpuProgram {
  /** Distinguishes its source from every other program's. */
  readonly key: string;
  /** The names of the input arrays. */
  readonly variables: readonly string[];
  /** "k : i32, hardness : f32"; read as `uniforms.k`. */
  readonly uniforms?: string;
  /** Functions and workgroup variables before `main`. */
  readonly before?: string;
  /**
   * The body of `main`. In scope: the inputs by name, `result`, `uniforms`, and either `index` (one
   * invocation per output element; out-of-range ones are cut off) or, for row programs, `row` (one
   * workgroup per row) and `lane` (0 to {@linkcode LANES} - 1).
   */
  readonly main: string;
}

/** The value of one uniform. */
export interface Uniform {
  readonly type: "int32" | "float32";
  readonly data: number[];
}

/** An integer uniform. */
export const int = (value: number): Uniform => ({ type: "int32", data: [value] });

/** A floating-point uniform. */
export const float = (value: number): Uniform => ({ type: "float32", data: [value] });

/** What a program makes. */
export interface GpuOutput {
  readonly shape: readonly number[];
  readonly dtype: "float32" | "int32";
}

/** Runs a program with one invocation per element of its output. */
export function runElementwise(
  backend: WebGPUBackend,
  program: GpuProgram,
  inputs: readonly tf.TensorInfo[],
  output: GpuOutput,
  uniforms: readonly Uniform[] = [],
): tf.TensorInfo {
  const size = tf.util.sizeFromShape([...output.shape]);
  const main = `if (index < uniforms.total) { ${program.main} }`;
  return run(backend, program, main, Math.ceil(size / LANES), inputs, output, "total : i32, ", [
    int(size),
    ...uniforms,
  ]);
}

/** Runs a program with one workgroup per row. */
export function runPerRow(
  backend: WebGPUBackend,
  program: GpuProgram,
  inputs: readonly tf.TensorInfo[],
  rows: number,
  output: GpuOutput,
  uniforms: readonly Uniform[] = [],
): tf.TensorInfo {
  const main = `
    let row = min(index / ${LANES}, uniforms.rows - 1);
    let lane = index % ${LANES};
    ${program.main}`;
  return run(backend, program, main, rows, inputs, output, "rows : i32, ", [
    int(rows),
    ...uniforms,
  ]);
}

function run(
  backend: WebGPUBackend,
  { key, variables, uniforms: declared = "", before = "" }: GpuProgram,
  main: string,
  groups: number,
  inputs: readonly tf.TensorInfo[],
  { shape, dtype }: GpuOutput,
  leading: string,
  uniforms: readonly Uniform[],
): tf.TensorInfo {
  const across = Math.min(groups, MOST_GROUPS);
  const program = {
    variableNames: [...variables],
    outputShape: [...shape],
    dispatch: [across, Math.ceil(groups / across), 1] as [number, number, number],
    dispatchLayout: { x: shape.map((_, axis) => axis) },
    workgroupSize: [LANES, 1, 1] as [number, number, number],
    uniforms: `${leading}${declared}`,
    shaderKey: `sparrow_${key}`,
    getUserCode: () => `${before}\nfn main(index : i32) {${main}\n}`,
  };
  return backend.runWebGPUProgram(program, [...inputs], dtype, [...uniforms]);
}

/** Passes of a loop after which lavapipe (Mesa 22.3) leaves all loops of an invocation, without an error. */
const MOST_PASSES = 65_535;

/**
 * How many numbers a loop of {@linkcode strided} visits in a pass, so that lavapipe ends it: 1, or 64, which
 * is enough for all that can be bound there but takes longer.
 *
 * @param passes Those of all the program's loops, if each visits one number.
 */
export const visitsPerPass = (passes: number): 1 | 64 => passes < MOST_PASSES / 2 ? 1 : 64;

/**
 * WGSL that visits every `step`-th `i` from `from` on, below `end`, in order.
 *
 * @param body What is done with `i`.
 */
export const strided = (
  visits: number,
  from: string,
  end: string,
  step: number,
  body: string,
): string => {
  const each = Array.from(
    { length: visits },
    (_, visit) =>
      visit === 0
        ? `let i = first; ${body}`
        : `let i = first + ${visit * step}; if (i < ${end}) { ${body} }`,
  );
  return `for (var first = ${from}; first < ${end}; first = first + ${visits * step}) {
      ${each.map((line) => `{ ${line} }`).join("\n")}
    }`;
};

/** WGSL: `total(lane, x)`, the sum of x over the workgroup, in the same order every time. */
export const workgroupSum = `
  var<workgroup> partial : array<f32, ${LANES}>;
  fn total(lane : i32, x : f32) -> f32 {
    workgroupBarrier();
    partial[lane] = x;
    workgroupBarrier();
    for (var half = ${LANES / 2}; half > 0; half = half / 2) {
      if (lane < half) { partial[lane] = partial[lane] + partial[lane + half]; }
      workgroupBarrier();
    }
    return partial[0];
  }`;

/** Registers a kernel on webgpu. */
export function registerGpuKernel<Attributes>(
  name: string,
  inputs: readonly string[],
  kernel: (
    backend: WebGPUBackend,
    inputs: readonly tf.TensorInfo[],
    attributes: Attributes,
  ) => tf.TensorInfo | tf.TensorInfo[],
): void {
  tf.registerKernel({
    kernelName: name,
    backendName: "webgpu",
    kernelFunc: (call) =>
      kernel(
        call.backend as WebGPUBackend,
        inputs.map((input) => (call.inputs as tf.NamedTensorInfoMap)[input]!),
        call.attrs as unknown as Attributes,
      ),
  });
}
