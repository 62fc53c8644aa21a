/**
 * Entropy and mutual information of discrete variables, from samples, and the greatest accuracy that a number of bits
 * allows.
 *
 * @module
 */
import { E, pipe } from "../../graph/fp_ts.ts";
import { type InvalidOption, invalidOption } from "../../graph/error.ts";
import { checkPairs, type Estimate } from "./samples.ts";
import { jointSymbols, symbolCounts, symbolsOfLabels } from "./symbols.ts";
import { checkRanges, integerFrom, type Range } from "../ranges.ts";

// ---- Entropy

/**
 * Correction of the plug-in entropy's bias. Over n samples of m equally likely symbols it is too low by about (m − 1) /
 * (2n) nats.
 *
 * - `none`: the plug-in entropy −Σ p log₂ p of the observed frequencies p;
 * - `miller_madow`: plus (m − 1) / (2n) nats, m being the symbols that were seen;
 * - `jackknife`: n·H − (n − 1)·⟨H without one sample⟩, the mean being over all samples.
 *
 * Sources: G. A. Miller, "Note on the bias of information estimates", 1955; S. Zahl, "Jackknifing an
 * index of diversity", 1977.
 */
export type EntropyCorrection = "none" | "miller_madow" | "jackknife";

/**
 * The entropy of a discrete variable in bits: of labels, of clusters, or of a layer's codes.
 *
 * @param symbols One number per sample; only their being equal matters.
 * @param correction Correction of the bias. @default "none"
 * @returns At least 0, and without correction at most log₂ n and the logarithm of the distinct symbols;
 * or, for no samples, an error. A corrected entropy may pass both limits.
 *
 * @example
 * ```ts
 * import { entropy } from "./discrete.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(entropy([3, 1, 3, 1]), E.right(1));
 * assertEquals(entropy([3, 1, 3, 1], "miller_madow"), E.right(1 + 1 / (2 * 4 * Math.LN2)));
 * ```
 */
export function entropy(
  symbols: ArrayLike<number>,
  correction: EntropyCorrection = "none",
): Estimate {
  return symbols.length === 0
    ? E.left(invalidOption("symbols", "0 samples", "at least 1"))
    : E.right(entropyOfCounts(symbolCounts(symbolsOfLabels(symbols)), correction));
}

/**
 * Computes the {@linkcode entropy} of symbols from their numbers of occurrences.
 *
 * @param counts Number of occurrences of each symbol, integers of at least 0; in total n.
 * @param correction Correction of the bias. @default "none"
 * @returns Bits; 0 for n = 0.
 *
 * @example
 * ```ts
 * import { entropyOfCounts } from "./discrete.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(entropyOfCounts([2, 1, 1, 0]), 1.5);
 * ```
 */
export function entropyOfCounts(
  counts: ArrayLike<number>,
  correction: EntropyCorrection = "none",
): number {
  const seen = Array.from(counts).filter((count) => count > 0);
  const n = seen.reduce((sum, count) => sum + count, 0);
  switch (correction) {
    case "none":
      return plugIn(seen, n);
    case "miller_madow":
      return plugIn(seen, n) + Math.max(0, seen.length - 1) / (2 * Math.max(1, n)) / Math.LN2;
    case "jackknife":
      return jackknife(seen, n);
  }
}

function plugIn(counts: readonly number[], n: number): number {
  let sum = 0;
  for (const count of counts) sum -= count / n * Math.log2(count / n);
  return sum;
}

/**
 * Σ (c / n)·(g(n) − g(c)) with g(m) = m ln m − (m − 1) ln(m − 1) and g(1) = 0, in bits.
 *
 * With S = Σ c ln c, H = ln n − S / n, and without a sample of a symbol seen c times
 * H₋ = ln(n − 1) − (S − g(c)) / (n − 1). In n·H − (n − 1)·Σ (c / n)·H₋ the two S cancel.
 */
function jackknife(counts: readonly number[], n: number): number {
  const all = growth(n);
  let sum = 0;
  for (const count of counts) sum += count / n * (all - growth(count));
  return sum / Math.LN2;
}

/** g(m), without the difference of two large numbers. */
const growth = (m: number): number => m <= 1 ? 0 : Math.log(m) + (m - 1) * Math.log1p(1 / (m - 1));

// ---- Mutual information

