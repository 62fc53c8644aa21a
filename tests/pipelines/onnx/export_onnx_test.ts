import { graph } from "../../../graph/parse.ts";
import { describe } from "../../../graph/error.ts";
import { show } from "../../../graph/show.ts";
import { sizeOf } from "../../../graph/shape.ts";
import type { Shape } from "../../../graph/types.ts";
import { toDense } from "../../../ops/codes/codes.ts";
import { loadMnist } from "../../../pipelines/data/mnist.ts";
import { denoDataEnv } from "../../../pipelines/data/environment.ts";
import { normaliser } from "../../../pipelines/data/normalise.ts";
import { take } from "../../../pipelines/data/splits.ts";
import { encode } from "../../../pipelines/encode/encode.ts";
import { exportOnnx } from "../../../pipelines/onnx/export_onnx.ts";
import { decodeModel } from "../../../pipelines/onnx/proto.ts";
import { createRun, dispose, toArrays } from "../../../pipelines/core/run.ts";
import { train } from "../../../pipelines/stages/train.ts";
import { tripletCosineLoss } from "../../../ops/losses/triplet.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../../assert.ts";
import { assertClose } from "../../ops/backends.ts";
import { shared, sharedTest } from "../../shared.ts";
import { deno, root, withFolder } from "../process.ts";
import { trained } from "../encode/fixture.ts";
import { envOn, left, optimiser, right } from "../tiny.ts";
import { inSparrow, noise, randomModel } from "./models.ts";
import { inOnnxruntime } from "./onnxruntime.ts";

sharedTest("onnxruntime makes Sparrow's codes of 1,000 images of MNIST", "mnist", async () => {
  const env = await envOn("wasm");
  const mnist = right(await loadMnist({ data: shared("mnist").pathname }, denoDataEnv)());
  const { train: data } = take(mnist, 10_000);
  const { normalisation } = data;
  const { test: images } = take(mnist, 1000);
  const encoder = graph`linear(784, 64) ▷ relu ▷ linear(64, 512) ▷ kwta(0.05)`;
  const run = right(createRun({ graph: encoder, optimiser, seed: 26 }));
  const stage = train({
    data,
    loss: tripletCosineLoss(),
    batchSize: 256,
  });
  const done = right(await stage(run)(env)());
  const codes = right(await encode(done, images, { env })());
  assert(codes.kind === "binary", "the encoder's embeddings are codes");
  const expected = toDense(codes);
  const [params, plasticity] = [await toArrays(done.params), await toArrays(done.plasticity)];
  const facts = { params, plasticity, normalisation, dataset: "MNIST", epoch: 1 };
  const { bytes, outputs } = right(exportOnnx({ graph: done.graph, input: done.input, ...facts }));
  dispose(done);

  assertEquals(outputs, ["codes", "activations"]);
  const made = await inOnnxruntime(bytes, "pixels", images.values, [1000, 784]);
  const bits = Float32Array.from(made.codes);
  assertEquals(bits.length, 1000 * 512);
  const fired = bits.reduce((sum, bit) => sum + bit, 0);
  assert(fired > 25_900 && fired <= 26_000, `${fired} bits are set`);
  const differ = bits.filter((bit, i) => bit !== expected[i]).length;
  assertEquals(differ, 0, `${differ} of 512,000 bits are different`);
});

const cases: readonly (readonly [graph: string, input: Shape])[] = [
  ["linear(8, 12) ▷ batch_norm ▷ relu ▷ linear(12, 5, bias=false)", [8]],
  ["batch_norm ▷ linear(6) ▷ fanout(batch_norm, relu) ▷ concat", [8]],
  [
    "conv2d(3, 3, padding=1, bias=false) ▷ batch_norm ▷ relu ▷ max_pool2d(2) ▷ flatten ▷ linear(7)",
    [6, 8, 2],
  ],
  ["conv2d(4, 2, stride=2) ▷ relu ▷ batch_norm ▷ avg_pool2d(3, 1) ▷ reshape([4, 9]) ▷ softmax", [
    10,
    10,
    3,
  ]],
  ["fanout(conv2d(2, 3), max_pool2d(3, 1)) ▷ add", [7, 7, 2]],
  ["fanout(conv2d(2, 3) ▷ tanh, avg_pool2d(3, 1)) ▷ concat ▷ log_softmax", [7, 7, 2]],
  ["residual(conv2d(2, 3, padding=1) ▷ batch_norm ▷ leaky_relu(0.2)) ▷ gelu", [5, 5, 2]],
  ["conv2d(4, 3, padding=1, groups=2) ▷ batch_norm ▷ clip(0, 0.5) ▷ max_pool2d(3, 2, padding=1)", [
    6,
    7,
    2,
  ]],
  ["conv2d(6, 3, stride=2, groups=3, bias=false) ▷ global_avg_pool2d ▷ flatten ▷ linear(4)", [
    7,
    5,
    3,
  ]],
  ["fanout(linear(4), linear(3)) ▷ split(sigmoid, dropout(0.5) ▷ relu) ▷ concat", [8]],
  ["drop_connect(linear(8, 6) ▷ relu, rate=0.5)", [8]],
];

