/**
 * Metrics of embeddings, codes, gradients and weights.
 *
 * @module
 */
export {
  deadUnits,
  dutyCycles,
  dutyEntropy,
  maximumDutyEntropy,
  overactiveUnits,
  unitNorms,
} from "./activity.ts";
export {
  centroidCloseness,
  centroidDistances,
  type ClassCentroids,
  classMeans,
  classMoments,
  type ClassSpread,
  classSpread,
  codeMoments,
  nearestCentroids,
} from "./centroids.ts";
export {
  accuracy,
  argmax,
  type ClassScores,
  classScores,
  type ConfusionMatrix,
  confusionMatrix,
  macroScores,
} from "./classification.ts";
export {
  type DistanceRow,
  distanceRows,
  type EmbeddingDistance,
  embeddingDistances,
  meanDiceOverlap,
} from "./distances.ts";
export {
  addToMoments,
  mergeMoments,
  type Moments,
  noMoments,
  standardDeviation,
} from "./moments.ts";
export {
  majorityVote,
  nearestNeighbours,
  type NeighbourOptions,
  type Neighbours,
} from "./neighbours.ts";
export {
  missedPixels,
  peakSignalToNoise,
  type PixelThresholds,
  reconstructionError,
} from "./reconstruction.ts";
export {
  averagePrecision,
  type LabelledEmbeddings,
  type RetrievalScores,
  retrievalScores,
} from "./retrieval.ts";
export { distanceFromInitial, signFlips } from "./weight_change.ts";
