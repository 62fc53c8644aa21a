/**
 * Local rules: the change of a synapse between competing units depends only on the activity on its two sides.
 *
 * A rule has two parts. Its competition says how active each unit is for each sample; its update moves
 * each synapse by the sample's input, the unit's activity and the synapse's own weight. No rule is
 * given a label, an error, or the weights of another layer, and none is differentiated.
 *
 * There are the rule of Krotov and Hopfield, Oja's, k-means, SoftHebb, and random synapses, which learn nothing.
 *
 * @module
 */
import type { InvalidOption } from "../../graph/error.ts";
import { tf } from "../tfjs.ts";
import "../kernels/kwta_gpu.ts";
import { WINNERS } from "../kernels/kwta.ts";
import { linear, softmax } from "../layers.ts";
import { checkRanges, integerFrom, notNegative, positive, type Range } from "../ranges.ts";
import { draw, type Rng } from "../../graph/rng.ts";

/**
 * Computes the activity of units for learning, [samples, units]: 0 for a unit that learns nothing, below 0 for one that
 * unlearns.
 */
export type Compete = (
  weights: tf.Tensor2D,
  batch: tf.Tensor2D,
  excitability?: tf.Tensor,
) => tf.Tensor2D;

/** The next weights, a new tensor of the same shape. */
export type LocalUpdate = (
  weights: tf.Tensor2D,
  batch: tf.Tensor2D,
  activity: tf.Tensor2D,
  rate: number,
) => tf.Tensor2D;

/** A local rule for weights [inputs, units] and batches [samples, inputs]. */
export interface LocalRule {
  /** Name of the rule in options and results. */
  readonly name: string;
  /** The options, with their defaults filled in. */
  readonly options: Readonly<Record<string, number>>;
  /** The first option that is out of its range, or null. */
  readonly problem: InvalidOption | null;
  /** The fewest units that it can let compete. */
  readonly least: number;
  /** The rate that suits it, above 0. */
  readonly rate: number;
  /** The length of weights at the beginning, above 0: they begin as samples of it. */
  readonly begin: number;
  /**
   * Computes the activity of each unit for each sample. The sum over inputs is multiplied by the `excitability` of the
   * unit, [units], where it is given, before units compete: synaptic scaling's factors.
   */
  readonly compete: Compete;
  /** Computes the next weights from a batch. */
  readonly update: LocalUpdate;
}

// ---- What rules have in common

/**
 * Marks the winners: 1 for the k largest of each row, else 0; of equals at the boundary the first win.
 *
 * @param x [samples, units], at least 2 units.
 * @param k Number of winners, from 1 to units − 1.
 */
const topUnits = (x: tf.Tensor2D, k: number): tf.Tensor2D =>
  tf.engine().runKernel(WINNERS, { x }, { k, ties: false });

/**
 * Marks the runner-up: 1 for the k-th largest of each row, else 0.
 *
 * @param x [samples, units].
 * @param k Rank of the runner-up, from 2 to units − 1.
 */
const runnerUp = (x: tf.Tensor2D, k: number): tf.Tensor2D =>
  tf.sub(topUnits(x, k), topUnits(x, k - 1));

/** The summed input of every unit, times its excitability where that is given. */
const driven = (drive: tf.Tensor2D, excitability?: tf.Tensor): tf.Tensor2D =>
  excitability === undefined ? drive : tf.mul(drive, excitability);

/**
 * Computes Hebb's product less the term that keeps the weights bounded: Σ_b y_bj (x_bi − u_bj w_ij), with the drive
 * u_bj = Σ_i x_bi v_ij of unit j.
 *
 * Σ_b y_bj u_bj is Σ_i (Xᵀ·Y)_ij v_ij, so that the product of inputs and activities is all that is
 * computed.
 *
 * @param weights w, [inputs, units].
 * @param batch x, [samples, inputs].
 * @param activity y, [samples, units].
 * @param driving v, [inputs, units]; the weights themselves.
 * @returns [inputs, units].
 */
function hebbian(
  weights: tf.Tensor2D,
  batch: tf.Tensor2D,
  activity: tf.Tensor2D,
  driving: tf.Tensor2D = weights,
): tf.Tensor2D {
  const product = linear(tf.transpose(batch), activity);
  const drive = tf.sum(tf.mul(product, driving), 0, true);
  return tf.sub(product, tf.mul(weights, drive));
}

