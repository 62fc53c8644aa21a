import { assert, assertEquals, assertGreater, assertThrows } from "../assert.ts";
import { graphFromJson, graphToJson } from "../../graph/codec.ts";
import { sequence, to } from "../../graph/compose.ts";
import { flatten, linear } from "../../graph/constructors.ts";
import { type Cost, cost } from "../../graph/cost.ts";
import { encoderOf } from "../../graph/rewrite.ts";
import { describe } from "../../graph/error.ts";
import { E, pipe } from "../../graph/fp_ts.ts";
import { autoencoder, convNet, embedderSdr, mlp, resNet, vggLike } from "../../graph/models.ts";
import type { Graph, Nodes } from "../../graph/node.ts";
import { initialParams, type ParamArrays, paramSpecs } from "../../graph/params.ts";
import { parse } from "../../graph/parse.ts";
import { initialPlasticity } from "../../graph/plasticity.ts";
import { draw, seed } from "../../graph/rng.ts";
import { type Inference, inferShapes, isPair, sizeOf } from "../../graph/shape.ts";
import { show } from "../../graph/show.ts";
import type { Pair, Shape, Space } from "../../graph/types.ts";
import { startBackend } from "../../ops/backend.ts";
import { valueAndGradients } from "../../ops/train_step.ts";
import { lower, type Value } from "../../ops/interpreter.ts";
import { type Params, tf } from "../../ops/tfjs.ts";

const GRAY: Shape = [28, 28];
const CIFAR: Shape = [32, 32, 3];
const code = { sparsity: 0.05 };
const head = { units: 64, ...code };

const inferred = (graph: Nodes, input?: Space): Inference =>
  pipe(
    inferShapes(graph, input),
    E.getOrElse((error): Inference => {
      throw new Error(describe(error));
    }),
  );

const refusal = (graph: Nodes, input?: Space): string =>
  pipe(inferShapes(graph, input), E.fold(describe, () => "accepted"));

const costOf = (graph: Nodes, input?: Space): Cost =>
  pipe(
    cost(graph, input),
    E.getOrElse((error): Cost => {
      throw new Error(describe(error));
    }),
  );

const parametersOf = (graph: Nodes, input?: Space): number => costOf(graph, input).parameters;

/** Every model, small, with and without its head, and what it is given. */
const models: readonly (readonly [graph: Nodes, input: Shape, output: Space])[] = [
  [mlp([12, 8, 5]), [12], [5]],
  [mlp([12, 8, 8, 5], { head: { sparsity: 0.3 } }), [12], [5]],
  [embedderSdr([9, 9], { units: 7 }), [9, 9], [7]],
  [embedderSdr([9, 9, 2], { convChannels: 2, units: 20, head: code }), [9, 9, 2], [20]],
  [autoencoder([12, 6]), [12], { first: [6], second: [12] }],
  [autoencoder([12, 9, 6], { head: { sparsity: 0.3 } }), [12], { first: [6], second: [12] }],
  [vggLike({ width: 2 }), CIFAR, [10]],
  [vggLike({ width: 2, head }), CIFAR, [64]],
  [convNet([9, 12], { width: 2, classes: 3 }), [9, 12], [3]],
  [convNet([16, 17, 2], { width: 2, head }), [16, 17, 2], [64]],
  [resNet(8, { width: 2, classes: 3 }), CIFAR, [3]],
  [resNet(14, { width: 2, head }), CIFAR, [64]],
];

Deno.test("as many weights as the references have", () => {
  // 784 × 128 + 128 + 128 × 10 + 10: the 101,770 that Keras sums up for its first MNIST classifier,
  // and MLP(784, 128, 10) of train_grad in dizcza/EmbedderSDR, main.py.
  assertEquals(parametersOf(mlp([784, 128, 10])), 101_770);
  // MLP_kWTA(784, 64, 256) of train_kwta there.
  assertEquals(parametersOf(mlp([784, 64, 256], { head: code })), 784 * 64 + 64 + 64 * 256 + 256);
  // models/embedder.py there: a convolution, batch norm's scale and shift, and a linear layer of
  // 3 × 8 × 8 inputs for MNIST, of 3 × 10 × 10 for CIFAR-10.
  assertEquals(parametersOf(embedderSdr(GRAY), GRAY), 9 * 3 + 2 * 3 + 3 * 8 * 8 * 128);
  assertEquals(parametersOf(embedderSdr(CIFAR), CIFAR), 9 * 3 * 3 + 2 * 3 + 3 * 10 * 10 * 128);
  // AutoencoderLinearKWTA(784, 256) and ([784, 512], 256) of models/autoencoder.py there.
  assertEquals(parametersOf(autoencoder([784, 256])), 2 * 784 * 256 + 784);
  assertEquals(
    parametersOf(autoencoder([784, 512, 256], { head: code })),
    784 * 512 + 512 + 512 * 256 + 256 * 784 + 784,
  );
});

