/**
 * Pictures: images of any size brought to the size and colours that a model takes, and read a batch at a time.
 *
 * @module
 */
import { type InvalidOption, invalidOption, type SparrowError } from "../../graph/error.ts";
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import type { Shape } from "../../graph/types.ts";
import { type Bitmap, type Colour, fit } from "../data/bitmap.ts";
import { joined } from "../data/bytes.ts";
import type { Normalisation, Samples } from "../data/dataset.ts";
import { decodeImage } from "../data/decode_image.ts";
import { skippable } from "../data/picture_files.ts";
import { type ThumbnailEnv, thumbnails } from "../data/thumbnails.ts";
import type { Files } from "../files/files.ts";
import type { ImageSource } from "./inputs.ts";

// ---- The layout of a model's input

/** The size and the colours of the images that a model takes. */
export interface InputLayout {
  /** Rows and columns, in pixels. */
  readonly size: readonly [height: number, width: number];
  /** Three channels or one. */
  readonly colour: Colour;
}

/** Number of bytes of a pixel. */
export const channelsOf = ({ colour }: InputLayout): number => colour === "rgb" ? 3 : 1;

/** Number of bytes of an image. */
export const areaOf = (layout: InputLayout): number =>
  layout.size[0] * layout.size[1] * channelsOf(layout);

/**
 * Finds the layout of a model's images by the shape of its input: [height, width], [height, width, 1] and
 * [height, width, 3] say it; [n] is a square, of colours where the normalisation has three channels or
 * n / 3 is a square number (n and n / 3 never are both).
 *
 * @returns The layout; `InvalidOption` where the input is none of an image.
 *
 * @example
 * ```ts
 * import { layoutOf } from "./pictures.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const grey = { mean: [0.13], std: [0.31] };
 * assertEquals(layoutOf([784], grey), E.right({ size: [28, 28], colour: "grey" }));
 * assertEquals(layoutOf([32, 32, 3], grey), E.right({ size: [32, 32], colour: "rgb" }));
 * assertEquals(E.isLeft(layoutOf([10], grey)), true);
 * ```
 */
export function layoutOf(
  input: Shape,
  { mean }: Normalisation,
): E.Either<InvalidOption, InputLayout> {
  const [height, width, channels = 1] = input;
  const found: InputLayout | null = input.length === 1
    ? squareOf(height, mean.length)
    : input.length > 3 || width === undefined || (channels !== 1 && channels !== 3)
    ? null
    : { size: [height, width], colour: channels === 3 ? "rgb" : "grey" };
  return found !== null && channelsOf(found) % mean.length === 0 ? E.right(found) : E.left(
    invalidOption(
      "the model's input",
      `[${input.join(", ")}], normalised by ${mean.length}`,
      "that of an image: [height, width], [height, width, 1 or 3], or a square's [pixels]",
    ),
  );
}

function squareOf(n: number, channels: number): InputLayout | null {
  const [grey, rgb] = [Math.sqrt(n), Math.sqrt(n / 3)];
  if (channels === 1 && Number.isInteger(grey)) return { size: [grey, grey], colour: "grey" };
  return Number.isInteger(rgb) ? { size: [rgb, rgb], colour: "rgb" } : null;
}

/**
 * Brings an image to a model's layout: it is resized by its shorter side and cropped around its centre by
 * `fit`, as the images of a folder are for training, so that the model sees what it was trained on. Reduced, every
 * pixel counts, as in area averaging; the filter is the triangle of Pillow's BILINEAR.
 *
 * @returns height × width × channels bytes.
 */
export const toInput = (bitmap: Bitmap, layout: InputLayout): Uint8Array =>
  fit(bitmap, layout.size, layout.colour);

/** Exchanges dark and light: MNIST's digits are light on dark, a photographed page is not. */
export const inverted = (bytes: Uint8Array): Uint8Array => bytes.map((byte) => 255 - byte);

/**
 * Makes a bitmap of a dataset's image.
 *
 * @param pixels height × width bytes, or × 3.
 */
export function bitmapOf(pixels: Uint8Array, [height, width]: readonly number[]): Bitmap {
  const area = height * width;
  const channels = pixels.length / area;
  const colours = Uint8Array.from({ length: 4 * area }, (_, i) => {
    const channel = i % 4;
    const at = (i - channel) / 4 * channels;
    return channel === 3 ? 255 : pixels[channels === 1 ? at : at + channel];
  });
  return { width, height, pixels: colours };
}

// ---- Reading

