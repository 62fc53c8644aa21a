/**
 * What images must look like for a model.
 *
 * @module
 */
import { type InvalidOption, invalidOption } from "../../graph/error.ts";
import { E } from "../../graph/fp_ts.ts";
import type { Shape } from "../../graph/types.ts";
import type { Bitmap } from "../data/bitmap.ts";
import type { Normalisation } from "../data/dataset.ts";
import { type Colour, fit } from "../data/fit.ts";

/** Size and colours of the images that a model takes. */
export interface InputLayout {
  /** Rows and columns, in pixels. */
  readonly size: readonly [height: number, width: number];
  /** Three channels or one. */
  readonly colour: Colour;
}

/** Bytes of a pixel. */
export const channelsOf = ({ colour }: InputLayout): number => colour === "rgb" ? 3 : 1;

/** Bytes of an image. */
export const areaOf = (layout: InputLayout): number =>
  layout.size[0] * layout.size[1] * channelsOf(layout);

/**
 * The form of a model's images, from the shape of its input: [height, width], [height, width, 1] and
 * [height, width, 3] say it; [n] is a square, of colours where the normalisation has three channels or
 * n / 3 is a square number (n and n / 3 never are both).
 *
 * @returns The form; `InvalidOption` where the input is none of an image.
 *
 * @example
 * ```ts
 * import { layoutOf } from "./layout.ts";
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
 * An image as a model's bytes: resized by its shorter side and cropped around its centre by `fit`, as
 * the images of a folder are for training, so that the model sees what it was trained on. Reduced, every
 * pixel counts, as in area averaging; the filter is the triangle of Pillow's BILINEAR.
 *
 * @param invert Whether dark becomes light: MNIST's digits are light on dark, a photographed page is not.
 * @returns height × width × channels bytes.
 */
export function toInput(bitmap: Bitmap, layout: InputLayout, invert: boolean): Uint8Array {
  const bytes = fit(bitmap, layout.size, layout.colour);
  return invert ? bytes.map((byte) => 255 - byte) : bytes;
}

/**
 * A dataset's image as a bitmap.
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