/** A change divided by its largest absolute value, so that no weight moves by more than the rate. */
const atMostOne = (change: tf.Tensor2D): tf.Tensor2D =>
  tf.div(change, tf.maximum(tf.max(tf.abs(change)), 1e-30));

// ---- Krotov and Hopfield: the winner learns, a runner-up unlearns

/** Options of {@linkcode competitive}. */
export interface CompetitiveOptions {
  /** The rank of the unit that unlearns, at least 2 and below the number of units. @default 2 */
  readonly k?: number;
  /** Strength of unlearning, relative to what the winner learns: Δ, at least 0. @default 0.4 */
  readonly delta?: number;
  /** The Lebesgue norm in which weights tend to length 1: p, at least 2. @default 2 */
  readonly p?: number;
}

const norm: Range = {
  holds: (value) => value >= 2 && value < Infinity,
  words: "a finite number of at least 2",
};

/** sign(w) |w|^(p − 1). */
const driving = (weights: tf.Tensor2D, p: number): tf.Tensor2D =>
  p === 2 ? weights : tf.mul(tf.sign(weights), tf.pow(tf.abs(weights), p - 1));

/**
 * The rule of Krotov and Hopfield: Δw = η g (x − I w), I = Σ_i sign(w_i) |w_i|^(p−1) x_i, with g = 1 for
 * the unit of the largest I, −Δ for that of the k-th largest, and 0 for all others; summed over the batch
 * and divided by the largest absolute change.
 *
 * Source: D. Krotov, J. J. Hopfield, "Unsupervised learning by competing hidden units", PNAS 116, 2019
 * (arXiv 1806.10181), equation 3 with R = 1; the defaults and the division are those of the code that
 * they published, where weights begin at random; here they begin as samples.
 *
 * @param options Options, as {@linkcode CompetitiveOptions} describes them.
 *
 * @example
 * ```ts
 * import { competitive } from "./rules.ts";
 * import { startBackend } from "../backend.ts";
 * import { tf } from "../tfjs.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await startBackend("cpu")();
 * const { compete } = competitive({ delta: 0.5 });
 * const [weights, batch] = [tf.tensor2d([[1, 3, 2]]), tf.tensor2d([[1]])];
 * assertEquals(await compete(weights, batch).array(), [[0, 1, -0.5]]);
 * ```
 */
export function competitive({ k = 2, delta = 0.4, p = 2 }: CompetitiveOptions = {}): LocalRule {
  return {
    name: "competitive",
    options: { k, delta, p },
    problem: checkRanges({ k: [k, integerFrom(2)], delta: [delta, notNegative], p: [p, norm] }),
    least: k + 1,
    rate: 0.02,
    begin: 1,
    compete: (weights, batch, excitability) =>
      tf.tidy(() => {
        const drive = driven(linear(batch, driving(weights, p)), excitability);
        return tf.sub(topUnits(drive, 1), tf.mul(runnerUp(drive, k), delta));
      }),
    update: (weights, batch, activity, rate) =>
      tf.tidy(() => {
        const change = hebbian(weights, batch, activity, driving(weights, p));
        return tf.add(weights, tf.mul(atMostOne(change), rate));
      }),
  };
}

// ---- Oja, under k-winners-take-all

/** Options of {@linkcode oja}. */
export interface OjaOptions {
  /** Units that learn from a sample, at least 1 and fewer than there are. @default 1 */
  readonly k?: number;
}

/**
 * Hebb's rule with Oja's normalisation, for the k units that a sample drives most: Δw = η y (x − y w),
 * y = u = x·w for the winners and 0 for all others, the mean over the batch. For one unit on centred
 * samples w tends to the first principal component at length 1; competition divides the samples among
 * the units.
 *
 * Source: E. Oja, "A simplified neuron model as a principal component analyzer", Journal of Mathematical
 * Biology 15, 1982.
 *
 * @param options Options, as {@linkcode OjaOptions} describes them.
 *
 * @example
 * ```ts
 * import { oja } from "./rules.ts";
 * import { startBackend } from "../backend.ts";
 * import { tf } from "../tfjs.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await startBackend("cpu")();
 * const { compete, update } = oja();
 * const [weights, batch] = [tf.tensor2d([[0.5, 0], [0, 0.5]]), tf.tensor2d([[1, 0]])];
 * const next = update(weights, batch, compete(weights, batch), 1);
 * // y = 0.5: 0.5 + 0.5 · (1 − 0.5 · 0.5). The loser stays.
 * assertEquals(await next.array(), [[0.875, 0], [0, 0.5]]);
 * ```
 */
