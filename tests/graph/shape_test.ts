import process from "node:process";
import { requiredInput } from "../../graph/traits.ts";
import * as fc from "npm:fast-check@4.3.0";
import { assert, assertEquals } from "../assert.ts";
import {
  add,
  concat,
  flatten,
  kwta,
  linear,
  relu,
  sigmoid,
  tanh,
} from "../../graph/constructors.ts";
import {
  dropConnect,
  fanout,
  first,
  identity,
  residual,
  second,
  sequence,
  split,
  to,
} from "../../graph/compose.ts";
import { describe } from "../../graph/error.ts";
import { E, pipe } from "../../graph/fp_ts.ts";
import type { Nodes } from "../../graph/node.ts";
import { graph, parse } from "../../graph/parse.ts";
import type { Shape } from "../../graph/types.ts";
import {
  type Inference,
  inferShapes,
  isPair,
  sameSpace,
  showSpace,
  sizeOf,
} from "../../graph/shape.ts";
import { show } from "../../graph/show.ts";
import type { Space } from "../../graph/types.ts";
import { anyGraph, anySpace, runs, wellShaped, wellShapedFrom } from "./arbitrary.ts";

const inferred = (graph: Nodes, input?: Space): Inference =>
  pipe(
    inferShapes(graph, input),
    E.getOrElse((error): Inference => {
      throw new Error(describe(error));
    }),
  );

const messageOf = (graph: Nodes, input?: Space): string =>
  pipe(inferShapes(graph, input), E.fold(describe, ({ output }) => `fits: ${showSpace(output)}`));

Deno.test("what each node makes of its input", () => {
  const pair = (first: Space, second: Space): Space => ({ first, second });
  const cases: readonly (readonly [graph: Nodes, input: Space, output: Space])[] = [
    [linear(784, 64), [784], [64]],
    [linear(64), [784], [64]],
    [relu, [28, 28], [28, 28]],
    [sigmoid, [], []],
    [tanh, [1, 2, 3], [1, 2, 3]],
    [flatten, [28, 28], [784]],
    [flatten, [7], [7]],
    [flatten, [], [1]],
    [kwta(0.05), [2], [2]],
    [kwta(1), [4, 5], [4, 5]],
    [add, pair([3, 4], [3, 4]), [3, 4]],
    [add, pair([], []), []],
    [concat, pair([3], [5]), [8]],
    [concat, pair([2, 3], [2, 5]), [2, 8]],
    [fanout(linear(3), relu), [4], pair([3], [4])],
    [fanout(add, concat), pair([4], [4]), pair([4], [8])],
    [split(linear(3), flatten), pair([4], [2, 2]), pair([3], [4])],
    [first(linear(3)), pair([4], [5]), pair([3], [5])],
    [second(linear(3)), pair([4], [5]), pair([4], [3])],
    [residual(linear(4)), [4], [4]],
    [residual(identity), [2, 2], [2, 2]],
    [identity, pair([1], [2]), pair([1], [2])],
  ];
  for (const [graph, input, output] of cases) {
    assertEquals(inferred(graph, input).output, output, show(graph));
    assertEquals(inferred(graph, input).input, input);
  }
});

