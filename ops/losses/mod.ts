/**
 * Losses for the stage `train`, and the functions of tensors that they are made of.
 *
 * @module
 */
export {
  contrastiveEuclidean,
  contrastiveLoss,
  type ContrastiveLossOptions,
  cosineEmbedding,
  supCon,
  supConLoss,
  type SupConOptions,
} from "./contrastive.ts";
export { crossEntropy, crossEntropyLoss } from "./cross_entropy.ts";
export { type LossDistance, pairwiseDistances } from "./distances.ts";
export type { Loss, LossSetting, Objective } from "./loss.ts";
export { penalised, type PenalisedOptions, penalty, type PenaltyOptions } from "./penalty.ts";
export {
  bceWithLogits,
  bceWithLogitsLoss,
  meanSquaredError,
  meanSquaredErrorLoss,
} from "./reconstruction.ts";
export { drawPairs, drawTriplets, type Relations, relationsOf } from "./samplers.ts";
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
} from "./triplet.ts";
