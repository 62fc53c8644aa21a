/**
 * Encoding as a stream: batches of images in, batches of codes out.
 *
 * @module
 */
import { E } from "../graph/fp_ts.ts";
import type { SparrowError } from "../graph/error.ts";
import type { Embeddings } from "../ops/embeddings.ts";
import type { Model } from "./batches.ts";
import type { Images } from "./data/dataset.ts";
import { encode, type EncodeOptions, onBackend } from "./encode/encode.ts";
import type { ModelFile } from "./model_file.ts";

/**
 * Encodes any number of images with the memory of one batch: the next batch is asked for when the codes
 * of the last have been taken. Codes are packed, 1 bit per unit (`words`; their bytes are
 * `new Uint8Array(words.buffer)`), where the encoder ends in kWTA.
 *
 * Images are normalised as {@linkcode encode} does, and have the codes that it makes, whatever the batch
 * that they come in.
 *
 * @param model A run, or what `loadModel` returns.
 * @param batches Images as bytes, from a file that is read in parts or a camera, say.
 * @returns The embeddings of one batch after the other; or once, at the end, `Interrupted` when the
 * environment's signal is aborted, `InvalidOption` when an image has not the size of the model's input.
 *
 * @example
 * ```ts
 * import { encodeStream } from "./encode_batches.ts";
 * import { createRun, dispose } from "./run.ts";
 * import { orThrow } from "../graph/or_throw.ts";
 * import { graph } from "../graph/parse.ts";
 * import { startBackend } from "../ops/backend.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await orThrow(startBackend("cpu"));
 * const run = orThrow(createRun({ graph: graph`linear(4, 64) ▷ kwta(0.25)` }));
 *
 * const normalisation = { mean: [0], std: [1] };
 * function* images() {
 *   for (let i = 0; i < 3; i++) {
 *     yield { count: 2, pixels: Uint8Array.of(0, 9, 0, i, 200, 0, i, 0), normalisation };
 *   }
 * }
 * let bytes = 0;
 * for await (const batch of encodeStream(run, images())) {
 *   const codes = orThrow(batch);
 *   if (codes.kind === "binary") bytes += new Uint8Array(codes.words.buffer).length;
 * }
 * assertEquals(bytes, 6 * 64 / 8);
 * dispose(run);
 * ```
 */
export async function* encodeStream(
  model: Model | ModelFile,
  batches: AsyncIterable<Images> | Iterable<Images>,
  options: EncodeOptions = {},
): AsyncGenerator<E.Either<SparrowError, Embeddings>, void, void> {
  const [loaded, free] = onBackend(model);
  try {
    for await (const images of batches) {
      const encoded = await encode(loaded, images, options)();
      yield encoded;
      if (E.isLeft(encoded)) return;
    }
  } finally {
    free();
  }
}
