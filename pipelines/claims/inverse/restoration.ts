/**
 * How much of a binary image comes back from the code of a random projection.
 *
 * @module
 */
import type { SparrowError } from "../../../graph/error.ts";
import { E } from "../../../graph/fp_ts.ts";
import type { Rng } from "../../../graph/rng.ts";
import { winnerCount } from "../../../ops/kwta.ts";
import { meanDiceOverlap } from "../../../ops/metrics/dice_overlap.ts";
import { tf } from "../../../ops/tfjs.ts";
import type { Env } from "../../env.ts";
import { type BinaryImages, setPixels } from "./binary_images.ts";
import { inBatches } from "./in_batches.ts";
import { project, randomProjection, restore } from "./random_projection.ts";

/** One point of the surface. */
export interface Restoration {
  /** Units of the code. */
  readonly dimension: number;
  /** Of the code, in (0, 1). */
  readonly sparsity: number;
  /** Of restored and original image: 2 |a ∩ b| / (|a| + |b|), the mean over images. */
  readonly overlap: number;
}

/** Between what an overlap lies. */
export interface RestorationBounds {
  /** The sparsity of every restored image: the mean of the originals'. */
  readonly sparsity: number;
  /** What pixels set at random reach, expected. */
  readonly chance: number;
  /** What no restored image can exceed, because it has as many pixels as the others. */
  readonly ceiling: number;
}

/** Where the surface is measured, and what its projections are drawn from. */
export interface SurfaceOptions {
  /** Of codes: one projection is drawn for each. */
  readonly dimensions: readonly number[];
  /** Of codes. */
  readonly sparsities: readonly number[];
  /** What the projections are drawn from. */
  readonly rng: Rng;
}

/**
 * The bounds of an overlap where all restored images have the k pixels of the mean sparsity: an image
 * of a pixels has at most 2 min(a, k) / (a + k), and by chance 2 (a k / n) / (a + k). Images without any
 * pixel are left out, as in the overlap.
 */
export function restorationBounds(images: BinaryImages): RestorationBounds {
  const set = setPixels(images).filter((pixels) => pixels > 0);
  const total = set.reduce((sum, pixels) => sum + pixels, 0);
  const sparsity = total / images.values.length;
  const k = winnerCount(sparsity, images.width);
  const mean = (of: (pixels: number) => number): number =>
    set.reduce((sum, pixels) => sum + of(pixels), 0) / set.length;
  return {
    sparsity,
    chance: mean((a) => 2 * a * k / images.width / (a + k)),
    ceiling: mean((a) => 2 * Math.min(a, k) / (a + k)),
  };
}

/**
 * The overlap of images with what comes back of them, for every dimension and sparsity of the code.
 *
 * As in the reference the images that come back have all the same number of pixels, that of the mean
 * sparsity of the originals.
 *
 * Source: surfplot of dizcza/EmbedderSDR, experiment/kwta_inverse.py, where each batch has a projection
 * and a mean sparsity of its own.
 *
 * @param images Some of them with a pixel set.
 * @returns Dimension by dimension, each with all sparsities; `Interrupted`, `GpuError`.
 */
export async function restorationSurface(
  images: BinaryImages,
  { dimensions, sparsities, rng }: SurfaceOptions,
  env: Env,
): Promise<E.Either<SparrowError, readonly Restoration[]>> {
  const { sparsity: imageSparsity } = restorationBounds(images);
  const surface: Restoration[] = [];
  let random = rng;
  for (const dimension of dimensions) {
    const [projection, next] = randomProjection(images.width, dimension, random);
    random = next;
    try {
      const restored = await inBatches(
        images,
        (x) =>
          project(projection, x, sparsities)
            .map((codes) => restore(projection, codes, imageSparsity)),
        env,
      );
      if (E.isLeft(restored)) return restored;
      sparsities.forEach((sparsity, i) => {
        const overlap = meanDiceOverlap(images, restored.right[i]) ?? NaN;
        surface.push({ dimension, sparsity, overlap });
      });
    } finally {
      tf.dispose([projection.weight, projection.transpose]);
    }
    const row = surface.slice(-sparsities.length).map(({ overlap }) => overlap.toFixed(3));
    env.log(`${dimension} units: ${row.join(" ")}`);
  }
  return E.right(surface);
}
