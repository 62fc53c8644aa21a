/**
 * The affine map on tensors.
 *
 * @module
 */
import { tf } from "./tfjs.ts";
import { LINEAR, LINEAR_RELU } from "./kernels/linear.ts";
import "./kernels/linear_simd.ts";

/**
 * x·W + b.
 *
 * @param x [samples, inputs].
 * @param weight [inputs, outputs].
 * @param bias [outputs], if any.
 * @returns [samples, outputs].
 */
export const linear = (
  x: tf.Tensor2D,
  weight: tf.Tensor2D,
  bias?: tf.Tensor1D,
): tf.Tensor2D =>
  tf.engine().runKernel(LINEAR, bias === undefined ? { x, weight } : { x, weight, bias });

/** max(0, x·W + b), of the arguments of {@linkcode linear}: on webgpu one kernel, elsewhere two. */
export const linearRelu: typeof linear = (x, weight, bias) =>
  tf.getBackend() === "webgpu"
    ? tf.engine().runKernel(LINEAR_RELU, bias === undefined ? { x, weight } : { x, weight, bias })
    : tf.relu(linear(x, weight, bias));
