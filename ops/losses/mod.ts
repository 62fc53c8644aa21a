/**
 * Losses for the stage `train`, and the functions of tensors under them.
 *
 * @module
 */
export {
  contrastiveEuclidean,
  contrastiveLoss,
  type ContrastiveLossOptions,
  cosineEmbedding,
  pairContrast,
  pairContrastLoss,
  type PairContrastOptions,
  selfContrast,
  selfContrastLoss,
  type SelfContrastOptions,
  supCon,
  supConLoss,
  type SupConOptions,
} from "./contrastive.ts";
export { crossEntropy, crossEntropyLoss } from "./cross_entropy.ts";
export {
  rankDistillation,
  rankDistillationLoss,
  type RankDistillationOptions,
} from "./distillation.ts";
export { type LossDistance, pairwiseDistances } from "./distances.ts";
export { type Internals, type Loss, type LossSetting, type Objective, plus } from "./loss.ts";
export {
  imbalance,
  imbalanceLoss,
  penalised,
  type PenalisedOptions,
  penalty,
  type PenaltyOptions,
} from "./penalty.ts";
export {
  bceWithLogits,
  bceWithLogitsLoss,
  meanSquaredError,
  meanSquaredErrorLoss,
} from "./reconstruction.ts";
export {
  auxK,
  type AuxKOptions,
  contrastiveSparseLoss,
  type ContrastiveSparseOptions,
  type Decoder,
  matryoshka,
  sparseAutoencoderLoss,
  type SparseAutoencoderOptions,
  unexplained,
} from "./sparse_autoencoder.ts";
export {
  drawPairs,
  drawTriplets,
  pairedOrder,
  type Relations,
  relationsOf,
  type SampleOrder,
} from "./samplers.ts";
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
