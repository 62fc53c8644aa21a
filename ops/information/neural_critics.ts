/**
 * Critics: networks that score pairs. A critic knows the bound that it trains by, how it takes batches
 * of pairs, and how the bound is read off pairs that are held out. There are the joint critic, one
 * network that sees x and y side by side, and two towers, a network for x and one for y.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import type { NonFinite } from "../../graph/error.ts";
import type { Nodes } from "../../graph/node.ts";
import { permutation, type Rng } from "../../graph/rng.ts";
import { inSequence, type Lowered, stateless, type Weights } from "../lowered.ts";
import { constantOf, type Loss } from "../losses/loss.ts";
import { type Params, tf } from "../tfjs.ts";
import type { HostBatch } from "../train_step.ts";
import { type Pairs, writeRows } from "./neural_pairs.ts";
import { halves, infoNceBound, infoNceLoss, logMeanExpOf } from "./neural_bounds.ts";
import { mlp } from "../../graph/models.ts";
import { lower } from "../interpreter.ts";
import type { Estimate } from "./samples.ts";
import { split } from "../../graph/compose.ts";
import { linear } from "../layers.ts";

/** A bound of information with the critic that it needs. */
export interface Critic {
  /** The networks, whose weights are trained. */
  readonly graph: Nodes;
  /** Lowered graph, with the bound's own operations. */
  readonly model: Lowered;
  /** Creates the state of the bound before the first batch; the caller disposes of it. */
  readonly plasticity: () => Params;
  /** The negative bound, in nats. */
  readonly loss: Loss;
  /** The pairs of one step as the model takes them. */
  readonly batch: (pairs: Pairs, rng: Rng) => readonly [HostBatch, Rng];
  /**
   * The bound on pairs that have not trained the critic, at least two and in random order, in bits;
   * with that many marginal pairs per joint one, if the bound has such. `NonFinite` where a score is
   * not a number.
   */
  readonly judge: (
    weights: Weights,
    pairs: Pairs,
    shuffles: number,
  ) => Promise<E.Either<NonFinite, number>>;
  /** The most bits that `judge` can find on that many pairs; null where there is no such limit. */
  readonly ceiling: (pairs: number) => number | null;
}

// ---- The joint critic

/** Options of {@linkcode jointCritic}. */
export interface JointCriticOptions {
  /** Numbers per sample of x and of y. */
  readonly widths: readonly [x: number, y: number];
  /** Units of the hidden layers. */
  readonly hidden: readonly number[];
  /** The negative bound of n joint and n marginal rows. */
  readonly loss: Loss;
  /** The bound of joint and marginal scores, in bits. */
  readonly bound: (joint: ArrayLike<number>, marginal: ArrayLike<number>) => Estimate;
  /** The rate of the moving average that the loss takes as its latent; 1 if it takes none. */
  readonly averageRate: number;
}

/**
 * linear ▷ relu ▷ … ▷ linear(1) on (x, y). The reference's fc_x(x) + fc_y(y) + bias is the same as
 * the first linear of the rows side by side.
 *
 * A training batch is n joint rows, then the same x with the y permuted: as in the reference a row may
 * by chance keep its own. That steadies the training, since no batch can then claim much more than log2
 * n; without it MINE found 4.5 bits of 6 in five dimensions, with it 5.6. In judging no row keeps its
 * own, which would hold the bound too low: the y are shifted by 1, 2, … places.
 *
 * Source: MINE_Net of dizcza/pytorch-mighty, mighty/monitor/mutual_info/neural_estimation.py.
 */
