/**
 * Losses of sparse autoencoders, graphs such as `linear(100, 4096) ▷ top_k(64) ▷ fanout(identity, linear(4096, 100))`:
 * the reconstruction by the code, with dead units made to reconstruct what is left (AuxK), with prefixes of the code
 * (Matryoshka), with a wider code (Multi-TopK), and with a contrast between samples (CSR).
 *
 * @module
 */
import { type InvalidOption, invalidOption } from "../../graph/error.ts";
import type { Nodes } from "../../graph/node.ts";
import { type ParamSpec, paramSpecs } from "../../graph/params.ts";
import { plasticitySpecs } from "../../graph/plasticity.ts";
import type { Shape } from "../../graph/types.ts";
import { linear } from "../layers.ts";
import { checkRanges, integerFrom, notNegative } from "../ranges.ts";
import { type Params, tf } from "../tfjs.ts";
import { largest, largestValues } from "../top_k.ts";
import { selfContrastLoss, type SelfContrastOptions } from "./contrastive.ts";
import {
  constantOf,
  type Internals,
  type Loss,
  type LossSetting,
  nothing,
  plus,
  untaped,
} from "./loss.ts";

// ---- On tensors

/**
 * The fraction of variance that is unexplained: the mean squared error over that of the targets' mean.
 *
 * Source: normalized_mse of openai/sparse_autoencoder, Gao et al. 2024 (arXiv 2406.04093).
 *
 * @param outputs [samples, n], float32.
 * @param targets The same shape. No gradient flows to them.
 * @returns A scalar; 0 where the targets do not vary, and for no samples.
 */
