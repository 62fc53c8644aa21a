/**
 * Lowering: a graph as functions on tensors.
 *
 * @module
 */
import { type Algebra, fold, foldEach } from "../graph/fold.ts";
import type { BatchNorm, Nodes } from "../graph/node.ts";
import { sizeOf } from "../graph/shape.ts";
import type { Pair } from "../graph/types.ts";
import {
  avgPool2d,
  batchNorm,
  conv2d,
  dropConnect,
  dropout,
  gelu,
  globalAvgPool2d,
  linear,
  linearRelu,
  logSoftmax,
  maxPool2d,
  normaliseBy,
  softmax,
  track,
} from "./layers.ts";
import { lowerCustom } from "./custom_node.ts";
import {
  competing,
  hardKwta,
  kWinnersAt,
  predictedThreshold,
  softKwta,
  thresholded,
  winnerTakeAll,
} from "./kwta.ts";
import { inSequence, type Lowered, merged, sideBySide, stateless, type Value } from "./lowered.ts";
import { scaled } from "./homeostasis.ts";
import { type Params, tf } from "./tfjs.ts";
// Its nodes are known wherever graphs are lowered.
import "./top_k.ts";

export type { Lowered, Signal, Value, Weights } from "./lowered.ts";

const elementwise = (f: (x: tf.Tensor) => tf.Tensor) => (): Lowered =>
  stateless((_, x) => f(x as tf.Tensor));

const onPair = (f: (first: tf.Tensor, second: tf.Tensor) => tf.Tensor) => (): Lowered =>
  stateless((_, x) => {
    const { first, second } = x as Pair<tf.Tensor, tf.Tensor>;
    return f(first, second);
  });

/** [samples, …units] as [samples, units]. */
const flat = (x: tf.Tensor): tf.Tensor2D =>
  tf.reshape(x, [x.shape[0], sizeOf(x.shape.slice(1))]) as tf.Tensor2D;

/** The scale and shift of a batch norm, or the weight and bias of an affine map. */
const affineAt = (params: Params, path: string) => ({
  weight: params[`${path}.weight`] as tf.Tensor1D | undefined,
  bias: params[`${path}.bias`] as tf.Tensor1D | undefined,
});

function normalised({ momentum, epsilon }: BatchNorm, path: string): Lowered {
  const [mean, variance] = [`${path}.running_mean`, `${path}.running_var`];
  const statistics = (plasticity: Params) => ({
    mean: plasticity[mean] as tf.Tensor1D,
    variance: plasticity[variance] as tf.Tensor1D,
  });
  return {
    evaluate: ({ params, plasticity }, x) =>
      normaliseBy(x as tf.Tensor, statistics(plasticity), affineAt(params, path), epsilon),
    train: (params, signal) => {
      const x = signal.value as tf.Tensor;
      const [value, batch] = batchNorm(x, affineAt(params, path), epsilon);
      const samples = sizeOf(x.shape.slice(0, -1));
      const next = track(statistics(signal.plasticity), batch, samples, momentum);
      const plasticity = {
        ...signal.plasticity,
        [mean]: next.mean,
        [variance]: next.variance,
      };
      return { ...signal, value, plasticity };
    },
  };
}

const affine = (path: string, map: typeof linear): Lowered =>
  stateless((params, x) =>
    map(
      x as tf.Tensor2D,
      params[`${path}.weight`] as tf.Tensor2D,
      params[`${path}.bias`] as tf.Tensor1D | undefined,
    )
  );

