/**
 * A split of a dataset through an evaluated model, batch by batch.
 *
 * @module
 */
import { E } from "../graph/fp_ts.ts";
import { invalidOption, type SparrowError } from "../graph/error.ts";
import type { Graph } from "../graph/node.ts";
import { sizeOf } from "../graph/space.ts";
import type { Shape } from "../graph/types.ts";
import { lower, type Value, type Weights } from "../ops/interpreter.ts";
import { gpuErrorOf } from "../ops/kernels/gpu_limits.ts";
import { tf } from "../ops/tfjs.ts";
import { breathe } from "./breathe.ts";
import type { Images, Normalisation } from "./data/dataset.ts";
import { feedOf } from "./data/feed.ts";
import type { Env } from "./env.ts";
import { consumption } from "./run.ts";

/** Samples per batch: large enough to be quick, small enough to stop within a second. */
const BATCH = 1000;

/** A model that can be evaluated. */
export interface Model extends Weights {
  /** With every dimension known. */
  readonly graph: Graph;
  /** Of one sample. */
  readonly input: Shape;
}

/** When something is measured. */
export interface MeasuredAt {
  /** Epochs done. */
  readonly epoch: number;
  /** Steps done. */
  readonly step: number;
}

/** A batch that has gone through a model. */
export interface Evaluated {
  /** What went in, row-major; its memory is used again for the next batch. */
  readonly inputs: () => Float32Array;
  /** What came out, of the tensors that were chosen. */
  readonly outputs: readonly (Float32Array | Int32Array)[];
  /** The index of its first sample. */
  readonly from: number;
  /** How many samples it has. */
  readonly count: number;
}

/**
 * Sends images through a model in order.
 *
 * @param choose The tensors to read, of what the graph makes.
 * @param use Is given one batch after the other.
 * @returns `Interrupted` when the environment's signal is aborted; `InvalidOption` when a sample has
 * not the size of the model's input; `ConsumedRun` when the model's tensors are gone; `GpuError` when a
 * tensor is too large for the GPU.
 */
export function forEachBatch(
  { graph, input, ...weights }: Model,
  images: Images,
  normalisation: Normalisation,
  env: Env,
  moment: MeasuredAt,
  choose: (value: Value) => readonly tf.Tensor[],
  use: (batch: Evaluated) => void,
): Promise<E.Either<SparrowError, void>> {
  const consumed = consumption({ ...weights, ...moment });
  if (consumed !== null) return Promise.resolve(E.left(consumed));
  const { evaluate } = lower(graph);
  const forward = (x: tf.Tensor) => choose(evaluate(weights, x));
  return forEachForward(forward, input, images, normalisation, env, moment, use);
}

/**
 * Sends images through a function of tensors in order.
 *
 * @param forward From a batch [samples, …input] to the tensors to read; it is called in a tidy.
 * @param input The shape of one sample.
 * @param use Is given one batch after the other.
 * @returns As {@linkcode forEachBatch} does.
 */
export async function forEachForward(
  forward: (x: tf.Tensor) => readonly tf.Tensor[],
  input: Shape,
  images: Images,
  normalisation: Normalisation,
  env: Env,
  { epoch, step }: MeasuredAt,
  use: (batch: Evaluated) => void,
): Promise<E.Either<SparrowError, void>> {
  const size = sizeOf(input);
  if (images.pixels.length !== images.count * size) {
    const actual = `samples of ${images.pixels.length / images.count}`;
    return E.left(invalidOption("data", actual, `samples of ${size} numbers`));
  }
  const feed = feedOf(images, normalisation, BATCH);
  try {
    for (let from = 0; from < images.count; from += BATCH) {
      await breathe(env);
      if (env.signal.aborted) return E.left({ _tag: "Interrupted", epoch, step });
      const count = Math.min(BATCH, images.count - from);
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
}

/** What the function makes of a batch, which is disposed of. */
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
