/**
 * The entropy of a discrete variable, from samples.
 *
 * @module
 */
import { E } from "../../../graph/fp_ts.ts";
import { invalidOption } from "../../../graph/error.ts";
import type { Estimate } from "../samples.ts";
import { symbolCounts, symbolsOfLabels } from "./symbols.ts";

/**
 * What is done about the plug-in entropy's bias. Over n samples of m equally likely symbols it is too
 * low by about (m − 1) / (2n) nats.
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
 * @param correction Of the bias; none by default.
 * @returns At least 0, and without correction at most log₂ n and the logarithm of the distinct symbols;
 * or, for no samples, an error. A corrected entropy may pass both limits.
 *
 * @example
 * ```ts
 * import { entropy } from "./entropy.ts";
 * import { E } from "../../../graph/fp_ts.ts";
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
 * {@linkcode entropy} of symbols of which only the numbers are known.
 *
 * @param counts How often each was seen, integers of at least 0; in total n.
 * @returns Bits; 0 for n = 0.
 *
 * @example
 * ```ts
 * import { entropyOfCounts } from "./entropy.ts";
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
