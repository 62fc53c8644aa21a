/**
 * ONNX: encoders written, networks read.
 *
 * @module
 */
export { exportOnnx, type ExportOnnxOptions, type OnnxFile } from "./export_onnx.ts";
export { type ImportedModel, importOnnx, loadOnnx } from "./import_onnx.ts";
