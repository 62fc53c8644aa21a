/**
 * Registers kernels that run as SIMD on wasm, beside the existing ones without SIMD.
 *
 * @module
 */
import { type BackendWasm, tf } from "../../tfjs.ts";
import { type SimdBackend, simdOf } from "./module.ts";

/** A kernel as a call of the SIMD module. */
export interface SimdKernel<Attributes> {
  /** Name of an existing wasm kernel, which runs where SIMD does not, or does not fit. */
  readonly name: string;
  /** The names of the input tensors; 0 is the address of one that is not there. */
  readonly inputs: readonly string[];
  /** Names of the inputs that are int32; the others must be float32. */
  readonly integers?: readonly string[];
  /** Whether the kernel can run with these attributes. @default always */
  readonly fits?: (attributes: Attributes) => boolean;
  /** The shapes and types of the outputs. */
  readonly outputs: (
    shapes: readonly (readonly number[])[],
    attributes: Attributes,
  ) => readonly { readonly shape: readonly number[]; readonly dtype: "float32" | "int32" }[];
  /** Computes the workspace of each thread, in bytes. @default none */
  readonly work?: (shapes: readonly (readonly number[])[], attributes: Attributes) => number;
  /** Computes the workspace of all threads together, in bytes. @default none */
  readonly scratch?: (shapes: readonly (readonly number[])[]) => number;
  /** Fills the outputs, whose former content is arbitrary. */
  readonly run: (
    simd: SimdBackend,
    addresses: Addresses,
    shapes: readonly (readonly number[])[],
    attributes: Attributes,
  ) => void;
}

/** Addresses of a call's tensors and workspaces. */
export interface Addresses {
  /** The addresses of the inputs, in order. */
  readonly inputs: readonly number[];
  /** The addresses of the outputs, in order. */
  readonly outputs: readonly number[];
  /** The address of as many bytes per thread as `work` says, the first thread's first. */
  readonly work: number;
  /** Bytes per thread at `work`: the number that `work` returns, rounded up to a multiple of 64. */
  readonly workBytes: number;
  /** The address of as many bytes as `scratch` says. */
  readonly scratch: number;
}

/** Table of the wasm backend that gives the address of a tensor. */
interface TensorPlaces {
  readonly dataIdMap: { readonly get: (id: object) => { readonly memoryOffset: number } };
}

/** Puts a kernel in the place of the one that wasm has. */
export function registerSimdKernel<Attributes>(kernel: SimdKernel<Attributes>): void {
  const plain = tf.getKernel(kernel.name, "wasm");
  tf.unregisterKernel(kernel.name, "wasm");
  tf.registerKernel({
    ...plain,
    kernelFunc: (call) => {
      const simd = simdOf(call.backend as tf.KernelBackend);
      const attributes = call.attrs as unknown as Attributes;
      return simd === null || !typesFit(kernel, call) || !(kernel.fits?.(attributes) ?? true)
        ? plain.kernelFunc(call)
        : runSimd(kernel, simd, call, attributes);
    },
  });
}

function typesFit<Attributes>(
  { inputs, integers = [] }: SimdKernel<Attributes>,
  call: Parameters<tf.KernelFunc>[0],
): boolean {
  const given = call.inputs as tf.NamedTensorInfoMap;
  return inputs.every((name) => {
    const dtype = given[name]?.dtype;
    return dtype === undefined || dtype === (integers.includes(name) ? "int32" : "float32");
  });
}

function runSimd<Attributes>(
  kernel: SimdKernel<Attributes>,
  simd: SimdBackend,
  { inputs, backend }: Parameters<tf.KernelFunc>[0],
  attributes: Attributes,
): tf.TensorInfo | tf.TensorInfo[] {
  const wasm = backend as unknown as BackendWasm & TensorPlaces;
  const given = kernel.inputs.map((name) => (inputs as tf.NamedTensorInfoMap)[name]);
  const shapes = given.map((info) => info?.shape ?? []);
  const made = kernel.outputs(shapes, attributes)
    .map(({ shape, dtype }) => wasm.makeOutput([...shape], dtype));
  // Cache lines apart: threads that write to one line wait for each other.
  const workBytes = 64 * Math.ceil((kernel.work?.(shapes, attributes) ?? 0) / 64);
  const all = simd.threads * workBytes;
  const scratchBytes = kernel.scratch?.(shapes) ?? 0;
  const work = all + scratchBytes === 0 ? 0 : simd.workspace(all + scratchBytes);
  const addressOf = (info: tf.TensorInfo | undefined) =>
    info === undefined ? 0 : wasm.dataIdMap.get(info.dataId).memoryOffset;
  const [ins, outs] = [given, made].map((infos) => infos.map(addressOf));
  const addresses = { inputs: ins, outputs: outs, work, workBytes, scratch: work + all };
  kernel.run(simd, addresses, shapes, attributes);
  return made.length === 1 ? made[0] : made;
}
