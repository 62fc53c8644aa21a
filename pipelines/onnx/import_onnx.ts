/**
 * Import of networks that were trained elsewhere, from ONNX files: constants and settings are checked, and each
 * operator is read as a node of a graph.
 *
 * @module
 */
import type { CorruptFile, SparrowError } from "../../graph/error.ts";
import { fold, leaves } from "../../graph/fold.ts";
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import type { Graph, Leaf, Nodes } from "../../graph/node.ts";
import type { ArrayValue, ParamArrays } from "../../graph/params.ts";
import { inferShapes } from "../../graph/shape.ts";
import type { Shape } from "../../graph/types.ts";
import { denoFiles, type Files } from "../files/files.ts";
import { graphTo, inputStep, mergeOf, type Step, stepAfter } from "./branches.ts";
import { computations, type Constant, constantOf, settingsOf } from "./constants.ts";
import { type Order, orderOf, readers, type ReadNode } from "./operators.ts";
import { decodeModel, type OnnxModel, type OnnxNode } from "./proto.ts";

/** A network as a graph with its weights, for `createRun`, `swapHead` or `exportOnnx`. */
export interface ImportedModel {
  /** Graph, with every dimension known. */
  readonly graph: Graph;
  /** Shape of one sample: images are [height, width, channels], where ONNX has [channels, height, width]. */
  readonly input: Shape;
  /** Weights in Sparrow's layout. */
  readonly params: ParamArrays;
  /** The running statistics of batch norm. */
  readonly plasticity: ParamArrays;
}

/** Operators of a file, at most. */
const MOST_OPERATORS = 5_000;

/**
 * Reads the network of an ONNX file, as PyTorch and others write ResNets, MobileNets and plainer ones: Conv (grouped
 * and depthwise, too), Gemm, MatMul, BatchNormalization, MaxPool, AveragePool, GlobalAveragePool, ReduceMean over
 * height and width, Flatten, Reshape, Squeeze, Transpose of channels, Relu, LeakyRelu, Clip, Gelu, Sigmoid, Tanh,
 * Softmax, LogSoftmax, Dropout, Identity and Pad of nothing, with branches that Add or Concat merge.
 *
 * Images go in as [height, width, channels]. A flattened image has another order than in ONNX; the weights after
 * it are put into that order, so that the network computes the same. Dropout is left out. The batch may have any
 * size, whatever the file says.
 *
 * @param file Name of the file in errors.
 * @param bytes Content of the file.
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
 * import { swapHead } from "../../graph/rewrite.ts";
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
  const read = networkOf(model, bytes.length);
  if (typeof read === "string") return corrupt(`expected ${read}`);
  return pipe(
    inferShapes(read.graph, read.input),
    E.map(({ graph }) => ({ ...read, graph })),
  );
}

/**
 * Loads a network from an ONNX file, as {@linkcode importOnnx} reads it.
 *
 * @param path Path of the file.
 * @param files File system. @default {denoFiles}
 * @returns The network; `FileUnavailable` or `CorruptFile`.
 */
export const loadOnnx = (
  path: string,
  files: Files = denoFiles,
): TE.TaskEither<SparrowError, ImportedModel> =>
  pipe(files.read(path), TE.chainEitherKW((bytes) => importOnnx(path, bytes)));

/** Bytes that any model may read and transpose, besides twice those of its file. */
const SPARE = 2e6;

/** Cost of reading a constant, whatever its size. */
const READING = 64;

/** Output of an operator that depends on the network's input. */
interface Signal {
  /** The values that have been computed. */
  readonly step: Step;
  /** Shape of one sample, as in Sparrow: images are [height, width, channels]. */
  readonly shape: Shape;
  /** Whether it is an image which in ONNX is [channels, height, width]. */
  readonly channelsFirst: boolean;
  /** The order of the values where they are those of a flattened image; null where it is Sparrow's. */
  readonly order: Order | null;
}

/** Weights and statistics by the last part of their paths. */
type Tensors = Pick<ReadNode, "params" | "plasticity">;

