/**
 * What puts a layer on the information plane.
 *
 * @module
 */
import { E, type TE } from "../../../graph/fp_ts.ts";
import type { InvalidOption, SparrowError } from "../../../graph/error.ts";
import type { Rng } from "../../../graph/rng.ts";
import type { Embeddings } from "../../embeddings.ts";
import type { LayerInformation } from "../discrete/mutual_information.ts";
import type { Estimate, Samples } from "../samples.ts";

/** Where a layer T stands, as an estimator of the information plane finds it. */
export interface PlanePoint extends LayerInformation {
  /** The part of the layer's variance that was left after PCA, in [0, 1]; null without one. */
  readonly varianceKept: number | null;
}

/** The same inputs and labels are at hand for every layer and epoch. */
export interface PlaneTask {
  /** The bound on I(X;T) in bits, of the inputs as this estimator takes them. */
  readonly inputEntropy: number;
  /** As of a layer, of the inputs. */
  readonly inputVarianceKept: number | null;
  /** Estimates where a layer stands: its outputs for the same samples in the same order. */
  readonly locate: (layer: Embeddings) => TE.TaskEither<SparrowError, PlanePoint>;
}

/** A way to estimate both informations of a layer. */
export interface PlaneEstimator {
  /** As the history names it: "kmeans". */
  readonly name: string;
  /** What is wrong with its options, if anything. */
  readonly problem: InvalidOption | null;
  /**
   * Takes the inputs and the labels, one per sample; whatever is costly about them is done here, once.
   *
   * @param rng What it draws from, each time the same.
   */
  readonly prepare: (
    inputs: Samples,
    labels: ArrayLike<number>,
    rng: Rng,
  ) => TE.TaskEither<SparrowError, PlaneTask>;
}

/** A point of two estimates; the first refusal of the two. */
export const planePoint = (
  input: Estimate,
  label: Estimate,
  varianceKept: number | null = null,
): E.Either<InvalidOption, PlanePoint> =>
  E.isLeft(input)
    ? input
    : E.isLeft(label)
    ? label
    : E.right({ input: input.right, label: label.right, varianceKept });
