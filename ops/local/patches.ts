/**
 * Patches of images, as samples that local rules learn from.
 *
 * @module
 */
import type { Dice } from "../../graph/rng.ts";

/** Where patches are cut. */
export interface PatchForm {
  /** Of an image. */
  readonly height: number;
  /** Of an image. */
  readonly width: number;
  /** Of an image. */
  readonly channels: number;
  /** Height and width of a patch, at most those of an image. */
  readonly size: number;
}

/**
 * Cuts a patch out of an image at random, all places equally probable.
 *
 * @param image height × width × channels numbers.
 * @param into Where to write size × size × channels numbers, row by row, as a convolution sees them.
 */
export function cutPatch(
  image: ArrayLike<number>,
  { height, width, channels, size }: PatchForm,
  { integer }: Dice,
  into: Float32Array,
): void {
  const [top, left] = [integer(0, height - size), integer(0, width - size)];
  const run = size * channels;
  for (let dy = 0; dy < size; dy++) {
    const from = ((top + dy) * width + left) * channels;
    for (let i = 0; i < run; i++) into[dy * run + i] = image[from + i];
  }
}

/**
 * Subtracts a sample's mean and divides by its deviation, in place: only its form is left.
 *
 * A linear unit whose weights sum to 0 answers to a sample as it does to what this makes of it, times a
 * positive number that all units share: who wins is the same.
 *
 * @param floor Samples of a smaller deviation are flat.
 * @returns Whether the sample was not flat; a flat one is left in some state.
 *
 * @example
 * ```ts
 * import { normaliseContrast } from "./patches.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const sample = Float32Array.of(1, 3, 1, 3);
 * assertEquals(normaliseContrast(sample, 0.1), true);
 * assertEquals([...sample], [-1, 1, -1, 1]);
 * assertEquals(normaliseContrast(Float32Array.of(2, 2), 0.1), false);
 * ```
 */
export function normaliseContrast(sample: Float32Array, floor: number): boolean {
  const n = sample.length;
  let [sum, squares] = [0, 0];
  for (let i = 0; i < n; i++) sum += sample[i];
  const mean = sum / n;
  for (let i = 0; i < n; i++) squares += (sample[i] - mean) ** 2;
  const deviation = Math.sqrt(squares / n);
  if (!(deviation >= floor) || deviation === 0) return false;
  for (let i = 0; i < n; i++) sample[i] = (sample[i] - mean) / deviation;
  return true;
}

/** Divides a sample by its length, in place; a sample of zeros stays. */
export function toUnitLength(sample: Float32Array): void {
  let squares = 0;
  for (let i = 0; i < sample.length; i++) squares += sample[i] * sample[i];
  const length = Math.sqrt(squares);
  if (length === 0) return;
  for (let i = 0; i < sample.length; i++) sample[i] /= length;
}
