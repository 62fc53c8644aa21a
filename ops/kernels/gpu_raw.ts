/**
 * WGSL programs with several outputs. tfjs's own programs have one; these are recorded into the same
 * command encoder, so that they keep their order among tfjs's.
 *
 * @module
 */
import { tf, type WebGPUBackend } from "../tfjs.ts";
import { type GpuOutput, int, type Uniform } from "./gpu.ts";
import { checkBindable } from "./gpu_limits.ts";

/** An array that a program reads or writes. */
export interface Binding {
  readonly name: string;
  readonly type: "f32" | "i32";
}

/** A WGSL program. */
export interface RawProgram {
  /** Distinguishes its source from every other program's. */
  readonly key: string;
  /** What it reads; all must be used, or the pipeline is invalid. */
  readonly inputs: readonly Binding[];
  /** What it writes; all must be used. */
  readonly outputs: readonly Binding[];
  /** "k : i32, hardness : f32"; read as `uniforms.k`. */
  readonly uniforms: string;
  /** Functions and variables before `main`. */
  readonly before?: string;
  /** Invocations per workgroup. */
  readonly lanes: number;
  /**
   * The body of `main`. In scope: inputs, outputs and `uniforms` by name, `group`, the number of this
   * workgroup, and `lane`, 0 to `lanes` − 1. There may be more workgroups than were asked for.
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

/** tfjs's flag for how many programs it submits at once. */
const BATCH = "WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE";

const pipelines = new WeakMap<GPUDevice, Map<string, GPUComputePipeline>>();

/** The first of the rows that a dispatch is for, and how many: all of them in most cases. */
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
 * @param groups How many workgroups.
 * @param outputs Their shapes; none may be empty.
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
 * Runs a program that writes into arrays that there are already: only for such as nobody else sees,
 * for tensors never change.
 *
 * @param groups How many workgroups.
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
 * @param uniforms Those after `rows`.
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
