import * as fc from "npm:fast-check@4.3.0";
import { graphFromJson, graphToJson } from "../../graph/codec.ts";
import { to } from "../../graph/compose.ts";
import { linear } from "../../graph/constructors.ts";
import { cost } from "../../graph/cost.ts";
import { describe } from "../../graph/error.ts";
import { E, pipe } from "../../graph/fp_ts.ts";
import { paramSpecs } from "../../graph/params.ts";
import { graph, parse } from "../../graph/parse.ts";
import { seed } from "../../graph/rng.ts";
import { inferShapes } from "../../graph/shape.ts";
import { show } from "../../graph/show.ts";
import { wiringOf } from "../../graph/wiring.ts";
import { defineNode } from "../../ops/custom_node.ts";
import { lower } from "../../ops/interpreter.ts";
import { elementwiseKernel } from "../../ops/kernels/elementwise.ts";
import { tf } from "../../ops/tfjs.ts";
import { denoFiles } from "../../pipelines/files/files.ts";
import { loadModel } from "../../pipelines/files/model.ts";
import { createRun, dispose, toArrays } from "../../pipelines/core/run.ts";
import { pipeline, repeat } from "../../pipelines/core/stage.ts";
import { save } from "../../pipelines/stages/save.ts";
import { train } from "../../pipelines/stages/train.ts";
import { tripletCosineLoss } from "../../ops/losses/triplet.ts";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "../assert.ts";
import { digits, envOn, left, optimiser, right } from "../pipelines/tiny.ts";
import { assertClose, numbers, onEachBackend } from "./backends.ts";

const rounded = elementwiseKernel({
  name: "RoundedForTest",
  arguments: ["step", "shift"],
  host: (x, step, shift) => Math.floor(x / step) * step + shift,
  wgsl: "floor(x / step) * step + shift",
});

/** Node that multiplies each unit by a gain and subtracts an offset. */
const amplify = defineNode({
  name: "amplify",
  arguments: [{ name: "offset", kind: "real" }, { name: "twice", kind: "flag", fallback: false }],
  params: (input) => [{ name: "gain", shape: input, mean: 1, bound: 0.5 }],
  flops: ([units]) => 3 * units,
  evaluate: (x, { offset, twice }, { gain }) =>
    tf.sub(tf.mul(x, tf.mul(gain, twice ? 2 : 1)), offset),
});

/** Two neighbours into one. */
defineNode({
  name: "neighbours",
  shape: (input) =>
    input.length === 1 && input[0] % 2 === 0 ? [input[0] / 2] : "a vector of an even size",
  evaluate: (x) => tf.max(tf.reshape(x, [x.shape[0], x.shape[1]! / 2, 2]), 2),
  train: (x) => tf.mean(tf.reshape(x, [x.shape[0], x.shape[1]! / 2, 2]), 2),
});

Deno.test("a node of one's own is printed, parsed, saved and read like any other", () => {
  fc.assert(fc.property(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.boolean(),
    (offset, twice, inferred) => {
      const made = amplify({ offset: offset + 0, twice });
      const nodes = inferred ? right(inferShapes(made, [3])).graph : made;
      assertEquals(parse(show(nodes)), E.right(nodes));
      assertEquals(graphFromJson(JSON.parse(JSON.stringify(graphToJson(nodes)))), E.right(nodes));
    },
  ));
  assertEquals(
    show(graph`relu ▷ amplify(offset = 2, twice) ▷ neighbours`),
    "relu ▷ amplify(2, twice) ▷ neighbours",
  );
});

Deno.test("its shape rule, its weights and its cost are looked at", () => {
  const inferred = right(inferShapes(graph`linear(4, 6) ▷ amplify(0.5) ▷ neighbours`));
  assertEquals(inferred.output, [3]);
  assertEquals(paramSpecs(inferred.graph).slice(2), [
    { path: "1.gain", shape: [6], mean: 1, bound: 0.5 },
  ]);
  assertEquals(right(cost(graph`amplify(0)`, [7])).flops, 21);
  assertEquals(right(cost(graph`neighbours`, [8])).flops, 4);
  assertEquals(right(wiringOf(graph`linear(4, 6) ▷ amplify(1)`)).boxes[2], {
    id: "1",
    name: "amplify",
    options: "1",
  });
  assertEquals(
    describe(left(inferShapes(graph`linear(4, 5) ▷ neighbours`))),
    "Cannot apply neighbours at position 1: expected a vector of an even size, current value is [5]",
  );
  // What is written as a function is composed and checked as a function.
  const typed = pipe(linear(4, 6), to(amplify({ offset: 1 })), to(linear(6, 2)));
  assertEquals(right(inferShapes(typed)).output, [2]);
});

