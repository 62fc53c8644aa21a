/**
 * The codes of queries: read from a file, or encoded.
 *
 * @module
 */
import type { SparrowError } from "../../graph/error.ts";
import { E } from "../../graph/fp_ts.ts";
import type { Context } from "../cli/program.ts";
import { loadCodes, type SavedCodes } from "../codes_file.ts";
import { denoFiles } from "../files.ts";
import { encodeImages, type EncodeImagesOptions } from "../encode/encode_inputs.ts";
import { loadEncoderOf } from "../encode/encoder.ts";
import { findImages } from "../encode/inputs.ts";

/** How queries are encoded. */
export interface QueryOptions extends EncodeImagesOptions {
  /** Path of the model. @default the one that made the codes */
  readonly model?: string;
}

/** Whether an operand is a file of codes, by its name. */
export const isCodesFile = (operand: string): boolean => /\.npz$/i.test(operand);

/**
 * The codes of queries.
 *
 * @param set What will be searched.
 * @param operands One file of codes, or images.
 * @returns The codes; `InvalidOption` where the model is not the one that made the set's codes, or none
 * is known; else whatever reading and encoding return.
 */
export async function queryCodes(
  set: SavedCodes,
  operands: readonly string[],
  { model, ...options }: QueryOptions,
  { note, env: start, data: dataEnv }: Pick<Context, "note" | "env" | "data">,
): Promise<E.Either<SparrowError, SavedCodes>> {
  if (operands.every(isCodesFile)) return await loadCodes(operands[0], denoFiles)();
  const encoder = await loadEncoderOf(set, { model })();
  if (E.isLeft(encoder)) return encoder;
  const images = await findImages(operands, { ...options, dataEnv })();
  if (E.isLeft(images)) return images;
  const env = await start();
  if (E.isLeft(env)) return env;
  return await encodeImages(encoder.right, images.right, { ...options, note, env: env.right })();
}
