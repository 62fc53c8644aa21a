/**
 * Lowering to ONNX: each node of a graph, evaluated, written in ONNX's operators.
 *
 * @module
 */
import type { Algebra } from "../../graph/fold.ts";
import type { BatchNorm, Conv2d, Linear, Over } from "../../graph/node.ts";
import type { ParamArrays } from "../../graph/params.ts";
import { sizeOf, windows } from "../../graph/shape.ts";
import type { Pair, Shape } from "../../graph/types.ts";
import { winnerCount } from "../../ops/kernels/select_edges.ts";
import { ElementType, type OnnxAttribute, type OnnxNode, type OnnxTensor } from "./proto.ts";

// ---- Writing an ONNX graph

/** The value of an attribute. */
export type AttributeValue = Omit<Partial<OnnxAttribute>, "name">;

/** Makes an attribute of an integer. */
export const int = (value: number): AttributeValue => ({ type: 2, i: BigInt(value) });

/** Makes an attribute of a number. */
const float = (value: number): AttributeValue => ({ type: 1, f: value });

/** Makes an attribute of integers. */
const ints = (values: readonly number[]): AttributeValue => ({
  type: 7,
  ints: values.map(BigInt),
});

/** A graph being written: nodes and constants in order, under names that it makes. */
export interface Emitter {
  /** Adds an operation; returns the names of its outputs, as many as requested. */
  readonly node: (
    opType: string,
    input: readonly string[],
    attributes?: Readonly<Record<string, AttributeValue>>,
    outputs?: number,
  ) => readonly string[];
  /** Adds an operation of one input whose output has a name of its own. */
  readonly named: (
    name: string,
    opType: string,
    input: string,
    attributes: Readonly<Record<string, AttributeValue>>,
  ) => void;
  /** Adds float32 numbers; returns their name. */
  readonly floats: (shape: Shape, data: Float32Array) => string;
  /** Adds integers, of 64 bits unless said otherwise; returns their name. */
  readonly integers: (shape: Shape, data: readonly number[], bits?: 32 | 64) => string;
  /** Returns all operations so far. */
  readonly nodes: () => readonly Partial<OnnxNode>[];
  /** Returns all constants so far. */
  readonly constants: () => readonly Partial<OnnxTensor>[];
}

/** Makes an empty graph to write into. */
export function emitter(): Emitter {
  const nodes: Partial<OnnxNode>[] = [];
  const constants: Partial<OnnxTensor>[] = [];
  const constant = (shape: Shape, dataType: number, data: ArrayBufferView): string => {
    const name = `constant_${constants.length}`;
    const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    constants.push({ name, dims: shape.map(BigInt), dataType, rawData });
    return name;
  };
  const add = (
    opType: string,
    input: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>>,
    name: string,
    output: readonly string[],
  ): readonly string[] => {
    const attribute = Object.entries(attributes).map(([key, value]) => ({ name: key, ...value }));
    nodes.push({ opType, name, input, output, attribute });
    return output;
  };
  return {
    node: (opType, input, attributes = {}, outputs = 1) => {
      const stem = `${opType.toLowerCase()}_${nodes.length}`;
      const names = Array.from({ length: outputs }, (_, i) => i === 0 ? stem : `${stem}_${i}`);
      return add(opType, input, attributes, stem, names);
    },
    named: (name, opType, input, attributes) => {
      add(opType, [input], attributes, name, [name]);
    },
    floats: (shape, data) => constant(shape, ElementType.float, data),
    integers: (shape, data, bits = 64) =>
      bits === 32
        ? constant(shape, ElementType.int32, Int32Array.from(data))
        : constant(shape, ElementType.int64, BigInt64Array.from(data, BigInt)),
    nodes: () => nodes,
    constants: () => constants,
  };
}

// ---- Signals

/** An affine map per output that is not written yet, so that a batch norm after it can go into it. */
export interface Affine {
  /** Weight, [inputs…, outputs]. */
  readonly weight: Float32Array;
  /** Bias, [outputs]. */
  readonly bias: Float32Array;
  /** Writes the map; returns the name of its output. */
  readonly write: (weight: Float32Array, bias: Float32Array) => string;
}

/**
 * A tensor that passes from node to node while a graph is written. Images are [height, width, channels] in
 * Sparrow and [channels, height, width] in ONNX; a signal knows which of the two it is, so that transposes
 * stand only where they must.
 */
