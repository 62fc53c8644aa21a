/**
 * Evaluation batch by batch: samples are sent through a model, and its outputs are gathered.
 *
 * @module
 */
import type { SparrowError } from "../../graph/error.ts";
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import type { Graph, Nodes } from "../../graph/node.ts";
import { inferShapes, isPair, sizeOf } from "../../graph/shape.ts";
import type { Shape, Space } from "../../graph/types.ts";
import { type Embeddings, wordsPerCode } from "../../ops/embeddings.ts";
import { lower, type Value, type Weights } from "../../ops/interpreter.ts";
import { gpuErrorOf } from "../../ops/kernels/gpu.ts";
import { packBits } from "../../ops/kernels/pack_bits.ts";
import { tf } from "../../ops/tfjs.ts";
import { checkSamples, type Normalisation, type Samples } from "../data/dataset.ts";
import { feedOf } from "../data/feed.ts";
import { breathe, uninterrupted, type Waiting } from "./env.ts";
import { consumption } from "./run.ts";

/** The most samples of a batch: large enough to be quick, small enough to stop within a second. */
const BATCH = 1000;

/** The most bytes of a batch's largest tensor, where one sample does not have more. */
const BATCH_BYTES = 64 * 2 ** 20;

/** A model that can be evaluated: a run is one. */
export interface Model extends Weights {
  /** The graph, with every dimension known. */
  readonly graph: Graph;
  /** Shape of one sample. */
  readonly input: Shape;
  /**
   * Normalisation of the data that the model was trained on, by which samples are normalised in place of
   * their own. @default the samples' own
   */
  readonly normalisation?: Normalisation;
  /** Epochs of training, which `Interrupted` carries. @default 0 */
  readonly epoch?: number;
  /** Steps of training, which `Interrupted` carries. @default 0 */
  readonly step?: number;
}

/** The time of a measurement. */
export interface MeasuredAt {
  /** Epochs done. */
  readonly epoch: number;
  /** Steps done. */
  readonly step: number;
}

/** A batch of samples with a model's outputs for them. */
export interface EvaluatedBatch {
  /** The normalised samples, row-major; their memory is used again for the next batch. */
  readonly inputs: () => Float32Array;
  /** Values of the tensors that were chosen. */
  readonly outputs: readonly (Float32Array | Int32Array)[];
  /** Index of its first sample. */
  readonly from: number;
  /** Number of samples. */
  readonly count: number;
}

/** Options of {@linkcode forEachBatch}. */
export interface ForEachBatchOptions {
  /** Chooses the tensors to read among the outputs of a batch. */
  readonly choose: (value: Value) => readonly tf.Tensor[];
  /** Called with one batch after the other. */
  readonly use: (batch: EvaluatedBatch) => void;
  /** Environment whose signal stops the work before the next batch. @default it is never stopped */
  readonly env?: Waiting;
}

/**
 * Sends samples through a model in order, batch by batch, on the current backend. A batch has at most 1,000 of
 * them, and fewer where the input or what a node makes of it would take more than 64 MiB.
 *
 * @param model Model to evaluate.
 * @param samples Samples to send through the model.
 * @param options Options, as {@linkcode ForEachBatchOptions} describes them.
 * @returns `Interrupted` when the environment's signal is aborted; `InvalidOption` when a sample has
 * not the size of the model's input or is not finite; `ConsumedRun` when the model's tensors are gone; `GpuError` when a
 * tensor is too large for the GPU.
 *
 * @example The number of units that are active in a batch, on average.
 * ```ts
 * import { forEachBatch } from "./batches.ts";
 * import { createRun, dispose } from "./run.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { graph } from "../../graph/parse.ts";
 * import { startBackend } from "../../ops/backend.ts";
 * import { tf } from "../../ops/tfjs.ts";
 * import { sgd } from "../../ops/optimisers/sgd.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await orThrow(startBackend("cpu"));
 * const run = orThrow(createRun({ graph: graph`linear(4, 8) ▷ kwta(0.25)`, optimiser: sgd() }));
 * const images = {
 *   count: 2,
 *   values: Uint8Array.of(9, 0, 0, 7, 1, 2, 3, 4),
 *   normalisation: { mean: [0], std: [1] },
 * };
 * let active = 0;
 * await orThrow(forEachBatch(run, images, {
 *   choose: (codes) => [tf.sum(codes as tf.Tensor)],
 *   use: ({ outputs: [[sum]], count }) => active = sum / count,
 * }));
 * assertEquals(active, 2);
 * dispose(run);
 * ```
 */
export const forEachBatch = (
  { graph, ...model }: Model,
  samples: Samples,
  { choose, ...options }: ForEachBatchOptions,
): TE.TaskEither<SparrowError, void> => {
  const { evaluate } = lower(graph);
  const widest = widestOf(graph, model.input);
  return pipe(
    TE.fromIOEither<SparrowError, void>(() => {
      const { epoch = 0, step = 0 } = model;
      const consumed = consumption({ ...model, epoch, step });
      return consumed === null ? E.right(undefined) : E.left(consumed);
    }),
    TE.chain(() =>
      forEachForward(model, samples, {
        ...options,
        widest,
        forward: (x) => choose(evaluate(model, x)),
      })
    ),
  );
};

