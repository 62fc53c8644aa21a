/**
 * Cross entropy: the loss of classifiers, on logits.
 *
 * @module
 */
import { invalidOption } from "../../graph/error.ts";
import { tf } from "../tfjs.ts";
import { type Loss, nothing } from "./loss.ts";

/**
 * The mean over samples of −log softmax(logits)[label], in nats.
 *
 * Source: torch.nn.CrossEntropyLoss.
 *
 * @param logits [samples, classes], float32, finite.
 * @param labels One integer per sample, from 0 to classes − 1; with another the loss is NaN.
 * @returns A scalar; 0 for no samples.
 *
 * @example
 * ```ts
 * import { crossEntropy } from "./cross_entropy.ts";
 * import { startBackend } from "../backend.ts";
 * import { tf } from "../tfjs.ts";
 * import { assertAlmostEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await startBackend("cpu")();
 * const loss = crossEntropy(tf.tensor2d([[5, 5], [5, 5]]), [0, 1]);
 * assertAlmostEquals((await loss.data())[0], Math.LN2, 1e-6);
 * ```
 */
export function crossEntropy(logits: tf.Tensor2D, labels: ArrayLike<number>): tf.Scalar {
  const [samples, classes] = logits.shape;
  if (samples === 0) return nothing(logits);
  const weights = new Float32Array(samples * classes);
  for (let i = 0; i < samples; i++) {
    const label = labels[i];
    if (Number.isInteger(label) && label >= 0 && label < classes) {
      weights[i * classes + label] = -1 / samples;
    } else weights[i * classes] = NaN;
  }
  return tf.sum(tf.mul(tf.logSoftmax(logits), tf.tensor2d(weights, [samples, classes])));
}

/**
 * {@linkcode crossEntropy} of the outputs, flattened per sample, with the labels. There have to be as
 * many outputs as classes, or more.
 */
export const crossEntropyLoss = (): Loss => ({
  name: "cross_entropy",
  options: {},
  fits: ({ outputs, classes }) =>
    outputs >= classes ? null : invalidOption(
      "loss",
      `cross_entropy of ${outputs} outputs`,
      `at least ${classes} outputs, one per class`,
    ),
  draw: (labels, rng) => [{
    evaluate: (outputs) =>
      crossEntropy(tf.reshape(outputs, [labels.length, -1]) as tf.Tensor2D, labels),
    terms: labels.length,
  }, rng],
});
