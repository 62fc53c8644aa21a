/**
 * Contrastive losses: of pairs that are drawn at random, by their cosine or their Euclidean distance; supervised, of all
 * samples of a batch at once; and without labels, of each sample with a partner, or with itself, against all others.
 *
 * @module
 */
import { tf } from "../tfjs.ts";
import { gram, rowNorms, unitRows } from "./distances.ts";
import { type Loss, nothing } from "./loss.ts";
import { checkRanges, integerFrom, positive, type Range } from "../ranges.ts";
import { invalidOption } from "../../graph/error.ts";
import { drawPairs, drawsOf } from "./samplers.ts";
import { selectRows } from "../select_rows.ts";

// ---- Random pairs

/** Number added to the squared norms, as in torch.nn.CosineEmbeddingLoss. */
const EPSILON = 1e-12;

/**
 * The mean over pairs of 1 − cos(x, y) where the target is 1, and of max(0, cos(x, y) − margin) where
 * it is −1, with cos(x, y) = x·y / √((x·x + 1e-12)(y·y + 1e-12)).
 *
 * On the edge of the margin the gradient is that of cos(x, y), as in the source.
 *
 * Source: torch.nn.CosineEmbeddingLoss.
 *
 * @param x [pairs, n], float32.
 * @param y The same shape.
 * @param targets Target of each pair, 1 (alike) or −1.
 * @param margin Margin, in [−1, 1]. @default 0
 * @returns A scalar; 0 for no pairs.
 */
export function cosineEmbedding(
  x: tf.Tensor2D,
  y: tf.Tensor2D,
  targets: ArrayLike<number>,
  margin = 0,
): tf.Scalar {
  if (targets.length === 0) return nothing(x, y);
  const square = (rows: tf.Tensor2D) => tf.add(tf.sum(tf.square(rows), 1), EPSILON);
  const cosine = tf.div(
    tf.sum(tf.mul(x, y), 1),
    tf.mul(tf.sqrt(square(x)), tf.sqrt(square(y))),
  ) as tf.Tensor1D;
  return split(tf.sub(1, cosine), tf.maximum(tf.sub(cosine, margin), 0), targets);
}

/**
 * The mean over pairs of ½ d² where the target is 1, and of ½ max(0, margin − d)² where it is −1, with
 * d = ‖x − y‖₂. Of equal rows the gradient is 0, whatever the target.
 *
 * Source: Hadsell, Chopra & LeCun, "Dimensionality reduction by learning an invariant mapping" (CVPR
 * 2006), equation 4.
 *
 * @param x [pairs, n], float32.
 * @param y The same shape.
 * @param targets Target of each pair, 1 (alike) or −1.
 * @param margin Above 0; 1 where it is left out.
 * @returns A scalar; 0 for no pairs.
 */
export function contrastiveEuclidean(
  x: tf.Tensor2D,
  y: tf.Tensor2D,
  targets: ArrayLike<number>,
  margin = 1,
): tf.Scalar {
  if (targets.length === 0) return nothing(x, y);
  const difference = tf.sub(x, y) as tf.Tensor2D;
  const apart = tf.relu(tf.sub(margin, tf.reshape(rowNorms(difference), [targets.length])));
  return split(
    tf.mul(0.5, tf.sum(tf.square(difference), 1)),
    tf.mul(0.5, tf.square(apart)),
    targets,
  );
}

/** The mean of `alike` where the target is 1 and of `other` elsewhere. */
function split(
  alike: tf.Tensor1D,
  other: tf.Tensor1D,
  targets: ArrayLike<number>,
): tf.Scalar {
  const isAlike = tf.tensor1d(Float32Array.from(targets, (target) => target === 1 ? 1 : 0));
  const isOther = tf.tensor1d(Float32Array.from(targets, (target) => target === 1 ? 0 : 1));
  return tf.mean(tf.add(tf.mul(alike, isAlike), tf.mul(other, isOther)));
}