Deno.test("what does not fit is named, with its place, what it expected and what it got", () => {
  const pair = { first: [3], second: [4] };
  const cases: readonly (readonly [graph: Nodes, input: Space | undefined, message: string])[] = [
    [
      graph`linear(784, 64) ▷ relu ▷ linear(65, 10)`,
      undefined,
      "linear(65, 10) at position 2: expected an input of shape [65], current value is [64]",
    ],
    [
      graph`linear(784, 64)`,
      [28, 28],
      "linear(784, 64) at position 0: expected an input of shape [784], current value is [28, 28]",
    ],
    [
      graph`linear(64)`,
      [28, 28],
      "linear(64) at position 0: expected an input of shape [n], current value is [28, 28]",
    ],
    [
      graph`relu ▷ linear(64)`,
      pair,
      "relu at position 0: expected one tensor, current value is a pair ([3], [4])",
    ],
    [
      graph`linear(9, 1) ▷ kwta(0.05)`,
      undefined,
      "kwta(0.05) at position 1: expected at least 2 units, of which one must lose, " +
      "current value is [1]",
    ],
    [
      graph`linear(3, 4) ▷ add`,
      undefined,
      "add at position 1: expected a pair of tensors of one shape, current value is [4]",
    ],
    [
      add,
      pair,
      "add at position 0: expected a pair of tensors of one shape, current value is ([3], [4])",
    ],
    [
      add,
      { first: pair, second: pair },
      "add at position 0: expected a pair of tensors of one shape, " +
      "current value is (([3], [4]), ([3], [4]))",
    ],
    [
      concat,
      { first: [2, 3], second: [3, 3] },
      "concat at position 0: expected a pair of tensors whose shapes differ at most in the last " +
      "axis, current value is ([2, 3], [3, 3])",
    ],
    [
      concat,
      { first: [], second: [] },
      "concat at position 0: expected a pair of tensors whose shapes differ at most in the last " +
      "axis, current value is ([], [])",
    ],
    [
      graph`split(relu, relu)`,
      [3],
      "split(relu, relu) at position 0: expected a pair, current value is [3]",
    ],
    [
      graph`relu ▷ residual(linear(3))`,
      [4],
      "residual(linear(3)) at position 1: expected a body that keeps the shape [4], " +
      "current value is [3]",
    ],
    [
      graph`residual(identity)`,
      pair,
      "residual(identity) at position 0: expected one tensor, current value is a pair ([3], [4])",
    ],
    [
      graph`relu ▷ residual(linear(5, 4))`,
      [4],
      "linear(5, 4) at position 1.body.0: expected an input of shape [5], current value is [4]",
    ],
    [
      graph`relu ▷ fanout(relu, residual(relu ▷ split(relu, relu)))`,
      [4],
      "split(relu, relu) at position 1.second.0.body.1: expected a pair, current value is [4]",
    ],
    [
      graph`fanout(relu, relu) ▷ split(linear(4, 3), relu ▷ linear(5, 4))`,
      [4],
      "linear(5, 4) at position 1.second.1: expected an input of shape [5], current value is [4]",
    ],
    [
      graph`relu ▷ linear(10)`,
      undefined,
      "relu at position 0: expected an input shape, which the graph does not tell, " +
      "current value is none",
    ],
    [
      identity,
      undefined,
      "identity at position 0: expected an input shape, which the graph does not tell, " +
      "current value is none",
    ],
  ];
  for (const [graph, input, message] of cases) {
    assertEquals(messageOf(graph, input), `Cannot apply ${message}`);
  }
});

Deno.test("the new nodes say what they want", () => {
  const refused = (text: string, input: Space) => {
    const result = pipe(parse(text), E.chainW((parsed) => inferShapes(parsed, input)));
    assert(E.isLeft(result), text);
    return describe(result.left);
  };
  assertEquals(
    refused("batch_norm(3)", [8, 8, 4]),
    "Cannot apply batch_norm(3) at position 0: expected 3 channels along the last axis, " +
      "current value is [8, 8, 4]",
  );
  assertEquals(
    refused("kwta(0.1, over=channel)", [64]),
    "Cannot apply kwta(0.1, over=channel) at position 0: " +
      "expected an image [height, width, channels], current value is [64]",
  );
  assertEquals(
    refused("kwta(0.1, over=location)", [8, 8, 1]),
    "Cannot apply kwta(0.1, over=location) at position 0: " +
      "expected at least 2 units, of which one must lose, per location, current value is [8, 8, 1]",
  );
  assertEquals(
    refused("learned_kwta([4])", [5]),
    "Cannot apply learned_kwta([4]) at position 0: expected an input of shape [4], " +
      "current value is [5]",
  );
  assertEquals(
    refused("predicted_kwta(0.3, inputs=4)", [5]),
    "Cannot apply predicted_kwta(0.3, inputs=4) at position 0: expected 4 units, " +
      "current value is [5]",
  );
  assertEquals(
    refused("predicted_kwta(0.3, min_sparsity=0.3)", [5]),
    "Cannot use min_sparsity of predicted_kwta at position 0: " +
      "expected a number below max_sparsity, 0.3, current value is 0.3",
  );
  assertEquals(
    refused("linear(5) ▷ drop_connect(linear(6, 2))", [5]),
    "Cannot apply linear(6, 2) at position 1.body.0: expected an input of shape [6], " +
      "current value is [5]",
  );
  const dropped = { ...dropConnect(linear(5, 2), { rate: 1 }) };
  const result = inferShapes(dropped, [5]);
  assert(E.isLeft(result));
  assertEquals(
    describe(result.left),
    "Cannot use rate of drop_connect at position 0: " +
      "expected a number of at least 0 and below 1, current value is 1",
  );
});

