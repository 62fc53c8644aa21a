import * as fc from "npm:fast-check@4.3.0";
import { assertEquals } from "../assert.ts";
import { kwta, linear, relu } from "../../graph/constructors.ts";
import { fanout, identity, residual, sequence, split } from "../../graph/compose.ts";
import { E } from "../../graph/fp_ts.ts";
import type { Nodes } from "../../graph/node.ts";
import { parse } from "../../graph/parse.ts";
import { show, showNode } from "../../graph/show.ts";
import { anyGraph, runs, wellShaped } from "./arbitrary.ts";

Deno.test("parse(show(g)) = g", () => {
  const roundTrip = (graph: Nodes) => assertEquals<unknown>(parse(show(graph)), E.right(graph));
  fc.assert(fc.property(anyGraph, roundTrip), runs(500));
  fc.assert(fc.property(wellShaped, ({ graph }) => roundTrip(graph)), runs(200));
});

Deno.test("what is shown is the same for equal graphs, and differs for others", () => {
  fc.assert(
    fc.property(anyGraph, anyGraph, (f, g) => {
      assertEquals(show(f) === show(g), JSON.stringify(f) === JSON.stringify(g));
      assertEquals(show(sequence(f, identity)), show(f));
    }),
    runs(200),
  );
});

Deno.test("arguments that have their default are left out", () => {
  const cases: readonly (readonly [Nodes, string])[] = [
    [identity, "identity"],
    [relu, "relu"],
    [linear(784, 64), "linear(784, 64)"],
    [linear(64), "linear(64)"],
    [linear(64, { bias: false }), "linear(64, bias=false)"],
    [linear(784, 64, { bias: false }), "linear(784, 64, bias=false)"],
    [kwta(0.05), "kwta(0.05)"],
    [kwta(0.05, { hardness: 2, gate: "sigmoid", hard: false }), "kwta(0.05)"],
    [
      kwta(1, { hardness: 0.5, gate: "hard_sigmoid" }),
      "kwta(1, hardness=0.5, gate=hard_sigmoid)",
    ],
    [kwta(0.05, { hard: true }), "kwta(0.05, hard)"],
    [kwta(1e-7), "kwta(1e-7)"],
    [residual(identity), "residual(identity)"],
    [fanout(linear(3, 4), sequence(relu, relu)), "fanout(linear(3, 4), relu ▷ relu)"],
    [split(identity, residual(relu)), "split(identity, residual(relu))"],
  ];
  for (const [graph, text] of cases) assertEquals(show(graph), text);
});

Deno.test("a node alone is shown as in its graph", () => {
  assertEquals(showNode(residual(linear(9)).nodes[0]), "residual(linear(9))");
});