/** Options of {@linkcode picturesOf}. */
export interface PictureOptions {
  /** Size and colours that the model takes. */
  readonly layout: InputLayout;
  /** Normalisation of the model, whatever the images' own may be. */
  readonly normalisation: Normalisation;
  /** Whether image files are inverted; datasets never are. */
  readonly invert: boolean;
  /** Whether an image file that cannot be used is passed over, and not an error. */
  readonly skipBad: boolean;
}

/** Images as bytes. */
export interface Pictures extends Samples {
  /** count × (product of an image's shape) bytes, 0 to 255, row-major. */
  readonly values: Uint8Array;
}

/** A batch of images, with the places in their input that they came from. */
export interface Batch extends Pictures {
  /** Input that the images belong to. */
  readonly input: ImageSource;
  /** Index of each image in the input: in its split's chosen images, or among its files. */
  readonly indices: readonly number[];
}

/** The part of an environment that reading image files needs. */
export type PictureEnv = ThumbnailEnv;

/** Called with the error of each image file that is passed over. */
export type OnBad = (error: SparrowError) => void;

/** Images per batch of a dataset: as many as the model takes at once. */
const IMAGES = 1000;
/** Files per batch: decoding an image takes far longer than encoding it. */
const FILES = 100;

/**
 * Reads the images of an input as a model's bytes. Memory is that of one batch, beside a dataset's own.
 *
 * @returns Batches; or at the end `CorruptFile` or `FileUnavailable`, naming an image that cannot be
 * used, or `Interrupted`.
 */
export async function* picturesOf(
  input: ImageSource,
  options: PictureOptions,
  env: PictureEnv,
  onBad: OnBad,
): AsyncGenerator<E.Either<SparrowError, Batch>, void, void> {
  if (input.kind === "dataset") yield* ofDataset(input, options);
  else yield* ofFiles(input, options, env, onBad);
}

function* ofDataset(
  input: Extract<ImageSource, { readonly kind: "dataset" }>,
  { layout, normalisation }: PictureOptions,
): Generator<E.Either<never, Batch>> {
  const { images, shape } = input;
  const size = shape.reduce((product, extent) => product * extent, 1);
  const isThere = shape[0] === layout.size[0] && shape[1] === layout.size[1] &&
    size === areaOf(layout);
  for (let from = 0; from < images.count; from += IMAGES) {
    const count = Math.min(IMAGES, images.count - from);
    const indices = Array.from({ length: count }, (_, i) => from + i);
    const pixels = isThere ? images.values.subarray(from * size, (from + count) * size) : joined(
      indices.map((i) => {
        const bitmap = bitmapOf(images.values.subarray(i * size, (i + 1) * size), shape);
        return toInput(bitmap, layout);
      }),
    );
    yield E.right({ count, values: pixels, normalisation, input, indices });
  }
}

async function* ofFiles(
  input: Extract<ImageSource, { readonly kind: "files" }>,
  { layout, normalisation, invert, skipBad }: PictureOptions,
  env: PictureEnv,
  onBad: OnBad,
): AsyncGenerator<E.Either<SparrowError, Batch>, void, void> {
  const { files } = input;
  let [rows, indices]: [Uint8Array[], number[]] = [[], []];
  let at = 0;
  for await (const read of thumbnails(files.map(({ path }) => path), layout, env)) {
    if (E.isRight(read)) {
      rows.push(invert ? inverted(read.right) : read.right);
      indices.push(at);
    } else if (skipBad && read.left._tag !== "Interrupted") onBad(read.left);
    else return yield E.left(skippable(read.left));
    at++;
    if (rows.length < FILES && at < files.length) continue;
    if (rows.length === 0) return;
    const pixels = joined(rows);
    yield E.right({ count: rows.length, values: pixels, normalisation, input, indices });
    [rows, indices] = [[], []];
  }
}

/**
 * Reads and decodes an image file.
 *
 * @param size Height and width that `fit` will bring it to. @default it is decoded whole
 * @returns The pixels; `FileUnavailable` or `CorruptFile` name the file.
 */
export const readBitmap = (
  path: string,
  files: Files,
  size?: InputLayout["size"],
): TE.TaskEither<SparrowError, Bitmap> =>
  pipe(files.read(path), TE.chainW((bytes) => decodeImage(path, bytes, size)));

/** The error of inputs that have no image that can be used. */
export const noImages = (operands: readonly string[]): SparrowError =>
  invalidOption(operands.join(" "), "none that can be read", "at least one image");