/** A network as it is read: outputs and constants by name, weights by the node that has them. */
interface Reading {
  readonly signals: Map<string, Signal>;
  readonly constants: Map<string, () => Constant | string>;
  readonly tensors: Map<Leaf, Tensors>;
  /** Whether the last axis of an output is moved to the front, as the channels of an image. */
  readonly isTurned: (name: string) => boolean;
}

/** The operator in words: "the operator Conv (/stem/Conv)". */
const inWords = ({ opType = "", name = "" }: Partial<OnnxNode>): string =>
  `the operator ${opType}${name ? ` (${name.slice(0, 60)})` : ""}`;

/**
 * Builds the network of a model, or returns the expectation in words.
 *
 * @param bytes Content of the model's file. A constant may be used many times over, and transposed: all that is read
 * and transposed is at most twice as large, and a bit more.
 */
function networkOf({ graph }: OnnxModel, bytes: number): ImportedModel | string {
  if (graph === undefined) return "a graph";
  if (graph.node.length > MOST_OPERATORS) return `at most ${MOST_OPERATORS} operators`;
  let left = 2 * bytes + SPARE;
  const within = (constant: Constant | string): Constant | string => {
    if (typeof constant === "string") return constant;
    left -= READING + 4 * constant.data.length;
    return left >= 0 ? constant : "each constant to be read and transposed about once";
  };
  // Read when they are used: what dropout is given, say, may be of any type.
  const constants = new Map<string, () => Constant | string>(
    graph.initializer.map((tensor) => [tensor.name ?? "", () => within(constantOf(tensor))]),
  );
  const inputs = graph.input.filter(({ name }) => !constants.has(name));
  if (inputs.length !== 1) return `one input, current value is ${inputs.length}`;
  const dims = inputs[0].type?.tensorType?.shape?.dim.slice(1).map(({ dimValue }) =>
    Number(dimValue ?? 0)
  );
  if (
    dims === undefined || !(dims.length === 1 || dims.length === 3) ||
    !dims.every((n) => Number.isSafeInteger(n) && n >= 1)
  ) {
    return `an input [batch, units] or [batch, channels, height, width] of known sizes, current value is ` +
      `[batch, ${dims?.slice(0, 8) ?? "…"}]`;
  }
  const channelsFirst = dims.length === 3 && !isTurned(graph.node, inputs[0].name);
  const input = channelsFirst ? [dims[1], dims[2], dims[0]] : dims;
  const reading: Reading = {
    signals: new Map([
      [inputs[0].name, { step: inputStep, shape: input, channelsFirst, order: null }],
    ]),
    constants,
    tensors: new Map(),
    isTurned: (name) => isTurned(graph.node, name),
  };
  for (const [i, operator] of graph.node.entries()) {
    const [output = ""] = operator.output ?? [];
    const read = readOperator(reading, operator, i);
    if (typeof read === "string") return read;
    if (typeof read === "function") constants.set(output, () => within(read()));
    else reading.signals.set(output, read);
  }
  const ends = graph.output.flatMap(({ name }) => reading.signals.get(name) ?? []);
  if (ends.length === 0) return "an operator to give the output";
  // Of several the last that is computed, as of an encoder's codes and activations.
  const end = ends.reduce((a, b) => b.step.operator > a.step.operator ? b : a);
  const whole = graphTo(end.step);
  if (whole === null) return "branches that are not as deep in each other";
  if ("operator" in whole) {
    const crossed = inWords(graph.node[whole.operator]);
    return `branches that end where they are merged, and none that takes from another, as one does ` +
      `what ${crossed} gives`;
  }
  return { graph: whole, input, ...weightsOf(whole, reading.tensors) };
}

/** The operators that compute the same whichever axis the channels are. */
const NEUTRAL = new Set(
  "Relu LeakyRelu Clip Gelu Sigmoid Tanh Softmax LogSoftmax Dropout Identity Add Concat".split(" "),
);

/** Whether an output gets its last axis moved to the front, as the channels of an image, before any other use. */
function isTurned(nodes: readonly Partial<OnnxNode>[], name: string): boolean {
  const alike = new Set([name]);
  return nodes.some((node) => {
    if (!node.input?.some((input) => alike.has(input))) return false;
    if (NEUTRAL.has(node.opType ?? "")) node.output?.forEach((output) => alike.add(output));
    return node.opType === "Transpose" && settingsOf(node).ints("perm", []).join() === "0,3,1,2";
  });
}

