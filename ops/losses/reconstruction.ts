/**
 * Losses whose targets are the inputs.
 *
 * @module
 */
import { invalidOption } from "../../graph/error.ts";
import { tf } from "../tfjs.ts";
import type { Loss } from "./loss.ts";

/**
 * A function of outputs and targets as the loss of an autoencoder. Outputs and inputs need not have
 * one shape, but as many numbers per sample.
 *
 * @param name As configurations name the loss.
 * @param distance Of two tensors of one shape.
 */
export const reconstruction = (
  name: string,
  distance: (outputs: tf.Tensor, targets: tf.Tensor) => tf.Scalar,
): Loss => ({
  name,
  options: {},
  fits: ({ inputs, outputs }) =>
    inputs === outputs
      ? null
      : invalidOption("loss", `${name} of ${outputs} outputs`, `${inputs}, as many as inputs`),
  draw: (labels, rng) => [{
    evaluate: (outputs, inputs) => distance(outputs, tf.reshape(inputs, outputs.shape)),
    terms: labels.length,
  }, rng],
});
