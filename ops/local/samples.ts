/**
 * Samples for local rules to learn from: patches of images, with their contrast normalised, and whitened.
 *
 * @module
 */
import type { Dice } from "../../graph/rng.ts";
import { E } from "../../graph/fp_ts.ts";
import type { InvalidOption } from "../../graph/error.ts";
import { exactPca } from "../information/pca.ts";
import type { Samples } from "../information/samples.ts";
import { checkRanges, positive } from "../ranges.ts";

/** Form of images, and of the patches that are cut from them. */
export interface PatchForm {
  /** Rows of an image. */
  readonly height: number;
  /** Columns of an image. */
  readonly width: number;
  /** Numbers per pixel. */
  readonly channels: number;
  /** Height and width of a patch, at most those of an image. */
  readonly size: number;
}

/**
 * Cuts a patch out of an image at random, all places equally probable.
 *
 * @param image height × width × channels numbers.
 * @param form Sizes of the image and of the patch.
 * @param dice Source of random numbers.
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
 * @param sample Numbers of the sample, which are overwritten.
 * @param floor Samples of a smaller deviation are flat.
 * @returns Whether the sample was not flat; a flat one is left in some state.
 *
 * @example
 * ```ts
 * import { normaliseContrast } from "./samples.ts";
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

/**
 * Divides a sample by its length, in place; a sample of zeros stays.
 *
 * @param sample Numbers of the sample, which are overwritten.
 */
export function toUnitLength(sample: Float32Array): void {
  let squares = 0;
  for (let i = 0; i < sample.length; i++) squares += sample[i] * sample[i];
  const length = Math.sqrt(squares);
  if (length === 0) return;
  for (let i = 0; i < sample.length; i++) sample[i] /= length;
}

/**
 * The symmetric matrix Z that whitens samples, so that they vary equally in all directions: of their
 * covariance C = U Λ Uᵀ it is U (Λ + ε)^(−½) Uᵀ, over the directions in which they vary at all (ZCA).
 * It is found from all samples at once, by eigenvectors, and so is not local.
 *
 * Source: A. Coates, A. Y. Ng, "Learning feature representations with k-means", 2012.
 *
 * @param samples At least two.
 * @param epsilon Number added to each variance, above 0: directions of less variance are damped.
 * @returns width × width numbers; `InvalidOption` for an epsilon out of range, or samples that are none.
 *
 * @example
 * ```ts
 * import { whitening } from "./samples.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * // Variances of 2/3 and 0.
 * const values = Float32Array.of(-1, 5, 1, 5, -1, 5, 1, 5);
 * const matrix = whitening({ count: 4, width: 2, values }, 1 / 3);
 * if (E.isLeft(matrix)) throw new Error(matrix.left.actual);
 * // (4/3 + 1/3)^(−½)
 * assertEquals(Array.from(matrix.right, (x) => x.toFixed(3)), ["0.775", "0.000", "0.000", "0.000"]);
 * ```
 */
export function whitening(
  samples: Samples,
  epsilon: number,
): E.Either<InvalidOption, Float32Array> {
  const bad = checkRanges({ epsilon: [epsilon, positive] });
  if (bad !== null) return E.left(bad);
  return E.map(({ width, kept, components, explainedVariance }: {
    readonly width: number;
    readonly kept: number;
    readonly components: Float64Array;
    readonly explainedVariance: Float64Array;
  }) => {
    const matrix = new Float64Array(width * width);
    for (let c = 0; c < kept; c++) {
      const direction = components.subarray(c * width, (c + 1) * width);
      const factor = 1 / Math.sqrt(explainedVariance[c] + epsilon);
      for (let i = 0; i < width; i++) {
        const scaled = factor * direction[i];
        for (let j = 0; j < width; j++) matrix[i * width + j] += scaled * direction[j];
      }
    }
    return Float32Array.from(matrix);
  })(exactPca(samples, samples.width));
}