Deno.test("vggLike has the layers of the reference's CIFAR10", () => {
  // models/cifar/cifar.py of dizcza/EmbedderSDR with n_channel = 128: [inputs, outputs] of each
  // convolution, which have biases; its batch norms have no weights.
  const convolutions = [
    [3, 128],
    [128, 128],
    [128, 256],
    [256, 256],
    [256, 512],
    [512, 512],
    [512, 1024],
  ];
  const maps = convolutions.reduce((sum, [i, o]) => sum + 9 * i * o + o, 0);
  assertEquals(parametersOf(vggLike(), CIFAR), maps + 1024 * 10 + 10);
  assertEquals(
    paramSpecs(inferred(vggLike(), CIFAR).graph).map(({ shape }) => shape),
    [
      ...convolutions.flatMap(([i, o]) => [[3, 3, i, o], [o]]),
      [1024, 10],
      [10],
    ],
  );
  // train_pretrained in main.py there: Linear(1024, 128, bias=False) under a kWTA.
  const pretrained = vggLike({ head: { units: 128, sparsity: 0.3, bias: false } });
  assertEquals(parametersOf(pretrained, CIFAR), maps + 1024 * 128);
});

Deno.test("resNet has as many weights as published for projections", () => {
  // With batch norm after each projection: osmr/imgclsmob, pytorch/README.md, the table of CIFAR-10;
  // ResNet-32 from EvgenyKashin/SRMnet, README.md.
  const published = [[20, 272_474], [32, 466_906], [56, 855_770], [110, 1_730_714]];
  for (const [layers, parameters] of published) {
    assertEquals(parametersOf(resNet(layers), CIFAR), parameters, `ResNet-${layers}`);
  }
});

Deno.test("without the projections resNet has the paper's number of weights", () => {
  // He et al. 2016, table 6, in millions, with option A: the same as in the README of
  // akamaster/pytorch_resnet_cifar10.
  const published = [[20, "0.27"], [32, "0.46"], [44, "0.66"], [56, "0.85"], [110, "1.7"]] as const;
  for (const [layers, millions] of published) {
    const { graph } = inferred(resNet(layers), CIFAR);
    const projections = paramSpecs(graph).filter(({ path }) => path.includes(".second."));
    assertEquals(projections.length, 6);
    const sizes = projections.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    assertEquals(sizes, 16 * 32 + 2 * 32 + 32 * 64 + 2 * 64);
    const rest = parametersOf(graph, CIFAR) - sizes;
    assertEquals((rest / 1e6).toFixed(millions.length - 2), millions, `ResNet-${layers}`);
  }
});

Deno.test("resNet has 6n + 2 layers and the published arithmetic", () => {
  // osmr/imgclsmob, pytorch/README.md: FLOPs/2 in millions. What batch norm, relu and pooling count
  // for is not said there; they are less than 1 % of it.
  for (const [layers, millions] of [[20, 41.29], [56, 127.06], [110, 255.7]]) {
    const { flops } = costOf(resNet(layers), CIFAR);
    assert(Math.abs(flops / 2e6 / millions - 1) < 0.01, `${layers}: ${flops / 2e6}`);
    const weights = paramSpecs(inferred(resNet(layers), CIFAR).graph)
      .filter(({ path, shape }) => shape.length > 1 && !path.includes(".second."));
    assertEquals(weights.length, layers);
  }
});

Deno.test("shapes of MNIST and CIFAR-10 are inferred", () => {
  const cases: readonly (readonly [graph: Nodes, input: Shape, output: Space])[] = [
    ...models,
    [sequence(flatten, mlp([784, 64, 512], { head: code })), GRAY, [512]],
    [embedderSdr(GRAY), GRAY, [128]],
    [embedderSdr([28, 28, 1]), [28, 28, 1], [128]],
    [embedderSdr(CIFAR, { units: 512, head: code }), CIFAR, [512]],
    [autoencoder([784, 256], { head: code }), [784], { first: [256], second: [784] }],
    [vggLike(), CIFAR, [10]],
    [vggLike({ classes: 100 }), [32, 32, 1], [100]],
    [convNet(CIFAR), CIFAR, [10]],
    [convNet(GRAY, { classes: 512 }), GRAY, [512]],
    [resNet(20), CIFAR, [10]],
    [resNet(20, { head }), [32, 32, 1], [64]],
  ];
  for (const [graph, input, output] of cases) {
    assertEquals(inferred(graph, input).output, output, show(graph));
  }
  // What is flattened at the end is one location of 8 · width maps, and 64 means.
  const flat = (graph: Nodes) =>
    inferred(graph, CIFAR).steps.find(({ node }) => node._tag === "flatten")?.input;
  assertEquals(flat(vggLike()), [1, 1, 1024]);
  assertEquals(flat(resNet(20)), [1, 1, 64]);
});