export interface Signal {
  /** Shape of one sample, as in Sparrow. */
  readonly shape: Shape;
  /** Whether the channels come before height and width. */
  readonly channelsFirst: boolean;
  /** Returns its name; the operation that makes it is written at the first call. */
  readonly name: () => string;
  /** Map that makes it and is not written yet. @default none */
  readonly affine?: Affine;
}

/** A tensor, or pairs of them. */
export type Signals = Signal | Pair<Signals, Signals>;

/** Makes the signal of a tensor that is written already. */
export const written = (name: string, shape: Shape, channelsFirst = false): Signal => ({
  shape,
  channelsFirst,
  name: () => name,
});

/** Makes the signal of an affine map, which is written at the first use of its name. */
function pending(affine: Affine, shape: Shape, channelsFirst: boolean): Signal {
  let name: string | null = null;
  return {
    shape,
    channelsFirst,
    affine,
    name: () => name ??= affine.write(affine.weight, affine.bias),
  };
}

/** Returns the tensor with channels last, as Sparrow has it. */
export const channelsLast = ({ node }: Emitter, x: Signal): Signal =>
  x.channelsFirst
    ? written(node("Transpose", [x.name()], { perm: ints([0, 2, 3, 1]) })[0], x.shape)
    : x;

/** Returns the image with channels first, as ONNX's convolutions want it. */
const channelsFirst = ({ node }: Emitter, x: Signal): Signal =>
  x.channelsFirst
    ? x
    : written(node("Transpose", [x.name()], { perm: ints([0, 3, 1, 2]) })[0], x.shape, true);

/** Reshapes a tensor, row-major as Sparrow has it. */
function reshaped(out: Emitter, x: Signal, shape: Shape): Signal {
  const last = channelsLast(out, x);
  const to = out.integers([shape.length + 1], [-1, ...shape]);
  return written(out.node("Reshape", [last.name(), to])[0], shape);
}

// ---- Nodes

/**
 * Writes k-winners-take-all: 1 where a unit is above the midpoint between the k-th and the (k+1)-th largest of its row, else 0: the same
 * threshold in the same arithmetic as `hardKwta`, so that ties lose as a whole here too.
 *
 * @param rows A matrix [any, units].
 */
function winnersOf({ node, integers, floats }: Emitter, rows: string, k: number): string {
  const [values] = node("TopK", [rows, integers([1], [k + 1])], { axis: int(-1) }, 2);
  const at = (i: number): string =>
    node("Slice", [values, ...[i, i + 1, 1].map((n) => integers([1], [n]))])[0];
  const [sum] = node("Add", [at(k - 1), at(k)]);
  const [threshold] = node("Mul", [sum, floats([1], Float32Array.of(0.5))]);
  const [above] = node("Greater", [rows, threshold]);
  return node("Cast", [above], { to: int(ElementType.float) })[0];
}

/** The winners among the units of a sample, of each channel, or at each place. */
function competition(
  out: Emitter,
  x: Signal,
  over: Over,
  winners: (n: number) => number,
): Signal {
  const { shape } = x;
  const first = over === "channel";
  const units = over === "sample" ? sizeOf(shape) : first ? shape[0] * shape[1] : shape[2];
  const laid = first ? channelsFirst(out, x) : channelsLast(out, x);
  const flat = out.node("Reshape", [laid.name(), out.integers([2], [-1, units])])[0];
  const won = winnersOf(out, flat, winners(units));
  const back = first ? [shape[2], shape[0], shape[1]] : shape;
  const to = out.integers([back.length + 1], [-1, ...back]);
  return written(out.node("Reshape", [won, to])[0], shape, first);
}

/** Compares units with their own thresholds, [units…]: 1 where a unit is above, else 0. */
function above(out: Emitter, x: Signal, threshold: Float32Array): Signal {
  const laid = channelsLast(out, x);
  const [more] = out.node("Greater", [laid.name(), out.floats(x.shape, threshold)]);
  return written(out.node("Cast", [more], { to: int(ElementType.float) })[0], x.shape);
}

/** A vector of the same values. */
const flattened = (out: Emitter, x: Signal): Signal =>
  x.shape.length === 1 ? x : reshaped(out, x, [sizeOf(x.shape)]);

/** Writes a node, from its input signals to its output signals. */
export type Emit = (x: Signals) => Signals;

const refuse = (): Emit => {
  throw new TypeError("Cannot lower a node to ONNX that was to be refused before");
};

/** The nodes that cannot be written as ONNX; all others must be in {@linkcode onnxAlgebra}. */
const refused = { predicted_kwta: refuse, k_winners: refuse, custom: refuse };

