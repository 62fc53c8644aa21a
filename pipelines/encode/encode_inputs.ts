/**
 * Inputs to codes, with what is known of each.
 *
 * @module
 */
import type { SparrowError } from "../../graph/error.ts";
import { E } from "../../graph/fp_ts.ts";
import type { BinaryEmbeddings } from "../../ops/embeddings.ts";
import type { SavedCodes } from "../codes_file.ts";
import type { Images } from "../data/dataset.ts";
import { encodeBatches } from "../encode_batches.ts";
import type { Env } from "../env.ts";
import type { Encoder } from "./encoder.ts";
import type { Input } from "./inputs.ts";
import type { OriginPart, Origins } from "./origins.ts";
import { type Batch, noImages, type OnBad, type PictureOptions, picturesOf } from "./pictures.ts";

/** How inputs are encoded. */
export type EncodeOptions = Pick<PictureOptions, "invert" | "skipBad">;

/** Codes whose origins are known. */
export interface EncodedInputs extends SavedCodes {
  /** Where each image came from. */
  readonly origins: Origins;
}

/**
 * Encodes inputs with the memory of one batch of images, beside the datasets' own and the codes.
 *
 * @param inputs At least one.
 * @param onBad Is told of each image file that is passed over.
 * @returns The codes, with labels where any image has one (−1 for those that have none);
 * `CorruptFile` or `FileUnavailable` naming an image that cannot be used; `InvalidOption` where there
 * is no image at all; `Interrupted`.
 */
export async function encodeInputs(
  encoder: Encoder,
  inputs: readonly Input[],
  { invert, skipBad }: EncodeOptions,
  env: Env,
  onBad: OnBad,
): Promise<E.Either<SparrowError, EncodedInputs>> {
  const { weights, normalisation, layout, identity } = encoder;
  const options = { layout, invert, skipBad };
  const batches: Batch[] = [];
  const codes: BinaryEmbeddings[] = [];
  const problems: SparrowError[] = [];
  // What is a stream of images to the encoder is also kept in mind, without its pixels.
  async function* images(): AsyncGenerator<Images> {
    for (const input of inputs) {
      for await (const batch of picturesOf(input, options, env, onBad)) {
        if (E.isLeft(batch)) return void problems.push(batch.left);
        batches.push({ ...batch.right, pixels: new Uint8Array() });
        yield batch.right;
      }
    }
  }
  for await (const encoded of encodeBatches(weights, images(), normalisation, env)) {
    if (E.isLeft(encoded)) return encoded;
    // An encoder that is binary makes no others.
    if (encoded.right.kind === "binary") codes.push(encoded.right);
  }
  if (problems.length > 0) return E.left(problems[0]);
  if (codes.length === 0) return E.left(noImages(inputs.flatMap(namesOf)));
  const { classes, labels } = labelsOf(batches);
  const parts = inputs.map((input) => partOf(input, batches.filter((b) => b.input === input)));
  return E.right({
    codes: appended(codes),
    labels: labels.every((label) => label < 0) ? null : labels,
    origins: { model: identity, inverted: invert, classes, parts },
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

const partOf = (input: Input, batches: readonly Batch[]): OriginPart =>
  input.kind === "dataset" ? input.part : {
    kind: "files",
    files: batches.flatMap(({ indices }) => indices.map((i) => input.files[i].path)),
  };

const namesOf = (input: Input): readonly string[] =>
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
