/**
 * Import of networks that were trained elsewhere, from ONNX files: constants and settings are checked, and each
 * operator is read as a node of a graph.
 *
 * @module
 */
import type { CorruptFile, SparrowError } from "../../graph/error.ts";
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import type { Graph, Leaf } from "../../graph/node.ts";
import type { ArrayValue, ParamArrays } from "../../graph/params.ts";
import { inferShapes, sizeOf } from "../../graph/shape.ts";
import type { Shape } from "../../graph/types.ts";
import { denoFiles, type Files } from "../files/files.ts";
import { transposed } from "./lower.ts";
import {
  decodeModel,
  ElementType,
  type OnnxAttribute,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
} from "./proto.ts";

// ---- Constants and settings

/** A constant of float32 numbers, or of integers. */
export interface Constant {
  /** Dimensions. */
  readonly shape: readonly number[];
  /** Elements, row-major. */
  readonly data: Float32Array | readonly number[];
}

/** More elements than any file of 2 GB can hold. */
const MOST = 2 ** 31;

/** Reads the constant of a tensor; returns what is wrong about it, in words, where it is not one. */
function constantOf(tensor: Partial<OnnxTensor>): Constant | string {
  const { dims = [], dataType, rawData, floatData = [], int64Data = [], dataLocation } = tensor;
  const name = `tensor ${tensor.name || "without a name"}`;
  if (dataLocation === 1) return `${name} to be in this file, current value is another file`;
  const shape = dims.map(Number);
  const size = shape.reduce((product, n) => product * n, 1);
  // An axis of 0 beside others says nothing of how large those may be.
  const least = shape.length === 1 ? 0 : 1;
  if (!shape.every((n) => Number.isSafeInteger(n) && n >= least) || !(size <= MOST)) {
    return `${name} to have dimensions, current value is [${shape.slice(0, 8)}]`;
  }
  const raw = rawData !== undefined && rawData.length > 0;
  const wrong = (actual: number) => `${name} to have ${size} elements, current value is ${actual}`;
  switch (dataType) {
    case ElementType.float: {
      if (!raw) {
        return floatData.length === size
          ? { shape, data: Float32Array.from(floatData) }
          : wrong(floatData.length);
      }
      // A copy, for the bytes may stand at any place of the file.
      return rawData.length === 4 * size
        ? { shape, data: new Float32Array(new Uint8Array(rawData).buffer) }
        : wrong(rawData.length / 4);
    }
    case ElementType.int64: {
      if (!raw) {
        return int64Data.length === size
          ? { shape, data: int64Data.map(Number) }
          : wrong(int64Data.length);
      }
      return rawData.length === 8 * size
        ? { shape, data: Array.from(new BigInt64Array(new Uint8Array(rawData).buffer), Number) }
        : wrong(rawData.length / 8);
    }
    default:
      return `${name} to be of float32 or int64, current value is ONNX's type ${
        dataType ?? "none"
      }`;
  }
}

/** Exchanges the axes of a constant matrix, as PyTorch writes some weights; or returns what was expected. */
function turned(constant: Constant | string, perm: readonly number[]): Constant | string {
  if (typeof constant === "string") return constant;
  const { shape: [rows, columns, ...more], data } = constant;
  return more.length === 0 && columns !== undefined && perm[0] === 1 && perm[1] === 0 &&
      data instanceof Float32Array
    ? { shape: [columns, rows], data: transposed(data, 1, rows, columns) }
    : `a constant matrix to be transposed, current value is [${constant.shape}] by [${perm}]`;
}

/** The settings of an ONNX node by name. */
export interface Settings {
  /** Returns an integer; the fallback where it is missing. */
  readonly int: (name: string, fallback: number) => number;
  /** Returns a number; the fallback where it is missing. */
  readonly float: (name: string, fallback: number) => number;
  /** Returns integers; the fallback where they are missing. */
  readonly ints: (name: string, fallback: readonly number[]) => readonly number[];
  /** Returns text; "" where it is missing. */
  readonly text: (name: string) => string;
  /** Returns a tensor, if there is one. */
  readonly tensor: (name: string) => OnnxTensor | undefined;
}

