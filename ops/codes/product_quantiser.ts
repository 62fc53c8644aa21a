/**
 * Product quantisation: a vector in parts, and of each part the number of the nearest centroid.
 *
 * Source: H. Jégou, M. Douze, C. Schmid, "Product quantization for nearest neighbor search", IEEE TPAMI 33 (2011) 117.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import { invalidOption } from "../../graph/error.ts";
import { permutation, type Rng } from "../../graph/rng.ts";
import { checkRanges, integerFrom } from "../ranges.ts";
import type { DenseEmbeddings } from "../embeddings.ts";
import { checkFit, nearestCentroids, partOf, type ProductCoder } from "./coders.ts";
import type { Fitted } from "./projections.ts";

/** Options of {@linkcode productCoder}. */
export interface ProductOptions {
  /** Bits of a code: a multiple of `partBits`; at most as many parts as a vector has numbers. */
  readonly bits: number;
  /**
   * Bits of a part. Of 4 bits, sixteen centroids, codes are searched several times as fast; of 8, 256 centroids, those
   * of equal length are a little better.
   *
   * @default 4
   */
  readonly partBits?: 4 | 8;
  /** Steps of k-means, at least 0. @default 15 */
  readonly steps?: number;
  /** The most vectors to learn from, drawn at random; at least 1. @default 5,000 */
  readonly most?: number;
}

/**
 * Learns a product quantiser: k-means in each part by itself, from some of the vectors. Parts are as equal as can be.
 *
 * @param vectors Vectors to learn from.
 * @param options Options, as {@linkcode ProductOptions} describes them.
 * @param rng Generator to draw from.
 * @returns The coder and the generator to draw from next; `InvalidOption` for options out of their ranges.
 *
 * @example
 * ```ts
 * import { productCoder } from "./product_quantiser.ts";
 * import { encodeVectors } from "./coders.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { seed } from "../../graph/rng.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const values = Float32Array.of(0, 9, 5, 9, 0, 9);
 * const vectors = { kind: "dense", count: 3, width: 2, values } as const;
 * const [coder] = orThrow(productCoder(vectors, { bits: 8 }, seed(26)));
 * const [a, b, c] = encodeVectors(coder, vectors).words;
 * assertEquals([a === c, a === b], [true, false]);
 * ```
 */
export function productCoder(
  vectors: DenseEmbeddings,
  { bits, partBits = 4, steps = 15, most = 5000 }: ProductOptions,
  rng: Rng,
): Fitted<ProductCoder> {
  const { width: inputs, values } = vectors;
  const problem = checkFit(vectors, bits) ??
    checkRanges({ steps: [steps, integerFrom(0)], most: [most, integerFrom(1)] });
  if (problem !== null) return E.left(problem);
  if (bits % partBits !== 0 || bits > partBits * inputs) {
    const expected = `a multiple of ${partBits}, at most ${partBits * inputs}`;
    return E.left(invalidOption("bits", bits, expected));
  }
  const parts = bits / partBits;
  const bounds = Uint32Array.from({ length: parts + 1 }, (_, i) => Math.floor(i * inputs / parts));
  const centroids = new Float32Array(inputs << partBits);
  const [order, next] = permutation(vectors.count, rng);
  const picks = order.subarray(0, most);
  const sample = new Float32Array(picks.length * inputs);
  picks.forEach((pick, i) =>
    sample.set(values.subarray(pick * inputs, (pick + 1) * inputs), i * inputs)
  );
  for (let part = 0; part < parts; part++) {
    const [from, to] = [bounds[part], bounds[part + 1]];
    const width = to - from;
    const own = partOf(sample, inputs, from, to);
    // The sample is in a random order: its first vectors are as good as any.
    const seeds = Float32Array.from(
      { length: width << partBits },
      (_, at) => own[at % own.length],
    );
    centroids.set(lloyd(own, width, seeds, steps), from << partBits);
  }
  return E.right([{ kind: "product", inputs, width: bits, partBits, bounds, centroids }, next]);
}

/** Lloyd's steps; a centroid without members stays. */
function lloyd(
  sample: Float32Array,
  width: number,
  seeds: Float32Array,
  steps: number,
): Float32Array {
  const count = sample.length / width;
  let centroids = seeds;
  for (let step = 0; step < steps; step++) {
    const sums = new Float64Array(seeds.length);
    const members = new Uint32Array(seeds.length / width);
    const nearest = nearestCentroids(sample, centroids, width);
    for (let i = 0; i < count; i++) {
      members[nearest[i]]++;
      for (let u = 0; u < width; u++) sums[nearest[i] * width + u] += sample[i * width + u];
    }
    centroids = centroids.map((value, at) => {
      const many = members[Math.floor(at / width)];
      return many === 0 ? value : sums[at] / many;
    });
  }
  return centroids;
}
