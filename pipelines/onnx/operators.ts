/**
 * The operators of ONNX that a graph has nodes for.
 *
 * @module
 */
import type { Leaf } from "../../graph/node.ts";
import type { ArrayValue } from "../../graph/params.ts";
import { sizeOf } from "../../graph/shape.ts";
import type { Shape } from "../../graph/types.ts";
import type { Constant, Settings } from "./constants.ts";
import { transposed } from "./lower.ts";

/** An operator as nodes, with the weights and statistics of the first by the last part of their paths: "weight". */
export interface ReadNode {
  /** The nodes in order; none where the operator changes nothing. */
  readonly nodes: readonly Leaf[];
  /** Whether an image in the output has its channels first in ONNX. @default as the input */
  readonly channelsFirst?: boolean;
  /** Weights. @default none */
  readonly params?: Readonly<Record<string, ArrayValue>>;
  /** Running statistics. @default none */
  readonly plasticity?: Readonly<Record<string, ArrayValue>>;
}

/** The operands of an operator. */
export interface Operands {
  /** Settings of the operator. */
  readonly settings: Settings;
  /** Inputs after the first, where they are constants; undefined for one that is not constant or left out. */
  readonly constants: readonly (Constant | undefined)[];
  /** Shape of its first input, as in Sparrow: images are [height, width, channels]. */
  readonly input: Shape;
  /** Whether that is an image which in ONNX is [channels, height, width]. */
  readonly channelsFirst: boolean;
  /** Whether the last axis of its output is moved to the front, as the channels of an image. */
  readonly isTurned: () => boolean;
  /** The order of the values where they are those of a flattened image; null where it is Sparrow's. */
  readonly order: Order | null;
}

/**
 * Position of each value of a flattened image [height, width, channels] in ONNX's [channels, height, width]. It is a
 * rule and not a list, because an image may be declared of any size.
 */
export interface Order {
  /** Number of values. */
  readonly size: number;
  /** Shape of the image. */
  readonly image: Shape;
  /** The place in ONNX's order of the value at a place in Sparrow's. */
  readonly from: (to: number) => number;
}

/** Reads an operator as a node, or returns the expectation in words. */
export type Reader = (operands: Operands) => ReadNode | string;

const plain = (...nodes: readonly Leaf[]): Reader => () => ({ nodes });

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
    nodes: [{ _tag: "linear", inputs, outputs, bias: b !== null }],
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

/** Reads the windows of a convolution or pooling, or returns the expectation in words. */
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