/**
 * I(X; Y) = H(X) + H(Y) − H(X, Y) of two discrete variables, in bits.
 *
 * Without correction it is the plug-in value, which is too high by about
 * (|X| − 1)(|Y| − 1) / (2n ln 2) bits where X and Y take |X| and |Y| values, and which no n samples
 * bring above log₂ n: a variable that is different in each sample seems to tell all about any other.
 * Where T = f(X) without noise and all X are different, I(X; T) is H(T) of the sample exactly.
 *
 * @param x One number per sample; only their being equal matters.
 * @param y Symbols of Y, as many.
 * @param correction Correction of the bias of each of the three entropies. @default "none"
 * @returns At least 0 and at most either entropy without correction. Corrected values are not clipped:
 * of independent variables they scatter around 0. An error for no samples, or for different numbers.
 *
 * @example
 * ```ts
 * import { mutualInformation } from "./discrete.ts";
 * import { E } from "../../graph/fp_ts.ts";
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
 * Computes H(Y | X) = H(X, Y) − H(X) of two discrete variables, in bits: the uncertainty of Y once X is known.
 *
 * @param y One number per sample; only their being equal matters.
 * @param x Symbols of the given variable, as many.
 * @param correction Correction of the bias of both entropies. @default "none"
 * @returns At least 0 and at most H(Y) without correction; corrected values are not clipped. An error
 * for no samples, or for different numbers.
 *
 * @example
 * ```ts
 * import { conditionalEntropy } from "./discrete.ts";
 * import { E } from "../../graph/fp_ts.ts";
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

/** Position of a layer T of inputs X with labels Y in the information plane. */
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
 * @param correction Correction of the bias of the entropies. @default "none"
 * @returns An error for no samples, or for different numbers.
 *
 * @example
 * ```ts
 * import { layerInformation } from "./discrete.ts";
 * import { E } from "../../graph/fp_ts.ts";
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

/** Rounding makes a plug-in value negative; a correction's negative value is its estimate. */
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

// ---- Accuracy

/**
 * The highest accuracy that any classifier of T can have where I(T; Y) bits are known of one of
 * `classes` equally frequent classes. It is the a in [1 / classes, 1] with
 *
 * I = log₂ classes − h(a) − (1 − a) log₂(classes − 1), h(a) = −a log₂ a − (1 − a) log₂(1 − a).
 *
 * That is Fano's inequality, H(Y | T) ≤ h(a) + (1 − a) log₂(classes − 1), with equality. An upper
 * bound, which is reached where all wrong classes are equally likely, and not a forecast.
 *
 * Source: R. M. Fano, "Transmission of information", 1961; T. M. Cover, J. A. Thomas, "Elements of
 * information theory", 1991, chapter 2.
 *
 * @param bits I(T; Y). What is below 0, as estimates may be, counts as 0; from log₂ classes on the
 * accuracy is 1.
 * @param classes At least 2.
 * @returns The accuracy, to some 1e-15; an error for a NaN or for fewer classes.
 *
 * @example
 * ```ts
 * import { fanoAccuracy } from "./discrete.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(fanoAccuracy(0, 10), E.right(0.1));
 * assertEquals(fanoAccuracy(Math.log2(10), 10), E.right(1));
 * ```
 */
export function fanoAccuracy(bits: number, classes: number): Estimate {
  const problem = checkRanges({ bits: [bits, aNumber], classes: [classes, integerFrom(2)] });
  if (problem !== null) return E.left(problem);
  if (bits <= 0) return E.right(1 / classes);
  if (bits >= Math.log2(classes)) return E.right(1);
  let [low, high] = [0, 1 - 1 / classes];
  for (let middle = (low + high) / 2; low < middle && middle < high; middle = (low + high) / 2) {
    if (bitsAbove(middle, classes) < bits) low = middle;
    else high = middle;
  }
  return E.right(1 / classes + low);
}

/**
 * {@linkcode fanoAccuracy} as the reference computes it: from a grid of `resolution` accuracies
 * a = 1 / classes + i·(1 − 1 / classes) / resolution, i from 0 on, and of their bits. The result is the
 * accuracy after the last whose bits are not above the given ones, and at most the last of the grid.
 *
 * It is therefore too high by up to one step, says more than chance for 0 bits, and never says 1. Use
 * it to compare with figures of pytorch-mighty only.
 *
 * Source: AccuracyFromMutualInfo of dizcza/pytorch-mighty.
 *
 * @param bits I(T; Y).
 * @param classes At least 2.
 * @param resolution Steps from chance to 1, at least 1; 100 by default.
 * @returns The accuracy; 1 / classes below 0 bits. An error for a NaN or for numbers below these.
 *
 * @example
 * ```ts
 * import { gridAccuracy } from "./discrete.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(gridAccuracy(0, 2), E.right(0.505));
 * assertEquals(gridAccuracy(1, 2), E.right(0.995));
 * ```
 */
export function gridAccuracy(bits: number, classes: number, resolution = 100): Estimate {
  const problem = checkRanges({
    bits: [bits, aNumber],
    classes: [classes, integerFrom(2)],
    resolution: [resolution, integerFrom(1)],
  });
  if (problem !== null) return E.left(problem);
  const step = (1 - 1 / classes) / resolution;
  let edges = 0;
  while (edges < resolution && bitsAbove(edges * step, classes) <= bits) edges++;
  return E.right(1 / classes + Math.min(edges, resolution - 1) * step);
}

const aNumber: Range = { holds: (value) => !Number.isNaN(value), words: "a number" };

/**
 * Computes the least information, in bits, that an accuracy of `gain` above chance requires. Fano's expression is the
 * divergence of (a, 1 − a) from (1 / classes, 1 − 1 / classes), which is exact near chance too: 0 there.
 */
function bitsAbove(gain: number, classes: number): number {
  const a = 1 / classes + gain;
  const right = a * Math.log1p(gain * classes);
  const fewer = gain * classes / (classes - 1);
  const wrong = a >= 1 || fewer >= 1 ? 0 : (1 - a) * Math.log1p(-fewer);
  return (right + wrong) / Math.LN2;
}
