/**
 * Encoders: trained models whose codes are binary, for images of any size, of one file or by name.
 *
 * @module
 */
import { invalidOption, type SparrowError } from "../../graph/error.ts";
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import { encoderOf } from "../../graph/rewrite.ts";
import { show } from "../../graph/show.ts";
import { isBinary } from "../../graph/traits.ts";
import type { BinaryEmbeddings } from "../../ops/embeddings.ts";
import { consumption, type Run } from "../core/run.ts";
import { sha256 } from "../data/bytes.ts";
import type { Dataset, Samples, TrunkReference } from "../data/dataset.ts";
import { decodeThumbnail } from "../data/decode_image.ts";
import type { DataEnv } from "../data/environment.ts";
import type { Origins, SavedCodes } from "../files/codes.ts";
import { denoFiles, type Files } from "../files/files.ts";
import { type ModelFile, readModel, writeModel } from "../files/model.ts";
import { MODEL_FILE, modelOf } from "../stages/save.ts";
import type { Trunk } from "../trunks/trunk.ts";
import { encode, type EncodeOptions } from "./encode.ts";
import { type InputLayout, inverted, layoutOf } from "./pictures.ts";

/** A trained model whose codes are binary, as plain data: it holds no tensors and is never disposed of. */
export interface Encoder {
  /** The model as it was saved. */
  readonly model: ModelFile;
  /** Size and colours that images are brought to. */
  readonly layout: InputLayout;
  /** Path and SHA-256 of the model's file, which a file of codes keeps. */
  readonly identity: Origins["model"];
  /** The trunk whose features of images the model takes; null where it takes images. */
  readonly trunk: Trunk | null;
}

/** Options of {@linkcode readEncoder}. */
export interface ReadEncoderOptions {
  /** The trunk that the model was trained on, where there is one. @default none */
  readonly trunk?: Trunk;
}

/**
 * Reads an encoder from the bytes of a model file: where there are no files, in a browser, say.
 *
 * @param file Name of the file, for errors and for the origins of codes.
 * @param bytes Content of the file.
 * @param options Options, as {@linkcode ReadEncoderOptions} describes them.
 * @returns The encoder; `CorruptFile`; `InvalidOption` where the model's input is not that of an image,
 * its codes are not binary, or the trunk is not the one that it was trained on.
 */
export const readEncoder = (
  file: string,
  bytes: Uint8Array,
  { trunk }: ReadEncoderOptions = {},
): TE.TaskEither<SparrowError, Encoder> =>
  pipe(
    TE.fromEither(readModel(file, bytes)),
    TE.chain((model) => encoderOfModel({ file, bytes, model }, trunk ?? null)),
  );

/** A model as it was read. */
interface Read {
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly model: ModelFile;
}

const encoderOfModel = (
  { file, bytes, model }: Read,
  trunk: Trunk | null,
): TE.TaskEither<SparrowError, Encoder> =>
  pipe(
    TE.right(model),
    TE.filterOrElseW(({ graph }) => isBinary(encoderOf(graph)), ({ graph }): SparrowError => {
      const expected = "one that ends in kWTA: its codes are bits";
      return invalidOption(`the model ${file}`, show(encoderOf(graph)), expected);
    }),
    TE.chainEitherKW((model) => layoutFor(model, trunk)),
    TE.chainTaskK((layout) => async () => ({
      model,
      layout,
      identity: { file, sha256: await sha256(bytes) },
      trunk,
    })),
  );

/** All that determines a trunk's features, as text: where it was found does not matter. */
const factsOf = (
  { sha256, layer, pooling, size, colour, layout, normalisation: { mean, std } }: TrunkReference,
): string => JSON.stringify([sha256, layer, pooling, size, colour, layout, mean, std]);

