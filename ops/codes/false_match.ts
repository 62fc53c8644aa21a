/**
 * Probability that unrelated codes match.
 *
 * Source: S. Ahmad, J. Hawkins, "Properties of Sparse Distributed Representations and their Application
 * to Hierarchical Temporal Memory", arXiv:1503.07469, 2015: of all codes with b of n units, those that
 * share exactly j of a given a units are C(a, j) · C(n − a, b − j). This is the upper tail of the
 * hypergeometric distribution.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import { type InvalidOption, invalidOption } from "../../graph/error.ts";
import { MOST_UNITS } from "./codes.ts";

/** Sizes of two codes, and the overlap from which on they match. */
export interface Match {
  /** Units of a code: n, from 1 to 2²⁴. */
  readonly units: number;
  /** Units that the one has: a, from 0 to n. Fewer than the other's where it is subsampled. */
  readonly first: number;
  /** Units that the other has: b, from 0 to n. */
  readonly second: number;
  /** The overlap from which on they match: θ, at least 0. */
  readonly threshold: number;
}

/**
 * Computes ln P(overlap ≥ θ) of a given code and a random one: the natural logarithm of a probability.
 *
 *     P = Σ_{j ≥ θ} C(a, j) · C(n − a, b − j) / C(n, b)
 *
 * Each term is the one before it times a ratio of four integers, all terms are positive and they are
 * summed relative to the largest: nothing cancels, overflows or underflows, whatever the numbers. The
 * relative error of P is some 1e-16 for each unit of the smaller code.
 *
 * @param match Sizes of the codes, and the threshold.
 * @returns At most 0; −Infinity where no such overlap can be. `InvalidOption` where a number is out of
 * its range.
 *
 * @example
 * ```ts
 * import { logMatchProbability } from "./false_match.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { assertAlmostEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * // Two codes of 2 of 4 units: of six, one shares both units, four share one.
 * const log = orThrow(logMatchProbability({ units: 4, first: 2, second: 2, threshold: 1 }));
 * assertAlmostEquals(Math.exp(log), 5 / 6, 1e-15);
 * ```
 */
export function logMatchProbability(match: Match): E.Either<InvalidOption, number> {
  const { units: n, first: a, second: b, threshold } = match;
  for (
    const [option, least, most] of [
      ["units", 1, MOST_UNITS],
      ["first", 0, n],
      ["second", 0, n],
      ["threshold", 0, Number.MAX_SAFE_INTEGER],
    ] as const
  ) {
    const value = match[option];
    if (!Number.isInteger(value) || value < least || value > most) {
      return E.left(invalidOption(option, value, `an integer from ${least} to ${most}`));
    }
  }
  const [least, most] = [Math.max(0, a + b - n), Math.min(a, b)];
  if (threshold > most) return E.right(-Infinity);
  // A sum over all overlaps is 1, and need not be found out.
  if (threshold <= least) return E.right(0);
  const log = logTerm(n, Math.min(a, b), Math.max(a, b), threshold);
  // Terms relative to the first, with their own power taken out where they grow large.
  let [sum, term, power] = [1, 1, 0];
  for (let j = threshold; j < most && term > 1e-20 * sum; j++) {
    term *= (a - j) * (b - j) / ((j + 1) * (n - a - b + j + 1));
    sum += term;
    if (sum > 1e200) {
      power += Math.log(sum);
      term /= sum;
      sum = 1;
    }
  }
  return E.right(Math.min(0, log + power + Math.log(sum)));
}

/**
 * Computes P(overlap ≥ θ) of a given code and a random one; 0 where it is below 5e-324, in which case {@linkcode
 * logMatchProbability} is still finite.
 *
 * @param match Sizes of the codes, and the threshold.
 */
export const matchProbability = (match: Match): E.Either<InvalidOption, number> =>
  E.map(Math.exp)(logMatchProbability(match));

/**
 * The probability that at least one of many random codes matches: 1 − (1 − P)^M, at most M · P.
 *
 * @param match Sizes of the codes, and the threshold.
 * @param codes Number of codes: M, at least 0.
 * @returns A probability in [0, 1]; `InvalidOption` as {@linkcode logMatchProbability} has it.
 */
export const anyMatchProbability = (
  match: Match,
  codes: number,
): E.Either<InvalidOption, number> =>
  codes >= 0
    ? E.map((log: number) => codes === 0 ? 0 : -Math.expm1(codes * Math.log1p(-Math.exp(log))))(
      logMatchProbability(match),
    )
    : E.left(invalidOption("codes", codes, "a number of at least 0"));

/** One row of {@linkcode falseMatchTable}. */
export interface FalseMatches {
  /** The overlap from which on codes match. */
  readonly threshold: number;
  /** log₁₀ of the probability that two unrelated codes match. */
  readonly log10: number;
  /** The largest part of a code's units that may move with the code still being recognised. */
  readonly noise: number;
}

/**
 * Tabulates the match thresholds of codes of one size: false matches against tolerance to noise.
 *
 * @param units Units of a code: n.
 * @param active Active units of a code, from 1 to n.
 * @returns One row for each threshold from 1 to `active`; `InvalidOption` where a number is out of its
 * range.
 *
 * @example
 * ```ts
 * import { falseMatchTable } from "./false_match.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const table = orThrow(falseMatchTable(512, 26));
 * // Half of the units may move, and one unrelated code in some hundred billion matches.
 * const { threshold, noise, log10 } = table[12];
 * assertEquals([threshold, noise, Math.round(log10)], [13, 0.5, -11]);
 * ```
 */
export function falseMatchTable(
  units: number,
  active: number,
): E.Either<InvalidOption, readonly FalseMatches[]> {
  if (!Number.isInteger(active) || active < 1) {
    return E.left(invalidOption("active", active, "an integer of at least 1"));
  }
  const rows: FalseMatches[] = [];
  for (let threshold = 1; threshold <= active; threshold++) {
    const log = logMatchProbability({ units, first: active, second: active, threshold });
    if (E.isLeft(log)) return log;
    rows.push({ threshold, log10: log.right / Math.LN10, noise: 1 - threshold / active });
  }
  return E.right(rows);
}

/**
 * ln P(overlap = j) for a ≤ b, as a product of a factors: with [x]ₖ = x (x − 1) … (x − k + 1),
 *
 *     C(a, j) · [b]ⱼ · [n − b]ₐ₋ⱼ / [n]ₐ
 *
 * Unlike three logarithms of binomial coefficients, each in the thousands, these do not cancel.
 */
const logTerm = (n: number, a: number, b: number, j: number): number =>
  logProduct(j, (i) => (a - i) / (i + 1) * ((b - i) / (n - i))) +
  logProduct(a - j, (i) => (n - b - i) / (n - j - i));

/** The logarithm of a product of positive numbers, taken now and then so that it stays in range. */
function logProduct(count: number, factor: (i: number) => number): number {
  let [product, log] = [1, 0];
  for (let i = 0; i < count; i++) {
    product *= factor(i);
    if (product > 1e-200 && product < 1e200) continue;
    log += Math.log(product);
    product = 1;
  }
  return log + Math.log(product);
}
