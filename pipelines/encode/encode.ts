/**
 * Encoding: images in memory to codes.
 *
 * @module
 */
import { pipe, TE } from "../../graph/fp_ts.ts";
import type { SparrowError } from "../../graph/error.ts";
import { encoderOf } from "../../graph/encoder.ts";
import { isBinary } from "../../graph/traits.ts";
import type { Embeddings } from "../../ops/embeddings.ts";
import type { Value } from "../../ops/interpreter.ts";
import { tf } from "../../ops/tfjs.ts";
import { forEachBatch, type Model } from "../batches.ts";
import type { Waiting } from "../breathe.ts";
import { collector } from "../collect.ts";
import type { Images } from "../data/dataset.ts";
import type { ModelFile } from "../model_file.ts";
import { toTensors } from "../run.ts";

/** Options of {@linkcode encode}. */
export interface EncodeOptions {
  /** Environment whose signal stops the work before the next batch. @default it is never stopped */
  readonly env?: Waiting;
}

/**
 * Encodes images on the current backend: the outputs of the evaluated model, as packed codes where the
 * encoder ends in kWTA. A graph that ends in a pair, an autoencoder's, gives its first: the latent.
 *
 * Images are normalised as the model's training data was where the model knows it (one that was loaded
 * from a file does), else by their own normalisation. An image's code does not depend on the images
 * beside it.
 *
 * @param model A run, or what `loadModel` returns.
 * @returns The embeddings in the order of the images; `Interrupted` when the environment's signal is
 * aborted; `InvalidOption` when a sample has not the size of the model's input; `ConsumedRun` when the
 * model's tensors are gone; `GpuError` when a tensor is too large for the GPU.
 *
 * @example
 * ```ts
 * import { encode } from "./encode.ts";
 * import { strokes } from "../data/strokes.ts";
 * import { createRun, dispose } from "../run.ts";
 * import { orThrow } from "../../graph/or_throw.ts";
 * import { graph } from "../../graph/parse.ts";
 * import { startBackend } from "../../ops/backend.ts";
 * import { sgd } from "../../ops/optimisers/sgd.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await orThrow(startBackend("cpu"));
 * const run = orThrow(createRun({ graph: graph`linear(784, 64) ▷ kwta(0.25)`, optimiser: sgd() }));
 * const codes = await orThrow(encode(run, strokes({ seed: 1, train: 10, test: 1 }).train));
 * assertEquals([codes.kind, codes.count], ["binary", 10]);
 * dispose(run);
 * ```
 */
export const encode = (
  model: Model | ModelFile,
  images: Images,
  { env }: EncodeOptions = {},
): TE.TaskEither<SparrowError, Embeddings> =>
async () => {
  const [loaded, free] = onBackend(model);
  const graph = encoderOf(loaded.graph);
  const { compact, add, embeddings } = collector(images.count, isBinary(graph));
  try {
    return await pipe(
      forEachBatch({ ...loaded, graph }, images, {
        choose: (value) => [compact(latent(value))],
        use: ({ outputs: [read], from }) => add(read, from),
        env,
      }),
      TE.map(embeddings),
    )();
  } finally {
    free();
  }
};

/**
 * A model with its weights on the current backend: those of a file are uploaded.
 *
 * @returns The model, and what frees the weights that were uploaded.
 */
export function onBackend(model: Model | ModelFile): readonly [Model, () => void] {
  if (!isPlain(model)) return [model, () => {}];
  const [params, plasticity] = [toTensors(model.params), toTensors(model.plasticity)];
  return [{ ...model, params, plasticity }, () => tf.dispose([params, plasticity])];
}

const isPlain = (model: Model | ModelFile): model is ModelFile =>
  [model.params, model.plasticity].some((values) =>
    Object.values(values).some((value) => !(value instanceof tf.Tensor))
  );

const latent = (value: Value): tf.Tensor =>
  value instanceof tf.Tensor ? value : latent(value.first);
