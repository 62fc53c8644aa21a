/**
 * Measurements of `inverse.ts`: how much of a binary image can be reconstructed from its code, and how much of an image
 * and of its code remains when the image is moved.
 *
 * @module
 */
import type { SparrowError } from "../../../graph/error.ts";
import { E } from "../../../graph/fp_ts.ts";
import { type Rng, seed as seeded, splitRng } from "../../../graph/rng.ts";
import { winnerCount } from "../../../ops/kernels/select_edges.ts";
import { meanDiceOverlap } from "../../../ops/metrics/distances.ts";
import { tf } from "../../../ops/tfjs.ts";
import type { Env } from "../../core/env.ts";
import type { Restored } from "./page.ts";
import {
  type BinaryImages,
  inBatches,
  project,
  type Projection,
  randomProjection,
  restore,
  setPixels,
  translated,
} from "./projection.ts";

/** One point of the surface. */
export interface Restoration {
  /** Units of the code. */
  readonly dimension: number;
  /** Sparsity of the code, in (0, 1). */
  readonly sparsity: number;
  /** Dice overlap of restored and original image, 2 |a ∩ b| / (|a| + |b|); the mean over images. */
  readonly overlap: number;
}

/** Bounds of an overlap. */
export interface RestorationBounds {
  /** The sparsity of every restored image: the mean of the originals'. */
  readonly sparsity: number;
  /** Expected overlap of an image whose pixels are set at random. */
  readonly chance: number;
  /** Largest overlap that is possible, since every restored image has equally many pixels. */
  readonly ceiling: number;
}

/** Options of {@linkcode restorationSurface}. */
export interface SurfaceOptions {
  /** Units of the codes; one projection is drawn for each number. */
  readonly dimensions: readonly number[];
  /** Sparsities of the codes. */
  readonly sparsities: readonly number[];
  /** Generator that the projections are drawn from. */
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
 * Measures the overlap of images with their reconstructions, for every dimension and sparsity of the code.
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

/** Overlaps of images and of their codes: 2 |a ∩ b| / (|a| + |b|), the mean over images. */
export interface Overlaps {
  /** Overlap of the binary images. */
  readonly images: number;
  /** Overlaps of their codes, in the order of the sparsities. */
  readonly codes: readonly number[];
}

/** Overlaps by the distance that images are moved. */
export interface TranslationCourse {
  /** Pixels, down and to the right alike, from 0. */
  readonly pixels: readonly number[];
  /** Overlaps of moved and original images at each distance. */
  readonly overlaps: readonly Overlaps[];
  /** Overlaps of each image with the next one, for comparison. */
  readonly others: Overlaps;
}

/** Options of {@linkcode translationCourse}. */
export interface TranslationOptions {
  /** Projection, which is not consumed. */
  readonly projection: Projection;
  /** Sparsities of the codes. */
  readonly sparsities: readonly number[];
  /** The farthest that images are moved, in pixels; at least 1. */
  readonly most: number;
}

/**
 * Moves all images down and to the right, pixel by pixel, and compares them with where they were.
 *
 * Source: kwta_translation_similarity of dizcza/EmbedderSDR, experiment/kwta_inverse.py, which moves
 * them by one.
 *
 * @param images Some of them with a pixel set that stays in the image; their dimension is the
 * projection's.
 * @returns The course; `Interrupted`, `GpuError`.
 */
export async function translationCourse(
  images: BinaryImages,
  { projection, sparsities, most }: TranslationOptions,
  env: Env,
): Promise<E.Either<SparrowError, TranslationCourse>> {
  const codesOf = (moved: BinaryImages) =>
    inBatches(moved, (x) => project(projection, x, sparsities), env);
  const original = await codesOf(images);
  if (E.isLeft(original)) return original;
  const compare = async (moved: BinaryImages): Promise<E.Either<SparrowError, Overlaps>> => {
    const codes = await codesOf(moved);
    return E.isLeft(codes) ? codes : E.right({
      images: meanDiceOverlap(images, moved) ?? NaN,
      codes: codes.right.map((code, i) => meanDiceOverlap(original.right[i], code) ?? NaN),
    });
  };
  const pixels = Array.from({ length: most + 1 }, (_, by) => by);
  const overlaps: Overlaps[] = [];
  for (const by of pixels) {
    const compared = await compare(translated(images, by, by));
    if (E.isLeft(compared)) return compared;
    overlaps.push(compared.right);
  }
  const others = await compare(rotated(images));
  return E.isLeft(others) ? others : E.right({ pixels, overlaps, others: others.right });
}

/** Puts the next image in each image's place, and the first in the last's. */
function rotated(images: BinaryImages): BinaryImages {
  const { values, width } = images;
  const next = new Float32Array(values.length);
  next.set(values.subarray(width));
  next.set(values.subarray(0, width), values.length - width);
  return { ...images, values: next };
}

/** All measurements. */
export interface Inverse {
  /** Number of images. */
  readonly images: number;
  /** Bounds of the surface's overlaps. */
  readonly bounds: RestorationBounds;
  /** Dimension by dimension, each with all sparsities. */
  readonly surface: readonly Restoration[];
  /** Overlaps after a translation. */
  readonly translation: {
    /** Units of the codes. */
    readonly dimension: number;
    /** Sparsities of the codes. */
    readonly sparsities: readonly number[];
    /** The overlaps by pixels. */
    readonly course: TranslationCourse;
  };
}

/** The reference's. */
const SPARSITIES = [0.001, 0.01, 0.05, 0.1, 0.3, 0.5, 0.75];
const DIMENSIONS = [8, 9, 10, 11, 12, 13].map((power) => 2 ** power);

/** Units of the codes that are translated and shown; the reference has 10,000. */
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
 * @param seed Seed of the projections: an integer from 0 to 2^32 − 1.
 * @returns Both; `Interrupted`, `GpuError`.
 */
export async function invertImages(
  images: BinaryImages,
  seed: number,
  env: Env,
): Promise<E.Either<SparrowError, readonly [Inverse, Restored]>> {
  const [forSurface, forOne] = splitRng(seeded(seed));
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

/** Returns the first images, their codes and their reconstructions. */
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
