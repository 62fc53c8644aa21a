/**
 * What the batch norm kernels of all backends have in common: names, attributes, gradient.
 *
 * Tensors have the shape [rows, channels].
 *
 * @module
 */
import { tf } from "../tfjs.ts";

/**
 * (x, weight, bias) → [(x − mean) / √(variance + epsilon) · weight + bias, statistics], the statistics
 * [2, channels]: means, then biased variances.
 */
export const BATCH_NORM = "SparrowBatchNorm";

/**
 * The gradient of {@linkcode BATCH_NORM}: (dy, x, weight, statistics) → [dx, sums], the sums
 * [2, channels]: the gradients of the weight, then of the bias.
 *
 * With x̂ the normalised values, dx = weight / √(variance + epsilon) · (dy − mean(dy) −
 * x̂ · mean(dy · x̂)).
 */
export const BATCH_NORM_GRADIENT = "SparrowBatchNormGradient";

/** Attributes of the batch norm kernels. */
export interface BatchNormAttributes {
  /** Added to the variance. */
  readonly epsilon: number;
}

tf.registerGradient({
  kernelName: BATCH_NORM,
  inputsToSave: ["x", "weight"],
  outputsToSave: [false, true],
  gradFunc: (dy, saved, attributes) => {
    const [x, weight, statistics] = saved;
    // At once, and not when a gradient is asked for: the tape tidies up after each of them.
    const [dx, sums]: tf.Tensor[] = tf.engine().runKernel(
      BATCH_NORM_GRADIENT,
      { dy: (dy as tf.Tensor[])[0], x, weight, statistics },
      attributes,
    );
    const row = (i: number) => tf.reshape(tf.slice(sums, [i, 0], [1, -1]), [-1]);
    return { x: () => dx, weight: () => row(0), bias: () => row(1) };
  },
});