/** Options of {@linkcode forEachForward}. */
interface ForwardOptions extends Omit<ForEachBatchOptions, "choose"> {
  /** Numbers per sample of the largest tensor that `forward` makes. @default those of the input */
  readonly widest?: number;
  /** Maps a batch [samples, …input] to the tensors to read; it is called in a tidy. */
  readonly forward: (x: tf.Tensor) => readonly tf.Tensor[];
}

/** Counts the numbers per sample of the largest tensor among a graph's input and its nodes' outputs. */
export function widestOf(graph: Nodes, input: Shape): number {
  const inferred = inferShapes(graph, input);
  if (E.isLeft(inferred)) return sizeOf(input);
  return inferred.right.steps.reduce(
    (most, { output }) => Math.max(most, numbersOf(output)),
    sizeOf(input),
  );
}

const numbersOf = (space: Space): number =>
  isPair(space) ? numbersOf(space.first) + numbersOf(space.second) : sizeOf(space as Shape);

/**
 * Sends samples through a function of tensors in order.
 *
 * @param model The model that the samples are for: the shape of its input, its normalisation and its epochs.
 * @returns Nothing, or the errors of {@linkcode forEachBatch}.
 */
export const forEachForward = (
  { input, normalisation, epoch = 0, step = 0 }: Omit<Model, "graph" | "params" | "plasticity">,
  samples: Samples,
  { forward, use, widest = 0, env = uninterrupted }: ForwardOptions,
): TE.TaskEither<SparrowError, void> =>
async () => {
  const size = sizeOf(input);
  const normalised = normalisation === undefined ? samples : { ...samples, normalisation };
  const bad = checkSamples(normalised, size);
  if (bad !== null) return E.left(bad);
  const most = Math.min(BATCH, Math.max(1, Math.floor(BATCH_BYTES / 4 / Math.max(size, widest))));
  const feed = feedOf(normalised, most);
  try {
    for (let from = 0; from < samples.count; from += most) {
      await breathe(env);
      if (env.signal.aborted) return E.left({ _tag: "Interrupted", epoch, step });
      const count = Math.min(most, samples.count - from);
      const picks = Uint32Array.from({ length: count }, (_, i) => from + i);
      const rows = feed.rows(picks);
      const tensors = evaluated(forward, rows, [count, ...input]);
      const outputs = await Promise.all(
        tensors.map((tensor) => tensor.data<"float32" | "int32">()),
      );
      tf.dispose(tensors);
      const inputs = () => rows instanceof tf.Tensor ? feed.hostRows(picks) : rows;
      use({ inputs, outputs, from, count });
    }
  } catch (thrown) {
    const error = gpuErrorOf(thrown);
    if (error !== null) return E.left(error);
    throw thrown;
  } finally {
    feed.dispose();
  }
  return E.right(undefined);
};

/** Applies the function to a batch, and disposes of the batch. */
function evaluated(
  forward: (x: tf.Tensor) => readonly tf.Tensor[],
  rows: tf.Tensor | Float32Array,
  shape: number[],
): tf.Tensor[] {
  try {
    return tf.tidy(() => {
      const x = rows instanceof tf.Tensor ? tf.reshape(rows, shape) : tf.tensor(rows, shape);
      // A clone of each, because a graph may hand on its input, and one tensor twice.
      return forward(x).map((tensor) => tf.clone(tensor));
    });
  } finally {
    if (rows instanceof tf.Tensor) rows.dispose();
  }
}

// ---- Gathering outputs

/** A collector of the embeddings of batches. */
export interface Collector {
  /** Returns the tensor to read for the outputs [samples, …] of a batch: packed codes where they are binary. */
  readonly compact: (outputs: tf.Tensor) => tf.Tensor;
  /** Takes the values that were read for a batch whose first sample is number `from`. */
  readonly add: (read: Float32Array | Int32Array, from: number) => void;
  /** Returns the embeddings of all samples. */
  readonly embeddings: () => Embeddings;
}

/**
 * Gathers the outputs of `count` samples, batch by batch; their width is that of the first batch.
 *
 * @param binary Whether they are zeros and ones, to be packed on the backend that has them.
 *
 * @example
 * ```ts
 * import { collector } from "./batches.ts";
 * import { startBackend } from "../../ops/backend.ts";
 * import { tf } from "../../ops/tfjs.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await startBackend("cpu")();
 * const { compact, add, embeddings } = collector(2, true);
 * const packed = compact(tf.tensor2d([[1, 0, 0], [0, 1, 1]]));
 * add(await packed.data<"int32">(), 0);
 * assertEquals(embeddings(), { kind: "binary", count: 2, width: 3, words: Uint32Array.of(1, 6) });
 * ```
 */
export function collector(count: number, binary: boolean): Collector {
  let width = 0;
  let words = new Uint32Array();
  let numbers = new Float32Array();
  const begin = (units: number) => {
    width = units;
    if (binary) words = new Uint32Array(count * wordsPerCode(width));
    else numbers = new Float32Array(count * width);
  };
  return {
    compact: (outputs) => {
      if (width === 0) begin(outputs.size / outputs.shape[0]);
      return binary ? packBits(tf.reshape(outputs, [-1, width])) : outputs;
    },
    add: (read, from) => {
      if (binary) words.set(read, from * wordsPerCode(width));
      else numbers.set(read, from * width);
    },
    embeddings: () =>
      binary
        ? { kind: "binary", count, width, words }
        : { kind: "dense", count, width, values: numbers },
  };
}
