/**
 * Models as ONNX files, for every runtime that reads those.
 *
 * @module
 */
import { graphToJson } from "../../graph/codec.ts";
import { encoderOf } from "../../graph/rewrite.ts";
import { invalidOption, type SparrowError } from "../../graph/error.ts";
import { fold, foldEach, leaves } from "../../graph/fold.ts";
import { E } from "../../graph/fp_ts.ts";
import type { Leaf, Nodes } from "../../graph/node.ts";
import { inferShapes, isPair, sizeOf } from "../../graph/shape.ts";
import { show, showNode } from "../../graph/show.ts";
import type { Shape } from "../../graph/types.ts";
import { isBinary, isBinaryNode } from "../../graph/traits.ts";
import type { ModelFile } from "../files/model.ts";
import { VERSION } from "../core/version.ts";
import {
  channelsLast,
  type Emitter,
  emitter,
  int,
  notExported,
  onnxAlgebra,
  type Signal,
  type Signals,
  written,
} from "./lower.ts";
import { ElementType, encodeModel, type OnnxValue } from "./proto.ts";

/**
 * The versions of ONNX's operators whose meaning is the same for all that is written here, and the version of the
 * file format that came with each (docs/Versioning.md of ONNX 1.23).
 */
const formats: ReadonlyMap<number, bigint> = new Map([
  [21, 10n],
  [22, 10n],
  [23, 11n],
  [24, 12n],
  [25, 13n],
  [26, 13n],
]);

/** The oldest and the newest version of ONNX's operators that a model can be written in. */
export const OPSETS: { readonly oldest: number; readonly newest: number } = {
  oldest: Math.min(...formats.keys()),
  newest: Math.max(...formats.keys()),
};

/** Options of {@linkcode exportOnnx}: the form of the input, and the version of ONNX. */
export interface ExportOnnxOptions {
  /**
   * Form of the input. "pixels": bytes, uint8 [batch, …input], as image files have them; the model normalises them as
   * in its training. "floats": float32 [batch, …input], of a model that was trained on such; it normalises them, too.
   * "values": float32 [batch, …input], normalised already.
   *
   * @default "pixels"
   */
  readonly input?: "pixels" | "floats" | "values";
  /**
   * Version of ONNX's operators, an integer from 21 (ONNX 1.16, of 2024) to 26 (ONNX 1.21, which onnxruntime 1.30
   * reads). A runtime older than a version refuses it. The model is the same in any.
   *
   * @default 26
   */
  readonly opset?: number;
}

/** An exported model. */
export interface OnnxFile {
  /** The file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Name of the input: "pixels", "floats" or "values". */
  readonly input: string;
  /** Names of the outputs, in order. */
  readonly outputs: readonly string[];
}

/**
 * Exports a trained model, in evaluation, as an ONNX file, for batches of any size. Batch norm is folded into the layer
 * before it, and kWTA becomes the k + 1 largest (TopK) and a comparison with their threshold.
 *
 * Of an encoder that ends in kWTA the outputs are "codes", uint8 zeros and ones [batch, …units], and
 * "activations", float32, what the units compete with; of any other "output". Images are [height, width,
 * channels], as in Sparrow. The metadata hold the graph as text and as JSON, the dataset and the normalisation.
 *
 * @param model Model as `loadModel` returns it. Of an autoencoder, the encoder is exported.
 * @param options Options, as {@linkcode ExportOnnxOptions} describes them.
 * @returns The file, or `InvalidOption` where a node has no counterpart (predicted_kwta, k_winners and nodes that a
 * program defines), or for another opset.
 *
 * @example
 * ```ts
 * import { exportOnnx } from "./export_onnx.ts";
 * import { initialParams } from "../../graph/params.ts";
 * import { graph } from "../../graph/parse.ts";
 * import { seed } from "../../graph/rng.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const encoder = graph`linear(784, 64) ▷ relu ▷ linear(64, 512) ▷ kwta(0.05)`;
 * const [params] = initialParams(encoder, seed(26));
 * const made = orThrow(exportOnnx({
 *   graph: encoder,
 *   input: [784],
 *   params,
 *   plasticity: {},
 *   normalisation: { mean: [0.1307], std: [0.3081] },
 *   dataset: "MNIST",
 *   epoch: 0,
 * }));
 * assertEquals(made.outputs, ["codes", "activations"]);
 * ```
 */