export function unexplained(outputs: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar {
  if (outputs.size === 0) return nothing(outputs, targets);
  const fixed = constantOf(targets, (x) => tf.clone(x));
  // 1 over the variance, and 0 over none.
  const scale = constantOf(fixed, (x) => {
    const variance = tf.mean(tf.squaredDifference(x, tf.mean(x, 0, true)));
    return tf.div(tf.step(variance), tf.maximum(variance, 1e-30));
  });
  return tf.mul(tf.mean(tf.squaredDifference(outputs, fixed)), scale);
}

/** A linear decoder. */
export interface Decoder {
  /** [units, n]. */
  readonly weight: tf.Tensor2D;
  /** Bias [n]. @default none */
  readonly bias?: tf.Tensor1D;
}

/** Further than units are apart. */
const BEHIND = 1e4;

/** Options of {@linkcode auxK}. */
export interface AuxKOptions {
  /** Number of dead units per sample that reconstruct the residual. */
  readonly k: number;
  /** Number of samples without activity after which a unit is dead. */
  readonly deadAfter: number;
}

/**
 * Computes the auxiliary loss of dead units: {@linkcode unexplained} of e by ê. Here e = x − x̂ is the residual of the
 * code, a constant, and ê the output of the decoder, without its bias, for the k most active dead units.
 *
 * Source: Gao et al. 2024 (arXiv 2406.04093), appendix A.2, and openai/sparse_autoencoder, where a bias of the decoder
 * learns from this loss too.
 *
 * @param units [samples, units] before the competition.
 * @param silent [units], samples since each was last active.
 * @param errors [samples, n], x − x̂.
 * @param weight [units, n] of the decoder.
 * @param options Options, as {@linkcode AuxKOptions} describes them.
 * @returns A scalar; 0 where no unit is dead.
 */
export function auxK(
  units: tf.Tensor2D,
  silent: tf.Tensor1D,
  errors: tf.Tensor2D,
  weight: tf.Tensor2D,
  { k, deadAfter }: AuxKOptions,
): tf.Scalar {
  // Counts, so that a half tells at least from less.
  const dead = untaped(() => tf.step(tf.sub(silent, deadAfter - 0.5)));
  // Those that are not dead come after all that are, and keep their order: rows of equals take long to select from.
  const winners = untaped(() => {
    const ranked = tf.sub(units, tf.mul(tf.sub(1, dead), BEHIND)) as tf.Tensor2D;
    return tf.mul(largest(ranked, k), dead);
  });
  const code = tf.mul(tf.relu(units), winners) as tf.Tensor2D;
  const left = untaped(() => tf.clone(errors));
  const any = untaped(() => tf.max(dead));
  return tf.mul(unexplained(linear(code, weight), left), any);
}

/**
 * The mean of {@linkcode unexplained} over the prefixes of a code: with its first m units alone, for each
 * m, and with all.
 *
 * Source: Bussmann, Nabeshima, Karvonen & Nanda 2025, "Learning multi-level features with Matryoshka sparse
 * autoencoders" (arXiv 2503.17547). The paper sums the squared errors.
 *
 * @param code [samples, units].
 * @param outputs [samples, n], what the decoder makes of the whole code.
 * @param targets [samples, n].
 * @param decoder Weight and bias of the decoder.
 * @param prefixes Ascending, each from 1 to units − 1.
 */
export function matryoshka(
  code: tf.Tensor2D,
  outputs: tf.Tensor2D,
  targets: tf.Tensor2D,
  { weight, bias }: Decoder,
  prefixes: readonly number[],
): tf.Scalar {
  const losses = [unexplained(outputs, targets)];
  let made: tf.Tensor2D | null = null;
  let from = 0;
  for (const to of prefixes) {
    const part = linear(
      tf.slice(code, [0, from], [code.shape[0], to - from]),
      tf.slice(weight, [from, 0], [to - from, weight.shape[1]]),
      from === 0 ? bias : undefined,
    );
    made = made === null ? part : tf.add(made, part) as tf.Tensor2D;
    losses.push(unexplained(made, targets));
    from = to;
  }
  return tf.div(tf.addN(losses), losses.length);
}

// ---- As losses

/** Options of {@linkcode sparseAutoencoderLoss}. */
export interface SparseAutoencoderOptions {
  /** Dead units of a sample that reconstruct what is left, k_aux: none where it is 0. @default {256} */
  readonly auxiliary?: number;
  /** Weight of the auxiliary loss, at least 0. @default 1 / 32 */
  readonly auxiliaryWeight?: number;
  /** Number of training samples without activity after which a unit is dead, at least 1. @default {20_480} */
  readonly deadAfter?: number;
  /**
   * Sizes of prefixes of the code that reconstruct as well, ascending, each smaller than the code.
   *
   * @default none
   */
  readonly prefixes?: readonly number[];
  /**
   * Units of a wider code that reconstructs as well: of a code of k usually 4·k. None where it is 0.
   *
   * @default {0}
   */
  readonly wider?: number;
  /** Weight of the wider code's reconstruction, at least 0. @default 1 / 8 */
  readonly widerWeight?: number;
}

/**
 * The loss of a sparse autoencoder: {@linkcode unexplained} of the inputs by the outputs, in the mean over
 * {@linkcode matryoshka}'s prefixes where there are any, plus {@linkcode auxK}, plus the reconstruction by a
 * wider code.
 *
 * The graph has a `top_k` or `batch_top_k`, whose units a linear decoder gets, and ends in the pair of the code and
 * the decoder's outputs; where `prefixes`, `wider` and `auxiliary` are not used it may be any autoencoder.
 *
 * Source: Gao et al. 2024, "Scaling and evaluating sparse autoencoders" (arXiv 2406.04093); with `batch_top_k`
 * Bussmann, Leask & Nanda 2024 (arXiv 2412.06410). Decoder weights are not normalised after a step, as they are there.
 *
 * @param options Options, as {@linkcode SparseAutoencoderOptions} describes them.
 *
 * @example
 * ```ts
 * import { sparseAutoencoderLoss } from "./sparse_autoencoder.ts";
 * import { graph } from "../../graph/parse.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const model = graph`linear(100, 4096) ▷ top_k(64) ▷ fanout(identity, linear(4096, 100))`;
 * const loss = sparseAutoencoderLoss({ auxiliary: 128, deadAfter: 10_000 });
 * assertEquals([model.nodes.length, loss.name], [3, "sparse_autoencoder"]);
 * ```
 */
export function sparseAutoencoderLoss(options: SparseAutoencoderOptions = {}): Loss {
  const {
    auxiliary = 256,
    auxiliaryWeight = 1 / 32,
    deadAfter = 20_480,
    prefixes = [],
    wider = 0,
    widerWeight = 1 / 8,
  } = options;
  const decodes = auxiliary > 0 || wider > 0 || prefixes.length > 0;
  return {
    name: "sparse_autoencoder",
    unsupervised: true,
    options: {
      auxiliary,
      auxiliaryWeight,
      deadAfter,
      wider,
      widerWeight,
      ...Object.fromEntries(prefixes.map((size, i) => [`prefix${i + 1}`, size])),
    },
    problem: checkRanges({
      auxiliary: [auxiliary, integerFrom(0)],
      auxiliaryWeight: [auxiliaryWeight, notNegative],
      deadAfter: [deadAfter, integerFrom(1)],
      wider: [wider, integerFrom(0)],
      widerWeight: [widerWeight, notNegative],
    }) ?? checkPrefixes(prefixes),
    fits: (setting) => misfitOf(setting, decodes, prefixes),
    draw: (labels, rng) => [{
      evaluate: (outputs, inputs, latent, internals) => {
        const targets = rowsOf(inputs);
        const made = rowsOf(outputs);
        if (!decodes || targets.size === 0) return unexplained(made, targets);
        const { units, silent, decoder } = insideOf(internals, rowsOf(latent), made);
        const parts = [matryoshka(rowsOf(latent), made, targets, decoder, prefixes)];
        if (auxiliary > 0) {
          const errors = tf.sub(targets, made) as tf.Tensor2D;
          const dead = { k: auxiliary, deadAfter };
          parts.push(tf.mul(auxK(units, silent, errors, decoder.weight, dead), auxiliaryWeight));
        }
        if (wider > 0) {
          const code = largestValues(units, wider);
          const outputs = linear(code, decoder.weight, decoder.bias);
          parts.push(tf.mul(unexplained(outputs, targets), widerWeight));
        }
        return tf.addN(parts) as tf.Scalar;
      },
      terms: labels.length,
    }, rng],
  };
}

const rowsOf = (x: tf.Tensor): tf.Tensor2D =>
  tf.reshape(x, [x.shape[0], x.size / Math.max(1, x.shape[0])]) as tf.Tensor2D;

const checkPrefixes = (prefixes: readonly number[]): InvalidOption | null =>
  prefixes.every((size, i) => Number.isSafeInteger(size) && size > (i === 0 ? 0 : prefixes[i - 1]))
    ? null
    : invalidOption("prefixes", prefixes.join(", "), "ascending integers of at least 1");

/** Finds, by path, the weights of the last linear map from `units` units to `outputs` numbers. */
const decoderAmong = <A extends { readonly path: string; readonly shape: Shape }>(
  weights: readonly A[],
  units: number,
  outputs: number,
): A | undefined =>
  weights
    .filter(({ path, shape }) =>
      path.endsWith(".weight") && shape.length === 2 && shape[0] === units && shape[1] === outputs
    )
    .sort((a, b) => a.path.localeCompare(b.path, "en", { numeric: true }))
    .at(-1);

/** Checks that the loss can be used on a graph; null if it can. */
function misfitOf(
  { inputs, outputs, graph }: LossSetting,
  decodes: boolean,
  prefixes: readonly number[],
): InvalidOption | null {
  if (inputs !== outputs) {
    return invalidOption(
      "loss",
      `sparse_autoencoder of ${outputs} outputs`,
      `${inputs}, as many as inputs`,
    );
  }
  if (!decodes) return null;
  const code = codeOf(graph);
  if (code === null) {
    return invalidOption(
      "graph",
      "one without a code",
      "a top_k or batch_top_k, or else auxiliary and wider of 0 and no prefixes",
    );
  }
  const decoder: ParamSpec | undefined = decoderAmong(paramSpecs(graph), code, outputs);
  if (decoder === undefined) {
    return invalidOption(
      "graph",
      `one without linear(${code}, ${outputs})`,
      `… ▷ fanout(identity, linear(${code}, ${outputs})), which decodes the ${code} units`,
    );
  }
  const largest = prefixes.at(-1) ?? 0;
  return largest < code
    ? null
    : invalidOption("prefixes", largest, `sizes below that of the code, ${code}`);
}

/** The units of a graph's last `top_k` or `batch_top_k`; null where there is none. */
function codeOf(graph: Nodes): number | null {
  const silent = plasticitySpecs(graph).filter(({ path }) => path.endsWith(".silent"));
  return silent.at(-1)?.shape[0] ?? null;
}

/**
 * Finds the parts of the model that the loss reads: the code's units before the competition, their silences, the
 * decoder.
 */
function insideOf(
  internals: Internals | undefined,
  latent: tf.Tensor2D,
  outputs: tf.Tensor2D,
): {
  readonly units: tf.Tensor2D;
  readonly silent: tf.Tensor1D;
  readonly decoder: Decoder;
} {
  const { params, plasticity, exposed } = internals ?? none;
  const shown = Object.keys(exposed).filter((path) => path.endsWith(".units")).at(-1) ?? "";
  const silent = plasticity[shown.replace(/units$/, "silent")];
  const weights = Object.entries(params).map(([path, { shape }]) => ({ path, shape }));
  const decoder = decoderAmong(weights, latent.shape[1], outputs.shape[1])?.path;
  if (silent === undefined || decoder === undefined) {
    throw new TypeError(
      "Cannot evaluate sparse_autoencoder: it has to be given the internals of a model with a " +
        "top_k or batch_top_k and a decoder, as trainStep does",
    );
  }
  return {
    units: rowsOf(exposed[shown]),
    silent: silent as tf.Tensor1D,
    decoder: {
      weight: params[decoder] as tf.Tensor2D,
      bias: params[decoder.replace(/weight$/, "bias")] as tf.Tensor1D | undefined,
    },
  };
}

const nowhere: Params = {};
const none: Internals = { params: nowhere, plasticity: nowhere, exposed: nowhere };

/** Options of {@linkcode contrastiveSparseLoss}. */
export interface ContrastiveSparseOptions extends SparseAutoencoderOptions, SelfContrastOptions {
  /** Weight of the contrast, at least 0. @default 0.1 */
  readonly contrastWeight?: number;
}

/**
 * The loss of a contrastive sparse representation (CSR): {@linkcode sparseAutoencoderLoss} of the same
 * options, plus {@linkcode selfContrastLoss} of the codes, which are not negative. The paper has `wider` of four times
 * the code's k.
 *
 * Source: Wen et al. 2025, "Beyond Matryoshka: Revisiting sparse coding for adaptive representation" (arXiv
 * 2503.01776), and neilwen987/CSR_Adaptive_Rep, where the reconstruction is not divided by the variance of the data.
 * With the stage `annealWinners` it is that of CSRv2 (arXiv 2602.05735) without labels.
 *
 * @param options Options, as {@linkcode ContrastiveSparseOptions} describes them.
 */
export function contrastiveSparseLoss(options: ContrastiveSparseOptions = {}): Loss {
  const { contrastWeight = 0.1, temperature, ...rest } = options;
  const contrast = selfContrastLoss({ temperature });
  return {
    ...plus(sparseAutoencoderLoss(rest), contrast, contrastWeight),
    name: "contrastive_sparse",
  };
}
