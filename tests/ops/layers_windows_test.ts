import { graph, parse } from "../../graph/parse.ts";
import { inferShapes } from "../../graph/shape.ts";
import type { Shape } from "../../graph/types.ts";
import { conv2d } from "../../ops/layers.ts";
import { tf } from "../../ops/tfjs.ts";
import { valueAndGradients } from "../../ops/train_step.ts";
import { assertEquals } from "../assert.ts";
import { right } from "../pipelines/tiny.ts";
import { apply } from "./apply.ts";
import { channelsLast, outputsLast } from "./layout.ts";
import { assertClose, numbers, onEachBackend, tensor } from "./backends.ts";

/**
 * Results of PyTorch 1.13 for waves, and the gradients of Σ y · wave(3): in layers_windows.json. There the x of a case
 * is wave(1) (rounded where it is `tied`) + shift of the shape [samples, channels, height, width], the weight wave(2)
 * of [outputs, inputs / groups, size, size], the bias wave(4); F.conv2d with `groups`, F.max_pool2d, torch.clamp and
 * F.adaptive_avg_pool2d(x, 1).
 */
interface Case {
  readonly graph: string;
  readonly shift: number;
  readonly tied: boolean;
  readonly x: Shape;
  readonly weight: Shape | false;
  readonly bias: boolean;
  readonly y: Shape;
  readonly output: readonly number[];
  readonly gradients: readonly (readonly number[])[];
}

const cases: readonly Case[] = JSON.parse(
  await Deno.readTextFile(new URL("layers_windows.json", import.meta.url)),
);

/** sin(start + 0.7 · i). */
const wave = (shape: Shape, start: number) => ({
  shape,
  data: Float32Array.from(
    { length: shape.reduce((size, n) => size * n, 1) },
    (_, i) => Math.sin(start + 0.7 * i),
  ),
});

onEachBackend("groups of channels, padded windows and bounds are PyTorch's", async () => {
  for (const one of cases) {
    const { nodes } = right(parse(one.graph));
    const plain = wave(one.x, 1);
    const given = plain.data.map((v) => (one.tied ? Math.round(v) : v) + one.shift);
    const x = channelsLast({ shape: [...one.x], data: given });
    const upstream = channelsLast({ shape: [...one.y], data: wave(one.y, 3).data });
    const inferred = right(inferShapes({ nodes }, x.shape.slice(1)));
    assertEquals(inferred.output, upstream.shape.slice(1), one.graph);
    const arrays = {
      x,
      ...one.weight === false
        ? {}
        : { "0.weight": outputsLast({ shape: [...one.weight], data: wave(one.weight, 2).data }) },
      ...one.bias ? { "0.bias": wave([(one.weight as Shape)[0]], 4) } : {},
    };
    const expected = one.gradients.map((values, i) => {
      const data = Float32Array.from(values);
      return i === 0
        ? channelsLast({ shape: [...one.x], data }).data
        : i === 1
        ? outputsLast({ shape: [...one.weight as Shape], data }).data
        : data;
    });
    const [output, ...gradients] = await numbers(() => {
      const tensors = Object.fromEntries(
        Object.entries(arrays).map(([name, { data, shape }]) => [name, tensor(data, shape)]),
      );
      const run = () => apply(inferred.graph, tensors, tensors.x, "train");
      const found = valueAndGradients(
        () => tf.sum(tf.mul(run(), tensor(upstream.data, upstream.shape))) as tf.Scalar,
        tensors,
      ).gradients;
      return [run(), ...Object.keys(arrays).map((name) => found[name])];
    });
    const made = channelsLast({ shape: [...one.y], data: Float32Array.from(one.output) }).data;
    assertClose(output, made, 1e-5, `${one.graph}, output`);
    gradients.forEach((gradient, i) =>
      assertClose(
        gradient,
        expected[i],
        1e-5,
        `${one.graph}, gradient of ${Object.keys(arrays)[i]}`,
      )
    );
  }
});

onEachBackend("a depthwise filter's gradient is the sum over any number of windows", async () => {
  // 20,000 windows: on webgpu in three parts of at most 8,192.
  const [gradient] = await numbers(() => {
    const x = tf.ones([2, 100, 100, 2]) as tf.Tensor4D;
    const convolve = (weight: tf.Tensor) =>
      conv2d(x, weight as tf.Tensor4D, undefined, { stride: 1, padding: 1, groups: 2 });
    return [tf.grad(convolve)(tf.ones([3, 3, 1, 2]))];
  });
  const [corner, edge, whole] = [2 * 99 * 99, 2 * 99 * 100, 2 * 100 * 100];
  const rows = [[corner, edge, corner], [edge, whole, edge], [corner, edge, corner]];
  assertEquals(Array.from(gradient), rows.flat().flatMap((sum) => [sum, sum]));
});

onEachBackend("a kernel of one pixel is the product that windows would make", async () => {
  const [plain, windowed] = await numbers(() => {
    const x = tensor(wave([2, 4, 3, 5], 1).data, [2, 4, 3, 5]);
    const weight = tensor(wave([1, 1, 5, 6], 2).data, [1, 1, 5, 6]);
    const params = { "0.weight": weight };
    const padded = tf.pad(x, [[0, 0], [0, 0], [0, 0], [0, 0]]);
    return [
      apply(graph`conv2d(5, 6, 1, bias=false)`, params, padded, "train"),
      tf.matMul(tf.reshape(x, [24, 5]), tf.reshape(weight, [5, 6])),
    ];
  });
  assertClose(plain, windowed, 1e-6, "conv2d(5, 6, 1)");
});
