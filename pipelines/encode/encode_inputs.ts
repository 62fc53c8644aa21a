/**
 * Images by name to codes, with what is known of each.
 *
 * @module
 */
import { describe, type SparrowError } from "../../graph/error.ts";
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import type { BinaryEmbeddings } from "../../ops/embeddings.ts";
import { uninterrupted } from "../breathe.ts";
import type { SavedCodes } from "../codes_file.ts";
import type { Images } from "../data/dataset.ts";
import { denoDataEnv } from "../data/environment.ts";
import { encodeStream } from "../encode_batches.ts";
import type { EncodeOptions } from "./encode.ts";
import type { Encoder } from "./encoder.ts";
import { findImages, type FindImagesOptions, type ImageSource } from "./inputs.ts";
import { notesOf } from "./notes.ts";
import type { OriginPart, Origins } from "./origins.ts";
import { type Batch, noImages, picturesOf } from "./pictures.ts";

/** Options of {@linkcode encodeImages}. */
export interface EncodeImagesOptions extends FindImagesOptions, EncodeOptions {
  /**
   * Whether dark and light of image files are exchanged: for dark ink on light paper, and a model of
   * MNIST. Datasets are never inverted. @default {false}
   */
  readonly invert?: boolean;
  /** Whether an image file that cannot be used is passed over, in place of an error. @default {false} */
  readonly skipBad?: boolean;
  /**
   * Called with what a person should know: the notice of a dataset, what a folder has besides images,
   * and why a file was passed over. @default nothing is called
   */
  readonly note?: (line: string) => void;
}

/** Codes of images, with where each came from. */
export interface EncodedImages extends SavedCodes {
  /** Where each image came from. */
  readonly origins: Origins;
  /** Errors of the image files that were passed over, in order. */
  readonly skipped: readonly SparrowError[];
}

/**
 * Encodes the images of datasets, files and folders, on the current backend, with the memory of one batch
 * of images beside the datasets' own and the codes. What comes out can be saved (`saveCodes`) and searched
 * (`nearestImages`).
 *
 * Image files are resized by the shorter side, cropped around the centre, and normalised as the model's
 * training data was.
 *
 * @param images Names of datasets and paths, or what {@linkcode findImages} found; at least one.
 * @returns The codes, with labels where any image has one (−1 for those that have none); `CorruptFile`
 * or `FileUnavailable` naming an image that cannot be used; `InvalidOption` where there is no image at
 * all; `Interrupted`; else as `findImages` and `encode` do.
 *
 * @example The digits nearest to another, by name.
 * ```ts
 * import { encodeImages } from "./encode_inputs.ts";
 * import { readEncoder } from "./encoder.ts";
 * import { writeModel } from "../model_file.ts";
 * import { nearestImages } from "../search/nearest.ts";
 * import { orThrow } from "../../graph/or_throw.ts";
 * import { graph } from "../../graph/parse.ts";
 * import { startBackend } from "../../ops/backend.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await orThrow(startBackend("cpu"));
 * // A model that hands on its 784 inputs: the pixels that are most set are its code.
 * const bytes = writeModel({
 *   ...{ graph: graph`kwta(0.1)`, input: [784], params: {}, plasticity: {}, epoch: 0 },
 *   ...{ normalisation: { mean: [0], std: [1] }, dataset: "strokes" },
 * });
 * const encoder = await orThrow(readEncoder("pixels.safetensors", bytes));
 * const known = await orThrow(encodeImages(encoder, ["strokes"], { split: "train", first: 200 }));
 * const asked = await orThrow(encodeImages(encoder, ["strokes"], { split: "test", first: 1 }));
 * const [{ query, results }] = orThrow(nearestImages(known, asked, { k: 3 }));
 * assertEquals(query.name, "strokes test 0");
 * assertEquals(results.map(({ rank }) => rank), [1, 2, 3]);
 * ```
 */
