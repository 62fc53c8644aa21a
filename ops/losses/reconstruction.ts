/**
 * Losses whose targets are the inputs, for autoencoders: the mean squared error, and the binary cross entropy of
 * logits.
 *
 * @module
 */
import { invalidOption } from "../../graph/error.ts";
import { tf } from "../tfjs.ts";
import { type Loss, nothing } from "./loss.ts";

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

/**
 * The mean over all elements of −t·log σ(x) − (1 − t)·log(1 − σ(x)) = softplus(x) − x·t, in nats.
 *
 * Source: torch.nn.BCEWithLogitsLoss.
 *
 * @param logits Any shape, float32.
 * @param targets The same shape, in [0, 1].
 * @returns A scalar; 0 for no elements.
 */
export const bceWithLogits = (logits: tf.Tensor, targets: tf.Tensor): tf.Scalar =>
  logits.size === 0
    ? nothing(logits, targets)
    : tf.mean(tf.sub(tf.softplus(logits), tf.mul(logits, targets)));

/** {@linkcode bceWithLogits} of the outputs with the inputs as targets, for an autoencoder. */
export const bceWithLogitsLoss = (): Loss => reconstruction("bce_with_logits", bceWithLogits);

/**
 * A function of outputs and targets as the loss of an autoencoder. Outputs and inputs need not have
 * one shape, but as many numbers per sample.
 *
 * @param name Name of the loss in configurations.
 * @param distance The loss of two tensors of one shape.
 */
const reconstruction = (
  name: string,
  distance: (outputs: tf.Tensor, targets: tf.Tensor) => tf.Scalar,
): Loss => ({
  name,
  options: {},
  unsupervised: true,
  fits: ({ inputs, outputs }) =>
    inputs === outputs
      ? null
      : invalidOption("loss", `${name} of ${outputs} outputs`, `${inputs}, as many as inputs`),
  draw: (labels, rng) => [{
    evaluate: (outputs, inputs) => distance(outputs, tf.reshape(inputs, outputs.shape)),
    terms: labels.length,
  }, rng],
});
