/**
 * Encoding: images to codes. Run, it encodes images into a file:
 *
 *     deno run -P pipelines/encode.ts --help
 *
 * @module
 */
import { E } from "../graph/fp_ts.ts";
import type { SparrowError } from "../graph/error.ts";
import { encoderOf } from "../graph/encoder.ts";
import { isBinary } from "../graph/traits.ts";
import type { Embeddings } from "../ops/embeddings.ts";
import type { Value } from "../ops/interpreter.ts";
import { tf } from "../ops/tfjs.ts";
import { forEachBatch, type MeasuredAt, type Model } from "./batches.ts";
import { collector } from "./collect.ts";
import type { Images, Normalisation } from "./data/dataset.ts";
import type { Env } from "./env.ts";

/**
 * The embeddings of images, evaluated: packed codes where the encoder ends in kWTA. Of a graph that
 * ends in a pair, an autoencoder's, they are the first: the latent.
 *
 * @returns `Interrupted` when the environment's signal is aborted; `InvalidOption` when a sample has
 * not the size of the model's input.
 */
export async function encode(
  model: Model,
  images: Images,
  normalisation: Normalisation,
  env: Env,
  when: MeasuredAt,
): Promise<E.Either<SparrowError, Embeddings>> {
  const graph = encoderOf(model.graph);
  const { compact, add, embeddings } = collector(images.count, isBinary(graph));
  const done = await forEachBatch(
    { ...model, graph },
    images,
    normalisation,
    env,
    when,
    (value) => [compact(latent(value))],
    ({ outputs: [read], from }) => add(read, from),
  );
  return E.map(embeddings)(done);
}

const latent = (value: Value): tf.Tensor =>
  value instanceof tf.Tensor ? value : latent(value.first);

// Not awaited: the program needs this module, which is not done before its last line.
if (import.meta.main) import("./encode/encode_program.ts").then((main) => main.encodeProgram());