/**
 * Reads an operator.
 *
 * @returns The node for the network's input; or, where it takes constants alone, a function that computes its value
 * from them; or what was expected, in words.
 */
function readOperator(
  reading: Reading,
  operator: Partial<OnnxNode>,
  number: number,
): Signal | (() => Constant | string) | string {
  const { opType = "", input: names = [], output = [] } = operator;
  const what = inWords(operator);
  const settings = settingsOf(operator);
  const known = (table: object) => Object.hasOwn(table, opType) && !operator.domain;
  const given = names.flatMap((name) => reading.signals.get(name) ?? []);
  if (given.length === 0 && known(computations)) {
    const tensors = names.map((name) => reading.constants.get(name));
    if (tensors.some((tensor, i) => tensor === undefined && names[i] !== "")) {
      return nothingGiven(reading, names, what);
    }
    return () => {
      const constants: Constant[] = [];
      for (const tensor of tensors) {
        const constant = tensor?.();
        if (typeof constant === "string") return constant;
        if (constant !== undefined) constants.push(constant);
      }
      const computed = computations[opType](constants, settings);
      return typeof computed === "string" ? `${what} to have ${computed}` : computed;
    };
  }
  if (opType === "Shape" && given.length === 1) {
    const { shape, channelsFirst } = given[0];
    const inOnnx = channelsFirst ? [shape[2], shape[0], shape[1]] : shape;
    const data = [NaN, ...inOnnx].slice(settings.int("start", 0), settings.int("end", 8));
    return () => ({ shape: [data.length], data });
  }
  if (given.length > 1 && (opType === "Add" || opType === "Concat")) {
    return given.length < names.length
      ? `${what} to merge two outputs, or to add a bias`
      : opType === "Add"
      ? added(given, number, what)
      : concatenated(given, settings.int("axis", NaN), number, what);
  }
  if (!known(readers) && opType !== "Add") {
    const supported = [...Object.keys(readers), "Concat"].join(", ");
    return `operators among ${supported} and Add, current value is ${what}`;
  }
  const others: (Constant | undefined)[] = [];
  const at = names.findIndex((name) => reading.signals.has(name));
  if (at < 0) return nothingGiven(reading, names, what);
  for (const [i, name] of opType === "Dropout" ? [] : names.entries()) {
    if (i === at) continue;
    const tensor = reading.constants.get(name);
    if (tensor === undefined && name !== "") {
      return reading.signals.has(name)
        ? `${what} to take constants beside the signal`
        : nothingGiven(reading, [name], what);
    }
    const constant = tensor?.();
    if (typeof constant === "string") return constant;
    others.push(constant);
  }
  const [signal] = given;
  if (opType === "Add") return biased(reading, signal, others[0], what);
  if (at !== 0) return `${what} to take the signal first`;
  const { shape, order, channelsFirst } = signal;
  const read = readers[opType]({
    settings,
    constants: others,
    input: shape,
    order,
    channelsFirst,
    isTurned: () => reading.isTurned(output[0] ?? ""),
  });
  return typeof read === "string"
    ? `${what} to have ${read}`
    : after(reading, signal, read, number, what);
}

const nothingGiven = ({ signals, constants }: Reading, names: readonly string[], what: string) => {
  const missing = names.find((name) => name !== "" && !signals.has(name) && !constants.has(name));
  return `${what} to take what the input or an operator before it gives` +
    (missing === undefined ? "" : `, where it takes ${JSON.stringify(missing.slice(0, 60))}`);
};

/** The signal after an operator of one input. */
function after(
  reading: Reading,
  signal: Signal,
  read: ReadNode,
  number: number,
  what: string,
): Signal | string {
  const { nodes, params, plasticity } = read;
  const inferred = inferShapes({ nodes }, signal.shape);
  if (E.isLeft(inferred)) return `${what} to fit what it is given, [${signal.shape}]`;
  if (nodes.length > 0) reading.tensors.set(nodes[0], { params, plasticity });
  const shape = inferred.right.output as Shape;
  const tags = nodes.map(({ _tag }) => _tag);
  const order = tags.includes("linear")
    ? null
    : signal.order === null && tags.includes("flatten") && signal.channelsFirst
    ? orderOf(inferred.right.steps[nodes.length - 1].input as Shape)
    : signal.order;
  const step = nodes.length === 0 ? signal.step : stepAfter(signal.step, number, nodes);
  const channelsFirst = shape.length === 3 && (read.channelsFirst ?? signal.channelsFirst);
  return { step, shape, channelsFirst, order };
}