Deno.test("the first node that does not fit is named", () => {
  const path = (graph: Nodes) =>
    pipe(inferShapes(graph), E.swap, E.map((error) => "path" in error && error.path));
  assertEquals(path(graph`linear(3, 4) ▷ linear(5, 6) ▷ linear(7, 8)`), E.right("1"));
  assertEquals(
    path(graph`linear(3, 4) ▷ fanout(linear(5, 6), linear(7, 8))`),
    E.right("1.first.0"),
  );
});

Deno.test("an argument out of range is an InvalidOption with the allowed range", () => {
  const count = "an integer of at least 1";
  const fraction = "a number above 0 and at most 1";
  const cases: readonly (readonly [graph: Nodes, message: string])[] = [
    [linear(0, 3), `inputs of linear at position 0: expected ${count}, current value is 0`],
    [linear(2.5, 3), `inputs of linear at position 0: expected ${count}, current value is 2.5`],
    [linear(NaN, 3), `inputs of linear at position 0: expected ${count}, current value is NaN`],
    [linear(3, 0), `outputs of linear at position 0: expected ${count}, current value is 0`],
    [linear(3, -1), `outputs of linear at position 0: expected ${count}, current value is -1`],
    [
      linear(3, 2 ** 53),
      `outputs of linear at position 0: expected ${count}, current value is 9007199254740992`,
    ],
    ...[0, 1.5, NaN, -0.05, Infinity].map((sparsity) =>
      [
        sequence(linear(9, 9), kwta(sparsity)),
        `sparsity of kwta at position 1: expected ${fraction}, current value is ${sparsity}`,
      ] as const
    ),
    ...[-1, 0, NaN, Infinity].map((hardness) =>
      [
        residual(sequence(linear(9, 9), kwta(0.5, { hardness }))),
        "hardness of kwta at position 0.body.1: expected a number above 0, " +
        `current value is ${hardness}`,
      ] as const
    ),
    [
      sequence(linear(9, 9), kwta(0.5, { gate: "tanh" as "sigmoid" })),
      "gate of kwta at position 1: expected sigmoid or hard_sigmoid, " +
      'current value is "tanh"',
    ],
    [
      linear(3, 4, { bias: 1 as unknown as boolean }),
      "bias of linear at position 0: expected true or false, current value is 1",
    ],
    [
      sequence(relu, linear(0, 3)),
      `inputs of linear at position 1: expected ${count}, current value is 0`,
    ],
  ];
  for (const [graph, message] of cases) {
    assertEquals(messageOf(graph), `Cannot use ${message}`);
    assert(E.isLeft(inferShapes(graph, [9])));
  }
});

Deno.test("an input that is no shape is an InvalidOption", () => {
  const cases: readonly (readonly [Space, string])[] = [
    [[0], "[0]"],
    [[28, 2.5], "[28, 2.5]"],
    [[-1], "[-1]"],
    [[NaN], "[NaN]"],
    [{ first: [3], second: { first: [4], second: [0] } }, "[0]"],
  ];
  for (const [input, actual] of cases) {
    assertEquals(
      messageOf(relu, input),
      `Cannot use input shape: expected integers of at least 1, current value is ${actual}`,
    );
  }
});

