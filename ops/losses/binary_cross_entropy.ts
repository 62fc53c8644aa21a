/**
 * Binary cross entropy on logits.
 *
 * @module
 */
import { tf } from "../tfjs.ts";
import type { Loss } from "./loss.ts";
import { nothing } from "./nothing.ts";
import { reconstruction } from "./reconstruction.ts";

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
