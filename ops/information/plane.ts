/**
 * Estimators of the information plane: ways to find I(X;T) and I(T;Y) of a layer T. Codes are counted
 * as symbols; other layers are binned or clustered first, or reduced to principal components and
 * estimated as continuous variables, by Gaussians, by nearest neighbours or by neural bounds.
 *
 * @module
 */
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import { type InvalidOption, invalidOption, type SparrowError } from "../../graph/error.ts";
import { type Rng, splitRng } from "../../graph/rng.ts";
import type { Embeddings } from "../embeddings.ts";
import { entropy, type LayerInformation, layerInformation, mutualInformation } from "./discrete.ts";
import { checkSamples, type Estimate, type Samples } from "./samples.ts";
import { denseValues } from "../metrics/rows.ts";
import { symbolsOfCodes, symbolsOfRows } from "./symbols.ts";
import { checkRanges, integerFrom } from "../ranges.ts";
import { equalMassBins, equalWidthBins } from "./binning.ts";
import { quantise } from "./k_means.ts";
import { principalComponents } from "./pca.ts";
import { copulaInformation } from "./copula.ts";
import { mixtureClassInformation } from "./gaussian_classes.ts";
import { ksgInformation, rossInformation } from "./nearest.ts";
import {
  checkOptions,
  neuralInformation,
  type NeuralOptions,
  withDefaults,
} from "./neural_information.ts";

/** Position of a layer T in the information plane, as an estimator finds it. */
export interface PlanePoint extends LayerInformation {
  /** The part of the layer's variance that was left after PCA, in [0, 1]; null without one. */
  readonly varianceKept: number | null;
}

/** The inputs and labels of a plane, which are the same for every layer and epoch. */
export interface PlaneTask {
  /** The bound on I(X;T) in bits, of the inputs as this estimator takes them. */
  readonly inputEntropy: number;
  /** The part of the inputs' variance that was left after PCA, in [0, 1]; null without one. */
  readonly inputVarianceKept: number | null;
  /** Estimates where a layer stands: its outputs for the same samples in the same order. */
  readonly locate: (layer: Embeddings) => TE.TaskEither<SparrowError, PlanePoint>;
}

/** A way to estimate both informations of a layer. */
export interface PlaneEstimator {
  /** Name of the estimator in the history: "kmeans". */
  readonly name: string;
  /** Error in the estimator's options, if any. */
  readonly problem: InvalidOption | null;
  /**
   * Takes the inputs and the labels, one per sample; whatever is costly about them is done here, once.
   *
   * @param inputs The inputs.
   * @param labels The class of each.
   * @param rng The generator that it draws from, each time the same.
   */
  readonly prepare: (
    inputs: Samples,
    labels: ArrayLike<number>,
    rng: Rng,
  ) => TE.TaskEither<SparrowError, PlaneTask>;
}

/**
 * A point of two estimates, or the first of their refusals.
 *
 * @param input Estimate of I(X;T).
 * @param label Estimate of I(T;Y).
 * @param varianceKept Part of the layer's variance that its components keep; null where there are none. @default null
 */
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

// ---- Codes, and bins, as symbols

/**
 * Takes each whole code as one symbol, and counts.
 *
 * An evaluated layer is a function of its input, so I(X;T) = H(T), and where no two images are equal
 * this is exact on the sample. As an estimate of the population it saturates: where nearly every image
 * has a code of its own, H(T) is near log₂ n and I(T;Y) near H(Y), whatever the code is worth. It tells
 * about small or collapsed codes, not about 512 bits. A real-valued layer is refused: see `binnedPlane`.
 *
 * @example
 * ```ts
 * import { codesPlane } from "./plane.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { seed } from "../../graph/rng.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const inputs = { count: 4, width: 1, values: Float32Array.of(1, 2, 3, 4) };
 * const task = await orThrow(codesPlane().prepare(inputs, [0, 0, 1, 1], seed(1)));
 * const words = Uint32Array.of(1, 1, 2, 4);
 * assertEquals(
 *   await task.locate({ kind: "binary", count: 4, width: 3, words })(),
 *   E.right({ input: 1.5, label: 1, varianceKept: null }),
 * );
 * ```
 */
export const codesPlane = (): PlaneEstimator => symbolPlane("codes", null, codeSymbols);

function codeSymbols(layer: Embeddings): E.Either<InvalidOption, Int32Array> {
  if (layer.kind === "binary") return E.right(symbolsOfCodes(layer));
  return E.left(invalidOption("layer", "real-valued outputs", "binary codes, those of a kWTA"));
}