Deno.test("the input is found in the graph when it is left out", () => {
  const cases: readonly (readonly [Nodes, Space | null])[] = [
    [linear(784, 64), [784]],
    [graph`relu ▷ kwta(0.05) ▷ sigmoid ▷ tanh ▷ linear(784, 64)`, [784]],
    [graph`fanout(relu, linear(784, 64))`, [784]],
    [graph`residual(relu ▷ linear(9, 9))`, [9]],
    [graph`residual(relu) ▷ linear(9, 3)`, [9]],
    [graph`split(linear(3, 4), relu ▷ linear(5, 6))`, { first: [3], second: [5] }],
    [graph`linear(64)`, null],
    [graph`linear(64) ▷ linear(64, 10)`, null],
    [graph`flatten ▷ linear(784, 64)`, null],
    [graph`split(linear(3, 4), relu)`, null],
    [add, null],
    [concat, null],
    [identity, null],
  ];
  for (const [graph, input] of cases) {
    assertEquals(requiredInput(graph), input, show(graph));
    if (input !== null) assertEquals(inferred(graph), inferred(graph, input));
  }
});

Deno.test("an input that is found is the only one that fits", () => {
  fc.assert(
    fc.property(wellShaped, ({ graph, input }) => {
      const found = requiredInput(graph);
      if (found !== null) assertEquals(found, input);
    }),
    runs(300),
  );
});

Deno.test("a well-shaped graph has the output that it was made for", () => {
  fc.assert(
    fc.property(wellShaped, ({ graph, input, output }) => {
      assertEquals(inferred(graph, input).output, output);
    }),
    runs(300),
  );
});

Deno.test("inference is compositional: f ▷ g is f and then g", () => {
  const both = wellShaped.chain((f) => wellShapedFrom(f.output).map((g) => [f, g] as const));
  fc.assert(
    fc.property(both, ([f, g]) => {
      const left = inferred(f.graph, f.input);
      const right = inferred(g.graph, left.output);
      const whole = inferred(pipe(f.graph, to(g.graph)), f.input);
      assertEquals(whole.output, right.output);
      assertEquals(whole.graph, pipe(left.graph, to(right.graph)));
      const ends = ({ steps }: Inference) => steps.map(({ input, output }) => [input, output]);
      assertEquals(ends(whole), [...ends(left), ...ends(right)]);
    }),
    runs(200),
  );
});

Deno.test("any graph on any input fits or does not, and nothing is thrown", () => {
  fc.assert(
    fc.property(anyGraph, fc.option(anySpace, { nil: undefined }), (graph, input) => {
      const result = inferShapes(graph, input);
      if (E.isLeft(result)) assert(describe(result.left).startsWith("Cannot apply "));
    }),
    runs(500),
  );
});

Deno.test("the inferred graph has every dimension filled in, and is its own inference", () => {
  assertEquals(
    show(inferred(graph`linear(8, 4) ▷ residual(linear(4)) ▷ fanout(linear(3), relu)`).graph),
    "linear(8, 4) ▷ residual(linear(4, 4)) ▷ fanout(linear(4, 3), relu)",
  );
  fc.assert(
    fc.property(wellShaped, ({ graph, input }) => {
      const once = inferred(graph, input);
      assert(!/"(inputs|shape)":null/.test(JSON.stringify(once.graph)));
      assertEquals(inferred(once.graph, input), once);
    }),
    runs(200),
  );
});

Deno.test("the steps are in order of evaluation, a branch after its sub-graphs", () => {
  const { steps } = inferred(graph`linear(3, 4) ▷ fanout(relu, residual(linear(4))) ▷ concat`);
  assertEquals(
    steps.map(({ path, node, input, output }) =>
      `${path} ${node._tag} ${showSpace(input)} ${showSpace(output)}`
    ),
    [
      "0 linear [3] [4]",
      "1.first.0 relu [4] [4]",
      "1.second.0.body.0 linear [4] [4]",
      "1.second.0 residual [4] [4]",
      "1 fanout [4] ([4], [4])",
      "2 concat ([4], [4]) [8]",
    ],
  );
});

