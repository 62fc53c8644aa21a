/**
 * Encoding of more vectors than memory holds: from a file into a file, block by block.
 *
 * @module
 */
import { invalidOption, orThrow, type SparrowError } from "../../graph/error.ts";
import { E, TE } from "../../graph/fp_ts.ts";
import { encoderOf } from "../../graph/rewrite.ts";
import { show } from "../../graph/show.ts";
import { isBinary } from "../../graph/traits.ts";
import { type BinaryEmbeddings, wordsPerCode } from "../../ops/embeddings.ts";
import type { Model } from "../core/batches.ts";
import type { VectorSource } from "../data/vectors/source.ts";
import type { StreamedSplit } from "../data/vectors/stream.ts";
import { unavailable, writeStreamed } from "../files/files.ts";
import type { ModelFile } from "../files/model.ts";
import { streamNpz, writeNpy, writeNpyHeader } from "../files/npz.ts";
import { type EncodeOptions, encodeStream } from "./encode.ts";

/** The file of codes that was written. */
export interface EncodedFile {
  /** Number of codes. */
  readonly count: number;
  /** Number of units of a code. */
  readonly width: number;
}

/**
 * Encodes vectors into a file of codes, as `saveCodes` writes it, with the memory of one block. Codes are those that
 * {@linkcode encode} makes, with the labels of a split that has some.
 *
 * @param model A run, or what `loadModel` returns, whose codes are binary.
 * @param vectors Source that `openVectors` opens, or `streamVectors` makes of it; it is left open.
 * @param path Path of the file, .npz. It is there when all is written, and not before.
 * @param options Options, as {@linkcode EncodeOptions} describes them.
 * @returns The number of codes and their width; `InvalidOption` where codes are not binary; `FileUnavailable`; the
 * errors of the source and of `encode`.
 *
 * @example
 * ```ts
 * import { encodeToFile } from "./encode_to_file.ts";
 * import { createRun, dispose } from "../core/run.ts";
 * import { vectorsInMemory } from "../data/vectors/source.ts";
 * import { loadCodes } from "../files/codes.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { graph } from "../../graph/parse.ts";
 * import { startBackend } from "../../ops/backend.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await orThrow(startBackend("cpu"));
 * const run = orThrow(createRun({ graph: graph`linear(2, 64) ▷ kwta(0.25)` }));
 * const vectors = orThrow(vectorsInMemory("three", [[1, 2], [3, 4], [5, 6]]));
 * const path = `${await Deno.makeTempDir()}/codes.npz`;
 * assertEquals(await orThrow(encodeToFile(run, vectors, path)), { count: 3, width: 64 });
 * assertEquals((await orThrow(loadCodes(path))).codes.count, 3);
 * dispose(run);
 * ```
 */
export const encodeToFile = (
  model: Model | ModelFile,
  vectors: VectorSource | StreamedSplit,
  path: string,
  options: EncodeOptions = {},
): TE.TaskEither<SparrowError, EncodedFile> => {
  const graph = encoderOf(model.graph);
  if (!isBinary(graph)) {
    return TE.left(invalidOption("the model", show(graph), "one that ends in kWTA"));
  }
  return async () => {
    const { count } = "source" in vectors ? vectors.source : vectors;
    const labels = "source" in vectors ? vectors.labels : null;
    const encoded = encodeStream(model, vectors, options);
    // The first block tells the width, which the file begins with.
    const first = await encoded.next();
    if (first.done) return E.left(invalidOption("the vectors", "none", "at least one"));
    if (E.isLeft(first.value)) return first.value;
    const { width } = first.value.right;
    const part = (embeddings: E.Either<SparrowError, unknown>): Uint8Array => {
      const { words } = orThrow(embeddings) as BinaryEmbeddings;
      return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
    };
    async function* codes() {
      yield writeNpyHeader({ type: "<u4", shape: [count, wordsPerCode(width)] });
      yield part(first.value!);
      for await (const block of encoded) yield part(block);
    }
    async function* whole(bytes: Uint8Array) {
      yield bytes;
    }
    const wide = writeNpy({ type: "<u4", shape: [], data: Uint32Array.of(width) });
    const numbers = labels && writeNpy({
      ...{ type: "<i4", shape: [count], data: Int32Array.from(labels) },
    });
    const arrays: Parameters<typeof streamNpz>[0] = [
      ["codes", codes()],
      ["width", whole(wide)],
      ...numbers === null ? [] : [["labels", whole(numbers)] as const],
    ];
    try {
      await writeStreamed(path, (into) => streamNpz(arrays, into));
      return E.right({ count, width });
    } catch (thrown) {
      return E.left(errorOf(path, thrown));
    } finally {
      // Where the file cannot be written, weights on the backend are still to be freed.
      await encoded.return();
    }
  };
};

/** The error that a stream was ended with, or that of its file. */
const errorOf = (path: string, thrown: unknown): SparrowError => {
  const cause = thrown instanceof Error ? thrown.cause : undefined;
  return typeof cause === "object" && cause !== null && "_tag" in cause
    ? cause as SparrowError
    : unavailable("write", path, thrown);
};
