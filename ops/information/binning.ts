/**
 * Layers cut into bins, of equal width or of equal mass, which makes continuous activations discrete.
 *
 * @module
 */
import { E, pipe } from "../../graph/fp_ts.ts";
import { type InvalidOption, invalidOption } from "../../graph/error.ts";
import { checkRanges, type Range } from "../ranges.ts";
import { type EntropyCorrection, type LayerInformation, layerInformation } from "./discrete.ts";
import { checkSamples, numberBelow, type Samples } from "./samples.ts";
import { symbolsOfRows } from "./symbols.ts";

/** Options of {@linkcode equalWidthBins}. */
export interface EqualWidthOptions {
  /** Bins per unit, at least 1. */
  readonly bins: number;
  /** Lower edge of the first bin. @default the least number of all samples and units */
  readonly low?: number;
  /** Upper edge of the last bin, above `low`. @default the greatest number of all samples and units */
  readonly high?: number;
}

/** Options of {@linkcode equalMassBins}. */
export interface EqualMassOptions {
  /** Bins per unit, at least 1. */
  readonly bins: number;
}

/** Options of {@linkcode binnedInformation}: the bins, and the correction. */
export interface BinnedInformationOptions extends EqualWidthOptions {
  /** Bins of the same width, or of the same mass; those know no `low` and no `high`. @default "width" */
  readonly equal?: "width" | "mass";
  /** Correction of the entropies' bias. @default "none" */
  readonly correction?: EntropyCorrection;
}

/** Bin numbers from 0 on, count × width, row-major; or why there are none. */
export type BinCodes = E.Either<InvalidOption, Int32Array>;

/**
 * Bins of the same width, the same for all units: ⌊(t − low)·bins / (high − low)⌋, clipped to 0 …
 * bins − 1. A bin has its lower edge and not its upper one, but for the last.
 *
 * A range of no width, which only a layer has that is constant (or beyond the one bound that was given),
 * puts all numbers into bin 0.
 *
 * Source: R. Shwartz-Ziv, N. Tishby, "Opening the black box of deep neural networks via information",
 * 2017, who cut tanh in 30 bins from −1 to 1. Their code has one bin fewer, by the edges' number.
 *
 * @param samples Outputs of the units, at least one sample.
 * @param options Options, as {@linkcode EqualWidthOptions} describes them.
 * @returns An error for bins that are not an integer of at least 1, for a range that is not one, and
 * for samples that are none.
 *
 * @example
 * ```ts
 * import { equalWidthBins } from "./binning.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const samples = { count: 5, width: 1, values: Float32Array.of(-2, -1, 0, 0.5, 1) };
 * const codes = equalWidthBins(samples, { bins: 4, low: -1, high: 1 });
 * assertEquals(codes, E.right(Int32Array.of(0, 0, 2, 3, 3)));
 * ```
 */
export function equalWidthBins(samples: Samples, options: EqualWidthOptions): BinCodes {
  const problem = checkBins(samples, options.bins) ?? checkRange(options);
  if (problem !== null) return E.left(problem);
  const { bins } = options;
  const observed = rangeOf(samples.values);
  const [low, high] = [options.low ?? observed.low, options.high ?? observed.high];
  if (!Number.isFinite((high - low) * bins)) {
    return E.left(
      invalidOption("high", high, `a range of which ${bins} times the width is finite`),
    );
  }
  const codes = new Int32Array(samples.values.length);
  if (high <= low) return E.right(codes);
  for (let i = 0; i < codes.length; i++) {
    const bin = Math.floor((samples.values[i] - low) * bins / (high - low));
    codes[i] = Math.min(bins - 1, Math.max(0, bin));
  }
  return E.right(codes);
}

