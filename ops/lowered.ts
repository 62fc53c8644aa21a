/**
 * Type of a lowered graph: a function on tensors in evaluation, and one that also passes state on in training.
 *
 * @module
 */
import type { Rng } from "../graph/rng.ts";
import type { Pair } from "../graph/types.ts";
import type { Params, tf } from "./tfjs.ts";

/** Value between the nodes of a lowered graph: a tensor [samples, …shape], or pairs of them. */
export type Value = tf.Tensor | Pair<Value, Value>;

/** The tensors of a model, by the graph's own paths. */
export interface Weights {
  /** Weights, which gradients train. */
  readonly params: Params;
  /** State of the units beside the weights, such as duty cycles and running statistics. */
  readonly plasticity: Params;
}

/** Values that one node of a graph in training passes to the next. */
export interface Signal {
  /** The batch. */
  readonly value: Value;
  /** The state of the whole graph; a node that changes its own puts new tensors in the place of the old. */
  readonly plasticity: Params;
  /** Generator that the next node draws from. */
  readonly rng: Rng;
  /** Tensors of the batch that nodes show to the loss, by path. @default none */
  readonly exposed?: Params;
}

/**
 * A graph as functions. The caller disposes of what they make, with `tf.tidy`. Gradients flow through
 * both on tfjs's tape.
 */
export interface Lowered {
  /** Computes the output in evaluation: every kWTA is binary, nothing is drawn, and nothing changes. */
  readonly evaluate: (weights: Weights, x: Value) => Value;
  /** Computes the output in training, and the next state. */
  readonly train: (params: Params, signal: Signal) => Signal;
  /**
   * Fusion of this node with a ReLU after it, equal to the bit; absent where it takes two ops.
   *
   * @internal
   */
  readonly rectified?: Lowered;
  /**
   * Whether it is a ReLU and nothing else.
   *
   * @internal
   */
  readonly isRelu?: true;
}

/** Computes a node's output from its params and input: the same in training as in evaluation. */
export type Plain = (params: Params, x: Value) => Value;

/** A node without state: one function for training and one for evaluation, or one for both. */
export const stateless = (train: Plain, evaluate: Plain = train): Lowered => ({
  evaluate: ({ params }, x) => evaluate(params, x),
  train: (params, signal) => ({ ...signal, value: train(params, signal.value) }),
});

/** Applies functions one after the other; with none it is the identity. */
export function inSequence(nodes: readonly Lowered[]): Lowered {
  const parts = fused(nodes);
  return {
    evaluate: (weights, x) => parts.reduce((value, part) => part.evaluate(weights, value), x),
    train: (params, signal) => parts.reduce((at, part) => part.train(params, at), signal),
  };
}

/** A graph with one node in place of two where a ReLU follows a node that can do it as well. */
const fused = (nodes: readonly Lowered[]): readonly Lowered[] =>
  nodes.flatMap((node, i) => {
    if (node.isRelu && nodes[i - 1]?.rectified !== undefined) return [];
    return nodes[i + 1]?.isRelu && node.rectified !== undefined ? [node.rectified] : [node];
  });

/** Two side by side; in training the second has the state that the first leaves. */
export const sideBySide = (
  f: Lowered,
  g: Lowered,
  inputs: (x: Value) => Pair<Value, Value>,
): Lowered => ({
  evaluate: (weights, x) => {
    const { first, second } = inputs(x);
    return { first: f.evaluate(weights, first), second: g.evaluate(weights, second) };
  },
  train: (params, signal) => {
    const { first, second } = inputs(signal.value);
    const one = f.train(params, { ...signal, value: first });
    const other = g.train(params, { ...one, value: second });
    return { ...other, value: { first: one.value, second: other.value } };
  },
});

/** x and f(x) as one value. */
export const merged = (f: Lowered, merge: (x: Value, y: Value) => Value): Lowered => ({
  evaluate: (weights, x) => merge(x, f.evaluate(weights, x)),
  train: (params, signal) => {
    const after = f.train(params, signal);
    return { ...after, value: merge(signal.value, after.value) };
  },
});