const algebra: Algebra<Lowered> = {
  linear: (_, path) => ({
    ...affine(path, linear),
    rectified: affine(path, linearRelu),
  }),
  conv2d: ({ stride, padding, groups }, path) =>
    stateless((params, x) =>
      conv2d(
        x as tf.Tensor4D,
        params[`${path}.weight`] as tf.Tensor4D,
        params[`${path}.bias`] as tf.Tensor1D | undefined,
        { stride, padding, groups },
      )
    ),
  max_pool2d: ({ size, stride, padding }) =>
    stateless((_, x) => maxPool2d(x as tf.Tensor4D, size, stride ?? size, padding)),
  avg_pool2d: ({ size, stride }) =>
    stateless((_, x) => avgPool2d(x as tf.Tensor4D, size, stride ?? size)),
  global_avg_pool2d: elementwise((x) => globalAvgPool2d(x as tf.Tensor4D)),
  batch_norm: normalised,
  dropout: ({ rate }) => dropout(rate),
  relu: () => ({ ...elementwise((x) => tf.relu(x))(), isRelu: true }),
  leaky_relu: ({ slope }) => stateless((_, x) => tf.leakyRelu(x as tf.Tensor, slope)),
  clip: ({ min, max }) => stateless((_, x) => tf.clipByValue(x as tf.Tensor, min, max)),
  gelu: elementwise(gelu),
  softmax: elementwise(softmax),
  log_softmax: elementwise(logSoftmax),
  winner_take_all: elementwise(winnerTakeAll),
  reshape: ({ shape }) =>
    stateless((_, x) => tf.reshape(x as tf.Tensor, [(x as tf.Tensor).shape[0], ...shape])),
  sigmoid: elementwise((x) => tf.sigmoid(x)),
  tanh: elementwise((x) => tf.tanh(x)),
  flatten: elementwise(flat),
  kwta: ({ sparsity, soft, over }, path) => {
    const hard = (_: Params, x: Value) =>
      competing(x as tf.Tensor, over, (rows) => hardKwta(rows, sparsity));
    const gentle = soft === null ? hard : (_: Params, x: Value) =>
      competing(
        x as tf.Tensor,
        over,
        (rows) => softKwta(rows, sparsity, soft.hardness, soft.gate),
      );
    return scaled(stateless(gentle, hard), path);
  },
  learned_kwta: ({ soft }, path) => {
    const by = (softness: typeof soft) => (params: Params, x: Value) =>
      thresholded(x as tf.Tensor, params[`${path}.threshold`], softness);
    return scaled(stateless(by(soft), by(null)), path);
  },
  predicted_kwta: ({ max_sparsity, min_sparsity, soft }, path) => {
    const by = (softness: typeof soft) => (params: Params, x: Value) => {
      const rows = flat(x as tf.Tensor);
      const weight = params[`${path}.weight`] as tf.Tensor2D;
      const threshold = predictedThreshold(rows, weight, max_sparsity, min_sparsity);
      return tf.reshape(thresholded(rows, threshold, softness), (x as tf.Tensor).shape);
    };
    return scaled(stateless(by(soft), by(null)), path);
  },
  k_winners: kWinnersAt,
  custom: lowerCustom,
  add: onPair((first, second) => tf.add(first, second)),
  concat: onPair((first, second) => tf.concat([first, second], -1)),
  fanout: (f, g) => sideBySide(f, g, (x) => ({ first: x, second: x })),
  split: (f, g) => sideBySide(f, g, (x) => x as Pair<Value, Value>),
  residual: (body) => merged(body, (x, y) => tf.add(x as tf.Tensor, y as tf.Tensor)),
  drop_connect: (body, { rate, rescale }, path) =>
    dropConnect(body, `${path}.body.`, rate, rescale ? 1 / (1 - rate) : 1),
  sequence: inSequence,
};

/**
 * Lowers a graph to tfjs ops. It is a functor: lower(f ▷ g) = lower(g) ∘ lower(f), to the bit; in
 * training the composition passes the state on as well.
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
 * const { evaluate } = lower(graph`kwta(0.25)`);
 * const code = evaluate({ params: {}, plasticity: {} }, tf.tensor2d([[3, 1, 4, 1]]));
 * assertEquals(await (code as tf.Tensor).array(), [[0, 0, 1, 0]]);
 * ```
 */
export const lower: (graph: Nodes) => Lowered = fold(algebra);

/** Lowers each node of a graph on its own, in order: {@linkcode lower} is their composition. */
export const lowerEach: (graph: Nodes) => readonly Lowered[] = foldEach(algebra);
