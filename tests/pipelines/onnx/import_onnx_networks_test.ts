import { describe } from "../../../graph/error.ts";
import { graph, parse } from "../../../graph/parse.ts";
import { sizeOf } from "../../../graph/shape.ts";
import { show } from "../../../graph/show.ts";
import type { Shape } from "../../../graph/types.ts";
import { lower } from "../../../ops/interpreter.ts";
import { type Params, tf } from "../../../ops/tfjs.ts";
import { valueAndGradients } from "../../../ops/train_step.ts";
import { seed } from "../../../graph/rng.ts";
import { toTensors } from "../../../pipelines/core/run.ts";
import { exportOnnx } from "../../../pipelines/onnx/export_onnx.ts";
import { importOnnx } from "../../../pipelines/onnx/import_onnx.ts";
import { encodeModel, type OnnxNode, type OnnxTensor } from "../../../pipelines/onnx/proto.ts";
import { assert, assertEquals, assertStringIncludes } from "../../assert.ts";
import { assertClose, numbers, onEachBackend } from "../../ops/backends.ts";
import { channelsLast } from "../../ops/layout.ts";
import { envOn, left, right } from "../tiny.ts";
import { inSparrow, noise, randomModel } from "./models.ts";
import { inOnnxruntime } from "./onnxruntime.ts";

// ---- Networks that PyTorch wrote

const fixture = new URL("fixture/", import.meta.url);

/** Opsets by file: of 17 and 9 batch norm is folded; the last layers are written in three ways. */
const opsets = [17, 15, 9];
const blocks = await Promise.all(
  opsets.map((opset) => Deno.readFile(new URL(`blocks_${opset}.onnx`, fixture))),
);
const expected: { readonly images: readonly number[]; readonly features: readonly number[][] } =
  JSON.parse(await Deno.readTextFile(new URL("blocks.json", fixture)));
const images = Float32Array.from(expected.images, (n) => n / 4);
const turned = channelsLast({ shape: [2, 3, 24, 40], data: images });

/** The largest of the outputs, which errors are divided by. */
const scaleOf = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);

onEachBackend(
  "the blocks of ResNet-18 and MobileNetV2 compute what they do in onnxruntime",
  async () => {
    for (const [i, bytes] of blocks.entries()) {
      const read = right(importOnnx("blocks.onnx", bytes));
      assertEquals(read.input, [24, 40, 3]);
      const made = await inSparrow(read, turned.data, turned.shape);
      const { features } = await inOnnxruntime(bytes, "image", images, [2, 3, 24, 40]);
      const scale = scaleOf(features);
      const relative = (values: ArrayLike<number>) => Array.from(values, (value) => value / scale);
      assertClose(relative(made), relative(features), 1e-5, `opset ${opsets[i]}, onnxruntime`);
      assertClose(
        relative(made),
        relative(expected.features.flat()),
        1e-5,
        `${opsets[i]}, PyTorch`,
      );
    }
  },
);

Deno.test("shortcuts are residuals and fanouts, batch norm is folded or a node", () => {
  const [folded, plain, old] = blocks.map((bytes) => right(importOnnx("blocks.onnx", bytes)));
  const text = "conv2d(3, 6, 7, stride=2, padding=3) ▷ relu ▷ max_pool2d(3, 2, padding=1) ▷ " +
    "residual(conv2d(6, 6, 3, padding=1) ▷ relu ▷ conv2d(6, 6, 3, padding=1)) ▷ relu ▷ " +
    "fanout(conv2d(6, 8, 3, stride=2, padding=1) ▷ relu ▷ conv2d(8, 8, 3, padding=1), " +
    "conv2d(6, 8, 1, stride=2)) ▷ add ▷ relu ▷ " +
    "residual(conv2d(8, 16, 1) ▷ clip(0, 6) ▷ conv2d(16, 16, 3, padding=1, groups=16) ▷ " +
    "clip(0, 6) ▷ conv2d(16, 8, 1)) ▷ " +
    "conv2d(8, 16, 1) ▷ clip(0, 6) ▷ conv2d(16, 16, 3, stride=2, padding=1, groups=16) ▷ " +
    "clip(0, 6) ▷ conv2d(16, 12, 1) ▷ conv2d(12, 12, 3, padding=1, groups=3) ▷ relu ▷ " +
    "global_avg_pool2d ▷ flatten ▷ linear(12, 5)";
  assertEquals(show(folded.graph), text);
  assertEquals(show(old.graph), text);
  assertEquals(
    show(plain.graph),
    text.replaceAll(
      /conv2d\(\d+, (\d+), [^)]*/g,
      (conv, outputs) => `${conv}, bias=false) ▷ batch_norm(${outputs}`,
    ),
  );
  assertEquals(Object.keys(plain.plasticity).length, 2 * 13);
});

