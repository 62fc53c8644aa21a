/**
 * The joint critic: one network that sees x and y side by side and scores them.
 *
 * @module
 */
import { E } from "../../../graph/fp_ts.ts";
import { mlp } from "../../../graph/models/mlp.ts";
import { permutation, type Rng } from "../../../graph/rng.ts";
import { lower } from "../../interpreter.ts";
import type { Loss } from "../../losses/loss.ts";
import type { HostBatch } from "../../train_step.ts";
import type { Estimate } from "../samples.ts";
import type { Critic } from "./critic.ts";
import { evaluatePairs, nonFiniteScore } from "./evaluate_pairs.ts";
import { initialPartition, withMovingPartition } from "./moving_partition.ts";
import { type Pairs, writeRows } from "./pairs.ts";

/** What makes a bound of a joint critic. */
export interface JointCriticOptions {
  /** Of x and of y, numbers per sample. */
  readonly widths: readonly [x: number, y: number];
  /** Units of the hidden layers. */
  readonly hidden: readonly number[];
  /** The negative bound of n joint and n marginal rows. */
  readonly loss: Loss;
  /** The bound of joint and marginal scores, in bits. */
  readonly bound: (joint: ArrayLike<number>, marginal: ArrayLike<number>) => Estimate;
  /** Of the moving average that the loss takes as its latent; 1 if it takes none. */
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
