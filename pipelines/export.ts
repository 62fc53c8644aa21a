/**
 * A trained model as an ONNX file:
 *
 *     deno run -P pipelines/export.ts --help
 *
 * @module
 */
import { exportProgram } from "./onnx/export_program.ts";

if (import.meta.main) await exportProgram();
