/**
 * Coders, which turn float vectors into packed codes, as data. A linear coder compares projections with a
 * threshold, 0 or that of kWTA; a product coder numbers the nearest centroid of each part of a vector.
 * `projections.ts`, `itq.ts` and `product_quantiser.ts` fit them to vectors.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import { type InvalidOption, invalidOption } from "../../graph/error.ts";
import { type BinaryEmbeddings, type DenseEmbeddings, wordsPerCode } from "../embeddings.ts";
import { type Directions, directionsOf } from "../kernels/products.ts";
import { checkLength } from "../metrics/rows.ts";
import { MOST_UNITS } from "./codes.ts";

/** A coder whose unit u is set where the projection on direction u is large. */
export interface LinearCoder {
  /** Tells the coders apart. */
  readonly kind: "linear";
  /** Numbers of a vector. */
  readonly inputs: number;
  /** Bits of a code. */
  readonly width: number;
  /** width × inputs numbers: one direction after the other. */
  readonly directions: Float32Array;
  /** width numbers that are added to the projections. */
  readonly offsets: Float32Array;
  /** Number of winners, from 1 to width − 1; null where all units above 0 are set. */
  readonly winners: number | null;
}

/** A coder that divides vectors into parts, and numbers the nearest of 16 or 256 centroids of each. */
export interface ProductCoder {
  /** Tells the coders apart. */
  readonly kind: "product";
  /** Numbers of a vector. */
  readonly inputs: number;
  /** Bits of a code: the bits per part times the parts. */
  readonly width: number;
  /** Bits of a centroid's number: 4, of which a byte has two, the first in its lower half; or 8. */
  readonly partBits: 4 | 8;
  /** Bounds of the parts: parts + 1 rising numbers from 0 to `inputs`. */
  readonly bounds: Uint32Array;
  /** 2^partBits centroids of the first part, one after the other, then those of the second, and so on. */
  readonly centroids: Float32Array;
}

/** A coder turns float vectors into binary codes. It must not be changed while it is used. */
export type VectorCoder = LinearCoder | ProductCoder;

const prepared = new WeakMap<LinearCoder, Directions>();

/** The directions of a linear coder in the memory of the kernels. */
export function preparedDirections(coder: LinearCoder): Directions {
  const found = prepared.get(coder);
  if (found !== undefined) return found;
  const made = directionsOf(coder.directions, coder.inputs, coder.offsets);
  prepared.set(coder, made);
  return made;
}

/**
 * Encodes vectors.
 *
 * @param coder Coder that makes the codes.
 * @param vectors Finite numbers; whether their lengths matter depends on how the coder was fitted.
 * @returns A code per vector.
 * @throws {RangeError} Where the vectors are not as wide as the coder's inputs.
 *
 * @example
 * ```ts
 * import { encodeVectors, type LinearCoder } from "./coders.ts";
 * import { toIndices } from "./codes.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const coder: LinearCoder = {
 *   kind: "linear",
 *   inputs: 2,
 *   width: 3,
 *   directions: Float32Array.of(1, 0, 0, 1, 1, 1),
 *   offsets: new Float32Array(3),
 *   winners: null,
 * };
 * const vectors = { kind: "dense", count: 1, width: 2, values: Float32Array.of(3, -1) } as const;
 * assertEquals(toIndices(encodeVectors(coder, vectors)), [[0, 2]]);
 * ```
 */
export function encodeVectors(coder: VectorCoder, vectors: DenseEmbeddings): BinaryEmbeddings {
  checkLength("encode vectors", vectors.width, coder.inputs);
  const { count, values } = vectors;
  const words = coder.kind === "linear"
    ? preparedDirections(coder).pack(values, coder.winners)
    : packNearest(coder, vectors);
  return { kind: "binary", count, width: coder.width, words };
}

/** The numbers of the nearest centroids, a byte or half a byte per part. */
function packNearest(coder: ProductCoder, { count, values }: DenseEmbeddings): Uint32Array {
  const { inputs, bounds, centroids, partBits } = coder;
  const perCode = 4 * wordsPerCode(coder.width);
  const bytes = new Uint8Array(count * perCode);
  for (let part = 0; part + 1 < bounds.length; part++) {
    const [from, to] = [bounds[part], bounds[part + 1]];
    const own = centroids.subarray(from << partBits, to << partBits);
    const nearest = nearestCentroids(partOf(values, inputs, from, to), own, to - from);
    const [at, shift] = [part * partBits >> 3, part * partBits & 7];
    for (let i = 0; i < count; i++) bytes[i * perCode + at] |= nearest[i] << shift;
  }
  return new Uint32Array(bytes.buffer);
}

