/**
 * Kernels for webgpu: WGSL programs, the limits of the device, and how programs are run.
 *
 * There are two kinds. A {@linkcode GpuProgram} has one output and is run as tfjs runs its own programs. A
 * {@linkcode RawProgram} may have several outputs; it is recorded into the same command encoder, so that it keeps its
 * order among tfjs's.
 *
 * Uniformity: workgroup barriers may only stand where control flow does not depend on the row, so
 * programs clamp the row instead of returning early.
 *
 * @module
 */
import type { GpuError } from "../../graph/error.ts";
import { tf, WebGPUBackend } from "../tfjs.ts";

/**
 * Registers a kernel on webgpu.
 *
 * @param name The name that `tf.engine().runKernel` is given.
 * @param inputs The names of its inputs, in the order in which the kernel takes them.
 * @param kernel Makes the outputs.
 */
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

/** The value of one uniform. */
export interface Uniform {
  /** The type of the value. */
  readonly type: "int32" | "float32";
  /** The value, alone. */
  readonly data: number[];
}

/** An integer uniform. */
export const int = (value: number): Uniform => ({ type: "int32", data: [value] });

/** A floating-point uniform. */
export const float = (value: number): Uniform => ({ type: "float32", data: [value] });

/** An array that a program makes. */
export interface GpuOutput {
  /** Shape of the output. */
  readonly shape: readonly number[];
  /** The type of its elements. */
  readonly dtype: "float32" | "int32";
}

// ---- Programs with one output

/** Invocations per workgroup. */
export const LANES = 64;

/** Workgroups per dispatch dimension that every WebGPU device allows. */
const MOST_GROUPS = 65_535;

