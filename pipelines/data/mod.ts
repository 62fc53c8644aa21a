/**
 * Datasets: named ones, folders of images, built-in digits, files of vectors, splits, and augmentation.
 *
 * @module
 */
export { type ArraySamples, fromArrays, type FromArraysOptions } from "./arrays.ts";
export {
  augment,
  type Augmentation,
  type AugmentOptions,
  type ImageLayout,
  simclrAugmentation,
} from "./augment.ts";
export type { Bitmap, Colour, Covered } from "./bitmap.ts";
export { type Cifar10Options, loadCifar10 } from "./cifar10.ts";
export {
  type Dataset,
  type DataSplit,
  type ImageSplit,
  type LabelledSplit,
  type Labels,
  type Normalisation,
  normalisationOf,
  type PictureSplit,
  type Samples,
  type SampleValues,
} from "./dataset.ts";
export { decodeImage, type ImageDecoder, imageDecoder } from "./decode_image.ts";
export { type DataEnv, denoDataEnv, type FolderEntry } from "./environment.ts";
export { type Gather, normaliser } from "./normalise.ts";
export { type ImageFolderOptions, loadImageFolder } from "./image_folder.ts";
export {
  type DatasetName,
  datasetNames,
  type DigitsOptions,
  type ImagesOptions,
  loadDigits,
  loadImages,
} from "./images.ts";
export {
  type FashionMnistOptions,
  type Idx,
  loadFashionMnist,
  loadMnist,
  type MnistOptions,
  readIdx,
} from "./mnist.ts";
export {
  onlyClasses,
  subset,
  take,
  type ValidationOptions,
  withNormalisation,
  withoutClasses,
  withValidation,
} from "./splits.ts";
export { loadStrokes, strokes, type StrokesOptions } from "./strokes.ts";
export { openVectors, type OpenVectorsOptions } from "./vectors/open.ts";
export {
  blocksOf,
  type ColumnValue,
  type VectorBlock,
  vectorsInMemory,
  type VectorSource,
} from "./vectors/source.ts";
export { type StreamedSplit, streamVectors, type StreamVectorsOptions } from "./vectors/stream.ts";
export { loadVectors, type LoadVectorsOptions } from "./vectors/load.ts";
export { type ThumbnailEnv, type ThumbnailOptions, thumbnails } from "./thumbnails.ts";
