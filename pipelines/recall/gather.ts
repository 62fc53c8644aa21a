/**
 * The first images of inputs in memory, for what needs them more than once.
 *
 * @module
 */
import type { SparrowError } from "../../graph/error.ts";
import { E } from "../../graph/fp_ts.ts";
import type { BinaryEmbeddings } from "../../ops/embeddings.ts";
import { appendCodes, emptyCodes } from "../../ops/sdr/codes.ts";
import { joined } from "../data/bytes.ts";
import type { Images } from "../data/dataset.ts";
import { encodeBatches } from "../encode_batches.ts";
import type { Env } from "../env.ts";
import type { Encoder } from "../encode/encoder.ts";
import type { Input } from "../encode/inputs.ts";
import { areaOf } from "../encode/layout.ts";
import type { Named } from "../search/nearest.ts";
import { type OnBad, type PictureOptions, picturesOf } from "../encode/pictures.ts";

/** Images and what they are called. */
export interface Gathered {
  /** As a model's bytes. */
  readonly images: Images;
  /** One per image. */
  readonly names: readonly Named[];
}

/**
 * The first images of inputs.
 *
 * @param most How many; there may be fewer.
 * @returns The images, or what `picturesOf` returns.
 */
export async function gather(
  inputs: readonly Input[],
  options: PictureOptions,
  most: number,
  env: Env,
  onBad: OnBad,
): Promise<E.Either<SparrowError, Gathered>> {
  const names: Named[] = [];
  const rows: Uint8Array[] = [];
  const area = areaOf(options.layout);
  for (const input of inputs) {
    for await (const batch of picturesOf(input, options, env, onBad)) {
      if (E.isLeft(batch)) return batch;
      const { indices, pixels } = batch.right;
      const taken = indices.slice(0, most - names.length);
      rows.push(pixels.subarray(0, taken.length * area));
      names.push(...taken.map((i, at) => ({ index: names.length + at, ...nameOf(input, i) })));
      if (names.length === most) return E.right(together(names, rows));
    }
  }
  return E.right(together(names, rows));
}

const together = (names: readonly Named[], rows: readonly Uint8Array[]): Gathered => ({
  images: { count: names.length, pixels: joined(rows) },
  names,
});

function nameOf(input: Input, i: number): Omit<Named, "index"> {
  if (input.kind === "files") return { name: input.files[i].path, label: input.files[i].label };
  const { part: { name, split }, classes, images } = input;
  return { name: `${name} ${split} ${i}`, label: classes[images.labels[i]] };
}

/** The codes of images in memory, as `encodeBatches` makes them. */
export async function encodePictures(
  { weights, normalisation }: Encoder,
  images: Images,
  env: Env,
): Promise<E.Either<SparrowError, BinaryEmbeddings>> {
  let codes: BinaryEmbeddings | null = null;
  for await (const encoded of encodeBatches(weights, [images], normalisation, env)) {
    if (E.isLeft(encoded)) return encoded;
    const { right: set } = encoded;
    if (set.kind === "binary") codes = codes === null ? set : appendCodes(codes, set);
  }
  // Of no batch there are no codes.
  return E.right(codes ?? emptyCodes(0, 1));
}