const conv: Reader = ({ settings, constants: [weight, bias], input, channelsFirst }) => {
  const given = floats(weight);
  if (given === null || weight?.shape.length !== 4) return "a constant of four axes as weight";
  const [outputs, each, ...size] = weight.shape;
  const groups = settings.int("group", 1);
  const inputs = each * groups;
  if (!(groups >= 1) || outputs % groups !== 0) {
    return `groups that divide ${outputs} outputs, where there are ${groups}`;
  }
  if (input.length !== 3 || input[2] !== inputs || !channelsFirst) {
    return `images of ${inputs} channels, where it is given [${input}]`;
  }
  const windows = windowsOf(settings, settings.ints("kernel_shape", size));
  if (typeof windows === "string") return windows;
  if (!size.every((n) => n === windows.size)) return `a weight of windows of ${windows.size}`;
  const b = bias === undefined ? null : floats(bias);
  if (bias !== undefined && b?.length !== outputs) return `a constant bias of ${outputs} numbers`;
  const pixels = windows.size ** 2;
  return {
    nodes: [{ _tag: "conv2d", inputs, outputs, ...windows, groups, bias: b !== null }],
    params: {
      // [outputs, each · pixels] turned is [each, pixels, outputs]; its first two axes change places.
      weight: {
        shape: [windows.size, windows.size, each, outputs],
        data: swapped(transposed(given, 1, outputs, each * pixels), each, pixels, outputs),
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

const maxPool: Reader = ({ settings, input, channelsFirst }) => {
  if (input.length !== 3 || !channelsFirst) return "images";
  const windows = windowsOf(settings, settings.ints("kernel_shape", []));
  if (typeof windows === "string") return windows;
  if (settings.int("ceil_mode", 0) !== 0) return "ceil_mode 0";
  const { size, stride, padding } = windows;
  if (padding >= size) return `padding below the size of its windows, ${size}`;
  return {
    nodes: [{ _tag: "max_pool2d", size, stride: stride === size ? null : stride, padding }],
  };
};

const averagePool: Reader = ({ settings, input, channelsFirst }) => {
  if (input.length !== 3 || !channelsFirst) return "images";
  const [height, width] = input;
  const size = settings.ints("kernel_shape", []);
  const pads = settings.ints("pads", []);
  if (size[0] === height && size[1] === width && pads.every((n) => n === 0)) {
    return { nodes: [globalAverage] };
  }
  const windows = windowsOf(settings, size);
  if (typeof windows === "string") return windows;
  if (windows.padding !== 0) return `no padding, where it is ${windows.padding}`;
  if (settings.int("ceil_mode", 0) !== 0) return "ceil_mode 0";
  const { stride } = windows;
  return {
    nodes: [{
      _tag: "avg_pool2d",
      size: windows.size,
      stride: stride === windows.size ? null : stride,
    }],
  };
};

const globalAverage: Leaf = { _tag: "global_avg_pool2d" };

const globalPool: Reader = ({ input, channelsFirst }) =>
  input.length === 3 && channelsFirst ? { nodes: [globalAverage] } : "images";

/** Whether axes, counted with the batch's, are those of height and width, in any order. */
const areSpatial = (axes: readonly number[], channelsFirst: boolean): boolean => {
  const sorted = axes.map((axis) => axis < 0 ? axis + 4 : axis).sort();
  const [first, second] = channelsFirst ? [2, 3] : [1, 2];
  return sorted.length === 2 && sorted[0] === first && sorted[1] === second;
};

/** The axes of an operator, which newer versions of ONNX give as an input. */
const axesOf = ({ settings, constants: [axes] }: Operands): readonly number[] =>
  settings.ints("axes", axes === undefined || floats(axes) !== null ? [] : Array.from(axes.data));

const reduceMean: Reader = (operands) => {
  const { input, settings, channelsFirst } = operands;
  return input.length !== 3 || !areSpatial(axesOf(operands), channelsFirst)
    ? `the axes of height and width, where they are [${axesOf(operands)}]`
    : settings.int("keepdims", 1) === 0
    ? { nodes: [globalAverage, { _tag: "flatten" }] }
    : { nodes: [globalAverage] };
};

const squeeze: Reader = (operands) => {
  const { input, channelsFirst } = operands;
  return input.length === 3 && input[0] * input[1] === 1 &&
      areSpatial(axesOf(operands), channelsFirst)
    ? { nodes: [{ _tag: "flatten" }] }
    : `a height and a width of 1 to remove, where it is given [${input}]`;
};

/** The shortest decimal number that is the same in float32. */
function shortest(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
}

/** The largest float32: no bound. */
const LARGEST = Math.fround(3.4028234663852886e38);

const clip: Reader = ({ settings, constants }) => {
  const bounds = ["min", "max"].map((name, i) => {
    const constant = constants[i];
    const none = i === 0 ? -LARGEST : LARGEST;
    if (constant === undefined) return settings.float(name, none);
    return constant.data instanceof Float32Array && constant.data.length === 1
      ? constant.data[0]
      : NaN;
  });
  const [min, max] = bounds.map((bound) => Math.min(Math.max(bound, -LARGEST), LARGEST));
  if (!(min < max)) {
    return `constant bounds, the lower first, where they are ${bounds.join(" and ")}`;
  }
  return min === 0 && max === LARGEST
    ? { nodes: [{ _tag: "relu" }] }
    : { nodes: [{ _tag: "clip", min: shortest(min), max: shortest(max) }] };
};

const batchNorm: Reader = ({ settings, constants, input, channelsFirst, order }) => {
  const channels = input[input.length - 1];
  if (input.length === 3 && !channelsFirst) return "images whose channels come first";
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
    nodes: [{ _tag: "batch_norm", inputs: channels, affine: true, momentum, epsilon }],
    params: { weight, bias },
    plasticity: { running_mean, running_var },
  };
};

const flatten: Reader = ({ settings, input }) =>
  [1, -input.length].includes(settings.int("axis", 1))
    ? { nodes: [{ _tag: "flatten" }] }
    : "axis 1";

const reshape: Reader = ({ constants: [shape], input, order, channelsFirst, isTurned }) => {
  const size = sizeOf(input);
  const [, ...to] = shape === undefined || floats(shape) !== null ? [] : Array.from(shape.data);
  const known = to.reduce((product, n) => n === -1 ? product : product * n, 1);
  const whole = to.map((n) => n === -1 ? size / known : n);
  if (whole.length === 1 && whole[0] === size) return { nodes: [{ _tag: "flatten" }] };
  const expected = "a constant shape that makes a vector of a sample, [-1, size] or [0, -1], " +
    "or an image in the order of its values";
  if (whole.length !== 3 || sizeOf(whole) !== size || !whole.every((n) => n >= 1)) return expected;
  if (input.length !== 1 && channelsFirst || order !== null) return expected;
  if (isTurned()) return { nodes: [{ _tag: "reshape", shape: whole }], channelsFirst: false };
  const [channels, height, width] = whole;
  // Of one channel, or one pixel, the order is the same.
  return channels === 1 || height * width === 1
    ? { nodes: [{ _tag: "reshape", shape: [height, width, channels] }], channelsFirst: true }
    : expected;
};

/** Moves of the channels to the front or to the end: in a graph they are always last. */
const transpose: Reader = ({ settings, input, channelsFirst }) => {
  const perm = settings.ints("perm", []).join();
  return input.length === 3 && perm === (channelsFirst ? "0,2,3,1" : "0,3,1,2")
    ? { nodes: [], channelsFirst: !channelsFirst }
    : "the channels of an image to move to the front or to the end";
};

const alongUnits =
  (_tag: "softmax" | "log_softmax"): Reader => ({ settings, input, order, channelsFirst }) =>
    order !== null || (input.length !== 1 && channelsFirst)
      ? "vectors"
      : [-1, input.length].includes(settings.int("axis", -1))
      ? { nodes: [{ _tag }] }
      : "the axis of the units";

/** The operators that a graph has a node for. */
export const readers: Readonly<Record<string, Reader>> = {
  Gemm: gemm,
  MatMul: (operands) => linear(operands, false),
  Conv: conv,
  BatchNormalization: batchNorm,
  MaxPool: maxPool,
  AveragePool: averagePool,
  GlobalAveragePool: globalPool,
  ReduceMean: reduceMean,
  Flatten: flatten,
  Reshape: reshape,
  Squeeze: squeeze,
  Transpose: transpose,
  // PyTorch writes one before each average pooling, of nothing.
  Pad: ({ constants: [pads] }) =>
    pads !== undefined && pads.data.every((n) => n === 0) ? { nodes: [] } : "no padding",
  Relu: plain({ _tag: "relu" }),
  LeakyRelu: ({ settings }) => ({
    nodes: [{ _tag: "leaky_relu", slope: Number(settings.float("alpha", 0.01).toPrecision(6)) }],
  }),
  Clip: clip,
  Gelu: ({ settings }) =>
    settings.text("approximate") === "tanh" ? "no approximation" : { nodes: [{ _tag: "gelu" }] },
  Sigmoid: plain({ _tag: "sigmoid" }),
  Tanh: plain({ _tag: "tanh" }),
  Softmax: alongUnits("softmax"),
  LogSoftmax: alongUnits("log_softmax"),
  Dropout: plain(),
  Identity: plain(),
};

/** The order of a flattened image; null where ONNX's is the same. */
export function orderOf(shape: Shape): Order | null {
  if (shape.length !== 3) return null;
  const [height, width, channels] = shape;
  if (channels === 1 || height * width === 1) return null;
  return {
    size: sizeOf(shape),
    image: shape,
    from: (to) => (to % channels) * height * width + Math.floor(to / channels),
  };
}