/** The names of the nodes that cannot be written as ONNX. */
export const notExported: readonly string[] = Object.keys(refused);

/** Makes the algebra that writes each node as ONNX, with these weights. */
export function onnxAlgebra(
  out: Emitter,
  params: ParamArrays,
  plasticity: ParamArrays,
): Algebra<Emit> {
  const { node } = out;
  const onTensor = (f: (x: Signal) => Signal): Emit => (x) => f(x as Signal);
  /** Makes the writer of an operator that accepts any shape and either order of axes. */
  const elementwise =
    (opType: string, attributes: Readonly<Record<string, AttributeValue>> = {}) => (): Emit =>
      onTensor((x) => written(node(opType, [x.name()], attributes)[0], x.shape, x.channelsFirst));
  const alongUnits = (opType: string) => (): Emit =>
    onTensor((x) => {
      const last = channelsLast(out, x);
      return written(node(opType, [last.name()], { axis: int(-1) })[0], x.shape);
    });
  const biasAt = (path: string, outputs: number): Float32Array =>
    params[`${path}.bias`]?.data ?? new Float32Array(outputs);
  const pool = (opType: string) =>
  (
    { size, stride, padding = 0 }: {
      readonly size: number;
      readonly stride: number | null;
      readonly padding?: number;
    },
  ): Emit =>
    onTensor((x) => {
      const step = stride ?? size;
      const [height, width, channels] = x.shape;
      const along = (length: number) => windows(length, size, step, padding);
      const [y] = node(opType, [channelsFirst(out, x).name()], {
        kernel_shape: ints([size, size]),
        strides: ints([step, step]),
        ...padding === 0 ? {} : { pads: ints([padding, padding, padding, padding]) },
      });
      return written(y, [along(height), along(width), channels], true);
    });
  const both = (first: Signals, second: Signals): Signals => ({ first, second });
  const merge = (opType: string, joins: boolean) => (): Emit => (pair) => {
    const { first, second } = pair as Pair<Signal, Signal>;
    const [a, b] = [channelsLast(out, first), channelsLast(out, second)];
    const last = a.shape.length - 1;
    const shape = joins ? [...a.shape.slice(0, -1), a.shape[last] + b.shape[last]] : a.shape;
    return written(node(opType, [a.name(), b.name()], joins ? { axis: int(-1) } : {})[0], shape);
  };
  const sequence = (parts: readonly Emit[]): Emit => (x) => parts.reduce((at, part) => part(at), x);

  return {
    linear: ({ inputs, outputs }: Linear, path) =>
      onTensor((x) =>
        pending(
          {
            weight: params[`${path}.weight`].data,
            bias: biasAt(path, outputs),
            write: (weight, bias) =>
              node("Gemm", [
                x.name(),
                out.floats([inputs as number, outputs], weight),
                out.floats([outputs], bias),
              ])[0],
          },
          [outputs],
          false,
        )
      ),
    conv2d: ({ inputs, outputs, size, stride, padding, groups }: Conv2d, path) =>
      onTensor((x) => {
        const along = (length: number) => windows(length, size, stride, padding);
        const each = inputs as number / groups;
        const write = (weight: Float32Array, bias: Float32Array): string => {
          const filters = transposed(weight, size * size, each, outputs);
          return node("Conv", [
            channelsFirst(out, x).name(),
            out.floats([outputs, each, size, size], filters),
            out.floats([outputs], bias),
          ], {
            ...groups === 1 ? {} : { group: int(groups) },
            kernel_shape: ints([size, size]),
            strides: ints([stride, stride]),
            pads: ints([padding, padding, padding, padding]),
          })[0];
        };
        const weight = params[`${path}.weight`].data;
        const [height, width] = x.shape;
        const shape = [along(height), along(width), outputs];
        return pending({ weight, bias: biasAt(path, outputs), write }, shape, true);
      }),
    batch_norm: (bn, path) =>
      onTensor((x) => {
        const { scale, shift } = affineOf(bn, path, params, plasticity);
        if (x.affine !== undefined) {
          const { weight, bias, write } = x.affine;
          const outputs = scale.length;
          return pending(
            {
              weight: weight.map((value, i) => value * scale[i % outputs]),
              bias: bias.map((value, i) => value * scale[i] + shift[i]),
              write,
            },
            x.shape,
            x.channelsFirst,
          );
        }
        if (x.shape.length === 1 || x.shape.length === 3) {
          const image = x.shape.length === 3;
          const given = image ? channelsFirst(out, x) : x;
          const constants = normOf(scale.length, path, params, plasticity);
          const [y] = node(
            "BatchNormalization",
            [given.name(), ...constants.map((data) => out.floats([scale.length], data))],
            { epsilon: float(bn.epsilon) },
          );
          return written(y, x.shape, image);
        }
        const shape = [scale.length];
        const [scaled] = node("Mul", [x.name(), out.floats(shape, Float32Array.from(scale))]);
        const [y] = node("Add", [scaled, out.floats(shape, Float32Array.from(shift))]);
        return written(y, x.shape);
      }),
    max_pool2d: pool("MaxPool"),
    avg_pool2d: pool("AveragePool"),
    global_avg_pool2d: () =>
      onTensor((x) =>
        written(
          node("GlobalAveragePool", [channelsFirst(out, x).name()])[0],
          [1, 1, x.shape[2]],
          true,
        )
      ),
    dropout: () => (x) => x,
    relu: elementwise("Relu"),
    leaky_relu: ({ slope }) => elementwise("LeakyRelu", { alpha: float(slope) })(),
    clip: ({ min, max }) =>
      onTensor((x) => {
        const bounds = [min, max].map((bound) => out.floats([], Float32Array.of(bound)));
        const [y] = node("Clip", [x.name(), ...bounds]);
        return written(y, x.shape, x.channelsFirst);
      }),
    gelu: elementwise("Gelu"),
    sigmoid: elementwise("Sigmoid"),
    tanh: elementwise("Tanh"),
    softmax: alongUnits("Softmax"),
    log_softmax: alongUnits("LogSoftmax"),
    flatten: () => onTensor((x) => flattened(out, x)),
    reshape: ({ shape }) => onTensor((x) => reshaped(out, x, shape)),
    kwta: ({ sparsity, over }) =>
      onTensor((x) => competition(out, x, over, (n) => winnerCount(sparsity, n))),
    winner_take_all: () => onTensor((x) => competition(out, x, "sample", () => 1)),
    learned_kwta: (_, path) => onTensor((x) => above(out, x, params[`${path}.threshold`].data)),
    ...refused,
    add: merge("Add", false),
    concat: merge("Concat", true),
    fanout: (f, g) => (x) => both(f(x), g(x)),
    split: (f, g) => (pair) => {
      const { first, second } = pair as Pair<Signals, Signals>;
      return both(f(first), g(second));
    },
    residual: (body) => (x) => merge("Add", false)()(both(x, body(x))),
    drop_connect: (body) => body,
    sequence,
  };
}

