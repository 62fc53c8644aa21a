/**
 * The methods that turn float vectors into codes without training, each for any number of bytes.
 *
 * @module
 */
import { E } from "../../../graph/fp_ts.ts";
import type { InvalidOption } from "../../../graph/error.ts";
import type { Rng } from "../../../graph/rng.ts";
import { firstBits, type LinearCoder, type VectorCoder } from "../../../ops/codes/coders.ts";
import { itqCoder } from "../../../ops/codes/itq.ts";
import { productCoder } from "../../../ops/codes/product_quantiser.ts";
import { projectionCoder, type ProjectionOptions } from "../../../ops/codes/projections.ts";
import type { DenseEmbeddings } from "../../../ops/embeddings.ts";
import { winnerCount } from "../../../ops/kernels/select_edges.ts";

/** A method, fitted to vectors. */
export interface Method {
  /** Name in tables: "random rotations, sign". */
  readonly name: string;
  /** Whether a model was trained for it. @default false */
  readonly trained?: boolean;
  /** Fits coders of several sizes to vectors, the sizes being bytes of a code, rising; a coder may be smaller. */
  readonly fit: (
    vectors: DenseEmbeddings,
    sizes: readonly number[],
    rng: Rng,
  ) => E.Either<InvalidOption, readonly VectorCoder[]>;
}

/** Part of the fly's units that win: about 5 % of Kenyon cells answer an odour. */
const FLY = 0.05;

/** Coders of several sizes that are one coder's first bits. */
const cut = (
  coder: LinearCoder,
  sizes: readonly number[],
): E.Either<InvalidOption, LinearCoder[]> => {
  const coders: LinearCoder[] = [];
  for (const bytes of sizes) {
    const part = firstBits(coder, 8 * bytes);
    if (E.isLeft(part)) return part;
    coders.push(part.right);
  }
  return E.right(coders);
};

/** A method of random projections; `sparsity` is the part of the units that win. */
const projections = (
  name: string,
  options: Omit<ProjectionOptions, "bits" | "winners">,
  sparsity: number | null = null,
): Method => ({
  name,
  fit: (vectors, sizes, rng) => {
    const fitted = projectionCoder(vectors, { ...options, bits: 8 * Math.max(...sizes) }, rng);
    if (E.isLeft(fitted)) return fitted;
    const coders = cut(fitted.right[0], sizes);
    return sparsity === null
      ? coders
      : E.map((list: readonly LinearCoder[]) =>
        list.map((coder) => ({ ...coder, winners: winnerCount(sparsity, coder.width) }))
      )(coders);
  },
});

/**
 * Product quantisation; of as many parts of equal length as fit, and at most one for each of a vector's numbers, so that
 * two sizes may be one.
 */
const product = (name: string, partBits: 4 | 8): Method => ({
  name,
  fit: (vectors, sizes, rng) => {
    const coders: VectorCoder[] = [];
    const numbers = sizes.map((bytes) => partsOf(vectors.width, 8 * bytes / partBits));
    for (const parts of new Set(numbers)) {
      const fitted = productCoder(vectors, { bits: partBits * parts, partBits }, rng);
      if (E.isLeft(fitted)) return fitted;
      coders.push(fitted.right[0]);
    }
    return E.right(coders);
  },
});

/** The largest number of parts, at most `most`, that divides a width, or else `most`, where it is not above half of that. */
function partsOf(width: number, most: number): number {
  if (most >= width) return width;
  for (let parts = most; 2 * parts > most; parts--) if (width % parts === 0) return parts;
  return most;
}

/** The methods that others are compared with, in the order of a table. */
export const simpleMethods = (sparsity: number): readonly Method[] => [
  projections("random hyperplanes, sign", { directions: "hyperplanes", centred: true }),
  projections("random rotations, sign, mean taken out", { centred: true }),
  projections("random rotations, sign", { centred: false }),
  {
    name: "ITQ rotations, sign",
    fit: (vectors, sizes, rng) => {
      const most = 8 * Math.max(...sizes);
      if (8 * Math.min(...sizes) >= vectors.width) {
        const fitted = itqCoder(vectors, { bits: most, centred: true }, rng);
        return E.isLeft(fitted) ? fitted : cut(fitted.right[0], sizes);
      }
      // Fewer bits than numbers are those of principal directions, which each size has its own of.
      const coders: LinearCoder[] = [];
      for (const bytes of sizes) {
        const fitted = itqCoder(vectors, { bits: 8 * bytes, centred: true }, rng);
        if (E.isLeft(fitted)) return fitted;
        coders.push(fitted.right[0]);
      }
      return E.right(coders);
    },
  },
  projections("the fly's sparse projections, winners", { directions: "sparse" }, FLY),
  projections("random rotations, winners", {}, sparsity),
  product("product quantisation, 4 bits a part", 4),
  product("product quantisation, 8 bits a part", 8),
];
