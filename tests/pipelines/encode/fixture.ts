/** A model of built-in digits, trained in a fraction of a second, as a file in memory. */
import { writeModel } from "../../../pipelines/files/model.ts";
import { dispose, toArrays } from "../../../pipelines/core/run.ts";
import type { Dataset, ImageSplit } from "../../../pipelines/data/dataset.ts";
import { type Encoder, readEncoder } from "../../../pipelines/encode/encoder.ts";
import { begin, digits, envOn, right, trainTiny } from "../tiny.ts";

/** Dataset and models that tests encode with. */
export interface Fixture {
  readonly dataset: Dataset<ImageSplit>;
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
  const { name, train: { normalisation } } = dataset;
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
export const encoderFile = async (bytes: Uint8Array): Promise<Encoder> =>
  right(await readEncoder("model.safetensors", bytes)());