/** The numbers from `from` to before `to` of each vector. */
export function partOf(
  values: Float32Array,
  inputs: number,
  from: number,
  to: number,
): Float32Array {
  const width = to - from;
  const part = new Float32Array(values.length / inputs * width);
  for (let at = 0, row = from; at < part.length; at += width, row += inputs) {
    for (let u = 0; u < width; u++) part[at + u] = values[row + u];
  }
  return part;
}

/**
 * The number of the centroid that is nearest to each row, the first of equally near ones: ‖x − c‖² = ‖x‖² − 2(x·c −
 * ‖c‖²/2).
 *
 * @param centroids At most 256.
 */
export function nearestCentroids(
  rows: Float32Array,
  centroids: Float32Array,
  width: number,
): Uint8Array {
  const count = centroids.length / width;
  const halves = Float32Array.from({ length: count }, (_, c) => {
    let sum = 0;
    for (let at = c * width; at < (c + 1) * width; at++) sum += centroids[at] * centroids[at];
    return -sum / 2;
  });
  const nearest = new Uint8Array(rows.length / width);
  directionsOf(centroids, width, halves).times(rows, (products, first, many) => {
    for (let i = 0; i < many; i++) {
      const at = i * count;
      let best = 0;
      let most = products[at];
      for (let c = 1; c < count; c++) {
        const value = products[at + c];
        if (value > most) {
          most = value;
          best = c;
        }
      }
      nearest[first + i] = best;
    }
  });
  return nearest;
}

/**
 * Returns the coder of a code's first bits: of a linear coder its first directions. Codes of random projections are as
 * good as if they had been fitted to that number of bits.
 *
 * @param coder Coder to shorten.
 * @param bits Number of bits, from 1 to the coder's width.
 * @returns The coder; `InvalidOption` where it has fewer bits, or not one more than winners.
 */
export function firstBits(
  coder: LinearCoder,
  bits: number,
): E.Either<InvalidOption, LinearCoder> {
  const least = (coder.winners ?? 0) + 1;
  if (!(Number.isInteger(bits) && bits >= least && bits <= coder.width)) {
    return E.left(invalidOption("bits", bits, `an integer from ${least} to ${coder.width}`));
  }
  return E.right({
    ...coder,
    width: bits,
    directions: coder.directions.subarray(0, bits * coder.inputs),
    offsets: coder.offsets.subarray(0, bits),
  });
}

/** Checks that vectors can be fitted and that a code can have this number of bits; null if so. */
export function checkFit(
  { count, width, values }: DenseEmbeddings,
  bits: number,
): InvalidOption | null {
  if (count < 1 || width < 1) {
    return invalidOption("vectors", `${count} of ${width} numbers`, "at least one vector");
  }
  if (values.length !== count * width) {
    return invalidOption("vectors", `${values.length} numbers`, `${count * width}`);
  }
  return Number.isInteger(bits) && bits >= 1 && bits <= MOST_UNITS
    ? null
    : invalidOption("bits", bits, `an integer from 1 to ${MOST_UNITS}`);
}

/** The mean of vectors. */
export function meanVector({ count, width, values }: DenseEmbeddings): Float64Array {
  const mean = new Float64Array(width);
  for (let i = 0; i < count; i++) {
    for (let u = 0; u < width; u++) mean[u] += values[i * width + u];
  }
  return mean.map((sum) => sum / count);
}

/** Offsets that take a mean out of the vectors: minus the mean's projections. */
export function offsetsOf(
  directions: Float32Array,
  mean: Float64Array,
): Float32Array {
  const inputs = mean.length;
  return Float32Array.from({ length: directions.length / inputs }, (_, j) => {
    let sum = 0;
    for (let u = 0; u < inputs; u++) sum -= directions[j * inputs + u] * mean[u];
    return sum;
  });
}
