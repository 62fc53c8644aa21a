/**
 * A model file as something that images can be encoded with.
 *
 * @module
 */
import { encoderOf } from "../../graph/encoder.ts";
import { invalidOption, type SparrowError } from "../../graph/error.ts";
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import { show } from "../../graph/show.ts";
import type { Model } from "../batches.ts";
import type { Normalisation } from "../data/dataset.ts";
import { sha256 } from "../data/sha256.ts";
import { isBinary } from "../../graph/traits.ts";
import type { Files } from "../files.ts";
import { type ModelFile, readModel } from "../model_file.ts";
import { tf } from "../../ops/tfjs.ts";
import { toTensors } from "../run.ts";
import { type Layout, layoutOf } from "./layout.ts";
import type { Origins } from "./origins.ts";

/** A model whose codes are binary, as plain data. */
export interface EncoderFile {
  /** As it was saved. */
  readonly model: ModelFile;
  /** What its images look like. */
  readonly layout: Layout;
  /** What a codes file remembers it by. */
  readonly identity: Origins["model"];
}

/**
 * Loads a model that images can be encoded with.
 *
 * @param path Of the file that `save` wrote.
 * @returns The model; `FileUnavailable`, `CorruptFile`; `InvalidOption` where its input is none of an
 * image, or its codes are not binary.
 */
export const loadEncoder = (path: string, files: Files): TE.TaskEither<SparrowError, EncoderFile> =>
  pipe(
    files.read(path),
    TE.chainW((bytes) => async (): Promise<E.Either<SparrowError, EncoderFile>> => {
      const read = readModel(path, bytes);
      if (E.isLeft(read)) return read;
      const model = read.right;
      const graph = encoderOf(model.graph);
      if (!isBinary(graph)) {
        return E.left(
          invalidOption(
            `the model ${path}`,
            show(graph),
            "one that ends in kWTA: its codes are bits",
          ),
        );
      }
      const layout = layoutOf(model.input, model.normalisation);
      if (E.isLeft(layout)) return layout;
      const identity = { file: path, sha256: await sha256(bytes) };
      return E.right({ model, layout: layout.right, identity });
    }),
  );

/** A model on the current backend. */
export interface Encoder extends EncoderFile {
  /** With its weights as tensors. */
  readonly weights: Model;
  /** How bytes become inputs. */
  readonly normalisation: Normalisation;
}

/**
 * Does something with a model's weights on the current backend, and frees them, also where it throws.
 */
export async function withEncoder<A>(
  file: EncoderFile,
  use: (encoder: Encoder) => Promise<A>,
): Promise<A> {
  const { graph, input, normalisation } = file.model;
  const [params, plasticity] = [toTensors(file.model.params), toTensors(file.model.plasticity)];
  try {
    return await use({ ...file, weights: { graph, input, params, plasticity }, normalisation });
  } finally {
    tf.dispose([params, plasticity]);
  }
}
