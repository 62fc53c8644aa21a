/**
 * Principal components by the method that suits.
 *
 * @module
 */
import type { Samples } from "../samples.ts";
import { exactPca, type PcaResult } from "./pca.ts";
import { randomisedPca, type RandomisedPcaOptions } from "./randomised_pca.ts";

/** How {@linkcode principalComponents} finds components. */
export interface PrincipalComponentsOptions extends RandomisedPcaOptions {
  /** How many at most, at least 1. */
  readonly components: number;
  /**
   * `exact` is {@linkcode exactPca}, `randomised` {@linkcode randomisedPca}. `auto`, the default, is
   * exact up to 256 samples or units, whichever are fewer, and where more than a third of all components
   * are wanted; else randomised.
   */
  readonly method?: "auto" | "exact" | "randomised";
}

/** So large an eigenproblem is solved in 0.1 s. */
const SMALL = 256;

/**
 * The principal components of samples: fewer, uncorrelated units, for estimators that cannot take many.
 *
 * Processor time measured on a machine that was busy four times over, MNIST to 64 components: 0.42 s for
 * 1,000 images, 0.56 s for 2,000, 0.70 s for 5,000 and 1.3 s for 10,000 at random, 2.4 s exactly for 5,000.
 *
 * @param samples At least two.
 *
 * @example
 * ```ts
 * import { principalComponents } from "./principal_components.ts";
 * import { E } from "../../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * // Two units that are copies of each other have one component.
 * const samples = { count: 3, width: 2, values: Float32Array.of(0, 0, 1, 1, 2, 2) };
 * const kept = E.map(({ kept }: { kept: number }) => kept)(principalComponents(samples, { components: 64 }));
 * assertEquals(kept, E.right(1));
 * ```
 */
export function principalComponents(
  samples: Samples,
  { components, method = "auto", ...options }: PrincipalComponentsOptions,
): PcaResult {
  const all = Math.min(samples.count, samples.width);
  const exact = method === "exact" || (method === "auto" && (all <= SMALL || components > all / 3));
  return exact ? exactPca(samples, components) : randomisedPca(samples, components, options);
}
