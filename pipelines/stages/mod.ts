/**
 * Stages, their combinators, and the parts of custom stages.
 *
 * @module
 */
export {
  type EvaluatedBatch,
  forEachBatch,
  type ForEachBatchOptions,
  type MeasuredAt,
  type Model,
} from "../core/batches.ts";
export { CONFIG_FILE, writeConfig, type WriteConfigOptions } from "../core/config.ts";
export {
  consoleEnv,
  type ConsoleEnvOptions,
  type Env,
  type Observer,
  type Progress,
  quietEnv,
  type RunDescription,
  type TrainingProgress,
  type Waiting,
} from "../core/env.ts";
export type {
  ClassCodes,
  CodedSample,
  ConfusedImage,
  Evaluation,
  Explanation,
  Findings,
  Reconstruction,
} from "../core/findings.ts";
export {
  type History,
  latest,
  type Row,
  rowsNamed,
  type SplitName,
  toJsonLines,
} from "../core/history.ts";
export {
  findLayers,
  layerName,
  layerOutputs,
  type LayerOutputsOptions,
} from "../core/layer_outputs.ts";
export { checkpointOf, resumeRun } from "../core/resume.ts";
export {
  createRun,
  dispose,
  fork,
  type Run,
  type RunOptions,
  toArrays,
  toTensors,
} from "../core/run.ts";
export {
  every,
  pipeline,
  pure,
  repeat,
  skip,
  type Stage,
  stage,
  stageMonoid,
  tap,
  until,
  when,
} from "../core/stage.ts";
export { VERSION } from "../core/version.ts";
export { type BestBy, checkpoint, type CheckpointOptions } from "./checkpoint.ts";
export { evaluate, type EvaluateOptions } from "./evaluate.ts";
export { evaluateCopies, type EvaluateCopiesOptions, slightChanges } from "./evaluate_copies.ts";
export { evaluateReconstruction, type ReconstructionOptions } from "./evaluate_reconstruction.ts";
export { evaluateRetrieval, type EvaluateRetrievalOptions } from "./evaluate_retrieval.ts";
export { explain, type ExplainOptions } from "./explain.ts";
export {
  synapticScaling,
  type SynapticScalingOptions,
  weightHomeostasis,
  type WeightHomeostasisOptions,
} from "./homeostasis.ts";
export { infoPlane, type InfoPlaneOptions } from "./info_plane.ts";
export { learnLocally, type LearnLocallyOptions } from "./learn_locally.ts";
export { monitor, type MonitorOptions } from "./monitor.ts";
export { newHead, type NewHeadOptions } from "./new_head.ts";
export { readOut, type ReadOutOptions } from "./read_out.ts";
export { announce, report, REPORT_FILE, type ReportOptions } from "./report.ts";
export { METRICS_FILE, MODEL_FILE, modelOf, save, type TrainedOn } from "./save.ts";
export {
  annealWinners,
  type AnnealWinnersOptions,
  boostDecay,
  kwtaSchedule,
  type KwtaScheduleOptions,
  reduceOnPlateau,
  type ReduceOnPlateauOptions,
} from "./schedules.ts";
export type { TrainingData } from "./epoch_batches.ts";
export { defaultBatchSize, type Midpoint, type Midway, train, type TrainOptions } from "./train.ts";
export { watchGradients, watchWeights, withWeights } from "./watch.ts";
