/** A model of built-in digits, trained in a fraction of a second, as a file in memory. */
import { readModel, writeModel } from "../../../pipelines/model_file.ts";
import { dispose, toArrays } from "../../../pipelines/run.ts";
import type { Dataset } from "../../../pipelines/data/dataset.ts";
import { sha256 } from "../../../pipelines/data/sha256.ts";
import type { EncoderFile } from "../../../pipelines/encode/encoder.ts";
import { layoutOf } from "../../../pipelines/encode/layout.ts";
import { begin, digits, envOn, right, trainTiny } from "../tiny.ts";

/** What tests encode with. */
export interface Fixture {
  readonly dataset: Dataset;
  /** The model's file. */
  readonly bytes: Uint8Array;
}

/** Trains on wasm. */
export async function trained(): Promise<Fixture> {
  const dataset = await digits();
  const env = await envOn("wasm");
  const run = right(await trainTiny(dataset)(begin())(env)());
  const { graph, input } = run;
  const [params, plasticity] = [await toArrays(run.params), await toArrays(run.plasticity)];
  dispose(run);
  const { normalisation, name } = dataset;
  return {
    dataset,
    bytes: writeModel({
      graph,
      input,
      params,
      plasticity,
      normalisation,
      dataset: name,
      epoch: 1,
    }),
  };
}

/** The model as `loadEncoder` returns it. */
export async function encoderFile(bytes: Uint8Array): Promise<EncoderFile> {
  const model = right(readModel("model.safetensors", bytes));
  const layout = right(layoutOf(model.input, model.normalisation));
  return { model, layout, identity: { file: "model.safetensors", sha256: await sha256(bytes) } };
}