/** Options of {@linkcode binnedPlane}. */
export interface BinnedPlaneOptions {
  /** Bins per unit, at least 2. @default 30 */
  readonly bins?: number;
  /**
   * Kind of the bins. "width": of equal width from the layer's least to its greatest output. "mass": of equally many
   * samples, by unit.
   *
   * @default "width"
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
 * @param options Options, as {@linkcode BinnedPlaneOptions} describes them.
 *
 * @example
 * ```ts
 * import { binnedPlane } from "./plane.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { seed } from "../../graph/rng.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const layer = { kind: "dense", count: 4, width: 1, values: Float32Array.of(0, 1, 9, 10) } as const;
 * const task = await orThrow(binnedPlane({ bins: 2 }).prepare(layer, [0, 0, 1, 1], seed(1)));
 * assertEquals(
 *   await task.locate(layer)(),
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
  return symbolPlane(
    equal === "width" ? "bins" : "mass_bins",
    checkRanges({ bins: [bins, integerFrom(2)] }),
    symbolsOf,
  );
}

/** A plane of layers whose samples are symbols, which are counted. */
const symbolPlane = (
  name: string,
  problem: InvalidOption | null,
  symbolsOf: (layer: Embeddings) => E.Either<InvalidOption, Int32Array>,
): PlaneEstimator => ({
  name,
  problem,
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
            E.map((information): PlanePoint => ({ ...information, varianceKept: null })),
          )),
      })),
    )),
});

// ---- k-means

