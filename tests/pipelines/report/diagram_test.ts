import { autoencoder, resNet } from "../../../graph/models.ts";
import { graph } from "../../../graph/parse.ts";
import { wiringOf } from "../../../graph/wiring.ts";
import {
  inRows,
  type Layout,
  type Measures,
  single,
  stacked,
} from "../../../pipelines/report/diagram.ts";
import { type Model, modelDiagram } from "../../../pipelines/report/figures/model_diagram.ts";
import { parseDocument } from "../../../pipelines/report/dom.ts";
import { right } from "../tiny.ts";
import { assert, assertEquals, assertNotMatch, assertStringIncludes } from "../../assert.ts";

const models: readonly Model[] = [
  { graph: graph`linear(784, 64) ▷ relu ▷ linear(64, 512) ▷ kwta(0.05)`, input: [784] },
  { graph: graph`identity`, input: [3] },
  { graph: autoencoder([784, 256], { head: { sparsity: 0.05 } }), input: [784] },
  { graph: resNet(20, { head: { units: 512, sparsity: 0.05 } }), input: [32, 32, 3] },
  {
    graph:
      graph`fanout(linear(8, 4) ▷ relu, linear(6)) ▷ split(relu, tanh) ▷ concat ▷ residual(relu)`,
    input: [8],
  },
];

const measures: Measures = {
  sizeOf: ({ boxes }) =>
    boxes.length === 0 ? { width: 0, height: 0 } : {
      width: 80,
      height: 30 * boxes.length,
    },
  labelWidth: ({ shape }) => 8 * shape.join("×").length,
  labelHeight: 12,
};

function overlaps({ placed }: Layout): readonly string[] {
  return placed.flatMap((a, i) =>
    placed.slice(i + 1).filter((b) =>
      Math.abs(a.x - b.x) < (a.width + b.width) / 2 - 0.5 &&
      Math.abs(a.y - b.y) < (a.height + b.height) / 2 - 0.5
    ).map((b) => `${a.stack.id} and ${b.stack.id}`)
  );
}

Deno.test("in rows, no box covers another, all is inside, and rows are as wide as they may be", () => {
  for (const { graph, input } of models) {
    for (const width of [700, 1060]) {
      for (
        const diagram of [
          single(right(wiringOf(graph, input))),
          stacked(right(wiringOf(graph, input))),
        ]
      ) {
        const layout = inRows(diagram, measures, width);
        assertEquals(overlaps(layout), []);
        for (const { points } of layout.routed) {
          for (const { x, y } of points) {
            assert(x > -0.01 && x < layout.width + 0.01 && y > -0.01 && y < layout.height + 0.01);
          }
        }
        assertEquals(
          layout.placed.flatMap(({ stack }) => stack.boxes).length,
          diagram.stacks.flatMap(({ boxes }) => boxes).length,
        );
      }
    }
  }
  const [resNet] = models.slice(3);
  const stacks = stacked(right(wiringOf(resNet.graph, resNet.input)));
  assert(inRows(stacks, measures, 1060).width <= 1060, "a ResNet is broken into rows");
  assert(inRows(stacks, measures, 1e6).width > 2000);
});

Deno.test("the diagram names every node and shape on every screen, and its data has every weight", () => {
  for (const model of models) {
    const figure = modelDiagram(model)!;
    assertEquals(figure.drawings.map(({ screens }) => screens), [["wide"], ["medium"], ["narrow"]]);
    for (const { svg: { markup } } of figure.drawings) {
      assertNotMatch(markup, /NaN|undefined|Infinity/);
      const texts = [...parseDocument(markup).querySelectorAll("text")].map((e) => e.textContent);
      const names = figure.data.rows.map(([, name]) => String(name));
      for (const name of names) {
        const count = (all: readonly (string | null)[]) => all.filter((one) => one === name).length;
        assertEquals(count(texts), count(names), name);
      }
      for (const [, , , , output] of figure.data.rows) assert(texts.includes(String(output)));
    }
  }
  const figure = modelDiagram(models[0])!;
  assertStringIncludes(figure.caption, "4 nodes with 83,520 weights");
  assertEquals(figure.data.rows.map((row) => row.at(-1)), [784 * 64 + 64, 0, 64 * 512 + 512, 0]);
  assertEquals(modelDiagram({ ...models[0], input: [5] }), null);
});
