/**
 * Networks that were trained elsewhere, from ONNX files.
 *
 * @module
 */
import type { CorruptFile, SparrowError } from "../../graph/error.ts";
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import type { Graph, Leaf } from "../../graph/node.ts";
import type { ArrayValue, ParamArrays } from "../../graph/params.ts";
import { inferShapes } from "../../graph/shape.ts";
import { sizeOf } from "../../graph/space.ts";
import type { Shape } from "../../graph/types.ts";
import type { Files } from "../files.ts";
import { type Constant, constantOf, settingsOf, turned } from "./constants.ts";
import { decodeModel, type OnnxModel } from "./proto.ts";
import { readers } from "./read_node.ts";

/** A network as a graph with its weights, for `createRun`, `swapHead` or `exportOnnx`. */
export interface ImportedModel {
  /** With every dimension known. */
  readonly graph: Graph;
  /** Of one sample: images are [height, width, channels], where ONNX has [channels, height, width]. */
  readonly input: Shape;
  /** In Sparrow's layout. */
  readonly params: ParamArrays;
  /** The running statistics of batch norm. */
  readonly plasticity: ParamArrays;
}

/** Nodes of a file; a network in a line has no more. */
const MOST_NODES = 2_000;

/**
 * The network of an ONNX file: a line of Gemm, MatMul (and Add), Conv, BatchNormalization, MaxPool,
 * AveragePool, GlobalAveragePool, Flatten, Reshape to vectors, Relu, LeakyRelu, Sigmoid, Tanh, Softmax,
 * LogSoftmax, Dropout, Identity and Pad of nothing, as PyTorch and others write it.
 *
 * Images go in as [height, width, channels]. A flattened image has another order than in ONNX; the weights after
 * it are put into that order, so that the network computes the same. Dropout is left out.
 *
 * @param file What to call it in an error.
 * @param bytes Of the file.
 * @returns The network, or `CorruptFile` that names the operator and what was expected.
 *
 * @example
 * ```ts
 * import { exportOnnx } from "./export_onnx.ts";
 * import { importOnnx } from "./import_onnx.ts";
 * import { initialParams } from "../../graph/params.ts";
 * import { graph } from "../../graph/parse.ts";
 * import { seed } from "../../graph/rng.ts";
 * import { show } from "../../graph/show.ts";
 * import { swapHead } from "../../graph/swap_head.ts";
 * import { E, pipe } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const trunk = graph`linear(784, 64) ▷ relu ▷ linear(64, 10)`;
 * const [params] = initialParams(trunk, seed(26));
 * const facts = { normalisation: { mean: [0], std: [1] }, dataset: "MNIST", epoch: 0 };
 * const encoder = pipe(
 *   exportOnnx({ graph: trunk, input: [784], params, plasticity: {}, ...facts }, { input: "values" }),
 *   E.chain(({ bytes }) => importOnnx("trunk.onnx", bytes)),
 *   E.map((model) => swapHead(model, 2, graph`linear(64, 512) ▷ kwta(0.05)`)),
 *   E.map(({ graph }) => show(graph)),
 * );
 * assertEquals(encoder, E.right("linear(784, 64) ▷ relu ▷ linear(64, 512) ▷ kwta(0.05)"));
 * ```
 */
export function importOnnx(
  file: string,
  bytes: Uint8Array,
): E.Either<SparrowError, ImportedModel> {
  const corrupt = (reason: string): E.Either<CorruptFile, never> =>
    E.left({ _tag: "CorruptFile", file, reason });
  let model: OnnxModel;
  try {
    model = decodeModel(bytes);
  } catch (thrown) {
    return corrupt(
      `expected a model in the ONNX format: ${(thrown as Error).message.slice(0, 100)}`,
    );
  }
  const read = networkOf(model);
  if (typeof read === "string") return corrupt(`expected ${read}`);
  return pipe(
    inferShapes(read.graph, read.input),
    E.map(({ graph }) => ({ ...read, graph })),
  );
}

/**
 * Loads a network from an ONNX file: {@linkcode importOnnx} of what it holds.
 *
 * @returns The network; `FileUnavailable` or `CorruptFile`.
 */
export const loadOnnx = (path: string, files: Files): TE.TaskEither<SparrowError, ImportedModel> =>
  pipe(files.read(path), TE.chainEitherKW((bytes) => importOnnx(path, bytes)));