for (const [text, input] of cases) {
  Deno.test(`onnxruntime computes what Sparrow does: ${text}`, async () => {
    await envOn("cpu");
    const model = randomModel(graph([text] as never as TemplateStringsArray), input, 3);
    const file = right(exportOnnx(model, { input: "values" }));
    assertEquals(file.outputs, ["output"]);
    const [shape, x] = [[4, ...input], noise(4 * sizeOf(input), 5)];
    const { output } = await inOnnxruntime(file.bytes, "values", x, shape);
    assertClose(output, await inSparrow(model, x, shape), 1e-5, show(model.graph));
  });
}

const competitions = [
  "kwta(0.2)",
  "kwta(0.2, over=channel)",
  "kwta(0.5, over=location)",
  "winner_take_all",
  "learned_kwta",
  "kwta(0.2) ▷ max_pool2d(2) ▷ flatten",
];

for (const text of competitions) {
  Deno.test(`the same winners, ties included: conv2d ▷ ${text}`, async () => {
    await envOn("cpu");
    const whole = graph([`conv2d(4, 1, bias=false) ▷ ${text}`] as never as TemplateStringsArray);
    const model = randomModel(whole, [6, 6, 1], 8);
    // Sixteenths are exact, and many are equal.
    const exact = (data: Float32Array) => data.map((value) => Math.round(value * 16) / 16);
    const params = Object.fromEntries(
      Object.entries(model.params).map((
        [path, { shape, data }],
      ) => [path, { shape, data: exact(data) }]),
    );
    const x = exact(noise(10 * 36, 6));
    const file = right(exportOnnx({ ...model, params }, { input: "values" }));
    const made = await inOnnxruntime(file.bytes, "values", x, [10, 6, 6, 1]);
    assertEquals(
      Float32Array.from(made.codes),
      await inSparrow({ ...model, params }, x, [10, 6, 6, 1]),
    );
    assert(made.codes.some((bit) => bit === 1));
    const trunk = { ...model, params, graph: { nodes: whole.nodes.slice(0, 1) } };
    assertClose(made.activations, await inSparrow(trunk, x, [10, 6, 6, 1]), 1e-6, "activations");
  });
}

Deno.test("bytes of several channels are normalised as in training", async () => {
  const normalisation = { mean: [0.1, 0.2, 0.3], std: [0.5, 0.25, 2] };
  const model = { ...randomModel(graph`relu`, [2, 2, 3], 1), normalisation };
  const pixels = Uint8Array.from({ length: 12 }, (_, i) => i * 23);
  const { output } = await inOnnxruntime(
    right(exportOnnx(model)).bytes,
    "pixels",
    pixels,
    [1, 2, 2, 3],
  );
  const { mean, std } = normalisation;
  assertEquals(
    output,
    Float32Array.from(pixels, (byte, i) => Math.max(0, (byte / 255 - mean[i % 3]) / std[i % 3])),
  );
});

Deno.test("floats of several channels are normalised as in training", async () => {
  const normalisation = { mean: [0.1, 0.2, 0.3], std: [0.5, 0.25, 3] };
  const values = Float32Array.from({ length: 12 }, (_, i) => Math.sin(i));
  for (const input of [[2, 2, 3], [12]]) {
    const model = { ...randomModel(graph`relu`, input, 1), normalisation };
    const { bytes } = right(exportOnnx(model, { input: "floats" }));
    const { output } = await inOnnxruntime(bytes, "floats", values, [1, ...input]);
    const expected = normaliser(normalisation)({ values }, 12, Uint32Array.of(0));
    assertEquals(output, expected.map((x) => Math.max(0, x)));
  }
});

