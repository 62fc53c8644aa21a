/**
 * Iterative quantisation: rotations after which the signs of vectors say as much of them as they can.
 *
 * Source: Y. Gong, S. Lazebnik, "Iterative quantization: a Procrustean approach to learning binary codes", CVPR 2011.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import { permutation, type Rng } from "../../graph/rng.ts";
import { checkRanges, integerFrom } from "../ranges.ts";
import type { DenseEmbeddings } from "../embeddings.ts";
import { nearestRotation, symmetricEigen } from "../information/matrices.ts";
import { directionsOf } from "../kernels/products.ts";
import { checkFit, type LinearCoder, meanVector, offsetsOf } from "./coders.ts";
import { type Fitted, rotations } from "./projections.ts";

/** Options of {@linkcode itqCoder}. */
export interface ItqOptions {
  /** Bits of a code, from 1 to 2²⁴. */
  readonly bits: number;
  /** Steps of every rotation, at least 0. @default 30 */
  readonly steps?: number;
  /** The most vectors to learn from, drawn at random; at least 1. @default 10,000 */
  readonly most?: number;
  /** Whether the mean of the vectors is taken out of them first, as in the paper. @default false */
  readonly centred?: boolean;
}

/**
 * Learns a coder by iterative quantisation.
 *
 * With fewer bits than a vector has numbers, the vectors are projected on that many principal directions first, as
 * in the paper. With more, there are several rotations, each learned from its own random beginning; the last is cut
 * off. Of more than some thousand vectors a sample is enough.
 *
 * @param vectors Vectors to learn from.
 * @param options Options, as {@linkcode ItqOptions} describes them.
 * @param rng Generator to draw from.
 * @returns The coder and the generator to draw from next; `InvalidOption` for options out of their ranges.
 *
 * @example
 * ```ts
 * import { itqCoder } from "./itq.ts";
 * import { encodeVectors } from "./coders.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { seed } from "../../graph/rng.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * // Two pairs of neighbours get two codes.
 * const values = Float32Array.of(1, 0, 0.9, 0.1, -1, 0.1, -0.9, 0);
 * const vectors = { kind: "dense", count: 4, width: 2, values } as const;
 * const [coder] = orThrow(itqCoder(vectors, { bits: 1 }, seed(26)));
 * const [a, b, c, d] = encodeVectors(coder, vectors).words;
 * assertEquals([a === b, c === d, a === c], [true, true, false]);
 * ```
 */
export function itqCoder(
  vectors: DenseEmbeddings,
  { bits, steps = 30, most = 10_000, centred = false }: ItqOptions,
  rng: Rng,
): Fitted<LinearCoder> {
  const problem = checkFit(vectors, bits) ??
    checkRanges({ steps: [steps, integerFrom(0)], most: [most, integerFrom(1)] });
  if (problem !== null) return E.left(problem);
  const { width: inputs } = vectors;
  const mean = centred ? meanVector(vectors) : new Float64Array(inputs);
  const [order, afterOrder] = permutation(vectors.count, rng);
  const sample = sampleOf(vectors, order.subarray(0, most), mean);
  const basis = bits < inputs ? principalDirections(sample, inputs, bits) : null;
  const width = basis === null ? inputs : bits;
  const projected = basis === null ? sample : productsOf(sample, basis, inputs);
  const directions = new Float32Array(bits * inputs);
  let next = afterOrder;
  for (let first = 0; first < bits; first += width) {
    const [begin, after] = rotations(width, width, next);
    next = after;
    const { rotation } = iterateItq(projected, begin, width, steps);
    const whole = basis === null ? rotation : rowsTimes(rotation, basis, width, inputs);
    directions.set(whole.subarray(0, (bits - first) * inputs), first * inputs);
  }
  const offsets = centred ? offsetsOf(directions, mean) : new Float32Array(bits);
  return E.right([
    { kind: "linear", inputs, width: bits, directions, offsets, winners: null },
    next,
  ]);
}

