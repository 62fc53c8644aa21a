import { E, pipe } from "../../../graph/fp_ts.ts";
import type { Nodes } from "../../../graph/node.ts";
import { parse } from "../../../graph/parse.ts";
import { inferShapes } from "../../../graph/shape.ts";
import { show } from "../../../graph/show.ts";
import { assert, assertEquals } from "../../assert.ts";
import { survive } from "../../fuzz/judge.ts";

/** Uses a graph as programs do after reading it. */
const used = (graph: Nodes) => {
  const shapes = inferShapes(graph, [8]);
  return E.isLeft(shapes) ? E.right(show(graph)) : E.right(show(shapes.right.graph));
};

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
