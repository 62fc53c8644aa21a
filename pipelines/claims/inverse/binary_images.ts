/**
 * Images of a dataset as binary vectors, and what moving them does.
 *
 * @module
 */
import type { DenseEmbeddings } from "../../../ops/embeddings.ts";
import type { Dataset } from "../../data/dataset.ts";

/** Images whose values are zeros and ones: as overlaps and projections take them. */
export interface BinaryImages extends DenseEmbeddings {
  /** Of one image: [height, width], or [height, width, channels]. */
  readonly shape: readonly number[];
}

/**
 * The first test images of a dataset, binarised: 1 where a pixel is above the mean of its channel, that
 * is, positive once it is normalised.
 *
 * Source: kwta_inverse of dizcza/EmbedderSDR, experiment/kwta_inverse.py.
 *
 * @param most At least 1.
 */
export function binaryImages(
  { shape, normalisation: { mean }, test }: Pick<Dataset, "shape" | "normalisation" | "test">,
  most: number,
): BinaryImages {
  const count = Math.min(most, test.count);
  const width = shape.reduce((size, n) => size * n, 1);
  const values = Float32Array.from(
    test.pixels.subarray(0, count * width),
    (byte, i) => byte / 255 > mean[i % mean.length] ? 1 : 0,
  );
  return { kind: "dense", count, width, values, shape };
}

/** How many pixels each image has set. */
export function setPixels({ count, width, values }: DenseEmbeddings): Float64Array {
  const set = new Float64Array(count);
  values.forEach((value, i) => set[Math.floor(i / width)] += value);
  return set;
}

/**
 * All images moved; what comes in is 0, what goes out is lost.
 *
 * @param down Pixels, negative for up.
 * @param right Pixels, negative for left.
 *
 * @example
 * ```ts
 * import { translated } from "./binary_images.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const values = Float32Array.of(1, 0, 0, 1);
 * const images = { kind: "dense", count: 1, width: 4, values, shape: [2, 2] } as const;
 * assertEquals([...translated(images, 1, 0).values], [0, 0, 1, 0]);
 * assertEquals([...translated(images, 0, -1).values], [0, 0, 1, 0]);
 * ```
 */
export function translated(images: BinaryImages, down: number, right: number): BinaryImages {
  const { shape: [height, width, channels = 1], count } = images;
  const values = new Float32Array(images.values.length);
  const row = width * channels;
  const kept = (width - Math.abs(right)) * channels;
  for (let y = 0; y < count * height; y++) {
    const from = y % height - down;
    if (from < 0 || from >= height || kept <= 0) continue;
    const source = (y - down) * row + Math.max(0, -right) * channels;
    const target = y * row + Math.max(0, right) * channels;
    values.set(images.values.subarray(source, source + kept), target);
  }
  return { ...images, values };
}
