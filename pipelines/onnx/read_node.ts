/**
 * What an ONNX operator is as a node of a graph.
 *
 * @module
 */
import type { Leaf } from "../../graph/node.ts";
import type { ArrayValue } from "../../graph/params.ts";
import type { Shape } from "../../graph/types.ts";
import type { Constant, Settings } from "./constants.ts";
import { transposed } from "./lower.ts";

/** Nodes with what belongs to them, by the last part of its path: "weight". */
export interface ReadNode {
  /** The node; null where the operator changes nothing. */
  readonly node: Leaf | null;
  /** Weights. */
  readonly params?: Readonly<Record<string, ArrayValue>>;
  /** Running statistics. */
  readonly plasticity?: Readonly<Record<string, ArrayValue>>;
}

/** What an operator is given. */
export interface Operands {
  /** Its settings. */
  readonly settings: Settings;
  /** Its inputs after the first, the constants among them; undefined where it is none or left out. */
  readonly constants: readonly (Constant | undefined)[];
  /** What goes in, as in Sparrow: images [height, width, channels]. */
  readonly input: Shape;
  /**
   * Where each value of a flattened image [height, width, channels] stands in ONNX's [channels, height,
   * width]; null where the order is one.
   */
  readonly order: readonly number[] | null;
}

/** An operator as a node, or what was expected of it, in words. */
export type Reader = (operands: Operands) => ReadNode | string;

const plain = (node: Leaf | null): Reader => () => ({ node });

const floats = (constant: Constant | undefined): Float32Array | null =>
  constant?.data instanceof Float32Array ? constant.data : null;

/** Rows [values, …] in Sparrow's order. */
const reordered = (data: Float32Array, order: readonly number[] | null): Float32Array => {
  if (order === null) return data;
  const width = data.length / order.length;
  const sorted = new Float32Array(data.length);
  order.forEach((from, to) => {
    sorted.set(data.subarray(from * width, (from + 1) * width), to * width);
  });
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
export const readers: Readonly<Record<string, Reader>> = {
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
