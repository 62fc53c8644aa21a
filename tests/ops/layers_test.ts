import { E } from "../../graph/fp_ts.ts";
import type { ParamArrays } from "../../graph/params.ts";
import { parse } from "../../graph/parse.ts";
import { valueAndGradients } from "../../ops/gradients.ts";
import { lower } from "../../ops/interpreter.ts";
import { tf } from "../../ops/tfjs.ts";
import { assert } from "../assert.ts";
import { float32, type GoldenArray, goldenJson } from "../shared.ts";
import { assertClose, numbers, onEachBackend, tensor } from "./backends.ts";

interface Layer {
  readonly name: string;
  readonly layer: string;
  readonly attrs: Readonly<Record<string, number | boolean>>;
  readonly x: GoldenArray;
  readonly output: GoldenArray;
  readonly upstream: GoldenArray;
  readonly grad_x: GoldenArray;
  readonly weight?: GoldenArray;
  readonly grad_weight?: GoldenArray;
  readonly bias?: GoldenArray;
  readonly grad_bias?: GoldenArray;
}

/** float32 sums in another order, of at most 75 products. */
const TOLERANCE = 1e-5;

/** The graph that a layer of PyTorch stands for; null where there is none yet. */
function graphOf({ layer, attrs }: Layer): string | null {
  switch (layer) {
    case "Linear":
      return `linear(${attrs.in_features}, ${attrs.out_features}, bias=${attrs.bias})`;
    case "Conv2d":
      return `conv2d(${attrs.in_channels}, ${attrs.out_channels}, ${attrs.kernel_size}, ` +
        `stride=${attrs.stride}, padding=${attrs.padding}, bias=${attrs.bias})`;
    case "MaxPool2d":
      return `max_pool2d(${attrs.kernel_size}, ${attrs.stride})`;
    case "ReLU":
      return "relu";
    case "Tanh":
      return "tanh";
    case "Sigmoid":
      return "sigmoid";
    case "LogSoftmax":
      return "log_softmax";
    default:
      return null;
  }
}

/** [n, channels, height, width] as [n, height, width, channels]; what has other axes as it is. */
function channelsLast({ shape, data }: ReturnType<typeof float32>) {
  if (shape.length !== 4) return { shape, data };
  const [n, channels, height, width] = shape;
  const moved = Float32Array.from(data, (_, i) => {
    const c = i % channels;
    const x = Math.floor(i / channels) % width;
    const y = Math.floor(i / (channels * width)) % height;
    const at = Math.floor(i / (channels * width * height));
    return data[((at * channels + c) * height + y) * width + x];
  });
  return { shape: [n, height, width, channels], data: moved };
}

/** PyTorch's weights with the outputs last: [inputs, outputs], [size, size, inputs, outputs]. */
function outputsLast({ shape, data }: ReturnType<typeof float32>) {
  const [outputs, ...rest] = shape;
  const perOutput = data.length / outputs;
  const [inputs, height, width] = [rest[0], rest[1] ?? 1, rest[2] ?? 1];
  const moved = Float32Array.from(data, (_, i) => {
    const o = i % outputs;
    const c = Math.floor(i / outputs) % inputs;
    const pixel = Math.floor(i / (outputs * inputs));
    return data[o * perOutput + c * height * width + pixel];
  });
  return {
    shape: rest.length === 1 ? [inputs, outputs] : [height, width, inputs, outputs],
    data: moved,
  };
}

onEachBackend("layers and their gradients are PyTorch's", async () => {
  let compared = 0;
  for (const golden of goldenJson<Layer>("layers")) {
    const text = graphOf(golden);
    if (text === null) continue;
    compared++;
    const parsed = parse(text);
    assert(E.isRight(parsed), text);
    const x = channelsLast(float32(golden.x));
    const params: Record<string, ParamArrays[string]> = {};
    if (golden.weight) params["0.weight"] = outputsLast(float32(golden.weight));
    if (golden.bias) params["0.bias"] = float32(golden.bias);
    const upstream = channelsLast(float32(golden.upstream));

    const paths = Object.keys(params);
    const [output, dx, ...rest] = await numbers(() => {
      const tensors = Object.fromEntries(
        [...Object.entries(params), ["x", x] as const].map(([path, { data, shape }]) => [
          path,
          tensor(data, shape),
        ]),
      );
      const run = () => lower(parsed.right)(tensors, tensors.x, "train") as tf.Tensor;
      const { gradients } = valueAndGradients(
        () => tf.sum(tf.mul(run(), tensor(upstream.data, upstream.shape))) as tf.Scalar,
        tensors,
      );
      return [run(), gradients.x, ...paths.map((path) => gradients[path])];
    });
    const { name } = golden;
    assertClose(output, channelsLast(float32(golden.output)).data, TOLERANCE, `${name}, output`);
    assertClose(dx, channelsLast(float32(golden.grad_x)).data, TOLERANCE, `${name}, gradient of x`);
    if (golden.grad_weight) {
      const expected = outputsLast(float32(golden.grad_weight)).data;
      assertClose(rest[paths.indexOf("0.weight")], expected, TOLERANCE, `${name}, weight`);
    }
    if (golden.grad_bias) {
      const expected = float32(golden.grad_bias).data;
      assertClose(rest[paths.indexOf("0.bias")], expected, TOLERANCE, `${name}, bias`);
    }
  }
  assert(compared >= 19, `${compared} layers were compared`);
}, "golden");