Deno.test("batch norm leaves no operator of its own where a layer is before it", () => {
  const model = randomModel(graph`conv2d(1, 2, 3) ▷ batch_norm ▷ relu`, [6, 6, 1], 2);
  const operators = decodeModel(right(exportOnnx(model, { input: "values" })).bytes).graph!.node
    .map(({ opType }) => opType);
  assertEquals(operators, ["Transpose", "Conv", "Relu", "Transpose", "Identity"]);
});

Deno.test("in every version of ONNX's operators it is the same model, bit by bit", async () => {
  const everything =
    graph`fanout(conv2d(2, 4, 3, padding=1) ▷ batch_norm ▷ relu ▷ max_pool2d(2), avg_pool2d(2) ▷ sigmoid) ▷ concat ▷ residual(leaky_relu(0.2)) ▷ gelu ▷ flatten ▷ linear(12) ▷ tanh ▷ kwta(0.25)`;
  const classifier = graph`flatten ▷ linear(5) ▷ softmax`;
  const x = noise(3 * 32, 9);
  for (const one of [everything, classifier]) {
    const model = randomModel(one, [4, 4, 2], 4);
    const made = await Promise.all([21, 22, 23, 24, 25, 26].map(async (opset) => {
      const { bytes } = right(exportOnnx(model, { input: "values", opset }));
      assertEquals(decodeModel(bytes).opsetImport.map(({ version }) => version), [BigInt(opset)]);
      return await inOnnxruntime(bytes, "values", x, [3, 4, 4, 2]);
    }));
    for (const other of made.slice(1)) assertEquals(other, made[0]);
  }
  const model = randomModel(classifier, [4, 4, 2], 4);
  assertEquals(exportOnnx(model), exportOnnx(model, { opset: 26 }), "the newest by default");
  for (const opset of [20, 27, 21.5, NaN]) {
    assertStringIncludes(
      describe(left(exportOnnx(model, { opset }))),
      "Cannot use opset: expected an integer from 21 to 26",
    );
  }
});

Deno.test("the same model is the same file", () => {
  const model = randomModel(graph`linear(8, 16) ▷ kwta(0.25)`, [8], 2);
  assertEquals(right(exportOnnx(model)).bytes, right(exportOnnx(model)).bytes);
});

Deno.test("what has no counterpart is named", () => {
  const refusal = (model: ReturnType<typeof randomModel>) => describe(left(exportOnnx(model)));
  assertStringIncludes(
    refusal(randomModel(graph`linear(8, 8) ▷ residual(k_winners(0.5))`, [8], 1)),
    "Cannot use node at position 1.body.0: expected a node that can be written as ONNX " +
      '(all but predicted_kwta, k_winners, custom), current value is "k_winners(0.5, inputs=8)"',
  );
  assertStringIncludes(refusal(randomModel(graph`fanout(relu, tanh)`, [8], 1)), "a single tensor");
});

Deno.test("export.ts writes a file that onnxruntime reads", () =>
  withFolder(async (folder) => {
    await Deno.mkdir(`${root}${folder}`, { recursive: true });
    const { bytes } = await trained();
    await Deno.writeFile(`${root}${folder}/model.safetensors`, bytes);
    const out = `${folder}/model.onnx`;
    const done = await deno(
      "run",
      "-P",
      "pipelines/export.ts",
      `${folder}/model.safetensors`,
      "--out",
      out,
    );
    assertEquals([done.code, done.err], [0, ""]);
    assertMatch(
      done.out,
      /^linear\(784, 16\) ▷ .*: \d+ kB, pixels \[batch, 784\] to codes and activations\n/,
    );
    const made = await inOnnxruntime(
      await Deno.readFile(`${root}${out}`),
      "pixels",
      new Uint8Array(784).fill(7),
      [1, 784],
    );
    assertEquals(made.codes.length, 64);
    const missing = await deno("run", "-P", "pipelines/export.ts", `${folder}/none.safetensors`);
    assertEquals(missing.code, 1);
    assertMatch(missing.err, /^Cannot read \S+none.safetensors/m);
    assertEquals((await deno("run", "-P", "pipelines/export.ts")).code, 2);
  }));
