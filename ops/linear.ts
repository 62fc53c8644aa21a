/**
 * The affine map on tensors.
 *
 * @module
 */
import { tf } from "./tfjs.ts";
import { LINEAR } from "./kernels/linear.ts";
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
