import { Buffer } from "node:buffer";
import { describe } from "../../../graph/error.ts";
import { graph } from "../../../graph/parse.ts";
import { show } from "../../../graph/show.ts";
import { swapHead } from "../../../graph/rewrite.ts";
import { denoFiles } from "../../../pipelines/files/files.ts";
import { exportOnnx } from "../../../pipelines/onnx/export_onnx.ts";
import { importOnnx, loadOnnx } from "../../../pipelines/onnx/import_onnx.ts";
import {
  decodeModel,
  encodeModel,
  type OnnxNode,
  type OnnxTensor,
} from "../../../pipelines/onnx/proto.ts";
import { joined } from "../../../pipelines/data/bytes.ts";
import { createRun, dispose } from "../../../pipelines/core/run.ts";
import { assert, assertEquals, assertStringIncludes } from "../../assert.ts";
import { assertClose } from "../../ops/backends.ts";
import { mutatedBytes } from "../mutated/mutate.ts";
import { survive } from "../mutated/survive.ts";
import { envOn, left, optimiser, right } from "../tiny.ts";
import { inSparrow, noise, randomModel } from "./models.ts";

const fixture = new URL("fixture/", import.meta.url);
const small = await Deno.readFile(new URL("small.onnx", fixture));

/** [samples, channels, pixels] as [samples, pixels, channels]. */
const channelsLast = (data: readonly number[], channels: number, pixels: number): Float32Array =>
  Float32Array.from(data, (_, i) => {
    const [sample, pixel] = [
      Math.floor(i / (channels * pixels)),
      Math.floor(i / channels) % pixels,
    ];
    return data[(sample * channels + i % channels) * pixels + pixel];
  });

for (const backend of ["cpu", "wasm"] as const) {
  Deno.test(`a network that PyTorch wrote computes the same here, on ${backend}`, async () => {
    await envOn(backend);
    const read = right(await loadOnnx(new URL("small.onnx", fixture).pathname, denoFiles)());
    assertEquals(read.input, [14, 14, 2]);
    assertEquals(
      show(read.graph),
      "conv2d(2, 4, 3, padding=1, bias=false) ▷ batch_norm(4) ▷ relu ▷ max_pool2d(2) ▷ " +
        "conv2d(4, 6, 3, stride=2) ▷ leaky_relu(0.1) ▷ avg_pool2d(2, 1) ▷ flatten ▷ " +
        "batch_norm(24) ▷ linear(24, 10) ▷ sigmoid ▷ linear(10, 5, bias=false)",
    );
    const { images, features } = JSON.parse(
      await Deno.readTextFile(new URL("small.json", fixture)),
    );
    const x = channelsLast(images, 2, 196);
    assertClose(await inSparrow(read, x, [2, 14, 14, 2]), features, 1e-5, "features");
  });
}

Deno.test("a network from elsewhere gets a kWTA head, and is a run", async () => {
  await envOn("cpu");
  const read = right(importOnnx("small.onnx", small));
  const encoder = swapHead(read, 11, graph`linear(10, 64) ▷ kwta(0.0625)`);
  const { input, plasticity } = read;
  const run = right(createRun({ ...encoder, input, plasticity, optimiser, seed: 26 }));
  assertEquals(await run.params["9.weight"].data(), read.params["9.weight"].data);
  assertEquals(
    await run.plasticity["1.running_mean"].data(),
    read.plasticity["1.running_mean"].data,
  );
  dispose(run);
});

Deno.test("what is exported and imported computes the same", async () => {
  await envOn("cpu");
  const texts = [
    graph`linear(6, 8) ▷ batch_norm ▷ relu ▷ linear(8, 4) ▷ softmax`,
    graph`linear(6, 8, bias=false) ▷ tanh ▷ dropout(0.5) ▷ linear(8, 4)`,
  ];
  for (const nodes of texts) {
    const model = randomModel(nodes, [6], 4);
    const { bytes } = right(exportOnnx(model, { input: "values" }));
    const read = right(importOnnx("exported", bytes));
    const x = noise(5 * 6, 2);
    assertClose(
      await inSparrow(read, x, [5, 6]),
      await inSparrow(model, x, [5, 6]),
      1e-6,
      show(nodes),
    );
  }
});

