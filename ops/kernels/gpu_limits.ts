/**
 * How large a tensor may be on a GPU.
 *
 * @module
 */
import type { GpuError } from "../../graph/error.ts";
import type { GpuOutput } from "./gpu.ts";

/** A tensor is larger than what a program of this device may bind. */
export class TensorTooLarge extends Error {
  /** As errors name themselves. */
  override readonly name = "TensorTooLarge";

  /**
   * @param shape Of the tensor.
   * @param bytes That it has.
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

/** Throws `TensorTooLarge` where a tensor is; all elements have four bytes. */
export function checkBindable(
  device: GPUDevice,
  tensors: readonly Pick<GpuOutput, "shape">[],
): void {
  const limit = device.limits.maxStorageBufferBindingSize;
  for (const { shape } of tensors) {
    const bytes = 4 * shape.reduce((size, extent) => size * extent, 1);
    if (bytes > limit) throw new TensorTooLarge(shape, bytes, limit);
  }
}

/** The error of what was thrown where a tensor is too large; null of anything else. */
export const gpuErrorOf = (thrown: unknown): GpuError | null =>
  thrown instanceof TensorTooLarge ? { _tag: "GpuError", reason: thrown.message } : null;
