/**
 * Distillation of neighbourhoods: codes are as alike as the vectors that they are of.
 *
 * @module
 */
import { checkRanges, positive } from "../ranges.ts";
import { tf } from "../tfjs.ts";
import { gram, unitRows } from "./distances.ts";
import { constantOf, type Loss, nothing } from "./loss.ts";

/** Options of {@linkcode rankDistillationLoss}. */
export interface RankDistillationOptions {
  /** τ of the inputs' cosines, above 0: the smaller, the more only the nearest count. @default 0.1 */
  readonly inputTemperature?: number;
  /** τ of the codes' cosines, above 0. @default 0.1 */
  readonly codeTemperature?: number;
}

/** Takes a row's own entry out of its softmax. */
const NEVER = 1e9;

/**
 * The mean over samples of the cross entropy between two distributions over the other samples of the batch: softmax of
 * the inputs' cosines over their temperature, a constant, and softmax of the codes' cosines over theirs. Codes of k
 * ones have the cosine overlap / k, so that overlaps come to follow the ranks of the cosines.
 *
 * Source: Cao, Qin, Liu, Tsai & Li 2007, "Learning to rank: from pairwise approach to listwise approach" (ListNet's top
 * one); between a teacher's and a student's similarities Koohpayegani, Tejankar & Pirsiavash 2020, "CompRess"
 * (arXiv 2010.14713).
 *
 * @param codes [samples, units], float32.
 * @param inputs [samples, n], float32. No gradient flows to them.
 * @param options Options, as {@linkcode RankDistillationOptions} describes them.
 * @returns A scalar; 0 for fewer than two samples.
 */
export function rankDistillation(
  codes: tf.Tensor2D,
  inputs: tf.Tensor2D,
  { inputTemperature = 0.1, codeTemperature = 0.1 }: RankDistillationOptions = {},
): tf.Scalar {
  const [samples] = codes.shape;
  if (samples < 2) return nothing(codes, inputs);
  const others = tf.mul(tf.eye(samples), NEVER) as tf.Tensor2D;
  const target = constantOf(inputs, (x) => {
    const cosines = gram(unitRows(x as tf.Tensor2D));
    return tf.softmax(tf.sub(tf.div(cosines, inputTemperature), others));
  });
  const logits = tf.sub(tf.div(gram(unitRows(codes)), codeTemperature), others);
  return tf.div(tf.neg(tf.sum(tf.mul(target, tf.logSoftmax(logits)))), samples);
}

/**
 * {@linkcode rankDistillation} of the latent, flattened per sample, from the inputs. Its terms are the
 * samples.
 *
 * @param options Options, as {@linkcode RankDistillationOptions} describes them.
 *
 * @example
 * ```ts
 * import { rankDistillationLoss } from "./distillation.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const { name, options } = rankDistillationLoss({ inputTemperature: 0.05 });
 * assertEquals([name, options.inputTemperature], ["rank_distillation", 0.05]);
 * ```
 */
export function rankDistillationLoss(options: RankDistillationOptions = {}): Loss {
  const { inputTemperature = 0.1, codeTemperature = 0.1 } = options;
  const temperatures = { inputTemperature, codeTemperature };
  return {
    name: "rank_distillation",
    options: temperatures,
    unsupervised: true,
    problem: checkRanges({
      inputTemperature: [inputTemperature, positive],
      codeTemperature: [codeTemperature, positive],
    }),
    draw: (labels, rng) => {
      const rows = (x: tf.Tensor) => tf.reshape(x, [labels.length, -1]) as tf.Tensor2D;
      const terms = labels.length < 2 ? 0 : labels.length;
      return [{
        evaluate: (_outputs, inputs, latent) =>
          rankDistillation(rows(latent), rows(inputs), temperatures),
        terms,
      }, rng];
    },
  };
}