/** Reads the settings of an ONNX node. */
function settingsOf({ attribute = [] }: Partial<OnnxNode>): Settings {
  const find = (name: string): Partial<OnnxAttribute> | undefined =>
    attribute.find((one) => one.name === name);
  return {
    int: (name, fallback) => {
      const i = find(name)?.i;
      return i === undefined ? fallback : Number(i);
    },
    float: (name, fallback) => find(name)?.f ?? fallback,
    ints: (name, fallback) => {
      const found = find(name);
      return found === undefined ? fallback : (found.ints ?? []).map(Number);
    },
    text: (name) => new TextDecoder().decode(find(name)?.s ?? new Uint8Array()),
    tensor: (name) => find(name)?.t,
  };
}

// ---- Operators

/** The node of an operator, with its weights and statistics by the last part of their paths: "weight". */
export interface ReadNode {
  /** The node; null where the operator changes nothing. */
  readonly node: Leaf | null;
  /** Weights. */
  readonly params?: Readonly<Record<string, ArrayValue>>;
  /** Running statistics. */
  readonly plasticity?: Readonly<Record<string, ArrayValue>>;
}

/** The operands of an operator. */
export interface Operands {
  /** Its settings. */
  readonly settings: Settings;
  /** Its inputs after the first, the constants among them; undefined where it is none or left out. */
  readonly constants: readonly (Constant | undefined)[];
  /** Shape of its first input, as in Sparrow: images are [height, width, channels]. */
  readonly input: Shape;
  /** The order of the values where they are those of a flattened image; null where it is Sparrow's. */
  readonly order: Order | null;
}

/**
 * Where each value of a flattened image [height, width, channels] stands in ONNX's [channels, height, width]:
 * a rule, and no list, because an image may be declared of any size.
 */
export interface Order {
  /** How many values there are. */
  readonly size: number;
  /** The place in ONNX's order of the value at a place in Sparrow's. */
  readonly from: (to: number) => number;
}

/** An operator as a node, or what was expected of it, in words. */
export type Reader = (operands: Operands) => ReadNode | string;

const plain = (node: Leaf | null): Reader => () => ({ node });

const floats = (constant: Constant | undefined): Float32Array | null =>
  constant?.data instanceof Float32Array ? constant.data : null;

/** Rows [values, …] in Sparrow's order, as many as the order has. */
const reordered = (data: Float32Array, order: Order | null): Float32Array => {
  if (order === null) return data;
  const width = data.length / order.size;
  const sorted = new Float32Array(data.length);
  for (let to = 0; to < order.size; to++) {
    const from = order.from(to);
    sorted.set(data.subarray(from * width, (from + 1) * width), to * width);
  }
  return sorted;
};

/** y = x·W + b of a weight [inputs, outputs], or [outputs, inputs] where it is `turned`. */
function linear(
  { constants: [weight, bias], input, order }: Operands,
  turned: boolean,
): ReadNode | string {
  const given = floats(weight);
  if (given === null || weight?.shape.length !== 2) return "a constant matrix of float32 as weight";
  const [inputs, outputs] = turned ? weight.shape.toReversed() : weight.shape;
  if (input.length !== 1 || input[0] !== inputs) return `${inputs} inputs, where it has [${input}]`;
  const matrix = turned ? transposed(given, 1, outputs, inputs) : given;
  const b = bias === undefined ? null : floats(bias);
  if (bias !== undefined && b?.length !== outputs) return `a constant bias of ${outputs} numbers`;
  return {
    node: { _tag: "linear", inputs, outputs, bias: b !== null },
    params: {
      weight: { shape: [inputs, outputs], data: reordered(matrix, order) },
      ...b === null ? {} : { bias: { shape: [outputs], data: b } },
    },
  };
}

const gemm: Reader = (operands) => {
  const { settings } = operands;
  return settings.float("alpha", 1) !== 1 || settings.float("beta", 1) !== 1 ||
      settings.int("transA", 0) !== 0
    ? "alpha 1, beta 1 and transA 0"
    : linear(operands, settings.int("transB", 0) === 1);
};

/** Whether all numbers are one, at least one of them. */
const same = (values: readonly number[]): boolean => values.every((value) => value === values[0]);

/** The windows of a convolution or pooling, or what was expected of them. */
function windowsOf(settings: Settings, size: readonly number[]): {
  readonly size: number;
  readonly stride: number;
  readonly padding: number;
} | string {
  const strides = settings.ints("strides", [1, 1]);
  const pads = settings.ints("pads", [0, 0, 0, 0]);
  if (size.length !== 2 || !same(size)) return `square windows, where they are [${size}]`;
  if (strides.length !== 2 || !same(strides)) return `one stride, where they are [${strides}]`;
  if (pads.length !== 4 || !same(pads)) return `the same padding all around, where it is [${pads}]`;
  if (!settings.ints("dilations", [1, 1]).every((n) => n === 1)) return "no dilation";
  if (!["", "NOTSET", "VALID"].includes(settings.text("auto_pad"))) {
    return `pads in numbers, where auto_pad is ${settings.text("auto_pad")}`;
  }
  return { size: size[0], stride: strides[0], padding: pads[0] };
}

