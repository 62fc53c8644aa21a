/**
 * Nearest neighbours in the max-norm, as the estimators of information need them.
 *
 * The distance of a and b is max |a_u − b_u|, the differences rounded to float64.
 *
 * @module
 */
import { boxSearch } from "./box_search.ts";
import { lineSearch } from "./line_search.ts";
import type { NeighbourSearch, Samples } from "../samples.ts";

/**
 * Makes samples ready to be searched: one unit by sorting, more by {@linkcode boxSearch}.
 *
 * @param samples That `checkSamples` finds nothing wrong with. They must not change while searched.
 *
 * @example
 * ```ts
 * import { neighbourSearch } from "./neighbour_search.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const values = Float64Array.of(0, 0, 1, 0, 0, 2, 5, 5);
 * const search = neighbourSearch({ count: 4, width: 2, values });
 * assertEquals([...search.distances(2)], [2, 2, 2, 5]);
 * assertEquals([...search.counts(Float64Array.of(2, 2, 2.5, 0))], [2, 2, 3, 0]);
 * ```
 */
export function neighbourSearch(samples: Samples): NeighbourSearch {
  const { count, width } = samples;
  const search = width === 1 ? lineSearch(samples) : boxSearch(samples);
  return {
    distances: (k) => {
      if (Number.isInteger(k) && k >= 1 && k < count) return search.distances(k);
      const range = `an integer from 1 to ${count - 1}`;
      throw new RangeError(`Cannot find k neighbours: expected ${range}, current value is ${k}`);
    },
    counts: (radii) => {
      if (radii.length === count) return search.counts(radii);
      const actual = `${radii.length} radii`;
      throw new RangeError(`Cannot count: expected ${count} radii, current value is ${actual}`);
    },
  };
}
