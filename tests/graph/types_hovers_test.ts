/** Hover texts of graphs in an editor: they show the shapes, and nothing of the types behind them. */
// The server fetches no package that is not there.
import "../../graph/mod.ts";
import { assertEquals } from "../assert.ts";
import { hoversOf } from "./language_server.ts";

/** The type that is shown of each expression. */
const shown: Readonly<Record<string, string>> = {
  // Dimensions that are literals, and others.
  "linear(784, 64)": "Graph<readonly [784], readonly [64]>",
  "pipe(linear(784, 64), to(relu), to(linear(64, 512)), to(kwta(0.05)))":
    "Graph<readonly [784], readonly [512]>",
  "pipe(linear(64), to(relu), to(linear(10)))": "Graph<readonly [number], readonly [10]>",
  "pipe(linear(784, 64), to(linear(units)))": "Graph<readonly [784], readonly [number]>",
  "mlp([784, 64, 10])": "Graph<readonly [784], readonly [10]>",
  "pipe(relu, to(kwta(0.05)))": "Graph<Shape, Same>",

  // Pairs.
  "fanout(linear(784, 64), linear(784, 32))":
    "Graph<readonly [784], Pair<readonly [64], readonly [32]>>",
  "fanout(relu, linear(784, 32))": "Graph<readonly [784], Pair<readonly [784], readonly [32]>>",
  "pipe(fanout(linear(784, 64), linear(784, 64)), to(add))": "Graph<readonly [784], readonly [64]>",
  "pipe(linear(9, 4), to(fanout(relu, fanout(relu, linear(4, 2)))))":
    "Graph<readonly [9], Pair<readonly [4], Pair<readonly [4], readonly [2]>>>",
  "split(linear(8, 4), linear(5, 2))":
    "Graph<Pair<readonly [8], readonly [5]>, Pair<readonly [4], readonly [2]>>",
  "split(linear(8, 4), relu)":
    'Graph<Pair<readonly [8], Shape>, Pair<readonly [4], Part<readonly ["second"]>>>',

  // A residual, and dropped connections.
  "residual(pipe(linear(64, 16), to(relu), to(linear(16, 64))))":
    "Graph<readonly [64], readonly [64]>",
  "pipe(linear(784, 64), to(residual(relu)))": "Graph<readonly [784], readonly [64]>",
  "dropConnect(linear(784, 64))": "Graph<readonly [784], readonly [64]>",

  // Images.
  "pipe(conv2d(1, 16, 3), to(batchNorm()), to(conv2d(16, 32, 3)))":
    "Graph<readonly [number, number, 1], readonly [number, number, 32]>",
  "pipe(conv2d(1, 16, 3), to(maxPool2d(2)), to(flatten), to(linear(512)))":
    "Graph<readonly [number, number, 1], readonly [512]>",

  // Text is not looked into.
  "graph`linear(784, 64) ▷ relu`": "Graph<never, unknown>",
  "pipe(linear(784, 64), to(graph`relu`), to(linear(10)))": "Graph<readonly [784], readonly [10]>",

  // Half of a composition.
  "to(linear(64, 10))": "To<readonly [64], readonly [10]>",
};

Deno.test("an editor shows the shapes of a graph", async (t) => {
  const lines = Object.keys(shown).map((expression, i) => `const graph${i} = ${expression};`);
  const hovers = await hoversOf(`import {
  add, batchNorm, conv2d, dropConnect, fanout, flatten, graph, kwta, linear, maxPool2d, mlp, pipe, relu,
  residual, split, to,
} from "../../graph/mod.ts";
declare const units: number;
${lines.join("\n")}
`);
  for (const [i, [expression, type]] of Object.entries(shown).entries()) {
    await t.step(
      expression,
      () => assertEquals(hovers.get(`graph${i}`), `const graph${i}: ${type}`),
    );
  }
});
