/**
 * Encoding: a split of a dataset through a model, batch by batch.
 *
 * @module
 */
import { E } from "../graph/fp_ts.ts";
import type { SparrowError } from "../graph/error.ts";
import type { Graph } from "../graph/node.ts";
import { type Embeddings, packRows, stride } from "../ops/embeddings.ts";
import { lower } from "../ops/interpreter.ts";
import { type Params, tf } from "../ops/tfjs.ts";
import { sizeOf } from "../graph/space.ts";
import type { Shape } from "../graph/types.ts";
import { normaliser } from "./data/batch.ts";
import type { Normalisation, Split } from "./data/dataset.ts";
import type { Env } from "./env.ts";
import { breathe } from "./breathe.ts";

/** Samples per batch: large enough to be quick, small enough to stop within a second. */
const BATCH = 1000;

/** A model that can encode. */
export interface Model {
  /** With every dimension known. */
  readonly graph: Graph;
  /** Those of the graph's paths. */
  readonly params: Params;
  /** What else the units remember. */
  readonly plasticity: Params;
  /** Of one sample. */
  readonly input: Shape;
}

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
 * The embeddings of a split, evaluated: packed codes where the graph ends in kWTA.
 *
 * @returns `Interrupted` when the environment's signal is aborted.
 */
export async function encode(
  { graph, params, plasticity, input }: Model,
  split: Split,
  normalisation: Normalisation,
  env: Env,
  where: { readonly epoch: number; readonly step: number },
): Promise<E.Either<SparrowError, Embeddings>> {
  const { evaluate } = lower(graph);
  const gather = normaliser(normalisation);
  const size = sizeOf(input);
  const binary = isBinary(graph);
  const { count } = split;
  let store: Uint32Array | Float32Array | undefined;
  let width = 0;
  const picks = Uint32Array.from({ length: BATCH }, (_, i) => i);
  for (let from = 0; from < count; from += BATCH) {
    await breathe(env);
    if (env.signal.aborted) return E.left({ _tag: "Interrupted", ...where });
    const batch = picks.subarray(0, Math.min(BATCH, count - from)).map((i) => from + i);
    const output = tf.tidy(() => {
      const x = tf.tensor(gather(split, size, batch), [batch.length, ...input]);
      return evaluate({ params, plasticity }, x) as tf.Tensor;
    });
    const values = await output.data<"float32">();
    output.dispose();
    width = values.length / batch.length;
    if (binary) {
      store ??= new Uint32Array(count * stride(width));
      packRows(values, width, store as Uint32Array, from * stride(width));
    } else {
      store ??= new Float32Array(count * width);
      store.set(values, from * width);
    }
  }
  return E.right(
    binary
      ? { kind: "binary", count, width, words: (store ?? new Uint32Array()) as Uint32Array }
      : { kind: "dense", count, width, values: (store ?? new Float32Array()) as Float32Array },
  );
}
