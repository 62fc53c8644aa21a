/**
 * Information in bits: entropies, estimators of mutual information from samples, and estimators of the
 * points of the information plane.
 *
 * @module
 */
export {
  type BinCodes,
  binnedInformation,
  type BinnedInformationOptions,
  equalMassBins,
  type EqualMassOptions,
  equalWidthBins,
  type EqualWidthOptions,
} from "./binning.ts";
export {
  copulaInformation,
  type CopulaInformationOptions,
  copulaNormalise,
  type CopulaOptions,
  gaussianInformation,
  type TieRanks,
} from "./copula.ts";
export {
  conditionalEntropy,
  entropy,
  type EntropyCorrection,
  entropyOfCounts,
  fanoAccuracy,
  type LayerInformation,
  layerInformation,
  mutualInformation,
} from "./discrete.ts";
export { gaussianEntropy, gaussianEntropyBias, type GaussianOptions } from "./gaussian.ts";
export {
  copulaClassInformation,
  gaussianClassInformation,
  mixtureClassInformation,
  type MixtureOptions,
} from "./gaussian_classes.ts";
export { quantise, type Quantised, type QuantiseOptions } from "./k_means.ts";
export {
  classConditionalInformation,
  jitter,
  knnEntropy,
  type KnnOptions,
  ksgInformation,
  rossInformation,
} from "./nearest.ts";
export { dvBound, infoNceBound, smileBound } from "./neural_bounds.ts";
export {
  type NeuralBound,
  type NeuralInformation,
  neuralInformation,
  neuralInformationOfSource,
  type NeuralOptions,
  type NeuralSamples,
  type NeuralTask,
  type SourceTask,
} from "./neural_information.ts";
export {
  correlationInformation,
  gaussianPairs,
  type Pairs,
  type PairSource,
} from "./neural_pairs.ts";
export {
  exactPca,
  type Pca,
  type PcaResult,
  principalComponents,
  type PrincipalComponentsOptions,
  projectOnto,
  randomisedPca,
  type RandomisedPcaOptions,
} from "./pca.ts";
export {
  binnedPlane,
  type BinnedPlaneOptions,
  codesPlane,
  gaussianPlane,
  type GaussianPlaneOptions,
  kMeansPlane,
  type KMeansPlaneOptions,
  nearestPlane,
  type NearestPlaneOptions,
  neuralPlane,
  type NeuralPlaneOptions,
  type PlaneEstimator,
  type PlanePoint,
  planePoint,
  type PlaneTask,
} from "./plane.ts";
export type { Estimate, Samples } from "./samples.ts";
export {
  jointSymbols,
  symbolCounts,
  symbolsOfCodes,
  symbolsOfLabels,
  symbolsOfRows,
} from "./symbols.ts";
