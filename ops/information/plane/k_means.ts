/**
 * The information plane by k-means quantisation.
 *
 * @module
 */
import { E, pipe, TE } from "../../../graph/fp_ts.ts";
import type { InvalidOption } from "../../../graph/error.ts";
import type { Rng } from "../../../graph/rng.ts";
import { checkRanges, integerFrom } from "../../ranges.ts";
import { entropy } from "../discrete/entropy.ts";
import { quantise } from "../clusters/kmeans.ts";
import { mutualInformation } from "../discrete/mutual_information.ts";
import type { Samples } from "../samples.ts";
import { type PlaneEstimator, planePoint, type PlaneTask } from "./estimator.ts";
import { layerSamples } from "./layer_samples.ts";

/** Options of {@linkcode kMeansPlane}. */
export interface KMeansPlaneOptions {
  /** Clusters of the input, and of each layer; at least 2; 20. */
  readonly clusters?: number;
}

/**
 * Quantises the input and each layer by k-means on their own, and counts: the plug-in informations
 * of cluster and cluster, of cluster and label.
 *
 * Bounded by the logarithm of the clusters: with 20, I(X;T) by 4.32 bits. That is of the quantised
 * variables, and so a lower bound but for the plug-in bias, about (20 − 1)² / (2 n ln 2) bits for
 * I(X;T), 0.13 at n = 2,000; for I(T;Y) of ten classes half of that.
 *
 * Source: MutualInfoKMeans of dizcza/pytorch-mighty, mighty/monitor/mutual_info/kmeans.py, which is
 * its default.
 *
 * @example
 * ```ts
 * import { kMeansPlane } from "./k_means.ts";
 * import { E } from "../../../graph/fp_ts.ts";
 * import { seed } from "../../../graph/rng.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const values = Float32Array.of(0, 0.1, 5, 5.1);
 * const layer = { kind: "dense", count: 4, width: 1, values } as const;
 * const task = await kMeansPlane({ clusters: 2 }).prepare(layer, [0, 0, 1, 1], seed(1))();
 * if (E.isLeft(task)) throw new Error("no task");
 * assertEquals(
 *   await task.right.locate(layer)(),
 *   E.right({ input: 1, label: 1, varianceKept: null }),
 * );
 * ```
 */
export function kMeansPlane({ clusters = 20 }: KMeansPlaneOptions = {}): PlaneEstimator {
  const clustersOf = (samples: Samples, rng: Rng): E.Either<InvalidOption, Int32Array> =>
    // One start in the place of three: it takes half the time, and the plane has many points.
    pipe(quantise(samples, { clusters, restarts: 1 }, rng), E.map(([{ clusters }]) => clusters));
  return {
    name: "kmeans",
    problem: checkRanges({ clusters: [clusters, integerFrom(2)] }),
    prepare: (inputs, labels, rng) =>
      TE.fromEither(pipe(
        clustersOf(inputs, rng),
        E.chain((x) =>
          pipe(
            entropy(x),
            E.map((inputEntropy): PlaneTask => ({
              inputEntropy,
              inputVarianceKept: null,
              locate: (layer) =>
                TE.fromEither(pipe(
                  clustersOf(layerSamples(layer), rng),
                  E.chain((t) => planePoint(mutualInformation(x, t), mutualInformation(t, labels))),
                )),
            })),
          )
        ),
      )),
  };
}