Deno.test("arguments that a node has not are refused by the compiler", () => {
  const halve = defineNode({ name: "halve", evaluate: (x) => tf.mul(x, 0.5) });
  const alike = graph`halve`;
  assertEquals([halve(), halve({})], [alike, alike]);
  const other = { rate: 2 };
  const uncalled = () => [
    // @ts-expect-error it has no arguments
    halve({ rate: 2 }),
    // @ts-expect-error nor by another name
    halve(other),
    // @ts-expect-error it has two, and this is neither
    amplify({ offset: 1, rate: 2 }),
    // @ts-expect-error one of them has no fallback
    amplify({ twice: true }),
    // @ts-expect-error which is a number
    amplify({ offset: "1" }),
  ];
  assertEquals(typeof uncalled, "function");
});

Deno.test("what is wrong about one says what, and where", () => {
  assertStringIncludes(
    describe(left(graphFromJson({ nodes: [{ node: "amplifier" }] }))),
    "drop_connect, top_k, batch_top_k, amplify, neighbours, halve at nodes[0].node, " +
      'current value is "amplifier"',
  );
  assertStringIncludes(
    describe(left(graphFromJson({ nodes: [{ node: "amplify" }] }))),
    "expected a finite number at nodes[0].offset",
  );
  assertStringIncludes(describe(left(parse("amplify(true)"))), "expected");
  assertEquals(
    describe(left(inferShapes(amplify({ offset: NaN }), [3]))),
    "Cannot use offset of amplify at position 0: expected a finite number, current value is NaN",
  );
  const unknown = { nodes: [{ _tag: "custom", name: "ghost", values: {}, input: null }] } as const;
  assertStringIncludes(describe(left(inferShapes(unknown, [3]))), "defineNode");
  assertEquals(show(unknown), "ghost");
  const evaluate = (x: tf.Tensor) => x;
  assertThrows(
    () => defineNode({ name: "relu", evaluate }),
    TypeError,
    "a node of that name exists",
  );
  assertThrows(() => defineNode({ name: "amplify", evaluate }), TypeError, "a node of that name");
  assertThrows(() => defineNode({ name: "identity", evaluate }), TypeError, "a node of that name");
  assertThrows(() => defineNode({ name: "No", evaluate }), TypeError, "small letters");
  const named = { name: "no", arguments: [{ name: "node", kind: "real" }] } as const;
  assertThrows(() => defineNode({ ...named, evaluate }), TypeError, "node or input_");
  assertThrows(
    () => elementwiseKernel({ name: "Relu", host: (x) => x, wgsl: "x" }),
    TypeError,
    "tfjs has one of that name",
  );
});

onEachBackend("a kernel of one's own is the same on every backend", async () => {
  const x = Float32Array.from({ length: 300 }, (_, i) => (i - 150) / 7);
  const [y] = await numbers(() => [rounded(tf.tensor(x, [3, 100]), 0.5, 2)]);
  assertClose(y, x.map((value) => Math.floor(value / 0.5) * 0.5 + 2), 0, "rounded");
});

onEachBackend("evaluated, trained and differentiated as its kernel says", async () => {
  const { evaluate, train } = lower(graph`amplify(0.5, twice) ▷ neighbours`);
  const gain = tf.tensor1d([1, 2, 3, 4]);
  const x = tf.tensor2d([[1, 1, 1, 1], [-1, 2, 0, 1]]);
  const params = { "0.gain": gain };
  const [hard, soft] = await numbers(() => [
    evaluate({ params, plasticity: {} }, x) as tf.Tensor,
    train(params, { value: x, plasticity: {}, rng: seed(26) }).value as tf.Tensor,
  ]);
  assertEquals([...hard], [3.5, 7.5, 7.5, 7.5]);
  assertEquals([...soft], [2.5, 6.5, 2.5, 3.5]);
  const summed = (gain: tf.Tensor) =>
    tf.sum(
      train({ "0.gain": gain }, { value: x, plasticity: {}, rng: seed(26) }).value as tf.Tensor,
    );
  const [slope] = await numbers(() => [tf.grad(summed)(gain)]);
  assertEquals([...slope], [0, 3, 1, 2]);
  tf.dispose([gain, x]);
});

Deno.test("a model with one is trained, saved, and loaded to the bit", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const data = await digits();
    const env = await envOn("wasm");
    const encoder = graph`linear(784, 16) ▷ relu ▷ amplify(0.1) ▷ linear(16, 64) ▷ kwta(0.0625)`;
    const run = right(createRun({ graph: encoder, optimiser, seed: 26 }));
    const before = (await toArrays(run.params))["2.gain"].data;
    const stages = pipeline(
      repeat(2)(train({
        data: data.train,
        loss: tripletCosineLoss(),
        batchSize: 50,
      })),
      save(folder, data),
    );
    const done = right(await stages(run)(env)());
    const params = await toArrays(done.params);
    assert(
      params["2.gain"].data.some((value, i) => value !== before[i]),
      "the gain was not trained",
    );
    const loaded = right(await loadModel(`${folder}/model.safetensors`, denoFiles)());
    assertEquals(loaded.graph, done.graph);
    assertEquals(loaded.params, params);
    dispose(done);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
