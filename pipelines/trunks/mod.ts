/**
 * Trunks: ONNX and TensorFlow.js models whose features of pictures codes are trained on.
 *
 * @module
 */
export type { TrunkReference } from "../data/dataset.ts";
export { features, type FeaturesOptions } from "./features.ts";
export type { Onnxruntime } from "./onnx_network.ts";
export {
  loadTrunk,
  type Trunk,
  type TrunkNormalisation,
  trunkNormalisations,
  type TrunkOptions,
} from "./trunk.ts";