onEachBackend("an imported network can be trained on: every weight has a gradient", async () => {
  const { graph, params: arrays, plasticity } = right(importOnnx("blocks.onnx", blocks[1]));
  const gradients = await numbers(() => {
    const params: Params = toTensors(arrays);
    const signal = {
      value: tf.tensor(turned.data, [...turned.shape]),
      plasticity: toTensors(plasticity),
      rng: seed(1),
    };
    const found = valueAndGradients(
      () => tf.sum(tf.square(lower(graph).train(params, signal).value as tf.Tensor)) as tf.Scalar,
      params,
    ).gradients;
    return Object.keys(params).map((path) => found[path]);
  });
  for (const [i, path] of Object.keys(arrays).entries()) {
    assertEquals(gradients[i].length, arrays[path].data.length, path);
    assert(gradients[i].every(Number.isFinite), path);
    assert(gradients[i].some((value) => value !== 0), path);
  }
});

// ---- Round trips

const parsed = (text: string) => right(parse(text));

/** ResNet-18 (He et al. 2016, table 1), `width` channels wide at first. */
function resNet18(width: number): string {
  const basic = (outputs: number, stride: number) => {
    const body = `conv2d(${outputs}, 3, stride=${stride}, padding=1, bias=false) ▷ batch_norm ▷ ` +
      `relu ▷ conv2d(${outputs}, 3, padding=1, bias=false) ▷ batch_norm`;
    const shortcut = `conv2d(${outputs}, 1, stride=${stride}, bias=false) ▷ batch_norm`;
    return `${stride === 1 ? `residual(${body})` : `fanout(${body}, ${shortcut}) ▷ add`} ▷ relu`;
  };
  const blocks = [1, 2, 4, 8].flatMap((times) => [
    basic(times * width, times === 1 ? 1 : 2),
    basic(times * width, 1),
  ]);
  return `conv2d(${width}, 7, stride=2, padding=3, bias=false) ▷ batch_norm ▷ relu ▷ ` +
    `max_pool2d(3, 2, padding=1) ▷ ${
      blocks.join(" ▷ ")
    } ▷ global_avg_pool2d ▷ flatten ▷ linear(10)`;
}

