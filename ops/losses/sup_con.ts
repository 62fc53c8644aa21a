/**
 * The supervised contrastive loss.
 *
 * @module
 */
import { tf } from "../tfjs.ts";
import { gram, unitRows } from "./rows.ts";
import type { Loss } from "./loss.ts";
import { nothing } from "./nothing.ts";
import { notPositive } from "./options.ts";

/** Options of {@linkcode supConLoss}. */
export interface SupConOptions {
  /** Above 0; 0.1. The smaller, the more the hardest pairs count. */
  readonly temperature?: number;
}

/** What stands for −∞ on the diagonal: it leaves nothing of a softmax, and 0 times it is no NaN. */
const NEVER = 1e9;

/**
 * The supervised contrastive loss: the mean over anchors i that have a positive of
 * −1/|P(i)| Σ_{p ∈ P(i)} log(exp(z_i·z_p/τ) / Σ_{a ≠ i} exp(z_i·z_a/τ)), where z are the codes over
 * their norms (clamped at 1e-8) and P(i) the other samples of i's class.
 *
 * Source: Khosla et al., "Supervised contrastive learning" (NeurIPS 2020), equation 2. The paper sums
 * over anchors; the mean is over those with a positive, since the others have no term.
 *
 * @param codes [samples, n], float32.
 * @param labels One class per sample.
 * @param temperature τ, above 0.
 * @returns A scalar; 0 where no two samples have one class.
 */
export function supCon(
  codes: tf.Tensor2D,
  labels: ArrayLike<number>,
  temperature: number,
): tf.Scalar {
  const samples = labels.length;
  const positives = countPositives(labels);
  const anchors = positives.filter((count) => count > 0).length;
  if (anchors === 0) return nothing(codes);
  const weights = new Float32Array(samples * samples);
  const diagonal = new Float32Array(samples * samples);
  for (let i = 0; i < samples; i++) {
    diagonal[i * samples + i] = NEVER;
    for (let j = 0; j < samples; j++) {
      if (i !== j && labels[i] === labels[j]) {
        weights[i * samples + j] = -1 / positives[i] / anchors;
      }
    }
  }
  const square = [samples, samples] as [number, number];
  const logits = tf.sub(
    tf.div(gram(unitRows(codes)), temperature),
    tf.tensor2d(diagonal, square),
  );
  return tf.sum(tf.mul(tf.logSoftmax(logits), tf.tensor2d(weights, square)));
}

/** Per sample how many others have its class. */
function countPositives(labels: ArrayLike<number>): readonly number[] {
  const counts = new Map<number, number>();
  for (let i = 0; i < labels.length; i++) counts.set(labels[i], (counts.get(labels[i]) ?? 0) + 1);
  return Array.from(labels, (label) => counts.get(label)! - 1);
}

/** {@linkcode supCon} of the outputs, flattened per sample. Its terms are the anchors. */
export function supConLoss({ temperature = 0.1 }: SupConOptions = {}): Loss {
  return {
    name: "supervised_contrastive",
    options: { temperature },
    problem: notPositive("temperature", temperature),
    draw: (labels, rng) => [{
      evaluate: (outputs) =>
        supCon(tf.reshape(outputs, [labels.length, -1]) as tf.Tensor2D, labels, temperature),
      terms: countPositives(labels).filter((count) => count > 0).length,
    }, rng],
  };
}
