/**
 * Kernels for the backends whose memory JavaScript can read and write: wasm and cpu. A kernel is a
 * loop over the backend's own typed arrays; nothing is copied.
 *
 * @module
 */
import { type BackendWasm, tf } from "../tfjs.ts";
import type { View } from "./select_edges.ts";

/** A kernel as a loop over views. */
export interface HostKernel<Attributes> {
  readonly name: string;
  /** The names of the input tensors; all must be there. */
  readonly inputs: readonly string[];
  /** The shapes and types of the outputs. */
  readonly outputs: (
    shapes: readonly (readonly number[])[],
    attributes: Attributes,
  ) => readonly { readonly shape: readonly number[]; readonly dtype: "float32" | "int32" }[];
  /** Fills the outputs, whose former content is arbitrary. */
  readonly run: (
    inputs: readonly View[],
    outputs: readonly View[],
    shapes: readonly (readonly number[])[],
    attributes: Attributes,
  ) => void;
}

/** Allocation of tensors, as a backend offers it. */
interface Memory {
  readonly allocate: (shape: number[], dtype: "float32" | "int32") => tf.TensorInfo;
  /** Valid until the next allocation, which may move the memory. */
  readonly view: (info: tf.TensorInfo) => View;
}

const wasm = (backend: tf.KernelBackend): Memory => {
  const { makeOutput, typedArrayFromHeap } = backend as unknown as BackendWasm;
  return {
    allocate: (shape, dtype) => makeOutput.call(backend, shape, dtype),
    view: (info) => typedArrayFromHeap.call(backend, info) as View,
  };
};

/** The part of the cpu backend's interface that its type declarations do not export. */
interface CpuBackend {
  readonly data: { readonly get: (dataId: object) => { readonly values: View } };
  readonly makeTensorInfo: (shape: number[], dtype: string, values: View) => tf.TensorInfo;
}

const cpu = (backend: tf.KernelBackend): Memory => {
  const host = backend as unknown as CpuBackend;
  return {
    allocate: (shape, dtype) => {
      const size = tf.util.sizeFromShape(shape);
      const values = dtype === "float32" ? new Float32Array(size) : new Int32Array(size);
      return host.makeTensorInfo(shape, dtype, values);
    },
    view: ({ dataId }) => host.data.get(dataId).values,
  };
};

/** Registers a kernel on wasm and on cpu. */
export function registerHostKernel<Attributes>(kernel: HostKernel<Attributes>): void {
  for (const [backendName, memoryOf] of [["wasm", wasm], ["cpu", cpu]] as const) {
    tf.registerKernel({
      kernelName: kernel.name,
      backendName,
      kernelFunc: ({ inputs, backend, attrs }) => {
        const memory = memoryOf(backend as tf.KernelBackend);
        const attributes = attrs as unknown as Attributes;
        const given = kernel.inputs.map((name) => (inputs as tf.NamedTensorInfoMap)[name]!);
        const shapes = given.map(({ shape }) => shape);
        // All memory first: an allocation may move the heap away from under a view.
        const made = kernel.outputs(shapes, attributes)
          .map(({ shape, dtype }) => memory.allocate([...shape], dtype));
        kernel.run(given.map(memory.view), made.map(memory.view), shapes, attributes);
        return made.length === 1 ? made[0] : made;
      },
    });
  }
}