/** MobileNetV2 (Sandler et al. 2018, table 2), its channels divided by a number. */
function mobileNetV2(divisor: number): string {
  const layer = (outputs: number, size: number, stride: number, groups = 1) =>
    `conv2d(${outputs}, ${size}, stride=${stride}, padding=${(size - 1) / 2}, groups=${groups}, ` +
    "bias=false) ▷ batch_norm";
  const table = [
    [1, 16, 1, 1],
    [6, 24, 2, 2],
    [6, 32, 3, 2],
    [6, 64, 4, 2],
    [6, 96, 3, 1],
    [6, 160, 3, 2],
    [6, 320, 1, 1],
  ];
  let inputs = 32 / divisor;
  const parts = [`${layer(inputs, 3, 2)} ▷ clip(0, 6)`];
  for (const [expand, channels, times, first] of table) {
    for (let i = 0; i < times; i++) {
      const [outputs, stride, wide] = [channels / divisor, i === 0 ? first : 1, expand * inputs];
      const widen = expand === 1 ? "" : `${layer(wide, 1, 1)} ▷ clip(0, 6) ▷ `;
      const body = `${widen}${layer(wide, 3, stride, wide)} ▷ clip(0, 6) ▷ ${layer(outputs, 1, 1)}`;
      parts.push(stride === 1 && inputs === outputs ? `residual(${body})` : body);
      inputs = outputs;
    }
  }
  return `${parts.join(" ▷ ")} ▷ ${layer(1280 / divisor, 1, 1)} ▷ clip(0, 6) ▷ ` +
    "global_avg_pool2d ▷ flatten ▷ linear(10)";
}

const trips: readonly (readonly [name: string, text: string, input: Shape])[] = [
  ["ResNet-18", resNet18(4), [40, 32, 3]],
  ["MobileNetV2", mobileNetV2(8), [32, 40, 3]],
  [
    "padding, bounds and groups",
    "conv2d(4, 3, padding=2, groups=2) ▷ clip(-0.25, 0.5) ▷ max_pool2d(3, 1, padding=2)",
    [5, 6, 2],
  ],
  ["the mean of a rectangle", "global_avg_pool2d ▷ conv2d(3, 1) ▷ gelu ▷ flatten", [4, 7, 2]],
  [
    "branches of branches",
    "fanout(conv2d(2, 3, padding=1) ▷ residual(relu), fanout(tanh, sigmoid) ▷ concat) ▷ concat ▷ residual(identity) ▷ softmax",
    [4, 5, 2],
  ],
  [
    "batch norm after an activation",
    "relu ▷ batch_norm ▷ conv2d(3, 2) ▷ tanh ▷ batch_norm(affine=false) ▷ flatten ▷ batch_norm ▷ linear(3)",
    [4, 5, 2],
  ],
  [
    "vectors",
    "linear(8) ▷ fanout(relu, tanh ▷ residual(linear(8) ▷ sigmoid)) ▷ concat ▷ leaky_relu(0.2)",
    [6],
  ],
  [
    "images made of vectors",
    "linear(24) ▷ reshape([3, 4, 2]) ▷ conv2d(2, 2) ▷ flatten ▷ linear(3) ▷ log_softmax",
    [6],
  ],
];

for (const [name, text, input] of trips) {
  Deno.test(`what is exported and imported is the same in onnxruntime: ${name}`, async () => {
    await envOn("wasm");
    const model = randomModel(parsed(text), input, 3);
    const file = right(exportOnnx(model, { input: "values" }));
    const read = right(importOnnx("exported.onnx", file.bytes));
    assertEquals(read.input, input);
    const [shape, x] = [[2, ...input], noise(2 * sizeOf(input), 5)];
    const { output } = await inOnnxruntime(file.bytes, "values", x, shape);
    const scale = scaleOf(output);
    const relative = (values: ArrayLike<number>) => Array.from(values, (value) => value / scale);
    assertClose(relative(await inSparrow(read, x, shape)), relative(output), 1e-5, "imported");
    const facts = { normalisation: model.normalisation, dataset: "", epoch: 0 };
    const again = right(exportOnnx({ ...read, ...facts }, { input: "values" }));
    const twice = right(importOnnx("again.onnx", again.bytes));
    assertEquals(show(twice.graph), show(read.graph));
    const later = await inOnnxruntime(again.bytes, "values", x, shape);
    assertClose(relative(later.output), relative(output), 1e-5, "exported again");
    if (!text.includes("batch_norm")) assertEquals(show(read.graph), show(model.graph));
  });
}

// ---- What is refused