/** The scale, the shift, the running mean and the running variance of a batch norm. */
const normOf = (
  channels: number,
  path: string,
  params: ParamArrays,
  plasticity: ParamArrays,
): readonly Float32Array[] => [
  params[`${path}.weight`]?.data ?? new Float32Array(channels).fill(1),
  params[`${path}.bias`]?.data ?? new Float32Array(channels),
  plasticity[`${path}.running_mean`].data,
  plasticity[`${path}.running_var`].data,
];

/** A batch norm by its running statistics as x · scale + shift, in float64. */
function affineOf(
  { epsilon }: BatchNorm,
  path: string,
  params: ParamArrays,
  plasticity: ParamArrays,
): { readonly scale: readonly number[]; readonly shift: readonly number[] } {
  const mean = plasticity[`${path}.running_mean`].data;
  const variance = plasticity[`${path}.running_var`].data;
  const weight: Float32Array | undefined = params[`${path}.weight`]?.data;
  const bias: Float32Array | undefined = params[`${path}.bias`]?.data;
  const scale = Array.from(variance, (v, i) => (weight?.[i] ?? 1) / Math.sqrt(v + epsilon));
  return { scale, shift: scale.map((s, i) => (bias?.[i] ?? 0) - mean[i] * s) };
}

/** [pixels, inputs, outputs] as [outputs, inputs, pixels]. */
export function transposed(
  weight: Float32Array,
  pixels: number,
  inputs: number,
  outputs: number,
): Float32Array {
  const turned = new Float32Array(weight.length);
  for (let p = 0; p < pixels; p++) {
    for (let i = 0; i < inputs; i++) {
      for (let o = 0; o < outputs; o++) {
        turned[(o * inputs + i) * pixels + p] = weight[(p * inputs + i) * outputs + o];
      }
    }
  }
  return turned;
}