/** The network of a model, or what was expected of it, in words. */
function networkOf({ graph }: OnnxModel): ImportedModel | string {
  if (graph === undefined) return "a graph";
  if (graph.node.length > MOST_NODES) return `at most ${MOST_NODES} operators`;
  // Read when they are used: what dropout is given, say, may be of any type.
  const tensors = new Map<string, () => Constant | string>(
    graph.initializer.map((tensor) => [tensor.name ?? "", () => constantOf(tensor)]),
  );
  const inputs = graph.input.filter(({ name }) => !tensors.has(name));
  if (inputs.length !== 1) return `one input, current value is ${inputs.length}`;
  const dims = inputs[0].type?.tensorType?.shape?.dim.slice(1).map(({ dimValue }) =>
    Number(dimValue ?? 0)
  );
  if (
    dims === undefined || !(dims.length === 1 || dims.length === 3) ||
    !dims.every((n) => Number.isSafeInteger(n) && n >= 1)
  ) {
    return `an input [batch, units] or [batch, channels, height, width] of known sizes, current value is ` +
      `[batch, ${dims ?? "…"}]`;
  }
  const input = dims.length === 1 ? dims : [dims[1], dims[2], dims[0]];

  let at = { name: inputs[0].name, shape: input as Shape, order: null as readonly number[] | null };
  const nodes: Leaf[] = [];
  const params: Record<string, ArrayValue> = {};
  const plasticity: Record<string, ArrayValue> = {};
  for (const operator of graph.node) {
    const { opType = "", input: names = [], output = [] } = operator;
    const what = `the operator ${opType}${operator.name ? ` (${operator.name.slice(0, 60)})` : ""}`;
    const settings = settingsOf(operator);
    if (opType === "Constant") {
      const value = settings.tensor("value");
      if (value !== undefined) tensors.set(output[0], () => constantOf(value));
      continue;
    }
    const weight = tensors.get(names[0] ?? "");
    if (opType === "Transpose" && weight !== undefined) {
      const perm = settings.ints("perm", [1, 0]);
      tensors.set(output[0], () => turned(weight(), perm));
      continue;
    }
    if (!names.includes(at.name)) {
      return `a network in a line, where ${what} does not take what the one before it gives`;
    }
    const others: (Constant | undefined)[] = [];
    for (const name of opType === "Dropout" ? [] : names.filter((name) => name !== at.name)) {
      const tensor = tensors.get(name);
      if (tensor === undefined && name !== "") return `${what} to take constants beside the signal`;
      const constant = tensor?.();
      if (typeof constant === "string") return constant;
      others.push(constant);
    }
    if (opType === "Add") {
      const biased = withBias(nodes, params, others[0]);
      if (biased !== null) return `${what} to add ${biased}`;
      at = { ...at, name: output[0] };
      continue;
    }
    const reader = Object.hasOwn(readers, opType) && !operator.domain ? readers[opType] : undefined;
    if (reader === undefined) {
      return `operators among ${Object.keys(readers).join(", ")} and Add, current value is ${what}`;
    }
    if (names[0] !== at.name) return `${what} to take the signal first`;
    const read = reader({ settings, constants: others, input: at.shape, order: at.order });
    if (typeof read === "string") return `${what} to have ${read}`;
    at = { ...at, name: output[0] };
    if (read.node === null) continue;
    const path = String(nodes.length);
    nodes.push(read.node);
    for (const [name, value] of Object.entries(read.params ?? {})) {
      params[`${path}.${name}`] = value;
    }
    for (const [name, value] of Object.entries(read.plasticity ?? {})) {
      plasticity[`${path}.${name}`] = value;
    }
    const inferred = inferShapes({ nodes: [read.node] }, at.shape);
    if (E.isLeft(inferred)) return `${what} to fit what it is given, [${at.shape}]`;
    const shape = inferred.right.output as Shape;
    const order = read.node._tag === "flatten"
      ? at.order ?? orderOf(at.shape)
      : read.node._tag === "linear"
      ? null
      : at.order;
    at = { name: at.name, shape, order };
  }
  if (graph.output.length === 0 || !graph.output.some(({ name }) => name === at.name)) {
    return "the last operator to give the output";
  }
  return { graph: { nodes }, input, params, plasticity };
}

/** Gives the last node, a linear one, a bias; returns what was expected where that cannot be. */
function withBias(
  nodes: Leaf[],
  params: Record<string, ArrayValue>,
  bias: Constant | undefined,
): string | null {
  const last = nodes.at(-1);
  if (last?._tag !== "linear" || last.bias) return "a bias to a MatMul before it";
  if (!(bias?.data instanceof Float32Array) || bias.data.length !== last.outputs) {
    return `a constant of ${last.outputs} numbers`;
  }
  nodes[nodes.length - 1] = { ...last, bias: true };
  params[`${nodes.length - 1}.bias`] = { shape: [last.outputs], data: bias.data };
  return null;
}

/** Where each value of a flattened image stands in ONNX's order; null where the order is one. */
function orderOf(shape: Shape): readonly number[] | null {
  if (shape.length !== 3) return null;
  const [height, width, channels] = shape;
  if (channels === 1 || height * width === 1) return null;
  return Array.from(
    { length: sizeOf(shape) },
    (_, i) => (i % channels) * height * width + Math.floor(i / channels),
  );
}
