/**
 * Encoding: a split of a dataset to codes.
 *
 * @module
 */
import { E, pipe } from "../graph/fp_ts.ts";
import type { SparrowError } from "../graph/error.ts";
import { encoderOf } from "../graph/encoder.ts";
import type { Graph } from "../graph/node.ts";
import { type Embeddings, packRows, stride } from "../ops/embeddings.ts";
import type { Value } from "../ops/interpreter.ts";
import { tf } from "../ops/tfjs.ts";
import { forEachBatch, type Model, type Moment } from "./batches.ts";
import type { Normalisation, Split } from "./data/dataset.ts";
import type { Env } from "./env.ts";

const binaryNodes: readonly string[] = [
  "kwta",
  "learned_kwta",
  "predicted_kwta",
  "winner_take_all",
];

/** Whether a graph's evaluated output is binary: its last node is a kWTA of any kind. */
export const isBinary = ({ nodes }: Graph): boolean =>
  binaryNodes.includes(nodes.at(-1)?._tag ?? "");

/**
 * The embeddings of a split, evaluated: packed codes where the encoder ends in kWTA. Of a graph that
 * ends in a pair, an autoencoder's, they are the first: the latent.
 *
 * @returns `Interrupted` when the environment's signal is aborted; `InvalidOption` when a sample has
 * not the size of the model's input.
 */
export async function encode(
  model: Model,
  split: Split,
  normalisation: Normalisation,
  env: Env,
  when: Moment,
): Promise<E.Either<SparrowError, Embeddings>> {
  const graph = encoderOf(model.graph);
  const binary = isBinary(graph);
  const { count } = split;
  let store: Uint32Array | Float32Array | undefined;
  let width = 0;
  const done = await forEachBatch(
    { ...model, graph },
    split,
    normalisation,
    env,
    when,
    (value) => [latent(value)],
    ({ outputs: [values], from, count: samples }) => {
      width = values.length / samples;
      if (binary) {
        store ??= new Uint32Array(count * stride(width));
        packRows(values, width, store as Uint32Array, from * stride(width));
      } else {
        store ??= new Float32Array(count * width);
        store.set(values, from * width);
      }
    },
  );
  return pipe(
    done,
    E.map(() =>
      binary
        ? { kind: "binary", count, width, words: (store ?? new Uint32Array()) as Uint32Array }
        : { kind: "dense", count, width, values: (store ?? new Float32Array()) as Float32Array }
    ),
  );
}

const latent = (value: Value): tf.Tensor =>
  value instanceof tf.Tensor ? value : latent(value.first);
