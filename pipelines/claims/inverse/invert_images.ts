/**
 * All that `inverse.ts` measures of a dataset's images.
 *
 * @module
 */
import type { SparrowError } from "../../../graph/error.ts";
import { E } from "../../../graph/fp_ts.ts";
import { fork, seed as seeded } from "../../../graph/rng.ts";
import { tf } from "../../../ops/tfjs.ts";
import type { Env } from "../../env.ts";
import type { BinaryImages } from "./binary_images.ts";
import { inBatches } from "./in_batches.ts";
import { project, type Projection, randomProjection, restore } from "./random_projection.ts";
import {
  type Restoration,
  type RestorationBounds,
  restorationBounds,
  restorationSurface,
} from "./restoration.ts";
import type { Restored } from "./restored_figure.ts";
import { type TranslationCourse, translationCourse } from "./translation.ts";

/** What was measured. */
export interface Inverse {
  /** How many images. */
  readonly images: number;
  /** Between what the surface's overlaps lie. */
  readonly bounds: RestorationBounds;
  /** Dimension by dimension, each with all sparsities. */
  readonly surface: readonly Restoration[];
  /** What a translation leaves. */
  readonly translation: {
    /** Units of the codes. */
    readonly dimension: number;
    /** Of the codes. */
    readonly sparsities: readonly number[];
    /** The overlaps by pixels. */
    readonly course: TranslationCourse;
  };
}

/** The reference's. */
const SPARSITIES = [0.001, 0.01, 0.05, 0.1, 0.3, 0.5, 0.75];
const DIMENSIONS = [8, 9, 10, 11, 12, 13].map((power) => 2 ** power);

/** Of the codes that are translated and shown; the reference has 10,000 units. */
const DIMENSION = 8192;
const MOVED_SPARSITIES = [0.3, 0.05, 0.01];
const SHOWN_SPARSITY = 0.05;
const MOST_PIXELS = 6;
const SHOWN = 8;

/**
 * The surface of restorations over 2⁸ to 2¹³ units and sparsities of 0.001 to 0.75, the course of a
 * translation, and some images through a code and back.
 *
 * @param images At least one, some of them with a pixel set.
 * @param seed Of the projections: an integer from 0 to 2^32 − 1.
 * @returns Both; `Interrupted`, `GpuError`.
 */
export async function invertImages(
  images: BinaryImages,
  seed: number,
  env: Env,
): Promise<E.Either<SparrowError, readonly [Inverse, Restored]>> {
  const [forSurface, forOne] = fork(seeded(seed));
  const [projection] = randomProjection(images.width, DIMENSION, forOne);
  try {
    const bounds = restorationBounds(images);
    const examples = await showExamples(images, projection, bounds, env);
    if (E.isLeft(examples)) return examples;
    const moved = { projection, sparsities: MOVED_SPARSITIES, most: MOST_PIXELS };
    const course = await translationCourse(images, moved, env);
    if (E.isLeft(course)) return course;
    const options = { dimensions: DIMENSIONS, sparsities: SPARSITIES, rng: forSurface };
    const surface = await restorationSurface(images, options, env);
    if (E.isLeft(surface)) return surface;
    const translation = {
      dimension: DIMENSION,
      sparsities: MOVED_SPARSITIES,
      course: course.right,
    };
    const inverse = { images: images.count, bounds, surface: surface.right, translation };
    return E.right([inverse, examples.right]);
  } finally {
    tf.dispose([projection.weight, projection.transpose]);
  }
}

/** The first images, their codes and what comes back. */
async function showExamples(
  images: BinaryImages,
  projection: Projection,
  { sparsity: imageSparsity }: RestorationBounds,
  env: Env,
): Promise<E.Either<SparrowError, Restored>> {
  const { shape, width } = images;
  const count = Math.min(SHOWN, images.count);
  const first = { ...images, count, values: images.values.subarray(0, count * width) };
  const made = await inBatches(first, (x) => {
    const [codes] = project(projection, x, [SHOWN_SPARSITY]);
    return [codes, restore(projection, codes, imageSparsity)];
  }, env);
  if (E.isLeft(made)) return made;
  const [codes, restored] = made.right;
  return E.right({ shape, images: first, codes, sparsity: SHOWN_SPARSITY, restored });
}