Deno.test("convNet looks at its maps as a whole: two numbers of each of 64 maps", () => {
  const weights = 25 * 3 * 16 + 9 * 16 * 32 + 9 * 32 * 64 + 2 * (16 + 32 + 64);
  assertEquals(parametersOf(convNet(CIFAR), CIFAR), weights + 2 * 64 * 10 + 10);
  for (const shape of [[7, 7, 3], [28, 28, 3], [33, 48, 3], [224, 224, 3]]) {
    assertEquals(parametersOf(convNet(shape), shape), weights + 2 * 64 * 10 + 10, shape.join());
  }
});

Deno.test("vectors tell their own input", () => {
  assertEquals(inferred(mlp([784, 64, 10])).input, [784]);
  assertEquals(inferred(autoencoder([784, 256], { dropConnect: 0 })).input, [784]);
});

Deno.test("the compiler knows the shapes that are literals", () => {
  const classifier: Graph<readonly [784], readonly [10]> = mlp([784, 128, 10]);
  const pair: Graph<readonly [784], Pair<readonly [256], readonly [784]>> = autoencoder([784, 256]);
  pipe(linear(28, 784), to(classifier));
  pipe(linear(28, 784), to(pair));
  // @ts-expect-error 10 logits are no 11 inputs
  pipe(classifier, to(linear(11, 2)));
  // @ts-expect-error 32 × 32 is not the shape of these images
  pipe(linear(28, 784), to(embedderSdr([28, 28])));
  const sizes: readonly number[] = [784, 10];
  pipe(mlp(sizes), to(linear(10, 2)));
});

Deno.test("text and JSON are round trips", () => {
  for (const [small] of [...models, [vggLike()], [resNet(56)]] as const) {
    const graph: Nodes = { nodes: small.nodes };
    assertEquals<unknown>(parse(show(graph)), E.right(graph));
    assertEquals<unknown>(
      graphFromJson(JSON.parse(JSON.stringify(graphToJson(graph)))),
      E.right(graph),
    );
  }
});

Deno.test("an autoencoder's encoder is what comes before the pair", () => {
  const encoder = encoderOf(autoencoder([784, 256], { head: code, dropout: 0 }));
  assertEquals(
    show(encoder),
    "drop_connect(linear(784, 256, bias=false), rate=0.25, rescale=false) ▷ kwta(0.05)",
  );
});

Deno.test("options out of range are refused by shape inference", () => {
  const count = "an integer of at least 1";
  const cases: readonly (readonly [graph: Nodes, input: Shape | undefined, message: string])[] = [
    [mlp([784, 0, 10]), undefined, `outputs of linear at position 0: expected ${count}`],
    [mlp([2.5, 10]), undefined, `inputs of linear at position 0: expected ${count}`],
    [mlp([784, 10], { head: { sparsity: 0 } }), undefined, "sparsity of kwta at position 1:"],
    [embedderSdr(GRAY, { convChannels: 0 }), GRAY, `outputs of conv2d at position 1: ${""}`],
    [embedderSdr(CIFAR, { units: -1 }), CIFAR, `outputs of linear at position 5: ${""}`],
    [autoencoder([784, 256], { dropout: 1 }), undefined, "rate of dropout at position 0:"],
    [autoencoder([784, 256], { dropConnect: -1 }), [784], "rate of drop_connect at position 1:"],
    [vggLike({ width: 0.5 }), CIFAR, "outputs of conv2d at position 0:"],
    [vggLike({ classes: 0 }), CIFAR, "outputs of linear at position 26:"],
    [convNet(CIFAR, { width: 0 }), CIFAR, "outputs of conv2d at position 0:"],
    [resNet(20, { width: 0 }), CIFAR, "outputs of conv2d at position 0:"],
    [resNet(8, { head: { units: 9, sparsity: 2 } }), CIFAR, "sparsity of kwta at position 14:"],
  ];
  for (const [graph, input, message] of cases) {
    const refused = refusal(graph, input);
    assert(refused.startsWith(`Cannot use ${message}`), refused);
  }
});

Deno.test("one size makes no layer", () => {
  assertEquals(mlp([784]), { nodes: [] });
  assertEquals(show(autoencoder([9], { dropout: 0 })), "fanout(identity, linear(9, 9))");
});

