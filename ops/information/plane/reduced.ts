/**
 * Layers and inputs in a few dimensions, for the estimators that need few.
 *
 * @module
 */
import { E, pipe, TE } from "../../../graph/fp_ts.ts";
import type { InvalidOption, SparrowError } from "../../../graph/error.ts";
import type { Rng } from "../../../graph/rng.ts";
import { principalComponents } from "../components/principal_components.ts";
import type { Samples } from "../samples.ts";
import { inputBound } from "./codes.ts";
import type { PlaneEstimator, PlanePoint } from "./estimator.ts";
import { layerSamples } from "./layer_samples.ts";

/** A variable in its principal components. */
export interface Reduced {
  /** Of unit variance over all components together. */
  readonly samples: Samples;
  /** The part of the variance that the components hold, in [0, 1]. */
  readonly varianceKept: number;
}

/** What an estimator of two reduced variables and labels says. */
export type Locate = (
  input: Samples,
  layer: Samples,
  labels: ArrayLike<number>,
  rng: Rng,
) => TE.TaskEither<SparrowError, Pick<PlanePoint, "input" | "label">>;

/**
 * The variable in at most so many principal components, divided by their common deviation, as the
 * reference standardises what it gives to its estimators.
 */
const reduce = (
  samples: Samples,
  components: number,
  rng: Rng,
): E.Either<InvalidOption, Reduced> =>
  pipe(
    principalComponents(samples, { components, rng }),
    E.map(({ projected, explainedVariance, explainedVarianceRatio }) => {
      const sum = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0);
      const deviation = Math.sqrt(sum(explainedVariance) / explainedVariance.length);
      const scale = deviation > 0 ? 1 / deviation : 1;
      return {
        samples: { ...projected, values: projected.values.map((value) => value * scale) },
        varianceKept: Math.min(1, sum(explainedVarianceRatio)),
      };
    }),
  );

/** A plane of the input and of layers in so many principal components each. */
export const reducedPlane = (
  { name, problem }: Pick<PlaneEstimator, "name" | "problem">,
  components: number,
  locate: Locate,
): PlaneEstimator => ({
  name,
  problem,
  prepare: (inputs, labels, rng) =>
    TE.fromEither(pipe(
      inputBound(inputs),
      E.chain((inputEntropy) =>
        pipe(
          reduce(inputs, components, rng),
          E.map(({ samples: input, varianceKept }) => ({
            inputEntropy,
            inputVarianceKept: varianceKept,
            locate: (layer: Parameters<typeof layerSamples>[0]) =>
              pipe(
                TE.fromEither<SparrowError, Reduced>(reduce(layerSamples(layer), components, rng)),
                TE.chain(({ samples, varianceKept }) =>
                  pipe(
                    locate(input, samples, labels, rng),
                    TE.map((point): PlanePoint => ({ ...point, varianceKept })),
                  )
                ),
              ),
          })),
        )
      ),
    )),
});