/** The signal with a constant added: a bias of the layer before it. */
function biased(
  reading: Reading,
  { step, ...signal }: Signal,
  bias: Constant | undefined,
  what: string,
): Signal | string {
  const node = step.nodes.at(-1);
  if ((node?._tag !== "linear" && node?._tag !== "conv2d") || node.bias) {
    return `${what} to add a bias to a MatMul or Conv before it`;
  }
  const { outputs } = node;
  // Of images the channels come before two axes of 1.
  const axes = node._tag === "linear" ? [outputs] : [outputs, 1, 1];
  const shape = bias?.shape.slice(-axes.length) ?? [];
  if (
    !(bias?.data instanceof Float32Array) || bias.data.length !== outputs ||
    shape.join() !== axes.join()
  ) return `${what} to add a constant of ${outputs} numbers`;
  const whole = { ...node, bias: true };
  const tensors = reading.tensors.get(node);
  reading.tensors.set(whole, {
    params: { ...tensors?.params, bias: { shape: [outputs], data: bias.data } },
  });
  // It stands for the layer: whatever else takes the layer's output crosses it.
  return { ...signal, step: { ...step, nodes: [whole] } };
}

/** The sum of two signals. */
function added([first, second]: readonly Signal[], number: number, what: string): Signal | string {
  const alike = first.shape.join() === second.shape.join() &&
    first.channelsFirst === second.channelsFirst &&
    (first.order?.size ?? 0) === (second.order?.size ?? 0) &&
    first.order?.image.join() === second.order?.image.join();
  return alike
    ? { ...first, step: mergeOf(first.step, second.step, number, { _tag: "add" }) }
    : `${what} to add outputs of one shape, where they are [${first.shape}] and [${second.shape}]`;
}

/** Two or more signals joined along their units or channels. */
function concatenated(
  signals: readonly Signal[],
  axis: number,
  number: number,
  what: string,
): Signal | string {
  const [{ shape, channelsFirst }] = signals;
  const along = channelsFirst ? 1 : shape.length;
  const expected =
    `${what} to join the units or the channels of outputs, in Sparrow's order, where they are ` +
    signals.map(({ shape }) => `[${shape}]`).join(" and ").slice(0, 200);
  if ((axis < 0 ? axis + shape.length + 1 : axis) !== along) return expected;
  let [joined] = signals;
  for (const next of signals.slice(1)) {
    const inferred = inferShapes({ nodes: [{ _tag: "concat" }] }, {
      first: joined.shape,
      second: next.shape,
    });
    if (
      E.isLeft(inferred) || joined.channelsFirst !== next.channelsFirst ||
      joined.order !== null || next.order !== null
    ) return expected;
    const step = mergeOf(joined.step, next.step, number, { _tag: "concat" });
    joined = { ...joined, step, shape: inferred.right.output as Shape };
  }
  return joined;
}

/** The weights and statistics of a graph by path. */
function weightsOf(
  graph: Nodes,
  tensors: ReadonlyMap<Leaf, Tensors>,
): Pick<ImportedModel, "params" | "plasticity"> {
  const params: Record<string, ArrayValue> = {};
  const plasticity: Record<string, ArrayValue> = {};
  const place = (leaf: Leaf, path: string): void => {
    const held = tensors.get(leaf);
    for (const [name, value] of Object.entries(held?.params ?? {})) {
      params[`${path}.${name}`] = value;
    }
    for (const [name, value] of Object.entries(held?.plasticity ?? {})) {
      plasticity[`${path}.${name}`] = value;
    }
  };
  const nothing = () => {};
  fold<void>({
    ...leaves(place),
    fanout: nothing,
    split: nothing,
    residual: nothing,
    drop_connect: nothing,
    sequence: nothing,
  })(graph);
  return { params, plasticity };
}
