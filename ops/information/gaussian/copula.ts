/**
 * Copula normalisation: any distribution of a unit made normal, keeping what it shares with others.
 *
 * @module
 */
import { E } from "../../../graph/fp_ts.ts";
import type { InvalidOption } from "../../../graph/error.ts";
import { checkSamples, type Samples } from "../samples.ts";
import { normalQuantile } from "./standard_normal.ts";

/**
 * What the rank of equal values is.
 *
 * - `average`: the mean of the ranks that they take up, so that equal values stay equal. The order of
 *   the samples does not matter.
 * - `first`: the order of appearance, as in the reference (gcmi.py of Ince and of pytorch-mighty, with a
 *   stable sort). It makes normal samples of anything, but where values are equal their ranks are
 *   those of the samples: in a layer of relu, whose zeros all tie, the same samples in another order
 *   gave from 1.30 to 1.59 bits.
 */
export type TieRanks = "average" | "first";

/** How {@linkcode copulaNormalise} ranks. */
export interface CopulaOptions {
  /** `average` by default: an estimate must not depend on the order of the samples. */
  readonly ties?: TieRanks;
}

/**
 * Replaces each value by Φ⁻¹(r / (n + 1)), where r in [1, n] is its rank in its unit. Without ties each
 * unit then has the same values, of mean 0 and a variance a little below 1; a constant unit is 0
 * throughout with `average`, and with `first` whatever the order of the samples makes of it.
 *
 * Mutual information does not change when each unit is transformed by a rising function, so that the
 * information of these samples is that of the given ones.
 *
 * Source: R. Ince et al., "A statistical framework for neuroimaging data analysis based on mutual
 * information estimated via a Gaussian copula", Human Brain Mapping 38 (2017) 1541.
 *
 * @param samples At least one.
 * @returns The same shape, in float64.
 *
 * @example
 * ```ts
 * import { copulaNormalise } from "./copula.ts";
 * import { E } from "../../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const relu = { count: 4, width: 1, values: Float32Array.of(0, 7, 0, 100) };
 * const normal = copulaNormalise(relu);
 * if (E.isLeft(normal)) throw new Error(normal.left.actual);
 * const [zero, , alsoZero] = normal.right.values;
 * assertEquals(zero, alsoZero);
 * ```
 */
export function copulaNormalise(
  samples: Samples,
  { ties = "average" }: CopulaOptions = {},
): E.Either<InvalidOption, Samples> {
  const problem = checkSamples("samples", samples);
  return problem === null ? E.right(normalise(samples, ties)) : E.left(problem);
}

function normalise({ count, width, values }: Samples, ties: TieRanks): Samples {
  // Of twice the rank, which is an integer also where a mean of ranks is not.
  const quantiles = new Float64Array(2 * count + 1).fill(NaN);
  const quantile = (twice: number): number => {
    if (Number.isNaN(quantiles[twice])) {
      quantiles[twice] = normalQuantile(twice / 2 / (count + 1));
    }
    return quantiles[twice];
  };
  const normal = new Float64Array(count * width);
  const unit = new Float64Array(count);
  for (let u = 0; u < width; u++) {
    for (let i = 0; i < count; i++) unit[i] = values[i * width + u];
    const ranks = twiceRanks(unit, ties);
    for (let i = 0; i < count; i++) normal[i * width + u] = quantile(ranks[i]);
  }
  return { count, width, values: normal };
}

/** Sorting numbers alone and searching each is faster than sorting the samples by a comparison. */
function twiceRanks(unit: Float64Array, ties: TieRanks): Uint32Array {
  const sorted = unit.toSorted();
  const equal = new Uint32Array(unit.length);
  const first = new Uint32Array(unit.length);
  for (let i = 0; i < unit.length; i++) {
    first[i] = firstAt(sorted, unit[i]);
    equal[first[i]]++;
  }
  if (ties === "average") return first.map((at) => 2 * at + equal[at] + 1);
  equal.fill(0);
  return first.map((at) => 2 * (at + ++equal[at]));
}

/** Where the values of at least `value` start. */
function firstAt(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