/**
 * Bins of the same mass, of each unit by itself: ⌊bins·(the samples below t) / n⌋.
 *
 * Where a unit's numbers all differ, bins hold the same number of samples, give or take one. Equal
 * numbers share the bin of the lowest rank among them: the zeros of relu are all in bin 0, and the bins
 * that they would have filled stay empty. Any rising function of a unit leaves its bins as they are.
 *
 * @param samples Outputs of the units, at least one sample.
 * @param options Options, as {@linkcode EqualMassOptions} describes them.
 * @returns An error for bins that are not an integer of at least 1, and for samples that are none.
 *
 * @example
 * ```ts
 * import { equalMassBins } from "./binning.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const samples = { count: 6, width: 1, values: Float32Array.of(9, 0, 1, 0, 0, 0) };
 * assertEquals(equalMassBins(samples, { bins: 3 }), E.right(Int32Array.of(2, 0, 2, 0, 0, 0)));
 * ```
 */
export function equalMassBins(samples: Samples, { bins }: EqualMassOptions): BinCodes {
  const problem = checkBins(samples, bins);
  if (problem !== null) return E.left(problem);
  const { count, width, values } = samples;
  const codes = new Int32Array(values.length);
  const sorted = new Float64Array(count);
  for (let unit = 0; unit < width; unit++) {
    for (let i = 0; i < count; i++) sorted[i] = values[i * width + unit];
    sorted.sort();
    for (let at = unit; at < codes.length; at += width) {
      codes[at] = Math.floor(bins * numberBelow(values[at], sorted) / count);
    }
  }
  return E.right(codes);
}

/**
 * A layer's place in the information plane, from its bins: I(X; T) = H(T) and I(T; Y), T being the bins
 * of all units together.
 *
 * Of more than a few units the bins of each sample are its own, and then I(X; T) = log₂ n and
 * I(T; Y) = H(Y), whatever the network has learned.
 *
 * Source: R. Shwartz-Ziv, N. Tishby, 2017; that I(X; T) depends on the bins and not on the network is
 * A. M. Saxe et al., "On the information bottleneck theory of deep learning", 2018.
 *
 * @param samples Outputs of the layer: T.
 * @param labels Y, one number per sample.
 * @param options Options, as {@linkcode BinnedInformationOptions} describes them.
 * @returns Bits; an error where {@linkcode equalWidthBins} returns one, and for more or fewer labels than
 * samples.
 *
 * @example
 * ```ts
 * import { binnedInformation } from "./binning.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const samples = { count: 4, width: 2, values: Float32Array.of(0, 0, 0, 9, 9, 0, 9, 9) };
 * const plane = binnedInformation(samples, [1, 1, 2, 2], { bins: 2 });
 * assertEquals(plane, E.right({ input: 2, label: 1 }));
 * ```
 */
export const binnedInformation = (
  samples: Samples,
  labels: ArrayLike<number>,
  options: BinnedInformationOptions,
): E.Either<InvalidOption, LayerInformation> =>
  pipe(
    options.equal === "mass" ? equalMassBins(samples, options) : equalWidthBins(samples, options),
    E.chain((codes) =>
      layerInformation(symbolsOfRows(codes, samples.width), labels, options.correction)
    ),
  );

/** Bins that an Int32Array can number. */
const someBins: Range = {
  holds: (value) => Number.isInteger(value) && value >= 1 && value <= 2 ** 31,
  words: "an integer from 1 to 2^31",
};

const checkBins = (samples: Samples, bins: number): InvalidOption | null =>
  checkSamples("samples", samples) ?? checkRanges({ bins: [bins, someBins] });

function checkRange({ low, high }: EqualWidthOptions): InvalidOption | null {
  for (const [name, bound] of Object.entries({ low, high })) {
    if (bound !== undefined && !Number.isFinite(bound)) {
      return invalidOption(name, bound, "a finite number");
    }
  }
  return low !== undefined && high !== undefined && low >= high
    ? invalidOption("high", high, `a number above low, ${low}`)
    : null;
}

function rangeOf(values: ArrayLike<number>): { readonly low: number; readonly high: number } {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    low = Math.min(low, values[i]);
    high = Math.max(high, values[i]);
  }
  return { low, high };
}