export function oja({ k = 1 }: OjaOptions = {}): LocalRule {
  return {
    name: "oja",
    options: { k },
    problem: checkRanges({ k: [k, integerFrom(1)] }),
    least: k + 1,
    rate: 0.05,
    begin: 1,
    compete: (weights, batch, excitability) =>
      tf.tidy(() => {
        const drive = linear(batch, weights);
        return tf.mul(drive, topUnits(driven(drive, excitability), k));
      }),
    update: (weights, batch, activity, rate) =>
      tf.tidy(() => {
        const change = hebbian(weights, batch, activity);
        return tf.add(weights, tf.mul(change, rate / Math.max(1, batch.shape[0])));
      }),
  };
}

// ---- k-means: the nearest centroid moves towards the sample

/**
 * Spherical k-means, online: weights are centroids of length 1, the unit of the largest x·w wins, and
 * moves to the samples that it won. Of n samples in a batch it goes the part 1 − (1 − η)ⁿ of the way to
 * their mean, as n steps of w + η (x − w) would if they were equal, and is brought back to length 1.
 *
 * It is meant for whitened samples of equal length.
 *
 * Sources: A. Coates, A. Y. Ng, "Learning feature representations with k-means", in Neural Networks:
 * Tricks of the Trade, 2012, for centroids of length 1 on whitened patches; J. MacQueen, "Some methods for
 * classification and analysis of multivariate observations", 1967, for moving one sample at a time.
 *
 * @example
 * ```ts
 * import { onlineKMeans } from "./rules.ts";
 * import { startBackend } from "../backend.ts";
 * import { tf } from "../tfjs.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await startBackend("cpu")();
 * const { compete, update } = onlineKMeans();
 * const [weights, batch] = [tf.tensor2d([[1, 0], [0, 1]]), tf.tensor2d([[0.5, 0.125], [1, 0]])];
 * const activity = compete(weights, batch);
 * assertEquals(await activity.array(), [[1, 0], [1, 0]]);
 * assertEquals((await update(weights, batch, activity, 0.5).array()).map((row) => row[1]), [0, 1]);
 * ```
 */
export const onlineKMeans = (): LocalRule => ({
  name: "k_means",
  options: {},
  problem: checkRanges({}),
  least: 2,
  rate: 0.02,
  begin: 1,
  compete: (weights, batch, excitability) =>
    tf.tidy(() => topUnits(driven(linear(batch, weights), excitability), 1)),
  update: (weights, batch, activity, rate) =>
    tf.tidy(() => {
      const won = tf.sum(activity, 0, true);
      const mean = tf.div(linear(tf.transpose(batch), activity), tf.maximum(won, 1));
      const part = tf.sub(1, tf.pow(1 - rate, won));
      const moved = tf.add(weights, tf.mul(tf.sub(mean, weights), part));
      const length = tf.sqrt(tf.sum(tf.square(moved), 0, true));
      return tf.div(moved, tf.maximum(length, 1e-12));
    }),
});

// ---- SoftHebb: a soft winner-take-all in which all losers unlearn

/** Options of {@linkcode softHebb}. */
export interface SoftHebbOptions {
  /** The inverse temperature of the competition, above 0. @default 12 */
  readonly sharpness?: number;
  /** Exponent of the rate's fall as a unit's weights approach length 1: q, at least 0. @default 0.5 */
  readonly power?: number;
}

