/**
 * Top-k activations of sparse autoencoders: the largest values of a sample, or of a whole batch, are transmitted as
 * they are, all others are 0. Both keep the number of samples since each unit was last active, by which dead units are
 * found.
 *
 * Import this module, or anything that lowers graphs, before a graph with `top_k` or `batch_top_k` is parsed.
 *
 * @module
 */
import { defineNode, type NodeConstructor, type NodeStep } from "./custom_node.ts";
import { WINNERS, type WinnersAttributes } from "./kernels/kwta.ts";
import "./kernels/kwta_gpu.ts";
import { untaped } from "./losses/loss.ts";
import { type Params, tf } from "./tfjs.ts";
import type { NodeState } from "../graph/custom_node.ts";
import type { Shape } from "../graph/types.ts";

/**
 * Marks the winners: 1 for the k largest of each row, else 0; of equals at the boundary the first win. It is a constant
 * to the gradient.
 *
 * @param x [rows, units], float32.
 * @param k At least 0; all win where it is at least the units.
 */
export function largest(x: tf.Tensor2D, k: number): tf.Tensor2D {
  const units = x.shape[1];
  if (k <= 0) return tf.zerosLike(x);
  if (k >= units) return tf.onesLike(x);
  const attributes: WinnersAttributes = { k, ties: false };
  return untaped(() =>
    tf.engine().runKernel(WINNERS, { x }, attributes as unknown as tf.NamedAttrMap) as tf.Tensor2D
  );
}

/**
 * relu(x) where x is among the k largest of its row, else 0. The gradient goes to the winners above 0.
 *
 * Source: Makhzani & Frey 2013, "k-sparse autoencoders" (arXiv 1312.5663); with the rectifier Gao et al. 2024,
 * "Scaling and evaluating sparse autoencoders" (arXiv 2406.04093), and openai/sparse_autoencoder.
 *
 * @param x [samples, units], float32.
 * @param k At least 0.
 */
export const largestValues = (x: tf.Tensor2D, k: number): tf.Tensor2D =>
  tf.mul(tf.relu(x), largest(x, k));

/**
 * relu(x) where x is among the k · samples largest of the whole batch, else 0.
 *
 * Source: Bussmann, Leask & Nanda 2024, "BatchTopK sparse autoencoders" (arXiv 2412.06410).
 *
 * @param x [samples, units], float32.
 * @param k Winners per sample, on average.
 */
export const largestOfBatch = (x: tf.Tensor2D, k: number): tf.Tensor2D =>
  tf.reshape(
    largestValues(tf.reshape(x, [1, x.size]) as tf.Tensor2D, k * x.shape[0]),
    x.shape,
  );

/** Samples since each unit was last active; grows up to 2²⁴, where float32 counts no further by ones. */
const nextSilent = (silent: tf.Tensor, code: tf.Tensor): tf.Tensor =>
  untaped(() => tf.mul(tf.add(silent, code.shape[0]), tf.sub(1, tf.step(tf.max(code, 0)))));

const silence = ([units]: Shape): NodeState => ({ name: "silent", shape: [units] });

const vector = (input: Shape): Shape | string => input.length === 1 ? input : "a vector of units";

/** Makes the result of a step: the code, the silences, and for the loss the units before the competition. */
const stepped = (x: tf.Tensor, output: tf.Tensor, { silent }: Params): NodeStep => ({
  output,
  state: { silent: nextSilent(silent, output) },
  exposed: { units: x },
});

/**
 * The node `top_k(k)`: the k largest units of a sample, transmitted as they are where they are above 0; all
 * others are 0. Its state `silent` [units] is how many training samples ago each unit was last active.
 *
 * @example
 * ```ts
 * import { topK } from "./top_k.ts";
 * import { graph } from "../graph/parse.ts";
 * import { show } from "../graph/show.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const encoder = graph`linear(100, 4096) ▷ ${topK({ k: 64 })}`;
 * assertEquals(show(encoder), "linear(100, 4096) ▷ top_k(64)");
 * ```
 */
export const topK: NodeConstructor<
  readonly [{ readonly name: "k"; readonly kind: "count" }],
  unknown
> = defineNode({
  name: "top_k",
  arguments: [{ name: "k", kind: "count" }],
  shape: vector,
  state: (input) => [silence(input)],
  evaluate: (x, { k }) => largestValues(x as tf.Tensor2D, k),
  train: (x, { k }, _params, state) => stepped(x, largestValues(x as tf.Tensor2D, k), state),
});

/** The threshold before the first batch: below every one that is learned. */
const UNSET = -1;

/** Number greater than any unit. Infinities are not safe on GPUs. */
const BEYOND = 1e38;

/**
 * The threshold after a batch: towards the least value that was transmitted, which it is after the first
 * batch. A batch in which nothing is active leaves it.
 */
const nextThreshold = (threshold: tf.Tensor, code: tf.Tensor, momentum: number): tf.Tensor =>
  untaped(() => {
    const active = tf.step(code);
    const least = tf.min(tf.where(tf.greater(active, 0), code, tf.fill(code.shape, BEYOND)));
    const moved = tf.add(tf.mul(threshold, 1 - momentum), tf.mul(least, momentum));
    const next = tf.where(tf.less(threshold, 0), least, moved);
    return tf.where(tf.greater(tf.max(active), 0), next, threshold);
  });

/**
 * The node `batch_top_k(k, momentum)`: in training the k · samples largest units of the batch are transmitted
 * as they are where they are above 0, so that a sample may have more or fewer than k. Evaluated, those above a
 * threshold are: the running mean, of this momentum, of the least value that was transmitted in each batch; so the
 * code of a sample does not depend on its batch, and has about k winners. Its state is the threshold, and
 * `silent` as of {@linkcode topK}.
 *
 * Source: Bussmann, Leask & Nanda 2024 (arXiv 2412.06410); the running mean, of momentum 0.01, is
 * that of bartbussmann/matryoshka_sae.
 */
export const batchTopK: NodeConstructor<
  readonly [
    { readonly name: "k"; readonly kind: "count" },
    { readonly name: "momentum"; readonly kind: "fraction"; readonly fallback: 0.01 },
  ],
  unknown
> = defineNode({
  name: "batch_top_k",
  arguments: [
    { name: "k", kind: "count" },
    { name: "momentum", kind: "fraction", fallback: 0.01 },
  ],
  shape: vector,
  state: (input) => [silence(input), { name: "threshold", shape: [], value: UNSET }],
  evaluate: (x, _values, _params, { threshold }) => {
    const units = tf.relu(x);
    return tf.mul(units, tf.step(tf.sub(units, threshold)));
  },
  train: (x, { k, momentum }, _params, state) => {
    const code = largestOfBatch(x as tf.Tensor2D, k);
    const { exposed, ...step } = stepped(x, code, state);
    const threshold = nextThreshold(state.threshold, code, momentum);
    return { ...step, state: { ...step.state, threshold }, exposed };
  },
});