const floats = (name: string, dims: readonly number[], value = 0.5): Partial<OnnxTensor> => ({
  name,
  dims: dims.map(BigInt),
  dataType: 1,
  rawData: new Uint8Array(new Float32Array(sizeOf(dims)).fill(value).buffer),
});

const integers = (
  name: string,
  values: readonly number[],
  scalar = false,
): Partial<OnnxTensor> => ({
  name,
  dims: scalar ? [] : [BigInt(values.length)],
  dataType: 7,
  rawData: new Uint8Array(BigInt64Array.from(values, BigInt).buffer),
});

type Attributes = Readonly<Record<string, number | readonly number[]>>;

const node = (
  opType: string,
  input: string,
  output: string,
  attributes: Attributes = {},
): Partial<OnnxNode> => ({
  opType,
  name: `/${output}`,
  input: input.split(" "),
  output: [output],
  attribute: Object.entries(attributes).map(([name, value]) =>
    typeof value === "number"
      ? { name, type: 2, i: BigInt(value) }
      : { name, type: 7, ints: value.map(BigInt) }
  ),
});

/** A file of operators from x [batch, …dims] to y. */
const fileOf = (
  dims: readonly number[],
  nodes: readonly Partial<OnnxNode>[],
  initializer: readonly Partial<OnnxTensor>[] = [],
): Uint8Array<ArrayBuffer> => {
  const dim = [{ dimParam: "batch" }, ...dims.map((n) => ({ dimValue: BigInt(n) }))];
  return encodeModel({
    irVersion: 8n,
    opsetImport: [{ domain: "", version: 13n }],
    graph: {
      name: "made",
      node: nodes,
      initializer,
      input: [{ name: "x", type: { tensorType: { elemType: 1, shape: { dim } } } }],
      output: [{ name: "y", type: { tensorType: { elemType: 1 } } }],
    },
  });
};

const refusals: readonly (readonly [reason: string, bytes: Uint8Array])[] = [
  [
    "current value is the operator HardSwish (/y)",
    fileOf([4], [node("HardSwish", "x", "y")]),
  ],
  [
    "operators among Gemm, MatMul, Conv, ",
    fileOf([4], [node("HardSwish", "x", "y")]),
  ],
  [
    "branches that end where they are merged, and none that takes from another, as one does what " +
    "the operator Tanh (/b) gives",
    fileOf([4], [
      node("Relu", "x", "a"),
      node("Tanh", "x", "b"),
      node("Add", "a b", "c"),
      node("Sigmoid", "b", "d"),
      node("Add", "c d", "y"),
    ]),
  ],
  [
    "the operator Add (/y) to add outputs of one shape, where they are [3,4,2] and [1,1,2]",
    fileOf([2, 3, 4], [node("GlobalAveragePool", "x", "a"), node("Add", "x a", "y")]),
  ],
  [
    "the operator Concat (/y) to join the units or the channels",
    fileOf([2, 3, 4], [node("Relu", "x", "a"), node("Concat", "x a", "y", { axis: 2 })]),
  ],
  [
    "the operator ReduceMean (/y) to have the axes of height and width, where they are [1,2]",
    fileOf([2, 3, 4], [node("ReduceMean", "x", "y", { axes: [1, 2] })]),
  ],
  [
    "the operator MaxPool (/y) to have padding below the size of its windows, 2",
    fileOf([2, 3, 4], [node("MaxPool", "x", "y", { kernel_shape: [2, 2], pads: [2, 2, 2, 2] })]),
  ],
  [
    "the operator Clip (/y) to have constant bounds, the lower first, where they are 0.5 and 0.25",
    fileOf([4], [node("Clip", "x low high", "y")], [floats("low", []), floats("high", [], 0.25)]),
  ],
  [
    "the operator MatMul (/y) to take constants beside the signal",
    fileOf([4], [node("Relu", "x", "a"), node("MatMul", "x a", "y")]),
  ],
  [
    "the operator Add (/y) to add a bias to a MatMul or Conv before it",
    fileOf([4], [node("Relu", "x", "a"), node("Add", "a b", "y")], [floats("b", [4])]),
  ],
  [
    "branches that are not as deep in each other",
    fileOf([4], [
      ...Array.from({ length: 70 }, (_, i) => node("Relu", i === 0 ? "x" : `r${i - 1}`, `r${i}`)),
      ...Array.from(
        { length: 69 },
        (_, i) =>
          node("Add", `${i === 0 ? "r69" : `s${i - 1}`} r${68 - i}`, i === 68 ? "y" : `s${i}`),
      ),
    ]),
  ],
];