/** The fixture with its i-th operator changed. */
const changed = (i: number, change: (node: Partial<OnnxNode>) => Partial<OnnxNode>): Uint8Array => {
  const model = decodeModel(small);
  const node = model.graph!.node.map((one, j) => i === j ? change(one) : one);
  return encodeModel({ ...model, graph: { ...model.graph!, node } });
};

const setting = (i: number, name: string, value: object): Uint8Array =>
  changed(i, (node) => ({
    ...node,
    attribute: node.attribute!.map((one) => one.name === name ? { ...one, ...value } : one),
  }));

Deno.test("what cannot be a graph is named", () => {
  const refusal = (bytes: Uint8Array) => describe(left(importOnnx("small.onnx", bytes)));
  assertStringIncludes(
    refusal(changed(2, (node) => ({ ...node, opType: "Celu" }))),
    "and Add, current value is the operator Celu (/2/Relu)",
  );
  assertStringIncludes(
    refusal(setting(0, "group", { i: 2n })),
    "the operator Conv (/0/Conv) to have images of 4 channels, where it is given [14,14,2]",
  );
  assertStringIncludes(
    refusal(setting(0, "group", { i: 3n })),
    "groups that divide 4 outputs, where there are 3",
  );
  assertStringIncludes(refusal(setting(0, "dilations", { ints: [2n, 2n] })), "no dilation");
  assertStringIncludes(refusal(setting(0, "pads", { ints: [0n, 1n, 0n, 1n] })), "same padding");
  assertStringIncludes(refusal(setting(3, "ceil_mode", { i: 1n })), "ceil_mode 0");
  assertStringIncludes(refusal(setting(1, "training_mode", { i: 1n })), "training_mode 0");
  assertStringIncludes(
    refusal(changed(2, (node) => ({ ...node, input: ["elsewhere"] }))),
    'the operator Relu (/2/Relu) to take what the input or an operator before it gives, where it takes "elsewhere"',
  );
  assertStringIncludes(
    refusal(changed(0, (node) => ({ ...node, input: ["image", "image"] }))),
    "Conv",
  );
  assertStringIncludes(refusal(new Uint8Array()), "this is no ONNX model: it is empty");
  assertStringIncludes(refusal(Uint8Array.of(8, 8)), "expected a graph");
  assertStringIncludes(
    refusal(new TextEncoder().encode("PK\x03\x04 this is no model")),
    "small.onnx",
  );
});

Deno.test("the bytes may be a Buffer of Node.js, at any place of a larger one", () => {
  const whole = Buffer.alloc(small.length + 12, 7);
  whole.set(small, 3);
  const read = importOnnx("small.onnx", whole.subarray(3, 3 + small.length));
  assertEquals(read, importOnnx("small.onnx", small));
  right(read);
});

Deno.test("a damaged file is refused or is a network, and nothing is thrown", async () => {
  const [other] = [right(exportOnnx(randomModel(graph`linear(6, 8) ▷ relu`, [6], 1))).bytes];
  const outcome = await survive(
    mutatedBytes([small, other], 2000, 26),
    (bytes) => Promise.resolve(importOnnx("damaged.onnx", bytes)),
  );
  assert(outcome.refused > 500, JSON.stringify(outcome));
});

/** A file of some operators on an input of some size [channels, height, width], or [values]. */
const declaring = (
  dims: readonly number[],
  node: readonly Partial<OnnxNode>[],
  initializer: readonly Partial<OnnxTensor>[] = [],
): Uint8Array =>
  encodeModel({
    graph: {
      name: "declaring",
      node,
      initializer,
      input: [{
        name: "x",
        type: {
          tensorType: {
            elemType: 1,
            shape: { dim: [1, ...dims].map((n) => ({ dimValue: BigInt(n) })) },
          },
        },
      }],
      output: [{ name: "y" }],
    },
  });

const importing = (bytes: Uint8Array) => Promise.resolve(importOnnx("declares.onnx", bytes));

