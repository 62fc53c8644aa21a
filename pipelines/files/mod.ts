/**
 * Models, checkpoints, coders, codes and indexes of vectors as files.
 *
 * @module
 */
export {
  type Checkpoint,
  type NewestCheckpoint,
  newestCheckpoint,
  readCheckpoint,
  type Remembered,
  writeCheckpoint,
} from "./checkpoint.ts";
export { loadCoder, readCoder, saveCoder, writeCoder } from "./coder.ts";
export {
  type FileStates,
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
} from "./codes.ts";
export { denoFiles, type Files, type FileStat } from "./files.ts";
export { loadModel, type ModelFile, readModel, saveModel, writeModel } from "./model.ts";
export { readSafetensors, type Safetensors, writeSafetensors } from "./safetensors.ts";
export {
  closeVectorIndex,
  loadVectorIndex,
  type LoadVectorIndexOptions,
  saveVectorIndex,
} from "./vector_index.ts";
