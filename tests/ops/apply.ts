/**
 * A graph applied to a batch, for tests.
 *
 * @module
 */
import type { Nodes } from "../../graph/node.ts";
import { seed } from "../../graph/rng.ts";
import { lower, type Value } from "../../ops/interpreter.ts";
import type { Params, tf } from "../../ops/tfjs.ts";

/** Mode in which a graph is applied. */
export type Mode = "train" | "evaluate";

/** Applies a graph to a batch; in training it draws from the seed 0. */
export const apply = (
  graph: Nodes,
  params: Params,
  x: Value,
  mode: Mode,
  plasticity: Params = {},
): tf.Tensor => {
  const { train, evaluate } = lower(graph);
  const result = mode === "train"
    ? train(params, { value: x, plasticity, rng: seed(0) }).value
    : evaluate({ params, plasticity }, x);
  return result as tf.Tensor;
};
