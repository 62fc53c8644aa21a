/**
 * The critic of two towers: a network for x, one for y, and the scalar product of what they make.
 *
 * @module
 */
import { E } from "../../../graph/fp_ts.ts";
import { split } from "../../../graph/compose.ts";
import { mlp } from "../../../graph/models/mlp.ts";
import { lower } from "../../interpreter.ts";
import { linear } from "../../linear.ts";
import { inSequence, stateless } from "../../lowered.ts";
import { tf } from "../../tfjs.ts";
import type { Critic } from "./critic.ts";
import { evaluatePairs, nonFiniteScore } from "./evaluate_pairs.ts";
import { infoNceBound, infoNceLoss } from "./info_nce_bound.ts";
import { writeRows } from "./pairs.ts";

/** What makes the two towers. */
export interface TwoTowersOptions {
  /** Of x and of y, numbers per sample. */
  readonly widths: readonly [x: number, y: number];
  /** Units of each tower's layers; the last are those of the scalar product. */
  readonly hidden: readonly number[];
  /** The most pairs that are told from each other when the critic is judged, at least 2. */
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
