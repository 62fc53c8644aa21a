/**
 * Whitening: samples made to vary equally in all directions.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import type { InvalidOption } from "../../graph/error.ts";
import { exactPca } from "../information/components/pca.ts";
import type { Samples } from "../information/samples.ts";
import { checkRanges, positive } from "../ranges.ts";

/**
 * The symmetric matrix Z that whitens samples: of their covariance C = U Λ Uᵀ it is U (Λ + ε)^(−½) Uᵀ,
 * over the directions in which they vary at all (ZCA). It is found from all samples at once, by
 * eigenvectors, and so is not local.
 *
 * Source: A. Coates, A. Y. Ng, "Learning feature representations with k-means", 2012.
 *
 * @param samples At least two.
 * @param epsilon What is added to each variance, above 0: directions of less variance are damped.
 * @returns width × width numbers; `InvalidOption` for an epsilon out of range, or samples that are none.
 *
 * @example
 * ```ts
 * import { whitening } from "./whitening.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * // Variances of 2/3 and 0.
 * const values = Float32Array.of(-1, 5, 1, 5, -1, 5, 1, 5);
 * const matrix = whitening({ count: 4, width: 2, values }, 1 / 3);
 * if (E.isLeft(matrix)) throw new Error(matrix.left.actual);
 * // (4/3 + 1/3)^(−½)
 * assertEquals(Array.from(matrix.right, (x) => x.toFixed(3)), ["0.775", "0.000", "0.000", "0.000"]);
 * ```
 */
export function whitening(
  samples: Samples,
  epsilon: number,
): E.Either<InvalidOption, Float32Array> {
  const bad = checkRanges({ epsilon: [epsilon, positive] });
  if (bad !== null) return E.left(bad);
  return E.map(({ width, kept, components, explainedVariance }: {
    readonly width: number;
    readonly kept: number;
    readonly components: Float64Array;
    readonly explainedVariance: Float64Array;
  }) => {
    const matrix = new Float64Array(width * width);
    for (let c = 0; c < kept; c++) {
      const direction = components.subarray(c * width, (c + 1) * width);
      const factor = 1 / Math.sqrt(explainedVariance[c] + epsilon);
      for (let i = 0; i < width; i++) {
        const scaled = factor * direction[i];
        for (let j = 0; j < width; j++) matrix[i * width + j] += scaled * direction[j];
      }
    }
    return Float32Array.from(matrix);
  })(exactPca(samples, samples.width));
}
