/**
 * Networks that are only run: the common part of onnxruntime and TensorFlow.js here.
 *
 * @module
 */
import { invalidOption, type SparrowError } from "../../graph/error.ts";
import { closest } from "../../graph/closest.ts";

/** The order of the axes of pictures: channels before rows and columns, or last. */
export type Layout = "NCHW" | "NHWC";

/** Description of a network's input; null for dimensions that the file leaves open. */
export interface NetworkInput {
  /** Pictures of a batch. */
  readonly batch: number | null;
  /** Rows and columns. */
  readonly size: readonly [height: number | null, width: number | null];
  /** Channels of a picture. */
  readonly channels: number | null;
  /** Order of the axes. */
  readonly layout: Layout;
}

/** Description of a network by its file, before it is run. */
export interface Described {
  /** The input. */
  readonly input: NetworkInput;
  /** Names of the outputs. */
  readonly outputs: readonly string[];
  /** Names of all tensors that can be taken, in the order in which they are computed. */
  readonly layers: readonly string[];
  /** The layer to take where none is named. */
  readonly usual: string;
  /** Order of the axes of a map that is taken. */
  readonly maps: Layout;
}

/** Output of a layer for a batch. */
export interface LayerOutput {
  /** Shape of the output, the pictures of the batch first. */
  readonly shape: readonly number[];
  /** Numbers of the output, row-major. */
  readonly data: Float32Array;
}

/** A network that is ready to run. */
export interface Network {
  /** The program that computes: "onnxruntime-web 1.30.0". */
  readonly runtime: string;
  /** Pictures per batch. */
  readonly batch: number;
  /** Batches that are best computed at the same time. */
  readonly atOnce: number;
  /** Computes the layer of a batch; rejects with the error that the runtime throws. */
  readonly run: (input: Float32Array, count: number) => Promise<LayerOutput>;
  /** Ends the network: frees its threads and its memory. */
  readonly close: () => void;
}

/**
 * Finds a layer by its name, or by the end of a long one: "block_13/Relu" for ".../MobilenetV2/block_13/Relu" where no
 * other ends so.
 *
 * @returns The whole name; null where there is none, or more than one.
 */
export function layerNamed(name: string, { layers }: Described): string | null {
  if (layers.includes(name)) return name;
  const ends = layers.filter((layer) => layer.endsWith(`/${name}`));
  return ends.length === 1 ? ends[0] : null;
}

/** Most names of layers, and of outputs, that an error lists. */
const [LAYERS, OUTPUTS] = [24, 6];

/** The error of a layer that is not there: it lists the last ones, and the outputs. */
export function noSuchLayer(layer: string, { layers, outputs }: Described): SparrowError {
  const before = layers.length > LAYERS ? "…, " : "";
  const after = outputs.length > OUTPUTS ? ", …" : "";
  const listed =
    `one of its ${layers.length} layers: ${before}${layers.slice(-LAYERS).join(", ")}` +
    ` (outputs: ${outputs.slice(0, OUTPUTS).join(", ")}${after})`;
  const nearest = closest(layer, layers);
  const error = invalidOption("the layer", layer, listed);
  return nearest === null ? error : { ...error, nearest };
}