/** Result of {@linkcode iterateItq}. */
export interface ItqRotation {
  /** width × width: the directions, one after the other. */
  readonly rotation: Float32Array;
  /** ‖sign(V·Rᵀ) − V·Rᵀ‖² before every step; it never rises. */
  readonly losses: readonly number[];
}

/**
 * Turns a rotation step by step into one with a smaller quantisation loss ‖sign(V·Rᵀ) − V·Rᵀ‖². A step takes the
 * signs B = sign(V·Rᵀ), and the rotation nearest to Bᵀ·V, which is the best for these signs.
 *
 * @param vectors V, count × width; the paper's are projected and without their mean.
 * @param begin The rotation to begin with, width × width: a direction after the other.
 */
export function iterateItq(
  vectors: Float32Array,
  begin: Float32Array,
  width: number,
  steps: number,
): ItqRotation {
  const count = vectors.length / width;
  // Bᵀ·V as the products of B's columns with V's: both lie with their columns one after the other.
  const turned = new Float32Array(vectors.length);
  for (let i = 0, at = 0; i < count; i++) {
    for (let u = 0; u < width; u++, at++) turned[u * count + i] = vectors[at];
  }
  const columns = directionsOf(turned, count);
  const signs = new Float32Array(vectors.length);
  const losses: number[] = [];
  let rotation = begin;
  for (let step = 0; step < steps; step++) {
    let loss = 0;
    directionsOf(rotation, width).times(vectors, (products, first, many) => {
      for (let i = first, at = 0; i < first + many; i++) {
        for (let j = 0; j < width; j++, at++) {
          const sign = products[at] > 0 ? 1 : -1;
          signs[j * count + i] = sign;
          loss += (sign - products[at]) ** 2;
        }
      }
    });
    losses.push(loss);
    const sums = new Float64Array(width * width);
    columns.times(signs, (products, first) => sums.set(products, first * width));
    rotation = Float32Array.from(nearestRotation(sums, width));
  }
  return { rotation, losses };
}

/** Returns some vectors without their mean. */
function sampleOf(
  { width, values }: DenseEmbeddings,
  picks: Uint32Array,
  mean: Float64Array,
): Float32Array {
  const sample = new Float32Array(picks.length * width);
  picks.forEach((pick, i) => {
    for (let u = 0; u < width; u++) sample[i * width + u] = values[pick * width + u] - mean[u];
  });
  return sample;
}

/** The first eigenvectors of Vᵀ·V: many × width. */
function principalDirections(sample: Float32Array, width: number, many: number): Float32Array {
  const count = sample.length / width;
  const turned = new Float32Array(sample.length);
  for (let i = 0; i < count; i++) {
    for (let u = 0; u < width; u++) turned[u * count + i] = sample[i * width + u];
  }
  const gram = new Float64Array(width * width);
  directionsOf(turned, count).times(turned, (products, first) => gram.set(products, first * width));
  return Float32Array.from(symmetricEigen(gram, width).vectors.subarray(0, many * width));
}

/** rows · directionsᵀ. */
function productsOf(rows: Float32Array, directions: Float32Array, width: number): Float32Array {
  const many = directions.length / width;
  const made = new Float32Array(rows.length / width * many);
  directionsOf(directions, width).times(
    rows,
    (products, first) => made.set(products, first * many),
  );
  return made;
}

/** A · B, A [rows, inner] and B [inner, columns]. */
function rowsTimes(
  a: Float32Array,
  b: Float32Array,
  inner: number,
  columns: number,
): Float32Array {
  const made = new Float32Array(a.length / inner * columns);
  for (let i = 0; i < a.length / inner; i++) {
    for (let p = 0; p < inner; p++) {
      for (let j = 0; j < columns; j++) {
        made[i * columns + j] += a[i * inner + p] * b[p * columns + j];
      }
    }
  }
  return made;
}
