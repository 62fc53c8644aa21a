/**
 * The information plane by binning.
 *
 * @module
 */
import { E, pipe, TE } from "../../../graph/fp_ts.ts";
import type { InvalidOption } from "../../../graph/error.ts";
import type { Embeddings } from "../../embeddings.ts";
import { checkRanges, integerFrom } from "../../ranges.ts";
import { equalMassBins, equalWidthBins } from "../discrete/binning.ts";
import { layerInformation } from "../discrete/mutual_information.ts";
import { symbolsOfCodes, symbolsOfRows } from "../discrete/symbols.ts";
import { inputBound, pointOf } from "./codes.ts";
import type { PlaneEstimator, PlaneTask } from "./estimator.ts";
import { layerSamples } from "./layer_samples.ts";

/** Options of {@linkcode binnedPlane}. */
export interface BinnedPlaneOptions {
  /** Bins per unit, at least 2; 30. */
  readonly bins?: number;
  /**
   * "width": of equal width from the layer's least to its greatest output; "mass": of equally many
   * samples, by unit. "width" by default.
   */
  readonly equal?: "width" | "mass";
}

/**
 * Bins every unit's output, takes the bins of all units together as one symbol, and counts. Codes are
 * symbols as they are.
 *
 * With many units nearly every sample has bins of its own and both informations saturate, as those of
 * `codesPlane` do: at most log₂ n for I(X;T), H(Y) for I(T;Y). It suits layers of a few units, as in
 * its source; what it says of a saturating activation, such as tanh, need not hold of a relu.
 *
 * Source: R. Shwartz-Ziv, N. Tishby, "Opening the black box of deep neural networks via information",
 * 2017, arXiv:1703.00810; A. Saxe et al., "On the information bottleneck theory of deep learning",
 * ICLR 2018, on what the bins do to it.
 *
 * @example
 * ```ts
 * import { binnedPlane } from "./binned.ts";
 * import { E } from "../../../graph/fp_ts.ts";
 * import { seed } from "../../../graph/rng.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const layer = { kind: "dense", count: 4, width: 1, values: Float32Array.of(0, 1, 9, 10) } as const;
 * const task = await binnedPlane({ bins: 2 }).prepare(layer, [0, 0, 1, 1], seed(1))();
 * if (E.isLeft(task)) throw new Error("no task");
 * assertEquals(
 *   await task.right.locate(layer)(),
 *   E.right({ input: 1, label: 1, varianceKept: null }),
 * );
 * ```
 */
export function binnedPlane(
  { bins = 30, equal = "width" }: BinnedPlaneOptions = {},
): PlaneEstimator {
  const binned = equal === "width" ? equalWidthBins : equalMassBins;
  const symbolsOf = (layer: Embeddings): E.Either<InvalidOption, Int32Array> =>
    layer.kind === "binary" ? E.right(symbolsOfCodes(layer)) : pipe(
      binned(layerSamples(layer), { bins }),
      E.map((codes) => symbolsOfRows(codes, layer.width)),
    );
  return {
    name: equal === "width" ? "bins" : "mass_bins",
    problem: checkRanges({ bins: [bins, integerFrom(2)] }),
    prepare: (inputs, labels) =>
      TE.fromEither(pipe(
        inputBound(inputs),
        E.map((inputEntropy): PlaneTask => ({
          inputEntropy,
          inputVarianceKept: null,
          locate: (layer) =>
            TE.fromEither(pipe(
              symbolsOf(layer),
              E.chain((symbols) => layerInformation(symbols, labels)),
              E.map(pointOf),
            )),
        })),
      )),
  };
}
