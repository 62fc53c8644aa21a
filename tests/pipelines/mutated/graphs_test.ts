import { graphFromJson, graphToJson } from "../../../graph/codec.ts";
import { E, pipe } from "../../../graph/fp_ts.ts";
import type { Nodes } from "../../../graph/node.ts";
import { parse } from "../../../graph/parse.ts";
import { inferShapes } from "../../../graph/shape.ts";
import { show } from "../../../graph/show.ts";
import { assert, assertEquals } from "../../assert.ts";
import { right } from "../tiny.ts";
import { mutatedTexts } from "./mutate.ts";
import { COUNT, survive } from "./survive.ts";

const texts = [
  "linear(784, 64) ▷ relu ▷ linear(64, 512) ▷ kwta(0.05)",
  "conv2d(3, 32, 3, padding=1) |> batch_norm |> leaky_relu(0.1) |> max_pool2d(2) |> flatten",
  "residual(linear(10) ▷ relu ▷ linear(10)) ▷ k_winners(0.1, boost=1.5, period=100)",
  "fanout(linear(8, 4) ▷ tanh, linear(8, 4)) ▷ split(relu, sigmoid) ▷ concat ▷ reshape([2, 4])",
  "drop_connect(linear(8, 8, bias=false), rate=0.2) ▷ dropout(0.5) ▷ learned_kwta(hardness=3)",
];
const graphs = texts.map((text) => right(parse(text)));

const words = [
  "▷",
  "|>",
  "(",
  ")",
  ",",
  "=",
  "fanout(",
  "identity",
  "sparsity=",
  "${0}",
  '"',
  "{",
  "}",
  '"nodes":',
  '"__proto__":',
  "null",
  "\u0000",
  "\n",
];

/** Uses a graph as programs do after reading it. */
const used = (graph: Nodes) => {
  const shapes = inferShapes(graph, [8]);
  return E.isLeft(shapes) ? E.right(show(graph)) : E.right(show(shapes.right.graph));
};

Deno.test("graphs as text: 2,000 mutations", async () => {
  const outcome = await survive(
    mutatedTexts(texts, words, COUNT, 1),
    (text) => Promise.resolve(pipe(parse(text), E.chainW(used))),
  );
  assert(outcome.refused > COUNT / 2 && outcome.read > COUNT / 200, JSON.stringify(outcome));
});

Deno.test("graphs as JSON: 2,000 mutations", async () => {
  const good = graphs.map((graph) => JSON.stringify(graphToJson(graph)));
  const outcome = await survive(
    mutatedTexts(good, words, COUNT, 2),
    (text) => Promise.resolve(pipe(graphFromJson(parsed(text)), E.chainW(used))),
  );
  assert(outcome.refused > COUNT / 2 && outcome.read > COUNT / 200, JSON.stringify(outcome));
});

/** undefined for what is no JSON at all, as the readers of files have it. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

Deno.test("texts of the longest length that is parsed, and what is longer or deeper", async () => {
  const long = 50_000;
  const cases = [
    "relu▷".repeat(long / 5),
    "relu▷".repeat(long / 5).slice(0, -1),
    "fanout(".repeat(long / 7),
    "residual(".repeat(60) + "relu" + ")".repeat(60),
    "linear(".repeat(long / 7),
    "(".repeat(long),
    " ".repeat(long),
    "9".repeat(long),
    `linear(${"9".repeat(long - 10)})`,
    `reshape([${"1,".repeat(long / 2 - 20)}1])`,
    "a".repeat(long),
    "relu▷".repeat(long),
  ];
  const read = (text: string) => Promise.resolve(pipe(parse(text), E.chainW(used)));
  const { refused } = await survive(cases, read);
  assert(refused >= 9, `${refused} of ${cases.length} were refused`);
});

Deno.test("pairs of pairs that double at every node are refused after a million tensors", async () => {
  const doubling = (times: number) => `${"fanout(identity, identity) ▷ ".repeat(times)}relu`;
  const read = (text: string) =>
    Promise.resolve(pipe(parse(text), E.chainW((graph) => inferShapes(graph, [8]))));
  const outcome = await survive([20, 21, 40, 200].map(doubling), read);
  assertEquals(outcome, { refused: 4, read: 0 });
});
