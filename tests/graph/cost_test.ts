import * as fc from "npm:fast-check@4.3.0";
import { assert, assertEquals } from "../assert.ts";
import { type Cost, cost } from "../../graph/cost.ts";
import { describe } from "../../graph/error.ts";
import { E, pipe } from "../../graph/fp_ts.ts";
import type { Nodes } from "../../graph/node.ts";
import { graph } from "../../graph/parse.ts";
import type { Space } from "../../graph/types.ts";
import { runs, wellShaped, wellShapedFrom } from "./arbitrary.ts";
import { sequence } from "../../graph/compose.ts";

const costOf = (graph: Nodes, input?: Space): Cost =>
  pipe(
    cost(graph, input),
    E.getOrElse((error): Cost => {
      throw new Error(describe(error));
    }),
  );

/** [parameters, flops, numbers in activations]. */
const brief = (graph: Nodes, input?: Space): readonly number[] => {
  const { parameters, flops, bytes } = costOf(graph, input);
  assertEquals(bytes.parameters, 4 * parameters);
  return [parameters, flops, bytes.activations / 4];
};

Deno.test("what each node costs", () => {
  const pair = { first: [6], second: [6] };
  assertEquals(brief(graph`linear(784, 64)`), [50_240, 2 * 784 * 64 + 64, 64]);
  assertEquals(brief(graph`linear(784, 64, bias=false)`), [50_176, 2 * 784 * 64, 64]);
  for (const name of [graph`relu`, graph`sigmoid`, graph`tanh`]) {
    assertEquals(brief(name, [28, 28]), [0, 784, 784]);
  }
  assertEquals(brief(graph`kwta(0.05)`, [512]), [0, 1024, 512]);
  assertEquals(brief(graph`flatten`, [28, 28]), [0, 0, 784]);
  assertEquals(brief(graph`add`, pair), [0, 6, 6]);
  assertEquals(brief(graph`concat`, pair), [0, 0, 12]);
  assertEquals(brief(graph`identity`, pair), [0, 0, 0]);
});

Deno.test("a branch costs what its sub-graphs cost; a residual adds a sum", () => {
  assertEquals(brief(graph`fanout(relu, kwta(0.5))`, [6]), [0, 6 + 12, 6 + 6]);
  assertEquals(
    brief(graph`split(relu, linear(3))`, { first: [6], second: [5] }),
    [18, 6 + 2 * 15 + 3, 6 + 3],
  );
  assertEquals(brief(graph`residual(relu)`, [6]), [0, 6 + 6, 6 + 6]);
  assertEquals(brief(graph`residual(identity)`, [6]), [0, 6, 6]);
});

Deno.test("an MLP of 784-64-512", () => {
  assertEquals(costOf(graph`linear(784, 64) ▷ relu ▷ linear(64, 512) ▷ kwta(0.05)`), {
    parameters: 83_520,
    flops: 2 * (784 * 64 + 64 * 512) + 64 + 64 + 512 + 2 * 512,
    bytes: { parameters: 4 * 83_520, activations: 4 * (64 + 64 + 512 + 512) },
  });
});

Deno.test("cost adds up along ▷", () => {
  const both = wellShaped.chain((f) => wellShapedFrom(f.output).map((g) => [f, g] as const));
  fc.assert(
    fc.property(both, ([f, g]) => {
      const [a, b] = [brief(f.graph, f.input), brief(g.graph, g.input)];
      assertEquals(brief(sequence(f.graph, g.graph), f.input), a.map((n, i) => n + b[i]));
    }),
    runs(200),
  );
});

Deno.test("a graph that does not fit has no cost", () => {
  assert(E.isLeft(cost(graph`linear(784, 64) ▷ linear(65, 10)`)));
  assert(E.isLeft(cost(graph`linear(64)`)));
});
