/**
 * The mean squared error.
 *
 * @module
 */
import { tf } from "../tfjs.ts";
import type { Loss } from "./loss.ts";
import { nothing } from "./nothing.ts";
import { reconstruction } from "./reconstruction.ts";

/**
 * The mean over all elements of (x − t)².
 *
 * Source: torch.nn.MSELoss.
 *
 * @param outputs Any shape, float32.
 * @param targets The same shape.
 * @returns A scalar; 0 for no elements.
 */
export const meanSquaredError = (outputs: tf.Tensor, targets: tf.Tensor): tf.Scalar =>
  outputs.size === 0 ? nothing(outputs, targets) : tf.mean(tf.squaredDifference(outputs, targets));

/** {@linkcode meanSquaredError} of the outputs with the inputs as targets, for an autoencoder. */
export const meanSquaredErrorLoss = (): Loss =>
  reconstruction("mean_squared_error", meanSquaredError);