export function exportOnnx(
  model: ModelFile,
  { input = "pixels", opset = OPSETS.newest }: ExportOnnxOptions = {},
): E.Either<SparrowError, OnnxFile> {
  const irVersion = formats.get(opset);
  if (irVersion === undefined) {
    const { oldest, newest } = OPSETS;
    return E.left(invalidOption("opset", opset, `an integer from ${oldest} to ${newest}`));
  }
  const encoder = encoderOf(model.graph);
  const inferred = inferShapes(encoder, model.input);
  if (E.isLeft(inferred)) return inferred;
  const { graph } = inferred.right;
  const bad = firstRefused(graph);
  if (bad !== null) {
    return E.left(
      invalidOption(
        `node at position ${bad.path}`,
        showNode(bad.leaf),
        `a node that can be written as ONNX (all but ${notExported.join(", ")})`,
      ),
    );
  }
  if (isPair(inferred.right.output)) {
    return E.left(invalidOption("graph", show(graph), "one that ends in a single tensor"));
  }
  const out = emitter();
  const parts = foldEach(onnxAlgebra(out, model.params, model.plasticity))(graph);
  const competing = graph.nodes.findLastIndex(isBinaryNode);
  const codes = isBinary(graph);
  let at: Signals = begun(out, input, model);
  let activations: Signal | null = null;
  parts.forEach((part, i) => {
    if (codes && i === competing) activations = at as Signal;
    at = part(at);
  });
  const ends = codes
    ? [finish(out, "codes", at as Signal, true), finish(out, "activations", activations!, false)]
    : [finish(out, "output", at as Signal, false)];
  const bytes = encodeModel({
    irVersion,
    producerName: "sparrow",
    producerVersion: VERSION,
    opsetImport: [{ domain: "", version: BigInt(opset) }],
    metadataProps: Object.entries({
      graph: JSON.stringify(graphToJson(graph)),
      graph_text: show(graph),
      dataset: model.dataset,
      normalisation: JSON.stringify(model.normalisation),
      epoch: String(model.epoch),
    }).map(([key, value]) => ({ key, value })),
    graph: {
      name: "encoder",
      node: out.nodes(),
      initializer: out.constants(),
      input: [
        tensorOf(input, input === "pixels" ? ElementType.uint8 : ElementType.float, model.input),
      ],
      output: ends,
    },
  });
  return E.right({ bytes, input, outputs: ends.map(({ name }) => name) });
}

interface Refused {
  readonly path: string;
  readonly leaf: Leaf;
}

const firstRefused: (graph: Nodes) => Refused | null = fold<Refused | null>({
  ...leaves<Refused | null>((leaf, path) =>
    notExported.includes(leaf._tag) ? { leaf, path } : null
  ),
  fanout: (first, second) => first ?? second,
  split: (first, second) => first ?? second,
  residual: (body) => body,
  drop_connect: (body) => body,
  sequence: (parts) => parts.find((part) => part !== null) ?? null,
});

/** The input, normalised in the very arithmetic that training used: of bytes, by a table. */
function begun(
  out: Emitter,
  input: string,
  { input: shape, normalisation: { mean, std } }: ModelFile,
): Signal {
  if (input === "values") return written(input, shape);
  const channels = mean.length;
  if (input === "floats") {
    const each = (of: (channel: number) => number): string =>
      out.floats(shape, Float32Array.from({ length: sizeOf(shape) }, (_, i) => of(i % channels)));
    const [centred] = out.node("Sub", [input, each((channel) => mean[channel])]);
    const [scaled] = out.node("Mul", [centred, each((channel) => 1 / std[channel])]);
    return written(scaled, shape);
  }
  const table = Float32Array.from(
    { length: 256 * channels },
    (_, i) => (i % 256 / 255 - mean[i >> 8]) / std[i >> 8],
  );
  const [bytes] = out.node("Cast", [input], { to: int(ElementType.int32) });
  const places = Array.from({ length: sizeOf(shape) }, (_, i) => 256 * (i % channels));
  const [index] = channels === 1
    ? [bytes]
    : out.node("Add", [bytes, out.integers(shape, places, 32)]);
  const [values] = out.node("Gather", [out.floats([table.length], table), index]);
  return written(values, shape);
}

const tensorOf = (name: string, elemType: number, shape: Shape): OnnxValue => ({
  name,
  type: {
    tensorType: {
      elemType,
      shape: { dim: [{ dimParam: "batch" }, ...shape.map((n) => ({ dimValue: BigInt(n) }))] },
    },
  },
});

/** Gives a tensor the name of an output. */
function finish(out: Emitter, name: string, x: Signal, bits: boolean): OnnxValue {
  const { shape } = x;
  const from = channelsLast(out, x).name();
  const elemType = bits ? ElementType.uint8 : ElementType.float;
  out.named(name, bits ? "Cast" : "Identity", from, bits ? { to: int(elemType) } : {});
  return tensorOf(name, elemType, shape);
}
