/**
 * Many codes as one, and codes bound to a role.
 *
 * Source: P. Kanerva, "Hyperdimensional Computing", Cognitive Computation 1, 2009: bundling by the
 * majority of each unit, permutation as a binding that keeps distances.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import { type InvalidOption, invalidOption } from "../../graph/error.ts";
import { type BinaryEmbeddings, wordsPerCode } from "../embeddings.ts";
import { eachBit } from "../metrics/rows.ts";
import { emptyCodes } from "./codes.ts";

/**
 * The units that at least so many codes of a set have: a thresholded sum. A threshold of 1 is the union
 * of all, one of `count` their intersection, and by default it is the majority, more than half.
 *
 * @param threshold An integer of at least 1.
 * @returns One code; an empty one for a set without codes. `InvalidOption` for another threshold.
 *
 * @example
 * ```ts
 * import { bundle } from "./bundle.ts";
 * import { fromIndices, toIndices } from "./codes.ts";
 * import { E, pipe } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const majority = pipe(
 *   fromIndices([[0, 1], [1, 2], [1, 2, 3]], 8),
 *   E.chain((codes) => bundle(codes)),
 *   E.map(toIndices),
 * );
 * assertEquals(majority, E.right([[1, 2]]));
 * ```
 */
export function bundle(
  { count, width, words }: BinaryEmbeddings,
  threshold: number = Math.floor(count / 2) + 1,
): E.Either<InvalidOption, BinaryEmbeddings> {
  if (!Number.isInteger(threshold) || threshold < 1) {
    return E.left(invalidOption("threshold", threshold, "an integer of at least 1"));
  }
  const sums = new Uint32Array(width);
  const perCode = wordsPerCode(width);
  for (let i = 0; i < count; i++) eachBit(words, i * perCode, perCode, (unit) => sums[unit]++);
  const bundled = emptyCodes(1, width);
  for (let unit = 0; unit < width; unit++) {
    if (sums[unit] >= threshold) bundled.words[unit >>> 5] |= 1 << (unit & 31);
  }
  return E.right(bundled);
}

/**
 * Binds codes by a permutation of their units: unit u of a code becomes unit order[u]. All overlaps and
 * distances between codes that are bound alike stay; a code and its bound form are unrelated.
 *
 * @param order From `permutation` of `graph/rng.ts`: each of 0 to width − 1 once.
 * @returns The bound codes; `InvalidOption` where the order is no permutation of the units.
 *
 * @example
 * ```ts
 * import { bind, inverseOrder } from "./bundle.ts";
 * import { fromIndices, toIndices } from "./codes.ts";
 * import { E, pipe } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const order = Uint32Array.of(2, 0, 1);
 * const bound = pipe(fromIndices([[0, 1]], 3), E.chain((codes) => bind(codes, order)));
 * assertEquals(pipe(bound, E.map(toIndices)), E.right([[0, 2]]));
 * const back = pipe(bound, E.chain((codes) => bind(codes, inverseOrder(order))), E.map(toIndices));
 * assertEquals(back, E.right([[0, 1]]));
 * ```
 */
export function bind(
  { count, width, words }: BinaryEmbeddings,
  order: ArrayLike<number>,
): E.Either<InvalidOption, BinaryEmbeddings> {
  const taken = new Uint8Array(width);
  for (let u = 0; u < order.length; u++) {
    if (Number.isInteger(order[u]) && order[u] >= 0 && order[u] < width) taken[order[u]] = 1;
  }
  if (order.length !== width || taken.includes(0)) {
    const found = taken.reduce((sum, one) => sum + one, 0);
    return E.left(
      invalidOption(
        "order",
        `${order.length} numbers, of which ${found} are different units`,
        `each of 0 to ${width - 1} once`,
      ),
    );
  }
  const bound = emptyCodes(count, width);
  const perCode = wordsPerCode(width);
  for (let i = 0; i < count; i++) {
    eachBit(words, i * perCode, perCode, (unit) => {
      const to = order[unit];
      bound.words[i * perCode + (to >>> 5)] |= 1 << (to & 31);
    });
  }
  return E.right(bound);
}

/**
 * The order that undoes another.
 *
 * @param order A permutation of 0 to order.length − 1.
 */
export function inverseOrder(order: ArrayLike<number>): Uint32Array {
  const inverse = new Uint32Array(order.length);
  for (let u = 0; u < order.length; u++) inverse[order[u]] = u;
  return inverse;
}