/** The layout of the images that a model takes, by itself or by its trunk, which must be the right one. */
function layoutFor(
  { input, normalisation, trunk: expected }: ModelFile,
  trunk: Trunk | null,
): E.Either<SparrowError, InputLayout> {
  const named = (reference: TrunkReference | undefined) => {
    if (reference === undefined) return "none";
    const { source, sha256, pooling, layer } = reference;
    return `${source} of SHA-256 ${sha256.slice(0, 12)}…, ${pooling} of the layer ${layer}`;
  };
  if (expected === undefined && trunk === null) return layoutOf(input, normalisation);
  const isRight = expected !== undefined && trunk !== null &&
    factsOf(trunk.reference) === factsOf(expected);
  return isRight ? E.right({ size: expected.size, colour: expected.colour }) : E.left({
    ...invalidOption("--trunk", null, `the trunk of the model: ${named(expected)}`),
    actual: named(trunk?.reference),
  });
}

/**
 * Makes an encoder of a run that was trained, without a file between. What is done with the run later
 * does not change the encoder.
 *
 * @param run Run with the trained weights.
 * @param dataset The dataset that the run was trained on: images are normalised as it is.
 * @param options The trunk that made the dataset, where it is one of features.
 * @returns The encoder; `NonFinite` where a weight is not finite; `ConsumedRun`; else as
 * {@linkcode readEncoder} does.
 *
 * @example
 * ```ts
 * import { encodeImages } from "./encode_images.ts";
 * import { trainedEncoder } from "./encoder.ts";
 * import { loadStrokes } from "../data/strokes.ts";
 * import { createRun, dispose } from "../core/run.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { graph } from "../../graph/parse.ts";
 * import { startBackend } from "../../ops/backend.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await orThrow(startBackend("cpu"));
 * const digits = await orThrow(loadStrokes({ train: 10, test: 10 }));
 * const run = orThrow(createRun({ graph: graph`linear(784, 64) ▷ kwta(0.25)` }));
 * // … stages train the run …
 * const encoder = await orThrow(trainedEncoder(run, digits));
 * dispose(run);
 * const { codes } = await orThrow(encodeImages(encoder, ["strokes"], { first: 3 }));
 * assertEquals([codes.count, codes.width], [3, 64]);
 * ```
 */
export const trainedEncoder = (
  run: Run,
  dataset: Dataset,
  options: ReadEncoderOptions = {},
): TE.TaskEither<SparrowError, Encoder> => {
  const consumed = consumption(run);
  if (consumed !== null) return TE.left(consumed);
  // A run that was saved gives the bytes of its file, so that codes remember where their model is.
  const file = run.saved?.endsWith(MODEL_FILE) ? run.saved : "a model that was not saved";
  return pipe(
    modelOf(run, dataset),
    TE.chainW((model) => readEncoder(file, writeModel(model), options)),
  );
};

/** Options of {@linkcode loadEncoder}. */
export interface LoadEncoderOptions {
  /** File system to read from. @default Deno's */
  readonly files?: Files;
  /** Path or address of the trunk of a model that has one. @default the one that the model names */
  readonly trunk?: string;
  /** Environment that a trunk is loaded from. @default this machine */
  readonly dataEnv?: DataEnv;
}

/**
 * Loads an encoder from a model file, and its trunk where it has one: from where the model says that it was, unless
 * `trunk` says otherwise.
 *
 * @param path Path of the file that the stage `save` wrote: "runs/…/model.safetensors".
 * @param options Options, as {@linkcode LoadEncoderOptions} describes them.
 * @returns The encoder; `FileUnavailable`; `InvalidOption` for a trunk that is not the one that the model was
 * trained on (its SHA-256 differs); else as {@linkcode readEncoder} and `loadTrunk` do.
 *
 * @example From a trained run to the code of one image file.
 * ```ts
 * import { encodeImage, loadEncoder } from "./encoder.ts";
 * import { loadStrokes } from "../data/strokes.ts";
 * import { quietEnv } from "../core/env.ts";
 * import { createRun, dispose } from "../core/run.ts";
 * import { save } from "../stages/save.ts";
 * import { orThrow } from "../../graph/error.ts";
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
  { files = denoFiles, ...options }: LoadEncoderOptions = {},
): TE.TaskEither<SparrowError, Encoder> =>
  pipe(
    files.read(path),
    TE.chainW((bytes) =>
      pipe(
        TE.fromEither(readModel(path, bytes)),
        TE.chain((model) =>
          pipe(
            trunkOf(path, model, options),
            TE.chain((trunk) => encoderOfModel({ file: path, bytes, model }, trunk)),
          )
        ),
      )
    ),
  );

/** Loads the trunk of a model; null where it has none. */
const trunkOf = (
  file: string,
  { trunk: reference }: ModelFile,
  { trunk: source, dataEnv }: LoadEncoderOptions,
): TE.TaskEither<SparrowError, Trunk | null> =>
async () => {
  if (reference === undefined) {
    return source === undefined ? E.right(null) : E.left(invalidOption(
      "--trunk",
      source,
      `none: the model ${file} takes images by itself`,
    ));
  }
  // Loaded when it is wanted: most models have none.
  const { loadTrunk } = await import("../trunks/trunk.ts");
  const loaded = await loadTrunk(source ?? reference.source, { ...reference, dataEnv })();
  return E.isLeft(loaded) && loaded.left._tag === "FileUnavailable"
    ? E.left({
      ...loaded.left,
      advice: `The model ${file} was trained on this trunk; name it with --trunk where it has ` +
        `moved. ${loaded.left.advice}`,
    })
    : loaded;
};

