/**
 * Everything public of `pipelines/`: runs and the stages that change them, data, files, and what a program needs.
 *
 * Of names: what reads and writes goes from and to bytes (`readModel`, `writeModel`), what loads and saves from
 * and to files (`loadModel`, `saveModel`), and what opens gives a resource that is closed (`openDatabase`,
 * `closeDatabase`). Networks of others are imported and exported, `importOnnx` from bytes and `exportOnnx` to
 * bytes, as ONNX's users say.
 *
 * @module
 */
export {
  type EvaluatedBatch,
  forEachBatch,
  type ForEachBatchOptions,
  type MeasuredAt,
  type Model,
} from "./core/batches.ts";
export { CONFIG_FILE, writeConfig, type WriteConfigOptions } from "./core/config.ts";
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
} from "./core/env.ts";
export {
  type ClassCodes,
  type CodedSample,
  type ConfusedImage,
  type Evaluation,
  type Explanation,
  type Findings,
  type Reconstruction,
} from "./core/findings.ts";
export {
  type History,
  latest,
  type Row,
  rowsNamed,
  type SplitName,
  toJsonLines,
} from "./core/history.ts";
export {
  findLayers,
  layerName,
  layerOutputs,
  type LayerOutputsOptions,
} from "./core/layer_outputs.ts";
export {
  createRun,
  dispose,
  fork,
  type Run,
  type RunOptions,
  toArrays,
  toTensors,
} from "./core/run.ts";
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
} from "./core/stage.ts";
export { VERSION } from "./core/version.ts";
export { type Dashboard, type DashboardOptions, startDashboard } from "./dashboard/dashboard.ts";
export { DASHBOARD_PORT, type RunEnd } from "./dashboard/update.ts";
export {
  augment,
  type Augmentation,
  type AugmentOptions,
  type ImageLayout,
} from "./data/augment.ts";
export { type Bitmap, type Colour } from "./data/bitmap.ts";
export { type Cifar10Options, loadCifar10 } from "./data/cifar10.ts";
export {
  type Dataset,
  type DataSplit,
  type Images,
  type Normalisation,
  normalisationOf,
} from "./data/dataset.ts";
export { decodeImage } from "./data/decode_image.ts";
export { type DataEnv, denoDataEnv, type FolderEntry } from "./data/environment.ts";
export { type Gather, normaliser } from "./data/feed.ts";
export { type ImageFolderOptions, loadImageFolder } from "./data/image_folder.ts";
export {
  type DatasetName,
  datasetNames,
  type DigitsOptions,
  type ImagesOptions,
  loadDigits,
  loadImages,
} from "./data/images.ts";
export {
  type FashionMnistOptions,
  type Idx,
  loadFashionMnist,
  loadMnist,
  type MnistOptions,
  readIdx,
} from "./data/mnist.ts";
export {
  onlyClasses,
  subset,
  take,
  type ValidationOptions,
  withNormalisation,
  withoutClasses,
  withValidation,
} from "./data/splits.ts";
export { loadStrokes, strokes, type StrokesOptions } from "./data/strokes.ts";
export {
  addCodes,
  type CodeTable,
  type CodeTableOptions,
  countCodes,
  openCodeTable,
  searchTable,
} from "./database/code_table.ts";
export {
  closeDatabase,
  type Database,
  type DatabaseDriver,
  type DatabaseOptions,
  type DatabaseQuery,
  openDatabase,
} from "./database/database.ts";
export { encode, type EncodeOptions, encodeStream } from "./encode/encode.ts";
export {
  type EncodedImages,
  encodeImage,
  type EncodeImageOptions,
  encodeImages,
  type EncodeImagesOptions,
  type Encoder,
  loadEncoder,
  loadEncoderOf,
  type LoadEncoderOfOptions,
  type LoadEncoderOptions,
  readEncoder,
} from "./encode/encoder.ts";
export {
  findImages,
  type FindImagesOptions,
  type ImageFile,
  type ImageSource,
} from "./encode/inputs.ts";
export { type InputLayout } from "./encode/pictures.ts";
export {
  type NamedImage,
  nearestImages,
  type NearestImagesOptions,
  type SearchAnswer,
  type SearchResult,
} from "./encode/search.ts";
export { type SearchSheet, searchSheet, type SearchSheetOptions } from "./encode/search_sheet.ts";
export {
  type Checkpoint,
  checkpointOf,
  type NewestCheckpoint,
  newestCheckpoint,
  readCheckpoint,
  type Remembered,
  resumeRun,
  writeCheckpoint,
} from "./files/checkpoint.ts";
export {
  loadCodes,
  type Origin,
  originName,
  originOf,
  type OriginPart,
  type Origins,
  type OriginSplit,
  readCodes,
  saveCodes,
  type SavedCodes,
  writeCodes,
} from "./files/codes.ts";
export { denoFiles, type Files } from "./files/files.ts";
export { loadModel, type ModelFile, readModel, saveModel, writeModel } from "./files/model.ts";
export { readSafetensors, type Safetensors, writeSafetensors } from "./files/safetensors.ts";
export { exportOnnx, type ExportOnnxOptions, type OnnxFile } from "./onnx/export_onnx.ts";
export { type ImportedModel, importOnnx, loadOnnx } from "./onnx/import_onnx.ts";
export { announce } from "./stages/announce.ts";
export { type BestBy, checkpoint, type CheckpointOptions } from "./stages/checkpoint.ts";
export { evaluate, type EvaluateOptions } from "./stages/evaluate.ts";
export {
  evaluateReconstruction,
  type ReconstructionOptions,
} from "./stages/evaluate_reconstruction.ts";
export { explain, type ExplainOptions } from "./stages/explain.ts";
export {
  synapticScaling,
  type SynapticScalingOptions,
  weightHomeostasis,
  type WeightHomeostasisOptions,
} from "./stages/homeostasis.ts";
export { infoPlane, type InfoPlaneOptions } from "./stages/info_plane.ts";
export { learnLocally, type LearnLocallyOptions } from "./stages/learn_locally.ts";
export { monitor, type MonitorOptions } from "./stages/monitor.ts";
export { newHead, type NewHeadOptions } from "./stages/new_head.ts";
export { readOut, type ReadOutOptions } from "./stages/read_out.ts";
export { report, REPORT_FILE, type ReportOptions } from "./stages/report.ts";
export { METRICS_FILE, MODEL_FILE, save } from "./stages/save.ts";
export {
  boostDecay,
  kwtaSchedule,
  type KwtaScheduleOptions,
  reduceOnPlateau,
  type ReduceOnPlateauOptions,
} from "./stages/schedules.ts";
export {
  defaultBatchSize,
  type Midpoint,
  type Midway,
  train,
  type TrainOptions,
} from "./stages/train.ts";
export { watchGradients, watchWeights, withWeights } from "./stages/watch.ts";
