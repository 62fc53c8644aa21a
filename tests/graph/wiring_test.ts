import * as fc from "npm:fast-check@4.3.0";
import { E } from "../../graph/fp_ts.ts";
import { mermaid, wiringOf } from "../../graph/wiring.ts";
import { autoencoder, resNet } from "../../graph/models.ts";
import { graph } from "../../graph/parse.ts";
import type { Nodes } from "../../graph/node.ts";
import { assert, assertEquals, assertMatch } from "../assert.ts";
import { left, right } from "../pipelines/tiny.ts";

const layer = fc.constantFrom("relu", "linear(8)", "kwta(0.25)", "dropout(0.1)").map((text) =>
  graph([text] as unknown as TemplateStringsArray)
);

/** Graphs that keep the shape [8]. */
const { keeping } = fc.letrec<{ keeping: Nodes }>((tie) => ({
  keeping: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    layer,
    fc.tuple(tie("keeping"), tie("keeping")).map(([f, g]): Nodes => ({
      nodes: [...f.nodes, ...g.nodes],
    })),
    tie("keeping").map((body): Nodes => ({ nodes: [{ _tag: "residual", body }] })),
    fc.tuple(tie("keeping"), tie("keeping")).map(([first, second]): Nodes => ({
      nodes: [{ _tag: "fanout", first, second }, { _tag: "add" }],
    })),
  ),
}));

Deno.test("every box but the ends is entered and left, and wires go forwards", () => {
  fc.assert(fc.property(keeping, (model) => {
    const { boxes, wires } = right(wiringOf(model, [8]));
    const ids = boxes.map(({ id }) => id);
    assertEquals(new Set(ids).size, ids.length);
    assertEquals([ids[0], ids.at(-1)], ["input", "output"]);
    for (const { from, to, shape } of wires) {
      assert(ids.indexOf(from) >= 0 && ids.indexOf(from) < ids.indexOf(to), `${from} ${to}`);
      assertEquals(shape, [8]);
    }
    for (const { id, name } of boxes) {
      const [entering, leaving] = [
        wires.filter(({ to }) => to === id).length,
        wires.filter(({ from }) => from === id).length,
      ];
      assertEquals(entering, id === "input" ? 0 : name === "+" || name === "add" ? 2 : 1, id);
      assert(id === "output" ? leaving === 0 : leaving >= 1, id);
    }
  }));
});

Deno.test("a pair begins or ends with two boxes, dropped weights are said, and what does not fit", () => {
  const model = autoencoder([784, 256], { head: { sparsity: 0.05 } });
  const { boxes, wires } = right(wiringOf(model));
  assertEquals(
    wires.slice(-2).map(({ to, shape }) => [to, shape]),
    [["output.first", [256]], ["output.second", [784]]],
  );
  assert(boxes.some(({ options }) => options === "256, bias=false, drop_connect 0.25"));
  const pair = { first: [3], second: [4] };
  const merged = right(wiringOf(graph`split(relu, tanh) ▷ concat`, pair));
  assertEquals(
    merged.wires.map(({ from, to }) => `${from} ${to}`),
    ["input.first 0.first.0", "input.second 0.second.0", "0.first.0 1", "0.second.0 1", "1 output"],
  );
  assertEquals(left(wiringOf(graph`linear(3, 4) ▷ linear(5, 4)`))._tag, "ShapeMismatch");
});

Deno.test("as Mermaid, every name is one that Mermaid takes", () => {
  const text = right(mermaid(resNet(20), [32, 32, 3]));
  const lines = text.trimEnd().split("\n");
  assertEquals(lines[0], "flowchart LR");
  for (const line of lines.slice(1)) {
    assertMatch(line, /^ {2}[a-z]\w*(\["[^"]*"\]|\(\["[^"]*"\]\)| -->\|[\d×]+\| [a-z]\w*)$/);
  }
  assert(E.isLeft(mermaid(graph`relu`)));
});
