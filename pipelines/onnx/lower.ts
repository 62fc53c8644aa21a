/**
 * Lowering to ONNX: what each node of a graph, evaluated, is in ONNX's operators.
 *
 * @module
 */
import type { Algebra } from "../../graph/fold.ts";
import type { BatchNorm, Conv2d, Linear } from "../../graph/node.ts";
import type { ParamArrays } from "../../graph/params.ts";
import type { Pair } from "../../graph/types.ts";
import { winnerCount } from "../../ops/kwta.ts";
import { type AttributeValue, type Emitter, float, int, ints } from "./emitter.ts";
import {
  channelsFirst,
  channelsLast,
  pending,
  reshaped,
  type Signal,
  type Signals,
  written,
} from "./signal.ts";
import { above, competition, flattened } from "./winners.ts";

/** Writes a node that is given what goes in; gives what comes out. */
export type Emit = (x: Signals) => Signals;

const refuse = (): Emit => {
  throw new TypeError("Cannot lower a node to ONNX that was to be refused before");
};

/** The nodes that cannot be written as ONNX; all others must be in {@linkcode onnxAlgebra}. */
const refused = { predicted_kwta: refuse, k_winners: refuse, custom: refuse };

/** The names of the nodes that cannot be written as ONNX. */
export const notExported: readonly string[] = Object.keys(refused);

/** What each node means as ONNX, of these weights. */
export function onnxAlgebra(
  out: Emitter,
  params: ParamArrays,
  plasticity: ParamArrays,
): Algebra<Emit> {
  const { node } = out;
  const onTensor = (f: (x: Signal) => Signal): Emit => (x) => f(x as Signal);
  /** An operator that takes and gives any shape and either order of axes. */
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
    { size, stride }: { readonly size: number; readonly stride: number | null },
  ): Emit =>
    onTensor((x) => {
      const step = stride ?? size;
      const [height, width, channels] = x.shape;
      const along = (length: number) => Math.floor((length - size) / step) + 1;
      const [y] = node(opType, [channelsFirst(out, x).name()], {
        kernel_shape: ints([size, size]),
        strides: ints([step, step]),
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
    conv2d: ({ inputs, outputs, size, stride, padding }: Conv2d, path) =>
      onTensor((x) => {
        const along = (length: number) => Math.floor((length + 2 * padding - size) / stride) + 1;
        const write = (weight: Float32Array, bias: Float32Array): string => {
          const filters = transposed(weight, size * size, inputs as number, outputs);
          return node("Conv", [
            channelsFirst(out, x).name(),
            out.floats([outputs, inputs as number, size, size], filters),
            out.floats([outputs], bias),
          ], {
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
        const shape = x.channelsFirst ? [scale.length, 1, 1] : [scale.length];
        const [scaled] = node("Mul", [x.name(), out.floats(shape, Float32Array.from(scale))]);
        const [y] = node("Add", [scaled, out.floats(shape, Float32Array.from(shift))]);
        return written(y, x.shape, x.channelsFirst);
      }),
    max_pool2d: pool("MaxPool"),
    avg_pool2d: pool("AveragePool"),
    dropout: () => (x) => x,
    relu: elementwise("Relu"),
    leaky_relu: ({ slope }) => elementwise("LeakyRelu", { alpha: float(slope) })(),
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