for (const [reason, bytes] of refusals) {
  Deno.test(`refused: ${reason}`, () => {
    assertStringIncludes(describe(left(importOnnx("made.onnx", bytes))), reason);
  });
}

/** A file that is read, the dimensions of its input, and those of its output, in ONNX's order. */
type Accepted = readonly [
  text: string,
  bytes: Uint8Array<ArrayBuffer>,
  input: Shape,
  output: Shape,
];

const accepted: readonly Accepted[] = [
  [
    "a bias that is added to a convolution is its own",
    fileOf([2, 3, 4], [node("Conv", "x w", "a"), node("Add", "a b", "y")], [
      floats("w", [2, 2, 1, 1]),
      floats("b", [1, 2, 1, 1]),
    ]),
    [2, 3, 4],
    [2, 3, 4],
  ],
  [
    "a shape that is computed from the input's",
    fileOf([6, 1, 1], [
      node("Shape", "x", "shape"),
      node("Slice", "shape zero one", "batch"),
      node("Concat", "batch rest", "to", { axis: 0 }),
      node("Reshape", "x to", "y"),
    ], [integers("zero", [0]), integers("one", [1]), integers("rest", [-1])]),
    [6, 1, 1],
    [6],
  ],
  [
    "a channel that is made of a vector",
    fileOf([12], [node("Reshape", "x to", "a"), node("Conv", "a w", "y")], [
      integers("to", [-1, 1, 3, 4]),
      floats("w", [1, 1, 2, 2]),
    ]),
    [12],
    [1, 2, 3],
  ],
  [
    "three outputs that are joined",
    fileOf([4], [
      node("Relu", "x", "a"),
      node("Tanh", "x", "b"),
      node("Concat", "x a b", "y", { axis: -1 }),
    ]),
    [4],
    [12],
  ],
  [
    "one bound alone",
    fileOf([4], [node("Clip", "x low", "a"), node("Identity", "a", "y")], [floats("low", [], 0.1)]),
    [4],
    [4],
  ],
];

for (const [text, bytes, input, output] of accepted) {
  Deno.test(`read, and the same as in onnxruntime: ${text}`, async () => {
    await envOn("cpu");
    const read = right(importOnnx("made.onnx", bytes));
    const data = noise(2 * sizeOf(input), 3);
    const x = channelsLast({ shape: [2, ...input], data: Float32Array.from(data) });
    const made = await inSparrow(read, x.data, x.shape);
    const { y } = await inOnnxruntime(bytes, "x", data, [2, ...input]);
    const theirs = channelsLast({ shape: [2, ...output], data: Float32Array.from(y) });
    assertClose(made, theirs.data, 1e-6, show(read.graph));
  });
}

Deno.test("a graph of many merges is read in time that grows with it", () => {
  const nodes = Array.from({ length: 2_000 }, (_, i) => {
    const from = i === 0 ? "x" : `s${i - 1}`;
    return [node("Relu", from, `r${i}`), node("Add", `${from} r${i}`, i === 1_999 ? "y" : `s${i}`)];
  });
  const { nodes: made } = right(importOnnx("made.onnx", fileOf([4], nodes.flat()))).graph;
  assertEquals(made.length, 2_000);
  assertEquals(show({ nodes: made.slice(0, 1) }), show(graph`residual(relu)`));
});
