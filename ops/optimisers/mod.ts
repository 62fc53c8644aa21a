/**
 * Optimisers as chains of transforms, and learning rate schedules.
 *
 * @module
 */
export { adam, type AdamOptions, adamW, scaleByAdam, type ScaleByAdamOptions } from "./adam.ts";
export { type Chain, chain } from "./chain.ts";
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
} from "./schedules.ts";
export { accumulateMomentum, type MomentumOptions, sgd, type SgdOptions } from "./sgd.ts";
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
} from "./transform.ts";
export {
  addDecayedWeights,
  clipByNorm,
  clipByValue,
  freeze,
  scaleByLearningRate,
  type Selector,
} from "./transforms.ts";