export function jointCritic(options: JointCriticOptions): Critic {
  const { widths: [xWidth, yWidth], hidden, loss, bound, averageRate } = options;
  const graph = mlp([xWidth + yWidth, ...hidden, 1]);
  const plain = lower(graph);
  const averages = averageRate < 1;
  return {
    graph,
    model: averages ? withMovingPartition(plain, averageRate) : plain,
    plasticity: () => averages ? initialPartition() : {},
    loss,
    batch: jointThenMarginal,
    judge: async (weights, pairs, shuffles) => {
      const { count } = pairs;
      const shifts = Math.min(shuffles, count - 1);
      const [joint] = await evaluatePairs(plain, weights, pairs, (i) => i);
      const marginal = new Float32Array(shifts * count);
      for (let shift = 1; shift <= shifts; shift++) {
        const partner = (i: number) => (i + shift) % count;
        const [scores] = await evaluatePairs(plain, weights, pairs, partner);
        marginal.set(scores, (shift - 1) * count);
      }
      const bad = nonFiniteScore(joint) ?? nonFiniteScore(marginal);
      if (bad !== null) return E.left(bad);
      const bits = bound(joint, marginal);
      if (E.isLeft(bits)) throw new RangeError(`Cannot judge a critic: ${bits.left.actual}`);
      return bits;
    },
    ceiling: () => null,
  };
}

/** Labels: 1 for a joint row, 0 for a marginal one. */
function jointThenMarginal(pairs: Pairs, rng: Rng): readonly [HostBatch, Rng] {
  const { count, x, y } = pairs;
  const [order, next] = permutation(count, rng);
  const values = new Float32Array(2 * (x.length + y.length));
  writeRows(pairs, [0, count], (i) => i, values);
  writeRows(pairs, [0, count], (i) => order[i], values, count);
  const labels = new Uint8Array(2 * count).fill(1, 0, count);
  return [{ values, labels }, next];
}

// ---- Two towers

/** Options of {@linkcode twoTowers}. */
export interface TwoTowersOptions {
  /** Numbers per sample of x and of y. */
  readonly widths: readonly [x: number, y: number];
  /** Units of each tower's layers; the last are those of the scalar product. */
  readonly hidden: readonly number[];
  /** Largest number of pairs that are compared with each other in the evaluation of the critic, at least 2. */
  readonly block: number;
}

/**
 * T(x, y) = f(x)·g(y), with f and g linear ▷ relu ▷ … ▷ linear, for InfoNCE: n² scores cost two passes
 * over n rows and one product, where a joint critic would pass over n² rows.
 *
 * Source: van den Oord et al. 2018, whose scores are bilinear in what two networks make; the separable
 * critic of Poole et al. 2019.
 */
export function twoTowers({ widths, hidden, block }: TwoTowersOptions): Critic {
  const [xWidth, yWidth] = widths;
  const graph = split(mlp([xWidth, ...hidden]), mlp([yWidth, ...hidden]));
  const apart = stateless((_, value) => ({
    first: tf.slice2d(value as tf.Tensor2D, [0, 0], [-1, xWidth]),
    second: tf.slice2d(value as tf.Tensor2D, [0, xWidth], [-1, yWidth]),
  }));
  const model = inSequence([apart, lower(graph)]);
  return {
    graph,
    model,
    plasticity: () => ({}),
    loss: infoNceLoss(),
    batch: (pairs, rng) => {
      const { count, x, y } = pairs;
      const values = new Float32Array(x.length + y.length);
      writeRows(pairs, [0, count], (i) => i, values);
      return [{ values, labels: Uint32Array.from({ length: count }, (_, i) => i) }, rng];
    },
    judge: async (weights, pairs) => {
      const [f, g] = await evaluatePairs(model, weights, pairs, (i) => i);
      const size = blockOf(pairs.count, block);
      const blocks = Math.floor(pairs.count / size);
      let sum = 0;
      for (let b = 0; b < blocks; b++) {
        const scores = await products(f, g, b * size, size, f.length / pairs.count);
        const bad = nonFiniteScore(scores);
        if (bad !== null) return E.left(bad);
        const bits = infoNceBound(scores);
        if (E.isLeft(bits)) throw new RangeError(`Cannot judge a critic: ${bits.left.actual}`);
        sum += bits.right;
      }
      return E.right(sum / blocks);
    },
    ceiling: (pairs) => Math.log2(blockOf(pairs, block)),
  };
}

/** The size of blocks of at most `most`, such that next to no pair is left over. */
const blockOf = (pairs: number, most: number): number =>
  Math.floor(pairs / Math.ceil(pairs / most));