/** Options of {@linkcode contrastiveLoss}. */
export interface ContrastiveLossOptions {
  /** {@linkcode cosineEmbedding} or {@linkcode contrastiveEuclidean}. @default "cosine" */
  readonly distance?: "cosine" | "euclidean";
  /**
   * Margin: for the cosine, the similarity above which two of different classes are penalised, in [−1, 1]; for the
   * Euclidean distance, the distance below which they are, above 0.
   *
   * @default 0 of the cosine, 1 of the Euclidean distance
   */
  readonly margin?: number;
  /** Pairs drawn per sample and class of the batch, of which the valid ones are kept. @default 1 */
  readonly pairsMultiplier?: number;
}

const cosineRange: Range = {
  holds: (value) => value >= -1 && value <= 1,
  words: "a number from -1 to 1",
};

/**
 * A contrastive loss over random pairs of the outputs, flattened per sample.
 *
 * @param options Options, as {@linkcode ContrastiveLossOptions} describes them.
 */
export function contrastiveLoss(options: ContrastiveLossOptions = {}): Loss {
  const { distance = "cosine", pairsMultiplier = 1 } = options;
  const cosine = distance === "cosine";
  const { margin = cosine ? 0 : 1 } = options;
  const between = cosine ? cosineEmbedding : contrastiveEuclidean;
  return {
    name: `contrastive_${distance}`,
    options: { margin, pairsMultiplier },
    problem: cosine || distance === "euclidean"
      ? checkRanges({
        margin: [margin, cosine ? cosineRange : positive],
        pairsMultiplier: [pairsMultiplier, integerFrom(1)],
      })
      : invalidOption("distance", distance, "cosine or euclidean"),
    draw: (labels, rng) => {
      const [pairs, next] = drawPairs(labels, drawsOf(labels, pairsMultiplier), rng);
      const [left, right] = [0, 1].map((side) => pairs.filter((_, i) => i % 2 === side));
      const targets = left.map((row, i) => labels[row] === labels[right[i]] ? 1 : -1);
      const evaluate = (outputs: tf.Tensor) => {
        if (targets.length === 0) return nothing(outputs);
        const codes = tf.reshape(outputs, [labels.length, -1]) as tf.Tensor2D;
        return between(selectRows(codes, left), selectRows(codes, right), targets, margin);
      };
      return [{ evaluate, terms: targets.length }, next];
    },
  };
}

// ---- The supervised contrastive loss

/** Options of {@linkcode supConLoss}. */
export interface SupConOptions {
  /** τ, above 0: the smaller, the more the hardest pairs count. @default 0.1 */
  readonly temperature?: number;
}

/** Finite substitute for −∞ on the diagonal: its share of a softmax is 0, and 0 times it is not NaN. */
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

/** Counts, for each sample, the others of its class. */
function countPositives(labels: ArrayLike<number>): readonly number[] {
  const counts = new Map<number, number>();
  for (let i = 0; i < labels.length; i++) counts.set(labels[i], (counts.get(labels[i]) ?? 0) + 1);
  return Array.from(labels, (label) => counts.get(label)! - 1);
}

/**
 * {@linkcode supCon} of the outputs, flattened per sample. Its terms are the anchors.
 *
 * @param options Options, as {@linkcode SupConOptions} describes them.
 */
export function supConLoss({ temperature = 0.1 }: SupConOptions = {}): Loss {
  return {
    name: "supervised_contrastive",
    options: { temperature },
    problem: checkRanges({ temperature: [temperature, positive] }),
    draw: (labels, rng) => [{
      evaluate: (outputs) =>
        supCon(tf.reshape(outputs, [labels.length, -1]) as tf.Tensor2D, labels, temperature),
      terms: countPositives(labels).filter((count) => count > 0).length,
    }, rng],
  };
}

// ---- Without labels

/** Options of {@linkcode pairContrastLoss}. */
export interface PairContrastOptions {
  /** τ, above 0: the smaller, the more the hardest pairs count. @default 0.2 */
  readonly temperature?: number;
}

/**
 * The normalised cross entropy of partners (NT-Xent): the mean over rows i of −log(exp(s(i, p(i))/τ) / Σ_{j ≠ i}
 * exp(s(i, j)/τ)), where s is the cosine and p(i) the partner of i: rows 0 and 1, 2 and 3 and so on are
 * partners.
 *
 * Source: Chen, Kornblith, Norouzi & Hinton 2020, "A simple framework for contrastive learning of visual
 * representations" (arXiv 2002.05709), equation 1.
 *
 * @param codes [samples, n], float32. The last of an odd number is only compared with.
 * @param temperature τ, above 0.
 * @returns A scalar; 0 for fewer than two samples.
 */