/** Options of {@linkcode kMeansPlane}. */
export interface KMeansPlaneOptions {
  /** Clusters of the input, and of each layer; at least 2. @default 20 */
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
 * @param options Options, as {@linkcode KMeansPlaneOptions} describes them.
 *
 * @example
 * ```ts
 * import { kMeansPlane } from "./plane.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { seed } from "../../graph/rng.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const values = Float32Array.of(0, 0.1, 5, 5.1);
 * const layer = { kind: "dense", count: 4, width: 1, values } as const;
 * const task = await orThrow(kMeansPlane({ clusters: 2 }).prepare(layer, [0, 0, 1, 1], seed(1)));
 * assertEquals(
 *   await task.locate(layer)(),
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

// ---- Principal components, for the estimators that need few dimensions

/** Options of {@linkcode gaussianPlane}. */
export interface GaussianPlaneOptions {
  /** Principal components of the input and of each layer, at least 1. @default 10 */
  readonly components?: number;
}

/**
 * Principal components, then Gaussians: I(X;T) by the Gaussian copula (`copulaInformation`), of which it
 * is a lower bound, I(T;Y) by a mixture of one Gaussian per class (`mixtureClassInformation`).
 *
 * Quick and of little variance, and blind to whatever is not in ranks and covariances: of a layer that
 * is a nonlinear function of its input it sees a part. A class of as few samples as there are
 * components is refused, and one whose samples are all equal.
 *
 * Source: MutualInfoGCMI of dizcza/pytorch-mighty, mighty/monitor/mutual_info/gcmi.py, whose I(T;Y) may
 * exceed H(Y); R. Ince et al., Human Brain Mapping 38:1541, 2017.
 *
 * @param options Options, as {@linkcode GaussianPlaneOptions} describes them.
 *
 * @example
 * ```ts
 * import { gaussianPlane } from "./plane.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { seed } from "../../graph/rng.ts";
 * import { assert } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const values = Float32Array.from({ length: 200 }, (_, i) => (i % 2) * 10 + Math.sin(i * i));
 * const labels = Array.from(values, (_, i) => i % 2);
 * const noise = Float32Array.from({ length: 200 }, (_, i) => Math.cos(i * i * i));
 * const inputs = { count: 200, width: 1, values: noise };
 * const task = await orThrow(gaussianPlane().prepare(inputs, labels, seed(1)));
 * const point = await task.locate({ kind: "dense", count: 200, width: 1, values })();
 * assert(E.isRight(point) && Math.abs(point.right.label - 1) < 0.05 && point.right.input < 0.1);
 * ```
 */
export const gaussianPlane = ({ components = 10 }: GaussianPlaneOptions = {}): PlaneEstimator =>
  reducedPlane(
    { name: "gaussian", problem: checkRanges({ components: [components, integerFrom(1)] }) },
    components,
    (input, layer, labels) =>
      TE.fromEither(
        planePoint(copulaInformation(input, layer), mixtureClassInformation(layer, labels)),
      ),
  );

/** Options of {@linkcode nearestPlane}. */
export interface NearestPlaneOptions {
  /** The neighbour that counts, at least 1 and below the samples. @default 4 */
  readonly k?: number;
  /** Principal components of the input and of each layer, at least 1. @default 10 */
  readonly components?: number;
}

/**
 * Principal components, then nearest neighbours: I(X;T) by Kraskov, Stögbauer and Grassberger
 * (`ksgInformation`), I(T;Y) by Ross (`rossInformation`).
 *
 * I(X;T) of a deterministic layer is infinite where both are continuous: what a sample shows of it is
 * far below, and grows with the sample (about log₂ n is the most). Read it as "how much of the
 * neighbourhoods of the input are left in the layer", and compare only equal sample sizes and
 * components. I(T;Y) is sound where ten components hold the classes.
 *
 * Source: MutualInfoNPEET of dizcza/pytorch-mighty, mighty/monitor/mutual_info/npeet.py, which reduces to
 * 100 components and takes a class-conditional difference for I(T;Y).
 *
 * @param options Options, as {@linkcode NearestPlaneOptions} describes them.
 *
 * @example
 * ```ts
 * import { nearestPlane } from "./plane.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { seed } from "../../graph/rng.ts";
 * import { assert } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const values = Float32Array.from({ length: 200 }, (_, i) => (i % 2) * 10 + Math.sin(i * i));
 * const layer = { kind: "dense", count: 200, width: 1, values } as const;
 * const labels = Array.from(values, (_, i) => i % 2);
 * const task = await orThrow(nearestPlane().prepare(layer, labels, seed(1)));
 * const point = await task.locate(layer)();
 * assert(E.isRight(point) && Math.abs(point.right.label - 1) < 0.05);
 * ```
 */
export const nearestPlane = (
  { k = 4, components = 10 }: NearestPlaneOptions = {},
): PlaneEstimator =>
  reducedPlane(
    {
      name: "ksg",
      problem: checkRanges({ k: [k, integerFrom(1)], components: [components, integerFrom(1)] }),
    },
    components,
    (input, layer, labels) =>
      TE.fromEither(
        planePoint(ksgInformation(input, layer, { k }), rossInformation(layer, labels, { k })),
      ),
  );

/** Options of {@linkcode neuralPlane}, and those of the bound itself. */
export interface NeuralPlaneOptions extends NeuralOptions {
  /** Principal components of the input and of each layer, at least 1. @default 50 */
  readonly components?: number;
}

/**
 * Estimates the plane by principal components and neural critics, one trained for each layer and measurement: both
 * informations from below, by `neuralInformation`. It costs seconds where the other estimators take hundredths, and
 * needs more than the plane's 2,000 samples to come close to an I(X;T) of many bits.
 *
 * Source: MutualInfoNeuralEstimation of dizcza/pytorch-mighty,
 * mighty/monitor/mutual_info/neural_estimation.py.
 *
 * @param options Options, as {@linkcode NeuralPlaneOptions} describes them.
 *
 * @example
 * ```ts
 * import { neuralPlane } from "./plane.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { seed } from "../../graph/rng.ts";
 * import { startBackend } from "../backend.ts";
 * import { assert } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await startBackend("cpu")();
 * const values = Float32Array.from({ length: 400 }, (_, i) => (i % 2) * 10 + Math.sin(i * i));
 * const layer = { kind: "dense", count: 400, width: 1, values } as const;
 * const labels = Array.from(values, (_, i) => i % 2);
 * const plane = neuralPlane({ steps: 100, batchSize: 50, hidden: [10], learningRate: 0.01 });
 * const task = await orThrow(plane.prepare(layer, labels, seed(1)));
 * const point = await task.locate(layer)();
 * assert(E.isRight(point) && point.right.label > 0.8);
 * ```
 */
export const neuralPlane = (
  { components = 50, ...options }: NeuralPlaneOptions = {},
): PlaneEstimator =>
  reducedPlane(
    {
      name: options.bound ?? "mine",
      problem: checkRanges({ components: [components, integerFrom(1)] }) ??
        checkOptions(withDefaults(options)),
    },
    components,
    (x, t, labels, rng) => {
      const [forInput, forLabel] = splitRng(rng);
      return pipe(
        neuralInformation({ ...options, x, y: t }, forInput),
        TE.chain((input) =>
          pipe(
            neuralInformation({ ...options, x: t, labels }, forLabel),
            TE.map((label) => ({ input: input.bits, label: label.bits })),
          )
        ),
      );
    },
  );

/** A variable in its principal components. */
interface Reduced {
  /** The samples, of unit variance over all components together. */
  readonly samples: Samples;
  /** The part of the variance that the components hold, in [0, 1]. */
  readonly varianceKept: number;
}

/** An estimator of two reduced variables and labels. */
type Locate = (
  input: Samples,
  layer: Samples,
  labels: ArrayLike<number>,
  rng: Rng,
) => TE.TaskEither<SparrowError, Pick<PlanePoint, "input" | "label">>;

/**
 * Reduces a variable to at most `components` principal components, divided by their common deviation, as the reference
 * standardises the inputs of its estimators.
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

/** Makes an estimator that reduces the input and each layer to principal components first. */
const reducedPlane = (
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

// ---- Inputs and layers

/** H(X) of the sample in bits: equal inputs are one symbol. */
const inputBound = (inputs: Samples): E.Either<InvalidOption, number> => {
  const bad = checkSamples("inputs", inputs);
  if (bad !== null) return E.left(bad);
  // The same numbers, bit by bit: two words of 32 for each of 64.
  const { values, width } = inputs;
  const words = values.BYTES_PER_ELEMENT / Int32Array.BYTES_PER_ELEMENT;
  const bits = new Int32Array(values.slice().buffer);
  return entropy(symbolsOfRows(bits, width * words));
};

/** The layer's outputs as numbers: of codes zeros and ones. */
const layerSamples = (layer: Embeddings): Samples => ({
  count: layer.count,
  width: layer.width,
  values: denseValues(layer),
});
