import { E } from "../../graph/fp_ts.ts";
import type { ParamArrays } from "../../graph/params.ts";
import { parse } from "../../graph/parse.ts";
import { valueAndGradients } from "../../ops/train_step.ts";
import { tf } from "../../ops/tfjs.ts";
import { assert, assertEquals } from "../assert.ts";
import { apply } from "./apply.ts";
import { float32, type GoldenArray, goldenJson } from "../shared.ts";
import { channelsLast, outputsLast } from "./layout.ts";
import { assertClose, numbers, onEachBackend, tensor } from "./backends.ts";

interface Layer {
  readonly name: string;
  readonly layer: string;
  readonly mode: "train" | "eval";
  readonly attrs: Readonly<Record<string, number | boolean>>;
  readonly x: GoldenArray;
  readonly output: GoldenArray;
  readonly upstream: GoldenArray;
  readonly grad_x: GoldenArray;
  readonly weight?: GoldenArray;
  readonly grad_weight?: GoldenArray;
  readonly bias?: GoldenArray;
  readonly grad_bias?: GoldenArray;
  readonly running_mean_before?: GoldenArray;
  readonly running_var_before?: GoldenArray;
  readonly running_mean_after?: GoldenArray;
  readonly running_var_after?: GoldenArray;
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
    case "Flatten":
      return "flatten";
    case "Dropout":
      return `dropout(${attrs.p})`;
    case "BatchNorm1d":
    case "BatchNorm2d":
      return `batch_norm(${attrs.num_features}, momentum=${attrs.momentum}, epsilon=${attrs.eps})`;
    default:
      return null;
  }
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
    // What is flattened there has channels first; seen as images it can be told apart.
    const layout = (array: GoldenArray) =>
      channelsLast({
        ...float32(array),
        shape: [...(golden.layer === "Flatten" ? golden.x.shape : array.shape)],
      }).data;
    const upstream = {
      data: layout(golden.upstream),
      shape: channelsLast(float32(golden.upstream)).shape,
    };

    const paths = Object.keys(params);
    const [output, dx, ...rest] = await numbers(() => {
      const tensors = Object.fromEntries(
        [...Object.entries(params), ["x", x] as const].map(([path, { data, shape }]) => [
          path,
          tensor(data, shape),
        ]),
      );
      const mode = golden.mode === "eval" ? "evaluate" : "train";
      const state: Record<string, tf.Tensor> = {};
      for (const name of ["mean", "var"] as const) {
        const before = golden[`running_${name}_before`];
        if (before) state[`0.running_${name}`] = tensor(float32(before).data, before.shape);
      }
      const run = () => apply(parsed.right, tensors, tensors.x, mode, state);
      const { gradients } = valueAndGradients(
        () => tf.sum(tf.mul(run(), tensor(upstream.data, upstream.shape))) as tf.Scalar,
        tensors,
      );
      return [run(), gradients.x, ...paths.map((path) => gradients[path])];
    });
    const { name } = golden;
    assertClose(output, layout(golden.output), TOLERANCE, `${name}, output`);
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
  // All but a sequence of batches and a stack of layers, which have tests of their own.
  assertEquals(compared, goldenJson<Layer>("layers").length - 2);
}, "golden");
