/**
 * Encodes images with a trained model into a file of binary codes.
 *
 *     deno run -P pipelines/encode.ts --help
 *
 * @module
 */
import { encodeProgram } from "./encode/encode_program.ts";

if (import.meta.main) await encodeProgram();
