/**
 * Encoding as a stream: batches of images in, batches of codes out.
 *
 * @module
 */
import { E } from "../graph/fp_ts.ts";
import type { SparrowError } from "../graph/error.ts";
import type { Embeddings } from "../ops/embeddings.ts";
import type { Model } from "./batches.ts";
import type { Images, Normalisation } from "./data/dataset.ts";
import { encode } from "./encode.ts";
import type { Env } from "./env.ts";

/**
 * Encodes any number of images with the memory of one batch: the next batch is asked for when the codes
 * of the last have been taken. Codes are packed, 1 bit per unit (`words`; their bytes are
 * `new Uint8Array(words.buffer)`), where the encoder ends in kWTA.
 *
 * An image's code does not depend on the batch that it comes in.
 *
 * @param batches Images as bytes, from a file that is read in parts or a camera, say.
 * @returns The embeddings of one batch after the other; or once, at the end, `Interrupted` when the
 * environment's signal is aborted, `InvalidOption` when an image has not the size of the model's input.
 *
 * @example
 * ```ts
 * import { encodeBatches } from "./encode_batches.ts";
 * import { quietEnv } from "./env.ts";
 * import { createRun, dispose } from "./run.ts";
 * import { E } from "../graph/fp_ts.ts";
 * import { graph } from "../graph/parse.ts";
 * import { startBackend } from "../ops/backend.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const backend = await startBackend("cpu")();
 * const run = createRun({ graph: graph`linear(4, 64) ▷ kwta(0.25)` });
 * if (E.isLeft(run) || E.isLeft(backend)) throw new Error("no start");
 *
 * function* images() {
 *   for (let i = 0; i < 3; i++) yield { count: 2, pixels: Uint8Array.of(0, 9, 0, i, 200, 0, i, 0) };
 * }
 * const [normalisation, env] = [{ mean: [0], std: [1] }, quietEnv(backend.right)];
 * let bytes = 0;
 * for await (const codes of encodeBatches(run.right, images(), normalisation, env)) {
 *   if (E.isRight(codes) && codes.right.kind === "binary") {
 *     bytes += new Uint8Array(codes.right.words.buffer).length;
 *   }
 * }
 * assertEquals(bytes, 6 * 64 / 8);
 * dispose(run.right);
 * ```
 */
export async function* encodeBatches(
  model: Model,
  batches: AsyncIterable<Images> | Iterable<Images>,
  normalisation: Normalisation,
  env: Env,
): AsyncGenerator<E.Either<SparrowError, Embeddings>, void, void> {
  for await (const images of batches) {
    const encoded = await encode(model, images, normalisation, env, { epoch: 0, step: 0 });
    yield encoded;
    if (E.isLeft(encoded)) return;
  }
}