/** Options of {@linkcode loadEncoderOf}. */
export interface LoadEncoderOfOptions extends LoadEncoderOptions {
  /** Path of the model file, where it has moved. @default the one that the codes remember */
  readonly model?: string;
}

/**
 * Loads the encoder that made a set of codes, so that other images can be compared with them.
 *
 * @param codes Codes that remember their encoder.
 * @param options Options, as {@linkcode LoadEncoderOfOptions} describes them.
 * @returns The encoder; `InvalidOption` where no model is known, or the file is not the one that made
 * the codes (its SHA-256 differs); else as {@linkcode loadEncoder} does.
 */
export const loadEncoderOf = (
  { codes, origins }: SavedCodes,
  { model = origins?.model.file, ...options }: LoadEncoderOfOptions = {},
): TE.TaskEither<SparrowError, Encoder> => {
  if (model === undefined) {
    const expected = "the model that made the codes, which their file does not name";
    return TE.left(invalidOption("--model", "none", expected));
  }
  return pipe(
    loadEncoder(model, options),
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
 * Encodes one image, of any size and any format that `decodeImage` knows, which is resized by its shorter side, cropped around
 * its centre and normalised as the model's training data was.
 *
 * @param encoder Encoder that makes the code.
 * @param bytes The whole file.
 * @param options Options, as {@linkcode EncodeImageOptions} describes them.
 * @returns One code; `CorruptFile` where the bytes are not those of an image; else as `encode` does.
 */
export const encodeImage = (
  encoder: Encoder,
  bytes: Uint8Array,
  { name = "the image", invert = false, env }: EncodeImageOptions = {},
): TE.TaskEither<SparrowError, BinaryEmbeddings> =>
  pipe(
    decodeThumbnail(name, bytes, encoder.layout.size, encoder.layout.colour),
    TE.chainW((pixels) => {
      const { normalisation } = encoder.model;
      const values = invert ? inverted(pixels) : pixels;
      return encodePictures(encoder, { count: 1, values, normalisation }, { env });
    }),
  );

/**
 * Makes the model's inputs from images that have its layout: the images themselves, or the features that its trunk
 * makes of them.
 */
export const modelInputs = (
  { model, trunk }: Encoder,
  images: Samples,
  { env }: EncodeOptions = {},
): TE.TaskEither<SparrowError, Samples> => {
  if (trunk === null) return TE.right(images);
  const { values } = images;
  return values instanceof Uint8Array
    ? pipe(
      trunk.features(values, { env }),
      TE.map((features) => ({
        ...images,
        values: features,
        normalisation: model.normalisation,
      })),
    )
    : TE.left(invalidOption("data", "floats", "images, as bytes, for the trunk"));
};

/** Encodes images in memory that have the encoder's layout already. */
export const encodePictures = (
  encoder: Encoder,
  images: Samples,
  options: EncodeOptions = {},
): TE.TaskEither<SparrowError, BinaryEmbeddings> =>
  pipe(
    modelInputs(encoder, images, options),
    TE.chain((inputs) => encode(encoder.model, inputs, options)),
    // `readEncoder` lets no other model through.
    TE.map((embeddings) => embeddings as BinaryEmbeddings),
  );