Deno.test("images of another shape are refused by shape inference", () => {
  const cases: readonly (readonly [graph: Nodes, input: Shape, message: string])[] = [
    [
      embedderSdr(GRAY),
      CIFAR,
      "reshape([28, 28, 1]) at position 0: expected 784 elements, current value is [32, 32, 3]",
    ],
    [
      embedderSdr(CIFAR),
      [28, 28, 1],
      "conv2d(3, 3, 3, bias=false) at position 0: expected an image [height, width, 3] of at " +
      "least 3 × 3, current value is [28, 28, 1]",
    ],
    [
      embedderSdr([784]),
      [784],
      "conv2d(1, 3, 3, bias=false) at position 0: expected an image [height, width, 1] of at " +
      "least 3 × 3, current value is [784]",
    ],
    [
      embedderSdr([4, 4]),
      [4, 4],
      "max_pool2d(3) at position 4: expected an image [height, width, channels] of at least " +
      "3 × 3, current value is [2, 2, 3]",
    ],
    [
      vggLike(),
      [16, 16, 3],
      "conv2d(1024, 3) at position 21: expected an image [height, width, channels] of at least " +
      "3 × 3, current value is [2, 2, 512]",
    ],
    [
      convNet([6, 6]),
      [6, 6],
      "max_pool2d(2) at position 8: expected an image [height, width, channels] of at least " +
      "2 × 2, current value is [1, 1, 32]",
    ],
    [
      resNet(8),
      [28, 28, 1],
      "avg_pool2d(8) at position 11: expected an image [height, width, channels] of at least " +
      "8 × 8, current value is [7, 7, 64]",
    ],
    [
      mlp([784, 10]),
      GRAY,
      "linear(784, 10) at position 0: expected an input of shape [784], current value is [28, 28]",
    ],
  ];
  for (const [graph, input, message] of cases) {
    assertEquals(refusal(graph, input), `Cannot apply ${message}`);
  }
});

Deno.test("a network of blocks that are no whole number is a mistake in the program", () => {
  for (const layers of [2, 21, 20.5, -4, NaN, Infinity]) {
    assertThrows(
      () => resNet(layers),
      RangeError,
      `expected 6n + 2 layers with n of at least 1, current value is ${layers}`,
    );
  }
});

const tensors = (arrays: ParamArrays): Params =>
  Object.fromEntries(
    Object.entries(arrays).map(([path, { shape, data }]) => [path, tf.tensor(data, [...shape])]),
  );

const parts = (value: Value): readonly tf.Tensor[] =>
  value instanceof tf.Tensor ? [value] : [...parts(value.first), ...parts(value.second)];

const shapes = (space: Space): readonly Shape[] =>
  isPair(space) ? [...shapes(space.first), ...shapes(space.second)] : [space as Shape];

Deno.test({
  name: "cpu: each goes forward and backward, and every weight matters",
  // tfjs keeps timers of its own between tests.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    assert(E.isRight(await startBackend("cpu")()));
    const before = tf.memory().numTensors;
    for (const [small, input, output] of models) {
      const text = show(small);
      const { graph } = inferred(small, input);
      const { train, evaluate } = lower(graph);
      const [values] = draw(
        seed(1),
        ({ unit }) => Float32Array.from({ length: 2 * sizeOf(input) }, () => unit()),
      );
      tf.tidy(() => {
        const params = tensors(initialParams(graph, seed(26))[0]);
        const plasticity = tensors(initialPlasticity(graph));
        const x = tf.tensor(values, [2, ...input]);
        const { value, gradients } = valueAndGradients(() => {
          const after = train(params, { value: x, plasticity, rng: seed(0) });
          const terms = parts(after.value).map((part) => tf.sum(tf.square(tf.sub(part, 0.3))));
          return tf.addN(terms) as tf.Scalar;
        }, params);
        assertGreater(value.dataSync()[0], 0, text);
        assertEquals(Object.keys(gradients), Object.keys(params), text);
        for (const [path, gradient] of Object.entries(gradients)) {
          const numbers = [...gradient.dataSync()];
          assert(numbers.every(Number.isFinite), `${text}: ${path}`);
          assert(numbers.some((one) => one !== 0), `${text}: ${path}`);
        }

        const made = parts(evaluate({ params, plasticity }, x));
        assertEquals(
          made.map(({ shape }) => shape),
          shapes(output).map((shape) => [2, ...shape]),
          text,
        );
        const last = encoderOf(graph).nodes.at(-1);
        if (last?._tag === "kwta") {
          const [codes] = made;
          const k = Math.ceil(last.sparsity * (codes.shape[1] as number));
          assertEquals([...tf.sum(codes, 1).dataSync()], [k, k], text);
        }
      });
    }
    assertEquals(tf.memory().numTensors - before, 0, "tensors were leaked");
  },
});
