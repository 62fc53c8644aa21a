/**
 * The memory of a plan: blocks within the wasm backend's own, so that the kernels, their threads and tfjs's tensors
 * all reach it by addresses.
 *
 * @module
 */
import type { SimdBackend } from "../kernels/simd/module.ts";
import { type BackendWasm, tf } from "../tfjs.ts";

/** Blocks of float32 that live as long as a plan. */
export interface PlanMemory {
  /** The kernels that work on it. */
  readonly kernels: SimdBackend;
  /**
   * Reserves a block.
   *
   * @returns Its address, a multiple of 64.
   * @throws {OutOfMemory} Where the backend has no memory left.
   */
  readonly reserve: (floats: number) => number;
  /** A view of a block, good until something is allocated: the memory may grow, and then is elsewhere. */
  readonly floats: (address: number, count: number) => Float32Array;
  /** The same, of integers. */
  readonly integers: (address: number, count: number) => Int32Array;
  /** Copies a tensor's numbers to a block. */
  readonly take: (tensor: tf.Tensor, address: number) => void;
  /** Makes a tensor of a copy of a block. */
  readonly tensor: (address: number, shape: readonly number[]) => tf.Tensor;
  /** Frees all blocks. */
  readonly dispose: () => void;
}

/** The backend has no memory left. */
export class OutOfMemory extends Error {}

/** The table of the wasm backend that has the address of each tensor. */
interface TensorPlaces {
  readonly dataIdMap: { readonly get: (id: object) => { readonly memoryOffset: number } };
}

/** The address of a tensor's numbers on the wasm backend, which is the current one. */
export const addressOf = ({ dataId }: tf.Tensor): number =>
  (tf.backend() as unknown as TensorPlaces).dataIdMap.get(dataId).memoryOffset;

/** Bytes of a cache line, at which blocks begin. */
const LINE = 64;

/** Memory on the wasm backend, which is the current one. */
export function planMemory(kernels: SimdBackend): PlanMemory {
  const { memory, allocate, free } = kernels;
  const blocks: number[] = [];
  const copy = (from: number, to: number, floats: number) =>
    new Uint8Array(memory.buffer).copyWithin(to, from, from + 4 * floats);
  return {
    kernels,
    reserve: (floats) => {
      const block = allocate(4 * floats + LINE);
      if (block === 0) {
        throw new OutOfMemory(`the backend has no ${4 * floats} bytes of memory left for a plan`);
      }
      blocks.push(block);
      return LINE * Math.ceil(block / LINE);
    },
    floats: (address, count) => new Float32Array(memory.buffer, address, count),
    integers: (address, count) => new Int32Array(memory.buffer, address, count),
    take: (tensor, address) => void copy(addressOf(tensor), address, tensor.size),
    tensor: (address, shape) => {
      const wasm = tf.backend() as BackendWasm;
      const tensor = tf.engine().makeTensorFromTensorInfo(
        wasm.makeOutput([...shape], "float32"),
      );
      copy(address, addressOf(tensor), tensor.size);
      return tensor;
    },
    dispose: () => {
      for (const block of blocks.splice(0)) free(block);
    },
  };
}
