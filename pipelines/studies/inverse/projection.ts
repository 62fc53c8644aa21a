/**
 * Images as binary vectors, and a random projection followed by kWTA with its inverse by the transpose and
 * kWTA.
 *
 * Source: dizcza/EmbedderSDR, experiment/kwta_inverse.py.
 *
 * @module
 */
import type { Interrupted, SparrowError } from "../../../graph/error.ts";
import { E } from "../../../graph/fp_ts.ts";
import { draw, type Rng } from "../../../graph/rng.ts";
import {
  type BinaryEmbeddings,
  type DenseEmbeddings,
  wordsPerCode,
} from "../../../ops/embeddings.ts";
import { packBits } from "../../../ops/kernels/pack_bits.ts";
import { hardKwta } from "../../../ops/kwta.ts";
import { tf } from "../../../ops/tfjs.ts";
import { breathe, type Env } from "../../core/env.ts";
import type { Dataset, ImageSplit } from "../../data/dataset.ts";

/** Images whose values are zeros and ones: as overlaps and projections take them. */
export interface BinaryImages extends DenseEmbeddings {
  /** Shape of one image: [height, width], or [height, width, channels]. */
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
  { shape, test }: Pick<Dataset<ImageSplit>, "shape" | "test">,
  most: number,
): BinaryImages {
  const { mean } = test.normalisation;
  const count = Math.min(most, test.count);
  const width = shape.reduce((size, n) => size * n, 1);
  const values = Float32Array.from(
    test.values.subarray(0, count * width),
    (byte, i) => byte / 255 > mean[i % mean.length] ? 1 : 0,
  );
  return { kind: "dense", count, width, values, shape };
}

/** Counts the pixels that each image has set. */
export function setPixels({ count, width, values }: DenseEmbeddings): Float64Array {
  const set = new Float64Array(count);
  values.forEach((value, i) => set[Math.floor(i / width)] += value);
  return set;
}

/**
 * Moves all images; pixels that enter are 0, pixels that leave are lost.
 *
 * @param down Pixels, negative for up.
 * @param right Pixels, negative for left.
 *
 * @example
 * ```ts
 * import { translated } from "./projection.ts";
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

/** A projection as tensors on the current backend; the caller disposes of both. */
export interface Projection {
  /** [inputs, units]. */
  readonly weight: tf.Tensor2D;
  /** [units, inputs]: materialised, since wasm is slow where matMul has to transpose. */
  readonly transpose: tf.Tensor2D;
}

/**
 * n independent numbers from the standard normal distribution.
 *
 * Source: G. E. P. Box, M. E. Muller, "A note on the generation of random normal deviates", 1958.
 *
 * @returns The numbers, and the generator to draw from next.
 */
export function normals(n: number, rng: Rng): readonly [Float32Array<ArrayBuffer>, Rng] {
  return draw(rng, ({ unit }) => {
    const values = new Float32Array(n);
    for (let i = 0; i < n; i += 2) {
      // 1 − unit is never 0, whose logarithm would be infinite.
      const radius = Math.sqrt(-2 * Math.log(1 - unit()));
      const angle = 2 * Math.PI * unit();
      values[i] = radius * Math.cos(angle);
      if (i + 1 < n) values[i + 1] = radius * Math.sin(angle);
    }
    return values;
  });
}

/**
 * A projection with the given weights.
 *
 * @param weights inputs × units numbers, row-major.
 */
export function projectionOf(weights: Float32Array, inputs: number, units: number): Projection {
  const weight = tf.tensor2d(weights, [inputs, units]);
  return { weight, transpose: tf.transpose(weight) as tf.Tensor2D };
}

/**
 * A projection whose weights are independent and normally distributed.
 *
 * @returns The projection, and the generator to draw from next.
 */
export function randomProjection(
  inputs: number,
  units: number,
  rng: Rng,
): readonly [Projection, Rng] {
  const [weights, next] = normals(inputs * units, rng);
  return [projectionOf(weights, inputs, units), next];
}

/**
 * The codes of images: kWTA of x·W, which is computed once.
 *
 * @param x [samples, inputs].
 * @param sparsities Sparsities of the codes, each in (0, 1].
 * @returns For each of them [samples, units], zeros and ones.
 */
export const project = (
  { weight }: Projection,
  x: tf.Tensor2D,
  sparsities: readonly number[],
): readonly tf.Tensor2D[] =>
  tf.tidy(() => {
    const raw = tf.matMul(x, weight) as tf.Tensor2D;
    return sparsities.map((sparsity) => hardKwta(raw, sparsity));
  });

/**
 * Images of codes: kWTA of codes·Wᵀ.
 *
 * @param codes [samples, units].
 * @param sparsity Sparsity of the images, in (0, 1].
 * @returns [samples, inputs], zeros and ones.
 */
export const restore = (
  { transpose }: Projection,
  codes: tf.Tensor2D,
  sparsity: number,
): tf.Tensor2D => tf.tidy(() => hardKwta(tf.matMul(codes, transpose), sparsity));

/** Rows per batch: codes of 8,192 units take 8 MB. */
const BATCH = 250;

/**
 * Sends all rows through a function, batch by batch, and packs its outputs.
 *
 * @param make Function from [samples, width] to tensors [samples, units] of zeros and ones, as many for every batch; it
 * runs in a `tf.tidy`.
 * @returns The codes of all rows for each of the tensors; `Interrupted` at the next batch after the signal, `GpuError`.
 */
export async function inBatches(
  { count, width, values }: DenseEmbeddings,
  make: (x: tf.Tensor2D) => readonly tf.Tensor2D[],
  env: Env,
): Promise<E.Either<SparrowError, readonly BinaryEmbeddings[]>> {
  const codes: BinaryEmbeddings[] = [];
  for (let from = 0; from < count; from += BATCH) {
    await breathe(env);
    if (env.signal.aborted) return E.left(interrupted);
    const samples = Math.min(BATCH, count - from);
    const rows = values.subarray(from * width, (from + samples) * width);
    let widths: readonly number[] = [];
    const packed = tf.tidy(() => {
      const made = make(tf.tensor2d(rows, [samples, width]));
      widths = made.map(({ shape: [, units] }) => units);
      return made.map(packBits);
    });
    const outputs = await Promise.all(packed.map((tensor) => tensor.data<"int32">()));
    tf.dispose(packed);
    outputs.forEach((output, i) => {
      codes[i] ??= emptyCodes(count, widths[i]);
      codes[i].words.set(output, from * wordsPerCode(widths[i]));
    });
  }
  const fault = env.backend.fault();
  return fault === null ? E.right(codes) : E.left(fault);
}

const emptyCodes = (count: number, width: number): BinaryEmbeddings => ({
  kind: "binary",
  count,
  width,
  words: new Uint32Array(count * wordsPerCode(width)),
});

/** Error of an interruption: nothing is trained, so it is all one epoch without a step. */
const interrupted: Interrupted = { _tag: "Interrupted", epoch: 1, step: 0 };
