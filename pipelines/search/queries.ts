/**
 * The codes of queries: read from a file, or encoded.
 *
 * @module
 */
import { describe, invalidOption, type SparrowError } from "../../graph/error.ts";
import { E } from "../../graph/fp_ts.ts";
import type { Context } from "../cli/program.ts";
import { loadCodes, type SavedCodes } from "../codes_file.ts";
import { denoFiles } from "../files.ts";
import { encodeInputs, type EncodeOptions } from "../encode/encode_inputs.ts";
import { type EncoderFile, loadEncoder, withEncoder } from "../encode/encoder.ts";
import { findInputs, type InputOptions } from "../encode/inputs.ts";
import { notesOf } from "../encode/notes.ts";

/** How queries are encoded. */
export interface QueryOptions extends InputOptions, EncodeOptions {
  /** The path of the model; null for the one that made the codes. */
  readonly model: string | null;
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
  options: QueryOptions,
  { note, env: start, data }: Pick<Context, "note" | "env" | "data">,
): Promise<E.Either<SparrowError, SavedCodes>> {
  if (operands.every(isCodesFile)) return await loadCodes(operands[0], denoFiles)();
  const encoder = await modelOf(set, options.model);
  if (E.isLeft(encoder)) return encoder;
  const inputs = await findInputs(operands, options, data);
  if (E.isLeft(inputs)) return inputs;
  notesOf(inputs.right).forEach(note);
  const env = await start();
  if (E.isLeft(env)) return env;
  return await withEncoder(
    encoder.right,
    (model) =>
      encodeInputs(model, inputs.right, options, env.right, (error) => {
        note(`Skipped: ${describe(error)}`);
      }),
  );
}

/** The model that made the codes, else queries would be compared with codes of other meaning. */
async function modelOf(
  { codes, origins }: SavedCodes,
  given: string | null,
): Promise<E.Either<SparrowError, EncoderFile>> {
  const path = given ?? origins?.model.file;
  if (path === undefined) {
    return E.left(
      invalidOption(
        "--model",
        "none",
        "the model that made the codes, which their file does not name",
      ),
    );
  }
  const encoder = await loadEncoder(path, denoFiles)();
  if (E.isLeft(encoder)) return encoder;
  const { sha256 } = encoder.right.identity;
  if (origins !== undefined && sha256 !== origins.model.sha256) {
    return E.left(
      invalidOption(
        "--model",
        `${path}, of SHA-256 ${sha256.slice(0, 12)}…`,
        `the model that made the codes of ${codes.width} units, ${origins.model.file} of SHA-256 ` +
          `${origins.model.sha256.slice(0, 12)}…`,
      ),
    );
  }
  return encoder;
}