export const encodeImages = (
  encoder: Encoder,
  images: readonly string[] | readonly ImageSource[],
  options: EncodeImagesOptions = {},
): TE.TaskEither<SparrowError, EncodedImages> =>
  pipe(
    isNames(images) ? findImages(images, options) : TE.right(images),
    TE.chain((sources) => () => encodeSources(encoder, sources, options)),
  );

const isNames = (images: readonly string[] | readonly ImageSource[]): images is readonly string[] =>
  typeof images[0] === "string";

async function encodeSources(
  { model, layout, identity }: Encoder,
  sources: readonly ImageSource[],
  { invert = false, skipBad = false, note = () => {}, env = uninterrupted, dataEnv }:
    EncodeImagesOptions,
): Promise<E.Either<SparrowError, EncodedImages>> {
  notesOf(sources).forEach(note);
  const options = { layout, normalisation: model.normalisation, invert, skipBad };
  const { signal, now } = env;
  const reading = { signal, now, files: (dataEnv ?? denoDataEnv).files };
  const batches: Batch[] = [];
  const codes: BinaryEmbeddings[] = [];
  const problems: SparrowError[] = [];
  const skipped: SparrowError[] = [];
  const skip = (error: SparrowError) => {
    skipped.push(error);
    note(`Skipped: ${describe(error)}`);
  };
  // What is a stream of images to the encoder is also kept in mind, without its pixels.
  async function* images(): AsyncGenerator<Images> {
    for (const source of sources) {
      for await (const batch of picturesOf(source, options, reading, skip)) {
        if (E.isLeft(batch)) return void problems.push(batch.left);
        batches.push({ ...batch.right, pixels: new Uint8Array() });
        yield batch.right;
      }
    }
  }
  for await (const encoded of encodeStream(model, images(), { env })) {
    if (E.isLeft(encoded)) return encoded;
    // An encoder that is binary makes no others.
    if (encoded.right.kind === "binary") codes.push(encoded.right);
  }
  if (problems.length > 0) return E.left(problems[0]);
  if (codes.length === 0) return E.left(noImages(sources.flatMap(namesOf)));
  const { classes, labels } = labelsOf(batches);
  const parts = sources.map((source) => partOf(source, batches.filter((b) => b.input === source)));
  return E.right({
    codes: appended(codes),
    labels: labels.every((label) => label < 0) ? null : labels,
    origins: { model: identity, inverted: invert, classes, parts },
    skipped,
  });
}

/** Labels by their names, so that the digit 3 of a dataset and the folder "3" are one. */
function labelsOf(
  batches: readonly Batch[],
): { readonly classes: readonly string[]; readonly labels: Int32Array } {
  const classes = new Map<string, number>();
  const numberOf = (name: string): number => {
    if (!classes.has(name)) classes.set(name, classes.size);
    return classes.get(name)!;
  };
  // A dataset's classes keep their numbers where it comes first, those without an image included.
  for (const { input } of batches) if (input.kind === "dataset") input.classes.forEach(numberOf);
  const labels = batches.flatMap(({ input, indices }) =>
    indices.map((i) => {
      const name = input.kind === "dataset"
        ? input.classes[input.images.labels[i]]
        : input.files[i].label;
      return name === null ? -1 : numberOf(name);
    })
  );
  return { classes: [...classes.keys()], labels: Int32Array.from(labels) };
}

const partOf = (input: ImageSource, batches: readonly Batch[]): OriginPart =>
  input.kind === "dataset" ? input.part : {
    kind: "files",
    files: batches.flatMap(({ indices }) => indices.map((i) => input.files[i].path)),
  };

const namesOf = (input: ImageSource): readonly string[] =>
  input.kind === "dataset" ? [input.part.name] : input.files.slice(0, 3).map(({ path }) => path);

/** Codes after each other, at least one set of them. */
function appended(sets: readonly BinaryEmbeddings[]): BinaryEmbeddings {
  const words = new Uint32Array(sets.reduce((sum, set) => sum + set.words.length, 0));
  let at = 0;
  for (const set of sets) {
    words.set(set.words, at);
    at += set.words.length;
  }
  return { ...sets[0], count: sets.reduce((sum, { count }) => sum + count, 0), words };
}
