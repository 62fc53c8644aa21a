/**
 * The codes that Sparrow makes in Deno, for what makes them elsewhere to be compared with.
 *
 * @module
 */
import { toIndices } from "../../../ops/codes/codes.ts";
import type { Samples } from "../../../pipelines/data/dataset.ts";
import { encode } from "../../../pipelines/encode/encode.ts";
import { denoFiles } from "../../../pipelines/files/files.ts";
import { loadModel } from "../../../pipelines/files/model.ts";
import { assert } from "../../assert.ts";
import { envOn, right } from "../tiny.ts";

/**
 * The units of each image's code on wasm, rising; images are normalised as the model was trained.
 *
 * @param model Model of a file whose graph ends in kWTA.
 */
export async function unitsOf(
  model: string,
  images: Pick<Samples, "count" | "values">,
): Promise<readonly (readonly number[])[]> {
  const loaded = right(await loadModel(model, denoFiles)());
  const { normalisation } = loaded;
  await envOn("wasm");
  const made = right(await encode(loaded, { ...images, normalisation })());
  assert(made.kind === "binary", "the model ends in kWTA");
  return toIndices(made);
}
