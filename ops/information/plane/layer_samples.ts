/**
 * A layer as samples of a continuous variable.
 *
 * @module
 */
import type { Embeddings } from "../../embeddings.ts";
import { denseValues } from "../../metrics/rows.ts";
import type { Samples } from "../samples.ts";

/** The layer's outputs as numbers: of codes zeros and ones. */
export const layerSamples = (layer: Embeddings): Samples => ({
  count: layer.count,
  width: layer.width,
  values: denseValues(layer),
});
