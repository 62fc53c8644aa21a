import * as fc from "npm:fast-check@4.3.0";
import { assertEquals } from "../assert.ts";
import { kwta } from "../../graph/constructors.ts";
import { fold, leaves } from "../../graph/fold.ts";
import type { Kwta, Leaf, Nodes } from "../../graph/node.ts";
import { graph } from "../../graph/parse.ts";
import { findKwta, mapKwta, mapLeaves } from "../../graph/rewrite.ts";
import { show } from "../../graph/show.ts";
import { anyGraph, runs } from "./arbitrary.ts";

const toHard = mapKwta((one) => ({ ...one, soft: null }));
const reluToTanh = (leaf: Leaf): Leaf => leaf._tag === "relu" ? { _tag: "tanh" } : leaf;
const wider = (leaf: Leaf): Leaf =>
  leaf._tag === "linear" ? { ...leaf, inputs: null, outputs: 7 } : leaf;

Deno.test("every leaf is replaced, those in branches too, and branches are kept", () => {
  assertEquals<Nodes>(
    mapLeaves(reluToTanh)(
      graph`relu ▷ fanout(relu ▷ kwta(0.5), residual(relu)) ▷ split(relu, add)`,
    ),
    graph`tanh ▷ fanout(tanh ▷ kwta(0.5), residual(tanh)) ▷ split(tanh, add)`,
  );
});

Deno.test("leaves come in order of evaluation", () => {
  const seen: string[] = [];
  mapLeaves((leaf) => {
    seen.push(leaf._tag);
    return leaf;
  })(graph`relu ▷ fanout(tanh, residual(sigmoid)) ▷ add ▷ split(flatten, linear(3)) ▷ concat`);
  assertEquals(seen, ["relu", "tanh", "sigmoid", "add", "flatten", "linear", "concat"]);
});

Deno.test("mapLeaves is a functor: identity and composition", () => {
  fc.assert(
    fc.property(anyGraph, (g) => {
      assertEquals<Nodes>(mapLeaves((leaf) => leaf)(g), g);
      assertEquals(
        mapLeaves(wider)(mapLeaves(reluToTanh)(g)),
        mapLeaves((leaf) => wider(reluToTanh(leaf)))(g),
      );
    }),
    runs(200),
  );
});

Deno.test("a rewrite leaves the graph that it was given as it was", () => {
  fc.assert(
    fc.property(anyGraph, (g) => {
      const before = show(g);
      mapLeaves((leaf) => wider(reluToTanh(leaf)))(g);
      assertEquals(show(g), before);
    }),
    runs(100),
  );
});

Deno.test("soft kWTA becomes hard, wherever it stands", () => {
  assertEquals<Nodes>(
    toHard(graph`kwta(0.05, hardness=4) ▷ residual(kwta(0.1)) ▷ relu`),
    graph`kwta(0.05, hard) ▷ residual(kwta(0.1, hard)) ▷ relu`,
  );
});

Deno.test("findKwta lists every kWTA in order of evaluation", () => {
  const found = findKwta(graph`kwta(0.1) ▷ fanout(residual(kwta(0.2)), kwta(0.3)) ▷ kwta(0.4)`);
  assertEquals(found.map(({ sparsity }) => sparsity), [0.1, 0.2, 0.3, 0.4]);
  assertEquals(findKwta(graph`relu`), []);
  assertEquals<readonly unknown[]>(findKwta(kwta(0.5)), kwta(0.5).nodes);
  fc.assert(
    fc.property(anyGraph, (g) => {
      const text = JSON.stringify(g);
      assertEquals(findKwta(g).length, text.split('"_tag":"kwta"').length - 1);
      assertEquals(findKwta(toHard(g)).every(({ soft }: Kwta) => soft === null), true);
    }),
    runs(200),
  );
});

Deno.test("fold hands every node its path", () => {
  const at = (node: { readonly _tag: string }, path: string) => [`${path} ${node._tag}`];
  const paths = fold<readonly string[]>({
    ...leaves(at),
    fanout: (first, second, node, path) => [...first, ...second, ...at(node, path)],
    split: (first, second, node, path) => [...first, ...second, ...at(node, path)],
    residual: (body, node, path) => [...body, ...at(node, path)],
    drop_connect: (body, node, path) => [...body, ...at(node, path)],
    sequence: (parts) => parts.flat(),
  });
  assertEquals(paths(graph`relu ▷ fanout(tanh, residual(relu ▷ split(add, concat))) ▷ linear(3)`), [
    "0 relu",
    "1.first.0 tanh",
    "1.second.0.body.0 relu",
    "1.second.0.body.1.first.0 add",
    "1.second.0.body.1.second.0 concat",
    "1.second.0.body.1 split",
    "1.second.0 residual",
    "1 fanout",
    "2 linear",
  ]);
});
