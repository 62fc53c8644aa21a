/**
 * One image of a split.
 *
 * @module
 */
import type { ImageArray } from "../../ops/saliency/image.ts";
import type { Images } from "./dataset.ts";

/**
 * An image as it is in its file: bytes divided by 255.
 *
 * @param shape [height, width] or [height, width, channels].
 * @param index Below the number of images.
 *
 * @example
 * ```ts
 * import { imageOf } from "./image_of.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const images = { pixels: Uint8Array.of(1, 2, 0, 255) };
 * assertEquals(imageOf(images, [1, 2], 1), { shape: [1, 2, 1], data: Float32Array.of(0, 1) });
 * ```
 */
export function imageOf(
  { pixels }: Pick<Images, "pixels">,
  [height, width, channels = 1]: readonly number[],
  index: number,
): ImageArray {
  const size = height * width * channels;
  const bytes = pixels.subarray(index * size, (index + 1) * size);
  return { shape: [height, width, channels], data: Float32Array.from(bytes, (byte) => byte / 255) };
}
