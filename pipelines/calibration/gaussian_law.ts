/**
 * Correlated Gaussians by their information.
 *
 * @module
 */
import type { Rng } from "../../graph/rng.ts";
import type { Samples } from "../../ops/information/samples.ts";
import { gaussianPairs } from "../../ops/information/neural/gaussian_pairs.ts";

/** Samples of two continuous variables. */
export interface ContinuousPairs {
  /** Standard normal in each unit. */
  readonly x: Samples;
  /** As many of the same width. */
  readonly y: Samples;
}

/**
 * The correlation ρ = √(1 − 2^(−2I/d)) of each of d units of x with the same unit of y at which both
 * have I bits of each other: the inverse of `correlationInformation`.
 *
 * @example
 * ```ts
 * import { correlationOf } from "./gaussian_law.ts";
 * import { correlationInformation } from "../../ops/information/neural/gaussian_pairs.ts";
 * import { assertAlmostEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertAlmostEquals(correlationInformation(5, correlationOf(5, 2)), 2, 1e-12);
 * ```
 */
export const correlationOf = (dimension: number, bits: number): number =>
  Math.sqrt(-Math.expm1(-2 * Math.LN2 * bits / dimension));

/** Samples of x ~ N(0, I) and y = ρx + √(1 − ρ²)e, which have the given bits of each other. */
export function drawPairs(
  dimension: number,
  bits: number,
  count: number,
  rng: Rng,
): ContinuousPairs {
  const [{ x, y }] = gaussianPairs(dimension, correlationOf(dimension, bits)).draw(count, rng);
  return { x: { count, width: dimension, values: x }, y: { count, width: dimension, values: y } };
}
