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
  type Checkpoint,
  checkpointOf,
  readCheckpoint,
  type Remembered,
  resumeRun,
  writeCheckpoint,
} from "./checkpoint/checkpoint.ts";
export { type NewestCheckpoint, newestCheckpoint } from "./checkpoint/folder.ts";
export * from "./codes_file.ts";
export { CONFIG_FILE, writeConfig, type WriteConfigOptions } from "./config.ts";
export { type Dashboard, type DashboardOptions, startDashboard } from "./dashboard/dashboard.ts";
export { DASHBOARD_PORT } from "./dashboard/port.ts";
export type { RunEnd } from "./dashboard/update.ts";
export * from "./data/augment.ts";
export { type Gather, normaliser } from "./data/batch.ts";
export { type Cifar10Options, loadCifar10 } from "./data/cifar10.ts";
export * from "./data/classes.ts";
export type { Dataset, DataSplit, Images, Normalisation } from "./data/dataset.ts";
export type { Bitmap } from "./data/bitmap.ts";
export { decodeImage } from "./data/decode_image.ts";
export * from "./data/digits.ts";
export * from "./data/environment.ts";
export { type FashionMnistOptions, loadFashionMnist } from "./data/fashion_mnist.ts";
export type { Colour } from "./data/fit.ts";
export * from "./data/idx.ts";
export * from "./data/image_folder.ts";
export * from "./data/images.ts";
export { loadMnist, type MnistOptions } from "./data/mnist.ts";
export * from "./data/moments.ts";
export {
  subset,
  take,
  type ValidationOptions,
  withNormalisation,
  withValidation,
} from "./data/splits.ts";
export * from "./data/strokes.ts";
export {
  type EvaluatedBatch,
  forEachBatch,
  type ForEachBatchOptions,
  type MeasuredAt,
  type Model,
} from "./batches.ts";
export type { Waiting } from "./breathe.ts";
export { encode, type EncodeOptions } from "./encode/encode.ts";
export * from "./encode_batches.ts";
export {
  type EncodedImages,
  encodeImages,
  type EncodeImagesOptions,
} from "./encode/encode_inputs.ts";
export {
  encodeImage,
  type EncodeImageOptions,
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
export type { InputLayout } from "./encode/layout.ts";
export * from "./env.ts";
export * from "./files.ts";
export type {
  ClassCodes,
  CodedSample,
  ConfusedImage,
  Evaluation,
  Explanation,
  Findings,
  Reconstruction,
} from "./findings.ts";
export {
  type History,
  latest,
  type Row,
  rowsNamed,
  type SplitName,
  toJsonLines,
} from "./history.ts";
export * from "./layer_outputs.ts";
export * from "./model_file.ts";
export { exportOnnx, type ExportOnnxOptions, type OnnxFile } from "./onnx/export_onnx.ts";
export { type ImportedModel, importOnnx, loadOnnx } from "./onnx/import_onnx.ts";
export { createRun, dispose, fork, type Run, type RunOptions, toArrays, toTensors } from "./run.ts";
export * from "./safetensors.ts";
export {
  type Origin,
  originName,
  originOf,
  type OriginPart,
  type Origins,
  type OriginSplit,
} from "./encode/origins.ts";
export {
  type NamedImage,
  nearestImages,
  type NearestImagesOptions,
  type SearchAnswer,
  type SearchResult,
} from "./search/nearest.ts";
export { type SearchSheet, searchSheet, type SearchSheetOptions } from "./search/search_sheet.ts";
export * from "./stage.ts";
export { announce } from "./stages/announce.ts";
export * from "./stages/boost_decay.ts";
export * from "./stages/checkpoint.ts";
export * from "./stages/evaluate.ts";
export * from "./stages/evaluate_reconstruction.ts";
export * from "./stages/explain.ts";
export * from "./stages/info_plane.ts";
export { kwtaSchedule, type KwtaScheduleOptions } from "./stages/kwta_schedule.ts";
export * from "./stages/learn_locally.ts";
export type * from "./stages/midway.ts";
export * from "./stages/monitor.ts";
export * from "./stages/new_head.ts";
export * from "./stages/read_out.ts";
export * from "./stages/reduce_on_plateau.ts";
export * from "./stages/report.ts";
export * from "./stages/save.ts";
export * from "./stages/synaptic_scaling.ts";
export * from "./stages/train.ts";
export * from "./stages/watch_gradients.ts";
export * from "./stages/watch_weights.ts";
export * from "./stages/weight_homeostasis.ts";
export {
  addCodes,
  type CodeTable,
  type CodeTableOptions,
  countCodes,
  openCodeTable,
} from "./vector_database/code_table.ts";
export {
  closeDatabase,
  type Database,
  type DatabaseOptions,
  openDatabase,
} from "./vector_database/database.ts";
export type { DatabaseDriver, DatabaseQuery } from "./vector_database/database_driver.ts";
export { searchTable } from "./vector_database/search_table.ts";
export * from "./version.ts";
