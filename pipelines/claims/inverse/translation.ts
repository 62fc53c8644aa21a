/**
 * How much of an image and of its code remains when the image is moved.
 *
 * @module
 */
import type { SparrowError } from "../../../graph/error.ts";
import { E } from "../../../graph/fp_ts.ts";
import { meanDiceOverlap } from "../../../ops/metrics/dice_overlap.ts";
import type { Env } from "../../env.ts";
import { type BinaryImages, translated } from "./binary_images.ts";
import { inBatches } from "./in_batches.ts";
import { project, type Projection } from "./random_projection.ts";

/** Overlaps of images and of their codes: 2 |a ∩ b| / (|a| + |b|), the mean over images. */
export interface Overlaps {
  /** Of the binary images. */
  readonly images: number;
  /** Of their codes, in the order of the sparsities. */
  readonly codes: readonly number[];
}

/** How overlaps fall with the way that images are moved. */
export interface TranslationCourse {
  /** Pixels, down and to the right alike, from 0. */
  readonly pixels: readonly number[];
  /** At each of them the overlaps of moved and original. */
  readonly overlaps: readonly Overlaps[];
  /** Those of each image and the next one, for comparison. */
  readonly others: Overlaps;
}

/** What is projected, and how far it is moved. */
export interface TranslationOptions {
  /** Is not consumed. */
  readonly projection: Projection;
  /** Of the codes. */
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

/** In each image's place the next one; the first in the last's. */
function rotated(images: BinaryImages): BinaryImages {
  const { values, width } = images;
  const next = new Float32Array(values.length);
  next.set(values.subarray(width));
  next.set(values.subarray(0, width), values.length - width);
  return { ...images, values: next };
}