/** A WGSL program with one output, `result`. */
export interface GpuProgram {
  /** Distinguishes its source from every other program's. */
  readonly key: string;
  /** The names of the input arrays. */
  readonly variables: readonly string[];
  /** Declarations of the uniforms, "k : i32, hardness : f32"; read as `uniforms.k`. */
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

// ---- Programs with several outputs

/** An array that a program reads or writes. */
export interface Binding {
  /** Name of the binding in the program. */
  readonly name: string;
  /** The type of its elements. */
  readonly type: "f32" | "i32";
}

/** A WGSL program with any number of outputs. */
export interface RawProgram {
  /** Distinguishes its source from every other program's. */
  readonly key: string;
  /** Inputs of the program. All must be used, or the pipeline is invalid. */
  readonly inputs: readonly Binding[];
  /** Outputs of the program. All must be used. */
  readonly outputs: readonly Binding[];
  /** Declarations of the uniforms, "k : i32, hardness : f32"; read as `uniforms.k`. */
  readonly uniforms: string;
  /** Functions and variables before `main`. */
  readonly before?: string;
  /** Invocations per workgroup. */
  readonly lanes: number;
  /**
   * The body of `main`. In scope: inputs, outputs and `uniforms` by name, `group`, the number of this workgroup, and
   * `lane`, 0 to `lanes` − 1. There may be more workgroups than requested.
   */
  readonly main: string;
}

/** The part of tfjs's webgpu backend that its declarations keep to themselves. */
interface Recorder {
  readonly tensorMap: { readonly get: (id: object) => { readonly resource: GPUBuffer } };
  readonly commandQueueOwnedIds: WeakSet<object>;
  readonly commandEncoder: GPUCommandEncoder | null;
  computePassEncoder: GPUComputePassEncoder | null;
  dispatchCountInPass: number;
  readonly uploadToGPU: (id: object) => void;
  readonly makeUniforms: (uniforms: Uniform[]) => GPUBindingResource;
  readonly ensureCommandEncoderReady: () => void;
  readonly endComputePassEncoder: () => void;
  readonly submitQueue: () => void;
}

/** tfjs's flag for the number of programs that it submits at once. */
const BATCH = "WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE";

const pipelines = new WeakMap<GPUDevice, Map<string, GPUComputePipeline>>();

/** Rows that a dispatch is for, the first and their number: all of them in most cases. */
interface Window {
  readonly from: number;
  readonly count: number;
  readonly of: number;
}

/** Windows begin at multiples of this, and so at 256 bytes, as WebGPU wants it at the most. */
const WINDOW_STEP = 64;

/**
 * Runs a program.
 *
 * @param groups Number of workgroups.
 * @param outputs Shapes of the outputs; none may be empty.
 * @returns The outputs.
 */
export function runRaw(
  backend: WebGPUBackend,
  program: RawProgram,
  groups: number,
  inputs: readonly tf.TensorInfo[],
  outputs: readonly GpuOutput[],
  uniforms: readonly Uniform[],
): tf.TensorInfo[] {
  checkBindable(backend.device, [...inputs, ...outputs]);
  const made = allocate(backend, outputs);
  record(backend, program, groups, [...inputs, ...made], uniforms);
  return made;
}

/**
 * Runs a program that writes into existing arrays. Only for private ones: tensors never change.
 *
 * @param groups Number of workgroups.
 */
export function runRawInto(
  backend: WebGPUBackend,
  program: RawProgram,
  groups: number,
  inputs: readonly tf.TensorInfo[],
  outputs: readonly tf.TensorInfo[],
  uniforms: readonly Uniform[],
): void {
  checkBindable(backend.device, [...inputs, ...outputs]);
  record(backend, program, groups, [...inputs, ...outputs], uniforms);
}

/**
 * Runs a program whose workgroup `group` reads and writes row `group` of every array, `uniforms.rows`
 * being how many rows there are. Arrays too large to bind are bound a part of the rows at a time.
 *
 * @param inputs [rows, …] each.
 * @param outputs [rows, …] each; `rows` is above 0.
 * @param uniforms Uniforms after `rows`.
 */
export function runRawPerRow(
  backend: WebGPUBackend,
  program: RawProgram,
  inputs: readonly tf.TensorInfo[],
  outputs: readonly GpuOutput[],
  uniforms: readonly Uniform[],
): tf.TensorInfo[] {
  const all = [...inputs, ...outputs];
  const [rows] = outputs[0].shape;
  const widest = Math.max(...all.map(({ shape }) => 4 * sizeOf(shape) / rows));
  const most = Math.floor(backend.device.limits.maxStorageBufferBindingSize / widest);
  // Rows of which so few fit are left to the check.
  if (rows > most && most < WINDOW_STEP) checkBindable(backend.device, all);
  const step = rows > most ? most - most % WINDOW_STEP : rows;
  const made = allocate(backend, outputs);
  for (let from = 0; from < rows; from += step) {
    const count = Math.min(step, rows - from);
    const window = { from, count, of: rows };
    record(backend, program, count, [...inputs, ...made], [int(count), ...uniforms], window);
  }
  return made;
}

/** Hands all that is recorded to the device. */
export function submit(backend: WebGPUBackend): void {
  const recorder = backend as unknown as Recorder;
  if (recorder.commandEncoder === null) return;
  recorder.endComputePassEncoder();
  recorder.submitQueue();
}

const allocate = (backend: WebGPUBackend, outputs: readonly GpuOutput[]): tf.TensorInfo[] =>
  outputs.map(({ shape, dtype }) => backend.makeTensorInfo([...shape], dtype));

const sizeOf = (shape: readonly number[]): number => shape.reduce((size, n) => size * n, 1);

function record(
  backend: WebGPUBackend,
  program: RawProgram,
  groups: number,
  tensors: readonly tf.TensorInfo[],
  uniforms: readonly Uniform[],
  window: Window = { from: 0, count: 1, of: 1 },
): void {
  const recorder = backend as unknown as Recorder;
  const { device } = backend;
  const arrays = tensors.map(({ dataId, shape }) => {
    recorder.uploadToGPU(dataId);
    recorder.commandQueueOwnedIds.add(dataId);
    const row = 4 * sizeOf(shape) / window.of;
    const buffer = recorder.tensorMap.get(dataId).resource;
    return { buffer, offset: window.from * row, size: window.count * row };
  });
  const pipeline = pipelineOf(device, program);
  const resources = [...arrays, recorder.makeUniforms([...uniforms])];
  const bindings = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: resources.map((resource, binding) => ({ binding, resource })),
  });
  // After the uploads, which end a pass.
  recorder.ensureCommandEncoderReady();
  const pass = recorder.computePassEncoder ??= recorder.commandEncoder!.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, bindings);
  const across = Math.min(groups, device.limits.maxComputeWorkgroupsPerDimension);
  pass.dispatchWorkgroups(across, Math.ceil(groups / across));
  if (++recorder.dispatchCountInPass >= tf.env().getNumber(BATCH)) submit(backend);
}

function pipelineOf(device: GPUDevice, program: RawProgram): GPUComputePipeline {
  const known = pipelines.get(device) ?? new Map<string, GPUComputePipeline>();
  pipelines.set(device, known);
  let pipeline = known.get(program.key);
  if (pipeline === undefined) {
    const module = device.createShaderModule({ code: source(program), label: program.key });
    const compute = { module, entryPoint: "start" };
    pipeline = device.createComputePipeline({ layout: "auto", label: program.key, compute });
    known.set(program.key, pipeline);
  }
  return pipeline;
}