export function pairContrast(codes: tf.Tensor2D, temperature: number): tf.Scalar {
  const [samples] = codes.shape;
  const paired = samples - samples % 2;
  if (paired === 0) return nothing(codes);
  const weights = new Float32Array(samples * samples);
  const diagonal = new Float32Array(samples * samples);
  for (let i = 0; i < samples; i++) diagonal[i * samples + i] = NEVER;
  for (let i = 0; i < paired; i++) weights[i * samples + (i ^ 1)] = -1 / paired;
  const square = [samples, samples] as [number, number];
  const logits = tf.sub(
    tf.div(gram(unitRows(codes)), temperature),
    tf.tensor2d(diagonal, square),
  );
  return tf.sum(tf.mul(tf.logSoftmax(logits), tf.tensor2d(weights, square)));
}

/**
 * {@linkcode pairContrast} of the latent, flattened per sample: SimCLR's loss on the batches of `train` with `views: 2`,
 * in which two views of a sample stand side by side, or on those in the order of `pairedOrder`, in which every second
 * sample is a neighbour of the one before it. Its terms are the rows with a partner.
 *
 * @param options Options, as {@linkcode PairContrastOptions} describes them.
 */
export function pairContrastLoss({ temperature = 0.2 }: PairContrastOptions = {}): Loss {
  return {
    name: "pair_contrast",
    options: { temperature },
    unsupervised: true,
    problem: checkRanges({ temperature: [temperature, positive] }),
    draw: (labels, rng) => [{
      evaluate: (_outputs, _inputs, latent) =>
        pairContrast(tf.reshape(latent, [labels.length, -1]) as tf.Tensor2D, temperature),
      terms: labels.length - labels.length % 2,
    }, rng],
  };
}

/** Options of {@linkcode selfContrastLoss}. */
export interface SelfContrastOptions {
  /** τ, above 0. @default 0.2 */
  readonly temperature?: number;
}

/**
 * The contrast of each sample with all others, its own code as the positive: the mean over rows i of
 * −log(exp(s(i, i)/τ) / (exp(s(i, i)/τ) + 2·Σ_{j ≠ i} exp(s(i, j)/τ))), where s is the cosine. It pushes
 * codes apart, those most that are most alike. The same as {@linkcode pairContrast} of each row twice.
 *
 * Source: Wen et al. 2025, "Beyond Matryoshka" (arXiv 2503.01776), the contrast of its CSR; twice the
 * others, as in neilwen987/CSR_Adaptive_Rep.
 *
 * @param codes [samples, n], float32.
 * @param temperature τ, above 0.
 * @returns A scalar; 0 for no samples.
 */
export function selfContrast(codes: tf.Tensor2D, temperature: number): tf.Scalar {
  const [samples] = codes.shape;
  if (samples === 0) return nothing(codes);
  const shift = new Float32Array(samples * samples).fill(Math.LN2);
  const weights = new Float32Array(samples * samples);
  for (let i = 0; i < samples; i++) {
    shift[i * (samples + 1)] = 0;
    weights[i * (samples + 1)] = -1 / samples;
  }
  const square = [samples, samples] as [number, number];
  const logits = tf.add(
    tf.div(gram(unitRows(codes)), temperature),
    tf.tensor2d(shift, square),
  );
  return tf.sum(tf.mul(tf.logSoftmax(logits), tf.tensor2d(weights, square)));
}

/**
 * {@linkcode selfContrast} of the latent, flattened per sample. Its terms are the samples.
 *
 * @param options Options, as {@linkcode SelfContrastOptions} describes them.
 */
export function selfContrastLoss({ temperature = 0.2 }: SelfContrastOptions = {}): Loss {
  return {
    name: "self_contrast",
    options: { temperature },
    unsupervised: true,
    problem: checkRanges({ temperature: [temperature, positive] }),
    draw: (labels, rng) => [{
      evaluate: (_outputs, _inputs, latent) =>
        selfContrast(tf.reshape(latent, [labels.length, -1]) as tf.Tensor2D, temperature),
      terms: labels.length,
    }, rng],
  };
}