/** The scalar products of `size` rows from `begin` on, all with all. */
async function products(
  f: Float32Array,
  g: Float32Array,
  begin: number,
  size: number,
  width: number,
): Promise<Float32Array> {
  const rows = (values: Float32Array) =>
    tf.tensor2d(values.subarray(begin * width, (begin + size) * width), [size, width]);
  const scores = tf.tidy(() => linear(rows(f), tf.transpose(rows(g))));
  try {
    return await scores.data<"float32">();
  } finally {
    scores.dispose();
  }
}

// ---- The moving average that corrects the gradient of MINE

/** Path of the average in the plasticity. */
const PATH = "log_partition";

/**
 * The average before the first batch, as plasticity: log 1, of a critic that scores every pair 0. The
 * caller disposes of it.
 */
export const initialPartition = (): Params => ({ [PATH]: tf.scalar(0) });

/**
 * A joint critic that in training passes log A as its latent beside the scores, with
 * A ← (1 − rate)·A + rate·mean exp T(marginal), and no gradient through it. Logarithms throughout:
 * exp T overflows.
 *
 * @param critic Critic that makes scores, of n joint rows and n marginal ones.
 * @param rate Rate of the average, in (0, 1).
 */
export const withMovingPartition = (critic: Lowered, rate: number): Lowered => ({
  evaluate: critic.evaluate,
  train: (params, signal) => {
    const after = critic.train(params, signal);
    const scores = after.value as tf.Tensor;
    const before = signal.plasticity[PATH];
    const log = constantOf(scores, (values) => {
      const batch = logMeanExpOf(halves(values)[1]);
      return averaged(before, batch, rate);
    });
    return {
      ...after,
      value: { first: log, second: scores },
      plasticity: { ...after.plasticity, [PATH]: log },
    };
  },
});

/** log((1 − rate)·e^a + rate·e^b). */
function averaged(a: tf.Tensor, b: tf.Tensor, rate: number): tf.Tensor {
  const largest = tf.maximum(a, b);
  const part = (x: tf.Tensor, share: number) => tf.mul(tf.exp(tf.sub(x, largest)), share);
  return tf.add(largest, tf.log(tf.add(part(a, 1 - rate), part(b, rate))));
}

// ---- A model on many pairs, read back as plain numbers

/** Rows that are evaluated at once. */
const CHUNK = 8192;

/**
 * Evaluates the model on the rows (x_i, y_partner(i)), for all i.
 *
 * @param model One that ends in one tensor, or in a pair of them.
 * @returns One array per output, in order, with as many numbers per row as the output has units, row-major.
 */
export async function evaluatePairs(
  model: Lowered,
  weights: Weights,
  pairs: Pairs,
  partner: (i: number) => number,
): Promise<readonly Float32Array[]> {
  const width = (pairs.x.length + pairs.y.length) / pairs.count;
  const parts: (readonly Float32Array[])[] = [];
  for (let from = 0; from < pairs.count; from += CHUNK) {
    const to = Math.min(from + CHUNK, pairs.count);
    const rows = new Float32Array((to - from) * width);
    writeRows(pairs, [from, to], partner, rows);
    const ends = tf.tidy(() => {
      const value = model.evaluate(weights, tf.tensor2d(rows, [to - from, width]));
      return (value instanceof tf.Tensor ? [value] : [value.first, value.second]) as tf.Tensor[];
    });
    try {
      parts.push(await Promise.all(ends.map((end) => end.data<"float32">())));
    } finally {
      tf.dispose(ends);
    }
  }
  return parts[0].map((_, end) => joined(parts.map((part) => part[end])));
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** The error of the first of a critic's numbers that is not finite, if any. */
function nonFiniteScore(scores: ArrayLike<number>): NonFinite | null {
  for (let i = 0; i < scores.length; i++) {
    if (!Number.isFinite(scores[i])) {
      const place = { epoch: 1, step: 0, lastGood: null };
      return { _tag: "NonFinite", tensor: "scores of held-out pairs", value: scores[i], ...place };
    }
  }
  return null;
}