const source = ({ inputs, outputs, uniforms, before = "", lanes, main }: RawProgram): string => {
  const arrays = [
    ...inputs.map((binding) => ({ ...binding, access: "read" })),
    ...outputs.map((binding) => ({ ...binding, access: "read_write" })),
  ].map(({ name, type, access }, at) =>
    `@group(0) @binding(${at}) var<storage, ${access}> ${name} : array<${type}>;`
  );
  return `
    struct Uniforms { ${uniforms} };
    ${arrays.join("\n")}
    @group(0) @binding(${arrays.length}) var<uniform> uniforms : Uniforms;
    ${before}
    @compute @workgroup_size(${lanes})
    fn start(
      @builtin(workgroup_id) at_workgroup : vec3<u32>,
      @builtin(num_workgroups) workgroups : vec3<u32>,
      @builtin(local_invocation_index) invocation : u32,
    ) {
      let group = i32(at_workgroup.y * workgroups.x + at_workgroup.x);
      let lane = i32(invocation);
      ${main}
    }`;
};

// ---- Pieces of WGSL

/** Passes of a loop after which lavapipe (Mesa 22.3) leaves all loops of an invocation, without an error. */
const MOST_PASSES = 65_535;

/**
 * Returns the count of numbers that a loop of {@linkcode strided} visits in a pass, so that lavapipe ends it: 1, or 64,
 * which is enough for all that can be bound there but takes longer.
 *
 * @param passes Passes of all the program's loops, if each visits one number.
 */
export const visitsPerPass = (passes: number): 1 | 64 => passes < MOST_PASSES / 2 ? 1 : 64;

/**
 * WGSL that visits every `step`-th `i` from `from` on, below `end`, in order.
 *
 * @param body Statements for `i`.
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

// ---- The size of tensors

/** A tensor is larger than a program of this device may bind. */
export class TensorTooLarge extends Error {
  /** The name of the error's class. */
  override readonly name = "TensorTooLarge";

  /**
   * @param shape The tensor's shape.
   * @param bytes The bytes that it has.
   * @param limit The device's maxStorageBufferBindingSize.
   */
  constructor(
    readonly shape: readonly number[],
    readonly bytes: number,
    readonly limit: number,
  ) {
    super(
      `Cannot bind a tensor of shape [${shape}] on this GPU: it has ${bytes} bytes, ` +
        `maxStorageBufferBindingSize is ${limit}. Use a smaller batch, or --backend wasm`,
    );
  }
}

/**
 * Checks that a program can bind tensors; all elements have four bytes.
 *
 * @throws {TensorTooLarge} Where one is too large.
 */
export function checkBindable(
  device: GPUDevice,
  tensors: readonly Pick<GpuOutput, "shape">[],
): void {
  const limit = device.limits.maxStorageBufferBindingSize;
  for (const { shape } of tensors) {
    const bytes = 4 * sizeOf(shape);
    if (bytes > limit) throw new TensorTooLarge(shape, bytes, limit);
  }
}

/** Converts a thrown value to a GpuError where a tensor is too large; null for anything else. */
export const gpuErrorOf = (thrown: unknown): GpuError | null =>
  thrown instanceof TensorTooLarge ? { _tag: "GpuError", reason: thrown.message } : null;

// ---- The device

// tfjs's webgpu backend runs on a device that is asked for here with one limit more: how many storage
// buffers a program may have. tfjs leaves it at the 8 that every device allows, and one program for
// several weights (Adam) needs seven for each.

/** The limits that tfjs itself raises, and the last, which it does not. */
const RAISED = [
  "maxComputeWorkgroupStorageSize",
  "maxComputeWorkgroupsPerDimension",
  "maxStorageBufferBindingSize",
  "maxBufferSize",
  "maxComputeWorkgroupSizeX",
  "maxComputeInvocationsPerWorkgroup",
  "maxStorageBuffersPerShaderStage",
] as const;

/** Priority above every backend but tfjs's own of this name, whose priority it is. */
const PRIORITY = 3;

async function makeBackend(): Promise<tf.KernelBackend> {
  const lowPower = tf.env().get("WEBGPU_USE_LOW_POWER_GPU") as boolean;
  const adapter = await navigator.gpu.requestAdapter({
    powerPreference: lowPower ? "low-power" : "high-performance",
  });
  if (adapter === null) throw new Error("there is no WebGPU adapter");
  const timed: GPUFeatureName = "timestamp-query";
  const device = await adapter.requestDevice({
    requiredFeatures: adapter.features.has(timed) ? [timed] : [],
    requiredLimits: Object.fromEntries(RAISED.map((limit) => [limit, adapter.limits[limit]])),
  });
  return new WebGPUBackend(device, adapter.info);
}

// Where the program that imports us runs on webgpu already, its device stays.
// (tf.findBackend would start it.)
if (globalThis.navigator?.gpu !== undefined && !("webgpu" in tf.engine().registry)) {
  if ("webgpu" in tf.engine().registryFactory) tf.removeBackend("webgpu");
  tf.registerBackend("webgpu", makeBackend, PRIORITY);
}
