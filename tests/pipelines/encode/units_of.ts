/**
 * The codes that Sparrow makes in Deno, for what makes them elsewhere to be compared with.
 *
 * @module
 */
import { toIndices } from "../../../ops/sdr/codes.ts";
import type { Images } from "../../../pipelines/data/dataset.ts";
import { encode } from "../../../pipelines/encode.ts";
import { denoFiles } from "../../../pipelines/files.ts";
import { loadModel } from "../../../pipelines/model_file.ts";
import { createRun, dispose } from "../../../pipelines/run.ts";
import { assert } from "../../assert.ts";
import { envOn, optimiser, right } from "../tiny.ts";

/**
 * The units of each image's code on wasm, rising.
 *
 * @param model Of a file whose graph ends in kWTA.
 */
export async function unitsOf(
  model: string,
  images: Images,
): Promise<readonly (readonly number[])[]> {
  const loaded = right(await loadModel(model, denoFiles)());
  const env = await envOn("wasm");
  const run = right(createRun({ ...loaded, optimiser, seed: 0 }));
  const codes = await encode(run, images, loaded.normalisation, env, { epoch: 0, step: 0 });
  dispose(run);
  const made = right(codes);
  assert(made.kind === "binary", "the model ends in kWTA");
  return toIndices(made);
}