const conv: Reader = ({ settings, constants: [weight, bias], input }) => {
  const given = floats(weight);
  if (given === null || weight?.shape.length !== 4) return "a constant of four axes as weight";
  const [outputs, inputs, ...size] = weight.shape;
  if (settings.int("group", 1) !== 1) return `one group, where it has ${settings.int("group", 1)}`;
  if (input.length !== 3 || input[2] !== inputs) return `images of ${inputs} channels`;
  const windows = windowsOf(settings, settings.ints("kernel_shape", size));
  if (typeof windows === "string") return windows;
  if (!size.every((n) => n === windows.size)) return `a weight of windows of ${windows.size}`;
  const b = bias === undefined ? null : floats(bias);
  if (bias !== undefined && b?.length !== outputs) return `a constant bias of ${outputs} numbers`;
  const pixels = windows.size ** 2;
  return {
    node: { _tag: "conv2d", inputs, outputs, ...windows, bias: b !== null },
    params: {
      // [outputs, inputs · pixels] turned is [inputs, pixels, outputs]; its first two axes change places.
      weight: {
        shape: [windows.size, windows.size, inputs, outputs],
        data: swapped(transposed(given, 1, outputs, inputs * pixels), inputs, pixels, outputs),
      },
      ...b === null ? {} : { bias: { shape: [outputs], data: b } },
    },
  };
};

/** [a, b, rest] as [b, a, rest]. */
function swapped(data: Float32Array, a: number, b: number, rest: number): Float32Array {
  const turned = new Float32Array(data.length);
  for (let i = 0; i < a; i++) {
    for (let j = 0; j < b; j++) {
      const from = (i * b + j) * rest;
      turned.set(data.subarray(from, from + rest), (j * a + i) * rest);
    }
  }
  return turned;
}

const pool = (_tag: "max_pool2d" | "avg_pool2d"): Reader => ({ settings, input }) => {
  if (input.length !== 3) return "images";
  const windows = windowsOf(settings, settings.ints("kernel_shape", []));
  if (typeof windows === "string") return windows;
  if (windows.padding !== 0) return `no padding, where it is ${windows.padding}`;
  if (settings.int("ceil_mode", 0) !== 0) return "ceil_mode 0";
  const { size, stride } = windows;
  return { node: { _tag, size, stride: stride === size ? null : stride } };
};

const globalPool: Reader = ({ input: [height, width, ...channels] }) =>
  channels.length === 1 && height === width
    ? { node: { _tag: "avg_pool2d", size: height, stride: null } }
    : "square images";

const batchNorm: Reader = ({ settings, constants, input, order }) => {
  const channels = input[input.length - 1];
  const [scale, shift, mean, variance] = constants.map(floats);
  const all = [scale, shift, mean, variance].map((values) =>
    values?.length === channels ? reordered(values, input.length === 1 ? order : null) : null
  );
  if (all.some((values) => values === null)) return `four constants of ${channels} numbers`;
  if (settings.int("training_mode", 0) !== 0) return "training_mode 0: export it for evaluation";
  const [weight, bias, running_mean, running_var] = all.map((data): ArrayValue => ({
    shape: [channels],
    data: data as Float32Array,
  }));
  // ONNX's momentum is the part of the old statistics that stays.
  const momentum = Number((1 - settings.float("momentum", Math.fround(0.9))).toPrecision(6));
  const epsilon = Number(settings.float("epsilon", 1e-5).toPrecision(6));
  return {
    node: { _tag: "batch_norm", inputs: channels, affine: true, momentum, epsilon },
    params: { weight, bias },
    plasticity: { running_mean, running_var },
  };
};

const flatten: Reader = ({ settings }) =>
  settings.int("axis", 1) === 1 ? { node: { _tag: "flatten" } } : "axis 1";

const reshape: Reader = ({ constants: [shape], input }) => {
  const size = input.reduce((product, n) => product * n, 1);
  const to = shape?.data;
  return to?.length === 2 && (to[1] === -1 || to[1] === size)
    ? { node: { _tag: "flatten" } }
    : "a constant shape that makes a vector of a sample: [-1, size] or [0, -1]";
};

