/**
 * The mutual information of discrete variables, from samples.
 *
 * @module
 */
import { E, pipe } from "../../../graph/fp_ts.ts";
import { type InvalidOption, invalidOption } from "../../../graph/error.ts";
import { type EntropyCorrection, entropyOfCounts } from "./entropy.ts";
import { checkPairs, type Estimate } from "../samples.ts";
import { jointSymbols, symbolCounts, symbolsOfLabels } from "./symbols.ts";

/**
 * I(X; Y) = H(X) + H(Y) − H(X, Y) of two discrete variables, in bits.
 *
 * Without correction it is the plug-in value, which is too high by about
 * (|X| − 1)(|Y| − 1) / (2n ln 2) bits where X and Y take |X| and |Y| values, and which no n samples
 * bring above log₂ n: a variable that is different in each sample seems to tell all about any other.
 * Where T = f(X) without noise and all X are different, I(X; T) is H(T) of the sample exactly.
 *
 * @param x One number per sample; only their being equal matters.
 * @param y As many.
 * @param correction Of each of the three entropies; none by default.
 * @returns At least 0 and at most either entropy without correction. Corrected values are not clipped:
 * of independent variables they scatter around 0. An error for no samples, or for different numbers.
 *
 * @example
 * ```ts
 * import { mutualInformation } from "./mutual_information.ts";
 * import { E } from "../../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(mutualInformation([0, 1, 2, 3], [7, 7, 8, 8]), E.right(1));
 * assertEquals(mutualInformation([0, 0, 1, 1], [0, 1, 0, 1]), E.right(0));
 * ```
 */
export const mutualInformation = (
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  correction: EntropyCorrection = "none",
): Estimate =>
  pipe(
    entropies(x, y, correction),
    E.map((h) => notBelowZero(h.x + h.y - h.joint, correction)),
  );

/**
 * H(Y | X) = H(X, Y) − H(X) of two discrete variables, in bits: what is not known of Y once X is.
 *
 * @param y One number per sample; only their being equal matters.
 * @param x As many: what is given.
 * @param correction Of both entropies; none by default.
 * @returns At least 0 and at most H(Y) without correction; corrected values are not clipped. An error
 * for no samples, or for different numbers.
 *
 * @example
 * ```ts
 * import { conditionalEntropy } from "./mutual_information.ts";
 * import { E } from "../../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const [y, x] = [[0, 1, 2, 3], [7, 7, 8, 8]];
 * assertEquals(conditionalEntropy(y, x), E.right(1));
 * assertEquals(conditionalEntropy(x, y), E.right(0));
 * ```
 */
export const conditionalEntropy = (
  y: ArrayLike<number>,
  x: ArrayLike<number>,
  correction: EntropyCorrection = "none",
): Estimate =>
  pipe(
    entropies(x, y, correction),
    E.map((h) => notBelowZero(h.joint - h.x, correction)),
  );

/** Where a layer T of inputs X with labels Y stands in the information plane. */
export interface LayerInformation {
  /** I(X; T) in bits. */
  readonly input: number;
  /** I(T; Y) in bits. */
  readonly label: number;
}

/**
 * A layer's place in the information plane, from its symbols: bins, clusters or binary codes.
 *
 * Assumes that the layer is a function of the input without noise and that no input occurs twice: then
 * I(X; T) = H(T). It saturates at log₂ n once the symbols of all n samples differ, as those of a wide
 * layer do.
 *
 * @param symbols T of each sample, as of symbolsOfRows or symbolsOfCodes.
 * @param labels Y of each sample.
 * @param correction Of the entropies; none by default.
 * @returns An error for no samples, or for different numbers.
 *
 * @example
 * ```ts
 * import { layerInformation } from "./mutual_information.ts";
 * import { E } from "../../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(layerInformation([0, 1, 2, 3], [7, 7, 8, 8]), E.right({ input: 2, label: 1 }));
 * ```
 */
export const layerInformation = (
  symbols: ArrayLike<number>,
  labels: ArrayLike<number>,
  correction: EntropyCorrection = "none",
): E.Either<InvalidOption, LayerInformation> =>
  pipe(
    entropies(symbols, labels, correction),
    E.map((h) => ({ input: h.x, label: notBelowZero(h.x + h.y - h.joint, correction) })),
  );

/** Rounding takes a plug-in value below 0; what a correction takes there is its estimate. */
const notBelowZero = (bits: number, correction: EntropyCorrection): number =>
  correction === "none" ? Math.max(0, bits) : bits;

function entropies(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  correction: EntropyCorrection,
): E.Either<InvalidOption, { readonly x: number; readonly y: number; readonly joint: number }> {
  if (x.length === 0) return E.left(invalidOption("x", "0 samples", "at least 1"));
  const problem = checkPairs({ name: "x", count: x.length }, { name: "y", count: y.length });
  if (problem !== null) return E.left(problem);
  const of = (symbols: Int32Array) => entropyOfCounts(symbolCounts(symbols), correction);
  return E.right({
    x: of(symbolsOfLabels(x)),
    y: of(symbolsOfLabels(y)),
    joint: of(jointSymbols(x, y)),
  });
}
