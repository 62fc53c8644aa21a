/**
 * Everything public of `ops/`: what a graph is lowered to, what trains it, what is measured on it, and codes.
 *
 * What comes from outside, as an option that a user chooses or the samples of a file, is refused by a value:
 * an `Either` or a `TaskEither` with a `SparrowError`. A mistake of the program, as labels that are fewer than
 * their codes, or two sets of codes of different widths, throws a `RangeError` or a `TypeError`: `@throws` says
 * where. Estimators of information answer with a value even then.
 *
 * @module
 */
export {
  type Backend,
  type BackendChoice,
  backendChoices,
  type BackendName,
  type BackendOptions,
  startBackend,
} from "./backend.ts";
export {
  bind,
  bundle,
  chanceContainment,
  codeSizes,
  complement,
  containment,
  difference,
  hamming,
  intersection,
  inverseOrder,
  jaccard,
  overlap,
  symmetricDifference,
  union,
} from "./codes/algebra.ts";
export {
  appendCodes,
  concatenate,
  emptyCodes,
  fromDense,
  fromIndices,
  fromWords,
  pickCodes,
  toDense,
  toIndices,
} from "./codes/codes.ts";
export {
  anyMatchProbability,
  type FalseMatches,
  falseMatchTable,
  logMatchProbability,
  type Match,
  matchProbability,
} from "./codes/false_match.ts";
export {
  addUnits,
  type Drawn,
  dropUnits,
  moveUnits,
  randomCodes,
  subsample,
} from "./codes/noise.ts";
export {
  type CodeDistance,
  type CodeIndex,
  codeIndex,
  search,
  type SearchOptions,
} from "./codes/search.ts";
export { searchOnGpu } from "./codes/search_gpu.ts";
export {
  channelInformation,
  emptyMemory,
  expectedFill,
  falseUnitProbability,
  type IteratedRecall,
  recall,
  type Recalled,
  recallIterated,
  type RecallRule,
  store,
  storedInformation,
  WILLSHAW_LIMIT,
  type WillshawCapacity,
  willshawCapacity,
  type WillshawMemory,
  type WillshawSizes,
} from "./codes/willshaw.ts";
export {
  defineNode,
  type NodeConstructor,
  type NodeDefinition,
  type NodeKernel,
} from "./custom_node.ts";
export {
  activity,
  type BinaryEmbeddings,
  type DenseEmbeddings,
  type Embeddings,
  sparsity,
  wordsPerCode,
} from "./embeddings.ts";
export {
  type GradientSignal,
  type GradientStatistics,
  gradientStatistics,
  type GradientSum,
  type GradientSums,
  sumGradients,
} from "./gradient_signal.ts";
export { homeostasis, type HomeostasisOptions } from "./homeostasis.ts";
export {
  type BinCodes,
  binnedInformation,
  type BinnedInformationOptions,
  equalMassBins,
  type EqualMassOptions,
  equalWidthBins,
  type EqualWidthOptions,
} from "./information/binning.ts";
export {
  copulaInformation,
  type CopulaInformationOptions,
  copulaNormalise,
  type CopulaOptions,
  gaussianInformation,
  type TieRanks,
} from "./information/copula.ts";
export {
  conditionalEntropy,
  entropy,
  type EntropyCorrection,
  entropyOfCounts,
  fanoAccuracy,
  type LayerInformation,
  layerInformation,
  mutualInformation,
} from "./information/discrete.ts";
export {
  gaussianEntropy,
  gaussianEntropyBias,
  type GaussianOptions,
} from "./information/gaussian.ts";
export {
  copulaClassInformation,
  gaussianClassInformation,
  mixtureClassInformation,
  type MixtureOptions,
} from "./information/gaussian_classes.ts";
export { quantise, type Quantised, type QuantiseOptions } from "./information/k_means.ts";
export {
  classConditionalInformation,
  jitter,
  knnEntropy,
  type KnnOptions,
  ksgInformation,
  rossInformation,
} from "./information/nearest.ts";
export { dvBound, infoNceBound, smileBound } from "./information/neural_bounds.ts";
export {
  type NeuralBound,
  type NeuralInformation,
  neuralInformation,
  neuralInformationOfSource,
  type NeuralOptions,
  type NeuralSamples,
  type NeuralTask,
  type SourceTask,
} from "./information/neural_information.ts";
export {
  correlationInformation,
  gaussianPairs,
  type Pairs,
  type PairSource,
} from "./information/neural_pairs.ts";
export {
  exactPca,
  type Pca,
  type PcaResult,
  principalComponents,
  type PrincipalComponentsOptions,
  projectOnto,
  randomisedPca,
  type RandomisedPcaOptions,
} from "./information/pca.ts";
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
} from "./information/plane.ts";
export { type Estimate, type Samples } from "./information/samples.ts";
export {
  jointSymbols,
  symbolCounts,
  symbolsOfCodes,
  symbolsOfLabels,
  symbolsOfRows,
} from "./information/symbols.ts";
export {
  lower,
  lowerEach,
  type Lowered,
  type Signal,
  type Value,
  type Weights,
} from "./interpreter.ts";
export { type ElementwiseKernel, elementwiseKernel } from "./kernels/elementwise.ts";
export { hardKwta, predictedThreshold, softKwta, thresholded, winnerCount } from "./kwta.ts";
export {
  type Compete,
  competitive,
  type CompetitiveOptions,
  type LocalRule,
  type LocalUpdate,
  oja,
  type OjaOptions,
  onlineKMeans,
  randomSynapses,
  softHebb,
  type SoftHebbOptions,
} from "./local/rules.ts";
export {
  cutPatch,
  normaliseContrast,
  type PatchForm,
  toUnitLength,
  whitening,
} from "./local/samples.ts";
export {
  contrastiveEuclidean,
  contrastiveLoss,
  type ContrastiveLossOptions,
  cosineEmbedding,
  supCon,
  supConLoss,
  type SupConOptions,
} from "./losses/contrastive.ts";
export { crossEntropy, crossEntropyLoss } from "./losses/cross_entropy.ts";
export { type LossDistance, pairwiseDistances } from "./losses/distances.ts";
export { type Loss, type LossSetting, type Objective } from "./losses/loss.ts";
export {
  penalised,
  type PenalisedOptions,
  penalty,
  type PenaltyOptions,
} from "./losses/penalty.ts";
export {
  bceWithLogits,
  bceWithLogitsLoss,
  meanSquaredError,
  meanSquaredErrorLoss,
} from "./losses/reconstruction.ts";
export { drawPairs, drawTriplets, type Relations, relationsOf } from "./losses/samplers.ts";
export {
  allTripletLoss,
  allTriplets,
  batchHardTripletLoss,
  batchHardTriplets,
  type MinedTripletOptions,
  semiHardTripletLoss,
  semiHardTriplets,
  tripletCosine,
  tripletCosineLoss,
  type TripletCosineLossOptions,
  tripletMargin,
  tripletMarginLoss,
  type TripletMarginLossOptions,
  type TripletMarginOptions,
} from "./losses/triplet.ts";
export {
  codeMoments,
  deadUnits,
  dutyCycles,
  dutyEntropy,
  maximumDutyEntropy,
  overactiveUnits,
  unitNorms,
} from "./metrics/activity.ts";
export {
  centroidCloseness,
  centroidDistances,
  type ClassCentroids,
  classMeans,
  classMoments,
  type ClassSpread,
  classSpread,
  nearestCentroids,
} from "./metrics/centroids.ts";
export {
  accuracy,
  argmax,
  type ClassScores,
  classScores,
  type ConfusionMatrix,
  confusionMatrix,
  macroScores,
} from "./metrics/classification.ts";
export {
  type DistanceRow,
  distanceRows,
  type EmbeddingDistance,
  embeddingDistances,
  meanDiceOverlap,
} from "./metrics/distances.ts";
export {
  addToMoments,
  mergeMoments,
  type Moments,
  noMoments,
  standardDeviation,
} from "./metrics/moments.ts";
export {
  majorityVote,
  nearestNeighbours,
  type NeighbourOptions,
  type Neighbours,
} from "./metrics/neighbours.ts";
export {
  missedPixels,
  peakSignalToNoise,
  type PixelThresholds,
  reconstructionError,
} from "./metrics/reconstruction.ts";
export {
  averagePrecision,
  type LabelledEmbeddings,
  type RetrievalScores,
  retrievalScores,
} from "./metrics/retrieval.ts";
export { distanceFromInitial, signFlips } from "./metrics/weight_change.ts";
export {
  adam,
  type AdamOptions,
  adamW,
  scaleByAdam,
  type ScaleByAdamOptions,
} from "./optimisers/adam.ts";
export { type Chain, chain } from "./optimisers/chain.ts";
export {
  cosineLr,
  type CosineLrOptions,
  cosineWarmupLr,
  type CosineWarmupLrOptions,
  exponentialLr,
  type ExponentialLrOptions,
  plateauLr,
  type PlateauOptions,
  type PlateauSchedule,
  type Schedule,
  stepLr,
  type StepLrOptions,
} from "./optimisers/schedules.ts";
export {
  accumulateMomentum,
  type MomentumOptions,
  sgd,
  type SgdOptions,
} from "./optimisers/sgd.ts";
export {
  type Fusible,
  mapUpdates,
  type Optimiser,
  type OptimiserState,
  type Slots,
  stateless,
  type Transform,
  type TransformState,
  zerosLike,
} from "./optimisers/transform.ts";
export {
  addDecayedWeights,
  clipByNorm,
  clipByValue,
  freeze,
  scaleByLearningRate,
  type Selector,
} from "./optimisers/transforms.ts";
export { type KernelTime, type Profile, type Profiler, startProfiler } from "./profiler.ts";
export { type OptionValues } from "./ranges.ts";
export {
  bcpnn,
  classCentroid,
  type LabelledCodes,
  naiveBayes,
  nearestCodes,
  type ReadOut,
  willshawClasses,
} from "./readouts/read_outs.ts";
export { type ImageArray } from "./saliency/image.ts";
export {
  classScore,
  type ImageModel,
  overlapScore,
  type Score,
  unitScore,
} from "./saliency/objective.ts";
export {
  type Saliency,
  saliency,
  type SaliencyOptions,
  type SaliencyTask,
} from "./saliency/saliency.ts";
export { selectRows } from "./select_rows.ts";
export { type Params, tf } from "./tfjs.ts";
export {
  type Batch,
  type HostBatch,
  type ObserveGradients,
  type Stepped,
  type Trainer,
  type TrainState,
  trainStep,
  valueAndGradients,
} from "./train_step.ts";
