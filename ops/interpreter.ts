/**
 * Lowering: a graph as a function on tensors.
 *
 * @module
 */
import { type Algebra, fold } from "../graph/fold.ts";
import type { Nodes } from "../graph/node.ts";
import { sizeOf } from "../graph/space.ts";
import type { Pair } from "../graph/types.ts";
import { gelu, logSoftmax, softmax } from "./activations.ts";
import { avgPool2d, conv2d, maxPool2d } from "./conv.ts";
import { hardKwta, softKwta, winnerTakeAll } from "./kwta.ts";
import { linear } from "./linear.ts";
import { type Params, tf } from "./tfjs.ts";

/** What goes through a lowered graph: a tensor [samples, …shape], or pairs of them. */
export type Value = tf.Tensor | Pair<Value, Value>;

/** In training a soft kWTA is soft; evaluated, every kWTA is binary. */
export type Mode = "train" | "evaluate";

/**
 * A graph as a function. The params are those of the graph's own paths; the caller disposes of
 * what it makes, with `tf.tidy`. Gradients flow through it on tfjs's tape.
 */
export type Lowered = (params: Params, x: Value, mode: Mode) => Value;

const elementwise = (f: (x: tf.Tensor) => tf.Tensor) => (): Lowered => (_, x) => f(x as tf.Tensor);

const algebra: Algebra<Lowered> = {
  linear: (_, path) => (params, x) =>
    linear(
      x as tf.Tensor2D,
      params[`${path}.weight`] as tf.Tensor2D,
      params[`${path}.bias`] as tf.Tensor1D | undefined,
    ),
  conv2d: ({ stride, padding }, path) => (params, x) =>
    conv2d(
      x as tf.Tensor4D,
      params[`${path}.weight`] as tf.Tensor4D,
      params[`${path}.bias`] as tf.Tensor1D | undefined,
      { stride, padding },
    ),
  max_pool2d: ({ size, stride }) => (_, x) => maxPool2d(x as tf.Tensor4D, size, stride ?? size),
  avg_pool2d: ({ size, stride }) => (_, x) => avgPool2d(x as tf.Tensor4D, size, stride ?? size),
  relu: elementwise((x) => tf.relu(x)),
  leaky_relu: ({ slope }) => (_, x) => tf.leakyRelu(x as tf.Tensor, slope),
  gelu: elementwise(gelu),
  softmax: elementwise(softmax),
  log_softmax: elementwise(logSoftmax),
  winner_take_all: elementwise(winnerTakeAll),
  reshape: ({ shape }) => (_, x) =>
    tf.reshape(x as tf.Tensor, [(x as tf.Tensor).shape[0], ...shape]),
  sigmoid: elementwise((x) => tf.sigmoid(x)),
  tanh: elementwise((x) => tf.tanh(x)),
  flatten: elementwise((x) => tf.reshape(x, [x.shape[0], sizeOf(x.shape.slice(1))])),
  kwta: ({ sparsity, soft }) => (_, x, mode) =>
    soft === null || mode === "evaluate"
      ? hardKwta(x as tf.Tensor, sparsity)
      : softKwta(x as tf.Tensor, sparsity, soft.hardness, soft.gate),
  add: () => (_, x) => {
    const { first, second } = x as Pair<tf.Tensor, tf.Tensor>;
    return tf.add(first, second);
  },
  concat: () => (_, x) => {
    const { first, second } = x as Pair<tf.Tensor, tf.Tensor>;
    return tf.concat([first, second], -1);
  },
  fanout: (f, g) => (params, x, mode) => ({
    first: f(params, x, mode),
    second: g(params, x, mode),
  }),
  split: (f, g) => (params, x, mode) => {
    const { first, second } = x as Pair<Value, Value>;
    return { first: f(params, first, mode), second: g(params, second, mode) };
  },
  residual: (body) => (params, x, mode) =>
    tf.add(x as tf.Tensor, body(params, x, mode) as tf.Tensor),
  sequence: (parts) => (params, x, mode) =>
    parts.reduce((value, part) => part(params, value, mode), x),
};

/**
 * Lowers a graph to tfjs ops. It is a functor: lower(f ▷ g) = lower(g) ∘ lower(f), to the bit.
 *
 * @param graph One that shape inference accepts; on another, tfjs throws at a shape.
 *
 * @example
 * ```ts
 * import { lower } from "./interpreter.ts";
 * import { startBackend } from "./backend.ts";
 * import { tf } from "./tfjs.ts";
 * import { graph } from "../graph/parse.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await startBackend("cpu")();
 * const code = lower(graph`kwta(0.25)`)({}, tf.tensor2d([[3, 1, 4, 1]]), "evaluate");
 * assertEquals(await (code as tf.Tensor).array(), [[0, 0, 1, 0]]);
 * ```
 */
export const lower: (graph: Nodes) => Lowered = fold(algebra);
