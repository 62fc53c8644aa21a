/**
 * Encoders: trained models whose codes are binary, for images of any size.
 *
 * @module
 */
import { encoderOf } from "../../graph/encoder.ts";
import { invalidOption, type SparrowError } from "../../graph/error.ts";
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import { show } from "../../graph/show.ts";
import { isBinary } from "../../graph/traits.ts";
import type { BinaryEmbeddings } from "../../ops/embeddings.ts";
import type { SavedCodes } from "../codes_file.ts";
import type { Images } from "../data/dataset.ts";
import { decodeImage } from "../data/decode_image.ts";
import { sha256 } from "../data/sha256.ts";
import { denoFiles, type Files } from "../files.ts";
import { type ModelFile, readModel } from "../model_file.ts";
import { encode, type EncodeOptions } from "./encode.ts";
import { type InputLayout, layoutOf, toInput } from "./layout.ts";
import type { Origins } from "./origins.ts";

/** A trained model whose codes are binary, as plain data: it holds no tensors and is never disposed of. */
export interface Encoder {
  /** The model as it was saved. */
  readonly model: ModelFile;
  /** Size and colours that images are brought to. */
  readonly layout: InputLayout;
  /** Path and SHA-256 of the model's file, by which a file of codes remembers it. */
  readonly identity: Origins["model"];
}

/**
 * Reads an encoder from the bytes of a model file: where there are no files, in a browser, say.
 *
 * @param file Name of the file, for errors and for the origins of codes.
 * @returns The encoder; `CorruptFile`; `InvalidOption` where the model's input is not that of an image,
 * or its codes are not binary.
 */
export const readEncoder = (
  file: string,
  bytes: Uint8Array,
): TE.TaskEither<SparrowError, Encoder> =>
  pipe(
    TE.fromEither(readModel(file, bytes)),
    TE.filterOrElseW(({ graph }) => isBinary(encoderOf(graph)), ({ graph }): SparrowError => {
      const expected = "one that ends in kWTA: its codes are bits";
      return invalidOption(`the model ${file}`, show(encoderOf(graph)), expected);
    }),
    TE.chainEitherKW((model) =>
      E.map((layout: InputLayout) => ({ model, layout }))(
        layoutOf(model.input, model.normalisation),
      )
    ),
    TE.chainTaskK((known) => async () => ({
      ...known,
      identity: { file, sha256: await sha256(bytes) },
    })),
  );

/** Options of {@linkcode loadEncoder}. */
export interface LoadEncoderOptions {
  /** File system to read from. @default Deno's */
  readonly files?: Files;
}

/**
 * Loads an encoder from a model file.
 *
 * @param path Path of the file that the stage `save` wrote: "runs/…/model.safetensors".
 * @returns The encoder; `FileUnavailable`; else as {@linkcode readEncoder} does.
 *
 * @example From a trained run to the code of one image file.
 * ```ts
 * import { encodeImage, loadEncoder } from "./encoder.ts";
 * import { loadStrokes } from "../data/strokes.ts";
 * import { quietEnv } from "../env.ts";
 * import { createRun, dispose } from "../run.ts";
 * import { save } from "../stages/save.ts";
 * import { orThrow } from "../../graph/or_throw.ts";
 * import { graph } from "../../graph/parse.ts";
 * import { startBackend } from "../../ops/backend.ts";
 * import { sgd } from "../../ops/optimisers/sgd.ts";
 * import { encode as encodePng } from "npm:fast-png@8.0.0";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const backend = await orThrow(startBackend("cpu"));
 * const run = orThrow(createRun({ graph: graph`linear(784, 64) ▷ kwta(0.25)`, optimiser: sgd() }));
 * const folder = await Deno.makeTempDir();
 * const digits = await orThrow(loadStrokes({ seed: 1, train: 10, test: 10 }));
 * dispose(await orThrow(save(folder, digits)(run)(quietEnv(backend))));
 *
 * const encoder = await orThrow(loadEncoder(`${folder}/model.safetensors`));
 * const file = encodePng({ width: 1, height: 1, data: Uint8Array.of(9, 9, 9), channels: 3 });
 * const code = await orThrow(encodeImage(encoder, file));
 * assertEquals([code.count, code.width], [1, 64]);
 * ```
 */
export const loadEncoder = (
  path: string,
  { files = denoFiles }: LoadEncoderOptions = {},
): TE.TaskEither<SparrowError, Encoder> =>
  pipe(files.read(path), TE.chainW((bytes) => readEncoder(path, bytes)));

/** Options of {@linkcode loadEncoderOf}. */
export interface LoadEncoderOfOptions extends LoadEncoderOptions {
  /** Path of the model file, where it has moved. @default the one that the codes remember */
  readonly model?: string;
}

/**
 * Loads the encoder that made a set of codes, so that other images can be compared with them.
 *
 * @returns The encoder; `InvalidOption` where no model is known, or the file is not the one that made
 * the codes (its SHA-256 differs); else as {@linkcode loadEncoder} does.
 */
export const loadEncoderOf = (
  { codes, origins }: SavedCodes,
  { model = origins?.model.file, files }: LoadEncoderOfOptions = {},
): TE.TaskEither<SparrowError, Encoder> => {
  if (model === undefined) {
    const expected = "the model that made the codes, which their file does not name";
    return TE.left(invalidOption("--model", "none", expected));
  }
  return pipe(
    loadEncoder(model, { files }),
    TE.filterOrElseW(
      ({ identity }) => origins === undefined || identity.sha256 === origins.model.sha256,
      ({ identity }): SparrowError =>
        invalidOption(
          "--model",
          `${model}, of SHA-256 ${identity.sha256.slice(0, 12)}…`,
          `the model that made the codes of ${codes.width} units, ${origins?.model.file} of SHA-256 ` +
            `${origins?.model.sha256.slice(0, 12)}…`,
        ),
    ),
  );
};

/** Options of {@linkcode encodeImage}. */
export interface EncodeImageOptions extends EncodeOptions {
  /** Name of the image, for errors. @default {"the image"} */
  readonly name?: string;
  /**
   * Whether dark and light are exchanged: for dark ink on light paper, and a model of MNIST.
   * @default {false}
   */
  readonly invert?: boolean;
}

/**
 * Encodes one image: a PNG or a JPEG of any size, which is resized by its shorter side, cropped around
 * its centre and normalised as the model's training data was.
 *
 * @param bytes The whole file.
 * @returns One code; `CorruptFile` where the bytes are not those of an image; else as `encode` does.
 */
export const encodeImage = (
  encoder: Encoder,
  bytes: Uint8Array,
  { name = "the image", invert = false, env }: EncodeImageOptions = {},
): TE.TaskEither<SparrowError, BinaryEmbeddings> =>
  pipe(
    decodeImage(name, bytes),
    TE.chainW((bitmap) => {
      const { layout, model: { normalisation } } = encoder;
      const pixels = toInput(bitmap, layout, invert);
      return encodePictures(encoder, { count: 1, pixels, normalisation }, { env });
    }),
  );

/** The codes of images in memory that have the encoder's layout already. */
export const encodePictures = (
  { model }: Encoder,
  images: Images,
  options: EncodeOptions = {},
): TE.TaskEither<SparrowError, BinaryEmbeddings> =>
  pipe(
    encode(model, images, options),
    // `readEncoder` lets no other model through.
    TE.map((embeddings) => embeddings as BinaryEmbeddings),
  );