/**
 * The SoftHebb rule: Δw = η_j s y (x − u w), u = x·w, y = softmax(sharpness · u), s = 1 for the unit of
 * the largest u and −1 for all others; summed over the batch, divided by the largest absolute change.
 * The rate is adaptive: η_j = η |‖w_j‖ − 1|^q, for a converged unit has length 1.
 *
 * Sources: T. Moraitis et al., "SoftHebb: Bayesian inference in unsupervised Hebbian soft winner-take-all
 * networks", Neuromorphic Computing and Engineering 2, 2022; A. Journé et al., "Hebbian deep learning
 * without feedback", ICLR 2023 (arXiv 2209.11883), for the losers and the rate. The division, and 12 for
 * the sharpness, are those of the code that they published, where weights begin long and at random; here
 * they begin as samples of twice their final length, for at that length nothing is learnt.
 *
 * @param options Options, as {@linkcode SoftHebbOptions} describes them.
 *
 * @example
 * ```ts
 * import { softHebb } from "./rules.ts";
 * import { startBackend } from "../backend.ts";
 * import { tf } from "../tfjs.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await startBackend("cpu")();
 * const { compete } = softHebb({ sharpness: Math.LN2 });
 * const [activity] = await compete(tf.tensor2d([[2, 1]]), tf.tensor2d([[1]])).array();
 * assertEquals(activity.map((y) => y.toFixed(4)), ["0.6667", "-0.3333"]);
 * ```
 */
export function softHebb({ sharpness = 12, power = 0.5 }: SoftHebbOptions = {}): LocalRule {
  return {
    name: "soft_hebb",
    options: { sharpness, power },
    problem: checkRanges({ sharpness: [sharpness, positive], power: [power, notNegative] }),
    least: 2,
    rate: 0.08,
    begin: 2,
    compete: (weights, batch, excitability) =>
      tf.tidy(() => {
        const drive = driven(linear(batch, weights), excitability);
        const soft = softmax(tf.mul(drive, sharpness));
        // 1 for the winner, −1 for all others.
        const sign = tf.sub(tf.mul(topUnits(drive, 1), 2), 1);
        return tf.mul(soft, sign) as tf.Tensor2D;
      }),
    update: (weights, batch, activity, rate) =>
      tf.tidy(() => {
        const change = atMostOne(hebbian(weights, batch, activity));
        const length = tf.sqrt(tf.sum(tf.square(weights), 0, true));
        // Not 0, so that the power has a value.
        const distance = tf.add(tf.abs(tf.sub(length, 1)), 1e-10);
        return tf.add(weights, tf.mul(change, tf.mul(tf.pow(distance, power), rate)));
      }),
  };
}

// ---- Random synapses

/**
 * Random sparse synapses, the fly's projection: weights of 0 and 1, by which each unit adds up some inputs
 * that are drawn without repetition.
 *
 * Source: S. Dasgupta, C. F. Stevens, S. Navlakha, "A neural algorithm for a fundamental computing
 * problem", Science 358, 2017.
 *
 * @param inputs At least 1.
 * @param units At least 1.
 * @param perUnit Inputs of a unit, from 1 to inputs.
 * @param rng Generator to draw from.
 * @returns [inputs, units] row-major, and the generator to draw from next.
 * @throws {RangeError} Where perUnit is out of its range, as a mistake in the program.
 *
 * @example
 * ```ts
 * import { randomSynapses } from "./rules.ts";
 * import { seed } from "../../graph/rng.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const [weights] = randomSynapses(10, 4, 3, seed(26));
 * assertEquals(weights.reduce((sum, weight) => sum + weight), 12);
 * ```
 */
export function randomSynapses(
  inputs: number,
  units: number,
  perUnit: number,
  rng: Rng,
): readonly [Float32Array, Rng] {
  if (!Number.isInteger(perUnit) || perUnit < 1 || perUnit > inputs) {
    throw new RangeError(
      `Cannot draw synapses: expected from 1 to ${inputs} per unit, current value is ${perUnit}`,
    );
  }
  return draw(rng, ({ integer }) => {
    const weights = new Float32Array(inputs * units);
    const pool = Uint32Array.from({ length: inputs }, (_, i) => i);
    for (let unit = 0; unit < units; unit++) {
      for (let at = 0; at < perUnit; at++) {
        const other = integer(at, inputs - 1);
        [pool[at], pool[other]] = [pool[other], pool[at]];
        weights[pool[at] * units + unit] = 1;
      }
    }
    return weights;
  });
}