Deno.test("spaces: size, text, equality", () => {
  assertEquals([sizeOf([]), sizeOf([7]), sizeOf([2, 3, 4])], [1, 7, 24]);
  assertEquals(
    showSpace({ first: [], second: { first: [3], second: [28, 28] } }),
    "([], ([3], [28, 28]))",
  );
  assertEquals([isPair([3]), isPair({ first: [3], second: [3] })], [false, true]);
  fc.assert(
    fc.property(anySpace, anySpace, (a, b) => {
      assert(sameSpace(a, structuredClone(a)));
      assertEquals(sameSpace(a, b), JSON.stringify(a) === JSON.stringify(b));
    }),
    runs(200),
  );
});

Deno.test("a graph of 20,000 nodes is inferred in linear time", () => {
  const long = sequence(...Array.from({ length: 20_000 }, () => relu));
  const begun = process.threadCpuUsage();
  assertEquals(inferred(long, [3]).steps.length, 20_000);
  assert(process.threadCpuUsage(begun).user / 1000 < 1000);
});

Deno.test("images: windows, channels and sizes are inferred, and what does not fit is named", () => {
  const shapeOf = (text: string, input: Shape) => {
    const parsed = parse(text);
    assert(E.isRight(parsed), text);
    return pipe(inferShapes(parsed.right, input), E.bimap(describe, ({ output }) => output));
  };
  assertEquals(shapeOf("conv2d(1, 32, 5)", [28, 28, 1]), E.right([24, 24, 32]));
  assertEquals(shapeOf("conv2d(8, 3, stride=2, padding=1)", [7, 8, 3]), E.right([4, 4, 8]));
  assertEquals(shapeOf("max_pool2d(3)", [7, 8, 2]), E.right([2, 2, 2]));
  assertEquals(shapeOf("avg_pool2d(2, 1)", [7, 8, 2]), E.right([6, 7, 2]));
  assertEquals(shapeOf("max_pool2d(3, 2, padding=1)", [7, 8, 2]), E.right([4, 4, 2]));
  assertEquals(shapeOf("max_pool2d(3, padding=1)", [1, 2, 2]), E.right([1, 1, 2]));
  assertEquals(shapeOf("global_avg_pool2d", [7, 8, 2]), E.right([1, 1, 2]));
  assertEquals(shapeOf("conv2d(6, 3, groups=2)", [7, 8, 4]), E.right([5, 6, 6]));
  assertEquals(shapeOf("reshape([28, 28, 1])", [784]), E.right([28, 28, 1]));
  assertEquals(
    shapeOf("conv2d(3, 8, 3)", [28, 28, 1]),
    E.left(
      "Cannot apply conv2d(3, 8, 3) at position 0: expected an image [height, width, 3] of at " +
        "least 3 × 3, current value is [28, 28, 1]",
    ),
  );
  assertEquals(
    shapeOf("max_pool2d(3)", [2, 2, 1]),
    E.left(
      "Cannot apply max_pool2d(3) at position 0: expected an image [height, width, channels] of " +
        "at least 3 × 3, current value is [2, 2, 1]",
    ),
  );
  assertEquals(
    shapeOf("conv2d(6, 3, groups=2)", [7, 8, 3]),
    E.left(
      "Cannot apply conv2d(6, 3, groups=2) at position 0: expected an image whose channels 2 groups " +
        "divide, current value is [7, 8, 3]",
    ),
  );
  for (
    const [text, reason] of [
      [
        "conv2d(5, 3, groups=2)",
        "groups of conv2d at position 0: expected a divisor of the outputs, 5",
      ],
      [
        "max_pool2d(3, padding=3)",
        "padding of max_pool2d at position 0: expected an integer below size, 3",
      ],
      ["clip(1, 0.5)", "min of clip at position 0: expected a number below max, 0.5"],
    ] as const
  ) {
    const shaped = shapeOf(text, [7, 8, 3]);
    assert(E.isLeft(shaped) && shaped.left.startsWith(`Cannot use ${reason}, current`), text);
  }
  assertEquals(
    shapeOf("reshape([2, 3])", [7]),
    E.left("Cannot apply reshape([2, 3]) at position 0: expected 6 elements, current value is [7]"),
  );
  assertEquals(
    shapeOf("conv2d(8, 3)", [9]),
    E.left(
      "Cannot apply conv2d(8, 3) at position 0: expected an image [height, width, channels] of at " +
        "least 3 × 3, current value is [9]",
    ),
  );
});