Deno.test("an input may be declared of any size: nothing is made of it, and none too large is taken", async () => {
  const flatten = [{ opType: "Flatten", input: ["x"], output: ["y"] }];
  assertEquals(await survive([declaring([3, 6000, 6000], flatten)], importing), {
    refused: 0,
    read: 1,
  });
  const huge = [[60_000, 60_000, 3], [3, 60_000, 60_000], [2 ** 52], [2 ** 30, 2 ** 30, 2 ** 30]];
  const relu = [{ opType: "Relu", input: ["x"], output: ["y"] }];
  const files = huge.flatMap((dims) => [declaring(dims, flatten), declaring(dims, relu)]);
  assertEquals(await survive(files, importing), { refused: 8, read: 0 });
});

const floats = (name: string, ...dims: readonly number[]): Partial<OnnxTensor> => ({
  name,
  dims: dims.map(BigInt),
  dataType: 1,
  rawData: new Uint8Array(4 * dims.reduce((product, n) => product * n, 1)),
});

Deno.test("a constant that is transposed or used again and again is refused, not copied as often", async () => {
  const chain = Array.from({ length: 1990 }, (_, i) => ({
    opType: "Transpose",
    input: [i === 0 ? "w" : `t${i - 1}`],
    output: [`t${i}`],
  }));
  const last = { opType: "MatMul", input: ["x", "t1989"], output: ["y"] };
  const shared = Array.from({ length: 1999 }, (_, i) => ({
    opType: "MatMul",
    input: [i === 0 ? "x" : `m${i - 1}`, "w"],
    output: [i === 1998 ? "y" : `m${i}`],
  }));
  const files = [
    declaring([1000], [...chain, last], [floats("w", 1000, 1000)]),
    declaring([1000], shared, [floats("w", 1000, 1000)]),
  ];
  assertEquals(await survive(files, importing), { refused: 2, read: 0 });
});

Deno.test("small constants that several operators share, and one transposition of each, are read", async () => {
  const shared = Array.from({ length: 50 }, (_, i) => ({
    opType: "MatMul",
    input: [i === 0 ? "x" : `m${i - 1}`, "t"],
    output: [i === 49 ? "y" : `m${i}`],
  }));
  const turn = { opType: "Transpose", input: ["w"], output: ["t"] };
  right(await importing(declaring([64], [turn, ...shared], [floats("w", 64, 64)])));
});

Deno.test("a constant without a number bounds nothing, and is refused", async () => {
  const conv = {
    opType: "Conv",
    input: ["x", "w"],
    output: ["y"],
    attribute: [{ name: "kernel_shape", type: 7, ints: [100_000n, 100_000n] }],
  };
  const file = declaring([1, 1, 1], [conv], [floats("w", 0, 1, 100_000, 100_000)]);
  assertEquals(await survive([file], importing), { refused: 1, read: 0 });
});

/** A part of a protobuf message: a field of bytes. */
const part = (field: number, body: Uint8Array): Uint8Array => {
  const sizes: number[] = [];
  for (let rest = body.length; rest > 0 || sizes.length === 0; rest = Math.floor(rest / 128)) {
    sizes.push(rest % 128 + (rest >= 128 ? 128 : 0));
  }
  return joined([Uint8Array.of(8 * field + 2, ...sizes), body]);
};

/** Small parts, again and again. */
const many = (count: number, ...bytes: readonly number[]): Uint8Array =>
  new Uint8Array(count * bytes.length).map((_, i) => bytes[i % bytes.length]);

Deno.test("10 MB of parts of two bytes, or of numbers of one, are refused before they are decoded", () => {
  const [node, initializer, attribute] = [8 * 1 + 2, 8 * 5 + 2, 8 * 5 + 2];
  const files = {
    nodes: part(7, many(5e6, node, 0)),
    initializers: part(7, many(5e6, initializer, 0)),
    attributes: part(7, part(1, many(5e6, attribute, 0))),
    operators: many(5e6, 8 * 8 + 2, 0),
    integers: part(7, part(5, part(7, many(10e6, 1)))),
    dimensions: part(7, part(5, many(5e6, 8, 1))),
  };
  for (const [name, bytes] of Object.entries(files)) {
    const before = Deno.memoryUsage().rss;
    const { _tag } = left(importOnnx(name, bytes));
    assertEquals(_tag, "CorruptFile", name);
    const taken = Deno.memoryUsage().rss - before;
    assert(taken < 4 * bytes.length + 64e6, `${name}: ${taken} bytes`);
  }
});
