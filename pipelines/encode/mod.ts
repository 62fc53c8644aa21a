/**
 * Images to codes, and the search of codes: the parts of the programs `encode.ts` and `search.ts`.
 *
 * @module
 */
export { encode, type EncodeOptions, encodeStream, encodeValues } from "./encode.ts";
export { type EncodedFile, encodeToFile } from "./encode_to_file.ts";
export {
  type EncodedImages,
  encodeImages,
  type EncodeImagesOptions,
  type FileChanges,
} from "./encode_images.ts";
export {
  encodeImage,
  type EncodeImageOptions,
  type Encoder,
  loadEncoder,
  loadEncoderOf,
  type LoadEncoderOfOptions,
  type LoadEncoderOptions,
  readEncoder,
  type ReadEncoderOptions,
  trainedEncoder,
} from "./encoder.ts";
export { indexVectors, type IndexVectorsOptions, type WrittenIndex } from "./index_vectors.ts";
export { findImages, type FindImagesOptions, type ImageFile, type ImageSource } from "./inputs.ts";
export type { InputLayout } from "./pictures.ts";
export {
  type NamedImage,
  nearestImages,
  type NearestImagesOptions,
  type SearchAnswer,
  type SearchResult,
} from "./search.ts";
export { type SearchSheet, searchSheet, type SearchSheetOptions } from "./search_sheet.ts";