const alongUnits = (_tag: "softmax" | "log_softmax"): Reader => ({ settings, input, order }) =>
  input.length !== 1 || order !== null
    ? "vectors"
    : [-1, 1].includes(settings.int("axis", -1))
    ? { node: { _tag } }
    : "the axis of the units";

/** The operators that a graph has a node for. */
const readers: Readonly<Record<string, Reader>> = {
  Gemm: gemm,
  MatMul: (operands) => linear(operands, false),
  Conv: conv,
  BatchNormalization: batchNorm,
  MaxPool: pool("max_pool2d"),
  AveragePool: pool("avg_pool2d"),
  GlobalAveragePool: globalPool,
  Flatten: flatten,
  Reshape: reshape,
  // PyTorch writes one before each average pooling, of nothing.
  Pad: ({ constants: [pads] }) =>
    pads !== undefined && pads.data.every((n) => n === 0) ? { node: null } : "no padding",
  Relu: plain({ _tag: "relu" }),
  LeakyRelu: ({ settings }) => ({
    node: { _tag: "leaky_relu", slope: Number(settings.float("alpha", 0.01).toPrecision(6)) },
  }),
  Sigmoid: plain({ _tag: "sigmoid" }),
  Tanh: plain({ _tag: "tanh" }),
  Softmax: alongUnits("softmax"),
  LogSoftmax: alongUnits("log_softmax"),
  Dropout: plain(null),
  Identity: plain(null),
};

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
 * Loads a network from an ONNX file: {@linkcode importOnnx} of what it holds.
 *
 * @returns The network; `FileUnavailable` or `CorruptFile`.
 */
export const loadOnnx = (
  path: string,
  files: Files = denoFiles,
): TE.TaskEither<SparrowError, ImportedModel> =>
  pipe(files.read(path), TE.chainEitherKW((bytes) => importOnnx(path, bytes)));

/** Bytes that any model may read and transpose, besides twice those of its file. */
const SPARE = 2e6;

/** What it costs to read a constant, whatever its size. */
const READING = 64;

/**
 * The network of a model, or what was expected of it, in words.
 *
 * @param bytes Of its file. A constant may be used many times over, and transposed: all that is read and
 * transposed is at most twice as large, and a bit more.
 */
function networkOf({ graph }: OnnxModel, bytes: number): ImportedModel | string {
  if (graph === undefined) return "a graph";
  if (graph.node.length > MOST_NODES) return `at most ${MOST_NODES} operators`;
  let left = 2 * bytes + SPARE;
  const within = (constant: Constant | string): Constant | string => {
    if (typeof constant === "string") return constant;
    left -= READING + 4 * constant.data.length;
    return left >= 0 ? constant : "each constant to be read and transposed about once";
  };
  // Read when they are used: what dropout is given, say, may be of any type.
  const tensors = new Map<string, () => Constant | string>(
    graph.initializer.map((tensor) => [tensor.name ?? "", () => within(constantOf(tensor))]),
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
      `[batch, ${dims?.slice(0, 8) ?? "…"}]`;
  }
  const input = dims.length === 1 ? dims : [dims[1], dims[2], dims[0]];

  let at = { name: inputs[0].name, shape: input as Shape, order: null as Order | null };
  const nodes: Leaf[] = [];
  const params: Record<string, ArrayValue> = {};
  const plasticity: Record<string, ArrayValue> = {};
  for (const operator of graph.node) {
    const { opType = "", input: names = [], output = [] } = operator;
    const what = `the operator ${opType}${operator.name ? ` (${operator.name.slice(0, 60)})` : ""}`;
    const settings = settingsOf(operator);
    if (opType === "Constant") {
      const value = settings.tensor("value");
      if (value !== undefined) tensors.set(output[0], () => within(constantOf(value)));
      continue;
    }
    const weight = tensors.get(names[0] ?? "");
    if (opType === "Transpose" && weight !== undefined) {
      const perm = settings.ints("perm", [1, 0]);
      tensors.set(output[0], () => within(turned(weight(), perm)));
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

/** The order of a flattened image; null where ONNX's is the same. */
function orderOf(shape: Shape): Order | null {
  if (shape.length !== 3) return null;
  const [height, width, channels] = shape;
  if (channels === 1 || height * width === 1) return null;
  return {
    size: sizeOf(shape),
    from: (to) => (to % channels) * height * width + Math.floor(to / channels),
  };
}
